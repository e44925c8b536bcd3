import { HeadReader } from './head-reader.js';
import type { HeadKind } from './head-reader.js';
import { bytesOf, everySplit } from '../../test/kits/units/h1-engines.js';
import { UnreadInput } from './unread-input.js';

const LIMITS = { requestTarget: 20, headerSection: 64, headerFields: 3 };

/** Feeds `pieces` to a reader as a connection does, and says what it made of them. */
function read(kind: HeadKind, pieces: Uint8Array[]): string {
  const reader = new HeadReader(kind, LIMITS);
  const input = new UnreadInput();
  for (const piece of pieces) {
    input.push(piece);
    while (reader.isReading() && input.fill()) input.readHead(reader);
  }
  if (reader.isReading() && input.hasPartialLine) input.tryLine(reader);
  if (reader.failure !== undefined) return `${reader.failure.status} ${reader.failure.code}`;
  const rest = Buffer.from(input.takeAll()).toString('latin1');
  const start = kind === 'response' ? reader.status : `${reader.method} ${reader.target}`;
  return `${reader.state} ${start} 1.${reader.minorVersion} ${JSON.stringify(reader.lines)}${rest}`;
}

function expectAll(kind: HeadKind, text: string, expected: string): void {
  for (const pieces of everySplit(bytesOf(text))) expect(read(kind, pieces)).toBe(expected);
}

describe('request line (RFC 9112 section 3)', () => {
  it.each([
    ['GET / HTTP/1.1\r\n\r\n', 'complete GET / 1.1 []'],
    ['GET / HTTP/1.0\r\n\r\n', 'complete GET / 1.0 []'],
    ['GET / HTTP/1.7\r\n\r\nbehind', 'complete GET / 1.1 []behind'],
    ['get /a|b"{} HTTP/1.1\r\n\r\n', 'complete get /a|b"{} 1.1 []'],
    ['M-SEARCH * HTTP/1.1\r\n\r\n', 'complete M-SEARCH * 1.1 []'],
    ['\r\n\r\nGET / HTTP/1.1\r\n\r\n', 'complete GET / 1.1 []'],
    [`GET /${'a'.repeat(19)} HTTP/1.1\r\n\r\n`, `complete GET /${'a'.repeat(19)} 1.1 []`],
    [`GET /${'a'.repeat(20)} HTTP/1.1\r\n\r\n`, '414 target-too-long'],
    [`GET /${'a'.repeat(90)}`, '414 target-too-long'],
    [`${'A'.repeat(33)} / HTTP/1.1\r\n\r\n`, '400 malformed-request'],
    ['\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n', '400 malformed-request'],
    ['\nGET / HTTP/1.1\r\n\r\n', '400 malformed-request'],
    [' GET / HTTP/1.1\r\n\r\n', '400 malformed-request'],
    ['GET  / HTTP/1.1\r\n\r\n', '400 malformed-request'],
    ['GET /  HTTP/1.1\r\n\r\n', '400 malformed-request'],
    ['GET\t/ HTTP/1.1\r\n\r\n', '400 malformed-request'],
    ['GET / HTTP/1.1 \r\n\r\n', '400 malformed-request'],
    ['GET / HTTP/1.1\n\r\n', '400 malformed-request'],
    ['GET / HTTP/1.1\rX', '400 malformed-request'],
    ['GET /\r\n\r\n', '400 malformed-request'],
    ['GET\r\n\r\n', '400 malformed-request'],
    ['GET /a#b HTTP/1.1\r\n\r\n', '400 malformed-request'],
    ['GET /\x7f HTTP/1.1\r\n\r\n', '400 malformed-request'],
    ['GET /\xe9 HTTP/1.1\r\n\r\n', '400 malformed-request'],
    ['GET /\0 HTTP/1.1\r\n\r\n', '400 malformed-request'],
    ['G@T / HTTP/1.1\r\n\r\n', '400 malformed-request'],
    ['GET / http/1.1\r\n\r\n', '400 malformed-request'],
    ['GET / HTTP/1.10\r\n\r\n', '400 malformed-request'],
    ['GET / HTTP/11\r\n\r\n', '400 malformed-request'],
    ['GET / HTTP/a.b\r\n\r\n', '400 malformed-request'],
    ['GET / HTTP/2.0\r\n\r\n', '505 unsupported-version'],
    ['GET / HTTP/0.9\r\n\r\n', '505 unsupported-version'],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '505 unsupported-version'],
    ['\x16\x03\x01\x02\x00', '400 malformed-request'],
  ])('%j', (text, expected) => {
    expectAll('request', text, expected);
  });
});

