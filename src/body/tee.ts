import { type Observable, Subscriber } from 'rxjs';
import { checkBytes, checkNames } from '../option-checks.js';
import { Body, DEFAULT_WINDOW } from './body.js';

/**
 * Makes `count` bodies of one: each gets every byte. The source is subscribed to with the first of them; the slowest sets the pace, once
 * its window is full. Small chunks that wait in a branch may be put together. A branch whose reader unsubscribes no longer counts; after
 * the last, the source is unsubscribed. A branch that nobody reads stops the others for good: the limit `readerTimeout` ends its exchange.
 *
 * @param options - `window`: bytes that may wait in each branch, 64 KiB unless set.
 * @throws RangeError for a `count` that is not an integer above zero, a `window` that is not a number above zero, or an unknown option.
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
  if (!Number.isSafeInteger(count) || count <= 0)
    throw new RangeError(`count: expected a number above zero, got ${count}`);
  checkNames('tee()', options, ['window']);
  const window = checkBytes('window', options.window ?? DEFAULT_WINDOW);
  return (source) => {
    let reader: Subscriber<Uint8Array> | undefined;
    let left = 0;
    const owner = {
      onBodyStart(): void {
        if (reader !== undefined) return;
        reader = new TeeSubscriber(branches);
        source.subscribe(reader);
      },
      onBodyCredit(): void {
        // The branches' gates count for themselves.
      },
      onBodyCancel(): void {
        if (++left === count) reader?.unsubscribe();
      },
    };
    const branches = Array.from({ length: count }, () => new Body({ window, limit: Infinity, owner, joins: true }));
    return branches;
  };
}

class TeeSubscriber extends Subscriber<Uint8Array> {
  constructor(private readonly branches: readonly Body[]) {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- it can be left while its source is being subscribed to
    super();
  }

  /** A write into a full branch holds the delivery that it is made in: that is all the wiring there is. */
  protected override _next(chunk: Uint8Array): void {
    for (const branch of this.branches) branch.next(chunk);
  }

  protected override _error(error: unknown): void {
    for (const branch of this.branches) branch.truncate(error);
    this.unsubscribe();
  }

  protected override _complete(): void {
    for (const branch of this.branches) branch.complete();
    this.unsubscribe();
  }
}
