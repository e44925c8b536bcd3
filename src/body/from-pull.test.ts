/** `fromPull` over what JavaScript iterates, at once and later. Streams and files are in the files beside this one. */
import { setImmediate as turn } from 'node:timers/promises';
import { Subject, Subscription, take } from 'rxjs';
import { retain } from '../demand/lease.js';
import { bytes, Reader, utf8 } from '../../test/kits/units/bodies.js';
import { fromPull, type Piece } from './from-pull.js';
import { textOf, turns } from '../../test/kits/units/pulled-sources.js';

/** Pieces that remember how many were asked for, and whether the rest was declined. */
class Pieces {
  pulls = 0;
  returns = 0;
  constructor(
    private readonly count: number,
    private readonly size = 10,
  ) {}
  result(): IteratorResult<Piece, undefined> {
    return this.pulls++ < this.count ? { done: false, value: bytes(this.size) } : { done: true, value: undefined };
  }
  stop(): IteratorReturnResult<undefined> {
    this.returns++;
    return { done: true, value: undefined };
  }
  get sync(): Iterable<Piece> {
    return {
      [Symbol.iterator]: () => ({
        next: () => this.result(),
        return: () => this.stop(),
      }),
    };
  }
  get async(): AsyncIterable<Piece> {
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve(this.result()),
        return: () => Promise.resolve(this.stop()),
      }),
    };
  }
}

describe('fromPull over an iterable', () => {
  it('emits its pieces at once, text as UTF-8, then completes', () => {
    const reader = new Reader();
    fromPull(['a', utf8('b'), '', '€']).subscribe(reader);
    expect([Buffer.concat(reader.chunks).toString(), reader.ends]).toEqual(['ab€', ['complete']]);
  });

  it('copies no bytes', () => {
    const reader = new Reader();
    const chunk = bytes(10);
    fromPull([chunk]).subscribe(reader);
    expect(reader.chunks[0]).toBe(chunk);
  });

  it('is cold: each subscription pulls again, and nothing is pulled before', () => {
    let made = 0;
    const source = fromPull({
      [Symbol.iterator]: () => {
        made++;
        return ['a'][Symbol.iterator]();
      },
    });
    expect(made).toBe(0);
    source.subscribe();
    source.subscribe();
    expect(made).toBe(2);
  });

  it('pulls while there is room in the window, and goes on at half of it', () => {
    const pieces = new Pieces(100);
    const reader = new Reader({ retain: true });
    fromPull(pieces.sync, { window: 40 }).subscribe(reader);
    expect(pieces.pulls).toBe(4);
    reader.releases[0]?.();
    expect(pieces.pulls).toBe(4);
    reader.releases[1]?.();
    expect(pieces.pulls).toBe(6);
  });

  it('ends a generator where its reader has enough, and pulls no more', () => {
    let finished = 0;
    const generator = function* (): Generator<string> {
      try {
        for (;;) yield 'x';
      } finally {
        finished++;
      }
    };
    const reader = new Reader();
    fromPull(generator()).pipe(take(2)).subscribe(reader);
    expect([reader.text, reader.ends, finished]).toEqual(['xx', ['complete'], 1]);
  });

  it('ends a generator that cancels itself while it runs', () => {
    let finished = 0;
    const stop = new Subject<void>();
    const generator = function* (): Generator<string> {
      try {
        yield 'a';
        stop.next();
        yield 'b';
        yield 'c';
      } finally {
        finished++;
      }
    };
    const reader = new Reader();
    const subscription = fromPull(generator(), { window: 1 }).subscribe({
      next: (chunk) => {
        reader.next(chunk);
        reader.releases.push(retain());
      },
    });
    stop.subscribe(() => subscription.unsubscribe());
    reader.releaseAll();
    expect([reader.text, finished]).toEqual(['a', 1]);
  });

  it('ends an iterator once that was cancelled while it ran', () => {
    let returns = 0;
    const subscription = new Subscription();
    const reader = new Reader({ retain: true });
    const iterator: Iterator<Piece> = {
      next: () => {
        if (reader.chunks.length > 0) subscription.unsubscribe();
        return { done: false, value: 'x' };
      },
      return: () => {
        returns++;
        return { done: true, value: undefined };
      },
    };
    subscription.add(fromPull({ [Symbol.iterator]: () => iterator }, { window: 1 }).subscribe(reader));
    expect(returns).toBe(0);
    reader.releaseAll();
    expect([returns, reader.text]).toEqual([1, 'x']);
  });

  it('delivers what came before an error of the iterable', () => {
    const failure = new Error('in a generator');
    const generator = function* (): Generator<string> {
      yield 'a';
      throw failure;
    };
    const reader = new Reader();
    fromPull(generator()).subscribe(reader);
    expect([reader.text, reader.ends]).toEqual(['a', [failure]]);
  });

  it('takes an iterable that cannot be begun for an error', () => {
    const reader = new Reader();
    fromPull({
      [Symbol.iterator]: () => {
        throw new Error('no iterator');
      },
    }).subscribe(reader);
    expect(reader.ends).toEqual([new Error('no iterator')]);
  });

  it('does not mind a return() that throws', () => {
    const iterator = {
      next: () => ({ done: false, value: 'x' }),
      return: () => {
        throw new Error('will not stop');
      },
    };
    const reader = new Reader();
    fromPull({ [Symbol.iterator]: () => iterator })
      .pipe(take(1))
      .subscribe(reader);
    expect(reader.ends).toEqual(['complete']);
  });
});

describe('fromPull over an async iterable', () => {
  it('emits its pieces, one asked for at a time', async () => {
    let open = 0;
    const source = async function* (): AsyncGenerator<string> {
      for (const piece of ['a', 'b', 'c']) {
        expect(++open).toBe(1);
        await turn();
        open--;
        yield piece;
      }
    };
    expect(await textOf(fromPull(source()))).toBe('abc');
  });

  it('pulls while there is room in the window', async () => {
    const pieces = new Pieces(100);
    const reader = new Reader({ retain: true });
    const subscription = fromPull(pieces.async, { window: 40 }).subscribe(reader);
    await turns(5);
    expect(pieces.pulls).toBe(4);
    reader.releaseAll();
    await turns(5);
    expect(pieces.pulls).toBe(8);
    subscription.unsubscribe();
    await turns(2);
    expect([pieces.pulls, pieces.returns]).toEqual([8, 1]);
  });

  it('passes on what its iterator throws or rejects with', async () => {
    const rejecting = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('rejected')) }) };
    const throwing = {
      [Symbol.asyncIterator]: () => ({
        next: (): Promise<IteratorResult<string>> => {
          throw new Error('thrown');
        },
      }),
    };
    await expect(textOf(fromPull(rejecting))).rejects.toThrow('rejected');
    await expect(textOf(fromPull(throwing))).rejects.toThrow('thrown');
  });

  it('drops chunks that come after its reader has unsubscribed', async () => {
    const reader = new Reader();
    const pieces = new Pieces(3);
    fromPull(pieces.async).subscribe(reader).unsubscribe();
    await turns(3);
    expect([reader.chunks, reader.ends, pieces.returns]).toEqual([[], [], 1]);
  });

  it('reads a web ReadableStream, and cancels it', async () => {
    let cancelled = 0;
    const stream = (): ReadableStream<Uint8Array> =>
      new ReadableStream({
        pull: (controller) => controller.enqueue(utf8('x')),
        cancel: () => void (cancelled += 1),
      });
    expect(await textOf(fromPull(stream()).pipe(take(3)))).toBe('xxx');
    await turns(2);
    expect(cancelled).toBe(1);
  });
});
