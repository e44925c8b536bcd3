/** Requests of HTTP/1.1 whose lines are others, or elsewhere, for two readers (RFC 9112 sections 2 to 5); and what ours sees. */
import type { Attack } from './smuggling.js';

const HOST = 'Host: a\r\n';
const HEAD = `GET /0000/a HTTP/1.1\r\n${HOST}`;
/** The request that is hidden in another, or comes after it. */
const HIDDEN = `GET /0000/b HTTP/1.1\r\n${HOST}\r\n`;
const LENGTH = `Content-Length: ${HIDDEN.length}\r\n`;

const FIRST = 'GET a/0000/a ""';
const BOTH = [FIRST, 'GET a/0000/b ""'];
const WITHIN = [`GET a/0000/a ${JSON.stringify(HIDDEN)}`];

/** Where lines end (RFC 9112 section 2.2). */
const lineEnds: readonly Attack[] = [
  ['LF alone, everywhere', 'GET /0000/a HTTP/1.1\nHost: a\n\n', ['400']],
  ['CR alone, everywhere', 'GET /0000/a HTTP/1.1\rHost: a\r\r', ['400']],
  ['LF after the request line', `GET /0000/a HTTP/1.1\n${HOST}\r\n`, ['400']],
  ['LF after a field', 'GET /0000/a HTTP/1.1\r\nHost: a\n\r\n', ['400']],
  ['LF after the head', `${HEAD}\n${HIDDEN}`, ['400']],
  ['LFCR after the head', `${HEAD}\n\r${HIDDEN}`, ['400']],
  ['CRCRLF after the head', `${HEAD}\r\r\n${HIDDEN}`, ['400']],
  ['CRCRLF after a field', `${HEAD}X: y\r\r\n\r\n`, ['400']],
  ['CR before the target', `GET\r/0000/a HTTP/1.1\r\n${HOST}\r\n`, ['400']],
  ['LF in the target', `GET /0000/a\n/b HTTP/1.1\r\n${HOST}\r\n`, ['400']],
  ['CR in the version', `GET /0000/a HTTP/1.1\r\r\n${HOST}\r\n`, ['400']],
  ['CR in a value', `${HEAD}X: y\rGET /0000/b HTTP/1.1\r\n\r\n`, ['400']],
  ['LF in a value', `${HEAD}X: y\nGET /0000/b HTTP/1.1\r\n\r\n`, ['400']],
  ['a request after LFLF in a value', `${HEAD}X: y\n\n${HIDDEN}`, ['400']],
  ['a request after CRCR in a value', `${HEAD}X: y\r\r${HIDDEN}`, ['400']],
  ['CR in a name', `${HEAD}X\ry: z\r\n\r\n`, ['400']],
  ['LF in a name', `${HEAD}X\ny: z\r\n\r\n`, ['400']],
  ['a vertical tab as a line end', `${HEAD}X: y\x0bTransfer-Encoding: chunked\r\n\r\n`, ['400']],
  ['NEL as a line end is a letter', `${HEAD}X: y\x85${LENGTH}\r\n`, [FIRST]],
  ['an empty line before the request', `\r\n${HIDDEN}`, ['GET a/0000/b ""']],
  ['an empty line between requests', `${HEAD}\r\n\r\n${HIDDEN}`, BOTH],
  ['LF before the request', `\n${HIDDEN}`, ['400']],
  ['CR before the request', `\r${HIDDEN}`, ['400']],
  ['CR between requests', `${HEAD}\r\n\r${HIDDEN}`, [FIRST, '400']],
  ['a space before the request', ` ${HIDDEN}`, ['400']],
  ['NUL between requests', `${HEAD}\r\n\0${HIDDEN}`, [FIRST, '400']],
];

/** Field lines (RFC 9112 section 5): `Content-Length` after bytes that some read as the end of them, or as a name. */
const fields: readonly Attack[] = [
  ...[
    ...[
      'X\0: y',
      'X: y\0',
      'X: \x01',
      'X: \x7f',
      'X: \b',
      '\xe9: y',
      'X\xa0: y',
      'X y: z',
      'X : y',
      'X\t: y',
      ': y',
      ':',
      'X',
      '"X": y',
    ],
    ...[
      'X(y): z',
      'X/y: z',
      'X@y: z',
      '\x0bX: y',
      'X\x0b: y',
      ' X: y',
      '\tX: y',
      'X: y\r\n z',
      'X: y\r\n\tz',
      'X: y\r\n ',
      '\ufeffX: y',
    ],
    ...['Host: a\r\n b', 'GET /0000/b HTTP/1.1', 'HTTP/1.1 200 OK', '{}: x', '='],
  ].map((line): Attack => [`the field ${JSON.stringify(line)}`, `${HEAD}${line}\r\n${LENGTH}\r\n${HIDDEN}`, ['400']]),
  ...[
    'X: \xe9',
    'X: \xff\xfe',
    'X:',
    'X: \t',
    'X: y\t ',
    "!#$%&'*+-.^_`|~: y",
    'X: "\\"',
    'X: a:b',
    'X_y: z',
    '1: 2',
  ].map((line): Attack => [
    `the field ${JSON.stringify(line)} is one`,
    `${HEAD}${line}\r\n${LENGTH}\r\n${HIDDEN}`,
    WITHIN,
  ]),
];

