/**
 * The reading half that a Body and a Flow share. It is a unicast Subject that waits for its subscriber, delivers in order, and counts the
 * bytes that were delivered and not yet credited.
 *
 * `Subject` itself allocates a closure an event and an AnonymousSubject an operator; here nothing is allocated on the way of a chunk.
 * Deliveries never nest: chunks that are pushed during one wait for its end, so order holds and the stack stays flat.
 */
import { type Observable, type Observer, Subject, type Subscriber, type Subscription, type Unsubscribable } from 'rxjs';
import { Joint, JOINED, withoutRest } from '../bytes.js';
import { BodyAlreadySubscribed } from '../errors.js';
import { type ByteCreditor, type Delivery, Lease, type LeaseBatch, scope } from './lease.js';
import { DemandObservable, FORGIVING, type LiftedOperator, reportingLess } from './demand-observable.js';

/** How the bytes end for their reader: not yet, with FIN / END_STREAM, or with an error. */
type Terminal = { readonly kind: 'complete' } | { readonly kind: 'error'; readonly error: unknown };

const NO_OBSERVERS = Object.freeze<Observer<Uint8Array>[]>([]) as Observer<Uint8Array>[];

/** Deliveries that may be retained at once before small chunks wait to be put together. */
const MANY_LEASES = 256;

/** Chunks that may wait as they were written, where how they are cut may mean something to a program. */
const MANY_CHUNKS = 256;

const COMPLETE: Terminal = { kind: 'complete' };

/** @internal */
export abstract class DemandSubject extends Subject<Uint8Array> implements Delivery, ByteCreditor {
  private undelivered = 0;
  private uncredited = 0;
  private delivering = false;
  private deliverySize = 0;
  private deliveryLease: Lease | undefined = undefined;
  /** Leases that are held. */
  private leases = 0;
  /** Made when an operator gathers chunks. */
  private gathering: Gathering | undefined = undefined;
  private reader: Subscriber<Uint8Array> | undefined = undefined;
  private waiting: Uint8Array[] | undefined = undefined;
  private waitingFrom = 0;
  private joint: Joint | undefined = undefined;
  private terminal: Terminal | undefined = undefined;

  constructor() {
    super();
    // Its readers are not here, and an array of its own would be 32 bytes for each of many idle connections.
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- there is no other name for it
    this.observers = NO_OBSERVERS;
  }

  /** Bytes that may have come and not be credited, before the sender is asked to wait. */
  abstract readonly window: number;

  /**
   * Whether small chunks that wait may be put together, though they are few: those of a peer, because the cuts of its bytes have no
   * meaning. Those of a program are put together if they are many: each takes some hundred bytes beside its own.
   */
  protected abstract get joins(): boolean;

  /** Bytes that have come and are not yet credited: they wait here, or a subscriber retains them. */
  get unacked(): number {
    return this.uncredited;
  }

  /** Whether there is a subscriber now. */
  override get observed(): boolean {
    return this.reader !== undefined;
  }

  /** The first subscriber of its life came, or the next one after a handover. */
  protected abstract onSubscribe(): void;
  /** `size` bytes were taken, or thrown away. */
  protected abstract onCredit(size: number): void;
  /** The subscriber unsubscribed before the end. */
  protected abstract onUnsubscribe(): void;

  /** Bytes for the reader, in order: delivered now, or kept until they can be. */
  protected push(chunk: Uint8Array): void {
    const size = chunk.length;
    if (size === 0 || this.terminal !== undefined) return;
    this.uncredited += size;
    if (this.reader !== undefined && !this.delivering && this.undelivered === 0 && this.mayDeliver(size))
      this.deliver(this.reader, chunk);
    else {
      this.wait((this.waiting ??= []), chunk);
      this.undelivered += size;
    }
    this.drain();
  }

