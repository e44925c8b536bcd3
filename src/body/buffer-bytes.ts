import { asyncScheduler, type OperatorFunction, type SchedulerLike, type Subscriber, type Subscription } from 'rxjs';
import { concat } from '../bytes.js';
import { derive } from '../demand/demand-observable.js';
import { holdCurrent, type Lease } from '../demand/lease.js';
import { OperatorSubscriber } from '../demand/operator-subscriber.js';

/**
 * Gathers chunks until there are `max` bytes of them, or `ms` have passed since the first: fewer, larger writes. Demand is
 * kept by the last chunk of a batch, which is retained until the batch has been taken.
 *
 * @param max - bytes of a batch that is full; one can be larger by its last chunk.
 * @param ms - how long the first byte of a batch may wait.
 *
 * @example
 * ```ts
 * events.pipe(bufferBytes(16 * 1024, 50)); // at most 20 writes a second, or 16 KiB each
 * ```
 */
export function bufferBytes(
  max: number,
  ms: number,
  scheduler: SchedulerLike = asyncScheduler,
): OperatorFunction<Uint8Array, Uint8Array> {
  if (!(max > 0)) throw new RangeError(`max: expected bytes above zero, got ${max}`);
  if (!(ms >= 0)) throw new RangeError(`ms: expected a time, got ${ms}`);
  return (source) =>
    derive(source, (subscriber) => void source.subscribe(new BatchSubscriber(subscriber, max, ms, scheduler)));
}

class BatchSubscriber extends OperatorSubscriber<Uint8Array, Uint8Array> {
  private parts: Uint8Array[] = [];
  private size = 0;
  private last: Lease | undefined = undefined;
  private timer: Subscription | undefined = undefined;

  constructor(
    to: Subscriber<Uint8Array>,
    private readonly max: number,
    private readonly ms: number,
    private readonly scheduler: SchedulerLike,
  ) {
    super(to);
  }

  protected override _next(chunk: Uint8Array): void {
    const before = this.last;
    this.last = holdCurrent();
    this.parts.push(chunk);
    this.size += chunk.length;
    try {
      if (this.size >= this.max) this.flush();
      else this.timer ??= this.scheduler.schedule(() => this.flush(), this.ms);
    } finally {
      // At the end: what is written in answer to the credit comes in here, and goes behind this chunk.
      before?.release();
    }
  }

  protected override _error(error: unknown): void {
    this.flush();
    // The batch may have been the last that was wanted.
    if (!this.closed) super._error(error);
  }

  protected override _complete(): void {
    this.flush();
    this.to.complete();
    this.unsubscribe();
  }

  protected override onFinalize(): void {
    this.timer?.unsubscribe();
    this.parts = [];
    this.last?.release();
    this.last = undefined;
  }

  private flush(): void {
    this.timer?.unsubscribe();
    this.timer = undefined;
    if (this.parts.length === 0) return;
    const whole = concat(this.parts, this.size);
    const lease = this.last;
    this.parts = [];
    this.size = 0;
    this.last = undefined;
    if (lease === undefined) return this.to.next(whole);
    try {
      lease.resume(() => this.to.next(whole));
    } finally {
      lease.release();
    }
  }
}
