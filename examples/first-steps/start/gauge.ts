import { defer, finalize, interval, type MonoTypeOperatorFunction, type Observable, tap } from 'rxjs';

/**
 * Says once a second how many bytes have gone by: what backpressure looks like. It needs no wiring: `tap` passes each chunk on
 * inside its delivery, and the source makes no more of them than are taken at the other end.
 */
export function gauge(what: string): MonoTypeOperatorFunction<Uint8Array> {
  return (source: Observable<Uint8Array>) =>
    defer(() => {
      let total = 0;
      const telling = interval(1000).subscribe(() => console.log(`${what}: ${total} bytes so far`));
      return source.pipe(
        tap((chunk) => (total += chunk.length)),
        finalize(() => telling.unsubscribe()),
      );
    });
}
