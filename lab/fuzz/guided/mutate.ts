/** Changes of bytes that know nothing of what the bytes mean, but for a dictionary of what the grammar is made of. */
import type { Random } from '../random.js';

/** Values at which sizes, counts and signs turn over. */
const BYTES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 31, 32, 62, 63, 64, 65, 100, 126, 127, 128, 192, 254, 255];
const WORDS = [0, 1, 127, 128, 255, 256, 4095, 4096, 16_383, 16_384, 16_385, 32_767, 32_768, 65_535];
const DOUBLE_WORDS = [0, 1, 65_535, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

export interface Material {
  readonly tokens: readonly Buffer[];
  /** Another input that is worth something. */
  readonly other: Buffer;
  readonly longest: number;
}

/** `bytes` with one to sixteen changes. */
export function mutate(random: Random, bytes: Buffer, material: Material): Buffer {
  let mutated = bytes;
  for (let times = 1 << random.small(0, 4); times > 0; times--) mutated = change(random, mutated, material);
  return mutated.length > material.longest ? mutated.subarray(0, material.longest) : mutated;
}

function change(random: Random, bytes: Buffer, { tokens, other }: Material): Buffer {
  const { length } = bytes;
  const at = random.below(length + 1);
  const to = Math.min(length, at + blockSize(random, length));
  switch (random.below(14)) {
    case 0:
      return put(bytes, at, Buffer.of((bytes[at] ?? 0) ^ (1 << random.below(8))));
    case 1:
      return put(bytes, at, Buffer.of(random.pick(BYTES)));
    case 2:
      return put(bytes, at, Buffer.of((bytes[at] ?? 0) + random.below(71) - 35));
    case 3:
      return put(bytes, at, Buffer.of(random.below(256)));
    case 4:
      return put(bytes, at, number(random));
    case 5:
    case 6:
      return splice(bytes, at, to, Buffer.alloc(0));
    case 7:
      return splice(bytes, at, at, bytes.subarray(at, to));
    case 8: {
      // A block from elsewhere, in the place of another or between.
      const from = random.below(length + 1);
      const block = bytes.subarray(from, from + blockSize(random, length));
      return random.chance(50) ? splice(bytes, at, at, block) : put(bytes, at, block);
    }
    case 9:
      return splice(bytes, at, at, Buffer.alloc(random.small(1, 40), bytes[at] ?? random.below(256)));
    case 10: {
      const from = random.below(other.length + 1);
      return splice(bytes, at, at, other.subarray(from, from + blockSize(random, other.length)));
    }
    case 11:
      // The beginning of one, and the end of the other.
      return Buffer.concat([bytes.subarray(0, at), other.subarray(random.below(other.length + 1))]);
    default: {
      if (tokens.length === 0) return change(random, bytes, { tokens: [bytes], other, longest: 0 });
      const token = random.pick(tokens);
      return random.chance(70) ? splice(bytes, at, at, token) : put(bytes, at, token);
    }
  }
}

function blockSize(random: Random, length: number): number {
  const most = random.pick([4, 16, 64, 256]);
  return random.small(1, Math.max(1, Math.min(most, length)));
}

function number(random: Random): Buffer {
  const wide = random.chance(40);
  const bytes = Buffer.alloc(wide ? 4 : 2);
  if (wide) bytes.writeUInt32BE(random.pick(DOUBLE_WORDS));
  else bytes.writeUInt16BE(random.pick(WORDS));
  return random.chance(80) ? bytes : bytes.reverse();
}

/** `block` in the place of as many bytes. */
function put(bytes: Buffer, at: number, block: Buffer): Buffer {
  return splice(bytes, at, Math.min(bytes.length, at + block.length), block);
}

function splice(bytes: Buffer, from: number, to: number, block: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, from), block, bytes.subarray(to)]);
}
