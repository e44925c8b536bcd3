/** Bytes, text and the way out: what both engines need and neither owns. */

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

/** Chunks up to this size are small. */
const SMALL = 1024;

/** As many bytes of small chunks as are kept in one piece, once as many chunks wait. */
const JOINT = 4096;
const FEW = 4;

/**
 * The end of a queue at which small chunks are put together. Each by itself takes some hundred bytes beside its own, and
 * keeps the whole read that it was cut out of: a peer that sends its bytes one at a time could make of one window a
 * hundred.
 */
export class Joint {
  private memory: Buffer | undefined = undefined;

  /** Puts `chunk` behind `chunks`, of which those before `from` are gone: the last may be replaced by a longer one. */
  append(chunks: Uint8Array[], from: number, chunk: Uint8Array): void {
    if (chunk.length > SMALL || chunks.length - from < FEW) {
      chunks.push(chunk);
      return;
    }
    const last = chunks.length - 1;
    const before = chunks[last]!;
    const { memory } = this;
    const size = before.length + chunk.length;
    // Memory of its own: it tells whose a chunk is.
    if (memory !== undefined && before.buffer === memory.buffer && size <= JOINT) {
      memory.set(chunk, before.length);
      chunks[last] = memory.subarray(0, size);
      return;
    }
    this.memory = Buffer.allocUnsafeSlow(JOINT);
    this.memory.set(chunk, 0);
    chunks.push(this.memory.subarray(0, chunk.length));
  }
}