  /** Adds `chunk` to those that wait. */
  private wait(waiting: Uint8Array[], chunk: Uint8Array): void {
    const { waitingFrom } = this;
    // Each that is delivered would be retained by itself.
    if (this.leases >= MANY_LEASES) (this.joint ??= new Joint()).append(waiting, waitingFrom, chunk, 0);
    else if (this.joins || waiting.length - waitingFrom >= MANY_CHUNKS)
      (this.joint ??= new Joint()).append(waiting, waitingFrom, chunk);
    // A chunk of another source's current delivery may be a small part of one large read.
    else waiting.push(scope.current === undefined ? chunk : withoutRest(chunk));
  }

  /** Puts bytes back in front of all that waits: for the reader, or the one that takes over. */
  protected pushBack(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.uncredited += chunk.length;
    this.undelivered += chunk.length;
    this.waiting = [chunk, ...(this.waiting ?? []).slice(this.waitingFrom)];
    this.waitingFrom = 0;
    this.drain();
  }

  /** The bytes are complete: the reader gets the end after all of them. */
  protected finish(): void {
    this.terminate(COMPLETE);
  }

  /** The bytes break off here: earlier ones are delivered first. */
  protected breakOff(error: unknown): void {
    this.terminate({ kind: 'error', error });
  }

  /** Ends at once: waiting chunks are discarded, and their credit returned. */
  protected reset(error: unknown): void {
    if (this.terminal !== undefined && this.undelivered === 0) return;
    // Before the credit goes back: the credit must not cause a write.
    this.terminal = { kind: 'error', error };
    this.dropWaiting();
    this.drain();
  }

  /** Discards the chunks that wait. */
  protected dropWaiting(): void {
    const size = this.undelivered;
    this.waiting = undefined;
    this.waitingFrom = 0;
    this.undelivered = 0;
    if (size > 0) this.creditBack(size);
  }

  /** Whether `finish`, `breakOff` or `reset` has been called. */
  protected get ended(): boolean {
    return this.terminal !== undefined;
  }

  private terminate(terminal: Terminal): void {
    if (this.terminal !== undefined) return;
    this.terminal = terminal;
    this.drain();
  }

  /** @internal */
  lease(): Lease {
    return (this.deliveryLease ??= this.newLease());
  }

  private newLease(): Lease {
    this.leases++;
    return new Lease(this, this.deliverySize);
  }

  /** @internal */
  leaseEnded(): void {
    this.leases--;
    this.drain();
  }

  /** @internal */
  creditBack(size: number): void {
    const back = this.gathering === undefined ? size : this.gathering.credit(size);
    this.uncredited -= back;
    this.onCredit(back);
  }

  /** @internal */
  gather(size: number, batch: LeaseBatch): number {
    const lease = this.deliveryLease;
    if (lease !== undefined) return this.gatherOf(lease, size, batch);
    const moved = this.mayGather(size) ? Math.min(size, this.deliverySize) : 0;
    this.deliverySize -= moved;
    batch.owe(this, size, moved);
    return moved;
  }

  /** @internal */
  gatherOf(lease: Lease, size: number, batch: LeaseBatch): number {
    const moved = this.mayGather(size) ? lease.take(size) : 0;
    batch.owe(this, size, moved);
    return moved;
  }

  /** @internal A sender goes on at half of the window: so much can be held without an end in sight. */
  mayGather(size: number): boolean {
    return ((this.gathering?.gathered ?? 0) + size) * 2 <= this.window;
  }

  /** @internal */
  gathers(size: number): void {
    (this.gathering ??= new Gathering()).gathered += size;
  }

  /** @internal */
  chargeAgain(size: number): void {
    (this.gathering ??= new Gathering()).chargedAgain += size;
  }

  private deliver(reader: Subscriber<Uint8Array>, chunk: Uint8Array): void {
    const outer = scope.current;
    scope.current = this;
    this.delivering = true;
    this.deliverySize = chunk.length;
    this.deliveryLease = undefined;
    try {
      reader.next(chunk);
    } finally {
      scope.current = outer;
      this.endDelivery();
    }
  }

