/** What a server writes, and in which order. */
import { Output } from '../bytes.js';
import { Fields } from '../http/fields.js';
import type { FieldsInit } from '../http/fields.js';
import type { ResponseHead } from '../http/head.js';
import { answering, bytesOf, DATE, pulled, server } from './h1.test-kit.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const HEAD = 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n';
const GET_10 = 'GET / HTTP/1.0\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n';

function response(status: number, headers: FieldsInit = {}): ResponseHead {
  return { status, headers: Fields.from(headers) };
}

function asked(request: string): ReturnType<typeof server> {
  const made = server();
  made.feed(request);
  return made;
}

describe('a whole response', () => {
  it.each([
    [
      'text',
      GET,
      response(200, { 'Content-Type': 'text/plain' }),
      'Hi',
      `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\ndate: ${DATE}\r\n\r\nHi`,
    ],
    [
      'text in UTF-8',
      GET,
      response(200),
      '\u00e9\u20ac',
      `HTTP/1.1 200 OK\r\ncontent-length: 5\r\ndate: ${DATE}\r\n\r\n\xc3\xa9\xe2\x82\xac`,
    ],
    ['its own Date', GET, response(200, { date: 'x' }), '', 'HTTP/1.1 200 OK\r\ndate: x\r\ncontent-length: 0\r\n\r\n'],
    [
      'its own Content-Length',
      GET,
      response(200, { 'content-length': 2 }),
      'Hi',
      `HTTP/1.1 200 OK\r\ncontent-length: 2\r\ndate: ${DATE}\r\n\r\nHi`,
    ],
    ['an unknown status', GET, response(299), '', `HTTP/1.1 299 \r\ncontent-length: 0\r\ndate: ${DATE}\r\n\r\n`],
    [
      'fields that are the connection\u2019s',
      GET,
      response(200, {
        connection: 'x-y, Date',
        'x-y': 'z',
        date: 'never',
        'keep-alive': 'a',
        'transfer-encoding': 'b',
        te: 'c',
        upgrade: 'd',
        'proxy-connection': 'e',
      }),
      '',
      `HTTP/1.1 200 OK\r\ncontent-length: 0\r\ndate: ${DATE}\r\n\r\n`,
    ],
    [
      'what is asked for in place of HTTP/1.1 (RFC 9110 section 15.5.22)',
      GET,
      response(426, { upgrade: 'h2c' }),
      '',
      `HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\nconnection: upgrade\r\nupgrade: h2c\r\ndate: ${DATE}\r\n\r\n`,
    ],
    [
      'Connection: close',
      GET,
      response(200, { connection: 'Close' }),
      '',
      `HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\ndate: ${DATE}\r\n\r\n`,
    ],
    ['content to HEAD', HEAD, response(200), 'Hi', `HTTP/1.1 200 OK\r\ncontent-length: 2\r\ndate: ${DATE}\r\n\r\n`],
    [
      'no content to HEAD',
      HEAD,
      response(200, { 'content-length': 9 }),
      '',
      `HTTP/1.1 200 OK\r\ncontent-length: 9\r\ndate: ${DATE}\r\n\r\n`,
    ],
    ['no length known to HEAD', HEAD, response(200), '', `HTTP/1.1 200 OK\r\ndate: ${DATE}\r\n\r\n`],
    ['204', GET, response(204, { 'content-length': 0 }), 'Hi', `HTTP/1.1 204 No Content\r\ndate: ${DATE}\r\n\r\n`],
    [
      '304',
      GET,
      response(304, { 'content-length': 7 }),
      'Hi',
      `HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\ndate: ${DATE}\r\n\r\n`,
    ],
    [
      'HTTP/1.0',
      GET_10,
      response(200),
      'Hi',
      `HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\ndate: ${DATE}\r\n\r\nHi`,
    ],
  ])('of %s', (_title, request, head, content, expected) => {
    const { engine, log } = asked(request);
    engine.sendMessage(1, head, content);
    expect(log.at(-1)).toBe('1 sent');
    expect(pulled(engine)).toBe(expected);
  });

  it('takes bytes by reference', () => {
    const { engine } = asked(GET);
    const content = bytesOf('Hi');
    engine.sendMessage(1, response(200), content);
    const output = new Output();
    engine.pull(output, 100);
    expect(output.pieces[1]).toBe(content);
  });

  it.each([0, 99, 100, 199, 600, 200.5, NaN])('is not of status %d', (status) => {
    const { engine } = asked(GET);
    expect(() => engine.sendMessage(1, response(status), '')).toThrow(TypeError);
    expect(engine.hasOutput).toBe(false);
    engine.sendMessage(1, response(200), '');
    expect(engine.hasOutput).toBe(true);
  });

  it.each(['3', 'x', '-1', '2, 2'])('with a false Content-Length (%s) is not sent', (length) => {
    const { engine, log } = asked(GET);
    engine.sendMessage(1, response(200, { 'content-length': length }), 'Hi');
    expect(log.at(-1)).toBe('1 reset content-length-mismatch local');
    expect([engine.state, engine.hasOutput]).toEqual(['closing', false]);
  });
});

