/** What a server writes of a response: its head and its content, whole, in parts, and broken off. */
import { Output } from '../bytes.js';
import { ProtocolError } from '../errors.js';
import { Fields } from '../http/fields.js';
import type { ResponseHead } from '../http/head.js';
import { bytesOf, DATE, pulled, server } from '../../test/kits/units/h1-engines.js';
import { asked, GET, GET_10, HEAD, response } from '../../test/kits/units/h1-server.js';

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
    const heard = [...log];
    const head = response(200, { 'content-length': length });
    expect(() => engine.sendMessage(1, head, 'Hi')).toThrow(ProtocolError);
    expect(() => engine.sendHead(1, response(200, { 'content-length': length }), 2)).toThrow(ProtocolError);
    expect([engine.state, engine.hasOutput, log]).toEqual(['open', false, heard]);
    engine.sendMessage(1, response(500), '');
    expect(pulled(engine)).toContain('HTTP/1.1 500');
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

  it('asks its writer to wait, and reports when it may go on', () => {
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
