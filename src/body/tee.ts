import type { Observable, Subscription } from 'rxjs';
import { Body, DEFAULT_WINDOW } from './body.js';

/**
 * Makes `count` bodies of one: each gets every byte, by reference. The source is subscribed to with the first of them; the
 * slowest sets the pace, once its window is full. A branch whose reader leaves no longer counts; when all have left, the
 * source is unsubscribed.
 *
 * @throws RangeError for a `count` that is not an integer above zero.
 *
 * @example
 * ```ts
 * const [toDisk, toHash] = tee(2)(request.body);
 * ```
 */
export function tee(
  count: number,
  options: { readonly window?: number } = {},
): (source: Observable<Uint8Array>) => readonly Body[] {
  if (!Number.isSafeInteger(count) || count <= 0) throw new RangeError(`count: expected a number above zero, got ${count}`);
  const window = options.window ?? DEFAULT_WINDOW;
  return (source) => {
    let subscription: Subscription | undefined;
    let started = false;
    let left = 0;
    const owner = {
      onBodyStart(): void {
        if (started) return;
        started = true;
        // A write into a full branch holds the delivery that it is made in: that is all the wiring there is.
        subscription = source.subscribe({
          next: (chunk) => branches.forEach((branch) => branch.next(chunk)),
          error: (error: unknown) => branches.forEach((branch) => branch.truncate(error)),
          complete: () => branches.forEach((branch) => branch.complete()),
        });
        if (left === count) subscription.unsubscribe();
      },
      onBodyCredit(): void {
        // The branches' gates count for themselves.
      },
      onBodyCancel(): void {
        if (++left === count) subscription?.unsubscribe();
      },
    };
    const branches = Array.from({ length: count }, () => new Body({ window, limit: Infinity, owner }));
    return branches;
  };
}
