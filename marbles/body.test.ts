/**
 * A Body: a Subject of bytes that waits for its one reader, and reports its progress to its writer.
 *
 * ```
 * written    ab------c|
 * reader     ---^            what came before waits
 * read       ---(ab)-c|
 * credit     -----x----c     a stage behind retains each for 2 ms
 * ```
 */
import { delay, map, mergeMap, of, take, timer } from 'rxjs';
import { Body, BodyAlreadySubscribed, BodyError, BodyOverflow, consume, hold, retain } from 'rxpaf';
import { type HttpTest, httpTest } from 'rxpaf/testing';

/** Writes what is drawn, whether the body is ready or not. */
function write({ cold }: HttpTest, body: Body, diagram: string, values: Readonly<Record<string, string>> = {}): void {
  cold(diagram)
    .pipe(map((letter) => Buffer.from(values[letter] ?? letter)))
    .subscribe(body);
}

const decoded = (chunk: Uint8Array): string => Buffer.from(chunk).toString();

/** A drawing of `body.drained`: `o` where more is welcome. */
const OPEN = { o: undefined };

describe('reading', () => {
  it('waits for its reader, and keeps the order', () =>
    httpTest((words) => {
      const body = new Body();
      write(words, body, '                   ab------c|');
      words.expectBody(body, '  ---^').toBe('---(ab)-c|');
    }));

  it('ends for a reader that comes late', () =>
    httpTest((words) => {
      const whole = new Body();
      const failed = new Body();
      write(words, whole, 'a|');
      write(words, failed, 'a#');
      words.expectBody(whole, ' ---^').toBe('---(a|)');
      // An error of the writer's drops what waits.
      words.expectBody(failed, '---^').toBe('---#', {}, 'error');
    }));

  it('has one reader: another is an error', () =>
    httpTest((words) => {
      const body = new Body();
      write(words, body, 'a-b-|');
      words.expectBody(body).toBe(' a-b-|');
      words.expectObservable(body, '-^').toBe('            -#', {}, new BodyAlreadySubscribed());
    }));

  it('discards the rest when its reader unsubscribes', () =>
    httpTest((words) => {
      const body = new Body({ window: 2 });
      write(words, body, 'a-b-c-d|');
      words.expectBody(body.pipe(take(2))).toBe('a-(b|)');
      words.expectObservable(body.drained, '---^').toBe('           ---|');
      words
        .expectObservable(timer(5).pipe(map(() => [body.cancelled, body.unacked])))
        .toBe('-----(s|)', { s: [true, 0] });
    }));

  it('is gathered into one piece, up to a limit', () =>
    httpTest((words) => {
      const [whole, long, json, wrong] = [new Body(), new Body(), new Body(), new Body()] as const;
      write(words, whole, 'ab|');
      write(words, long, 'ab|');
      write(words, json, 'a|', { a: '{"b":1}' });
      write(words, wrong, 'a|', { a: '{' });
      words.expectObservable(whole.text()).toBe('--(x|)', { x: 'ab' });
      words
        .expectObservable(long.bytes(1))
        .toBe('-#', {}, new BodyError('body-too-large', 'the body is larger than 1 bytes', 413));
      words.expectObservable(json.json()).toBe('-(x|)', { x: { b: 1 } });
      words.expectObservable(wrong.json().pipe(map(() => 'no'))).toBe('-#');
    }));
});

describe('errors', () => {
  it('of a writer reach the reader at once', () =>
    httpTest((words) => {
      const body = new Body();
      write(words, body, 'a-#');
      words.expectBody(body).toBe('a-#', {}, 'error');
    }));

  it('that a peer caused, and nobody handles, do not become unhandled errors', () =>
    httpTest((words) => {
      const flows = ['/plain', '/map', '/text', '/consume', '/hold'].map((path) =>
        words.flow('a-#', { a: words.h1.requestHead('POST', path, { 'content-length': 9 }) }),
      );
      const service = words.serve(flows, ({ path, body }) => {
        if (path === '/plain') body.subscribe();
        if (path === '/map') body.pipe(map(decoded)).subscribe();
        if (path === '/text') body.text().subscribe(() => undefined);
        if (path === '/consume') body.pipe(consume(() => of(1))).subscribe();
        if (path === '/hold') body.pipe(hold(delay(1))).subscribe();
        return timer(9).pipe(mergeMap(() => []));
      });
      const aborted = { outcome: 'aborted', error: 'connection-reset' } as const;
      words.expectFaults(service).toBe('');
      words.expectServed(service).toBe('--(abcde|)', Object.fromEntries(Array.from('abcde', (one) => [one, aborted])));
      words.expectUnhandled().toBe('');
    }));
});

