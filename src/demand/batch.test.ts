/** The credit of a batch: all of its bytes, to each of their sources, however they were cut and whichever operator gathers them. */
import { merge, NEVER, of, type OperatorFunction, share, take, VirtualTimeScheduler } from 'rxjs';
import { Accounted, bytes, Reader } from '../../test/kits/units/bodies.js';
import { bufferBytes } from '../body/buffer-bytes.js';
import { rechunk } from '../body/rechunk.js';
import { Batch } from './batch.js';
import { consume } from './consume.js';
import { type ByteCreditor, retain } from './lease.js';

const never = (): OperatorFunction<Uint8Array, never> => consume(() => NEVER);

/** How much of an endless source is read, written as a writer does that listens, in pieces of `sizes`, in turn. */
function readOf(window: number, operator: OperatorFunction<Uint8Array, unknown>, ...sizes: readonly number[]): number {
  const source = new Accounted({ window });
  source.body.pipe(operator).subscribe();
  for (let turn = 0; turn < 10_000 && source.body.ready; turn++) source.write(bytes(sizes[turn % sizes.length]!));
  return source.written;
}

describe('a batch that a later stage never takes', () => {
  const operators: readonly [string, OperatorFunction<Uint8Array, Uint8Array>, number][] = [
    ['rechunk', rechunk(64), 64],
    ['bufferBytes', bufferBytes(64, 1, new VirtualTimeScheduler()), 64],
    ['rechunk of more than the window', rechunk(1000), 1000],
    ['bufferBytes of more than the window', bufferBytes(1000, 1, new VirtualTimeScheduler()), 1000],
    ['one behind the other', (source) => source.pipe(rechunk(7), bufferBytes(64, 1, new VirtualTimeScheduler())), 71],
    [
      'a stage between that works at once',
      (source) =>
        source.pipe(
          rechunk(8),
          consume((chunk) => of(chunk)),
          rechunk(64),
        ),
      72,
    ],
    ['rechunk behind share', (source) => source.pipe(share(), rechunk(64)), 64],
  ];
  const cuts: readonly (readonly number[])[] = [[1], [63, 1], [1, 63], [64], [65], [100], [31, 32, 33], [999, 1]];
  it.each(operators)('%s: stops its sender at the window and one batch', (_name, operator, batch) => {
    for (const cut of cuts)
      expect(readOf(256, (source) => source.pipe(operator, never()), ...cut)).toBeLessThanOrEqual(
        256 + batch + Math.max(...cut),
      );
  });

  it('does not make it read less than the window', () => {
    for (const cut of cuts)
      expect(readOf(256, (source) => source.pipe(rechunk(64), never()), ...cut)).toBeGreaterThanOrEqual(256);
  });
});

describe('a batch that is gathered', () => {
  it.each([1, 4, 5, 8, 100])(
    'of %s bytes and a window of 8 is complete some day, with two operators in sequence',
    (size) => {
      for (const second of [1, 3, 8, 50]) {
        const source = new Accounted({ window: 8 });
        const reader = new Reader();
        source.body.pipe(rechunk(size), rechunk(second), rechunk(size)).subscribe(reader);
        source.feed(1000, 3);
        expect([reader.text.length, reader.ends, source.body.unacked, source.credited]).toEqual([
          1000,
          ['complete'],
          0,
          1000,
        ]);
      }
    },
  );

  it('is charged to each of its sources, and given back to it', () => {
    const sources = [new Accounted(), new Accounted()];
    const reader = new Reader({ retain: true });
    merge(...sources.map(({ body }) => body))
      .pipe(rechunk(10))
      .subscribe(reader);
    sources[0]!.write(bytes(3));
    sources[1]!.write(bytes(4));
    sources[0]!.write(bytes(3));
    expect(sources.map(({ body }) => body.unacked)).toEqual([6, 4]);
    reader.releaseAll();
    expect(sources.map(({ body, credited }) => [body.unacked, credited])).toEqual([
      [0, 6],
      [0, 4],
    ]);
  });

  it('is charged once, where a reader retains the same delivery by itself', () => {
    const source = new Accounted();
    let release: ReturnType<typeof retain>;
    const shared = source.body.pipe(share());
    shared.subscribe(() => (release = retain()));
    shared.pipe(rechunk(4)).subscribe();
    source.write(bytes(3));
    expect(source.body.unacked).toBe(3);
    release?.();
    expect(source.body.unacked).toBe(3);
    source.write(bytes(1));
    release?.();
    expect([source.body.unacked, source.credited]).toEqual([0, 4]);
  });

  it('is given back where its reader leaves within it, and where it is left before it is complete', () => {
    const source = new Accounted();
    source.body.pipe(rechunk(4), take(1)).subscribe();
    source.write(bytes(3));
    source.write(bytes(3));
    expect([source.cancelled, source.body.unacked, source.credited]).toEqual([1, 0, 6]);
    const other = new Accounted();
    const reading = other.body.pipe(rechunk(4)).subscribe();
    other.write(bytes(3));
    reading.unsubscribe();
    expect([other.body.unacked, other.credited]).toEqual([0, 3]);
  });
});

describe('the credit of batches within a batch', () => {
  it('goes back when the outermost delivery is over: a hundred thousand of them, without a recursion', () => {
    const clock = new VirtualTimeScheduler();
    const size = 300_000;
    const source = new Accounted({ window: 2 * size });
    let got = 0;
    let within = 0;
    source.body.pipe(bufferBytes(2 * size, 1, clock), rechunk(3), rechunk(2)).subscribe((chunk) => {
      got += chunk.length;
      within = source.credited;
    });
    source.write(bytes(size - 1));
    source.write(bytes(1));
    clock.flush();
    expect([got, within, source.credited]).toEqual([size, 0, size]);
  });

  it('goes back to each source, also if another one throws', () => {
    let credited = 0;
    const creditor = (creditBack: (size: number) => void): ByteCreditor => ({
      ...{ creditBack, gathers: () => undefined, mayGather: () => true, chargeAgain: () => undefined },
    });
    const batchOf = (source: ByteCreditor): Batch => {
      const batch = new Batch();
      batch.owe(source, 7, 7);
      return batch;
    };
    const failing = creditor(() => {
      throw new Error('boom');
    });
    const inner = [failing, creditor((size) => (credited += size))].map(batchOf);
    const outer = batchOf(creditor(() => undefined));
    expect(() => outer.deliver(() => inner.forEach((batch) => batch.deliver(() => undefined)))).toThrow('boom');
    expect(credited).toBe(7);
  });
});
