/**
 * One WebSocket, of either role, sans-IO: bytes in, messages and bytes out (RFC 6455). It has the contract of the other engines, without
 * streams: `receive`, `receiveEof`, `wantsInput`, `hasOutput`, `pull`, `state`. Time is the business of its driver, which pings and closes.
 *
 * ```
 *   state      we                                       the peer
 *   open       messages, pings                          messages, pings
 *   draining   sent Close, and nothing after it         messages, until its Close
 *   closing    both have sent Close, or one has failed: what is left goes out, and then the flow ends
 * ```
 */
import type { Output } from '../../bytes.js';
import { WebSocketError } from '../../errors.js';
import { type CloseInfo, NO_STATUS, parseClose, serializeClose } from './close-codes.js';
import { FrameReader, type FrameSink, OPCODE } from './frame-reader.js';
import { FrameWriter, type MaskSource } from './frame-writer.js';
import { type Message, MessageAssembly, type MessageSink } from './message-assembly.js';
import { MessageDeflate } from './message-deflate.js';
import { OutgoingFrames } from './outgoing-frames.js';
import type { WebSocketLimits } from './websocket-limits.js';

/** What an engine reports: each within a call of it. */
export interface WebSocketEvents extends MessageSink {
  onPing(payload: Buffer): void;
  onPong(payload: Buffer): void;
  /** The peer's Close frame: nothing comes after it. */
  onClose(close: CloseInfo): void;
  /** The peer broke a rule or a limit. The Close frame that reports it is queued, and nothing is read from here on. */
  onError(error: WebSocketError): void;
}

/** How an engine is set up. */
export interface WebSocketEngineOptions {
  readonly role: 'server' | 'client';
  readonly limits: WebSocketLimits;
  /** Undefined: permessage-deflate was not agreed on. */
  readonly deflate: MessageDeflate | undefined;
  /** Messages shorter than this are not compressed, in bytes. */
  readonly threshold: number;
  /** Masks of a client's frames. */
  readonly masks: MaskSource;
}

/** Of a message that goes out in parts. */
type Part = 'first' | 'next' | 'last';

const NO_PAYLOAD = Buffer.alloc(0);

export class WebSocketEngine implements FrameSink {
  state: 'open' | 'draining' | 'closing' = 'open';
  /** The peer's Close frame has come, or what it sends is not read any more. */
  private peerDone = false;
  private paused = false;
  private reading = false;
  /** What came while the engine was paused. */
  private waiting: Buffer[] = [];
  private readonly reader: FrameReader;
  private readonly writer: FrameWriter;
  private readonly assembly: MessageAssembly;
  private readonly frames: OutgoingFrames;
  /** Whether the message that goes out in parts has sent its first one. */
  private partSent = false;

  constructor(
    private readonly options: WebSocketEngineOptions,
    private readonly events: WebSocketEvents,
  ) {
    const { role, limits, deflate, masks } = options;
    this.reader = new FrameReader(this, role === 'server', deflate !== undefined);
    this.writer = new FrameWriter(role === 'server' ? undefined : masks);
    this.assembly = new MessageAssembly(events, limits, deflate);
    this.frames = new OutgoingFrames(limits.unreadPings);
  }

  /** False: stop reading. Bytes that come all the same are kept. */
  get wantsInput(): boolean {
    return !this.paused;
  }

  get hasOutput(): boolean {
    return this.frames.size > 0;
  }

  /** Bytes that wait to go out. */
  get queued(): number {
    return this.frames.size;
  }

  /** Pongs that wait to go out. */
  get queuedPongs(): number {
    return this.frames.pongs;
  }

  /** Whether the peer's Close frame has come. */
  get isPeerDone(): boolean {
    return this.peerDone;
  }

  /** Reads no further frame while `on`. Call `resume` after switching it off. */
  pause(on: boolean): void {
    this.paused = on;
  }

  /** Reads what waits. */
  resume(): void {
    this.readWaiting();
  }

  /** From here on messages are passed on in chunks, as they come. */
  stream(): void {
    this.assembly.stream();
  }

  /** Bytes from the peer. The engine never changes the chunk. After the peer's Close, they are ignored (RFC 6455 section 5.5.1). */
  receive(chunk: Buffer): void {
    if (this.peerDone) return;
    if (this.paused || this.reading || this.waiting.length > 0) {
      this.waiting.push(chunk);
      return this.readWaiting();
    }
    this.read(chunk);
  }

