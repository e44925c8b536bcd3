/** The content that goes to and fro: made of a size and a seed on either side, so that each can check by its hash whether it came whole. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../fuzz/random.js';

/** Which bytes, and how they come. */
export interface Content {
  readonly size: number;
  readonly seed: number;
  /** ms of rest before each piece but the first: a slow writer; 0 is as fast as they are taken. */
  readonly rest: number;
}

/** A prime, so that a shift by one piece is noticed. */
const NOISE = noise(65_537);
const PIECE = 16 * 1024;
/** Pieces of a slow writer, however much it has to say. */
const SLOW_PIECES = 16;

function noise(size: number): Buffer {
  const random = new Random(1);
  return Buffer.from(Array.from({ length: size }, () => random.below(256)));
}

/** `size` bytes of `seed`, a piece at a time. */
export function* piecesOf(size: number, seed: number, most = PIECE): Generator<Uint8Array> {
  for (let at = seed % NOISE.length, left = size; left > 0;) {
    const piece = NOISE.subarray(at, at + Math.min(left, most));
    left -= piece.length;
    at = (at + piece.length) % NOISE.length;
    yield piece;
  }
}

/** The same, with rests. */
export async function* slowPiecesOf({ size, seed, rest }: Content): AsyncGenerator<Uint8Array> {
  let first = true;
  for (const piece of piecesOf(size, seed, Math.max(PIECE, Math.ceil(size / SLOW_PIECES)))) {
    if (!first) await sleep(rest);
    first = false;
    yield piece;
  }
}

/** The expected hash. */
export function digestOf(size: number, seed: number): string {
  const hash = createHash('sha256');
  for (const piece of piecesOf(size, seed)) hash.update(piece);
  return hash.digest('hex');
}

export function digestOfText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The hash of what a stream of Node gives, read at the pace of `rest` ms a chunk. */
export async function digestStream(
  stream: AsyncIterable<Uint8Array>,
  rest: number,
  onChunk: () => void,
): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) {
    hash.update(chunk);
    onChunk();
    if (rest > 0) await sleep(rest);
  }
  return hash.digest('hex');
}