/** The request line (RFC 9112 section 3). */
const requestLines: readonly Attack[] = [
  ...[
    ...[
      'GET  /0000/a HTTP/1.1',
      'GET\t/0000/a HTTP/1.1',
      'GET /0000/a  HTTP/1.1',
      'GET /0000/a\tHTTP/1.1',
      'GET /0000/a HTTP/1.1 ',
    ],
    ...[
      'GET /0000/a HTTP/1.1\t',
      'GET /0000/a b HTTP/1.1',
      'GET /0000/a HTTP/1.1 HTTP/1.1',
      'GET /0000/a HTTP/1.0 HTTP/1.1',
    ],
    ...[
      'GET /0000/a',
      'GET /0000/a ',
      'GET',
      '/0000/a HTTP/1.1',
      'GET HTTP/1.1',
      'GE\0T /0000/a HTTP/1.1',
      'G(T /0000/a HTTP/1.1',
    ],
    ...['"GET" /0000/a HTTP/1.1', 'GET\x0b/0000/a HTTP/1.1', 'GET: /0000/a HTTP/1.1', 'G\xe9T /0000/a HTTP/1.1'],
    ...['GET /0000/\0 HTTP/1.1', 'GET /0000/\x7f HTTP/1.1', 'GET /0000/a#b HTTP/1.1', 'GET /0000/\xa0 HTTP/1.1'],
    ...[
      'GET 0000/a HTTP/1.1',
      'GET a:80 HTTP/1.1',
      'GET * HTTP/1.1',
      'GET ?/0000/a HTTP/1.1',
      'GET http:/0000/a HTTP/1.1',
    ],
    ...[
      'GET http:///0000/a HTTP/1.1',
      'GET http://b@a/0000/a HTTP/1.1',
      'GET http://:80/0000/a HTTP/1.1',
      'GET http://a b/0000/a HTTP/1.1',
    ],
    ...[
      'GET /0000/a http/1.1',
      'GET /0000/a HTTP/1',
      'GET /0000/a HTTP/1.',
      'GET /0000/a HTTP/11',
      'GET /0000/a HTTP/1.10',
    ],
    ...[
      'GET /0000/a HTTP/01.1',
      'GET /0000/a HTTP/+1.1',
      'GET /0000/a HTTP/1,1',
      'GET /0000/a HTTP /1.1',
      'GET /0000/a HTTP/ 1.1',
    ],
    ...[
      'GET /0000/a XHTTP/1.1',
      'GET /0000/a HTTPS/1.1',
      'GET /0000/a HTTP/1.x',
      'GET /0000/a \xc8TTP/1.1',
      'CONNECT /0000/a HTTP/1.1',
    ],
  ].map((line): Attack => [JSON.stringify(line), `${line}\r\n${HOST}\r\n${HIDDEN}`, ['400']]),
  ...['GET /0000/a HTTP/0.9', 'GET /0000/a HTTP/2.0', 'GET /0000/a HTTP/3.0', 'PRI /0000/a HTTP/2.0'].map(
    (line): Attack => [JSON.stringify(line), `${line}\r\n${HOST}\r\n${HIDDEN}`, ['505']],
  ),
  ['"get" is a method of its own', `get /0000/a HTTP/1.1\r\n${HOST}\r\n${HIDDEN}`, ['get a/0000/a ""', BOTH[1]!]],
  ['HTTP/1.9 is read as HTTP/1.1', `GET /0000/a HTTP/1.9\r\n${HOST}\r\n${HIDDEN}`, BOTH],
  ...[
    '/0000/a%0d%0aX:%20y',
    '/0000/a%00',
    '//0000/a',
    '/0000/../b',
    '/0000/a?b c'.replace(' ', '+'),
    '/0000/a;b',
    '/0000/%',
  ].map((target): Attack => [
    `the target ${target} is left as it is`,
    `GET ${target} HTTP/1.1\r\n${HOST}\r\n`,
    [`GET a${target} ""`],
  ]),
  ['CONNECT with content', `CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n${LENGTH}\r\n${HIDDEN}`, ['400']],
];

