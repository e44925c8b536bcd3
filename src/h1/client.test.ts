import { Fields } from '../http/fields.js';
import { bytesOf, client, everySplit, pulled, requestHead } from '../../test/kits/units/h1-engines.js';

describe('a request', () => {
  it.each([
    ['GET', '/a?b', {}, '', 'GET /a?b HTTP/1.1\r\nhost: example.org\r\n\r\n'],
    ['OPTIONS', '*', {}, '', 'OPTIONS * HTTP/1.1\r\nhost: example.org\r\n\r\n'],
    ['POST', '/', {}, '', 'POST / HTTP/1.1\r\nhost: example.org\r\ncontent-length: 0\r\n\r\n'],
    [
      'POST',
      '/',
      { 'X-Y': 'z' },
      'Hi',
      'POST / HTTP/1.1\r\nhost: example.org\r\nx-y: z\r\ncontent-length: 2\r\n\r\nHi',
    ],
    ['GET', '/', { host: 'other', te: 'gzip', connection: 'x' }, '', 'GET / HTTP/1.1\r\nhost: example.org\r\n\r\n'],
    ['GET', '/', { connection: 'close' }, '', 'GET / HTTP/1.1\r\nhost: example.org\r\nconnection: close\r\n\r\n'],
    [
      'GET',
      '/',
      { upgrade: 'x' },
      '',
      'GET / HTTP/1.1\r\nhost: example.org\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
    ],
    // RFC 9110 section 7.6.1: the fields that Connection named belonged to the connection that they came on.
    ['GET', '/', { connection: 'X-Y, keep-alive', 'x-y': 'z' }, '', 'GET / HTTP/1.1\r\nhost: example.org\r\n\r\n'],
    [
      'GET',
      '/',
      { connection: 'upgrade, http2-settings', upgrade: 'h2c', 'http2-settings': 'AA', a: 'b' },
      '',
      'GET / HTTP/1.1\r\nhost: example.org\r\nhttp2-settings: AA\r\na: b\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\n\r\n',
    ],
    [
      'POST',
      '/',
      { te: 'trailers, gzip', connection: 'close' },
      '',
      'POST / HTTP/1.1\r\nhost: example.org\r\ncontent-length: 0\r\nconnection: te, close\r\nte: trailers\r\n\r\n',
    ],
    ['CONNECT', '', {}, '', 'CONNECT example.org HTTP/1.1\r\nhost: example.org\r\n\r\n'],
  ])('%s %s %j', (method, path, headers, content, expected) => {
    const { engine } = client();
    engine.sendMessage(engine.open(), requestHead(method, path, headers), content);
    expect(pulled(engine)).toBe(expected);
  });

  it('in parts is chunked, where its length is not known', () => {
    const { engine, log } = client();
    const stream = engine.open();
    expect(engine.sendHead(stream, requestHead('POST', '/'), undefined)).toBe(true);
    engine.sendData(stream, bytesOf('abc'));
    engine.sendEnd(stream, Fields.from({ 'x-sum': '1' }));
    expect(pulled(engine)).toBe(
      'POST / HTTP/1.1\r\nhost: example.org\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n',
    );
    expect(log).toEqual(['1 sent']);
  });

  it.each([
    ['a method', 'G T', '/', 'a'],
    ['a path', 'GET', '/a b', 'a'],
    ['a path', 'GET', '/\r\nx: y', 'a'],
    ['a path', 'GET', '/\u0120', 'a'],
    ['a path', 'GET', 'a', 'a'],
    ['an authority', 'GET', '/', 'a\r\nx: y'],
  ])('cannot be split by %s: %j %j %j', (_title, method, path, authority) => {
    const { engine } = client();
    const stream = engine.open();
    expect(() => engine.sendMessage(stream, { ...requestHead(method, path), authority }, '')).toThrow(TypeError);
    expect(engine.hasOutput).toBe(false);
  });
});

