/**
 * The reading half of a WebSocket: a unicast Subject of messages that waits for its subscriber and delivers in order. It knows how many
 * bytes have been delivered and not yet credited (see ../demand/lease.ts). It is to messages what `DemandSubject` is to bytes: a message may
 * be text, or empty, and is never joined to another. Deliveries do not nest, so order holds and the stack stays flat.
 */
import { type Observable, type Observer, Subject, type Subscriber, type Subscription } from 'rxjs';
import { DemandObservable, FORGIVING, type LiftedOperator, reportingLess } from '../demand/demand-observable.js';
import { Fifo } from '../demand/fifo.js';
import { kept } from '../demand/kept-value.js';
import { type Creditor, type Delivery, Lease, scope } from '../demand/lease.js';
import { BodyAlreadySubscribed } from '../errors.js';
import type { Message } from './engine/message-assembly.js';

/** A message that waits for its delivery. */
interface Waiting {
  readonly message: Message;
  readonly size: number;
}

/** How the messages end. */
type Terminal = { readonly kind: 'complete' } | { readonly kind: 'error'; readonly error: unknown };

const COMPLETE: Terminal = { kind: 'complete' };

/** What a message takes beside its bytes: so a window is bounded in messages, too, empty ones included. */
export const MESSAGE_OVERHEAD = 64;

/** @internal */
export abstract class MessageSubject extends Subject<Message> implements Delivery, Creditor {
  private uncredited = 0;
  private reader: Subscriber<Message> | undefined = undefined;
  private subscribed = false;
  private waiting: Fifo<Waiting> | undefined = undefined;
  private terminal: Terminal | undefined = undefined;
  private delivering = false;
  private deliverySize = 0;
  private deliveryLease: Lease | undefined = undefined;

  /** Bytes of messages that have come and are not yet credited; each message counts as 64 bytes more than it has. */
  get unacked(): number {
    return this.uncredited;
  }

  /** Whether there is a subscriber now. */
  override get observed(): boolean {
    return this.reader !== undefined;
  }

  /** A message has been taken, or thrown away. */
  protected abstract onCredit(): void;
  /** The subscriber unsubscribed before the end. */
  protected abstract onUnsubscribe(): void;

  /** A message of `size` bytes from the peer: delivered now, or kept until it can be. */
  protected push(message: Message, size: number): void {
    if (this.terminal !== undefined) return;
    const charge = size + MESSAGE_OVERHEAD;
    const { reader, waiting } = this;
    // Nobody wants it any more.
    if (reader === undefined && this.subscribed) return;
    this.uncredited += charge;
    if (reader !== undefined && !this.delivering && (waiting === undefined || waiting.size === 0))
      this.deliver(reader, message, charge);
    else (this.waiting ??= new Fifo()).push({ message: kept(message), size: charge });
    this.drain();
  }

  /** Nothing more comes: the reader gets the rest, and then the end. */
  protected finish(): void {
    this.terminate(COMPLETE);
  }

  /** The messages break off here: what came before is delivered first. */
  protected breakOff(error: unknown): void {
    this.terminate({ kind: 'error', error });
  }

  /** Ends at once: messages that wait are thrown away. */
  protected reset(error: unknown): void {
    this.terminal ??= { kind: 'error', error };
    this.dropWaiting();
    this.drain();
  }

  /** Whether the end is known. */
  protected get isOver(): boolean {
    return this.terminal !== undefined;
  }

  /** Takes what waits away from the reader, with its credit. */
  protected takeWaiting(): Message[] {
    const messages: Message[] = [];
    let size = 0;
    for (let next = this.waiting?.shift(); next !== undefined; next = this.waiting?.shift()) {
      messages.push(next.message);
      size += next.size;
    }
    this.uncredited -= size;
    return messages;
  }

  private dropWaiting(): void {
    if (this.takeWaiting().length > 0) this.onCredit();
  }

  private terminate(terminal: Terminal): void {
    if (this.terminal !== undefined) return;
    this.terminal = terminal;
    this.drain();
  }

  /** @internal */
  lease(): Lease {
    return (this.deliveryLease ??= new Lease(this, this.deliverySize));
  }

  /** @internal */
  creditBack(size: number): void {
    this.uncredited -= size;
    this.onCredit();
  }

  private deliver(reader: Subscriber<Message>, message: Message, size: number): void {
    const outer = scope.current;
    scope.current = this;
    this.delivering = true;
    this.deliverySize = size;
    this.deliveryLease = undefined;
    try {
      reader.next(message);
    } finally {
      scope.current = outer;
      this.endDelivery();
    }
  }

  private endDelivery(): void {
    const lease = this.deliveryLease;
    this.deliveryLease = undefined;
    try {
      if (lease === undefined) this.creditBack(this.deliverySize);
      else lease.release();
    } finally {
      this.delivering = false;
    }
  }

  /** Delivers what waits, then the end. A loop, not a recursion. */
  private drain(): void {
    if (this.delivering) return;
    const { waiting } = this;
    while (waiting !== undefined && waiting.size > 0 && this.reader !== undefined) {
      const { message, size } = waiting.shift()!;
      this.deliver(this.reader, message, size);
    }
    const { terminal, reader } = this;
    if (terminal === undefined || reader === undefined) return;
    this.reader = undefined;
    if (terminal.kind === 'complete') reader.complete();
    else reader.error(terminal.error);
  }

  /** Claims the reading side for something else than a subscriber. @returns false if it is taken. */
  protected claim(): boolean {
    if (this.subscribed) return false;
    this.subscribed = true;
    return true;
  }

  /** What RxJS calls for a subscription. */
  protected _subscribe(subscriber: Subscriber<Message>): void {
    if (!this.claim()) return subscriber.error(new BodyAlreadySubscribed());
    if (subscriber.closed) return;
    this.reader = subscriber;
    // Registered before anything is delivered: a reader that has enough at once must not be given more.
    subscriber.add(() => this.left(subscriber));
    this.drain();
  }

  private left(subscriber: Subscriber<Message>): void {
    if (this.reader !== subscriber) return;
    this.reader = undefined;
    this.onUnsubscribe();
    this.dropWaiting();
  }

  override subscribe(observerOrNext?: Partial<Observer<Message>> | ((message: Message) => void)): Subscription;
  /** @deprecated Instead of passing separate callback arguments, use an observer argument. */
  override subscribe(
    next?: ((message: Message) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription;
  override subscribe(
    observerOrNext?: Partial<Observer<Message>> | ((message: Message) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    return super.subscribe(reportingLess(observerOrNext, error, complete));
  }

  /** An operator makes one Observable, and not a Subject. */
  override lift<R>(operator: LiftedOperator<Message, R>): Observable<R> {
    return new DemandObservable((subscriber) => operator.call(subscriber, this));
  }

  override asObservable(): Observable<Message> {
    return new DemandObservable((subscriber) => this.subscribe(subscriber));
  }

  /** @internal */
  get [FORGIVING](): true {
    return true;
  }
}