/** The target of a request (RFC 9112 section 3.2, 3.3; RFC 9110 section 7.2). */
const hosts: readonly Attack[] = [
  ['no Host', `GET /0000/a HTTP/1.1\r\n\r\n${HIDDEN}`, ['400']],
  ...[
    ...[
      'Host: a\r\nHost: a',
      'Host: a\r\nHost: b',
      'Host: a\r\nhost:',
      'Host: a, b',
      'Host: a b',
      'Host: a/b',
      'Host: x@a',
      'Host: a:x',
    ],
    ...[
      'Host: a:99999',
      'Host: a:+80',
      'Host: a:80:80',
      'Host: [a',
      'Host: a#b',
      'Host: a?b',
      'Host: a\\b',
      'Host: "a"',
      'Host: \xe9',
    ],
    ...['Host:\r\n a', 'Host : a', ' Host: a', 'Host: a\0', 'Host: a\nX: y', 'Host: http://a', 'Host: a%'],
  ].map((line): Attack => [JSON.stringify(line), `GET /0000/a HTTP/1.1\r\n${line}\r\n\r\n${HIDDEN}`, ['400']]),
  ['an absolute target is right, whatever Host says', `GET http://a/0000/a HTTP/1.1\r\nHost: b\r\n\r\n`, [FIRST]],
  ['an absolute target without Host', `GET http://a/0000/a HTTP/1.1\r\n\r\n`, ['400']],
  ['an absolute target, and two Hosts', `GET http://a/0000/a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`, ['400']],
  ['a target that is a URL without a scheme', `GET //b/0000/a HTTP/1.1\r\n${HOST}\r\n`, ['GET a//b/0000/a ""']],
];

/** What is of one connection only (RFC 9110 section 7.6.1), and what ends it, or makes another of it. */
const hops: readonly Attack[] = [
  ...[
    'Content-Length',
    'content-length, close',
    'Transfer-Encoding',
    'Host',
    'Connection',
    'X, Content-Length, Host',
    ',,',
    '\xff',
  ].map((nominated): Attack => [
    `Connection: ${nominated} takes nothing away`,
    `${HEAD}Connection: ${nominated}\r\n${LENGTH}\r\n${HIDDEN}`,
    WITHIN,
  ]),
  [
    'Keep-Alive, Proxy-Connection and TE say nothing',
    `${HEAD}Keep-Alive: max=0\r\nProxy-Connection: close\r\nTE: chunked\r\n\r\n${HIDDEN}`,
    BOTH,
  ],
  [
    'Upgrade: h2c with content, and a request in it',
    `${HEAD}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n${LENGTH}\r\n${HIDDEN}`,
    WITHIN,
  ],
  [
    'Upgrade: websocket, and a request after it',
    `${HEAD}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n${HIDDEN}`,
    BOTH,
  ],
  [
    'HTTP/1.0 with Transfer-Encoding',
    `POST /0000/a HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
    ['400'],
  ],
  ['HTTP/1.0, and a request after it', `GET /0000/a HTTP/1.0\r\n${HOST}\r\n${HIDDEN}`, [FIRST]],
  [
    'HTTP/1.0 that keeps the connection',
    `GET /0000/a HTTP/1.0\r\n${HOST}Connection: keep-alive\r\n\r\n${HIDDEN}`,
    BOTH,
  ],
  ['HTTP/1.0 with content', `GET /0000/a HTTP/1.0\r\n${HOST}${LENGTH}\r\n${HIDDEN}`, WITHIN],
  ['HTTP/1.0 that expects', `GET /0000/a HTTP/1.0\r\n${HOST}Expect: 100-continue\r\n${LENGTH}\r\n${HIDDEN}`, WITHIN],
  [
    'X-HTTP-Method-Override and other fields of proxies',
    `${HEAD}X-HTTP-Method-Override: HEAD\r\nX-Forwarded-Host: b\r\nX-Original-URL: /0000/b\r\nForwarded: host=b\r\n\r\n`,
    [FIRST],
  ],
];

export const LINES: readonly Attack[] = [...lineEnds, ...fields, ...requestLines, ...hosts, ...hops];

/** Two requests, the first of which asks for HTTP/2 (RFC 7540 section 3.2): a server that agrees reads on in frames, unseen by a front. */
export const UPGRADE: Attack = [
  'Upgrade: h2c, and a request after it',
  `${HEAD}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n${HIDDEN}`,
  BOTH,
];