describe('credit', () => {
  it('goes back when a chunk has been delivered', () =>
    httpTest((words) => {
      const body = new Body();
      const read = words.probe();
      write(words, body, 'a-b|');
      body.pipe(read, map(decoded)).subscribe();
      words.expectBody(read).toBe('  a-b|');
      words.expectCredit(read).toBe('a-b', { a: 1, b: 1 });
    }));

  it('waits for a reader that retains', () =>
    httpTest((words) => {
      const body = new Body();
      const read = words.probe();
      write(words, body, 'ab---c|');
      body.pipe(read).subscribe(() => {
        const release = retain();
        timer(3).subscribe(() => release?.());
      });
      words.expectBody(read).toBe('  ab---c|');
      words.expectCredit(read).toBe('---ab---c', { a: 1, b: 1, c: 1 });
    }));

  it('waits for all readers that retain, and once each', () =>
    httpTest((words) => {
      const body = new Body();
      const read = words.probe();
      write(words, body, 'a|');
      body.pipe(read).subscribe(() => {
        for (const time of [2, 4]) {
          const release = retain();
          timer(time).subscribe(() => {
            release?.();
            release?.();
          });
        }
      });
      words.expectCredit(read).toBe('----a', { a: 1 });
    }));

  it('returns at once for what a filter drops, and later for what an asynchronous stage keeps', () =>
    httpTest((words) => {
      const body = new Body();
      const read = words.probe();
      write(words, body, 'a-b--|');
      body
        .pipe(
          read,
          map(decoded),
          mergeMap((letter) => (letter === 'a' ? [] : [Buffer.from(letter)])),
          hold(delay(3)),
        )
        .subscribe();
      words.expectCredit(read).toBe('a----b', { a: 1, b: 1 });
    }));

  it('follows the work of consume(), one at a time', () =>
    httpTest((words) => {
      const body = new Body();
      const read = words.probe();
      write(words, body, '(abc)|');
      const work = body.pipe(
        read,
        consume((chunk) => of(decoded(chunk)).pipe(delay(3))),
      );
      words.expectObservable(work).toBe('---a--b--(c|)');
      words.expectCredit(read).toBe('   ---a--b--c', { a: 1, b: 1, c: 1 });
    }));

  it('of a stage that is left in the middle goes back', () =>
    httpTest((words) => {
      const body = new Body();
      const read = words.probe();
      write(words, body, '(ab)--|');
      words
        .expectObservable(
          body.pipe(
            read,
            consume(() => of(1).pipe(delay(9))),
          ),
          '^---!',
        )
        .toBe('');
      words.expectCredit(read).toBe('----a', { a: 2 });
    }));
});

describe('writing', () => {
  it('is to wait at the window, and is welcome again at half of it', () =>
    httpTest((words) => {
      const body = new Body({ window: 4 });
      write(words, body, 'ab-----|', { a: '12', b: '34' });
      body.pipe(consume(() => timer(3))).subscribe();
      words.expectObservable(body.drained).toBe('o--o---|', OPEN);
      words.expectObservable(timer(2).pipe(map(() => body.ready))).toBe('--(r|)', { r: false });
    }));

  it('finds it shut while nobody reads', () =>
    httpTest((words) => {
      const body = new Body({ window: 2 });
      write(words, body, 'ab--');
      words.expectObservable(timer(2).pipe(map(() => [body.ready, body.unacked]))).toBe('--(s|)', { s: [false, 2] });
      words.expectObservable(body.drained, '--^').toBe('-----o', OPEN);
      words.expectBody(body, '-----^').toBe('-----(ab)');
    }));

  it('without end, and without waiting, is an error at the limit', () =>
    httpTest((words) => {
      const body = new Body({ window: 1, limit: 3 });
      write(words, body, 'abcdefg');
      words.expectObservable(body, '-----^').toBe('-----#', {}, new BodyOverflow(4, 3));
    }));

  it('a Body inside a delivery of another holds that: a relay slows its sender down', () =>
    httpTest((words) => {
      const source = new Body();
      const target = new Body({ window: 1 });
      const relay = words.probe();
      write(words, source, 'ab------|');
      source.pipe(relay).subscribe(target);
      words.expectCredit(relay).toBe('----a', { a: 2 });
      words.expectBody(target, '----^').toBe('----(ab)|');
    }));

  it('goes on after its reader has unsubscribed: nothing waits for ever', () =>
    httpTest((words) => {
      const source = new Body();
      const target = new Body({ window: 1 });
      const relay = words.probe();
      write(words, source, 'a-b-|');
      source.pipe(relay).subscribe(target);
      words.expectCredit(relay).toBe('-ab', { a: 1, b: 1 });
      words.expectBody(target.pipe(take(1)), '-^').toBe('-(a|)');
    }));

  it('a Flow inside its own delivery waits for the peer to take it: an echo has backpressure', () =>
    httpTest((words) => {
      const peer = words.flow('a-b-c|', {}, words.slowPeer('---x--y--z'));
      peer.subscribe(peer);
      words.expectWire(peer).toBe('a-b-c|');
      words.expectCredit(peer).toBe('---a--b', { a: 2, b: 1 });
    }));
});
