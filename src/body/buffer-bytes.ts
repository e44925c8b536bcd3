import { asyncScheduler, type OperatorFunction, type SchedulerLike, type Subscriber, type Subscription } from 'rxjs';
import { Batch } from '../demand/batch.js';
import { derive } from '../demand/demand-observable.js';
import { OperatorSubscriber } from '../demand/operator-subscriber.js';
import { checkBytes, checkNumber, LONGEST_TIMER } from '../option-checks.js';
import { Gathered } from './gathered.js';

/**
 * Gathers chunks until there are `max` bytes of them, or `ms` have passed since the first: fewer, larger writes. A batch keeps the demand
 * of all its bytes until it has been taken. A `max` larger than the window cannot deadlock: while a batch is being gathered, bytes count as
 * taken beyond half of the window.
 *
 * @param max - bytes of a batch that is full; one can be larger by its last chunk.
 * @param ms - how long the first byte of a batch may wait: at most 2,147,483,647 ms, the longest timer.
 * @throws RangeError for a `max` that is not above zero, or an `ms` that is not such a time.
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
  checkBytes('max', max);
  checkNumber('ms', ms, 0, LONGEST_TIMER, `a time of at most ${LONGEST_TIMER} ms`);
  return (source) =>
    derive(source, (subscriber) => void source.subscribe(new BatchSubscriber(subscriber, max, ms, scheduler)));
}

class BatchSubscriber extends OperatorSubscriber<Uint8Array, Uint8Array> {
  private readonly gathered = new Gathered();
  private batch = new Batch();
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
    const { gathered, max } = this;
    // A batch of one chunk is emitted within its own delivery.
    if (gathered.size === 0 && chunk.length >= max) return this.to.next(chunk);
    if (chunk.length === 0) return;
    this.batch.add(chunk.length);
    gathered.push(chunk);
    if (gathered.size >= max) this.flush();
    else this.timer ??= this.scheduler.schedule(() => this.flush(), this.ms);
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
    this.gathered.clear();
    this.batch.drop();
  }

  private flush(): void {
    this.timer?.unsubscribe();
    this.timer = undefined;
    if (this.gathered.size === 0) return;
    const whole = this.gathered.takeAll();
    const { batch } = this;
    this.batch = new Batch();
    batch.deliver(() => this.to.next(whole));
  }
}
