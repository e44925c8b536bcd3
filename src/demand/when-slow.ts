/** A policy for a slow subscriber beside fast ones, of a source that cannot wait. */
import type { OperatorFunction, Subscriber } from 'rxjs';
import { UsageError } from '../errors.js';
import { checkOptions, integerOf, type OptionTable } from '../option-checks.js';
import { derive } from './demand-observable.js';
import { Fifo } from './fifo.js';
import { type Creditor, type Delivery, Lease, scope } from './lease.js';
import { OperatorSubscriber } from './operator-subscriber.js';

/**
 * A policy for values that come while the subscriber still has the one before:
 *
 * - `hold`: they are passed on at once, so that the writer waits, if it can: a write inside a delivery, or one that looks at `drained`;
 * - `latest`: the newest one waits, and takes the place of an older one;
 * - `{ drop: n }`: `n` of them wait, and later ones are dropped;
 * - `{ close: n }`: `n` of them wait, and one more ends the subscriber in the error `slow-subscriber`.
 */
export type WhenSlow = 'hold' | 'latest' | { readonly drop: number } | { readonly close: number };

const DROP: OptionTable<{ readonly drop: number }> = { drop: integerOf(0) };
const CLOSE: OptionTable<{ readonly close: number }> = { close: integerOf(0) };

/** @throws TypeError or RangeError for a policy that does not exist. */
export function checkWhenSlow(policy: WhenSlow): void {
  if (policy === 'hold' || policy === 'latest') return;
  if (typeof policy !== 'object' || (policy as unknown) === null)
    throw new TypeError("whenSlow: expected 'hold', 'latest', { drop: n } or { close: n }");
  if ('close' in policy) checkOptions('whenSlow', policy, CLOSE);
  else {
    checkOptions('whenSlow', policy, DROP);
    if ((policy as { drop?: unknown }).drop === undefined) throw new TypeError('whenSlow: expected { drop: n }');
  }
}

/**
 * Protects a source with many subscribers, such as a `Subject`, from a slow one: the others get each value at once, and the slow one gets
 * what `policy` says. A subscriber is slow while it retains the value before: a response does until its client has taken it.
 *
 * Errors: `UsageError` `slow-subscriber` with the policy `{ close: n }`.
 *
 * @throws TypeError or RangeError for a policy that does not exist.
 *
 * @example
 * ```ts
 * const prices = new Subject<string>();
 * serve({ port: 8080 }, () => bytes(prices.pipe(whenSlow('latest'), map((price) => `${price}\n`))));
 * ```
 */
export function whenSlow<T>(policy: WhenSlow): OperatorFunction<T, T> {
  checkWhenSlow(policy);
  if (policy === 'hold') return (source) => source;
  return (source) => derive<T>(source, (subscriber) => void source.subscribe(new SlowSubscriber(subscriber, policy)));
}

/** Delivers one value at a time, each with a lease of its own. */
class SlowSubscriber<T> extends OperatorSubscriber<T, T> implements Creditor {
  private readonly waiting = new Fifo<T>();
  /** Whether the subscriber has a value, or is in its delivery. */
  private busy = false;
  private delivering = false;
  private sourceEnded = false;
  private readonly most: number;

  constructor(
    to: Subscriber<T>,
    private readonly policy: Exclude<WhenSlow, 'hold'>,
  ) {
    super(to);
    this.most = policy === 'latest' ? 1 : 'drop' in policy ? policy.drop : policy.close;
  }

  protected override _next(value: T): void {
    const { waiting, policy } = this;
    if (waiting.size < this.most || !this.busy) waiting.push(value);
    else if (policy === 'latest') {
      waiting.shift();
      waiting.push(value);
    } else if ('close' in policy) {
      const words = `the subscriber is slow: more than ${policy.close} values wait for it`;
      return this.error(new UsageError('slow-subscriber', words));
    }
    this.deliver();
  }

  protected override _error(error: unknown): void {
    while (this.waiting.size > 0) this.waiting.shift();
    super._error(error);
  }

  /** Values that wait are still delivered. */
  protected override _complete(): void {
    this.sourceEnded = true;
    this.deliver();
  }

  /** A loop, not a recursion: a value may be released within its delivery. */
  private deliver(): void {
    if (this.delivering) return;
    this.delivering = true;
    try {
      while (!this.busy && this.waiting.size > 0 && !this.closed) this.give(this.waiting.shift()!);
    } finally {
      this.delivering = false;
    }
    if (this.sourceEnded && this.waiting.size === 0 && !this.closed) super._complete();
  }

  private give(value: T): void {
    this.busy = true;
    const outer = scope.current;
    const delivery = new ValueDelivery(this);
    scope.current = delivery;
    try {
      this.to.next(value);
    } finally {
      scope.current = outer;
      delivery.end();
    }
  }

  creditBack(): void {
    this.busy = false;
  }

  leaseEnded(): void {
    this.deliver();
  }

  protected override onFinalize(): void {
    while (this.waiting.size > 0) this.waiting.shift();
  }
}

class ValueDelivery implements Delivery {
  private leased: Lease | undefined = undefined;

  constructor(private readonly creditor: Creditor) {}

  lease(): Lease {
    return (this.leased ??= new Lease(this.creditor, 0));
  }

  end(): void {
    if (this.leased === undefined) this.creditor.creditBack(0);
    else this.leased.release();
  }
}
