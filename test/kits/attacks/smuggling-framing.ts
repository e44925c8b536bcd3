/** Requests of HTTP/1.1 whose content ends in two places, for two readers (RFC 9112 section 6); and what ours sees. */
import type { Attack } from './smuggling.js';

const HEAD = 'POST /0000/a HTTP/1.1\r\nHost: a\r\n';
/** The request that is hidden in another. */
const HIDDEN = 'GET /0000/b HTTP/1.1\r\nHost: a\r\n\r\n';
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
const size = (text: string): string => text.length.toString(16);

const EMPTY = 'POST a/0000/a ""';
const BOTH = [EMPTY, 'GET a/0000/b ""'];
const of = (content: string, method = 'POST'): string => `${method} a/0000/a ${JSON.stringify(content)}`;
const EARLY = 'POST a/0000/e ""';

/** Both lengths at once (RFC 9112 section 6.1). */
const contradictions: readonly Attack[] = [
  [
    'CL.TE: a length that ends after the last chunk',
    `${HEAD}Content-Length: ${HIDDEN.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
    ['400'],
  ],
  [
    'TE.CL: a length that ends in the first chunk',
    `${HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n${size(HIDDEN)}\r\n${HIDDEN}\r\n0\r\n\r\n`,
    ['400'],
  ],
  [
    'TE.0: chunks of a GET',
    `GET /0000/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${size(HIDDEN)}\r\n${HIDDEN}\r\n0\r\n\r\n`,
    [of(HIDDEN, 'GET')],
  ],
  [
    'CL.0: the content of a GET',
    `GET /0000/a HTTP/1.1\r\nHost: a\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    [of(HIDDEN, 'GET')],
  ],
  [
    'CL.0: the content of OPTIONS',
    `OPTIONS /0000/a HTTP/1.1\r\nHost: a\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    [of(HIDDEN, 'OPTIONS')],
  ],
  [
    'CL.0: the content of a request with an early response',
    `POST /0000/e HTTP/1.1\r\nHost: a\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    [EARLY],
  ],
  [
    'TE.0: chunks of a request with an early response',
    `POST /0000/e HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${size(HIDDEN)}\r\n${HIDDEN}\r\n0\r\n\r\n`,
    [EARLY],
  ],
  ['0.CL: content without a length', `${HEAD}\r\n${HIDDEN}`, BOTH],
  ['0.CL: content without a length, that is not a request', `${HEAD}\r\nx=1`, [EMPTY, '400']],
  [
    '0.CL: an unknown expectation, and content',
    `${HEAD}Expect: x\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    ['417'],
  ],
  [
    '0.CL: 100-continue in a list, and content',
    `${HEAD}Expect: y 100-continue\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    ['417'],
  ],
  [
    'content that does not wait for 100',
    `${HEAD}Expect: 100-continue\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    [of(HIDDEN)],
  ],
  [
    'content that does not wait for 100, with an early response',
    `POST /0000/e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    [EARLY],
  ],
  ['two requests in sequence', `${HEAD}\r\n${HIDDEN}`, BOTH],
  ['two requests, the first with content', `${HEAD}Content-Length: 1\r\n\r\nx${HIDDEN}`, [of('x'), BOTH[1]!]],
  ['two requests after Connection: close', `${HEAD}Connection: close\r\n\r\n${HIDDEN}`, [EMPTY]],
];

/** Transfer-Encoding as some read it, and others do not (RFC 9112 section 6.1): chunked, if it is anything. */
const codings: readonly (readonly [line: string, status: string])[] = [
  ['Transfer-Encoding : chunked', '400'],
  ['Transfer-Encoding\t: chunked', '400'],
  ['Transfer-Encoding\x00: chunked', '400'],
  ['Transfer-Encoding\r: chunked', '400'],
  ['Transfer-Encoding\xa0: chunked', '400'],
  ['Transfer Encoding: chunked', '400'],
  [':Transfer-Encoding: chunked', '400'],
  [' Transfer-Encoding: chunked', '400'],
  ['\tTransfer-Encoding: chunked', '400'],
  ['X: y\r\n Transfer-Encoding: chunked', '400'],
  ['X: y\rTransfer-Encoding: chunked', '400'],
  ['X: y\nTransfer-Encoding: chunked', '400'],
  ['X: y\n\rTransfer-Encoding: chunked', '400'],
  ['X: y\0\r\nTransfer-Encoding: chunked', '400'],
  ['Transfer-Encoding:\x0bchunked', '400'],
  ['Transfer-Encoding: \x0cchunked', '400'],
  ['Transfer-Encoding: chunked\x0b', '400'],
  ['Transfer-Encoding: chunked\r', '400'],
  ['Transfer-Encoding: chunked\0', '400'],
  ['Transfer-Encoding: chu\0nked', '400'],
  ['Transfer-Encoding:\r\n chunked', '400'],
  ['Transfer-Encoding: chun\r\n ked', '400'],
  ['Transfer-Encoding:\n chunked', '400'],
  ['Transfer-Encoding:', '400'],
  ['Transfer-Encoding: ,', '400'],
  ['Transfer-Encoding: chunked,', '400'],
  ['Transfer-Encoding: ,chunked', '400'],
  ['Transfer-Encoding: chunked, identity', '400'],
  ['Transfer-Encoding: chunked, chunked', '400'],
  ['Transfer-Encoding: chunked;', '400'],
  ['Transfer-Encoding: chunked;q=1', '400'],
  ['Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', '400'],
  ['Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', '400'],
  ['Transfer-Encoding: chunked\r\nTransfer-Encoding:', '400'],
  ['Transfer-Encoding: identity\r\nTransfer-Encoding: chunked', '501'],
  ['Transfer-Encoding: identity, chunked', '501'],
  ['Transfer-Encoding: gzip, chunked', '501'],
  ['Transfer-Encoding: identity', '501'],
  ['Transfer-Encoding: xchunked', '501'],
  ['Transfer-Encoding: chunkedx', '501'],
  ['Transfer-Encoding: chunk', '501'],
  ['Transfer-Encoding: chunked chunked', '501'],
  ['Transfer-Encoding: x chunked', '501'],
  ['Transfer-Encoding: "chunked"', '501'],
  ["Transfer-Encoding: 'chunked'", '501'],
  ['Transfer-Encoding: =?utf-8?Q?chunked?=', '501'],
  ['Transfer-Encoding: \xe7hunked', '501'],
  ['Transfer-Encoding: chunked\xa0', '501'],
  ['Transfer-Encoding: \xffchunked', '501'],
];

const obfuscated: readonly Attack[] = codings.flatMap(([line, status]): Attack[] => {
  const name = JSON.stringify(line);
  // Beside a length it is refused as well, if only because of that.
  const beside = line === 'Transfer-Encoding: chunked' ? '400' : status === '501' ? '400' : status;
  return [
    [`${name} alone`, `${HEAD}${line}\r\n\r\n0\r\n\r\n${HIDDEN}`, [status]],
    [
      `${name} beside a length`,
      `${HEAD}Content-Length: ${HIDDEN.length + 5}\r\n${line}\r\n\r\n0\r\n\r\n${HIDDEN}`,
      [beside],
    ],
  ];
});

/** What is chunked, however it looks; and what is not. */
const spelled: readonly Attack[] = [
  ...['TRANSFER-ENCODING: CHUNKED', 'transfer-encoding:chunked', 'Transfer-Encoding: \t chunked \t '].map(
    (line): Attack => [`${JSON.stringify(line)} is chunked`, `${HEAD}${line}\r\n\r\n0\r\n\r\n${HIDDEN}`, BOTH],
  ),
  ...['Transfer_Encoding: chunked', 'Content-Encoding: chunked', 'TE: chunked', 'X-Transfer-Encoding: chunked'].map(
    (line): Attack => [`${JSON.stringify(line)} is not`, `${HEAD}${line}\r\n\r\n0\r\n\r\n${HIDDEN}`, [EMPTY, '400']],
  ),
];

/** Content-Length of 4, or 0, or none, as it is read (RFC 9110 section 8.6). */
const lengths: readonly Attack[] = [
  ...[
    ...[
      'Content-Length: +4',
      'Content-Length: -4',
      'Content-Length: 0x4',
      'Content-Length: 4 4',
      'Content-Length: 4,4',
    ],
    ...[
      'Content-Length: 4, 0',
      'Content-Length: ,4',
      'Content-Length: 4,',
      'Content-Length: "4"',
      'Content-Length: 4.0',
    ],
    ...[
      'Content-Length: 4e0',
      'Content-Length: 4_0',
      'Content-Length: 4;',
      'Content-Length: 4\0',
      'Content-Length: \x0b4',
    ],
    ...[
      'Content-Length: 4\xa0',
      'Content-Length: \xb2',
      'Content-Length: four',
      'Content-Length:',
      'Content-Length: ,',
    ],
    ...[
      'Content-Length:\r\n 4',
      'Content-Length: 4\r\n 0',
      'Content-Length : 4',
      'Content-Length\t: 4',
      ' Content-Length: 4',
    ],
    ...[
      'Content-Length: 4\r\nContent-Length: 4',
      'Content-Length: 4\r\nContent-Length: 0',
      'Content-Length: 0\r\nContent-Length: 4',
    ],
    ...[
      'Content-Length: 4\r\nContent-Length:',
      'Content-Length: 4\nContent-Length: 0',
      'Content-Length: 4\rContent-Length: 0',
    ],
    // 2^53, 2^63, 2^64, and what they and 2^32 leave of 4 where they overflow.
    ...[
      '9007199254740992',
      '9223372036854775808',
      '9223372036854775812',
      '18446744073709551616',
      '18446744073709551620',
    ].map((digits) => `Content-Length: ${digits}`),
    `Content-Length: ${'9'.repeat(400)}`,
  ].map((line): Attack => [JSON.stringify(line), `${HEAD}${line}\r\n\r\nabcd${HIDDEN}`, ['400']]),
  ...[
    'Content-Length: 4',
    'Content-Length: 04',
    `Content-Length: ${'0'.repeat(30)}4`,
    'CONTENT-LENGTH:\t4 ',
    'content-length:4',
  ].map((line): Attack => [
    `${JSON.stringify(line)} is 4`,
    `${HEAD}${line}\r\n\r\nabcd${HIDDEN}`,
    [of('abcd'), BOTH[1]!],
  ]),
  ...['Content_Length: 4', 'Content-Lengt: 4', 'X-Content-Length: 4'].map((line): Attack => [
    `${JSON.stringify(line)} is none`,
    `${HEAD}${line}\r\n\r\nabcd${HIDDEN}`,
    [EMPTY, 'abcdGET a/0000/b ""'],
  ]),
  ['"Content-Length: 4294967300" is not 4', `${HEAD}Content-Length: 4294967300\r\n\r\nabcd${HIDDEN}`, ['400']],
];

/** Chunks (RFC 9112 section 7.1). */
const badChunks = [
  ...[
    '+4\r\nabcd',
    '-4\r\nabcd',
    '0x4\r\nabcd',
    '4_\r\nabcd',
    '4 \r\nabcd',
    ' 4\r\nabcd',
    '\t4\r\nabcd',
    '4\t\r\nabcd',
  ],
  ...[
    '4,\r\nabcd',
    '4.\r\nabcd',
    '"4"\r\nabcd',
    '4\0\r\nabcd',
    '4\xa0\r\nabcd',
    '4h\r\nabcd',
    '\r\nabcd',
    ';x\r\nabcd',
    'g\r\nabcd',
  ],
  ...[
    '4\nabcd',
    '4\rabcd',
    '4\n\rabcd',
    '4\r\r\nabcd',
    '\n4\r\nabcd',
    '\r\n4\r\nabcd',
    '\r4\r\nabcd',
    '4\r\nabcd\n',
    '4\r\nabcd\rX',
  ],
  ...['4\r\nabcdXX', '4\r\nabcde', '4\r\nabcd\n4\r\nabcd', '4\r\nabcd\r\r\n'],
  // Sizes that overflow 32, 53 and 64 bits, and leave 4.
  ...['100000000000000004\r\nabcd', '10000000000000004\r\nabcd', '20000000000004\r\nabcd', 'ffffffffffffffff\r\nabcd'],
  ...[
    'fffffffffffffffc\r\nabcd',
    '8000000000000004\r\nabcd',
    `${'0'.repeat(16)}4\r\nabcd`,
    `${'f'.repeat(300)}\r\nabcd`,
  ],
  // Extensions in which a line ends, or does not.
  ...[
    '4;x=\n\r\nabcd',
    '4;x\nx\r\nabcd',
    '4;x\rx\r\nabcd',
    '4;x="\r\nabcd',
    '4;x="\n"\r\nabcd',
    '4;x="\\\r\nabcd',
    '4;x=\0\r\nabcd',
    '4 x\r\nabcd',
    '4;\r\nabcd',
    '4;;x\r\nabcd',
    '4;=x\r\nabcd',
    '4; \r\nabcd',
  ],
];

const lastChunks = [
  '0\n\n',
  '0\r\n\n',
  '0\n\r\n',
  '0\r\r\n\r\n',
  '0 \r\n\r\n',
  '0x0\r\n\r\n',
  '-0\r\n\r\n',
  '0\r\nX\r\n\r\n',
  '0\r\n X: y\r\n\r\n',
];

const chunks: readonly Attack[] = [
  ...badChunks.map((chunk): Attack => [
    `the chunk ${JSON.stringify(chunk).slice(0, 60)}`,
    `${CHUNKED}${chunk}\r\n0\r\n\r\n${HIDDEN}`,
    ['400'],
  ]),
  ...lastChunks.map((chunk): Attack => [
    `the last chunk ${JSON.stringify(chunk)}`,
    `${CHUNKED}${chunk}${HIDDEN}`,
    ['400'],
  ]),
  ...['4;x\r\nabcd', '4;x=y;z="\\";\xe9"\r\nabcd', '4 ; x\r\nabcd', '0004\r\nabcd', '4;x="0"\r\nabcd'].map(
    (chunk): Attack => [
      `the chunk ${JSON.stringify(chunk)} is one of 4`,
      `${CHUNKED}${chunk}\r\n0\r\n\r\n${HIDDEN}`,
      [of('abcd'), BOTH[1]!],
    ],
  ),
  ['00 is a last chunk', `${CHUNKED}00\r\n\r\n${HIDDEN}`, BOTH],
  ['a request as a chunk', `${CHUNKED}${size(HIDDEN)}\r\n${HIDDEN}\r\n0\r\n\r\n`, [of(HIDDEN)]],
  ...[
    'Content-Length: 999',
    'Transfer-Encoding: identity',
    'Host: b',
    'Connection: close',
    'Trailer: Content-Length',
    'Expect: 100-continue',
  ].map((line): Attack => [`the trailer ${line} means nothing`, `${CHUNKED}0\r\n${line}\r\n\r\n${HIDDEN}`, BOTH]),
  ...['X : y', 'X\n: y', 'X', ': y', 'X: \0', 'X: \n', 'X: \rY: z'].map((line): Attack => [
    `the trailer ${JSON.stringify(line)}`,
    `${CHUNKED}0\r\n${line}\r\n\r\n${HIDDEN}`,
    ['400'],
  ]),
];

export const FRAMING: readonly Attack[] = [...contradictions, ...obfuscated, ...spelled, ...lengths, ...chunks];
