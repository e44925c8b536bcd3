/**
 * Huffman-coded strings (RFC 7541 section 5.2).
 *
 * The decoder is a state machine over half bytes. A state is an inner node of the code's tree (256 of them). One table of 256 x 16 steps
 * has the next node, and the symbol that the step completes, if any. No code is shorter than 5 bits, so a half byte completes at most one.
 * 16 KiB of table stay in the first-level cache, which a table over whole bytes (256 KiB) would not.
 */
import { compressionError } from '../errors.js';
import { CODES, CODE_LENGTHS, EOS } from './huffman-code.js';
import type { Room } from './integer.js';

/** A step: the next state in bits 0-7, whether a symbol was completed in bit 8, that symbol in bits 16-23. */
const COMPLETED = 0x100;
/** A step onto EOS, which must not occur in a string. */
const FORBIDDEN = -1;

interface Machine {
  readonly steps: Int32Array;
  /** States in which a string may end: the rest is at most 7 bits of EOS, that is, of ones. */
  readonly final: Uint8Array;
}

const { steps: STEPS, final: FINAL } = buildMachine();

function buildMachine(): Machine {
  // The tree: children of node n at 2n and 2n + 1; a leaf is ~symbol.
  const children: number[] = [0, 0];
  const depthOfOnes: number[] = [0];
  for (let symbol = 0; symbol <= EOS; symbol++) {
    const code = CODES[symbol]!;
    const length = CODE_LENGTHS[symbol]!;
    let node = 0;
    for (let bit = length - 1; bit >= 0; bit--) {
      const side = (code >>> bit) & 1;
      const child = node * 2 + side;
      if (bit === 0) children[child] = ~symbol;
      else if (children[child] === 0) {
        children[child] = depthOfOnes.length;
        const depth = depthOfOnes[node]!;
        depthOfOnes.push(side === 1 && depth >= 0 ? depth + 1 : -1);
        children.push(0, 0);
      }
      node = children[child]!;
    }
  }
  const steps = new Int32Array(depthOfOnes.length * 16);
  for (let state = 0; state < depthOfOnes.length; state++) {
    for (let nibble = 0; nibble < 16; nibble++) steps[state * 16 + nibble] = walk(children, state, nibble);
  }
  return { steps, final: Uint8Array.from(depthOfOnes, (depth) => (depth >= 0 && depth <= 7 ? 1 : 0)) };
}

function walk(children: readonly number[], from: number, nibble: number): number {
  let node = from;
  let completed = 0;
  for (let bit = 3; bit >= 0; bit--) {
    node = children[node * 2 + ((nibble >>> bit) & 1)]!;
    if (node >= 0) continue;
    if (~node === EOS) return FORBIDDEN;
    completed = COMPLETED | (~node << 16);
    node = 0;
  }
  return node | completed;
}

/** Where strings are decoded to before they become strings; longer ones get their own. */
const scratch = Buffer.allocUnsafeSlow(8 * 1024);

/**
 * The string in `bytes[start, end)`, latin1.
 *
 * @throws ProtocolError COMPRESSION_ERROR for EOS inside, padding of more than 7 bits, or padding that is not ones.
 */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number): string {
  const room = Math.ceil(((end - start) * 8) / 5);
  const text = room <= scratch.length ? scratch : Buffer.allocUnsafeSlow(room);
  let length = 0;
  let state = 0;
  for (let index = start; index < end; index++) {
    const octet = bytes[index]!;
    const high = STEPS[(state << 4) | (octet >>> 4)]!;
    if (high < 0) throw compressionError('EOS inside a Huffman-coded string');
    if ((high & COMPLETED) !== 0) text[length++] = high >>> 16;
    const low = STEPS[((high & 0xff) << 4) | (octet & 0xf)]!;
    if (low < 0) throw compressionError('EOS inside a Huffman-coded string');
    if ((low & COMPLETED) !== 0) text[length++] = low >>> 16;
    state = low & 0xff;
  }
  if (FINAL[state] === 0) throw compressionError('wrong padding of a Huffman-coded string');
  return text.toString('latin1', 0, length);
}

const LENGTHS = Uint8Array.from(CODE_LENGTHS);

/** Octets that `text` takes, Huffman-coded. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let index = 0; index < text.length; index++) bits += LENGTHS[text.charCodeAt(index) & 0xff]!;
  return (bits + 7) >>> 3;
}

/** Writes `text`, Huffman-coded, padded with ones. */
export function writeHuffman(room: Room, text: string): void {
  const { bytes } = room;
  let position = room.position;
  let pending = 0;
  let bits = 0;
  for (let index = 0; index < text.length; index++) {
    const octet = text.charCodeAt(index) & 0xff;
    let code = CODES[octet]!;
    let length = LENGTHS[octet]!;
    // At most 7 bits are pending: a code of up to 24 bits fits beside them in 31; a longer one goes in two parts.
    if (length > 24) {
      pending = (pending << 16) | (code >>> (length - 16));
      bits += 16;
      for (; bits >= 8; bits -= 8) bytes[position++] = pending >>> (bits - 8);
      length -= 16;
      code &= (1 << length) - 1;
    }
    pending = (pending << length) | code;
    bits += length;
    for (; bits >= 8; bits -= 8) bytes[position++] = pending >>> (bits - 8);
    pending &= 0x7f;
  }
  if (bits > 0) bytes[position++] = (pending << (8 - bits)) | (0xff >>> bits);
  room.position = position;
}
