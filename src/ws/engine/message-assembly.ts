/**
 * Messages out of data frames (RFC 6455 sections 5.4 and 5.6): the order of frames, the limits of a message, and UTF-8 that is judged as it
 * comes. A message that comes whole in one frame is taken where it lies. Others grow in one buffer: a message that a peer cuts into single
 * bytes takes no more memory than its length.
 */
import { WebSocketError } from '../../errors.js';
import { OPCODE } from './frame-reader.js';
import { copyMasked } from './masking.js';
import { decodeUtf8, Utf8Validator } from './utf8-validator.js';
import type { WebSocketLimits } from './websocket-limits.js';

/** A message: text, or bytes. */
export type Message = string | Uint8Array;

/** What comes of the frames. @internal */
export interface MessageSink {
  /** A message of `size` bytes. */
  onMessage(message: Message, size: number): void;
  /** While messages are streamed: one begins. */
  onMessageBegin(isText: boolean): void;
  /** A part of it, with memory of its own or that of what came: text only up to where it is UTF-8. */
  onMessageChunk(chunk: Buffer): void;
  /** It is complete. */
  onMessageEnd(): void;
}

/** Takes the extension off a message (RFC 7692 section 7.2.2). @internal */
export interface MessageDecoder {
  /** @throws WebSocketError 1007 for what cannot be decoded, 1009 for more than `limit` bytes. */
  decode(payload: Buffer, limit: number): Buffer;
}

/** Texts up to this are unmasked into one memory for all, and decoded out of it. */
const SCRATCH = 64 * 1024;
let scratch: Buffer | undefined;

/** @internal */
export class MessageAssembly {
  /** Whether a message has begun, and is not complete. */
  private begun = false;
  private isText = false;
  private isCompressed = false;
  /** Of the frame that is under way. */
  private fin = false;
  private frameLength = 0;
  private fragments = 0;
  /** A message in several pieces, as far as it has come. */
  private buffer: Buffer | undefined = undefined;
  private size = 0;
  private readonly utf8 = new Utf8Validator();
  /** Whether the message that is under way is passed on as it comes. */
  private isStreamed = false;
  private streams = false;

  constructor(
    private readonly sink: MessageSink,
    private readonly limits: Pick<WebSocketLimits, 'message' | 'frame' | 'fragments'>,
    private readonly decoder: MessageDecoder | undefined,
  ) {}

  /** From here on messages are passed on as they come: what is under way, too. */
  stream(): void {
    this.streams = true;
    if (!this.begun || this.isCompressed || this.isStreamed) return;
    this.isStreamed = true;
    this.sink.onMessageBegin(this.isText);
    const { buffer, size } = this;
    this.buffer = undefined;
    if (size > 0) this.sink.onMessageChunk(buffer!.subarray(0, size));
  }

  begin(opcode: number, fin: boolean, rsv1: boolean, length: number): void {
    if (opcode === OPCODE.continuation) {
      if (!this.begun) throw broken('a continuation frame continues no message');
      if (++this.fragments > this.limits.fragments)
        throw new WebSocketError('policy-violation', `a message has more than ${this.limits.fragments} frames`, 1008);
    } else {
      if (this.begun) throw broken('a message begins before the one under way has ended');
      this.begun = true;
      this.isText = opcode === OPCODE.text;
      this.isCompressed = rsv1;
      this.fragments = 1;
      this.size = 0;
      this.utf8.reset();
      this.isStreamed = this.streams && !rsv1;
      if (this.isStreamed) this.sink.onMessageBegin(this.isText);
    }
    this.fin = fin;
    this.frameLength = length;
    if (length > this.limits.frame) throw tooBig(`a frame has more than ${this.limits.frame} bytes`);
    // Before any of it has come.
    if (!this.isStreamed && this.size + length > this.mostBytes()) throw this.tooBig();
  }

  payload(source: Buffer, from: number, to: number, mask: number, last: boolean): void {
    const isEnd = last && this.fin;
    if (this.isStreamed) return this.passOn(source, from, to, mask, isEnd);
    const isWhole = isEnd && to - from === this.frameLength && this.size === 0 && !this.isCompressed;
    if (isWhole && this.fragments === 1) return this.takeWhole(source, from, to, mask);
    this.append(source, from, to, mask);
    if (isEnd) this.takeAssembled();
  }

