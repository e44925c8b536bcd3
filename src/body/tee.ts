import { type Observable, Subscriber } from 'rxjs';
import { Fifo } from '../demand/fifo.js';
import { kept } from '../demand/kept-value.js';
import { holdCurrent, type Lease } from '../demand/lease.js';
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
  const { window = DEFAULT_WINDOW } = options;
  checkBytes('window', window);
  return (source) => {
    let reader: TeeSubscriber | undefined;
    let left = 0;
    const owner = {
      onBodyStart(): void {
        if (reader !== undefined) return;
        reader = new TeeSubscriber(branches);
        source.subscribe(reader);
      },
      onBodyCredit(): void {
        reader?.goOn();
      },
      onBodyCancel(): void {
        if (++left === count) reader?.unsubscribe();
        // It may have been the one that all waited for.
        else reader?.goOn();
      },
    };
    const branches = Array.from({ length: count }, () => new Body({ window, limit: Infinity, owner, joins: true }));
    return branches;
  };
}

/** A chunk that waits for all branches, and the delivery that it came in. */
interface Waiting {
  readonly chunk: Uint8Array;
  readonly lease: Lease | undefined;
}

/**
 * A write into a branch that is full holds the delivery that it is made in. Chunks that the source delivers after that wait here, once,
 * and not in each of the branches: a branch holds its own window, and not that of the source too.
 */
class TeeSubscriber extends Subscriber<Uint8Array> {
  private readonly waiting = new Fifo<Waiting>();
  private writing = false;
  private end: (() => void) | undefined = undefined;

  constructor(private readonly branches: readonly Body[]) {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- it can be left while its source is being subscribed to
    super();
  }

  /** Writes waiting chunks, while every branch has room; a branch without a reader needs none. */
  goOn(): void {
    if (this.writing || (this.waiting.size === 0 && this.end === undefined)) return;
    this.writing = true;
    while (this.waiting.size > 0 && !this.isFull()) {
      const { chunk, lease } = this.waiting.shift()!;
      if (lease === undefined) this.write(chunk);
      else {
        lease.resume(() => this.write(chunk));
        lease.release();
      }
    }
    this.writing = false;
    if (this.waiting.size > 0) return;
    this.end?.();
  }

  protected override _next(chunk: Uint8Array): void {
    const waits = this.writing || this.waiting.size > 0 || this.isFull();
    if (!waits) {
      this.writing = true;
      this.write(chunk);
      this.writing = false;
      return this.goOn();
    }
    this.waiting.push({ chunk: kept(chunk), lease: holdCurrent() });
  }

  protected override _error(error: unknown): void {
    this.endWith((branch) => branch.truncate(error));
  }

  protected override _complete(): void {
    this.endWith((branch) => branch.complete());
  }

  override unsubscribe(): void {
    if (this.closed) return;
    super.unsubscribe();
    while (this.waiting.size > 0) this.waiting.shift()?.lease?.release();
  }

  private isFull(): boolean {
    return this.branches.some((branch) => !branch.ready && !branch.cancelled);
  }

  private write(chunk: Uint8Array): void {
    for (const branch of this.branches) branch.next(chunk);
  }

  /** The end comes to the branches after all that waits. */
  private endWith(end: (branch: Body) => void): void {
    this.end = () => {
      this.end = undefined;
      for (const branch of this.branches) end(branch);
      this.unsubscribe();
    };
    this.goOn();
  }
}