describe('status line (RFC 9112 section 4)', () => {
  it.each([
    ['HTTP/1.1 200 OK\r\n\r\n', 'complete 200 1.1 []'],
    ['HTTP/1.0 404 Not Found\r\n\r\n', 'complete 404 1.0 []'],
    ['HTTP/1.1 204 \r\n\r\n', 'complete 204 1.1 []'],
    ['HTTP/1.1 204\r\n\r\n', 'complete 204 1.1 []'],
    ['HTTP/1.1 299 caf\xe9 \t!\r\n\r\n', 'complete 299 1.1 []'],
    ['HTTP/1.1 20 OK\r\n\r\n', '400 malformed-response'],
    ['HTTP/1.1 2000 OK\r\n\r\n', '400 malformed-response'],
    ['HTTP/1.1 099 OK\r\n\r\n', '400 malformed-response'],
    ['HTTP/1.1  200 OK\r\n\r\n', '400 malformed-response'],
    ['HTTP/1.1 200 O\0K\r\n\r\n', '400 malformed-response'],
    ['HTTP/1.1 200 OK\n\r\n', '400 malformed-response'],
    ['ICY 200 OK\r\n\r\n', '400 malformed-response'],
    ['HTTP/2.0 200 OK\r\n\r\n', '505 unsupported-version'],
    [`HTTP/1.1 200 ${'x'.repeat(100)}\r\n\r\n`, '431 header-section-too-large'],
    [`HTTP/1.1 200 ${'x'.repeat(100)}`, '431 header-section-too-large'],
  ])('%j', (text, expected) => {
    expectAll('response', text, expected);
  });
});

