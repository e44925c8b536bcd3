/**
 * A Flow: a duplex Subject of bytes, over any transport. `subscribe` reads the peer's bytes, `next` writes to it, `complete` ends the
 * writing side (FIN), `error` aborts both (RST). Reading is unicast, paused until subscribed, and carries demand: a delivery that is
 * retained slows the peer down. One subscriber may unsubscribe and another take over: that is how a protocol hands a flow to the next one.
 *
 * A transport is a subclass. It passes its input to `push`, `finish` and `breakOff`, and implements the methods that start reading and
 * write.
 */
import type { Observable } from 'rxjs';
import { asBuffer, withoutRest } from '../bytes.js';
import { DemandSubject } from '../demand/demand-subject.js';
import { scope } from '../demand/lease.js';
import { Gate } from '../demand/write-gate.js';

/** Bytes of a flow that may wait to be taken, before its peer is asked to wait. */
export const FLOW_WINDOW = 64 * 1024;

/**
 * A duplex Subject of bytes.
 *
 * @example
 * ```ts
 * flow.subscribe(flow); // an echo, with backpressure
 * ```
 */
export abstract class Flow extends DemandSubject {
  /** Made when it is first to be shut, or asked for: most flows never have to wait. */
  private madeGate: Gate | undefined = undefined;
  private reading = false;

  /** Bytes that may have come and not be taken, before reading pauses. */
  override readonly window: number = FLOW_WINDOW;

  protected override get joins(): boolean {
    return true;
  }

  /** Whether more writing is welcome: false while as much as the high-water mark waits for the peer, and once none can be. */
  get ready(): boolean {
    return this.madeGate?.open ?? true;
  }

  private get gate(): Gate {
    return (this.madeGate ??= new Gate());
  }

  /**
   * Emits when more writing is welcome, at once if it is already, and each time it is again. Completes when all that was
   * written before `complete()` is on its way, or when nothing more can be written.
   */
  get drained(): Observable<void> {
    return this.gate.drained;
  }

  /** The ALPN result of the connection (RFC 7301); undefined if ALPN was not used. */
  get alpn(): string | undefined {
    return undefined;
  }

  /** Whether the open flow keeps the process running, which is the default. A pool lets its idle ones sleep. */
  keepAwake(_on: boolean): void {
    // Most kinds of flow keep no process alive.
  }

  /** A number that changes whenever the peer has taken some of the written bytes. It distinguishes a stalled peer from a slow one. */
  abstract get progress(): number;

  /**
   * Writes `chunk`, by reference.
   *
   * @returns false: please wait for `drained`, which completes if nothing more can be written. A write made inside a delivery
   * of a Flow (this one too: an echo) or a Body need not look: that delivery is retained until this flow has drained.
   */
  override next(chunk: Uint8Array): boolean {
    // While the flow is not ready, the chunk waits here; and it may be a small part of a read from another peer.
    return this.write([this.ready || scope.current === undefined ? chunk : withoutRest(chunk)]);
  }

  /** Writes a turn's pieces in one go: bytes by reference, and text whose every character is one byte (latin1). */
  write(pieces: readonly (string | Uint8Array)[]): boolean {
    if (!this.send(pieces)) this.gate.shut();
    return this.ready;
  }

  /**
   * Holds the current delivery until the flow has drained, if it is not ready: for writes that wait above the flow.
   * @internal
   */
  throttle(): void {
    if (!this.ready) this.gate.shut();
  }

  /** Ends the writing side, after the bytes that were written (FIN). */
  abstract override complete(): void;

  /** Aborts both sides at once (RST): waiting bytes are dropped. */
  abstract override error(error?: unknown): void;

  /** Puts bytes back in front of the unread ones: a reader that unsubscribes gives back the bytes that it did not use. */
  unread(chunk: Uint8Array): void {
    this.pushBack(asBuffer(chunk));
  }

  override unsubscribe(): void {
    this.error();
  }

  /** Writes to the transport; false if the writer should wait. */
  protected abstract send(pieces: readonly (string | Uint8Array)[]): boolean;
  /** Lets the transport read, or makes it wait. */
  protected abstract read(on: boolean): void;

  /** The peer has caught up: more is welcome. */
  protected writable(): void {
    this.madeGate?.reopen();
  }

  /** The last byte has been written; or no more can be. */
  protected unwritable(): void {
    this.gate.end();
  }

  protected onSubscribe(): void {
    this.update();
  }

  protected onCredit(_size: number): void {
    this.update();
  }

  protected onUnsubscribe(): void {
    this.update();
  }

  protected mayBeSubscribed(hasReader: boolean): boolean {
    return !hasReader;
  }

  protected override push(chunk: Uint8Array): void {
    super.push(chunk);
    this.update();
  }

  /** Reads while there is a reader with room: pauses at the window, goes on at half of it. */
  private update(): void {
    if (this.ended) return;
    const wanted = this.observed && (this.reading ? this.unacked < this.window : this.unacked * 2 <= this.window);
    if (wanted === this.reading) return;
    this.reading = wanted;
    this.read(wanted);
  }
}
