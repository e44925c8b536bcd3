/**
 * Demand: which stages of a pipeline keep it, and what happens in those that do not.
 *
 * ```
 * writer    abcdef|             a chunk a ms, a byte each; W = 2: it waits where it is told to
 * work      3 ms a chunk
 *
 * consume   a--b--c--d--e--f    each is taken when the one before is done, and
 * credit    ---a--b--c--d--e-   only then its byte goes back: one waits, the writer with it
 *
 * concatMap a--b--c--d--e--f    the same work;
 * credit    abcdef              but each byte went back at once: the rest of them wait in its queue, which has no end
 * ```
 */
import {
  concatMap,
  debounceTime,
  delay,
  filter,
  identity,
  map,
  mergeMap,
  type MonoTypeOperatorFunction,
  NEVER,
  type Observable,
  observeOn,
  of,
  asyncScheduler,
  scan,
  share,
  switchMap,
  take,
  takeWhile,
  tap,
  timer,
} from 'rxjs';
import { Body, bufferBytes, collect, consume, fromPull, hold, rechunk, retain, tee } from 'rxpaf';
import { type HttpTest, httpTest } from 'rxpaf/testing';

type Stage = MonoTypeOperatorFunction<Uint8Array>;

/** A body of `window` bytes that is written to as drawn, whether it is ready or not. */
function written({ cold }: HttpTest, diagram: string, window = 64): Body {
  const body = new Body({ window });
  cold(diagram)
    .pipe(map((letter) => Buffer.from(letter)))
    .subscribe(body);
  return body;
}

/** Retains what comes for 3 ms: a stage that works. */
const slow: Stage = (source) =>
  source.pipe(
    tap(() => {
      const release = retain();
      timer(3).subscribe(() => release?.());
    }),
  );

describe('synchronous operators keep demand: stages downstream may retain', () => {
  it.each<[string, Stage]>([
    ['map', map((chunk) => chunk)],
    ['filter', filter(() => true)],
    ['scan', scan((_, chunk) => chunk)],
    ['tap', tap()],
    ['take', take(9)],
    ['takeWhile', takeWhile(() => true)],
    ['mergeMap of what is there', mergeMap((chunk) => of(chunk))],
    ['concatMap of what is there', concatMap((chunk) => of(chunk))],
    ['switchMap of what is there', switchMap((chunk) => of(chunk))],
    ['share', share()],
    ['none', identity],
  ])('%s', (_name, stage) =>
    httpTest((words) => {
      const read = words.probe();
      written(words, 'a-b-c|').pipe(read, stage, slow).subscribe();
      words.expectBody(read).toBe('  a-b-c|');
      words.expectCredit(read).toBe('---a-b-c', { a: 1, b: 1, c: 1 });
    }),
  );

  it('filter: dropped chunks give their credit back at once', () =>
    httpTest((words) => {
      const read = words.probe();
      written(words, 'a-b-c|')
        .pipe(
          read,
          filter((chunk) => chunk[0] !== 0x62),
          slow,
        )
        .subscribe();
      words.expectCredit(read).toBe('--ba---c', { a: 1, b: 1, c: 1 });
    }));

  it('take: chunks after the last one are discarded', () =>
    httpTest((words) => {
      const read = words.probe();
      const body = written(words, 'a-b-c|');
      body.pipe(read, take(1), slow).subscribe();
      words.expectSubscriptions(read).toBe('(^!)');
      words.expectCredit(read).toBe('---a', { a: 1 });
      words.expectObservable(timer(6).pipe(map(() => body.unacked))).toBe('------(n|)', { n: 0 });
    }));
});

describe('asynchronous stages', () => {
  const work = (): Observable<0> => timer(3);
  const ones = { a: 1, b: 1, c: 1, d: 1 };

  it('consume() retains each chunk until its work is done', () =>
    httpTest((words) => {
      const read = words.probe();
      words.expectObservable(written(words, 'abcd|').pipe(read, consume(work))).toBe('---a--b--c--(d|)', {
        ...{ a: 0, b: 0, c: 0, d: 0 },
      });
      words.expectCredit(read).toBe('---a--b--c--d', ones);
    }));

  it('consume() with a concurrency works on as many at once', () =>
    httpTest((words) => {
      const read = words.probe();
      written(words, 'abcd|')
        .pipe(read, consume(work, { concurrency: 2 }))
        .subscribe();
      words.expectCredit(read).toBe('---ab-cd', ones);
    }));

  it('hold() retains each chunk until the operator has emitted it', () =>
    httpTest((words) => {
      const read = words.probe();
      words.expectBody(written(words, 'abcd|').pipe(read, hold(delay(3)))).toBe('---abc(d|)');
      words.expectCredit(read).toBe('---abcd', ones);
    }));

  it('hold(): a stage downstream retains further', () =>
    httpTest((words) => {
      const read = words.probe();
      written(words, 'abcd|')
        .pipe(read, hold(delay(3)), slow)
        .subscribe();
      words.expectCredit(read).toBe('------abcd', ones);
    }));

  it('hold() of another scheduler', () =>
    httpTest((words) => {
      const read = words.probe();
      written(words, 'abcd|')
        .pipe(read, hold(observeOn(asyncScheduler, 2)))
        .subscribe();
      words.expectCredit(read).toBe('--abcd', ones);
    }));

  it.each<[string, Stage]>([
    ['concatMap', concatMap((chunk) => of(chunk).pipe(delay(3)))],
    ['delay', delay(3)],
    ['debounceTime', debounceTime(3)],
  ])('stock %s queues without bound: waiting chunks have given their credit back', (_name, stage) =>
    httpTest((words) => {
      const read = words.probe();
      written(words, 'abcd|').pipe(read, stage).subscribe();
      words.expectCredit(read).toBe('abcd', ones);
    }),
  );

  it('hold() errors where its operator drops a value, or adds one', () =>
    httpTest((words) => {
      const read = words.probe();
      const dropping = written(words, 'ab-c|').pipe(read, hold(filter((_, index) => index !== 1)));
      const adding = written(words, '-a--|').pipe(hold(mergeMap((chunk) => of(chunk, chunk))));
      words.expectBody(dropping).toBe('a--#');
      words.expectCredit(read).toBe('a--b', { a: 1, b: 2 });
      words.expectBody(adding).toBe('  -(a#)');
    }));

  it('a writer that waits is slowed down to the work by consume(), and not by concatMap()', () =>
    httpTest((words) => {
      const slowed = words.probe();
      const queued = words.probe();
      const pieces = ['aa', 'bb', 'cc', 'dd'];
      fromPull(pieces, { window: 2 }).pipe(slowed, consume(work)).subscribe();
      fromPull(pieces, { window: 2 }).pipe(queued, concatMap(work)).subscribe();
      words.expectBody(slowed).toBe('p--q--r--s--|', { p: 'aa', q: 'bb', r: 'cc', s: 'dd' });
      words.expectBody(queued).toBe('(pqrs|)', { p: 'aa', q: 'bb', r: 'cc', s: 'dd' });
    }));
});

