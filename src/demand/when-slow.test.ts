import { concatMap, Subject, type Subscription, timer, VirtualTimeScheduler } from 'rxjs';
import { consume } from './consume.js';
import { retain, type Release } from './lease.js';
import { type WhenSlow, whenSlow } from './when-slow.js';

/** A subscriber that retains each value until it is released. */
function slow(policy: WhenSlow): {
  readonly source: Subject<number>;
  readonly got: (number | string)[];
  readonly release: () => void;
  readonly subscription: Subscription;
} {
  const source = new Subject<number>();
  const got: (number | string)[] = [];
  const held: (Release | undefined)[] = [];
  const subscription = source.pipe(whenSlow(policy)).subscribe({
    next: (value) => {
      got.push(value);
      held.push(retain());
    },
    error: ({ code }: { code: string }) => got.push(code),
    complete: () => got.push('end'),
  });
  return { source, got, release: () => held.shift()?.(), subscription };
}

function send(source: Subject<number>, ...values: number[]): void {
  for (const value of values) source.next(value);
}

describe('whenSlow', () => {
  it('hold passes every value on at once', () => {
    const { source, got } = slow('hold');
    send(source, 1, 2, 3);
    expect(got).toEqual([1, 2, 3]);
  });

  it('latest keeps the newest of the values that wait', () => {
    const { source, got, release } = slow('latest');
    send(source, 1, 2, 3, 4);
    expect(got).toEqual([1]);
    release();
    expect(got).toEqual([1, 4]);
    release();
    send(source, 5);
    expect(got).toEqual([1, 4, 5]);
  });

  it('drop keeps the first n of them', () => {
    const { source, got, release } = slow({ drop: 2 });
    send(source, 1, 2, 3, 4, 5);
    release();
    release();
    release();
    expect(got).toEqual([1, 2, 3]);
    send(source, 6);
    expect(got).toEqual([1, 2, 3, 6]);
  });

  it('drop of none drops all that come meanwhile', () => {
    const { source, got, release } = slow({ drop: 0 });
    send(source, 1, 2);
    release();
    send(source, 3);
    expect(got).toEqual([1, 3]);
  });

  it('close ends in slow-subscriber past n, and unsubscribes from the source', () => {
    const { source, got } = slow({ close: 1 });
    send(source, 1, 2);
    expect(got).toEqual([1]);
    send(source, 3);
    expect(got).toEqual([1, 'slow-subscriber']);
    expect(source.observed).toBe(false);
  });

  it.each<WhenSlow>(['latest', { drop: 1 }, { close: 1 }])('%j passes on what a fast subscriber takes', (policy) => {
    const source = new Subject<number>();
    const got: number[] = [];
    source.pipe(whenSlow(policy)).subscribe((value) => got.push(value));
    send(source, 1, 2, 3);
    expect(got).toEqual([1, 2, 3]);
  });

  it('delivers what waits before it completes', () => {
    const { source, got, release } = slow({ drop: 5 });
    send(source, 1, 2);
    source.complete();
    expect(got).toEqual([1]);
    release();
    expect(got).toEqual([1, 2, 'end']);
  });

  it('drops what waits at an error, and at its unsubscription', () => {
    const failing = slow({ drop: 5 });
    send(failing.source, 1, 2);
    failing.source.error({ code: 'failed' });
    failing.release();
    expect(failing.got).toEqual([1, 'failed']);
    const left = slow({ drop: 5 });
    send(left.source, 1, 2);
    left.subscription.unsubscribe();
    left.release();
    expect(left.got).toEqual([1]);
  });

  it('does not let a slow subscriber delay a fast one', () => {
    const { source, got } = slow('latest');
    const fast: number[] = [];
    source.subscribe((value) => fast.push(value));
    send(source, 1, 2, 3);
    expect([got, fast]).toEqual([[1], [1, 2, 3]]);
  });

  it('a value that the subscriber sends into its own source comes after the one at hand', () => {
    const source = new Subject<number>();
    const got: number[] = [];
    source.pipe(whenSlow({ drop: 3 })).subscribe((value) => {
      got.push(value);
      if (value < 3) source.next(value + 1);
      got.push(-value);
    });
    source.next(1);
    expect(got).toEqual([1, -1, 2, -2, 3, -3]);
  });

  it('is slow for as long as consume works', () => {
    const scheduler = new VirtualTimeScheduler();
    const source = new Subject<number>();
    const got: number[] = [];
    source
      .pipe(
        whenSlow('latest'),
        consume((value) => timer(10, scheduler).pipe(concatMap(() => [void got.push(value)]))),
      )
      .subscribe();
    send(source, 1, 2, 3);
    scheduler.flush();
    expect(got).toEqual([1, 3]);
  });

  it.each([
    ['sometimes'],
    [null],
    [{}],
    [{ drop: -1 }],
    [{ close: 1.5 }],
    [{ drop: 1, keep: 2 }],
    [{ close: NaN }],
    [5],
  ])('refuses %j', (policy) => {
    expect(() => whenSlow(policy as unknown as WhenSlow)).toThrow(/whenSlow|drop|close|option/);
  });
});
