/** Bytes that an operator gathers, to be put together in the end. */
import { concat, isPart, Joint, NO_BYTES, withoutRest } from '../bytes.js';

/** Chunks up to this size are copied at once. */
const SMALL = 1024;

/**
 * A first chunk is kept as it came: mostly there is no other. Once there is, small chunks are put together as they come. Larger ones are
 * copied where they are a small part of their buffer, and that shows only when the next buffer comes: of a read that is all of one body,
 * nothing is copied.
 */
export class Gathered {
  size = 0;
  private first: Uint8Array | undefined = undefined;
  private several: SeveralChunks | undefined = undefined;

  push(chunk: Uint8Array): void {
    this.size += chunk.length;
    if (this.first === undefined && this.several === undefined) {
      this.first = chunk;
      return;
    }
    const several = (this.several ??= new SeveralChunks());
    if (this.first !== undefined) {
      several.push(this.first);
      this.first = undefined;
    }
    several.push(chunk);
  }

  /** All of it in one piece; nothing is left. */
  takeAll(): Uint8Array {
    const { first, several, size } = this;
    this.clear();
    return first ?? (several === undefined ? NO_BYTES : concat(several.parts, size));
  }

  clear(): void {
    this.size = 0;
    this.first = undefined;
    this.several = undefined;
  }
}

class SeveralChunks {
  readonly parts: Uint8Array[] = [];
  private readonly joint = new Joint(0);
  /** The buffer of the latest parts, how many they are, and the bytes of it in them. */
  private buffer: ArrayBufferLike | undefined = undefined;
  private run = 0;
  private runSize = 0;

  push(chunk: Uint8Array): void {
    if (chunk.length <= SMALL) {
      this.endRun();
      this.joint.append(this.parts, 0, chunk);
      return;
    }
    if (chunk.buffer !== this.buffer) {
      this.endRun();
      this.buffer = chunk.buffer;
    }
    this.run++;
    this.runSize += chunk.length;
    this.parts.push(chunk);
  }

  /** No more comes of this buffer: what there is of it is copied, unless it is most of it. */
  private endRun(): void {
    const { parts, run, runSize, buffer } = this;
    if (buffer !== undefined && isPart(runSize, buffer))
      for (let index = parts.length - run; index < parts.length; index++) parts[index] = withoutRest(parts[index]!);
    this.buffer = undefined;
    this.run = 0;
    this.runSize = 0;
  }
}
