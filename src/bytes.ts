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
