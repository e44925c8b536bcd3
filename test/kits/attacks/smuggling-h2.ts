/**
 * Requests of HTTP/2 that become others when they are written down as HTTP/1.1 (RFC 9113 section 10.3), and what ours sees. Each is stream
 * 1 of a connection, its fields literal, so that numbers can stand in for numbers.
 */
import { data, END_HEADERS, headers, type Lines, WHOLE } from './raw-h2.js';
import type { Attack } from './smuggling.js';

const TEXT = 'GET /0000/b HTTP/1.1\r\nHost: a\r\n\r\n';

const GET: Lines = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'a'],
  [':path', '/0000/a'],
];
const POST: Lines = [[':method', 'POST'], ...GET.slice(1)];

/** A GET with other pseudo-header fields; none where a value is undefined. */
function pseudo(changes: Readonly<Record<string, string | undefined>>): Lines {
  return GET.map(([name, value]) => [name, name in changes ? changes[name] : value] as const).filter(
    (line): line is readonly [string, string] => line[1] !== undefined,
  );
}

function bare(lines: Lines): string {
  return headers(1, lines, WHOLE).toString('latin1');
}

/** A request with content, a frame for each of `parts`, and trailers. */
function filled(lines: Lines, parts: readonly string[], trailers?: Lines): string {
  const last = parts.length - 1;
  const frames = parts.map((part, index) =>
    data(1, Buffer.from(part, 'latin1'), index === last && trailers === undefined ? 1 : 0),
  );
  if (trailers !== undefined) frames.push(headers(1, trailers, WHOLE));
  return Buffer.concat([headers(1, lines, END_HEADERS), ...frames]).toString('latin1');
}

const NONE = ['RST_STREAM 1 PROTOCOL_ERROR'];
const EMPTY = ['GET a/0000/a ""'];
const of = (content: string): readonly string[] => [`POST a/0000/a ${JSON.stringify(content)}`];
const shown = ([name, value]: Lines[number]): string => `${JSON.stringify(name)}: ${JSON.stringify(value)}`;

/** Fields that end a line, or begin a message, of HTTP/1.1 (RFC 9113 section 8.2). */
const fields: readonly Attack[] = [
  ...(
    [
      ['x', 'y\r\nTransfer-Encoding: chunked'],
      ['x', `y\r\n\r\n${TEXT}`],
      ['x', 'y\nz: 1'],
      ['x', 'y\rz: 1'],
      ['x', 'y\0'],
      ['x', '\x01'],
      ['x', ' y'],
      ['x', 'y '],
      ['x', '\ty'],
      ['x\r\ny', 'z'],
      ['x: y\r\ntransfer-encoding', 'chunked'],
      ['x\ny', 'z'],
      ['x\0', 'y'],
      ['x:', 'y'],
      ['x y', 'z'],
      ['x\t', 'y'],
      [' x', 'y'],
      ['X', 'y'],
      ['Transfer-Encoding', 'chunked'],
      ['\xe9', 'y'],
      ['', 'y'],
      ['x"', 'y'],
      ['cookie', 'a=b\r\nx: y'],
      ['host', 'a\r\nx: y'],
      ['content-length', '0\r\nx: y'],
      ['transfer-encoding', 'chunked'],
      ['transfer-encoding', 'identity'],
      ['transfer-encoding', ''],
      ['connection', 'close'],
      ['connection', 'content-length'],
      ['keep-alive', 'timeout=1'],
      ['proxy-connection', 'keep-alive'],
      ['upgrade', 'h2c'],
      ['te', 'chunked'],
      ['te', 'trailers, chunked'],
      [':path', '/0000/b'],
      [':x', 'y'],
      [':status', '200'],
    ] as const
  ).map((line): Attack => [shown(line), bare([...GET, line]), NONE]),
  ...(
    [
      ['te', 'trailers'],
      ['x', '\xe9'],
      ['x', ''],
      ['x_y', 'z'],
      ['content-length', '0'],
      ['http2-settings', 'AAMAAABk'],
    ] as const
  ).map((line): Attack => [`${shown(line)} is a field`, bare([...GET, line]), EMPTY]),
];

