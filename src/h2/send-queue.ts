/** Content of one stream that waits to be sent: chunks by reference, but for small ones, cut into frames as windows allow. */
import { asBuffer, Joint } from '../bytes.js';
import type { FrameWriter } from './frame/writer.js';

/** Pieces up to this size are copied after their frame's header: a write of many small pieces costs more. */
const COPIED = 1024;

export class SendQueue {
  /** Octets that wait. */
  size: number;
  private chunks: Uint8Array[];
  /** The first chunk that is not gone, and how much of it is. */
  private first: number;
  private offset: number;
  private readonly joint: Joint;

  constructor() {
    this.size = 0;
    this.chunks = [];
    this.first = 0;
    this.offset = 0;
    this.joint = new Joint();
  }

  push(chunk: Uint8Array): void {
    this.joint.append(this.chunks, this.first, chunk);
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
  }

  private shift(): void {
    this.offset = 0;
    this.first++;
    // The memory of sent chunks is released now and then, so that a queue of many chunks is not moved for each of them.
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
