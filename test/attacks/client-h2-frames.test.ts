/**
 * Servers that send unlawful HTTP/2. Each request ends in a typed error, the client's GOAWAY or RST_STREAM states the error, and no other
 * request has to wait.
 */
import { Hostile2, outcome2, type Said } from '../kits/attacks/hostile-h2-server.js';
import {
  block,
  continuation,
  data,
  END_HEADERS,
  FLAG,
  FRAME,
  frame,
  headers,
  type Lines,
  ping,
  priority,
  rst,
  SETTING,
  settings,
  uint32,
  WHOLE,
  windowUpdate,
} from '../kits/attacks/raw-h2.js';

const OK: Lines = [[':status', '200']];
const head = (lines: Lines = OK, flags: number = END_HEADERS, stream = 1): Buffer => headers(stream, lines, flags);
const goaway = (last: number, code: number): Buffer => frame(FRAME.GOAWAY, 0, 0, uint32(last, code));
const promise = (promised: number, stream = 1): Buffer =>
  frame(FRAME.PUSH_PROMISE, FLAG.END_HEADERS, stream, Buffer.concat([uint32(promised), block(PUSHED)]));
const PUSHED: Lines = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/pushed'],
  [':authority', 'localhost'],
];

type Row = readonly [what: string, said: Said, outcome: string, answered: string];

function each(rows: readonly Row[]): void {
  it.each(rows)('%s', async (_, said, expected, answered) => {
    expect(await outcome2(said)).toEqual([expected, answered]);
  });
}

describe('RFC 9113 section 3.4: no preface of a server', () => {
  it.each<[string, Buffer | undefined, string, string]>([
    [
      'an answer of HTTP/1.1',
      Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
      'protocol-error FRAME_SIZE_ERROR',
      'GOAWAY FRAME_SIZE_ERROR',
    ],
    ['garbage', Buffer.alloc(100, 0xff), 'protocol-error FRAME_SIZE_ERROR', 'GOAWAY FRAME_SIZE_ERROR'],
    ['another frame', ping(Buffer.alloc(8)), 'protocol-error PROTOCOL_ERROR', 'GOAWAY PROTOCOL_ERROR'],
    [
      'an acknowledgement',
      frame(FRAME.SETTINGS, FLAG.ACK, 0),
      'protocol-error PROTOCOL_ERROR',
      'GOAWAY PROTOCOL_ERROR',
    ],
    ['nothing', undefined, 'headers-timeout SETTINGS_TIMEOUT', 'GOAWAY SETTINGS_TIMEOUT'],
  ])('%s', async (_, preface, expected, answered) => {
    expect(await outcome2([], { preface })).toEqual([expected, answered]);
  });
});

