/** Field lines, framing and content (RFC 9112 sections 5 to 7), each part of them now and then a little wrong. */
import type { Random } from '../random.js';

/** Mostly one of `good`, else of `bad`. */
export function mostly(random: Random, good: readonly string[], bad: readonly string[], percent = 3): string {
  return random.pick(random.chance(percent) ? bad : good);
}

export function lineEnd(random: Random): string {
  return mostly(random, ['\r\n'], ['\n', '\r', '\r\r\n', '\n\r', '\r\n\r\n', ' \r\n', ''], 0.6);
}

const NAMES = [
  'Accept',
  'X-A',
  'cookie',
  'User-Agent',
  'x',
  'Date',
  'TE',
  'Trailer',
  'Via',
  'Keep-Alive',
  'Proxy-Connection',
];
const ODD_NAMES = [
  '',
  'X A',
  'X\t',
  'X ',
  ' X',
  '\tX',
  'X\0',
  'X\x80',
  '(x)',
  'X"',
  '@',
  "!#$%&'*+-.^_`|~",
  'X\r',
  'X\x7f',
];
const VALUES = ['', 'a', 'a b', ' a ', '\ta\t', 'text/html;q=0.9, */*', '"q"', '\x80\xff', 'trailers', '1'];
const ODD_VALUES = [
  'a\0',
  'a\x01b',
  'a\rb',
  'a\nb',
  'a\r\n b',
  'a\x7f',
  '\x0b',
  'a\r\n\tb',
  'v'.repeat(17_000),
  '\r\n b',
  '\xa0a',
  'a\r',
];

function fieldLine(random: Random): string {
  const name = mostly(random, NAMES, ODD_NAMES, 1.5);
  const colon = mostly(random, [':', ': '], [' :', '\t:', '', ';', '::', ':\r\n '], 0.7);
  return `${name}${colon}${mostly(random, VALUES, ODD_VALUES, 2)}${lineEnd(random)}`;
}

const STEERING = [
  ...[
    'Connection: close',
    'Connection: keep-alive',
    'Connection: Close, x',
    'Connection: keep-alive, close',
    'Connection: upgrade',
  ],
  ...[
    'Connection: ',
    'Connection: x',
    'Upgrade: h2c',
    'Upgrade: websocket\r\nConnection: Upgrade',
    'Connection: close\r\nConnection: x',
  ],
  ...[
    'Expect: 100-continue',
    'Expect: 100-Continue',
    'Expect: x',
    'Connection: \xa0close',
    'Connection: close;x',
    'Connection:close ',
  ],
  ...[
    'Connection: keep-alive\r\nUpgrade: x',
    'Connection: clos',
    'Connection: closed',
    'Connection: x close',
    'Connection: ,close,',
  ],
];

const HOSTS = ['a', 'a:80', '[::1]:80', 'EXAMPLE.org', ''];
const ODD_HOSTS = ['a b', 'a@b', 'a/b', '[::1', 'a:b', 'a:99999', 'a, b', '\x80', '%zz', '%41', 'a#', 'a\tb', ':80'];

export function hostLines(random: Random): string {
  if (random.chance(2)) return random.pick(['', 'Host: a\r\nHost: a\r\n', 'Host: a\r\nhost: b\r\n', 'Host : a\r\n']);
  return `Host: ${mostly(random, HOSTS, ODD_HOSTS, 1.5)}${lineEnd(random)}`;
}

/** Content-Length that is not the content's own number of bytes, written plainly. */
function oddLength(random: Random, size: number): string {
  return random.pick([
    ...[
      `+${size}`,
      `-${size}`,
      `0${size}`,
      `00000000000000000000${size}`,
      `${size}, ${size}`,
      `${size},${size + 1}`,
      `${size} `,
    ],
    ...[
      `0x${size}`,
      `${size}.0`,
      `${size};a`,
      '',
      ' ',
      `${size + 1}`,
      `${Math.max(0, size - 1)}`,
      '18446744073709551616',
      `${size}\x0b`,
    ],
    ...[
      '9007199254740992',
      '18446744073709551615',
      '9223372036854775808',
      `${size} ${size}`,
      `_${size}`,
      `${size}\r\nContent-Length: ${size}`,
    ],
    ...[
      `${size}\r\nContent-Length: ${size + 1}`,
      `\xa0${size}`,
      `${size}a`,
      `,${size}`,
      `${size},`,
      '184467440737095516165',
    ],
  ]);
}

