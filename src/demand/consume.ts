import { from, map, mergeMap, Observable, type ObservableInput, type OperatorFunction } from 'rxjs';
import { holdCurrent, type Lease } from './lease.js';
import { ResumingSubscriber } from './resuming-subscriber.js';

/**
 * Like `concatMap` (or `mergeMap`, with a `concurrency`), but each value is retained until its inner Observable has ended:
 * the source is slowed down to the work, instead of queueing without bound. What the inner emits is emitted inside the
 * delivery, so stages behind this one keep the demand too.
 *
 * @param project - the work for one value.
 * @param options - `concurrency`: how many inners run at once, 1 unless set.
 *
 * @example
 * ```ts
 * request.body.pipe(consume((chunk) => file.write(chunk))).subscribe();
 * ```
 */
export function consume<T, R>(
  project: (value: T, index: number) => ObservableInput<R>,
  options: { readonly concurrency?: number } = {},
): OperatorFunction<T, R> {
  return (source) =>
    new Observable<R>((subscriber) => {
      const held = new Set<Lease>();
      // Registered before the subscription: a source that ends synchronously finds it there.
      subscriber.add(() => {
        const rest = [...held];
        held.clear();
        for (const lease of rest) lease.release();
      });
      const retained = map((value: T) => {
        const lease = holdCurrent();
        if (lease !== undefined) held.add(lease);
        return { value, lease };
      });
      const work = mergeMap(({ value, lease }: { value: T; lease: Lease | undefined }, index) => {
        const inner = from(project(value, index));
        if (lease === undefined) return inner;
        return within(lease, inner, () => {
          if (held.delete(lease)) lease.release();
        });
      }, options.concurrency ?? 1);
      return source.pipe(retained, work).subscribe(subscriber);
    });
}

/** `inner`, its values emitted inside the delivery; `release` at its end, whatever it is. */
function within<R>(lease: Lease, inner: Observable<R>, release: () => void): Observable<R> {
  return new Observable<R>((subscriber) => {
    subscriber.add(release);
    inner.subscribe(new ResumingSubscriber(subscriber, () => lease));
  });
}