describe('RFC 9113 section 6: invalid frames', () => {
  const P = 'protocol-error PROTOCOL_ERROR';
  const F = 'protocol-error FRAME_SIZE_ERROR';
  const [GP, GF] = ['GOAWAY PROTOCOL_ERROR', 'GOAWAY FRAME_SIZE_ERROR'];
  each([
    ['a frame that is too large', [frame(FRAME.DATA, 0, 1, Buffer.alloc(16_385))], F, GF],
    ['DATA on stream 0', [data(0, 'x')], P, GP],
    ['DATA before the head', [data(1, 'x')], 'malformed-response PROTOCOL_ERROR', 'RST_STREAM PROTOCOL_ERROR'],
    ['DATA on an idle stream', [data(5, 'x')], P, GP],
    ['DATA on a stream of the server', [data(2, 'x')], P, GP],
    ['DATA with more padding than frame', [head(), frame(FRAME.DATA, FLAG.PADDED, 1, '09 00')], `200 ${P}`, GP],
    ['HEADERS on stream 0', [headers(0, OK)], P, GP],
    ['HEADERS on an idle stream', [head(OK, WHOLE, 3)], P, GP],
    ['HEADERS on a stream of the server', [head(OK, WHOLE, 2)], P, GP],
    ['HEADERS with more padding than frame', [frame(FRAME.HEADERS, 0xc, 1, '7f 88')], P, GP],
    ['PRIORITY on stream 0', [priority(0, 0)], P, GP],
    [
      'PRIORITY of a wrong size',
      [frame(FRAME.PRIORITY, 0, 1, '00'), head(OK, WHOLE)],
      F,
      'RST_STREAM FRAME_SIZE_ERROR',
    ],
    ['RST_STREAM on stream 0', [rst(0)], P, GP],
    ['RST_STREAM on an idle stream', [rst(5)], P, GP],
    ['RST_STREAM of a wrong size', [frame(FRAME.RST_STREAM, 0, 1, '00')], F, GF],
    ['SETTINGS on a stream', [frame(FRAME.SETTINGS, 0, 1)], P, GP],
    ['SETTINGS of a wrong size', [frame(FRAME.SETTINGS, 0, 0, '00')], F, GF],
    ['an acknowledgement with content', [frame(FRAME.SETTINGS, FLAG.ACK, 0, '000000000000')], F, GF],
    ['ENABLE_PUSH of a server', [settings(SETTING.ENABLE_PUSH, 1)], P, GP],
    [
      'a window past 2^31-1',
      [settings(SETTING.INITIAL_WINDOW_SIZE, 0x8000_0000)],
      'protocol-error FLOW_CONTROL_ERROR',
      'GOAWAY FLOW_CONTROL_ERROR',
    ],
    ['a frame size that is too small', [settings(SETTING.MAX_FRAME_SIZE, 1)], P, GP],
    ['a frame size that is too large', [settings(SETTING.MAX_FRAME_SIZE, 0x100_0000)], P, GP],
    ['PING on a stream', [ping(Buffer.alloc(8), 0, 1)], P, GP],
    ['PING of a wrong size', [ping(Buffer.alloc(7))], F, GF],
    ['GOAWAY on a stream', [frame(FRAME.GOAWAY, 0, 1, uint32(0, 0))], P, GP],
    ['GOAWAY of a wrong size', [frame(FRAME.GOAWAY, 0, 0, uint32(0))], F, GF],
    ['WINDOW_UPDATE of nothing', [windowUpdate(0, 0)], P, GP],
    ['WINDOW_UPDATE of nothing, on the stream', [windowUpdate(1, 0)], P, 'RST_STREAM PROTOCOL_ERROR'],
    ['WINDOW_UPDATE on an idle stream', [windowUpdate(5, 1)], P, GP],
    ['WINDOW_UPDATE of a wrong size', [frame(FRAME.WINDOW_UPDATE, 0, 0, '00')], F, GF],
    [
      'a window of the connection that overflows',
      [windowUpdate(0, 0x7fff_ffff)],
      'protocol-error FLOW_CONTROL_ERROR',
      'GOAWAY FLOW_CONTROL_ERROR',
    ],
    [
      'a window of the stream that overflows',
      [windowUpdate(1, 0x7fff_ffff)],
      'protocol-error FLOW_CONTROL_ERROR',
      'RST_STREAM FLOW_CONTROL_ERROR',
    ],
    ['CONTINUATION of nothing', [continuation(1, block(OK))], P, GP],
    ['a field block with another frame inside', [head(OK, 0), ping(Buffer.alloc(8))], P, GP],
    ['a field block that goes on elsewhere', [head(OK, 0), continuation(3, block([]))], P, GP],
    ['PRIORITY_UPDATE of a server', [frame(FRAME.PRIORITY_UPDATE, 0, 0, uint32(1))], P, GP],
  ]);
});