describe('field lines (RFC 9112 section 5)', () => {
  it.each([
    ['A: b\r\n\r\n', '["a","b"]'],
    ['A:b\r\n\r\n', '["a","b"]'],
    ['A:\r\n\r\n', '["a",""]'],
    ['A: \t \r\n\r\n', '["a",""]'],
    ['A: \t b c\t d \t\r\n\r\n', '["a","b c\\t d"]'],
    ['X: caf\xe9\r\n\r\n', '["x","caf\xe9"]'],
    ['CONTENT-type: x\r\ncontent-TYPE: y\r\n\r\n', '["content-type","x","content-type","y"]'],
    ['X-Unknown: 1\r\nX_y: 2\r\n\r\n', '["x-unknown","1","x_y","2"]'],
    ['a:1\r\nb:2\r\nc:3\r\n\r\n', '["a","1","b","2","c","3"]'],
    [`a:${'b'.repeat(60)}\r\n\r\n`, `["a","${'b'.repeat(60)}"]`],
  ])('%j', (text, expected) => {
    expectAll('trailers', text, `complete   1.1 ${expected}`);
  });

  it.each([
    ['A : b\r\n\r\n', '400'],
    ['A\t: b\r\n\r\n', '400'],
    [' A: b\r\n\r\n', '400'],
    ['A: b\r\n c\r\n\r\n', '400'],
    ['A: b\r\n\tc\r\n\r\n', '400'],
    [': b\r\n\r\n', '400'],
    ['A\r\n\r\n', '400'],
    ['A b: c\r\n\r\n', '400'],
    ['\xc4: b\r\n\r\n', '400'],
    ['A: b\n\r\n', '400'],
    ['A: b\r\n\n', '400'],
    ['A: b\rC: d\r\n\r\n', '400'],
    ['A: b\r\r\n\r\n', '400'],
    ['A: b\r\n\rX', '400'],
    ['A: b\0c\r\n\r\n', '400'],
    ['A: \x0bb\r\n\r\n', '400'],
    ['A: b\x7f\r\n\r\n', '400'],
    ['a:1\r\nb:2\r\nc:3\r\nd:4\r\n\r\n', '431'],
    [`a:${'b'.repeat(61)}\r\n\r\n`, '431'],
    [`a:${'b'.repeat(200)}`, '431'],
    [`a:1\r\n${'b'.repeat(200)}`, '431'],
    [`a:${'b'.repeat(200)}\0`, '431'],
    [`a:\0${'b'.repeat(200)}`, '400'],
  ])('refuses %j', (text, expected) => {
    const code =
      expected === '400'
        ? 'malformed-body'
        : text.startsWith('a:1\r\nb:2')
          ? 'too-many-fields'
          : 'header-section-too-large';
    expectAll('trailers', text, `${expected} ${code}`);
  });

  it.each([
    ['A: b\r\n c\r\n\r\n', '["a","b c"]'],
    ['A: b \r\n\t c\td \r\n  e\r\nF: g\r\n\r\n', '["a","b c\\td e","f","g"]'],
    ['A:\r\n b\r\n \r\n\r\n', '["a","b"]'],
    ['a:1\r\nb:2\r\nc:3\r\n 4\r\n\r\n', '["a","1","b","2","c","3 4"]'],
  ])('5.2: a fold in a response is a space: %j', (text, expected) => {
    expectAll('response', `HTTP/1.1 200 OK\r\n${text}`, `complete 200 1.1 ${expected}`);
  });

  it.each([' A: b\r\n\r\n', 'A: b\r\n c\0\r\n\r\n', 'A: b\r\n c\n\r\n'])('5.2: refuses %j in a response', (text) => {
    expectAll('response', `HTTP/1.1 200 OK\r\n${text}`, '400 malformed-response');
  });

  it('5.2: a fold in the trailers of a response is a space, and refused in those of a request', () => {
    const limits = { requestTarget: 100, headerSection: 1000, headerFields: 10, chunkOverhead: 1000 };
    const state = (kind: 'request' | 'response'): string => {
      const head = kind === 'request' ? 'GET / HTTP/1.1\r\n\r\n' : 'HTTP/1.1 200 OK\r\n\r\n';
      const reader = new HeadReader(kind, limits);
      reader.read(Buffer.from(head), 0, head.length, head, 0);
      const trailers = 'A: b\r\n c\r\n\r\n';
      reader.begin('trailers');
      reader.read(Buffer.from(trailers), 0, trailers.length, trailers, 0);
      return `${reader.state} ${reader.lines.join()}`;
    };
    expect([state('response'), state('request')]).toEqual(['complete a,b c', 'invalid a,b']);
  });

  it('5.2: a fold counts for the bytes of the section', () => {
    const text = `HTTP/1.1 200 OK\r\na:1\r\n ${'b'.repeat(60)}\r\n\r\n`;
    expectAll('response', text, '431 header-section-too-large');
  });

  it('5.2: a field that steers the connection is read with its folds', () => {
    const reader = new HeadReader('response', { requestTarget: 1, headerSection: 1000, headerFields: 10 });
    const text =
      'HTTP/1.1 200 OK\r\nConnection: a\r\nTransfer-Encoding: gzip,\r\n chunked\r\nConnection: upgrade,\r\n\tclose\r\n\r\n';
    reader.read(Buffer.from(text), 0, text.length, text, 0);
    expect(reader).toMatchObject({ transferEncoding: 'gzip, chunked', connection: 'a, upgrade, close' });
  });

  it('reads on over many chunks, windows and lines without reading anything twice over', () => {
    const reader = new HeadReader('request', { requestTarget: 100, headerSection: 200_000, headerFields: 10_000 });
    const input = new UnreadInput();
    const lines = Array.from({ length: 2_000 }, (_, index) => `x-${index}: ${'v'.repeat(index % 90)}\r\n`).join('');
    input.push(bytesOf(`GET / HTTP/1.1\r\n${lines}\r\nrest`));
    while (reader.isReading() && input.fill()) input.readHead(reader);
    expect(reader.lines).toHaveLength(4_000);
    expect(reader.lines.slice(-2)).toEqual(['x-1999', 'v'.repeat(1999 % 90)]);
    expect(Buffer.from(input.takeAll()).toString()).toBe('rest');
  });

  it.each([16_000, 16_380, 20_000, 40_000, 100_000])(
    'reads a line of %d bytes that comes in one chunk as one',
    (size) => {
      // What is inside of it reads as a line, wherever a window may end.
      const value = 'a:b'.repeat(size / 3);
      const reader = new HeadReader('request', { requestTarget: 100, headerSection: 200_000, headerFields: 10 });
      const input = new UnreadInput();
      input.push(bytesOf(`GET / HTTP/1.1\r\nx: ${value}\r\ny: z\r\n\r\nrest`));
      while (reader.isReading() && input.fill()) input.readHead(reader);
      expect([reader.state, reader.lines]).toEqual(['complete', ['x', value, 'y', 'z']]);
      expect(Buffer.from(input.takeAll()).toString()).toBe('rest');
    },
  );

  it('reports a line that is too long, though its end is in the chunk', () => {
    const reader = new HeadReader('response', { requestTarget: 100, headerSection: 16_384, headerFields: 10 });
    const input = new UnreadInput();
    input.push(bytesOf(`HTTP/1.1 200 OK\r\na: ${'b'.repeat(16_381)}injected: 1\r\n\r\n`));
    while (reader.isReading() && input.fill()) input.readHead(reader);
    expect([reader.failure?.code, reader.lines]).toEqual(['header-section-too-large', []]);
  });

  it('is linear when a long line comes byte by byte', () => {
    const reader = new HeadReader('trailers', { requestTarget: 1, headerSection: 400_000, headerFields: 10 });
    let characters = 0;
    const read = reader.read.bind(reader);
    reader.read = (bytes, start, end, text, textStart) => {
      characters += end - start;
      return read(bytes, start, end, text, textStart);
    };
    const input = new UnreadInput();
    const size = 200_000;
    for (const byte of bytesOf(`a: ${'b'.repeat(size)}\r\n\r\n`)) {
      input.push(Uint8Array.of(byte));
      while (reader.isReading() && input.fill()) input.readHead(reader);
    }
    expect(reader.lines[1]).toHaveLength(size);
    expect(characters).toBeLessThan(size * 5);
  });
});
