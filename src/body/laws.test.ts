/** The laws of demand, for any source, any chain of operators, any reader and any end. */
import { fc } from '../../test/kits/properties.js';
import { type Subscription, VirtualTimeScheduler } from 'rxjs';
import { retain, scope } from '../demand/lease.js';
import { Accounted, bytes } from '../../test/kits/units/bodies.js';
import { cutting, preserving, runs, type Stage, through } from '../../test/kits/units/pipelines.js';

interface Plan {
  readonly window: number;
  /** Sizes of the chunks that are written. */
  readonly sizes: readonly number[];
  readonly stages: readonly Stage[];
  /** How long the reader keeps each chunk, in turn: undefined is not at all. */
  readonly keeps: readonly (number | undefined)[];
  /** How it ends early. */
  readonly cut?: { readonly how: 'unsubscribe' | 'error' | 'truncate' | 'complete'; readonly at: number };
  /** When the reader comes. */
  readonly comes: number;
}

const plan = (stage: fc.Arbitrary<Stage>): fc.Arbitrary<Omit<Plan, 'cut'>> =>
  fc.record({
    window: fc.integer({ min: 1, max: 120 }),
    sizes: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 40 }),
    stages: fc.array(stage, { maxLength: 5 }),
    keeps: fc.array(fc.option(fc.nat({ max: 15 }), { nil: undefined }), { minLength: 1, maxLength: 5 }),
    comes: fc.nat({ max: 5 }),
  });

const cut = fc.record({
  how: fc.constantFrom('unsubscribe' as const, 'error' as const, 'truncate' as const, 'complete' as const),
  at: fc.nat({ max: 120 }),
});

/** Runs a plan to its end in virtual time. */
function run({ window, sizes, stages, keeps, cut, comes }: Plan) {
  const clock = new VirtualTimeScheduler();
  const source = new Accounted({ window });
  const got: Uint8Array[] = [];
  const ends: string[] = [];
  let early = 0;
  let retained = 0;
  let released = 0;
  let subscription: Subscription | undefined;

  // A writer that listens.
  const rest = sizes.slice();
  let pumping = false;
  source.body.drained.subscribe(() => {
    if (pumping) return;
    pumping = true;
    while (rest.length > 0 && source.write(bytes(rest.shift()!, source.written)));
    pumping = false;
    if (rest.length === 0) source.body.complete();
  });

  clock.schedule(() => {
    early = source.credited + source.started;
    subscription = through(source.body, stages, clock).subscribe({
      next: (chunk) => {
        const keep = keeps[got.length % keeps.length];
        got.push(chunk);
        if (keep === undefined) return;
        const release = retain();
        if (release === undefined) return;
        retained++;
        clock.schedule(() => {
          released++;
          release();
          release();
        }, keep);
      },
      error: () => ends.push('error'),
      complete: () => ends.push('complete'),
    });
  }, comes);
  if (cut !== undefined) {
    clock.schedule(() => {
      if (cut.how === 'unsubscribe') subscription?.unsubscribe();
      else if (cut.how === 'complete') source.body.complete();
      else source.body[cut.how](new Error('cut'));
    }, comes + cut.at);
  }
  clock.flush();
  const before = { unacked: source.body.unacked, ends: ends.slice() };
  subscription?.unsubscribe();
  clock.flush();
  // `take(0)` never came to the body: chunks that wait there are discarded with it.
  if (source.started === 0) source.body.subscribe({ error: () => 0 }).unsubscribe();
  return { source, got: Buffer.concat(got), ends, early, retained, released, before, unwritten: rest.length };
}

