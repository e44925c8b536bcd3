/** Exchanges on one connection: their order, the content that is read as far as it is wanted, and who waits for 100. */
import { Output } from '../bytes.js';
import { Fields } from '../http/fields.js';
import { answering, bytesOf, pulled, server } from '../../test/kits/units/h1-engines.js';
import { asked, GET, GET_10, HEAD, POST, response } from '../../test/kits/units/h1-server.js';

describe('pipelining (RFC 9112 section 9.3.2)', () => {
  it('announces safe requests ahead, and responds in order', () => {
    const { engine, log } = asked(GET + HEAD + GET);
    expect(log).toHaveLength(3);
    expect([1, 2, 3, 4].map((stream) => engine.canSend(stream))).toEqual([true, false, false, false]);
    expect(() => engine.sendMessage(2, response(200), 'b')).toThrow(TypeError);
    engine.sendMessage(1, response(200), 'a');
    expect(log.slice(3)).toEqual(['1 sent', '2 writable']);
    expect(engine.canSend(2)).toBe(true);
  });

  it('announces the others only after the responses before them', () => {
    const { engine, log } = asked(`${GET}${POST}abcd${GET}`);
    expect(log).toHaveLength(1);
    engine.sendMessage(1, response(200), '');
    expect(log.slice(2)).toEqual([
      '2 head POST http://a / 1.1 ["host","a","content-length","4"]',
      '2 data abcd',
      '2 end []',
    ]);
    engine.sendMessage(2, response(200), '');
    expect(log.at(-1)).toMatch(/^3 head GET/);
  });

  it('stops reading when too many wait', () => {
    const { engine, log, feed } = server({ pipelinedRequests: 2 });
    feed(GET + GET);
    expect(engine.wantsInput).toBe(true);
    feed(GET);
    expect(engine.wantsInput).toBe(true);
    feed(GET + GET);
    expect([log.length, engine.wantsInput]).toEqual([3, false]);
    engine.sendMessage(1, response(200), '');
    expect([log.filter((line) => line.includes('head')).length, engine.wantsInput]).toEqual([4, false]);
  });

  it('stops provoking responses when nobody takes them', () => {
    const { engine, recorder } = server();
    const content = new Uint8Array(40_000);
    recorder.react = { onHead: (stream) => engine.sendMessage(stream, response(200), content) };
    engine.receive(bytesOf(GET.repeat(10)), 0);
    expect(recorder.heads.size).toBe(2);
    expect(engine.wantsInput).toBe(false);
    pulled(engine);
    expect(recorder.heads.size).toBe(10);
    expect(engine.wantsInput).toBe(true);
  });

  it('of 10^5 requests in one chunk takes no deeper a stack than one', () => {
    const { engine, recorder } = answering();
    engine.receive(bytesOf(GET.repeat(100_000)), 0);
    while (engine.hasOutput) engine.pull(new Output(), 1);
    expect(recorder.heads.size).toBe(100_000);
  });

  it('of 10^4 requests that wait for the first takes no deeper a stack either', () => {
    const { engine, recorder } = server({ pipelinedRequests: 20_000 });
    engine.receive(bytesOf(GET.repeat(10_000)), 0);
    expect(recorder.heads.size).toBe(10_000);
    recorder.react = { onWritable: (stream) => engine.sendMessage(stream, response(200), '') };
    engine.sendMessage(1, response(200), '');
    expect(recorder.log.at(-1)).toBe('10000 sent');
  });

  it('responds to a malformed request in its turn', () => {
    const { engine, log } = asked(`${GET}nonsense\r\n`);
    expect(log.at(-1)).toBe('2 invalid 400 malformed-request');
    expect(engine.canSend(2)).toBe(false);
    engine.sendMessage(1, response(200), 'a');
    engine.sendMessage(2, response(400), 'b');
    expect(pulled(engine)).toMatch(/\r\n\r\na.*400 Bad Request[^]*connection: close[^]*b$/);
    expect(engine.state).toBe('closing');
  });
});