/** The parts of a request line, and its target (RFC 9113 section 8.3.1). */
const requestLines: readonly Attack[] = [
  ...[
    ...[
      '/0000/a HTTP/1.1\r\nHost: b\r\n\r\n',
      '/0000/a b',
      '/0000/a\r',
      '/0000/a\n',
      '/0000/\0',
      '/0000/a\tb',
      '/0000/\x7f',
      '',
    ],
    ...['0000/a', 'http://b/0000/a', '*', '?/0000/a', ' /0000/a', undefined],
  ].map((path): Attack => [`:path ${JSON.stringify(path)}`, bare(pseudo({ ':path': path })), NONE]),
  ...[
    'GET /0000/b HTTP/1.1\r\nHost: a\r\n\r\nGET',
    'GET /0000/b',
    'GE T',
    '',
    'G\0T',
    'GET\r\n',
    'GET:',
    '\xe9',
    undefined,
  ].map((method): Attack => [`:method ${JSON.stringify(method)}`, bare(pseudo({ ':method': method })), NONE]),
  ...['http://a/0000/b?', 'ht tp', 'http\r\n', 'http:', '', '1', undefined].map((scheme): Attack => [
    `:scheme ${JSON.stringify(scheme)}`,
    bare(pseudo({ ':scheme': scheme })),
    NONE,
  ]),
  ...['a/0000/b', 'b@a', 'a b', 'a\r\nX: y', 'a\nX: y', 'a\0', '', 'a#b', 'a?b', 'a\\b', undefined].map(
    (authority): Attack => [`:authority ${JSON.stringify(authority)}`, bare(pseudo({ ':authority': authority })), NONE],
  ),
  ...GET.map((line): Attack => [`${line[0]} twice`, bare([...GET, line]), NONE]),
  ['a pseudo-header field after a field', bare([...GET.slice(0, 3), ['x', 'y'], GET[3]!]), NONE],
  ['Host that differs', bare([...GET, ['host', 'b']]), NONE],
  ['Host twice', bare([...GET, ['host', 'a'], ['host', 'a']]), NONE],
  ['Host that is the same', bare([...GET, ['host', 'a']]), EMPTY],
  ['Host alone', bare([...pseudo({ ':authority': undefined }), ['host', 'a']]), EMPTY],
  ['CONNECT with a path', bare(pseudo({ ':method': 'CONNECT' })), NONE],
];

/** Content, of which HTTP/1.1 needs to know the end (RFC 9113 section 8.1.1). */
const contents: readonly Attack[] = [
  ['a request as content', filled(POST, [TEXT]), of(TEXT)],
  ['a last chunk as content, and a request after it', filled(POST, [`0\r\n\r\n${TEXT}`]), of(`0\r\n\r\n${TEXT}`)],
  ['an empty frame between others', filled(POST, ['x', '', 'y']), of('xy')],
  ['an empty frame first', filled(POST, ['', 'y']), of('y')],
  ['an empty frame last', filled(POST, ['x', '']), of('x')],
  ['content of a GET', filled(GET, [TEXT]), [`GET a/0000/a ${JSON.stringify(TEXT)}`]],
  [
    'content of a request with an early response',
    filled([...POST.slice(0, 3), [':path', '/0000/e']], [TEXT]),
    ['POST a/0000/e ""'],
  ],
  ['content that does not wait for 100', filled([...POST, ['expect', '100-continue']], [TEXT]), of(TEXT)],
  ['content as long as it says', filled([...POST, ['content-length', '1']], ['x']), of('x')],
  [
    'content as long as it announces, which is announced twice',
    filled([...POST, ['content-length', '1'], ['content-length', '1']], ['x']),
    NONE,
  ],
  ['no content, although one octet is announced', bare([...POST, ['content-length', '1']]), NONE],
  ...(
    [
      ['1', TEXT],
      ['999', TEXT],
      ['9007199254740993', 'x'],
      ['18446744073709551617', 'x'],
      ['4294967297', 'x'],
      ['+1', 'x'],
      ['1,1', 'x'],
      ['0x1', 'x'],
      ['', 'x'],
      ['1\0', 'x'],
    ] as const
  ).map(([length, content]): Attack => [
    `content-length ${JSON.stringify(length)} of ${content.length} octets`,
    filled([...POST, ['content-length', length]], [content]),
    NONE,
  ]),
  ['two lengths', filled([...POST, ['content-length', '1'], ['content-length', '2']], ['x']), NONE],
];

/** Trailers, after which HTTP/1.1 begins the next message (RFC 9113 section 8.1). */
const trailers: readonly Attack[] = [
  ...(
    [
      ['x', 'y\r\n\r\nGET /0000/b HTTP/1.1\r\nHost: a'],
      ['x', 'y\nz'],
      ['x\r\n', 'y'],
      ['transfer-encoding', 'chunked'],
      ['connection', 'close'],
      [':path', '/0000/b'],
      [':status', '200'],
      ['X', 'y'],
    ] as const
  ).map((line): Attack => [`the trailer ${shown(line)}`, filled(POST, ['x'], [line]), NONE]),
  ...(
    [
      ['x', 'y'],
      ['host', 'b'],
      ['content-length', '999'],
      ['trailer', 'content-length'],
    ] as const
  ).map((line): Attack => [`the trailer ${shown(line)} means nothing`, filled(POST, ['x'], [line]), of('x')]),
];

export const DOWNGRADES: readonly Attack[] = [...fields, ...requestLines, ...contents, ...trailers];

/** A request that is whole before its content contradicts it: it may have been sent on, without content, before it is refused. */
export const BELATED: readonly Attack[] = [
  ['content although its length is zero', filled([...POST, ['content-length', '0']], [TEXT]), NONE],
];
