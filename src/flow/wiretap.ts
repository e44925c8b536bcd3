/**
 * A wiretap: a Flow that wraps another one, and reports to an observer what passes. It delegates everything, demand included, to the flow
 * that it taps, and keeps no bytes: the observer decides which to keep, and for how long.
 */
import { asyncScheduler, config, type Observer, type SchedulerLike, type Subscriber } from 'rxjs';
import { asBuffer } from '../bytes.js';
import { type Delivery, Lease, scope } from '../demand/lease.js';
import { OperatorSubscriber } from '../demand/operator-subscriber.js';
import { BodyAlreadySubscribed } from '../errors.js';
import { checkOptions, numberOf, objectValue, type OptionTable } from '../option-checks.js';
import { Flow } from './flow.js';

/**
 * Something that passed.
 *
 * - `received`, `sent`: bytes, when they were delivered to the reader, or written.
 * - `credit`: received bytes that were taken by their reader.
 * - `received-fin`, `sent-fin`: the end of a side.
 * - `received-reset`: the peer reset the connection, or it broke; `aborted`: this side did.
 */
export interface TapEvent {
  /** ms, by the scheduler. */
  readonly at: number;
  readonly kind: 'received' | 'sent' | 'credit' | 'received-fin' | 'sent-fin' | 'received-reset' | 'aborted';
  /** The bytes that passed, or the first of them: a view of the flow's own bytes. Copy it to keep it. */
  readonly bytes?: Uint8Array;
  /** How many bytes passed, or were taken; 0 of an end. */
  readonly size: number;
}

/** How much a tap shows. */
export interface WiretapOptions {
  /** The clock of the events: RxJS's asyncScheduler unless set, ms since 1970. */
  readonly scheduler?: SchedulerLike;
  /** Bytes of each event that are shown: all, unless set. */
  readonly snap?: number;
  /** Bytes that are shown of a flow in all, both directions together; then only sizes. 1 MiB unless set. */
  readonly limit?: number;
}

const OPTIONS: OptionTable<WiretapOptions> = {
  scheduler: objectValue,
  snap: numberOf(0, 'bytes'),
  limit: numberOf(0, 'bytes'),
};

/** Bytes of a flow that a tap shows by default. */
const LIMIT = 1024 * 1024;

/**
 * A tap: flows that pass through it report their bytes to `observer`, and behave exactly as before. The end of each flow calls `complete`,
 * so the observer of several flows is best a function. An observer that throws gets its error by its own `error`, and no more events; the
 * connection goes on. Without an `error`, RxJS's `config.onUnhandledError` gets it.
 *
 * @throws RangeError for a `snap` or `limit` below zero, or an unknown option.
 *
 * @example
 * ```ts
 * const tap = wiretap(({ at, kind, size }) => log(at, kind, size), { snap: 0 });
 * const tapped: typeof nodeInfo = { ...nodeInfo, injection: (socket) => tap(nodeInfo.injection(socket)) };
 * ```
 */
export function wiretap(
  observer: ((event: TapEvent) => void) | Partial<Observer<TapEvent>>,
  options: WiretapOptions = {},
): (flow: Flow) => Flow {
  checkOptions('wiretap', options, OPTIONS);
  const { scheduler = asyncScheduler, snap = Infinity, limit = LIMIT } = options;
  const listener = typeof observer === 'function' ? { next: observer } : observer;
  return (flow) => new TappedFlow(flow, new Tap(listener, scheduler, snap, limit));
}

/** The events of one flow. */
class Tap {
  private listener: Partial<Observer<TapEvent>> | undefined;
  private received: 'open' | 'ended' = 'open';
  private sent: 'open' | 'ended' = 'open';
  /** Bytes that the reader gave back: they come again, and are not reported twice. */
  private again = 0;

  constructor(
    listener: Partial<Observer<TapEvent>>,
    private readonly clock: { now(): number },
    private readonly snap: number,
    private left: number,
  ) {
    this.listener = listener;
  }

  /** @returns bytes of `chunk` that had not come before. */
  receive(chunk: Uint8Array): number {
    const known = Math.min(this.again, chunk.length);
    this.again -= known;
    const news = chunk.length - known;
    if (news > 0) this.tell('received', news, this.shown(known === 0 ? chunk : chunk.subarray(known)));
    return news;
  }

  unread(size: number): void {
    this.again += size;
  }

  credit(size: number): void {
    if (size > 0) this.tell('credit', size);
  }

  send(pieces: readonly (string | Uint8Array)[]): void {
    if (this.sent === 'ended' || this.listener === undefined) return;
    let size = 0;
    for (const piece of pieces) size += piece.length;
    if (size > 0) this.tell('sent', size, this.beginning(pieces, size));
  }

  receiveFin(): void {
    if (this.received === 'ended') return;
    this.received = 'ended';
    this.tell('received-fin', 0);
    this.settle();
  }

  sendFin(): void {
    if (this.sent === 'ended') return;
    this.sent = 'ended';
    this.tell('sent-fin', 0);
    this.settle();
  }