describe('a response in parts', () => {
  function parts(request: string, head: ResponseHead, length: number | undefined, trailers = {}): string {
    const { engine } = asked(request);
    if (engine.sendHead(1, head, length)) {
      engine.sendData(1, bytesOf('abc'));
      engine.sendData(1, bytesOf(''));
      engine.sendData(1, bytesOf('0123456789'));
      engine.sendEnd(1, Fields.from(trailers));
    }
    return `${pulled(engine)}|${engine.state}`;
  }

  it.each([
    [
      'chunked',
      GET,
      response(200),
      undefined,
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ndate: ${DATE}\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n|open`,
    ],
    [
      'of known length',
      GET,
      response(200),
      13,
      `HTTP/1.1 200 OK\r\ncontent-length: 13\r\ndate: ${DATE}\r\n\r\nabc0123456789|open`,
    ],
    [
      'of declared length',
      GET,
      response(200, { 'content-length': '13' }),
      undefined,
      `HTTP/1.1 200 OK\r\ncontent-length: 13\r\ndate: ${DATE}\r\n\r\nabc0123456789|open`,
    ],
    [
      'delimited by the close, to HTTP/1.0',
      GET_10,
      response(200),
      undefined,
      `HTTP/1.1 200 OK\r\nconnection: close\r\ndate: ${DATE}\r\n\r\nabc0123456789|closing`,
    ],
    [
      'to HEAD',
      HEAD,
      response(200),
      undefined,
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ndate: ${DATE}\r\n\r\n|open`,
    ],
    [
      'to HEAD, of known length',
      HEAD,
      response(200),
      13,
      `HTTP/1.1 200 OK\r\ncontent-length: 13\r\ndate: ${DATE}\r\n\r\n|open`,
    ],
    ['of 204', GET, response(204), undefined, `HTTP/1.1 204 No Content\r\ndate: ${DATE}\r\n\r\n|open`],
    ['of 304', GET, response(304), undefined, `HTTP/1.1 304 Not Modified\r\ndate: ${DATE}\r\n\r\n|open`],
  ])('%s', (_title, request, head, length, expected) => {
    expect(parts(request, head, length)).toBe(expected);
  });

  it('has trailers when chunked, less those that none may have (RFC 9110 section 6.5.1)', () => {
    const trailers = { 'x-sum': '1', 'content-length': '2', host: 'b', 'set-cookie': 'c' };
    expect(parts(GET, response(200), undefined, trailers)).toContain('\r\n0\r\nx-sum: 1\r\n\r\n|');
    expect(parts(GET, response(200), 13, trailers)).toContain('abc0123456789|');
  });

  it('longer than its Content-Length never passes for whole', () => {
    const { engine, log } = asked(GET);
    engine.sendHead(1, response(200), 3);
    engine.sendData(1, bytesOf('abc'));
    engine.sendData(1, bytesOf('d'));
    expect(log.at(-1)).toBe('1 reset content-length-mismatch local');
    expect(`${pulled(engine)}|${engine.state}`).toBe('|closing');
  });

  it('shorter than its Content-Length is not complete', () => {
    const { engine, log } = asked(GET);
    engine.sendHead(1, response(200), 3);
    engine.sendData(1, bytesOf('ab'));
    pulled(engine);
    engine.sendEnd(1, Fields.EMPTY);
    expect(log.at(-1)).toBe('1 reset content-length-mismatch local');
    expect(`${pulled(engine)}|${engine.state}`).toBe('|closing');
  });

  it('asks its writer to wait, and tells it when to go on', () => {
    const { engine, log } = asked(GET);
    engine.sendHead(1, response(200), undefined);
    expect(engine.sendData(1, new Uint8Array(60_000))).toBe(true);
    expect(engine.sendData(1, new Uint8Array(10_000))).toBe(false);
    expect(engine.queued(1)).toBe(70_000);
    pulled(engine);
    expect(engine.queued(1)).toBe(0);
    expect(log.at(-1)).toBe('1 writable');
    engine.sendEnd(1, Fields.EMPTY);
    expect(log.at(-1)).toBe('1 writable');
    pulled(engine);
    expect(log.at(-1)).toBe('1 sent');
  });

  it('that is given up ends the connection, but not the response before it', () => {
    const { engine, log } = asked(GET + GET + GET);
    engine.sendMessage(1, response(200), 'one');
    engine.sendHead(2, response(200), undefined);
    engine.sendData(2, bytesOf('two'));
    engine.abort(2, 'CANCEL');
    expect(pulled(engine)).toMatch(/one$/);
    expect(engine.state).toBe('closing');
    expect(log.slice(3)).toEqual(['1 sent', '2 writable', '3 reset closed local']);
    expect(engine.sendData(2, bytesOf('x'))).toBe(true);
  });

  it('cannot go on before it began, nor after it ended', () => {
    const { engine } = asked(GET);
    expect(() => engine.sendData(1, bytesOf('x'))).toThrow(TypeError);
    expect(() => engine.sendEnd(1, Fields.EMPTY)).toThrow(TypeError);
    engine.sendHead(1, response(200), undefined);
    expect(() => engine.sendMessage(1, response(200), '')).toThrow(TypeError);
  });
});

