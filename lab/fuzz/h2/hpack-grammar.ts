/** Field blocks for HPACK (RFC 7541): what our encoder makes, what only the grammar knows, and a little of neither. */
import { encodedBound, HpackEncoder } from '../../../src/h2/hpack/encoder.js';
import type { Random } from '../random.js';

const NAMES = [
  'accept',
  'x-a',
  'x-b',
  'cookie',
  'date',
  'etag',
  'user-agent',
  'content-type',
  'x-longer-name',
  'set-cookie',
  'via',
];
const VALUES = [
  '',
  'a',
  'gzip, deflate',
  '0123456789',
  'text/html',
  '\x80\xff',
  'A long value, such as there are many of: 0123456789',
];

/** Fields that every request has: nghttp2 reports a header list that has them. */
export const PSEUDO_LINES = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'a'];

/** Names and values, in turn. */
export function headerList(random: Random): string[] {
  return random
    .several(8, () => [random.pick(NAMES), random.chance(3) ? 'v'.repeat(random.below(5000)) : random.pick(VALUES)])
    .flat();
}

function integer(first: number, prefix: number, value: number): Buffer {
  const full = (1 << prefix) - 1;
  if (value < full) return Buffer.of(first | value);
  const octets = [first | full];
  let rest = value - full;
  for (; rest >= 128; rest = Math.floor(rest / 128)) octets.push((rest % 128) | 128);
  return Buffer.from([...octets, rest]);
}

/** Codes of `0`, `1`, `2`, `a` and so on: all of 5 bits (RFC 7541 appendix B). */
const FIVE_BITS = '012aceiost';

function huffman(text: string): Buffer {
  let bits = '';
  for (const letter of text) bits += FIVE_BITS.indexOf(letter).toString(2).padStart(5, '0');
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
  return Buffer.from(bits.match(/.{8}/g)?.map((octet) => Number.parseInt(octet, 2)) ?? []);
}

function text(random: Random, plain: string): Buffer {
  if (random.chance(60)) return Buffer.concat([integer(0, 7, plain.length), Buffer.from(plain, 'latin1')]);
  const coded = huffman('tea0'.repeat(random.below(4)) + random.pick(['t', 'ea', 'cat', 'tesso']));
  // Padding that is wrong: a bit of it, or an octet too much of it.
  if (random.chance(3)) coded[coded.length - 1]! ^= 1 << random.below(3);
  const padded = random.chance(2) ? Buffer.concat([coded, Buffer.of(0xff)]) : coded;
  return Buffer.concat([integer(0x80, 7, padded.length), padded]);
}

function representation(random: Random): Buffer {
  const index = random.chance(60)
    ? random.pick([16, 19, 23, 31, 32, 58])
    : random.pick([62, 62, 63, 64, 65, 70, random.chance(5) ? 127 : 66]);
  const named = random.chance(50);
  const [first, prefix] = random.pick([
    [0x40, 6],
    [0x00, 4],
    [0x10, 4],
  ] as const);
  if (random.chance(25)) return integer(0x80, 7, index);
  const name = named
    ? integer(first, prefix, index)
    : Buffer.concat([Buffer.of(first), text(random, random.pick(NAMES))]);
  return Buffer.concat([name, text(random, random.pick(VALUES))]);
}

function sizeUpdate(random: Random): Buffer {
  return integer(0x20, 5, random.pick([0, 31, 100, 200, 1000, 4096, random.chance(5) ? 4097 : 4096]));
}

/** One block that the grammar allows, on the whole: an index may be past the table. */
function ofGrammar(random: Random, tableLimit: number): Buffer {
  const updates = random.chance(10) ? [sizeUpdate(random)] : [];
  if (tableLimit < 4096 && random.chance(30)) updates.unshift(integer(0x20, 5, tableLimit));
  const pseudo = Buffer.from([0x82, 0x86, 0x84, 0x01, 0x01, 0x61]);
  const fields = random.several(8, () => representation(random));
  if (random.chance(1)) fields.push(sizeUpdate(random));
  return Buffer.concat([...updates, pseudo, ...fields]);
}

/** Blocks of one connection. `tableLimit`: the size that the decoder has announced. */
export function blocks(random: Random, tableLimit: number): Buffer[] {
  const count = random.small(1, 8);
  if (random.chance(50))
    return Array.from({ length: count }, (_, at) => ofGrammar(random, at === 0 ? tableLimit : 4096));
  const encoder = new HpackEncoder();
  encoder.setTableLimit(tableLimit);
  return Array.from({ length: count }, () => {
    const lines = [...PSEUDO_LINES, ...headerList(random)];
    const room = { bytes: Buffer.alloc(encodedBound(lines)), position: 0 };
    if (random.chance(5)) encoder.setTableLimit(Math.min(tableLimit, random.pick([0, 100, 1000, 4096])));
    encoder.encode(room, lines);
    return room.bytes.subarray(0, room.position);
  });
}

/** Blocks in one Buffer: each after its length, of two octets. */
export function join(list: readonly Buffer[]): Buffer {
  return Buffer.concat(list.flatMap((block) => [Buffer.of(block.length >> 8, block.length & 255), block]));
}

/** The blocks that `join` has joined; a block that is cut off counts as far as it goes. */
export function part(bytes: Buffer): Buffer[] {
  const list: Buffer[] = [];
  for (let at = 0; at + 2 <= bytes.length;) {
    const end = at + 2 + Math.min(bytes.readUInt16BE(at), 16_384);
    list.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return list;
}
