/** Bytes that an operator gathers, to be put together in the end. */
import { concat, Joint, NO_BYTES } from '../bytes.js';

/** A first chunk is kept as it came: mostly there is no other. Once there is, they are kept as those that wait in a queue are. */
export class Gathered {
  size = 0;
  private first: Uint8Array | undefined = undefined;
  private parts: Uint8Array[] | undefined = undefined;
  private joint: Joint | undefined = undefined;

  push(chunk: Uint8Array): void {
    this.size += chunk.length;
    const { first } = this;
    if (this.parts === undefined) {
      if (first === undefined) {
        this.first = chunk;
        return;
      }
      this.first = undefined;
      this.parts = [];
      this.joint = new Joint();
      this.joint.append(this.parts, 0, first, 0);
    }
    this.joint!.append(this.parts, 0, chunk, 0);
  }

  /** All of it in one piece; nothing is left. */
  takeAll(): Uint8Array {
    const { first, parts, size } = this;
    this.clear();
    return first ?? (parts === undefined ? NO_BYTES : concat(parts, size));
  }

  clear(): void {
    this.size = 0;
    this.first = undefined;
    this.parts = undefined;
    this.joint = undefined;
  }
}