describe('RFC 9113 section 8: invalid responses', () => {
  const M = 'malformed-response PROTOCOL_ERROR';
  const R = 'RST_STREAM PROTOCOL_ERROR';
  each([
    ['no status', [head([])], M, R],
    ['two', [head([...OK, ...OK])], M, R],
    ['a status that is none', [head([[':status', '20']])], M, R],
    ['101', [head([[':status', '101']])], M, R],
    ['a request', [head(PUSHED)], M, R],
    ['a pseudo-header behind fields', [head([['a', 'b'], ...OK])], M, R],
    ['a name in upper case', [head([...OK, ['A', 'b']])], M, R],
    ['a field of connections', [head([...OK, ['connection', 'close']])], M, R],
    ['CRLF in a value', [head([...OK, ['a', 'b\r\nc: d']])], M, R],
    ['NUL in a value', [head([...OK, ['a', '\0']])], M, R],
    ['a blank around a value', [head([...OK, ['a', ' b']])], M, R],
    [
      'too many fields',
      [head([...OK, ...Array<[string, string]>(2001).fill(['a', 'b'])])],
      'header-section-too-large ENHANCE_YOUR_CALM',
      'RST_STREAM ENHANCE_YOUR_CALM',
    ],
    ['an interim response that ends', [head([[':status', '103']], WHOLE)], M, R],
    [
      'interim responses, and nothing behind',
      [head([[':status', '103']])],
      'headers-timeout CANCEL',
      'RST_STREAM CANCEL',
    ],
    ['an end without an answer', [data(1, '')], M, R],
    ['two lengths', [head([...OK, ['content-length', '1'], ['content-length', '2']])], M, R],
    [
      'more content than its length',
      [head([...OK, ['content-length', '1']]), data(1, 'ab')],
      '200 invalid-response-body-length PROTOCOL_ERROR',
      R,
    ],
    [
      'less content than its length',
      [head([...OK, ['content-length', '3']]), data(1, 'ab')],
      '200 "ab" truncated PROTOCOL_ERROR',
      R,
    ],
    [
      'content of 204',
      [head([[':status', '204']]), data(1, 'ab')],
      '204 invalid-response-body-length PROTOCOL_ERROR',
      R,
    ],
    ['trailers that go on', [head(), data(1, 'ab', 0), head([['a', 'b']])], `200 "ab" ${M}`, R],
    ['pseudo-headers in trailers', [head(), data(1, 'ab', 0), head(OK, WHOLE)], `200 "ab" ${M}`, R],
    ['content behind the end', [head(OK, WHOLE), data(1, 'evil')], '200 ""', 'RST_STREAM STREAM_CLOSED'],
    ['a head behind the end', [head(OK, WHOLE), head(OK, WHOLE)], '200 ""', 'GOAWAY STREAM_CLOSED'],
    ['a reset behind the end', [head(OK, WHOLE), rst(1, 1)], '200 ""', ''],
  ]);
});

describe('RFC 7541: invalid field blocks', () => {
  const raw = (hex: string): Buffer => frame(FRAME.HEADERS, WHOLE, 1, hex);
  const C: readonly [string, string] = ['protocol-error COMPRESSION_ERROR', 'GOAWAY COMPRESSION_ERROR'];
  each([
    ['an index of nothing', [raw('80')], ...C],
    ['an index past the table', [raw('ff 20')], ...C],
    ['an integer without end', [raw('ff ffffffffffffffffffff')], ...C],
    ['a string that is cut off', [raw('00 05 61')], ...C],
    ['a Huffman code that is none', [raw('00 81 61 84 ffffffff')], ...C],
    ['a table larger than allowed', [raw('3f ffff 03 88')], ...C],
    ['a table size behind a field', [raw('88 20')], ...C],
  ]);
});

describe('RFC 9113 section 8.4: pushes', () => {
  const P = 'protocol-error PROTOCOL_ERROR';
  const GP = 'GOAWAY PROTOCOL_ERROR';
  each([
    ['without permission', [promise(2), head(OK, WHOLE)], P, GP],
    ['of a stream of the client', [promise(3)], P, GP],
    ['on stream 0', [promise(2, 0)], P, GP],
    ['on an idle stream', [promise(2, 5)], P, GP],
  ]);
});

describe('RFC 9113 section 6.8: GOAWAY', () => {
  each([
    ['of all that was asked', [goaway(0, 0)], 'refused REFUSED_STREAM', ''],
    ['of what was never asked', [goaway(0x7fff_ffff, 0), head(OK, WHOLE)], '200 ""', ''],
    ['of a stream of its own', [goaway(2, 0), head(OK, WHOLE)], '200 ""', ''],
    ['that takes back what it promised', [goaway(1, 0), goaway(0, 0)], 'refused REFUSED_STREAM', ''],
    ['that goes up again', [goaway(1, 0), goaway(3, 0), head(OK, WHOLE)], '200 ""', ''],
    ['with an error', [goaway(1, 2), head(OK, WHOLE)], '200 ""', ''],
    ['with an unknown error', [goaway(1, 0xdead), head(OK, WHOLE)], '200 ""', ''],
  ]);

  it('and nothing after it ends with the connection', async () => {
    expect(await outcome2([goaway(1, 0)], { closes: true })).toEqual(['connection-reset', '']);
  });
});

describe('resets', () => {
  it.each([
    'NO_ERROR',
    'PROTOCOL_ERROR',
    'REFUSED_STREAM',
    'CANCEL',
    'ENHANCE_YOUR_CALM',
    'HTTP_1_1_REQUIRED',
  ] as const)('%s', async (code) => {
    const said = [rst(1, Hostile2.codeOf(code))];
    const expected = code === 'REFUSED_STREAM' ? 'refused' : 'protocol-error';
    expect(await outcome2(said)).toEqual([`${expected} ${code}`, '']);
  });
});
