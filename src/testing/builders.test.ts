import { H2FrameReader, describeFrame } from './h2-frame-reader.js';
import { h1, h2 } from './index.js';
import { bytesOf, type Wire } from './byte-rows.js';

const textOf = (wire: Wire, frame = 0): string => Buffer.from(bytesOf(wire, frame)).toString('latin1');
const framesOf = (...wire: readonly Wire[]): string[] =>
  new H2FrameReader().read(bytesOf(wire, 0)).map((frame) => describeFrame(frame));

describe('h1', () => {
  it('builds requests', () => {
    expect(textOf(h1.get('/a?b', { accept: '*/*' }))).toBe('GET /a?b HTTP/1.1\r\nhost: test\r\naccept: */*\r\n\r\n');
    expect(textOf(h1.head('/', { Host: 'other' }))).toBe('HEAD / HTTP/1.1\r\nhost: other\r\n\r\n');
    expect(textOf(h1.post('/', 'é'))).toBe('POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\n\xc3\xa9');
    expect(textOf(h1.request('PUT', '/', Buffer.from('x'), { a: 1 }))).toBe(
      'PUT / HTTP/1.1\r\nhost: test\r\na: 1\r\ncontent-length: 1\r\n\r\nx',
    );
    expect(textOf(h1.request('DELETE', '/'))).toBe('DELETE / HTTP/1.1\r\nhost: test\r\n\r\n');
    expect(textOf(h1.requestHead('OPTIONS', '*'))).toBe('OPTIONS * HTTP/1.1\r\nhost: test\r\n\r\n');
  });

  it('builds responses, dated by the frame they stand at', () => {
    expect(textOf(h1.response(200, 'ok', { server: 'test' }), 61_000)).toBe(
      'HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\nserver: test\r\ncontent-length: 2\r\n' +
        'date: Thu, 01 Jan 1970 00:01:01 GMT\r\n\r\nok',
    );
    expect(textOf(h1.response(204))).toBe('HTTP/1.1 204 No Content\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n');
    expect(textOf(h1.interim(103, { link: '</a>' }))).toBe('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n');
  });

  it('builds chunked content', () => {
    expect(textOf(h1.chunk('0123456789abcdef'))).toBe('10\r\n0123456789abcdef\r\n');
    expect(textOf(h1.lastChunk({ sum: '1' }))).toBe('0\r\nsum: 1\r\n\r\n');
    expect(textOf(h1.chunked('a', Buffer.from('bc')))).toBe('1\r\na\r\n2\r\nbc\r\n0\r\n\r\n');
    expect(textOf(h1.chunked())).toBe('0\r\n\r\n');
  });
});

describe('h2', () => {
  it('builds what a connection begins with, of either side', () => {
    expect(framesOf(h2.start({ INITIAL_WINDOW_SIZE: 4 }))).toEqual([
      'PREFACE',
      'SETTINGS INITIAL_WINDOW_SIZE=4',
      'SETTINGS ACK',
    ]);
    expect(framesOf(h2.startServer([[0xfafa, 7]]))).toEqual(['SETTINGS 64250=7', 'SETTINGS ACK']);
  });

  it('builds messages', () => {
    expect(framesOf(h2.post(1, '/', 'abc', { a: 'b' }))).toEqual([
      'HEADERS 1 POST / a: b, content-length: 3',
      'DATA 1 "abc" (3 bytes) END_STREAM',
    ]);
    expect(framesOf(h2.response(1, 200, 'ok'))).toEqual([
      'HEADERS 1 200 content-type: text/plain; charset=utf-8, content-length: 2',
      'DATA 1 "ok" (2 bytes) END_STREAM',
    ]);
    expect(framesOf(h2.response(3, 204))).toEqual(['HEADERS 3 204 END_STREAM']);
    expect(framesOf(h2.responseHead(1, 103, { link: '</a>' }))).toEqual(['HEADERS 1 103 link: </a>']);
    expect(framesOf(h2.headers(1, { sum: '1' }, { end: true }))).toEqual(['HEADERS 1 sum: 1 END_STREAM']);
    expect(framesOf(h2.pushPromise(1, 2, '/a'))).toEqual(['PUSH_PROMISE 1 2 GET /a']);
  });

  it('builds a field block in pieces', () => {
    const block = h2.fieldBlock({ ':status': 200, a: 'b' });
    const pieces = [
      h2.headers(1, block.subarray(0, 4), { endHeaders: false, padding: 3 }),
      h2.continuation(1, block.subarray(4, 9), { endHeaders: false }),
      h2.continuation(1, block.subarray(9)),
    ];
    expect(framesOf(pieces)).toEqual([
      'HEADERS 1 (more follows)',
      'CONTINUATION 1 (more follows)',
      'CONTINUATION 1 200 a: b',
    ]);
  });

  it('builds every other frame', () => {
    expect(
      framesOf([
        h2.priority(3, { on: 1, weight: 256, exclusive: true }),
        h2.rst(1, 'CANCEL'),
        h2.rst(1, 0xbeef),
        h2.settings({ ENABLE_PUSH: 0 }),
        h2.settingsAck,
        h2.ping('12345678', { ack: true }),
        h2.goaway(7, 'ENHANCE_YOUR_CALM', 'calm'),
        h2.windowUpdate(0, 1),
        h2.priorityUpdate(3, 'u=0, i'),
        h2.data(1, 'x', { padding: 2 }),
        h2.frame(0xfa, 0xff, 5, Buffer.from('any')),
      ]),
    ).toEqual([
      'PRIORITY 3 after 1, weight 256',
      'RST_STREAM 1 CANCEL',
      'RST_STREAM 1 0xbeef',
      'SETTINGS ENABLE_PUSH=0',
      'SETTINGS ACK',
      'PING ACK 12345678',
      'GOAWAY 7 ENHANCE_YOUR_CALM',
      'WINDOW_UPDATE 0 1',
      'PRIORITY_UPDATE 3 u=0, i',
      'DATA 1 "x" (4 bytes)',
      '0xfa 5 any',
    ]);
  });

  it('builds malformed frames, and a failure shows as much of them as it can', () => {
    expect(framesOf(h2.frame(0x3, 0, 1, Buffer.from([1, 2])))).toEqual(['RST_STREAM 1 \\x01\\x02']);
    expect(framesOf(h2.frame(0x4, 0, 0, Buffer.alloc(5)))).toEqual(['SETTINGS \\x00\\x00\\x00\\x00\\x00']);
    expect(framesOf(h2.frame(0x0, 0x8, 1, Buffer.from([9, 1])))).toEqual(
      ['DATA 1 \\x09\\x01 (2 bytes)'].map((line) => line.replace('\\x09', '\\t')),
    );
    expect(framesOf(h2.headers(1, Buffer.from([0xff, 0xff])))).toEqual([
      'HEADERS 1 (a field block that cannot be decoded: \\xff\\xff)',
    ]);
    expect(framesOf([h2.frameHeader(100, 0x0, 0, 1), 'short'])).toEqual([]);
    expect(textOf(h2.frameHeader(0x010203, 0x0, 0, 1)).slice(0, 3)).toBe('\x01\x02\x03');
  });
});