describe('operators of bodies', () => {
  it('rechunk(n) cuts into pieces of n, and a piece holds all the chunks that it is made of', () =>
    httpTest((words) => {
      const read = words.probe();
      const cut = words.probe();
      written(words, 'a--b--c|').pipe(read, rechunk(2), cut, slow).subscribe();
      words.expectBody(cut).toBe('  ---a---(c|)', { a: 'ab', c: 'c' });
      words.expectCredit(read).toBe('------b---a', { a: 1, b: 2 });
    }));

  it('bufferBytes(max, ms) gathers up to a size or a time', () =>
    httpTest((words) => {
      const read = words.probe();
      const batches = written(words, 'ab--c-----d|').pipe(read, bufferBytes(2, 4));
      words.expectBody(batches).toBe('-x------c--(d|)', { x: 'ab' });
    }));

  it('bufferBytes(max, ms) holds all the chunks of a batch until it has been taken', () =>
    httpTest((words) => {
      const read = words.probe();
      const cut = words.probe();
      written(words, 'ab--cd|').pipe(read, bufferBytes(2, 4), cut, slow).subscribe();
      words.expectBody(cut).toBe('  -x---y|', { x: 'ab', y: 'cd' });
      words.expectCredit(read).toBe('----b---b', { b: 2 });
    }));

  it('tee(2) goes at the pace of the slower of both, once its window is full', () =>
    httpTest((words) => {
      const read = words.probe();
      const source = written(words, 'ab------|').pipe(read);
      const [quick, late] = tee(2, { window: 2 })(source) as [Body, Body];
      words.expectBody(quick).toBe('ab------|');
      late.pipe(slow).subscribe();
      words.expectCredit(read).toBe('a--b', { a: 1, b: 1 });
    }));

  it('collect() counts what it gathers as taken', () =>
    httpTest((words) => {
      const read = words.probe();
      words.expectBody(written(words, 'a-b|').pipe(read, collect({ limit: 2 }))).toBe('---(x|)', { x: 'ab' });
      words.expectCredit(read).toBe('a-b', { a: 1, b: 1 });
    }));

  it('fromPull() pulls while there is room, and goes on at half of the window', () =>
    httpTest((words) => {
      const read = words.probe();
      fromPull(['1', '2', '3', '4', '5', '6'], { window: 4 })
        .pipe(
          read,
          consume(() => timer(4)),
        )
        .subscribe();
      words.expectBody(read).toBe('  (abcd)--(ef)----|', { a: '1', b: '2', c: '3', d: '4', e: '5', f: '6' });
      words.expectCredit(read).toBe('----a---b---c---d---e---f', { a: 1, b: 1, c: 1, d: 1, e: 1, f: 1 });
    }));
});

describe('the stages of one delivery', () => {
  it('give a chunk back once, however many retained it, and on every path', () =>
    httpTest((words) => {
      const read = words.probe();
      const body = written(words, '(ab)-----|');
      // Done at 3 ms, and left at 5: one of both ways for each chunk.
      const reading = body
        .pipe(
          read,
          consume((chunk) => (chunk[0] === 0x61 ? timer(3) : NEVER)),
        )
        .subscribe();
      timer(5).subscribe(() => reading.unsubscribe());
      words.expectCredit(read).toBe('---a-b', { a: 1, b: 1 });
    }));

  it('know nothing outside of it: retain() is undefined there', () =>
    httpTest((words) => {
      words.expectObservable(timer(1).pipe(map(() => retain()))).toBe('-(u|)', { u: undefined });
    }));

  it('keep the order of what is written in the middle of them', () =>
    httpTest((words) => {
      const body = new Body();
      const read = words.probe();
      body
        .pipe(
          read,
          tap((chunk) => {
            if (chunk[0] === 0x61) body.next(Buffer.from('c'));
          }),
        )
        .subscribe();
      timer(1).subscribe(() => {
        body.next(Buffer.from('a'));
        body.next(Buffer.from('b'));
        body.complete();
      });
      words.expectBody(read).toBe('-(acb|)');
    }));
});
