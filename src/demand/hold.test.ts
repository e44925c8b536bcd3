import {
  bufferCount,
  bufferTime,
  concatMap,
  debounceTime,
  delay,
  distinctUntilChanged,
  EMPTY,
  endWith,
  filter,
  from,
  ignoreElements,
  map,
  mergeMap,
  NEVER,
  observeOn,
  of,
  type OperatorFunction,
  pipe,
  reduce,
  sampleTime,
  skip,
  startWith,
  Subject,
  take,
  takeUntil,
  takeWhile,
  throttleTime,
  timer,
  toArray,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { Accounted, bytes, Reader } from '../../test/kits/units/bodies.js';
import { fromPull } from '../body/from-pull.js';
import { hold } from './hold.js';
import { retain } from './lease.js';

const scheduler = (): TestScheduler => new TestScheduler((actual, expected) => expect(actual).toEqual(expected));

describe('hold', () => {
  it.each([
    ['never', '  -', '       -'],
    ['empty', '  |', '       --|'],
    ['one', '    a|', '      --a|'],
    ['many', '   ab-c|', '   --ab-(c|)'],
    ['an error', '-a#', '     --#'],
    ['unending', 'a-', '      --a-'],
  ])('is the operator that it holds: %s', (name, source, expected) => {
    scheduler().run(({ cold, expectObservable }) => {
      const plain = cold(source.trim()).pipe(delay(2));
      const held = cold(source.trim()).pipe(hold(delay(2)));
      expectObservable(held).toEqual(plain);
      if (name === 'many') expectObservable(held).toBe(expected.trim());
    });
  });

  it('leaves the source when it is left', () => {
    scheduler().run(({ cold, expectObservable, expectSubscriptions }) => {
      const e1 = cold('-a-b-c-');
      expectObservable(e1.pipe(hold(delay(1))), '---!').toBe('--a-');
      expectSubscriptions(e1.subscriptions).toBe('^--!');
    });
  });

  const held: readonly [string, (scheduler: TestScheduler) => OperatorFunction<Uint8Array, Uint8Array>][] = [
    ['delay', () => delay(10)],
    ['observeOn', (clock) => observeOn(clock, 10)],
    ['concatMap with one value', () => concatMap((chunk) => timer(10).pipe(map(() => chunk)))],
    ['a chain', () => pipe(delay<Uint8Array>(5), delay(5))],
  ];
  it.each(held)('keeps each value until %s has emitted it', (_name, operator) => {
    const clock = scheduler();
    clock.run(() => {
      const source = new Accounted();
      const seen: number[] = [];
      source.body.pipe(hold(operator(clock))).subscribe((chunk) => seen.push(chunk.length));
      clock.schedule(() => source.write(bytes(3)), 0);
      clock.schedule(() => source.write(bytes(4)), 0);
      clock.schedule(() => expect([source.body.unacked, seen]).toEqual([7, []]), 9);
      clock.schedule(() => expect([source.body.unacked, source.credited]).toEqual([0, 7]), 25);
    });
  });

  it('emits inside the delivery, so that a stage downstream can retain it further', () => {
    const clock = scheduler();
    clock.run(() => {
      const source = new Accounted();
      let release: ReturnType<typeof retain>;
      source.body.pipe(hold(delay(1))).subscribe(() => {
        release = retain();
      });
      source.write(bytes(5));
      clock.schedule(() => {
        expect(source.body.unacked).toBe(5);
        release?.();
        expect([source.body.unacked, source.credited]).toEqual([0, 5]);
      }, 2);
    });
  });

  it.each(['unsubscribe', 'error', 'take', 'reset'])('gives all back on %s', (how) => {
    const clock = scheduler();
    clock.run(() => {
      const source = new Accounted();
      const reader = new Reader();
      const subscription = source.body
        .pipe(hold(delay(5)), how === 'take' ? take(1) : map((chunk) => chunk))
        .subscribe(reader);
      for (const size of [1, 2, 3]) source.write(bytes(size));
      clock.schedule(() => {
        expect(source.body.unacked).toBe(6);
        if (how === 'unsubscribe') subscription.unsubscribe();
        else if (how === 'error') source.body.truncate(new Error('cut'));
        else if (how === 'reset') source.body.error(new Error('reset'));
      }, 2);
      clock.schedule(() => expect([source.body.unacked, source.credited]).toEqual([0, 6]), 6);
    });
  });

  it('leaves an endless synchronous source before it gives back', () => {
    let pulled = 0;
    const endless = function* (): Generator<Uint8Array> {
      for (;;) {
        if (++pulled > 1000) throw new Error('nobody stops it');
        yield bytes(10);
      }
    };
    const subscription = fromPull(endless(), { window: 40 })
      .pipe(hold(concatMap(() => NEVER)))
      .subscribe();
    subscription.unsubscribe();
    expect(pulled).toBe(4);
  });

  it('is left in the middle of a source without demand, too', () => {
    const source = new Subject<number>();
    const reading = source.pipe(hold(concatMap(() => NEVER))).subscribe();
    source.next(1);
    source.next(2);
    reading.unsubscribe();
    expect(source.observed).toBe(false);
  });

  it('pairs values of a source without demand with nothing', () => {
    const seen: number[] = [];
    const source = new Subject<number>();
    source.pipe(hold(map((value) => value + 1))).subscribe((value) => seen.push(value));
    source.next(1);
    of(2).subscribe(source);
    expect(seen).toEqual([2, 3]);
  });

  const notOneToOne: readonly [string, OperatorFunction<Uint8Array, unknown>, when: string][] = [
    ['filter', filter((_, index) => index % 2 === 1), '--#'],
    ['skip', skip(1), '--#'],
    ['distinctUntilChanged', distinctUntilChanged((a, b) => a.length === b.length), '-----------#'],
    ['debounceTime', debounceTime(3), '-----#'],
    ['throttleTime', throttleTime(3), '------#'],
    ['sampleTime', sampleTime(3), '---#'],
    ['a concatMap that drops', concatMap((chunk, index) => (index === 1 ? EMPTY : of(chunk))), '------#'],
    ['a mergeMap that overtakes', mergeMap((chunk, index) => of(chunk).pipe(delay(index === 0 ? 5 : 1))), '---#'],
    ['ignoreElements', ignoreElements(), '-----------#'],
    ['toArray', toArray(), '-----------#'],
    ['reduce', reduce((size, chunk) => size + chunk.length, 0), '-----------#'],
    ['bufferCount', bufferCount(2), '--#'],
    ['bufferTime', bufferTime(4), '----#'],
    ['startWith', startWith(bytes(1)), '#'],
    ['endWith', endWith(bytes(1)), '-----------#'],
    ['a mergeMap to two', mergeMap((chunk) => from([chunk, chunk])), '-#'],
  ];
  it.each(notOneToOne)('errors where its operator is not 1:1: %s', (_name, operator, when) => {
    scheduler().run(({ cold, expectObservable }) => {
      const values = { a: bytes(1), b: bytes(2), c: bytes(2, 7), d: bytes(4) };
      const held = cold('-ab---c---d|'.replace('d|', '-|'), values).pipe(
        hold(operator),
        filter(() => false),
      );
      expectObservable(held).toBe(
        when,
        {},
        expect.objectContaining({
          name: 'UsageError',
          code: 'not-one-to-one',
          message: expect.stringContaining('consume()') as string,
        }),
      );
    });
  });

  it('gives all back where its operator is not 1:1, and leaves the source', () => {
    const source = new Accounted();
    const reader = new Reader();
    source.body.pipe(hold(filter((_, index) => index > 0))).subscribe(reader);
    source.write('a');
    expect(source.body.unacked).toBe(1);
    source.write('b');
    expect([reader.text, reader.ends, source.cancelled, source.body.unacked, source.credited]).toEqual([
      '',
      [expect.objectContaining({ code: 'not-one-to-one' })],
      1,
      0,
      2,
    ]);
  });

  it.each([
    ['take', take(2)],
    ['takeWhile', takeWhile((_, index) => index < 2)],
    ['takeUntil', pipe(delay<string>(1), takeUntil(timer(5)))],
  ])('may end before its source has: %s', (_name, operator: OperatorFunction<string, unknown>) => {
    scheduler().run(({ cold, expectObservable }) => {
      expectObservable(cold('a-b-c-d-e-').pipe(hold(operator), ignoreElements())).toBe(
        { take: '--|', takeWhile: '----|', takeUntil: '-----|' }[_name]!,
      );
    });
  });

  it('passes on an error of its source, whatever the operator has by then', () => {
    scheduler().run(({ cold, expectObservable }) => {
      expectObservable(cold('ab-#').pipe(hold(delay(10)))).toBe('---#');
    });
  });

  it('takes values that repeat for what they are', () => {
    const same = bytes(3);
    const seen: unknown[] = [];
    of(same, same, same, bytes(1))
      .pipe(hold(map((chunk) => chunk.length)))
      .subscribe((size) => seen.push(size));
    of(same, same)
      .pipe(hold(map((chunk) => chunk)))
      .subscribe((chunk) => seen.push(chunk));
    of(1, 2, 3)
      .pipe(hold(map((value) => value + 1)))
      .subscribe((value) => seen.push(value));
    expect(seen).toEqual([3, 3, 3, 1, same, same, 2, 3, 4]);
  });
});
