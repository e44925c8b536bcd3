/** `fromPull` over the streams and blobs of the web platform. */
import { setImmediate as turn } from 'node:timers/promises';
import { lastValueFrom, take, toArray } from 'rxjs';
import { retain } from '../demand/lease.js';
import { bytes, Reader } from '../../test/kits/units/bodies.js';
import { collect } from './collect.js';
import { fromPull, type Pullable } from './from-pull.js';

const turns = async (count: number): Promise<void> => {
  for (let each = 0; each < count; each++) await turn();
};

/** A stream that counts what was pulled, and remembers that it was cancelled. */
class Source {
  pulls = 0;
  cancels = 0;
  readonly stream: ReadableStream<Uint8Array>;
  constructor(count: number, size: number) {
    this.stream = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          if (this.pulls++ < count) controller.enqueue(bytes(size));
          else controller.close();
        },
        cancel: () => {
          this.cancels++;
        },
      },
      { highWaterMark: 0 },
    );
  }
}

const failure = async (source: Pullable): Promise<unknown> =>
  lastValueFrom(fromPull(source)).then(
    () => 'no error',
    (error: unknown) => error,
  );

describe('fromPull over a web ReadableStream', () => {
  it('emits its chunks, text as UTF-8, then completes', async () => {
    const stream = new ReadableStream<Uint8Array | string>({
      start(controller) {
        controller.enqueue('a');
        controller.enqueue(Buffer.from('b'));
        controller.close();
      },
    });
    expect(Buffer.from(await lastValueFrom(fromPull(stream).pipe(collect()))).toString()).toBe('ab');
  });

  it('pulls no more than the window while its reader holds what came', async () => {
    const source = new Source(100, 1000);
    const releases: (() => void)[] = [];
    const subscription = fromPull(source.stream, { window: 4000 }).subscribe(() => void releases.push(retain()!));
    await turns(50);
    expect(source.pulls).toBe(4);
    for (const release of releases.splice(0)) release();
    await turns(50);
    expect(source.pulls).toBe(8);
    subscription.unsubscribe();
  });

  it('is cancelled when its reader unsubscribes', async () => {
    const source = new Source(100, 10);
    expect(await lastValueFrom(fromPull(source.stream).pipe(take(3), toArray()))).toHaveLength(3);
    await turns(5);
    expect(source.cancels).toBe(1);
  });

  it('is cancelled at once, though a read is under way that gives nothing', async () => {
    let cancelled = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull: () => new Promise<void>(() => undefined),
      cancel: () => {
        cancelled++;
      },
    });
    const subscription = fromPull(stream).subscribe();
    await turns(5);
    subscription.unsubscribe();
    await turns(5);
    expect(cancelled).toBe(1);
  });

  it('fails as it fails, after what came', async () => {
    const reader = new Reader();
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        controller.enqueue(bytes(3));
        controller.error(new Error('boom'));
      },
    });
    fromPull(stream).subscribe(reader);
    await turns(5);
    expect(reader.ends).toMatchObject([{ message: 'boom' }]);
  });

  it('is an error of the subscription if somebody else reads it', async () => {
    const { stream } = new Source(1, 1);
    stream.getReader();
    expect(await failure(stream)).toMatchObject({ name: 'TypeError' });
  });

  it('may be of another implementation, without an iterator', async () => {
    let left = 2;
    const foreign = {
      getReader: () => ({
        read: () => Promise.resolve(left-- > 0 ? { done: false, value: bytes(2) } : { done: true }),
        cancel: () => Promise.resolve(),
      }),
    };
    expect(await lastValueFrom(fromPull(foreign).pipe(collect()))).toHaveLength(4);
  });
});

describe('fromPull over a Blob', () => {
  const text = async (source: Pullable, options = {}): Promise<string> =>
    Buffer.from(await lastValueFrom(fromPull(source, options).pipe(collect()))).toString();

  it('emits its bytes again at each subscription', async () => {
    const blob = new Blob(['hello ', Buffer.from('world')]);
    expect([await text(blob), await text(blob)]).toEqual(['hello world', 'hello world']);
  });

  it('emits a part', async () => {
    const blob = new Blob(['hello world']);
    expect(await text(blob, { start: 6 })).toBe('world');
    expect(await text(blob, { start: 1, end: 5 })).toBe('ello');
    expect(await text(blob, { end: 5 })).toBe('hello');
  });

  it('is read no faster than it is taken', async () => {
    let taken = 0;
    const releases: (() => void)[] = [];
    const subscription = fromPull(new Blob(Array.from({ length: 64 }, () => Buffer.alloc(16 * 1024)))).subscribe(
      (chunk) => {
        taken += chunk.length;
        releases.push(retain()!);
      },
    );
    await turns(50);
    expect(taken).toBeLessThanOrEqual(2 * 64 * 1024);
    subscription.unsubscribe();
  });
});

describe('a piece that is neither text nor bytes', () => {
  const message = (error: unknown): string => (error as Error).message;

  it.each<[string, () => unknown, string]>([
    ['an iterable', () => [1, 2], 'a number'],
    [
      'an async iterable',
      () =>
        (async function* () {
          await turn();
          yield {};
        })(),
      'an object',
    ],
    ['a web stream', () => new ReadableStream({ pull: (to) => to.enqueue(new Date()) }), 'a Date'],
    ['a Map', () => new Map([[1, 2]]), 'an array'],
  ])('of %s is an error that names its type', async (_, source, type) => {
    const error = await failure(source() as Pullable);
    expect(error).toBeInstanceOf(TypeError);
    expect(message(error)).toContain(`a chunk of the content is ${type}: expected text or bytes`);
  });

  it('ends the iterator that gave it', async () => {
    let returned = 0;
    const source = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: 5 }),
        return: () => ({ done: true, value: returned++ }),
      }),
    };
    expect(await failure(source as unknown as Pullable)).toBeInstanceOf(TypeError);
    expect(returned).toBe(1);
  });
});