const CODINGS = ['chunked'];
const ODD_CODINGS = [
  ...[
    'Chunked',
    'CHUNKED',
    'chunked ',
    '\tchunked',
    'gzip, chunked',
    'chunked, gzip',
    'chunked, chunked',
    'gzip',
    'identity',
    '',
  ],
  ...[
    'identity, chunked',
    'chunked;q=1',
    'xchunked',
    'chunkedx',
    'chunked\x0b',
    '\xa0chunked',
    'chunked,',
    ',chunked',
    '"chunked"',
  ],
  ...[
    'chunked\r\nTransfer-Encoding: chunked',
    'gzip\r\nTransfer-Encoding: chunked',
    'chunked\r\nTransfer-Encoding: gzip',
    'chunk',
  ],
  ...[
    'chunked\r\nTransfer-Encoding: ',
    'gzip;a="x, chunked"',
    'x chunked',
    'chunked\r\nTransfer-Encoding: identity',
    'chunked\0',
  ],
];

const EXTENSIONS = [';a', ';a=b', '; a = b', ';a="b\\"c"', ';a=";"', ' ;a', '\t;a', ';;', ';a;b=c'];
const ODD_EXTENSIONS = [
  ' ',
  '\t',
  ';',
  '; ',
  ';a=',
  ';a="b',
  ';a="\x01"',
  ';\x7f',
  ';a="b"c',
  ';a b',
  ';\x80',
  ';"',
  ';a=\xff',
  ' a',
  ';\xff=b',
  ';a="\r\n"',
];

function chunkSize(random: Random, size: number): string {
  const digits = size.toString(16);
  const good = [digits, digits, digits.toUpperCase(), `0${digits}`, `000${digits}`];
  const bad = [
    `0x${digits}`,
    `+${digits}`,
    `-${digits}`,
    ` ${digits}`,
    `${digits} `,
    '',
    'g',
    `${'0'.repeat(14)}${digits}`,
    `${'0'.repeat(20)}${digits}`,
  ];
  return mostly(
    random,
    good,
    [...bad, `1${'0'.repeat(16)}`, 'ffffffffffffffff', '7fffffffffffffff', (size + 1).toString(16)],
    1.5,
  );
}

export function contentOf(random: Random, size: number): string {
  return random.pick(['x', '0', '\r\n', 'GET / HTTP/1.1\r\n\r\n', '\xff']).repeat(size).slice(0, size);
}

function chunkedContent(random: Random): string {
  let text = '';
  const chunk = (size: number): void => {
    const extension = random.chance(8) ? mostly(random, EXTENSIONS, ODD_EXTENSIONS, 30) : '';
    text += `${chunkSize(random, size)}${extension}${lineEnd(random)}${contentOf(random, size)}`;
  };
  for (let chunks = random.small(0, 3); chunks > 0; chunks--) {
    chunk(random.pick([1, 2, 5, 9, 10, 16, 17, 40]));
    text += lineEnd(random);
  }
  chunk(0);
  if (random.chance(15)) text += random.several(3, () => fieldLine(random)).join('');
  if (random.chance(1))
    text += random.pick([
      'Content-Length: 5\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Host: b\r\n',
      'Connection: close\r\n',
    ]);
  return text + lineEnd(random);
}

/** The field lines that say how long the content is, and the content. */
function framed(random: Random, percent: number): [lines: string, content: string] {
  if (!random.chance(percent)) return ['', ''];
  const size = random.pick([0, 1, 2, 5, 10, 33]);
  const odd = random.chance(4);
  const length = `${mostly(random, ['Content-Length', 'content-length'], ['Content-Length ', 'Content_Length', 'Content-Length\t'], 0.5)}: ${
    odd ? oddLength(random, size) : size
  }${lineEnd(random)}`;
  const coding = `Transfer-Encoding: ${mostly(random, CODINGS, ODD_CODINGS, 6)}${lineEnd(random)}`;
  if (random.chance(2)) {
    const both = random.chance(50) ? length + coding : coding + length;
    return [both, random.chance(50) ? chunkedContent(random) : contentOf(random, size)];
  }
  return random.chance(50) ? [length, contentOf(random, size)] : [coding, chunkedContent(random)];
}

/** Field lines in any order, and the content that they announce. */
export function fieldsAndContent(random: Random, first: string, percent: number): string {
  const [framing, content] = framed(random, percent);
  const lines = [first, framing, ...random.several(4, () => fieldLine(random))];
  if (random.chance(12)) lines.push(`${random.pick(STEERING)}${lineEnd(random)}`);
  if (random.chance(0.05)) lines.push('x: y\r\n'.repeat(random.pick([126, 129, 3000])));
  for (let at = lines.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [lines[at], lines[other]] = [lines[other]!, lines[at]!];
  }
  return `${lines.join('')}${lineEnd(random)}${content}`;
}
