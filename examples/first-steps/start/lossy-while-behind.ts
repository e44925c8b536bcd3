import { Observable, type OperatorFunction } from 'rxjs';
import { Body } from 'rxpaf';

/**
 * Drops values while the reader has not consumed the last one: for values that go stale, such as prices. It keeps nothing for a slow
 * reader but the number of values that it missed, which goes to `encode` with the next value.
 *
 * A `Body` knows how much of what it delivered is unacknowledged, so that later stages may retain its chunks.
 *
 * @param encode - turns a value into bytes; `dropped` is the number of values since the last one that was encoded.
 * @param window - unacknowledged bytes up to which values pass: 1 by default, one value at a time.
 *
 * @example
 * ```ts
 * bytes(prices.pipe(lossyWhileBehind((price, dropped) => Buffer.from(`${price} (${dropped} missed)\n`))));
 * ```
 */
export function lossyWhileBehind<T>(
  encode: (value: T, dropped: number) => Uint8Array,
  window = 1,
): OperatorFunction<T, Uint8Array> {
  return (source) =>
    new Observable((subscriber) => {
      const body = new Body({ window });
      let dropped = 0;
      subscriber.add(body.subscribe(subscriber));
      if (subscriber.closed) return;
      const subscription = source.subscribe({
        next: (value) => {
          if (!body.ready) {
            dropped++;
            return;
          }
          let chunk;
          try {
            chunk = encode(value, dropped);
          } catch (error) {
            body.error(error);
            return subscription.unsubscribe();
          }
          dropped = 0;
          body.next(chunk);
        },
        error: (error: unknown) => body.error(error),
        complete: () => body.complete(),
      });
      subscriber.add(subscription);
    });
}
