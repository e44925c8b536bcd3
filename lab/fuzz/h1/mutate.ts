/** Changes that a grammar does not suggest, and some that an attacker makes. */
import type { Random } from '../random.js';

/** The places at which messages are cut, and the words that steer them. */
export const TOKENS = [
  ...[
    '\r\n',
    '\n',
    '\r',
    ' ',
    '\t',
    '\0',
    ':',
    ';',
    ',',
    '"',
    '\\',
    '=',
    '\x7f',
    '\x80',
    '\xff',
    '\xa0',
    '\x0b',
    '\x0c',
  ],
  ...[
    '\r\n\r\n',
    '\n\n',
    '\r\r\n',
    ' \r\n',
    '\r\n ',
    '\r\n\t',
    '0\r\n\r\n',
    '0\r\n',
    '1\r\n',
    'a\r\n',
    '+',
    '-',
    '0x',
    '_',
  ],
  ...[
    'chunked',
    'Chunked',
    'identity',
    'gzip',
    'close',
    'keep-alive',
    'upgrade',
    '100-continue',
    'HTTP/1.1',
    'HTTP/1.0',
  ],
  ...[
    'Content-Length: 5\r\n',
    'Content-Length: 0\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Connection: close\r\n',
    'Host: b\r\n',
  ],
  ...[
    'GET / HTTP/1.1\r\nHost: b\r\n\r\n',
    'HTTP/1.1 200 OK\r\n',
    'FFFFFFFF',
    '10000000000000000',
    '00000000000000000000',
  ],
];

/** `bytes` with one to three changes. */
export function mutate(random: Random, bytes: Buffer): Buffer {
  let mutated = bytes;
  for (let times = random.small(1, 3); times > 0; times--) mutated = change(random, mutated);
  return mutated;
}

function change(random: Random, bytes: Buffer): Buffer {
  const at = random.below(bytes.length + 1);
  const to = Math.min(bytes.length, at + random.small(1, 12));
  const token = Buffer.from(random.pick(TOKENS), 'latin1');
  switch (random.below(8)) {
    case 0:
      return splice(bytes, at, at, token);
    case 1:
      return splice(bytes, at, to, token);
    case 2:
      return splice(bytes, at, to, '');
    case 3:
      return splice(bytes, at, at, bytes.subarray(at, to));
    case 4:
      return splice(bytes, at, at + 1, Buffer.of(random.below(256)));
    case 5:
      return splice(bytes, at, at + 1, Buffer.of((bytes[at] ?? 0) ^ (1 << random.below(8))));
    case 6: {
      // A piece from elsewhere.
      const from = random.below(bytes.length + 1);
      return splice(bytes, at, at, bytes.subarray(from, from + random.small(1, 40)));
    }
    default:
      return bytes.subarray(0, at);
  }
}

function splice(bytes: Buffer, from: number, to: number, put: Buffer | string): Buffer {
  return Buffer.concat([bytes.subarray(0, from), Buffer.from(put), bytes.subarray(Math.min(to, bytes.length))]);
}

/** `bytes` in pieces, cut anywhere. */
export function cut(random: Random, bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  const longest = random.pick([1, 2, 3, 8, 40]);
  for (let at = 0; at < bytes.length;) {
    const size = random.small(1, longest);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}