  /** The credit goes back while this still counts as delivering: a write that it causes does not nest. */
  private endDelivery(): void {
    const lease = this.deliveryLease;
    this.deliveryLease = undefined;
    try {
      if (lease !== undefined) lease.release();
      // Unless an operator gathers all of it.
      else if (this.deliverySize > 0) this.creditBack(this.deliverySize);
    } finally {
      this.delivering = false;
    }
  }

  /** Delivers waiting chunks, then the terminal. A loop, not a recursion: see `push`. */
  private drain(): void {
    if (this.delivering) return;
    while (this.waiting !== undefined && this.reader !== undefined && this.mayDeliver(this.undelivered)) {
      const chunk = this.waiting[this.waitingFrom++]!;
      if (this.waitingFrom === this.waiting.length) {
        this.waiting = undefined;
        this.waitingFrom = 0;
      }
      this.undelivered -= chunk.length;
      this.deliver(this.reader, chunk);
    }
    const { terminal, reader } = this;
    if (terminal === undefined || reader === undefined) return;
    // The next reader gets the end again.
    this.reader = undefined;
    if (terminal.kind === 'complete') reader.complete();
    else reader.error(terminal.error);
  }

  /**
   * Each delivery that is retained takes some hundred bytes beside its own. A peer that sends single bytes could make of one window a
   * hundred, so while many are retained, bytes wait until there are enough to be put together.
   */
  private mayDeliver(size: number): boolean {
    return this.leases < MANY_LEASES || size >= JOINED || this.terminal !== undefined;
  }

  /** Whether a subscriber may come now. A Body has one in its life, a Flow one at a time. */
  protected abstract mayBeSubscribed(hasReader: boolean): boolean;

  /** RxJS calls this for a subscription. */
  protected _subscribe(subscriber: Subscriber<Uint8Array>): void {
    if (!this.mayBeSubscribed(this.reader !== undefined)) return subscriber.error(new BodyAlreadySubscribed());
    if (subscriber.closed) return;
    this.reader = subscriber;
    // Registered before anything is delivered: a reader that has enough at once must not be given more.
    subscriber.add(new Reading(this, subscriber));
    this.onSubscribe();
    this.drain();
  }

  /** @internal */
  left(reader: Subscriber<Uint8Array>): void {
    if (this.reader !== reader) return;
    this.reader = undefined;
    this.onUnsubscribe();
  }

  override subscribe(observerOrNext?: Partial<Observer<Uint8Array>> | ((chunk: Uint8Array) => void)): Subscription;
  /** @deprecated Instead of passing separate callback arguments, use an observer argument. */
  override subscribe(
    next?: ((chunk: Uint8Array) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription;
  override subscribe(
    observerOrNext?: Partial<Observer<Uint8Array>> | ((chunk: Uint8Array) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    return super.subscribe(reportingLess(observerOrNext, error, complete));
  }

  /** An operator chain over this is not a Subject: one Observable an operator. */
  override lift<R>(operator: LiftedOperator<Uint8Array, R>): Observable<R> {
    return new DemandObservable((subscriber) => operator.call(subscriber, this));
  }

  override asObservable(): Observable<Uint8Array> {
    return new DemandObservable((subscriber) => this.subscribe(subscriber));
  }

  /** @internal */
  get [FORGIVING](): true {
    return true;
  }
}

/** The bytes that operators gather of a source: see `batch.ts`. */
class Gathering {
  /** Bytes that are charged while they are gathered. */
  gathered = 0;
  /** Bytes that were charged again after their credit had gone to the sender: as much of the next credit is kept. */
  chargedAgain = 0;

  /** Credit comes back. @returns how much of it the sender gets. */
  credit(size: number): number {
    const kept = Math.min(size, this.chargedAgain);
    this.chargedAgain -= kept;
    return size - kept;
  }
}

/** The subscription of one reader. */
class Reading implements Unsubscribable {
  constructor(
    private readonly source: DemandSubject,
    private readonly reader: Subscriber<Uint8Array>,
  ) {}

  unsubscribe(): void {
    this.source.left(this.reader);
  }
}
