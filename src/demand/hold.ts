import { Observable, type OperatorFunction, tap } from 'rxjs';
import { holdCurrent, type Lease } from './lease.js';
import { ResumingSubscriber } from './resuming-subscriber.js';

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
    new Observable<R>((subscriber) => {
      const leases = new Fifo<Lease | undefined>();
      // Registered before the subscription: a source that ends synchronously finds it there.
      subscriber.add(() => {
        while (leases.size > 0) leases.shift()?.release();
      });
      operator(source.pipe(tap(() => leases.push(holdCurrent())))).subscribe(
        new ResumingSubscriber(
          subscriber,
          () => leases.shift(),
          (lease) => lease.release(),
        ),
      );
    });
}

/** First in, first out, in constant time. */
class Fifo<T> {
  private items: T[] = [];
  private from = 0;

  get size(): number {
    return this.items.length - this.from;
  }

  push(item: T): void {
    this.items.push(item);
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.items[this.from++];
    if (this.from > 64 && this.from * 2 > this.items.length) {
      this.items = this.items.slice(this.from);
      this.from = 0;
    }
    return item;
  }
}
