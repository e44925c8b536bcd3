import type { OperatorFunction, Subscriber } from 'rxjs';
import { concat } from '../bytes.js';
import { derive } from '../demand/demand-observable.js';
import { OperatorSubscriber } from '../demand/operator-subscriber.js';

/**
 * Cuts a body into chunks of exactly `size` bytes; the last may be shorter. At most `size` bytes wait here; they count as
 * taken, so a `size` past the window is no deadlock.
 *
 * @throws RangeError for a `size` that is not an integer above zero.
 *
 * @example
 * ```ts
 * request.body.pipe(rechunk(4096), consume((block) => disk.write(block)));
 * ```
 */
export function rechunk(size: number): OperatorFunction<Uint8Array, Uint8Array> {
  if (!Number.isSafeInteger(size) || size <= 0) throw new RangeError(`size: expected bytes above zero, got ${size}`);
  return (source) => derive(source, (subscriber) => void source.subscribe(new RechunkSubscriber(subscriber, size)));
}

class RechunkSubscriber extends OperatorSubscriber<Uint8Array, Uint8Array> {
  private parts: Uint8Array[] = [];
  private gathered = 0;

  constructor(
    to: Subscriber<Uint8Array>,
    private readonly chunkSize: number,
  ) {
    super(to);
  }

  protected override _next(chunk: Uint8Array): void {
    let rest = chunk;
    while (this.gathered + rest.length >= this.chunkSize && !this.closed) {
      const missing = this.chunkSize - this.gathered;
      this.parts.push(rest.subarray(0, missing));
      rest = rest.subarray(missing);
      this.flush();
    }
    if (rest.length === 0 || this.closed) return;
    this.parts.push(rest);
    this.gathered += rest.length;
  }

  /** What came before the error is the reader's. */
  protected override _error(error: unknown): void {
    if (this.gathered > 0) this.flush();
    // The rest may have been the last that was wanted.
    if (!this.closed) super._error(error);
  }

  protected override _complete(): void {
    if (this.gathered > 0) this.flush();
    this.to.complete();
    this.unsubscribe();
  }

  protected override onFinalize(): void {
    this.parts = [];
  }

  private flush(): void {
    const whole = concat(this.parts);
    this.parts = [];
    this.gathered = 0;
    this.to.next(whole);
  }
}
