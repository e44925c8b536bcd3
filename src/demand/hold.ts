import { Observable, type OperatorFunction, type Subscriber } from 'rxjs';
import { UsageError } from '../errors.js';
import { derive } from './demand-observable.js';
import { Fifo } from './fifo.js';
import { kept } from './kept-value.js';
import { holdCurrent, type Lease } from './lease.js';
import { checkFunction } from '../option-checks.js';
import { OperatorSubscriber } from './operator-subscriber.js';

/**
 * Makes an asynchronous operator keep demand: each value is retained until the operator has emitted the one that it made of it.
 * The operator has to be 1:1 and in order: `delay`, `observeOn`, `concatMap` with one value each. For work that drops or adds values
 * use `consume`, which retains a value until its inner Observable has ended.
 *
 * It ends in a `UsageError` `not-one-to-one` as soon as it sees that the operator has dropped or added a value. The sign is a value before
 * or after its turn, one value too many, or, at the end, one too few. An operator that drops values in silence, and never ends, looks like
 * a slow one: the limit `readerTimeout` ends its exchange.
 *
 * @example
 * ```ts
 * request.body.pipe(hold(delay(100))).subscribe(sink); // at most W bytes wait, not all that comes in 100 ms
 * ```
 */
export function hold<T, R>(operator: OperatorFunction<T, R>): OperatorFunction<T, R> {
  checkFunction('operator', operator);
  return (source) =>
    derive<R>(source, (subscriber) => {
      const held = new Held();
      const values = new Observable<T>((into) => source.subscribe(new HeldSubscriber(into, held)));
      operator(values).subscribe(new HoldSubscriber(subscriber, held));
    });
}

/** A value that the operator has and has not emitted, and the delivery that it came in. */
interface HeldValue {
  readonly value: unknown;
  readonly lease: Lease | undefined;
}

/** The values that the operator has, in order. */
class Held {
  readonly values = new Fifo<HeldValue>();
  sourceEnded = false;

  /** The operator emits `value`. Returns the value that it was made of, or the words for the error. */
  match(value: unknown): HeldValue | string {
    const first = this.values.peek();
    // An operator that emits its input unchanged shows whose turn it is. Of other values, only their number can be wrong.
    if (isObject(value) && value !== first?.value && this.values.some((held) => held.value === value, LOOK_AHEAD))
      return 'dropped a value, or emitted values in another order';
    if (Array.isArray(value) && value.length > 1 && first !== undefined && value[0] === first.value)
      return 'gathered several values into one';
    if (first === undefined) return 'emitted more values than it was given';
    this.values.shift();
    return first;
  }
}

/** Of so many values it is looked whether it is their turn. */
const LOOK_AHEAD = 256;

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function notOneToOne(what: string): UsageError {
  const advice =
    'hold() takes an operator that emits one value for each, in order; use consume() for work that does not';
  return new UsageError('not-one-to-one', `the operator in hold() ${what}: ${advice}`);
}

/** Retains each value on its way into the operator. */
class HeldSubscriber<T> extends OperatorSubscriber<T, T> {
  constructor(
    to: Subscriber<T>,
    private readonly held: Held,
  ) {
    super(to);
  }

  protected override _next(value: T): void {
    const { values } = this.held;
    const lease = holdCurrent();
    // It waits for another value.
    const waits = lease !== undefined && values.size > 0;
    const into = waits ? kept(value) : value;
    values.push({ value: into, lease });
    this.to.next(into);
  }

  protected override _complete(): void {
    this.held.sourceEnded = true;
    super._complete();
  }
}

/** Passes each value on inside the delivery that it was made of, and gives that back. */
class HoldSubscriber<R> extends OperatorSubscriber<R, R> {
  constructor(
    to: Subscriber<R>,
    private readonly held: Held,
  ) {
    super(to);
  }

  protected override _next(value: R): void {
    const held = this.held.match(value);
    if (typeof held === 'string') return this.error(notOneToOne(held));
    const { lease } = held;
    if (lease === undefined) return this.to.next(value);
    try {
      lease.resume(() => this.to.next(value));
    } finally {
      lease.release();
    }
  }

  /** An operator that ends before its source has had enough; one that ends with it has emitted all, or dropped some. */
  protected override _complete(): void {
    const { values, sourceEnded } = this.held;
    if (!sourceEnded || values.size === 0) return super._complete();
    this.to.error(notOneToOne('emitted fewer values than it was given'));
    this.unsubscribe();
  }

  protected override onFinalize(): void {
    const { values } = this.held;
    while (values.size > 0) values.shift()?.lease?.release();
  }
}
