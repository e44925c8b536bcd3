import { defer, finalize, interval, type MonoTypeOperatorFunction, type Observable, tap } from 'rxjs';

/**
 * Prints once a second how many bytes have passed: this shows backpressure at work. `tap` passes each chunk on within its delivery,
 * so backpressure passes, too: a source that is slowed down by its reader counts slowly.
 */
export function countBytes(label: string): MonoTypeOperatorFunction<Uint8Array> {
  return (source: Observable<Uint8Array>) =>
    defer(() => {
      let total = 0;
      let printed = 0;
      const printing = interval(1000).subscribe(() => {
        console.log(`${label}: ${total} bytes so far, ${total - printed} in the last second`);
        printed = total;
      });
      return source.pipe(
        tap((chunk) => (total += chunk.length)),
        finalize(() => printing.unsubscribe()),
      );
    });
}
