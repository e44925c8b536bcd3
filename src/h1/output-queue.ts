/**
 * Bytes that wait to be pulled, in order: text joins text, chunks go by reference. It knows the start of the incomplete message, so that
 * giving it up does not drop parts of earlier ones.
 */
import type { Output } from '../bytes.js';
import { asBuffer } from '../bytes.js';

/**
 * Parts of content up to this size are copied into the text around them. As a piece of its own, each would take some hundred bytes more,
 * here and in the socket. A peer that has its bytes sent back one at a time could make a hundred windows of one. Writing one text is also
 * cheaper than writing three pieces.
 */
const COPIED = 128;

const NO_MESSAGE = -1;

export class OutputQueue {
  size = 0;
  /** Undefined while nothing waits, as on every idle connection. */
  private pieces: (string | Uint8Array)[] | undefined = undefined;
  private messageStart = NO_MESSAGE;
  private sizeBefore = 0;

  /** Text whose every character is one byte. */
  latin1(text: string): void {
    const { pieces } = this;
    const last = pieces === undefined ? -1 : pieces.length - 1;
    const before = last >= this.messageStart ? pieces?.[last] : undefined;
    if (typeof before === 'string') pieces![last] = before + text;
    else this.push(text);
    this.size += text.length;
  }

  /** The first piece is mostly the only one: an array made of it is as long as it, one that grew is 17 long. */
  private push(piece: string | Uint8Array): void {
    if (this.pieces === undefined) this.pieces = [piece];
    else this.pieces.push(piece);
  }

  bytes(chunk: Uint8Array): void {
    this.push(chunk);
    this.size += chunk.length;
  }

  /** A part of a message's content. */
  part(chunk: Uint8Array): void {
    if (chunk.length <= COPIED) this.latin1(asBuffer(chunk).toString('latin1'));
    else this.bytes(chunk);
  }

  /** Begins a message, which lasts until `endMessage`. */
  beginMessage(): void {
    this.messageStart = this.pieces?.length ?? 0;
    this.sizeBefore = this.size;
  }

  endMessage(): void {
    this.messageStart = NO_MESSAGE;
  }

  /** Drops the part of an incomplete message that is here, if there is one. */
  dropMessage(): void {
    if (this.messageStart === NO_MESSAGE) return;
    this.pieces = this.messageStart === 0 ? undefined : this.pieces?.slice(0, this.messageStart);
    this.size = this.sizeBefore;
    this.messageStart = NO_MESSAGE;
  }

  moveTo(output: Output): void {
    for (const piece of this.pieces ?? []) {
      if (typeof piece === 'string') output.latin1(piece);
      else output.bytes(piece);
    }
    this.pieces = undefined;
    this.size = 0;
    this.sizeBefore = 0;
    if (this.messageStart > 0) this.messageStart = 0;
  }
}
