import type { OperatorFunction, Subscriber } from 'rxjs';
import { Batch } from '../demand/batch.js';
import { derive } from '../demand/demand-observable.js';
import { OperatorSubscriber } from '../demand/operator-subscriber.js';
import { Gathered } from './gathered.js';

/**
 * Cuts a body into chunks of exactly `size` bytes; the last chunk may be shorter. At most `size` bytes wait here. A chunk that a later
 * stage retains keeps the demand of all its bytes, however they came. A `size` larger than the window cannot deadlock: while a chunk is
 * being gathered, bytes count as taken beyond half of the window.
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
  private readonly gathered = new Gathered();
  private batch = new Batch();

  constructor(
    to: Subscriber<Uint8Array>,
    private readonly chunkSize: number,
  ) {
    super(to);
  }

  protected override _next(chunk: Uint8Array): void {
    const { gathered, chunkSize } = this;
    let rest = chunk;
    while (gathered.size + rest.length >= chunkSize && !this.closed) {
      const missing = chunkSize - gathered.size;
      const piece = missing === rest.length ? rest : rest.subarray(0, missing);
      rest = rest.subarray(missing);
      // A piece of this chunk alone is emitted within its own delivery.
      if (missing === chunkSize) this.to.next(piece);
      else {
        this.gather(piece);
        this.flush();
      }
    }
    if (rest.length > 0 && !this.closed) this.gather(rest);
  }

  /** The bytes before the error belong to the reader. */
  protected override _error(error: unknown): void {
    this.flush();
    // The rest may have been the last that was wanted.
    if (!this.closed) super._error(error);
  }

  protected override _complete(): void {
    this.flush();
    this.to.complete();
    this.unsubscribe();
  }

  protected override onFinalize(): void {
    this.gathered.clear();
    this.batch.drop();
  }

  private gather(piece: Uint8Array): void {
    this.batch.add(piece.length);
    this.gathered.push(piece);
  }

  private flush(): void {
    if (this.gathered.size === 0) return;
    const whole = this.gathered.takeAll();
    const { batch } = this;
    this.batch = new Batch();
    batch.deliver(() => this.to.next(whole));
  }
}
