/**
 * A probe: an operator that changes nothing and records everything. Between two stages, it shows the values that passed, when it was
 * subscribed to, and when the stage downstream gave its deliveries back.
 */
import { type MonoTypeOperatorFunction, Subject, takeUntil } from 'rxjs';
import { derive } from '../demand/demand-observable.js';
import { Lease, scope } from '../demand/lease.js';
import { joined, type Recording, Row, sum } from './recorded-row.js';
import { type Subscribed, SubscriptionRow } from './subscription-rows.js';

/**
 * Records the values that pass. It may be used several times: all of it is on one row.
 *
 * @example
 * ```ts
 * const upload = probe<Uint8Array>();
 * serve(flow('a-b-|', values), (request) => bytes(request.body.pipe(upload)));
 * expectBody(upload).toBe('a-b-|');
 * ```
 */
export interface Probe<T> extends MonoTypeOperatorFunction<T>, Subscribed {
  /** The values that passed, and the end. */
  readonly passed: Recording<T>;
  /** Bytes that were given back downstream of the probe, joined frame by frame; other values count 1 each. */
  readonly credits: Recording<number>;
}

/** The credit of a value: its bytes, or one. */
function sizeOf(value: unknown): number {
  if (value instanceof Uint8Array) return value.length;
  return typeof value === 'string' ? Buffer.byteLength(value) : 1;
}

export function makeProbe<T>(clock: { now(): number }): Probe<T> {
  const passed = new Row<T>(clock);
  const credits = new Row<number>(clock);
  const subscriptions = new SubscriptionRow(clock);
  const operator: MonoTypeOperatorFunction<T> = (source) =>
    derive<T>(source, (subscriber) => {
      subscriber.add(subscriptions.begin());
      // Ends a source that emits synchronously as soon as its subscriber unsubscribes.
      const left = new Subject<void>();
      subscriber.add(() => left.next());
      source.pipe(takeUntil(left)).subscribe({
        next: (value) => {
          passed.value(value);
          relayed(sizeOf(value), credits, () => subscriber.next(value));
        },
        error: (error: unknown) => {
          passed.mark('#', error as T);
          subscriber.error(error);
        },
        complete: () => {
          if (subscriber.closed) return;
          passed.mark('|');
          subscriber.complete();
        },
      });
    });
  return Object.assign(operator, { passed, credits: joined(credits, sum), subscriptions: subscriptions.subscriptions });
}

/** Calls `deliver` inside a delivery of its own, which returns to the one it was made of. */
function relayed(size: number, credits: Row<number>, deliver: () => void): void {
  const { current } = scope;
  if (current === undefined) return deliver();
  const delivery = current.lease().hold();
  const creditBack = (): void => {
    credits.value(size);
    delivery.release();
  };
  const own = new Lease({ creditBack }, size);
  try {
    own.resume(deliver);
  } finally {
    own.release();
  }
}
