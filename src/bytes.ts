/** Bytes, text and output, shared by both engines. */

/** Nothing, once. */
export const NO_BYTES: Uint8Array = Buffer.alloc(0);

/** The same bytes as a Buffer, uncopied: its native methods are why latin1 text is fast. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** UTF-8 bytes of `text`. */
export function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

/** `parts` in one piece; a single part is returned as it is. */
export function concat(parts: readonly Uint8Array[], size?: number): Uint8Array {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, size);
}

/**
 * A turn's bytes on their way to the flow, in order: latin1 text and chunks by reference, never copied.
 * Text that follows text joins it, so a small response is one string and one write.
 */
export class Output {
  readonly pieces: (string | Uint8Array)[] = [];
  /** Bytes in `pieces`. */
  size = 0;

  /** Adds text whose every character is one byte. */
  latin1(text: string): void {
    const last = this.pieces.length - 1;
    const before = last < 0 ? undefined : this.pieces[last];
    if (typeof before === 'string') this.pieces[last] = before + text;
    else this.pieces.push(text);
    this.size += text.length;
  }

  bytes(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.pieces.push(chunk);
    this.size += chunk.length;
  }

  clear(): void {
    // A turn is mostly one piece, and to pop it is cheaper than to set a length.
    if (this.pieces.length === 1) this.pieces.pop();
    else this.pieces.length = 0;
    this.size = 0;
  }

  /** All of it in one piece: for tests, and for flows that take bytes only. */
  toBytes(): Uint8Array {
    return concat(
      this.pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)),
      this.size,
    );
  }
}

/**
 * The same bytes, to be kept for a while. A chunk that is cut out of a socket's read keeps all of the read alive, up to 64 KiB for a single
 * byte. So a chunk of less than three quarters of its buffer is copied.
 */
export function withoutRest(chunk: Uint8Array): Uint8Array {
  return isPart(chunk.length, chunk.buffer) ? copyOf(chunk) : chunk;
}

/** Whether `size` bytes of `buffer` are less than three quarters of it. */
export function isPart(size: number, buffer: ArrayBufferLike): boolean {
  return size * 4 < buffer.byteLength * 3;
}

/**
 * The same bytes, to be kept for a short time: a chunk of less than a quarter of its buffer is copied. A frame of 16 KiB, in a read of 64
 * KiB, is not.
 */
export function withoutMostRest(chunk: Uint8Array): Uint8Array {
  return chunk.length * 4 < chunk.buffer.byteLength ? copyOf(chunk) : chunk;
}

/** Its memory is its own: not a part of Node's pool. */
function copyOf(chunk: Uint8Array): Uint8Array {
  const copy = Buffer.allocUnsafeSlow(chunk.length);
  copy.set(chunk);
  return copy;
}

/** Chunks up to this size are small. */
const SMALL = 1024;

/** As many bytes of small chunks as are kept in one piece. */
export const JOINED = 4096;
/** As many chunks may wait before small ones are put together, unless a caller says how many. */
const FEW = 4;

/**
 * The end of a queue at which small chunks are put together, and parts of larger buffers copied. A small chunk by itself takes some hundred
 * bytes beside its own, and keeps the whole read that it was cut out of. A peer that sends its bytes one at a time could make a hundred
 * windows of one. Larger chunks are copied once the next buffer comes, unless most of their buffer waits here. So the bytes that one read
 * brings of one body are not copied, however they were framed.
 */
export class Joint {
  /** The memory in which small chunks are put together, and how much of it is used. */
  private memory: Buffer | undefined = undefined;
  private used = 0;
  /** The buffer of the latest chunks, how many they are, and the bytes of it in them. */
  private buffer: ArrayBufferLike | undefined = undefined;
  private run = 0;
  private runSize = 0;

  /**
   * Appends `chunk` to `chunks`, of which those before `from` are gone: a longer one may replace the last.
   *
   * @param few - chunks that may wait before small ones are put together.
   */
  append(chunks: Uint8Array[], from: number, chunk: Uint8Array, few = FEW): void {
    if (chunk.length > SMALL) {
      if (chunk.buffer !== this.buffer) this.endRun(chunks, from);
      this.buffer = chunk.buffer;
      this.run++;
      this.runSize += chunk.length;
      chunks.push(chunk);
      return;
    }
    this.endRun(chunks, from);
    if (chunks.length - from < few) {
      chunks.push(withoutRest(chunk));
      return;
    }
    if (this.memory === undefined || this.used + chunk.length > JOINED) {
      this.memory = Buffer.allocUnsafeSlow(JOINED);
      this.used = 0;
    }
    const { memory, used } = this;
    const last = chunks.length - 1;
    const before = chunks[last];
    memory.set(chunk, used);
    this.used += chunk.length;
    // The memory is this object's own, so it identifies a chunk that was made here.
    if (before?.buffer === memory.buffer && before.byteOffset + before.length === memory.byteOffset + used)
      chunks[last] = memory.subarray(used - before.length, this.used);
    else chunks.push(memory.subarray(used, this.used));
  }

  /** No more comes of this buffer: its waiting chunks are copied, unless they are most of it. */
  private endRun(chunks: Uint8Array[], from: number): void {
    const { buffer, run, runSize } = this;
    if (buffer === undefined) return;
    this.buffer = undefined;
    this.run = 0;
    this.runSize = 0;
    if (!isPart(runSize, buffer)) return;
    for (let index = Math.max(from, chunks.length - run); index < chunks.length; index++)
      chunks[index] = withoutRest(chunks[index]!);
  }
}
