/**
 * What `pipe` makes of a Body or a Flow: an Observable whose subscriber may leave errors unhandled where a peer caused them.
 * RxJS reports an error that has no handler by throwing it on a timer, which ends the process; what a peer did must not.
 */
import { Observable, type Observer, type Operator, Subscriber, type Subscription } from 'rxjs';
import { BodyError, ProtocolError } from '../errors.js';

/** @internal */
export class DemandObservable<T> extends Observable<T> {
  static over<S, T>(source: Observable<S>, operator: Operator<S, T> | undefined): DemandObservable<T> {
    const observable = new DemandObservable<T>();
    observable.source = source;
    observable.operator = operator;
    return observable;
  }

  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    return DemandObservable.over(this, operator);
  }

  override subscribe(observer?: Partial<Observer<T>>): Subscription;
  override subscribe(next: (value: T) => void): Subscription;
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

/** A peer's error, without a handler, ends here: it was on the error stream. Any other is a mistake, and RxJS reports it. */
function onUnhandled(error: unknown): void {
  if (error instanceof ProtocolError || error instanceof BodyError) return;
  throw error;
}

/**
 * The observer of a `subscribe` call, with an error handler where it has none.
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