  /** Both sides are over. */
  cut(kind: 'received-reset' | 'aborted'): void {
    if (this.received === 'ended' && this.sent === 'ended') return;
    this.received = this.sent = 'ended';
    this.tell(kind, 0);
    this.settle();
  }

  private tell(kind: TapEvent['kind'], size: number, bytes?: Uint8Array): void {
    const { listener } = this;
    if (listener === undefined) return;
    try {
      listener.next?.({ at: this.clock.now(), kind, size, ...(bytes === undefined ? {} : { bytes }) });
    } catch (error) {
      this.leave(() => {
        if (listener.error === undefined) config.onUnhandledError?.(error);
        else listener.error(error);
      });
    }
  }

  private settle(): void {
    const { listener } = this;
    if (this.received === 'ended' && this.sent === 'ended') this.leave(() => listener?.complete?.());
  }

  /** The last call of the listener. An error in it does not concern the connection. */
  private leave(last: () => void): void {
    this.listener = undefined;
    try {
      last();
    } catch (error) {
      config.onUnhandledError?.(error);
    }
  }

  private shown(bytes: Uint8Array): Uint8Array | undefined {
    const size = Math.min(bytes.length, this.snap, this.left);
    if (size === 0) return undefined;
    this.left -= size;
    return size === bytes.length ? bytes : bytes.subarray(0, size);
  }

  private beginning(pieces: readonly (string | Uint8Array)[], size: number): Uint8Array | undefined {
    let room = Math.min(size, this.snap, this.left);
    if (room === 0) return undefined;
    const [first] = pieces;
    if (pieces.length === 1 && typeof first === 'object') return this.shown(first);
    const parts: Uint8Array[] = [];
    for (const piece of pieces) {
      if (room <= 0) break;
      const part =
        typeof piece === 'string' ? Buffer.from(piece.slice(0, room), 'latin1') : asBuffer(piece).subarray(0, room);
      parts.push(part);
      room -= part.length;
    }
    return this.shown(Buffer.concat(parts));
  }
}

/** The tapped flow, with a listener. */
class TappedFlow extends Flow {
  override readonly window: number;

  constructor(
    private readonly inner: Flow,
    private readonly tap: Tap,
  ) {
    super();
    this.window = inner.window;
  }

  override get ready(): boolean {
    return this.inner.ready;
  }

  override get drained(): Flow['drained'] {
    return this.inner.drained;
  }

  override get alpn(): string | undefined {
    return this.inner.alpn;
  }

  override get progress(): number {
    return this.inner.progress;
  }

  override get unacked(): number {
    return this.inner.unacked;
  }

  override get observed(): boolean {
    return this.inner.observed;
  }

  override write(pieces: readonly (string | Uint8Array)[]): boolean {
    // Before it is written: the response may come before `write` returns.
    this.tap.send(pieces);
    return this.inner.write(pieces);
  }

  override throttle(): void {
    this.inner.throttle();
  }

  override complete(): void {
    this.tap.sendFin();
    this.inner.complete();
  }

  override error(error?: unknown): void {
    this.tap.cut('aborted');
    this.inner.error(error);
  }

  override unread(chunk: Uint8Array): void {
    this.tap.unread(chunk.length);
    this.inner.unread(chunk);
  }

  protected override _subscribe(subscriber: Subscriber<Uint8Array>): void {
    this.inner.subscribe(new TappedReader(subscriber, this.tap));
  }

  // A transport would do its work here; the tapped flow does it.
  protected send(): boolean {
    return true;
  }

  protected read(): void {
    // The inner flow reads.
  }
}

/** Reads the tapped flow for its reader, and reports each delivery when it came and when it was given back. */
class TappedReader extends OperatorSubscriber<Uint8Array, Uint8Array> implements Delivery {
  private outer: Delivery | undefined = undefined;
  private retained: Lease | undefined = undefined;
  private news = 0;

  constructor(
    to: Subscriber<Uint8Array>,
    private readonly tap: Tap,
  ) {
    super(to);
  }

  /** The reader retains: the inner delivery lasts as long as this one. */
  lease(): Lease {
    if (this.retained !== undefined) return this.retained;
    const { tap, news } = this;
    const delivery = this.outer?.lease().hold();
    const creditBack = (): void => {
      tap.credit(news);
      delivery?.release();
    };
    return (this.retained = new Lease({ creditBack }, news));
  }

  protected override _next(chunk: Uint8Array): void {
    this.news = this.tap.receive(chunk);
    this.retained = undefined;
    const outer = (this.outer = scope.current);
    scope.current = this;
    try {
      this.to.next(chunk);
    } finally {
      scope.current = outer;
      this.endDelivery();
    }
  }

  private endDelivery(): void {
    const { retained } = this;
    this.retained = undefined;
    if (retained === undefined) this.tap.credit(this.news);
    else retained.release();
  }

  protected override _error(error: unknown): void {
    // A second reader is refused, and nothing has come of it.
    if (!(error instanceof BodyAlreadySubscribed)) this.tap.cut('received-reset');
    super._error(error);
  }

  protected override _complete(): void {
    this.tap.receiveFin();
    super._complete();
  }
}
