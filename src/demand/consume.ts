import { from, type ObservableInput, type OperatorFunction, type Subscriber } from 'rxjs';
import { derive } from './demand-observable.js';
import { Fifo } from './fifo.js';
import { kept } from './kept-value.js';
import { holdCurrent, type Lease } from './lease.js';
import { checkFunction, checkNames, checkNumber } from '../option-checks.js';
import { OperatorSubscriber } from './operator-subscriber.js';

/**
 * Like `concatMap` (or `mergeMap`, with a `concurrency`), but each value is retained until its inner Observable has ended. The source is
 * slowed down to the work, instead of queueing without bound. Values of the inner are emitted inside the delivery, so stages downstream of
 * this one keep the demand too.
 *
 * @param project - the work for one value.
 * @param options - `concurrency`: how many inners run at once, 1 unless set.
 * @throws RangeError for a `concurrency` that is not above zero, or an unknown option.
 *
 * @example
 * ```ts
 * request.body.pipe(consume((chunk) => file.write(chunk))).subscribe();
 * ```
 */
export function consume<T, R>(
  project: (value: T, index: number) => ObservableInput<R>,
  options: { readonly concurrency?: number } = {},
): OperatorFunction<T, R> {
  checkFunction('project', project);
  checkNames('consume()', options, ['concurrency']);
  const { concurrency = 1 } = options;
  checkNumber('concurrency', concurrency, Number.MIN_VALUE, Infinity, 'a number above zero');
  return (source) =>
    derive<R>(source, (subscriber) => {
      const work = new ConsumeSubscriber(subscriber, project, concurrency);
      // After the subscription to the source, which ends first: see `OperatorSubscriber`.
      subscriber.add(() => work.stop());
      source.subscribe(work);
    });
}

/** A value, and the delivery that it came in. */
interface Work<T> {
  readonly value: T;
  readonly lease: Lease | undefined;
}

/**
 * `mergeInternals` of RxJS would do, but it starts a waiting value from within the end of the one before. If inners end at once, a window
 * full of small chunks overflows the stack. Here a loop starts them.
 */
class ConsumeSubscriber<T, R> extends OperatorSubscriber<T, R> {
  private readonly waiting = new Fifo<Work<T>>();
  private readonly running = new Set<InnerSubscriber<R>>();
  private index = 0;
  private starting = false;
  private sourceEnded = false;
  private stopped = false;

  constructor(
    to: Subscriber<R>,
    private readonly project: (value: T, index: number) => ObservableInput<R>,
    private readonly concurrency: number,
  ) {
    super(to);
  }

  protected override _next(value: T): void {
    const lease = holdCurrent();
    // It waits for work that is under way, or is worked on for a while.
    const waits = lease !== undefined && this.running.size > 0;
    this.waiting.push({ value: waits ? kept(value) : value, lease });
    this.goOn();
  }

  protected override _complete(): void {
    this.sourceEnded = true;
    this.unsubscribe();
    this.goOn();
  }

  /** The work is over, done or not: all that is held is given back. */
  stop(): void {
    this.stopped = true;
    for (const inner of this.running) inner.unsubscribe();
    while (this.waiting.size > 0) this.waiting.shift()?.lease?.release();
  }

  /** @internal */
  innerEnded(inner: InnerSubscriber<R>): void {
    if (this.running.delete(inner)) inner.lease?.release();
    if (!this.stopped) this.goOn();
  }

  /** @internal */
  innerFailed(error: unknown): void {
    this.to.error(error);
    this.unsubscribe();
    this.stop();
  }

  /** Starts waiting work, as far as the concurrency allows. */
  private goOn(): void {
    if (this.starting) return;
    this.starting = true;
    while (this.running.size < this.concurrency && this.waiting.size > 0) this.start(this.waiting.shift()!);
    this.starting = false;
    if (this.sourceEnded && this.running.size === 0 && !this.stopped) this.to.complete();
  }

  private start({ value, lease }: Work<T>): void {
    const inner = new InnerSubscriber(this.to, this, lease);
    this.running.add(inner);
    try {
      from(this.project(value, this.index++)).subscribe(inner);
    } catch (error) {
      this.innerFailed(error);
    }
  }
}

/** The values of the work for one value, passed on inside its delivery. */
class InnerSubscriber<R> extends OperatorSubscriber<R, R> {
  constructor(
    to: Subscriber<R>,
    private readonly parent: Pick<ConsumeSubscriber<never, R>, 'innerEnded' | 'innerFailed'>,
    readonly lease: Lease | undefined,
  ) {
    super(to);
  }

  protected override _next(value: R): void {
    if (this.lease === undefined) this.to.next(value);
    else this.lease.resume(() => this.to.next(value));
  }

  protected override _error(error: unknown): void {
    this.parent.innerFailed(error);
  }

  protected override _complete(): void {
    this.unsubscribe();
  }

  protected override onFinalize(): void {
    this.parent.innerEnded(this);
  }
}