describe('content and its window', () => {
  it('stops reading at the window, and goes on at half of it', () => {
    const { engine, log, feed } = server({ bodyWindow: 4 });
    feed('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n');
    feed('abcd');
    expect(engine.wantsInput).toBe(false);
    feed('efgh');
    expect(log.at(-1)).toBe('1 data abcd');
    engine.credit(1, 1);
    expect([engine.wantsInput, log.at(-1)]).toEqual([false, '1 data abcd']);
    engine.credit(1, 1);
    expect(log.at(-1)).toBe('1 data abcdefgh');
    engine.credit(1, 6);
    expect(engine.wantsInput).toBe(true);
  });

  it('is not copied', () => {
    const { engine, recorder } = server();
    const chunk = Buffer.from(`${POST}abcd`);
    let data: Uint8Array | undefined;
    recorder.react = { onData: (_stream, bytes) => (data = bytes) };
    engine.receive(chunk, 0);
    expect(data?.buffer).toBe(chunk.buffer);
  });

  it('is thrown away when nobody wants it, and the connection kept', () => {
    const { engine, log, feed } = server({ bodyWindow: 2 });
    feed(`${POST}ab`);
    expect(engine.wantsInput).toBe(false);
    engine.sendMessage(1, response(404), '');
    engine.discard(1);
    expect(engine.wantsInput).toBe(true);
    feed(`cd${GET}`);
    expect(log.slice(-3)).toEqual(['1 data ab', '1 sent', '2 head GET http://a / 1.1 ["host","a"] end']);
  });

  it('is waited for as long as for a head while it is thrown away, and no longer', () => {
    const { engine, log, feed } = server();
    feed(`${POST}ab`);
    expect(engine.awaiting).toBe('exchange');
    engine.sendMessage(1, response(404), '');
    engine.discard(1);
    expect(engine.awaiting).toBe('head');
    const before = log.length;
    engine.timeout('head');
    expect([engine.state, log.length]).toEqual(['closing', before]);
  });

  it('is not thrown away past the limit: known beforehand', () => {
    const { engine, feed } = server({ discardedBody: 3 });
    feed(POST);
    engine.discard(1);
    engine.sendMessage(1, response(404), '');
    expect(pulled(engine)).toContain('connection: close');
    expect(engine.state).toBe('closing');
  });

  it('is not thrown away past the limit: found out', () => {
    const { engine, feed } = server({ discardedBody: 3 });
    feed('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    engine.sendMessage(1, response(404), '');
    engine.discard(1);
    feed('3\r\nabc\r\n');
    expect(engine.state).toBe('open');
    feed('1\r\n');
    feed('d');
    expect(engine.state).toBe('closing');
  });

  it('that turns out to be invalid after a response began resets the exchange', () => {
    const { engine, log, feed } = server();
    feed('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    engine.sendHead(1, response(200), undefined);
    feed('x');
    expect(log.at(-1)).toBe('1 reset malformed-body peer');
    expect(`${pulled(engine)}|${engine.state}`).toBe('|closing');
  });
});

describe('Expect: 100-continue (RFC 9110 section 10.1.1)', () => {
  const EXPECTS = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-Continue\r\n\r\n';

  it('is sent once', () => {
    const { engine } = asked(EXPECTS);
    engine.sendContinue(1);
    engine.sendContinue(1);
    expect(pulled(engine)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    engine.sendMessage(1, response(200), '');
    expect(pulled(engine)).not.toContain('close');
  });

  it('is not sent if the client did not ask for it, nor when content came', () => {
    const plain = asked(POST).engine;
    plain.sendContinue(1);
    const early = asked(`${EXPECTS}a`).engine;
    early.sendContinue(1);
    expect([plain.hasOutput, early.hasOutput]).toEqual([false, false]);
  });

  it('that got no 100 closes the connection', () => {
    const { engine } = asked(EXPECTS);
    engine.sendMessage(1, response(413), '');
    expect(pulled(engine)).toContain('connection: close');
    engine.discard(1);
    expect(engine.state).toBe('closing');
  });

  it('that got no 100 closes the connection, also when the content was discarded beforehand', () => {
    const { engine } = asked(EXPECTS);
    engine.discard(1);
    engine.sendMessage(1, response(413), '');
    expect(engine.state).toBe('closing');
  });

  it('other interim responses go before the response, and not to HTTP/1.0', () => {
    const { engine } = asked(GET);
    engine.sendInformational(1, 103, Fields.from({ link: '</a>' }));
    expect(pulled(engine)).toBe('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n');
    expect(() => engine.sendInformational(1, 101, Fields.EMPTY)).toThrow(TypeError);
    const old = asked(GET_10).engine;
    old.sendInformational(1, 103, Fields.EMPTY);
    expect(old.hasOutput).toBe(false);
  });
});
