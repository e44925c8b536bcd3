import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { delay, type Observable, of, Subject, Subscription, take } from 'rxjs';
import { consume } from '../demand/consume.js';
import { hold } from '../demand/hold.js';
import { retain } from '../demand/lease.js';
import { bytes, Reader, utf8 } from './body.test-kit.js';
import { fromPull, isReadable, type Piece, type PullableFile } from './from-pull.js';

/** All that `observable` emits, as text; its error is thrown. */
function textOf(observable: Observable<Uint8Array>): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new Reader();
    observable.subscribe({ next: reader.next, error: reject, complete: () => resolve(reader.text) });
  });
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const turns = async (count: number): Promise<void> => {
  for (let index = 0; index < count; index++) await turn();
};

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

  it('is cold: each subscription pulls anew, and nothing is pulled before', () => {
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

  it('drops what comes after its reader left', async () => {
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

describe('what is a Readable', () => {
  const nothing = (): undefined => undefined;
  it.each<[string, object, boolean]>([
    ['one of Node', new PassThrough(), true],
    ['one of another copy of the class', { pipe: nothing, on: nothing, pause: nothing }, true],
    ['what cannot be piped', { on: nothing, pause: nothing }, false],
    ['what tells of nothing', { pipe: nothing, pause: nothing }, false],
    ['what has no listeners, but something of that name', { pipe: nothing, on: true, pause: nothing }, false],
    ['what cannot be paused: a stream of old', { pipe: nothing, on: nothing }, false],
    ['an Observable', of(1), false],
    ['an array', [], false],
  ])('%s', (_name, source, expected) => {
    expect(isReadable(source)).toBe(expected);
  });
});

describe('fromPull over a Readable', () => {
  it('emits what it gives, text as UTF-8', async () => {
    expect(await textOf(fromPull(Readable.from([utf8('a'), 'b'])))).toBe('ab');
  });

  it('pauses it at the window', async () => {
    const readable = new PassThrough({ highWaterMark: 10 });
    const reader = new Reader({ retain: true });
    fromPull(readable, { window: 30 }).subscribe(reader);
    for (let index = 0; index < 20; index++) readable.write(bytes(10));
    readable.end();
    await turns(5);
    expect(reader.chunks.length).toBe(3);
    reader.releases.shift()?.(); // 20 of 30 are left: not yet half
    await turns(5);
    expect(reader.chunks.length).toBe(3);
    while (reader.ends.length === 0) {
      reader.releaseAll();
      await turn();
    }
    expect([reader.text.length, reader.ends]).toEqual([200, ['complete']]);
  });

  it('passes on its error behind what came', async () => {
    const readable = new PassThrough();
    const reader = new Reader();
    fromPull(readable).subscribe(reader);
    readable.write('came');
    await turns(2);
    readable.destroy(new Error('broken'));
    await turns(2);
    expect([reader.text, reader.ends]).toEqual(['came', [new Error('broken')]]);
  });

  it('takes a close before the end for an error', async () => {
    const readable = new PassThrough();
    const reader = new Reader();
    fromPull(readable).subscribe(reader);
    readable.destroy();
    await turns(2);
    expect(reader.ends).toEqual([new Error('the stream was closed before its end')]);
  });

  it('knows one that failed, ended, or was closed before', async () => {
    const [failed, ended, closed] = [new PassThrough(), new PassThrough(), new PassThrough()];
    failed.on('error', () => 0).destroy(new Error('broken'));
    ended.end();
    ended.resume();
    closed.destroy();
    await turns(3);
    const readers = [failed, ended, closed].map((readable) => {
      const reader = new Reader();
      fromPull(readable).subscribe(reader);
      return reader;
    });
    expect(readers.flatMap((reader) => reader.ends)).toEqual([
      new Error('broken'),
      'complete',
      new Error('the stream was closed before its end'),
    ]);
  });

  it('is destroyed where its reader leaves, and what fails in it afterwards is nobody’s', async () => {
    const readable = new PassThrough({
      destroy: (_error, callback) => {
        setImmediate(() => callback(new Error('in its destruction')));
      },
    });
    fromPull(readable).subscribe().unsubscribe();
    expect(readable.destroyed).toBe(true);
    await turns(3);
  });
});

describe('fromPull over a file', () => {
  let folder = '';
  let path = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rxpaf-'));
    path = join(folder, 'file');
    await writeFile(path, bytes(200_000));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['all of it', {}, 0, 200_000],
    ['from start', { start: 150_000 }, 150_000, 200_000],
    ['to before end', { end: 100 }, 0, 100],
    ['a range', { start: 65_000, end: 140_000 }, 65_000, 140_000],
    ['past its end', { start: 199_990, end: 999_999 }, 199_990, 200_000],
    ['nothing', { start: 5, end: 5 }, 5, 5],
  ])('reads %s', async (_name, options, from, to) => {
    const file = await open(path);
    const chunks: Uint8Array[] = [];
    await fromPull(file, options)
      .pipe(hold(delay(0)))
      .forEach((chunk) => chunks.push(chunk));
    expect(Buffer.concat(chunks).equals(bytes(200_000).subarray(from, to))).toBe(true);
    await file.close();
  });

  it('reads no further than its reader, and leaves the file open', async () => {
    const file = await open(path);
    let reads = 0;
    const counted: PullableFile = {
      read: (...parts) => {
        reads++;
        return file.read(...parts);
      },
    };
    const work = new Subject<never>();
    const reading = fromPull(counted)
      .pipe(consume(() => work))
      .subscribe();
    await turns(20);
    expect(reads).toBe(1);
    reading.unsubscribe();
    expect((await file.stat()).size).toBe(200_000);
    await file.close();
  });

  it.each([
    [{ start: 5, end: 5 }, []],
    [{ start: 5, end: 4 }, []],
    [{ start: 5, end: 8 }, [[5, 3]]],
    [{ end: 65_536 }, [[0, 65_536]]],
    [
      { start: 1, end: 65_538 },
      [
        [1, 65_536],
        [65_537, 1],
      ],
    ],
  ])('asks for no more than it is to read: %j', async (options, expected) => {
    const asked: unknown[] = [];
    const file: PullableFile = {
      read: (_buffer, _offset, length, position) => {
        asked.push([position, length]);
        return Promise.resolve({ bytesRead: length });
      },
    };
    await textOf(fromPull(file, options));
    expect(asked).toEqual(expected);
  });

  it('passes on an error of a read', async () => {
    const file = await open(path);
    await file.close();
    await expect(textOf(fromPull(file))).rejects.toThrow();
  });
});