describe('pipelining (RFC 9112 section 9.3.2)', () => {
  it('tells of safe requests ahead, and answers in order', () => {
    const { engine, log } = asked(GET + HEAD + GET);
    expect(log).toHaveLength(3);
    expect([1, 2, 3, 4].map((stream) => engine.canSend(stream))).toEqual([true, false, false, false]);
    expect(() => engine.sendMessage(2, response(200), 'b')).toThrow(TypeError);
    engine.sendMessage(1, response(200), 'a');
    expect(log.slice(3)).toEqual(['1 sent', '2 writable']);
    expect(engine.canSend(2)).toBe(true);
  });

  it('tells of others only when those before are answered', () => {
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

  it('stops provoking answers when nobody takes them', () => {
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

  it('answers a malformed request in its turn', () => {
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

  it('that turns out wrong behind an answer resets the exchange', () => {
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

  it('is answered once', () => {
    const { engine } = asked(EXPECTS);
    engine.sendContinue(1);
    engine.sendContinue(1);
    expect(pulled(engine)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    engine.sendMessage(1, response(200), '');
    expect(pulled(engine)).not.toContain('close');
  });

  it('is not answered where it is not asked, nor when content came', () => {
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

  it('other interim responses go before the answer, and not to HTTP/1.0', () => {
    const { engine } = asked(GET);
    engine.sendInformational(1, 103, Fields.from({ link: '</a>' }));
    expect(pulled(engine)).toBe('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n');
    expect(() => engine.sendInformational(1, 101, Fields.EMPTY)).toThrow(TypeError);
    const old = asked(GET_10).engine;
    old.sendInformational(1, 103, Fields.EMPTY);
    expect(old.hasOutput).toBe(false);
  });
});

describe('a switch of protocols', () => {
  const UPGRADE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';

  it('by 101 leaves what comes behind to somebody else (RFC 9110 section 15.2.2)', () => {
    const { engine, feed, log } = asked(`${UPGRADE}GET`);
    expect(engine.sendHead(1, response(101, { upgrade: 'x' }), undefined)).toBe(false);
    expect(engine.state).toBe('draining');
    expect(pulled(engine)).toBe(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\ndate: ${DATE}\r\n\r\n`,
    );
    expect([engine.state, log.at(-1)]).toEqual(['upgraded', '1 sent']);
    feed('more');
    expect(Buffer.from(engine.leftover()).toString()).toBe('GETmore');
    expect(engine.leftover()).toHaveLength(0);
  });

  it('that is refused leaves the connection as it is', () => {
    const { engine, log } = asked(UPGRADE + GET);
    expect(log).toHaveLength(1);
    engine.sendMessage(1, response(200), '');
    expect(log.at(-1)).toMatch(/^2 head/);
  });

  it('by CONNECT has no framing fields (RFC 9110 section 9.3.6)', () => {
    const { engine } = asked('CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\ntls');
    expect(engine.sendHead(1, response(200, { 'content-length': 4 }), undefined)).toBe(false);
    expect(pulled(engine)).toBe(`HTTP/1.1 200 OK\r\ndate: ${DATE}\r\n\r\n`);
    expect(engine.state).toBe('upgraded');
    expect(Buffer.from(engine.leftover()).toString()).toBe('tls');
  });

  it('cannot be where it was not asked, nor before the content', () => {
    expect(() => asked(GET).engine.sendHead(1, response(101), undefined)).toThrow(TypeError);
    const content = asked('POST / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nContent-Length: 4\r\n\r\n').engine;
    expect(() => content.sendHead(1, response(101), undefined)).toThrow(TypeError);
  });
});

describe('time and shutdown', () => {
  it('awaits a head, an exchange, or nothing', () => {
    const { engine, feed } = server();
    expect(engine.awaiting).toBe('head');
    feed(GET);
    expect(engine.awaiting).toBe('exchange');
    engine.sendMessage(1, response(200), '');
    expect(engine.awaiting).toBe('idle');
    feed('G');
    expect(engine.awaiting).toBe('head');
  });

  it('answers a head that does not come with 408', () => {
    const { engine, log, feed } = server();
    feed('GET / HTTP/1.1\r\nHos');
    engine.timeout('idle');
    expect(log).toEqual([]);
    engine.timeout('head');
    expect(log).toEqual(['1 invalid 408 head-timeout']);
    engine.sendMessage(1, response(408), '');
    expect(engine.state).toBe('closing');
  });

  it('closes without a word when nothing came: at first that is an error, between requests it is not', () => {
    const { engine, log } = server();
    engine.timeout('head');
    expect([engine.state, engine.hasOutput, log]).toEqual(['closing', false, ['error head-timeout']]);
    const idle = asked(GET);
    idle.engine.sendMessage(1, response(200), '');
    idle.log.length = 0;
    idle.engine.timeout('idle');
    expect([idle.engine.state, idle.log]).toEqual(['closing', []]);
  });

  it('answers content that does not come with 408, or resets', () => {
    const waiting = asked(POST);
    waiting.engine.timeout('exchange');
    expect(waiting.log.at(-1)).toBe('1 invalid 408 body-timeout');
    const begun = asked(POST);
    begun.engine.sendHead(1, response(200), undefined);
    begun.engine.timeout('exchange');
    expect(begun.log.at(-1)).toBe('1 reset body-timeout peer');
  });

  it('shuts down at once when idle, else with the last answer (RFC 9112 section 9.6)', () => {
    const idle = server().engine;
    idle.shutdown();
    expect(idle.state).toBe('closing');
    const { engine, feed, log } = asked(GET + GET);
    engine.shutdown();
    feed(GET);
    expect([engine.state, log.length]).toEqual(['draining', 2]);
    engine.sendMessage(1, response(200), 'a');
    expect(pulled(engine)).not.toContain('close');
    engine.sendMessage(2, response(200), 'b');
    expect(pulled(engine)).toContain('connection: close');
    expect(engine.state).toBe('closing');
  });
});

describe('a message that is broken off (RFC 9112 section 8)', () => {
  it.each([
    ['is torn, where only the close would end it', GET_10, true],
    ['is seen to be so, where it is chunked', GET, false],
  ])('%s', (_, request, torn) => {
    const { engine, feed } = server();
    feed(request);
    engine.sendHead(1, response(200), undefined);
    engine.sendData(1, bytesOf('half'));
    expect(engine.torn).toBe(false);
    engine.abort(1, 'INTERNAL_ERROR');
    expect([engine.state, engine.torn]).toEqual(['closing', torn]);
  });

  it('is not, when it was complete', () => {
    const { engine, feed } = server();
    feed(GET_10);
    engine.sendHead(1, response(200), undefined);
    engine.sendData(1, bytesOf('whole'));
    engine.sendEnd(1, Fields.EMPTY);
    expect([engine.state, engine.torn]).toEqual(['closing', false]);
  });
});
