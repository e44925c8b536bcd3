/** The parts that few exchanges have: an observed end, an AbortSignal, values under keys. Made when it is first asked for. */
import { type Observable, ReplaySubject, type Subscriber } from 'rxjs';
import type { Key } from '../flow/context.js';
import type { Served } from './finished-exchange.js';

/** @internal */
export class ExchangeExtras<Peer> {
  private closedSubject: ReplaySubject<Served<Peer>> | undefined = undefined;
  private controller: AbortController | undefined = undefined;
  private values: Map<object, unknown> | undefined = undefined;
  /** The subscriber of `respond()`, and how many ends it waits for: that of the exchange, and those of its pushes. */
  private responder: Subscriber<Served<Peer>> | undefined = undefined;
  private awaited = 1;
  private origin: ExchangeExtras<Peer> | undefined = undefined;

  constructor(private record: Served<Peer> | undefined) {}

  get closed(): Observable<Served<Peer>> {
    if (this.closedSubject === undefined) {
      this.closedSubject = new ReplaySubject(1);
      if (this.record !== undefined) this.emit(this.closedSubject, this.record);
    }
    return this.closedSubject.asObservable();
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.record !== undefined) abort(this.controller, this.record);
    }
    return this.controller.signal;
  }

  get<T>(key: Key<T>): T | undefined {
    // The value under a key was given with that very key: `set` is the one way in.
    return this.values?.has(key) === true ? (this.values.get(key) as T) : key.default;
  }

  set<T>(key: Key<T>, value: T): void {
    (this.values ??= new Map()).set(key, value);
  }

  /** The exchange is over. */
  end(record: Served<Peer>): void {
    this.record = record;
    if (this.closedSubject !== undefined) this.emit(this.closedSubject, record);
    if (this.controller !== undefined) abort(this.controller, record);
  }

  /** The result of `respond()` has a subscriber. */
  respondedBy(responder: Subscriber<Served<Peer>>): void {
    this.responder = responder;
  }

  /** A push belongs to the exchange that pushed it: `respond()` emits the ends of both. */
  pushedBy(origin: ExchangeExtras<Peer>): void {
    this.origin = origin;
    origin.awaited++;
  }

  /** The exchange is over, with its teardown. */
  settle(record: Served<Peer>): void {
    if (this.origin !== undefined) return this.origin.settle(record);
    this.awaited--;
    this.responder?.next(record);
    if (this.awaited === 0) this.responder?.complete();
  }

  private emit(subject: ReplaySubject<Served<Peer>>, record: Served<Peer>): void {
    subject.next(record);
    subject.complete();
  }
}

function abort(controller: AbortController, { outcome, error }: Served): void {
  if (outcome === 'aborted') controller.abort(error);
}
