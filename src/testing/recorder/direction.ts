/** One direction of a recorded connection: its bytes in one piece, and when each of them passed. */
import { concat, asBuffer } from '../../bytes.js';
import type { Part } from './source-code.js';

/** Bytes that passed together. */
export interface Chunk {
  /** ms since the recording began. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** How a direction ended: `cut` is a reset by either side. */
export interface SideEnd {
  readonly at: number;
  readonly kind: 'fin' | 'cut';
}

export class Side {
  readonly bytes: Buffer;
  /** The offset after each chunk. */
  private readonly ends: readonly number[];

  constructor(
    readonly chunks: readonly Chunk[],
    readonly end: SideEnd | undefined,
  ) {
    this.bytes = asBuffer(concat([Buffer.alloc(0), ...chunks.map(({ bytes }) => bytes)]));
    let offset = 0;
    this.ends = chunks.map(({ bytes }) => (offset += bytes.length));
  }

  /** When the byte before `offset` passed. */
  timeOf(offset: number): number {
    let [low, high] = [0, this.chunks.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ends[middle]! >= offset) high = middle;
      else low = middle + 1;
    }
    return this.chunks[low]?.at ?? 0;
  }
}

/**
 * A piece of the peer's bytes, at its offsets. One with a `part` means something as a whole (a head, a frame), and is taken to have come
 * when it was complete. One without is content, which may be cut anywhere.
 */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly part?: Part;
  /** Of a head: the whole message, its content being `body`, where a builder has both. */
  readonly withBody?: (body: Uint8Array) => Part;
}