describe('the laws of demand', () => {
  it('concatenated output is the input, the end comes once, and all credit is back', () => {
    fc.assert(
      fc.property(plan(preserving), (plan) => {
        const { source, got, ends, early, before, unwritten } = run(plan);
        const total = plan.sizes.reduce((sum, size) => sum + size, 0);
        expect(unwritten).toBe(0);
        expect(got.equals(bytes(total))).toBe(true);
        expect([ends, before.unacked, source.credited]).toEqual([['complete'], 0, total]);
        expect(early).toBe(0); // nothing before subscribe
        expect(source.peak).toBeLessThanOrEqual(plan.window + Math.max(0, ...plan.sizes));
        expect(scope.current).toBeUndefined();
      }),
      { numRuns: runs(400) },
    );
  });

  it('a source that goes on within the delivery of a batch loses nothing', () => {
    const stages: readonly Stage[] = [
      { kind: 'bufferBytes', max: 6, ms: 0 },
      { kind: 'rechunk', size: 1 },
      { kind: 'rechunk', size: 4 },
    ];
    const { got, source } = run({ window: 29, sizes: [28, 5, 1], stages, keeps: [1, undefined, undefined], comes: 0 });
    expect(got.equals(bytes(34))).toBe(true);
    expect(source.credited).toBe(34);
  });

  it('a writer that goes on for the credit of a batch does not wait for the delivery that the batch ends in', () => {
    const stages: readonly Stage[] = [
      { kind: 'rechunk', size: 1 },
      { kind: 'relay', window: 2 },
      { kind: 'rechunk', size: 36 },
    ];
    const { got, unwritten } = run({ window: 1, sizes: [21, 50, 1, 1, 1], stages, keeps: [undefined], comes: 0 });
    expect([got.length, unwritten]).toEqual([74, 0]);
  });

  it('credit returned is delivered + discarded, and every retain is released once, whatever ends it', () => {
    fc.assert(
      fc.property(plan(fc.oneof(preserving, cutting)), fc.option(cut, { nil: undefined }), (plan, end) => {
        const { source, ends, got, retained, released } = run({ ...plan, ...(end && { cut: end }) });
        expect(source.body.unacked).toBe(0);
        expect(source.credited).toBe(source.written);
        expect(released).toBe(retained);
        expect(ends.length).toBeLessThanOrEqual(1);
        expect(source.peak).toBeLessThanOrEqual(plan.window + Math.max(0, ...plan.sizes));
        if (!plan.stages.some((stage) => stage.kind === 'dropSome')) {
          expect(got.equals(bytes(got.length))).toBe(true); // the chunks that came are a beginning of those that were sent
        }
        expect(scope.current).toBeUndefined();
      }),
      {
        numRuns: runs(800),
        // The second stage fails within the delivery that the first one resumes, and a later stage then gives what it has.
        examples: [
          [
            {
              window: 1,
              sizes: [1, 1],
              stages: [
                { kind: 'failInside', at: 2 },
                { kind: 'failInside', at: 1 },
                { kind: 'catchError' },
                { kind: 'rechunk', size: 2 },
              ],
              keeps: [0],
              comes: 0,
            },
            undefined,
          ],
        ],
      },
    );
  });

  it('a reader that writes in its delivery finds its bytes after all that came before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.nat({ max: 3 }), { maxLength: 3 }), { maxLength: 20 }),
        fc.boolean(),
        (answers, early) => {
          const source = new Accounted({ limit: Infinity });
          const written: number[] = [];
          const read: number[] = [];
          const write = (): void => {
            written.push(written.length % 256);
            source.write(Uint8Array.of((written.length - 1) % 256));
          };
          const start = (): void => {
            source.body.subscribe((chunk) => {
              const now = read.push(chunk[0]!);
              for (const times of answers[now - 1] ?? []) for (let time = 0; time < times; time++) write();
              expect(read.length).toBe(now); // no delivery inside a delivery
            });
          };
          if (early) start();
          for (let index = 0; index < 10; index++) write();
          if (!early) start();
          expect(read).toEqual(written);
          expect([source.body.unacked, source.credited]).toEqual([0, written.length]);
        },
      ),
    );
  });
});
