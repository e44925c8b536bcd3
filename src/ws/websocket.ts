/** A WebSocket, as a program sees it: a Subject of messages, with backpressure both ways. */
import { type Observable, ReplaySubject } from 'rxjs';
import { Gate } from '../demand/write-gate.js';
import { BodyOverflow } from '../errors.js';
import { type CloseInfo, isSendable, LONGEST_REASON } from './engine/close-codes.js';
import type { Message } from './engine/message-assembly.js';
import type { WebSocketLimits } from './engine/websocket-limits.js';
import { MessageSubject } from './message-subject.js';

/** How a WebSocket ended. */
export interface WebSocketClosed extends CloseInfo {
  /** The code of the peer's Close frame: 1005 if it had none, 1006 if no Close frame came (RFC 6455 section 7.1.5). */
  readonly code: number;
  /** The reason in that frame. */
  readonly reason: string;
  /** Whether both sides sent a Close frame. */
  readonly clean: boolean;
  /** Why it ended, if it was not by the closing handshake. */
  readonly error: Error | undefined;
}

/** What runs a WebSocket. @internal */
export interface WebSocketDriver {
  readonly limits: WebSocketLimits;
  readonly subprotocol: string;
  readonly isCompressed: boolean;
  readonly state: 'open' | 'closing' | 'closed';
  /** Bytes that wait to go out above the flow. */
  readonly queued: number;
  /** Whether more is welcome. */
  readonly ready: boolean;
  send(message: Message): void;
  close(code: number | undefined, reason: string): void;
  abort(error: unknown): void;
  /** The reader took something: reading may go on. */
  onCredit(): void;
}

/** How many times the high-water mark may wait before a writer that does not wait is stopped. */
const OVERFLOW = 16;

/**
 * A Subject of messages: text as `string`, bytes as `Uint8Array`. `subscribe` reads, once, and completes with the closing handshake; `next`
 * writes, `complete` and `close` begin the closing handshake, `error` aborts. Unsubscribing closes with 1000. A delivery that is retained
 * (`retain`, `consume`, `hold`) holds the peer back by its TCP or HTTP/2 window.
 *
 * Errors: `WebSocketError`.
 *
 * @example
 * ```ts
 * socket.subscribe(socket); // an echo, with backpressure
 * ```
 */
export class WebSocket extends MessageSubject {
  private readonly gate = new Gate();
  private endedSubject: ReplaySubject<WebSocketClosed> | undefined = undefined;
  private ending: WebSocketClosed | undefined = undefined;

  /** @internal */
  constructor(private readonly driver: WebSocketDriver) {
    super();
  }

  /** The subprotocol that was agreed on (RFC 6455 section 1.9); '' without one. */
  get protocol(): string {
    return this.driver.subprotocol;
  }

  /** Whether permessage-deflate was agreed on (RFC 7692). */
  get isCompressed(): boolean {
    return this.driver.isCompressed;
  }

  /** `closing` from the first Close frame on, in either direction. */
  get state(): 'open' | 'closing' | 'closed' {
    return this.driver.state;
  }

  /** Bytes of messages that may have come and not be credited, before reading pauses. */
  get window(): number {
    return this.driver.limits.window;
  }

  /** The writer's side: whether more is welcome. */
  get ready(): boolean {
    return this.gate.open;
  }

  /** The writer's side: bytes that wait for the peer to take what was written before. */
  get queued(): number {
    return this.driver.queued;
  }

  /**
   * The writer's side: emits when more is welcome, at once if it is already, and each time it is again. Completes when nothing more can be
   * written.
   */
  get drained(): Observable<void> {
    return this.gate.drained;
  }

  /** Emits how the WebSocket ended, once the closing handshake is complete or the connection is lost, and completes. */
  get ended(): Observable<WebSocketClosed> {
    if (this.endedSubject === undefined) {
      this.endedSubject = new ReplaySubject(1);
      if (this.ending !== undefined) this.emitEnded(this.endedSubject, this.ending);
    }
    return this.endedSubject.asObservable();
  }

  /**
   * Sends a message. Bytes go by reference: they are not to be changed afterwards. A closing WebSocket discards it.
   *
   * @returns false: please wait for `drained`, which completes if nothing more is wanted. A write made inside a delivery, of this or
   * another socket, Body or Flow, need not look: that delivery is retained until this socket has drained.
   * @throws TypeError for a message that is neither text nor bytes.
   */
  override next(message: Message): boolean {
    if (typeof message !== 'string' && !(message instanceof Uint8Array))
      throw new TypeError('a message is a string or a Uint8Array: serialize other values, with JSON.stringify for one');
    const { driver, gate } = this;
    if (driver.state !== 'open') return false;
    driver.send(message);
    if (driver.ready) return gate.open;
    const limit = driver.limits.highWaterMark * OVERFLOW;
    if (driver.queued > limit) this.error(new BodyOverflow(driver.queued, limit));
    else gate.shut();
    return false;
  }

  /** Begins the closing handshake, with code 1000 (RFC 6455 section 7.4.1). Messages of the peer still come until it responds. */
  override complete(): void {
    this.driver.close(1000, '');
  }

  /**
   * Begins the closing handshake.
   *
   * @param code - 1000 to 1014 without 1004 to 1006, or 3000 to 4999; none unless set (RFC 6455 section 7.4).
   * @param reason - at most 123 bytes of UTF-8.
   * @throws RangeError for another code, a longer reason, or a reason without a code.
   */
  close(code?: number, reason = ''): void {
    if (code === undefined ? reason !== '' : !Number.isInteger(code) || !isSendable(code))
      throw new RangeError(`code: expected 1000 to 1014 but for 1004 to 1006, or 3000 to 4999, got ${String(code)}`);
    if (Buffer.byteLength(reason) > LONGEST_REASON)
      throw new RangeError(`reason: expected at most ${LONGEST_REASON} bytes of UTF-8`);
    this.driver.close(code, reason);
  }

  /** Aborts: the connection ends without a closing handshake, and the reader gets `error`. */
  override error(error: unknown): void {
    this.driver.abort(error);
  }

  override unsubscribe(): void {
    this.driver.close(1000, '');
  }

  protected onCredit(): void {
    this.driver.onCredit();
  }

  /** Messages that come from here on are discarded. */
  protected onUnsubscribe(): void {
    this.driver.close(1000, '');
  }

  // The driver's side.

  /** @internal */
  receive(message: Message, size: number): void {
    this.push(message, size);
  }

  /** @internal The peer takes again. */
  onDrained(): void {
    this.gate.reopen();
  }

  /** @internal Nothing more can be written. */
  onUnwritable(): void {
    this.gate.end();
  }

  /** @internal No message comes any more. */
  onComplete(): void {
    this.finish();
  }

  /** @internal The connection is over. */
  onClosed(closed: WebSocketClosed): void {
    if (this.ending !== undefined) return;
    this.ending = closed;
    this.gate.end();
    if (this.endedSubject !== undefined) this.emitEnded(this.endedSubject, closed);
  }

  /** @internal The reader gets what came, and then `error`. */
  onFailed(error: unknown): void {
    this.breakOff(error);
  }

  /** @internal What waits is dropped. */
  onAborted(error: unknown): void {
    this.reset(error);
  }

  private emitEnded(subject: ReplaySubject<WebSocketClosed>, closed: WebSocketClosed): void {
    subject.next(closed);
    subject.complete();
  }
}
