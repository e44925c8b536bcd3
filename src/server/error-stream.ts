/**
 * The error stream as a value: a Subject of faults that any number of services, chains and listeners share. It outlives each of them.
 *
 * A subscriber that fails ends alone: its error becomes a fault of its own and is printed. It never ends the process.
 */
import { Observable, type Observer, Subject, Subscriber, type Subscription } from 'rxjs';
import type { LiftedOperator } from '../demand/demand-observable.js';
import { Fault, FaultHandlerError, NOWHERE, printFault, type ServerFault } from './faults.js';

/**
 * A stream of faults. Give one to as many services, chains and `connections` as you like, and subscribe to it before or after. A fault
 * without a response when its delivery ends (retains included) gets the default response of its status.
 *
 * @example
 * ```ts
 * const faults = new Faults<NodePeer>();
 * faults.subscribe((fault) => log.warn(fault.code, fault.cause));
 * listen({ port: 8080 }).pipe(service(nodeInfo, app, { faults })).subscribe();
 * ```
 */
export class Faults<Peer = unknown> extends Subject<ServerFault<Peer>> {
  private delivering = false;
  /** Errors of subscribers that failed during a delivery. */
  private failures: unknown[] = [];
  private readonly onFailure = (error: unknown): void => {
    if (this.delivering) this.failures.push(error);
    else this.reportFailure(error);
  };

  /** Delivers `fault` to each subscriber, then the failures of those that failed. */
  override next(fault: ServerFault<Peer>): void {
    const outer = this.delivering;
    this.delivering = true;
    try {
      super.next(fault);
    } finally {
      this.delivering = outer;
    }
    if (outer || this.failures.length === 0) return;
    const { failures } = this;
    this.failures = [];
    // The failure to handle a failure is only printed: it would go on for ever.
    for (const error of failures) this.reportFailure(error, fault.cause instanceof FaultHandlerError);
  }

  /** A subscriber that failed is a fault itself. It is printed as well: the other subscribers may fail, too. */
  private reportFailure(error: unknown, again = false): void {
    const fault = new Fault<Peer>(new FaultHandlerError(error), NOWHERE);
    printFault(fault);
    if (!again) this.next(fault);
  }

  override lift<R>(operator: LiftedOperator<ServerFault<Peer>, R>): Observable<R> {
    return new FaultPipeline((subscriber) => operator.call(subscriber, this), this.onFailure);
  }

  override asObservable(): Observable<ServerFault<Peer>> {
    return new FaultPipeline((subscriber) => this.subscribe(subscriber), this.onFailure);
  }

  override subscribe(
    observerOrNext?: Partial<Observer<ServerFault<Peer>>> | ((fault: ServerFault<Peer>) => void),
  ): Subscription;
  /** @deprecated Instead of passing separate callback arguments, use an observer argument. */
  override subscribe(
    next?: ((fault: ServerFault<Peer>) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription;
  override subscribe(
    observerOrNext?: Partial<Observer<ServerFault<Peer>>> | ((fault: ServerFault<Peer>) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    return super.subscribe(guarded(observerOrNext, error, complete, this.onFailure));
  }
}

/** Where faults go: a `Faults`, or any Subject of faults. */
export interface FaultTarget<Peer = unknown> {
  /** Whether the faults have a subscriber. */
  readonly observed: boolean;
  next(fault: ServerFault<Peer>): void;
}

/** The result of `pipe` on a stream of faults. */
class FaultPipeline<T> extends Observable<T> {
  constructor(
    subscribe: ConstructorParameters<typeof Observable<T>>[0],
    private readonly onFailure: (error: unknown) => void,
  ) {
    super(subscribe);
  }

  override lift<R>(operator?: LiftedOperator<T, R>): Observable<R> {
    return new FaultPipeline(
      (subscriber) =>
        operator === undefined ? this.subscribe(subscriber as Subscriber<unknown>) : operator.call(subscriber, this),
      this.onFailure,
    );
  }

  override subscribe(observerOrNext?: Partial<Observer<T>> | ((value: T) => void)): Subscription;
  /** @deprecated Instead of passing separate callback arguments, use an observer argument. */
  override subscribe(
    next?: ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription;
  override subscribe(
    observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    return super.subscribe(guarded(observerOrNext, error, complete, this.onFailure));
  }
}

/** The observer of a `subscribe` call. Errors that its `next` throws, and errors that it does not handle, go to `onFailure`. */
function guarded<T>(
  observerOrNext: Partial<Observer<T>> | ((value: T) => void) | null | undefined,
  error: ((error: unknown) => void) | null | undefined,
  complete: (() => void) | null | undefined,
  onFailure: (error: unknown) => void,
): Partial<Observer<T>> {
  // An operator's own subscriber: the end of its chain is guarded.
  if (observerOrNext instanceof Subscriber) return observerOrNext;
  const observer: Partial<Observer<T>> =
    typeof observerOrNext === 'object' && observerOrNext !== null
      ? observerOrNext
      : {
          ...(observerOrNext ? { next: observerOrNext } : {}),
          ...(error ? { error } : {}),
          ...(complete ? { complete } : {}),
        };
  const attempt = (call: () => void): void => {
    try {
      call();
    } catch (thrown) {
      onFailure(thrown);
    }
  };
  return {
    next: (value) => attempt(() => observer.next?.(value)),
    error: (cause: unknown) =>
      observer.error === undefined ? onFailure(cause) : attempt(() => observer.error?.(cause)),
    complete: () => attempt(() => observer.complete?.()),
  };
}
