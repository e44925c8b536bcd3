/**
 * Content of one stream that waits to be sent: chunks by reference, cut into frames as windows allow.
 *
 * Small ones that wait behind some others are copied together. Each by itself would take some hundred octets beside its own,
 * and keep the whole read that it was cut out of: a peer that has its octets sent back one at a time could make of one
 * window a hundred.
 */
import { asBuffer } from '../bytes.js';
import type { FrameWriter } from './frame/writer.js';

/** Pieces up to this size are copied behind their frame's header: a write of many small pieces costs more. */
const COPIED = 1024;

/** As many octets of small chunks as are kept in one piece, once as many chunks wait. */
const JOINT = 4096;
const FEW = 4;

export class SendQueue {
  /** Octets that wait. */
  size: number;
  private chunks: Uint8Array[];
  /** The first chunk that is not gone, and how much of it is. */
  private first: number;
  private offset: number;
  /** Where small chunks are put together: the last chunk may be the beginning of it. */
  private joint: Buffer | undefined;

  constructor() {
    this.size = 0;
    this.chunks = [];
    this.first = 0;
    this.offset = 0;
    this.joint = undefined;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length <= COPIED && this.chunks.length - this.first >= FEW) this.join(chunk);
    else this.chunks.push(chunk);
    this.size += chunk.length;
  }

  /** Moves the next `size` octets to `writer`. */
  write(writer: FrameWriter, size: number): void {
    let missing = size;
    while (missing > 0) {
      const chunk = this.chunks[this.first]!;
      const rest = chunk.length - this.offset;
      const taken = Math.min(rest, missing);
      writePiece(writer, chunk, this.offset, taken);
      missing -= taken;
      if (taken === rest) this.shift();
      else this.offset += taken;
    }
    this.size -= size;
  }

  clear(): void {
    this.size = 0;
    this.chunks = [];
    this.first = 0;
    this.offset = 0;
    this.joint = undefined;
  }

  /** Puts `chunk` behind the small ones that came last, or where the next ones join it. */
  private join(chunk: Uint8Array): void {
    const { chunks } = this;
    const last = chunks.length - 1;
    const before = chunks[last]!;
    let { joint } = this;
    if (joint !== undefined && before.buffer === joint.buffer && before.length + chunk.length <= JOINT) {
      joint.set(chunk, before.length);
      chunks[last] = joint.subarray(0, before.length + chunk.length);
      return;
    }
    // Memory of its own: `buffer` tells whose a chunk is.
    joint = this.joint = Buffer.allocUnsafeSlow(JOINT);
    joint.set(chunk, 0);
    chunks.push(joint.subarray(0, chunk.length));
  }

  private shift(): void {
    this.offset = 0;
    this.first++;
    // Memory of what is gone is let go of now and then, so that a queue of many chunks is not moved for each of them.
    if (this.first === this.chunks.length) this.chunks.length = this.first = 0;
    else if (this.first >= 64 && this.first * 2 >= this.chunks.length) {
      this.chunks = this.chunks.slice(this.first);
      this.first = 0;
    }
  }
}

function writePiece(writer: FrameWriter, chunk: Uint8Array, offset: number, size: number): void {
  if (size <= COPIED) {
    writer.reserve(size);
    writer.bytes.set(size === chunk.length ? chunk : chunk.subarray(offset, offset + size), writer.position);
    writer.position += size;
  } else if (size === chunk.length) writer.reference(chunk);
  else writer.reference(asBuffer(chunk).subarray(offset, offset + size));
}