  /** The peer will send no more (FIN). */
  receiveEof(): void {
    if (this.peerDone) return;
    this.peerDone = true;
    this.state = 'closing';
    const words = 'the peer ended the connection without a Close frame';
    this.events.onError(new WebSocketError('connection-reset', words, 1006));
  }

  private readWaiting(): void {
    while (!this.paused && !this.reading && this.waiting.length > 0) this.read(this.waiting.shift()!);
  }

  /** Reads until the chunk ends, or somebody has enough. */
  private read(chunk: Buffer): void {
    this.reading = true;
    let at = 0;
    try {
      while (at < chunk.length && !this.paused && !this.peerDone) at = this.reader.read(chunk, at);
    } catch (error) {
      if (!(error instanceof WebSocketError)) throw error;
      this.fail(error);
    } finally {
      this.reading = false;
    }
    if (at < chunk.length && !this.peerDone) this.waiting.unshift(chunk.subarray(at));
  }

  /** Fails the connection (RFC 6455 section 7.1.7): reports it in a Close frame, and reads nothing more. */
  fail(error: WebSocketError): void {
    if (this.state === 'closing') return;
    this.peerDone = true;
    this.waiting = [];
    if (this.state === 'open') this.frames.push(this.closeFrame(error.closeCode, ''));
    this.state = 'closing';
    this.events.onError(error);
  }

  /** @internal */
  onDataFrame(opcode: number, fin: boolean, rsv1: boolean, length: number): void {
    this.assembly.begin(opcode, fin, rsv1, length);
  }

  /** @internal */
  onPayload(source: Buffer, from: number, to: number, mask: number, last: boolean): void {
    this.assembly.payload(source, from, to, mask, last);
  }

  /** @internal */
  onControlFrame(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.ping) {
      if (this.state === 'open') this.frames.pong(this.writer.bytes(OPCODE.pong, true, false, payload));
      this.events.onPing(payload);
    } else if (opcode === OPCODE.pong) this.events.onPong(payload);
    else this.onCloseFrame(parseClose(payload));
  }

  /** The peer's Close is returned (RFC 6455 section 5.5.1), unless it returns ours. */
  private onCloseFrame(close: CloseInfo): void {
    this.peerDone = true;
    this.waiting = [];
    if (this.state === 'open') this.frames.push(this.closeFrame(close.code, ''));
    this.state = 'closing';
    this.events.onClose(close);
  }

  private closeFrame(code: number, reason: string) {
    return this.writer.bytes(OPCODE.close, true, false, serializeClose(code, reason));
  }

  /** Queues a whole message; nothing once Close has been sent. */
  sendMessage(message: Message): void {
    if (this.state !== 'open') return;
    const isText = typeof message === 'string';
    const { deflate, threshold } = this.options;
    if (deflate !== undefined) {
      const content = isText ? Buffer.from(message) : message;
      const compressed = content.length >= threshold ? deflate.encode(content) : undefined;
      const opcode = isText ? OPCODE.text : OPCODE.binary;
      this.frames.push(this.writer.bytes(opcode, true, compressed !== undefined, compressed ?? content));
    } else if (isText) this.frames.push(this.writer.text(message));
    else this.frames.push(this.writer.bytes(OPCODE.binary, true, false, message));
  }

  /** Queues a part of a message (RFC 6455 section 5.4), uncompressed. Other messages go before the first, or after the last. */
  sendPart(isText: boolean, part: Part, chunk: Uint8Array): void {
    if (this.state !== 'open') return;
    const opcode = this.partSent ? OPCODE.continuation : isText ? OPCODE.text : OPCODE.binary;
    this.partSent = part !== 'last';
    this.frames.push(this.writer.bytes(opcode, part === 'last', false, chunk));
  }

  /** Queues a ping: `payload` of 125 bytes at most. */
  ping(payload: Uint8Array = NO_PAYLOAD): void {
    if (this.state === 'open') this.frames.push(this.writer.bytes(OPCODE.ping, true, false, payload));
  }

  /** Begins the closing handshake (RFC 6455 section 7.1.2). */
  close(code: number = NO_STATUS, reason = ''): void {
    if (this.state !== 'open') return;
    this.state = 'draining';
    this.frames.push(this.closeFrame(code, reason));
  }

  /** Nothing more goes in or out. */
  abort(): void {
    this.peerDone = true;
    this.waiting = [];
    this.state = 'closing';
    this.frames.clear();
  }

  /** Moves frames to `output` until it holds about `budget` bytes. */
  pull(output: Output, budget: number): void {
    this.frames.pull(output, budget);
  }
}