  /** What compression takes at most: data that it cannot shorten grows by a few bytes. */
  private mostBytes(): number {
    const { message } = this.limits;
    return this.isCompressed ? message + Math.ceil(message / 256) + 64 : message;
  }

  private tooBig(): WebSocketError {
    return tooBig(`a message has more than ${this.limits.message} bytes: raise the limit, or read it as a stream`);
  }

  /** A message in one piece. */
  private takeWhole(source: Buffer, from: number, to: number, mask: number): void {
    this.begun = false;
    const size = to - from;
    if (this.isText) return this.sink.onMessage(this.decodeWhole(source, from, to, mask), size);
    if (mask === 0) return this.sink.onMessage(source.subarray(from, to), size);
    const bytes = Buffer.allocUnsafe(size);
    copyMasked(source, from, to, mask, bytes, 0);
    this.sink.onMessage(bytes, size);
  }

  private decodeWhole(source: Buffer, from: number, to: number, mask: number): string {
    if (mask === 0) return decoded(source, from, to);
    const size = to - from;
    const bytes = size <= SCRATCH ? (scratch ??= Buffer.allocUnsafeSlow(SCRATCH)) : Buffer.allocUnsafe(size);
    copyMasked(source, from, to, mask, bytes, 0);
    return decoded(bytes, 0, size);
  }

  private append(source: Buffer, from: number, to: number, mask: number): void {
    const before = this.size;
    const after = before + to - from;
    const buffer = this.room(after);
    copyMasked(source, from, to, mask, buffer, before);
    this.size = after;
    if (this.isText && !this.isCompressed && !this.utf8.accepts(buffer, before, after)) throw notUtf8();
  }

  /** The buffer, with room for `size` bytes: it doubles, and does not grow by what a peer only announces. */
  private room(size: number): Buffer {
    const { buffer } = this;
    if (buffer !== undefined && buffer.length >= size) return buffer;
    const larger = Buffer.allocUnsafeSlow(Math.max(size, Math.min(2 * (buffer?.length ?? 0), this.mostBytes()), 256));
    if (buffer !== undefined) larger.set(buffer.subarray(0, this.size));
    return (this.buffer = larger);
  }

  private takeAssembled(): void {
    const { buffer = NOTHING, size } = this;
    this.begun = false;
    this.buffer = undefined;
    this.size = 0;
    const whole = buffer.subarray(0, size);
    if (this.isCompressed) return this.takeDecompressed(this.decoder!.decode(whole, this.limits.message));
    if (!this.isText) return this.sink.onMessage(whole, size);
    if (!this.utf8.complete) throw notUtf8();
    this.sink.onMessage(whole.toString('utf8'), size);
  }

  private takeDecompressed(content: Buffer): void {
    const { length } = content;
    const message = this.isText ? decoded(content, 0, length) : content;
    if (!this.streams) return this.sink.onMessage(message, length);
    this.sink.onMessageBegin(this.isText);
    if (length > 0) this.sink.onMessageChunk(content);
    this.sink.onMessageEnd();
  }

  /** A part of a message that is streamed. */
  private passOn(source: Buffer, from: number, to: number, mask: number, isEnd: boolean): void {
    if (to > from) {
      let chunk = source.subarray(from, to);
      if (mask !== 0) {
        chunk = Buffer.allocUnsafe(to - from);
        copyMasked(source, from, to, mask, chunk, 0);
      }
      if (this.isText && !this.utf8.accepts(chunk, 0, chunk.length)) throw notUtf8();
      this.size += chunk.length;
      this.sink.onMessageChunk(chunk);
    }
    if (!isEnd) return;
    if (this.isText && !this.utf8.complete) throw notUtf8();
    this.begun = false;
    this.isStreamed = false;
    this.size = 0;
    this.sink.onMessageEnd();
  }
}

const NOTHING = Buffer.alloc(0);

function decoded(bytes: Buffer, from: number, to: number): string {
  const text = decodeUtf8(bytes, from, to);
  if (text === undefined) throw notUtf8();
  return text;
}

function notUtf8(): WebSocketError {
  return new WebSocketError('invalid-data', 'a message of text is not UTF-8', 1007);
}

function tooBig(message: string): WebSocketError {
  return new WebSocketError('message-too-big', message, 1009);
}

function broken(message: string): WebSocketError {
  return new WebSocketError('protocol-error', message, 1002);
}
