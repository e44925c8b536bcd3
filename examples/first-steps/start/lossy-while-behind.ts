import { Observable, type OperatorFunction } from 'rxjs';
import { Body } from 'rxpaf';

/**
 * Drops values while what came before has not been taken: for what goes stale, such as a picture of the present. Of a reader that
 * is behind nothing is kept but the number of values that it missed, which it gets with the next one.
 *
 * A `Body` is all that it takes: it knows what was taken of what it delivered. Stages behind this one may retain.
 *
 * @param encode - makes bytes of a value; `dropped`: how many values came since the last one that was encoded.
 * @param window - bytes that may be untaken while more values are let through: 1, one value at a time, unless set.
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
