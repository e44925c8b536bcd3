/**
 * The bytes that came and are not read yet: chunks as they are, and a position.
 *
 * Content is cut out of a chunk, never copied. A head is read as text. Up to a window's worth of the chunk is decoded at once, and serves
 * all the heads in it. Only the beginning of a line that a chunk breaks off is copied, to be read when the rest of it comes. It is tried
 * again only when it has doubled, is whole or is too long. A sender of single bytes therefore costs linear time at most.
 */
import { asBuffer, concat, NO_BYTES } from '../bytes.js';
import { latin1, LF } from './character-tables.js';
import type { HeadReader } from './head-reader.js';

const EMPTY = asBuffer(NO_BYTES);

/** Bytes decoded at once: as much as a chunk of pipelined requests, and yet little compared with a chunk of content. */
const WINDOW = 16 * 1024;

export class UnreadInput {
  bytes: Buffer = EMPTY;
  position = 0;
  private later: Buffer[] | undefined = undefined;
  private text = '';
  private textStart = 0;
  private line: Buffer = EMPTY;
  private lineLength = 0;
  private nextTry = 0;

  /** Whether no byte waits to be read; the beginning of a line may still be kept. */
  get isEmpty(): boolean {
    return this.position === this.bytes.length && this.later === undefined;
  }

  /** Whether the beginning of a line is kept. */
  get hasPartialLine(): boolean {
    return this.lineLength > 0;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.isEmpty) this.begin(asBuffer(chunk));
    else if (this.later === undefined) this.later = [asBuffer(chunk)];
    else this.later.push(asBuffer(chunk));
  }

  /** Makes sure that `bytes` has some at `position`. @returns whether there are any. */
  fill(): boolean {
    if (this.position < this.bytes.length) return true;
    const { later } = this;
    this.begin(later?.shift() ?? EMPTY);
    if (later?.length === 0) this.later = undefined;
    return later !== undefined;
  }

  private begin(bytes: Buffer): void {
    this.bytes = bytes;
    this.position = 0;
    this.text = '';
    this.textStart = 0;
  }

  /** Drops everything. */
  clear(): void {
    this.begin(EMPTY);
    this.later = undefined;
    this.line = EMPTY;
    this.lineLength = 0;
  }

  /** Up to `size` bytes, uncopied; there must be some. */
  take(size: number): Uint8Array {
    const { bytes, position } = this;
    const end = Math.min(bytes.length, position + size);
    this.position = end;
    return position === 0 && end === bytes.length ? bytes : bytes.subarray(position, end);
  }

  /** All that is left, in one piece. */
  takeAll(): Uint8Array {
    const parts = [this.bytes.subarray(this.position), ...(this.later ?? [])];
    this.clear();
    return concat(parts);
  }

  /** Reads on in a head as far as the current chunk goes: `reader` has the result. */
  readHead(reader: HeadReader): void {
    if (this.lineLength > 0) this.continueLine(reader);
    while (this.position < this.bytes.length && reader.isReading()) {
      if (this.position >= this.textStart + this.text.length) this.decode();
      const windowEnd = this.textStart + this.text.length;
      this.position = reader.read(this.bytes, this.position, windowEnd, this.text, this.textStart);
      if (!reader.isReading()) return;
      if (windowEnd < this.bytes.length && this.position > this.textStart) {
        if (this.position < windowEnd) this.decode();
      } else {
        this.keepLine(windowEnd);
        // A line longer than a window, which goes on in this chunk: the next bytes are not the beginning of another one.
        if (this.position < this.bytes.length) this.continueLine(reader);
      }
    }
  }

  private decode(): void {
    this.textStart = this.position;
    this.text = latin1(this.bytes, this.position, Math.min(this.bytes.length, this.position + WINDOW));
  }

  private continueLine(reader: HeadReader): void {
    const { bytes } = this;
    const lineFeed = bytes.indexOf(LF, this.position);
    this.keepLine(lineFeed < 0 ? bytes.length : lineFeed + 1);
    const due = lineFeed >= 0 || this.lineLength >= this.nextTry || this.lineLength > reader.longestLine;
    if (due) this.tryLine(reader);
  }

  /** Reads the line that is kept as far as it goes: for its errors, where it is not whole. */
  tryLine(reader: HeadReader): void {
    const { line, lineLength } = this;
    if (reader.read(line, 0, lineLength, latin1(line, 0, lineLength), 0) === lineLength) {
      this.lineLength = 0;
      this.line = EMPTY;
    }
    this.nextTry = this.lineLength * 2;
  }

  private keepLine(end: number): void {
    const { position, lineLength } = this;
    const length = lineLength + end - position;
    if (length > this.line.length) {
      const longer = Buffer.allocUnsafe(Math.max(128, length * 2));
      this.line.copy(longer, 0, 0, lineLength);
      this.line = longer;
    }
    this.bytes.copy(this.line, lineLength, position, end);
    if (lineLength === 0) this.nextTry = length * 2;
    this.lineLength = length;
    this.position = end;
  }
}
