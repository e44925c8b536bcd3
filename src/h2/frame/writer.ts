/**
 * The frames of a turn, written in order until the flow takes them.
 *
 * All writers share one slab: an allocation of 64 KiB serves thousands of small frames on any number of connections, and an idle connection
 * holds none. The slab is only ever appended to, so bytes that have been handed out never change. One writer at a time owns its end; when
 * another needs it, the owner's bytes so far become a piece.
 */
import type { Output } from '../../bytes.js';
import type { Room } from '../hpack/integer.js';
import { FRAME_HEADER_SIZE, writeHeaderAt } from './frame.js';

const SLAB_SIZE = 64 * 1024;
const EMPTY = Buffer.alloc(0);

/** The slab, how much of it has been given away, and the writer that owns its end. */
const slab = { bytes: EMPTY, used: 0, owner: undefined as FrameWriter | undefined };

export class FrameWriter implements Room {
  bytes: Buffer;
  position: number;
  private start: number;
  private readonly pieces: Uint8Array[];
  private pieceBytes: number;

  constructor() {
    this.bytes = EMPTY;
    this.position = 0;
    this.start = 0;
    this.pieces = [];
    this.pieceBytes = 0;
  }

  /** Octets that wait for `flush`. */
  get size(): number {
    return this.pieceBytes + this.position - this.start;
  }

  /** Makes room for `size` octets after `position`, in one piece. */
  reserve(size: number): void {
    if (slab.owner !== this || this.bytes.length - this.position < size) this.acquire(size);
  }

  /** Reserves a frame and writes its header. */
  header(length: number, type: number, flags: number, streamId: number): void {
    this.reserve(FRAME_HEADER_SIZE + length);
    writeHeaderAt(this.bytes, this.position, length, type, flags, streamId);
    this.position += FRAME_HEADER_SIZE;
  }

  /** A payload by reference, after the bytes that were written. */
  reference(chunk: Uint8Array): void {
    this.cut();
    this.pieces.push(chunk);
    this.pieceBytes += chunk.length;
  }

  /** Moves all of it to `output`. */
  flush(output: Output): void {
    const { pieces } = this;
    if (pieces.length > 0) {
      for (const piece of pieces) output.bytes(piece);
      pieces.length = 0;
      this.pieceBytes = 0;
    }
    if (this.position > this.start) {
      output.bytes(this.bytes.subarray(this.start, this.position));
      this.start = this.position;
    }
  }

  private acquire(size: number): void {
    slab.owner?.release();
    if (slab.bytes.length - slab.used < size) {
      slab.bytes = Buffer.allocUnsafeSlow(Math.max(SLAB_SIZE, size));
      slab.used = 0;
    }
    slab.owner = this;
    this.bytes = slab.bytes;
    this.start = slab.used;
    this.position = slab.used;
  }

  private release(): void {
    this.cut();
    slab.used = this.position;
    this.bytes = EMPTY;
    this.position = 0;
    this.start = 0;
    slab.owner = undefined;
  }

  private cut(): void {
    if (this.position === this.start) return;
    this.pieces.push(this.bytes.subarray(this.start, this.position));
    this.pieceBytes += this.position - this.start;
    this.start = this.position;
  }
}
