import { concat, defer, EMPTY, from, map, mergeMap, NEVER, of, Subject, take, throwError, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { Accounted, bytes, Reader } from '../../test/kits/units/bodies.js';
import { rechunk } from '../body/rechunk.js';
import { fromPull } from '../body/from-pull.js';
import { consume } from './consume.js';
import { retain } from './lease.js';

const scheduler = (): TestScheduler => new TestScheduler((actual, expected) => expect(actual).toEqual(expected));

describe('consume', () => {
  it('does the work of one value after the other', () => {
    scheduler().run(({ cold, expectObservable, expectSubscriptions }) => {
      const e1 = cold('  -ab--c---|');
      const e1subs = '   ^--------!';
      const inner = cold('--x-y|');
      const expected = ' ---x-y--x-y--x-y|'.replace(/ /g, '');
      expectObservable(e1.pipe(consume(() => inner))).toBe(expected);
      expectSubscriptions(e1.subscriptions).toBe(e1subs);
    });
  });

  it('does as many at once as it may', () => {
    scheduler().run(({ cold, expectObservable }) => {
      const e1 = cold('     abc|');
      const inner = cold('  ---(x|)');
      expectObservable(e1.pipe(consume(() => inner, { concurrency: 2 }))).toBe('---xx-(x|)');
    });
  });

  it.each([
    ['never', '-', '-'],
    ['empty', '|', '|'],
    ['one', 'a|', '(x)|'],
    ['an error', '--#', '--#'],
    ['an unending source', 'a-', 'x-'],
  ])('handles %s', (_name, source, expected) => {
    scheduler().run(({ cold, expectObservable }) => {
      const observed = cold(source).pipe(consume(() => of('x')));
      if (_name === 'one') expectObservable(observed).toBe('x|');
      else expectObservable(observed).toBe(expected);
    });
  });

  it('leaves the source and the inner when it is left', () => {
    scheduler().run(({ cold, expectObservable, expectSubscriptions }) => {
      const e1 = cold('  -a-b-c-');
      const inner = cold('-x---');
      expectObservable(e1.pipe(consume(() => inner)), '----!').toBe('--x--');
      expectSubscriptions(e1.subscriptions).toBe('^---!');
      expectSubscriptions(inner.subscriptions).toBe('-^--!');
    });
  });

  it('passes on the error of an inner, after the source has ended too', () => {
    scheduler().run(({ cold, expectObservable, expectSubscriptions }) => {
      const e1 = cold('  ab|');
      const inner = cold('---#');
      expectObservable(e1.pipe(consume(() => inner))).toBe('---#');
      expectSubscriptions(inner.subscriptions).toBe('^--!');
    });
  });

  it.each([0, -1, NaN])('refuses a concurrency of %s', (concurrency) => {
    expect(() => consume(() => EMPTY, { concurrency })).toThrow(RangeError);
  });

  it('takes the error of a project that throws, and gives back all that it holds', () => {
    const source = new Accounted();
    const reader = new Reader();
    const failure = new Error('project');
    source.write('ab');
    source.write('cd');
    source.body
      .pipe(
        consume((_chunk, index) => {
          if (index === 1) throw failure;
          return timer(0).pipe(mergeMap(() => EMPTY));
        }),
      )
      .subscribe(reader);
    expect(source.body.unacked).toBe(4);
    return new Promise<void>((resolve) => setTimeout(resolve, 5)).then(() => {
      expect(reader.ends).toEqual([failure]);
      expect([source.body.unacked, source.credited]).toEqual([0, 4]);
    });
  });

  it('keeps each value until its inner has ended, and its values inside the delivery', () => {
    const source = new Accounted();
    const works: Subject<string>[] = [];
    const releases: ReturnType<typeof retain>[] = [];
    source.body
      .pipe(
        consume(() => {
          works.push(new Subject());
          return works[works.length - 1]!;
        }),
      )
      .subscribe(() => releases.push(retain()));
    source.write(bytes(3));
    source.write(bytes(4));
    expect([works.length, source.body.unacked]).toEqual([1, 7]);
    works[0]!.next('said');
    works[0]!.complete();
    expect([works.length, source.body.unacked]).toEqual([2, 7]); // a value of the middle stage is retained downstream
    releases[0]?.();
    expect(source.body.unacked).toBe(4);
    works[1]!.complete();
    expect([source.body.unacked, source.credited]).toEqual([0, 7]);
  });

  it.each(['unsubscribe', 'source error', 'inner error'])('gives all back on %s', (how) => {
    const source = new Accounted();
    const inner = new Subject();
    const subscription = source.body.pipe(consume(() => inner, { concurrency: 2 })).subscribe({ error: () => 0 });
    for (const size of [1, 2, 3, 4]) source.write(bytes(size));
    expect(source.body.unacked).toBe(10);
    if (how === 'unsubscribe') subscription.unsubscribe();
    else if (how === 'source error') source.body.error(new Error('source'));
    else inner.error(new Error('inner'));
    expect([source.body.unacked, source.credited]).toEqual([0, 10]);
  });

  it('leaves an endless synchronous source before it gives back', () => {
    const seen: unknown[] = [];
    const endless = function* (): Generator<Uint8Array> {
      for (;;) yield bytes(10);
    };
    const subscription = fromPull(endless(), { window: 40 })
      .pipe(consume(() => NEVER))
      .subscribe((value) => seen.push(value));
    subscription.unsubscribe();
    fromPull(endless())
      .pipe(
        consume((chunk) => of(chunk.length)),
        take(2),
      )
      .subscribe((value) => seen.push(value));
    expect(seen).toEqual([10, 10]);
  });

  it('starts as many small values as a window holds without nesting, where the inners end at once', () => {
    const source = new Accounted();
    const first = new Subject<number>();
    let done = 0;
    source.body
      .pipe(
        rechunk(1),
        consume((_chunk, index) => (index === 0 ? first : of(1))),
      )
      .subscribe(() => done++);
    source.write(bytes(65_536));
    first.complete();
    expect([done, source.body.unacked]).toEqual([65_535, 0]);
  });

  it('takes every ObservableInput, and a source without demand', async () => {
    const seen: unknown[] = [];
    await from([1, 2, 3])
      .pipe(
        consume((value) => (value === 1 ? Promise.resolve('promise') : value === 2 ? ['iterable'] : of('observable'))),
      )
      .forEach((value) => seen.push(value));
    expect(seen).toEqual(['promise', 'iterable', 'observable']);
  });

  it('keeps the order where a value is written while one is worked on', () => {
    const source = new Accounted();
    const seen: string[] = [];
    source.body
      .pipe(
        consume((chunk) => {
          const text = Buffer.from(chunk).toString();
          return concat(
            of(`<${text}`),
            defer(() => {
              if (text === 'a') source.write('b');
              return EMPTY;
            }),
            of(`${text}>`),
          );
        }),
        map((text) => text),
      )
      .subscribe((text) => seen.push(text));
    source.write('a');
    expect(seen.join('')).toBe('<aa><bb>');
  });

  it('is as forgiving of a peer as its source, and passes errors on', () => {
    const reader = new Reader();
    throwError(() => 'gone')
      .pipe(consume(() => EMPTY))
      .subscribe(reader);
    expect(reader.ends).toEqual(['gone']);
  });
});