/** The outcome of `text` (and of the end after it) for a client: the same in every split. */
function outcome(text: string, method = 'GET', eof = false): string[] {
  let first: string[] | undefined;
  for (const pieces of everySplit(bytesOf(text))) {
    const { engine, log, request, recorder } = client();
    request(method);
    log.length = 0;
    recorder.react = { onData: (stream, chunk) => engine.credit(stream, chunk.length) };
    for (const piece of pieces) engine.receive(piece, 0);
    if (eof) engine.receiveEof(0);
    log.push(engine.state);
    first ??= log;
    expect(log).toEqual(first);
  }
  return first!;
}

describe('a response (RFC 9112 section 6.3)', () => {
  it.each([
    ['by Content-Length', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc', 'GET', ['1 data abc', '1 end []', 'open']],
    [
      'chunked',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\nHost: z\r\n\r\n',
      'GET',
      ['1 data abc', '1 end ["x","y"]', 'open'],
    ],
    [
      'that closes',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc',
      'GET',
      ['1 data abc', '1 end []', 'closing'],
    ],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc', 'GET', ['1 data abc', '1 end []', 'closing']],
    [
      'of HTTP/1.0 that stays',
      'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc',
      'GET',
      ['1 data abc', '1 end []', 'open'],
    ],
  ])('%s', (_title, text, method, expected) => {
    expect(outcome(text, method).slice(1)).toEqual(expected);
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n'],
    ['GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ])('to %s without content: %j', (method, text) => {
    const log = outcome(text, method);
    expect(log[0]).toMatch(/^1 head \d+ .* end$/);
    expect(log.slice(1)).toEqual(['open']);
  });

  it('without a length goes on to the end of the connection', () => {
    expect(outcome('HTTP/1.1 200 OK\r\n\r\nabc', 'GET', true).slice(1)).toEqual(['1 data abc', '1 end []', 'closing']);
  });

  it('comes after interim ones, if there are not too many', () => {
    const early = 'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n';
    const log = outcome(`${early}HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 \r\n\r\n`);
    expect(log).toEqual(['1 informational 103 ["link","x"]', '1 informational 100 []', '1 head 204 [] end', 'open']);
    const { feed, request, log: many } = client();
    request('GET');
    feed(early.repeat(33));
    expect(many.at(-1)).toBe('1 reset malformed-response peer');
    expect(many.filter((line) => line.includes('103'))).toHaveLength(32);
  });

  it.each([
    ['malformed-response', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['malformed-response', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['malformed-response', 'HTTP/1.1 200 OK\r\nA : b\r\n\r\n'],
    ['malformed-response', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
    ['malformed-response', 'nonsense\r\n'],
    ['content-length-mismatch', 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n'],
    ['content-length-mismatch', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n'],
    ['unsupported-transfer-coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n'],
    ['unsupported-version', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['malformed-body', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n'],
  ])('that is wrong resets its exchange: %s, %j', (code, text) => {
    expect(outcome(text).slice(-2)).toEqual([`1 reset ${code} peer`, 'closing']);
  });

  it.each([
    ['closed', ''],
    ['truncated', 'HTTP/1.1 2'],
    ['truncated', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n'],
    ['truncated', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab'],
    ['truncated', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'],
    ['truncated', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n'],
  ])('that is not whole: %s, %j', (code, text) => {
    expect(outcome(text, 'GET', true).slice(-2)).toEqual([`1 reset ${code} peer`, 'closing']);
  });

  it('that nobody asked for is an error of the connection', () => {
    const { feed, log, engine, request } = client();
    request('GET');
    feed('HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n');
    expect(log.at(-1)).toBe('error malformed-response');
    // The connection ends at once, without waiting for more bytes of the server.
    expect([engine.state, engine.capacity, engine.torn]).toEqual(['closing', 0, true]);
  });

  it('that comes early, and closes, ends a request that goes on', () => {
    const { engine, feed, log } = client();
    engine.sendHead(engine.open(), requestHead('POST', '/'), 10);
    feed('HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    expect(log.slice(-1)).toEqual(['1 reset closed peer']);
    expect(engine.state).toBe('closing');
  });

  it('that comes early, and does not close, lets the request go on', () => {
    const { engine, feed, log } = client();
    engine.sendHead(engine.open(), requestHead('POST', '/'), 2);
    feed('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    expect(engine.capacity).toBe(0);
    engine.sendData(1, bytesOf('ab'));
    engine.sendEnd(1, Fields.EMPTY);
    pulled(engine);
    expect([log.at(-1), engine.capacity, engine.state]).toEqual(['1 sent', 1, 'open']);
  });
});

describe('exchanges on one connection', () => {
  it('are one at a time', () => {
    const { engine, feed, request } = client();
    expect([engine.capacity, engine.awaiting]).toEqual([1, 'idle']);
    request('GET');
    expect([engine.capacity, engine.awaiting]).toEqual([0, 'exchange']);
    expect(() => engine.open()).toThrow(TypeError);
    feed('HTTP/1.1 204 No Content\r\n\r\n');
    expect([engine.capacity, engine.awaiting]).toEqual([1, 'idle']);
  });

  it('may be pipelined, where that is asked for', () => {
    const { engine, feed, request, log } = client(2);
    request('HEAD');
    request('GET');
    expect(engine.capacity).toBe(0);
    feed('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nHi');
    expect(log.slice(2)).toEqual([
      '1 head 200 ["content-length","9"] end',
      '2 head 200 ["content-length","2"]',
      '2 data Hi',
      '2 end []',
    ]);
    expect(engine.capacity).toBe(2);
  });

  it('are refused after a response that closes', () => {
    const { feed, request, log, engine } = client(2);
    request('GET');
    request('GET');
    feed('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    expect(log.at(-1)).toBe('2 reset refused peer');
    expect(engine.state).toBe('closing');
  });

  it('stop at the window of their content', () => {
    const { engine, feed, request, log } = client(1, { bodyWindow: 4 });
    request('GET');
    feed('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n');
    feed('abcd');
    feed('ef');
    expect([engine.wantsInput, log.at(-1)]).toEqual([false, '1 data abcd']);
    engine.credit(1, 2);
    expect([engine.wantsInput, log.at(-1)]).toEqual([true, '1 end []']);
  });

  it('whose content nobody wants end their connection where that is cheaper', () => {
    const { engine, feed, request } = client(1, { discardedBody: 3 });
    request('GET');
    feed('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n');
    engine.discard(1);
    feed('abc');
    expect([engine.state, engine.capacity]).toEqual(['open', 1]);
    request('GET');
    feed('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n');
    engine.discard(2);
    expect(engine.state).toBe('closing');
  });

  it('that are given up end their connection', () => {
    const { engine, request, log } = client();
    request('GET');
    engine.abort(1, 'CANCEL');
    expect([engine.state, log.at(-1)]).toEqual(['closing', '1 sent']);
  });

  it('end with the connection, when it is shut down', () => {
    const { engine, feed, request } = client();
    request('GET');
    engine.shutdown();
    expect([engine.state, engine.capacity]).toEqual(['draining', 0]);
    feed('HTTP/1.1 204 No Content\r\n\r\n');
    expect(engine.state).toBe('closing');
  });

  it('have their time', () => {
    const { engine, request, log } = client();
    request('GET');
    engine.timeout('exchange');
    expect([engine.state, log.at(-1)]).toEqual(['closing', '1 reset body-timeout peer']);
  });
});

describe('a switch of protocols', () => {
  it('by 101, where it was asked for', () => {
    const { engine, feed, request, log } = client();
    request('GET', '/', { upgrade: 'x' });
    feed('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nbehind');
    expect([engine.state, log.at(-1)]).toEqual(['upgraded', '1 head 101 ["upgrade","x"] end']);
    feed(' it');
    expect(Buffer.from(engine.leftover()).toString()).toBe('behind it');
  });

  it('by 2xx to CONNECT, whatever its fields say', () => {
    const { engine, feed } = client();
    engine.sendMessage(engine.open(), { ...requestHead('CONNECT', ''), authority: 'a:1' }, '');
    feed('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc');
    expect(engine.state).toBe('upgraded');
    expect(Buffer.from(engine.leftover()).toString()).toBe('abc');
  });
});
