import { type OperatorFunction, type Subscriber, tap } from 'rxjs';
import { derive } from './demand-observable.js';
import { Fifo } from './fifo.js';
import { holdCurrent, type Lease } from './lease.js';
import { OperatorSubscriber } from './operator-subscriber.js';

/**
 * Makes an asynchronous operator keep demand: each value is retained until the operator has emitted the one that it made of
 * it. The operator has to be 1:1 and in order: `delay`, `observeOn`, `concatMap` with one value each.
 *
 * @example
 * ```ts
 * request.body.pipe(hold(delay(100))).subscribe(sink); // at most W bytes wait, not all that comes in 100 ms
 * ```
 */
export function hold<T, R>(operator: OperatorFunction<T, R>): OperatorFunction<T, R> {
  return (source) =>
    derive<R>(source, (subscriber) => {
      const leases = new Fifo<Lease | undefined>();
      const retained = source.pipe(tap(() => leases.push(holdCurrent())));
      operator(retained).subscribe(new HoldSubscriber(subscriber, leases));
    });
}

/** Passes each value on inside the delivery that it was made of, and gives that back. */
class HoldSubscriber<R> extends OperatorSubscriber<R, R> {
  constructor(
    to: Subscriber<R>,
    private readonly leases: Fifo<Lease | undefined>,
  ) {
    super(to);
  }

  protected override _next(value: R): void {
    const lease = this.leases.shift();
    if (lease === undefined) return this.to.next(value);
    try {
      lease.resume(() => this.to.next(value));
    } finally {
      lease.release();
    }
  }

  protected override onFinalize(): void {
    while (this.leases.size > 0) this.leases.shift()?.release();
  }
}
