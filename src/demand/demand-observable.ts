/**
 * The result of `pipe` on a Body or a Flow: an Observable whose subscriber may leave errors unhandled if a peer caused them. RxJS reports
 * an error that has no handler by throwing it on a timer, which ends the process; a peer must not be able to do that.
 */
import { Observable, type Observer, Subscriber, type Subscription, type TeardownLogic } from 'rxjs';
import { BodyAlreadySubscribed, BodyError, ClientError, ProtocolError } from '../errors.js';

/** The argument that an operator of RxJS gives to `lift`. */
export interface LiftedOperator<T, R> {
  call(subscriber: Subscriber<R>, source: Observable<T>): TeardownLogic;
}

/**
 * Marks an Observable whose subscribers may leave a peer's errors unhandled.
 * @internal
 */
export const FORGIVING = Symbol('rxpaf.forgiving');

/** @internal */
export class DemandObservable<T> extends Observable<T> {
  get [FORGIVING](): true {
    return true;
  }

  override lift<R>(operator?: LiftedOperator<T, R>): Observable<R> {
    return new DemandObservable((subscriber) =>
      operator === undefined ? this.subscribe(subscriber as Subscriber<unknown>) : operator.call(subscriber, this),
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
    return super.subscribe(reportingLess(observerOrNext, error, complete));
  }
}

/**
 * The result of an operator of ours on `source`: as forgiving as that is.
 * @internal
 */
export function derive<R>(
  source: Observable<unknown>,
  subscribe: (subscriber: Subscriber<R>) => TeardownLogic,
): Observable<R> {
  return FORGIVING in source ? new DemandObservable(subscribe) : new Observable(subscribe);
}

/** A peer's error, without a handler, ends here: it was on the error stream. Any other is a mistake, and RxJS reports it. */
function onUnhandled(error: unknown): void {
  if (error instanceof BodyAlreadySubscribed) throw error;
  if (error instanceof ProtocolError || error instanceof BodyError || error instanceof ClientError) return;
  throw error;
}

/**
 * The observer of a `subscribe` call, with an error handler if it has none.
 * @internal
 */
export function reportingLess<T>(
  observerOrNext: Partial<Observer<T>> | ((value: T) => void) | null | undefined,
  error: ((error: unknown) => void) | null | undefined,
  complete: (() => void) | null | undefined,
): Partial<Observer<T>> {
  if (observerOrNext instanceof Subscriber) return observerOrNext;
  if (typeof observerOrNext === 'object' && observerOrNext !== null) {
    if (observerOrNext.error !== undefined) return observerOrNext;
    return {
      next: (value) => observerOrNext.next?.(value),
      error: onUnhandled,
      complete: () => observerOrNext.complete?.(),
    };
  }
  return {
    ...(observerOrNext ? { next: observerOrNext } : {}),
    error: error ?? onUnhandled,
    ...(complete ? { complete } : {}),
  };
}
