/**
 * The law of memory: the bytes that are alive downstream of a body are at most its window, one batch of each operator, and a constant.
 * They are measured, and the peer cuts its bytes in any way. Wants `node --expose-gc --single-threaded-gc`; prints the result as JSON.
 */
import { fc } from '../properties.js';
import { CONSTANT, held, type Plan } from './held.js';
import type { Cut } from './peer.js';
import { type EndKind, ENDS, ownOf, type Part, type ReaderPlan, type StageKind, STAGES } from './readers.js';
import { type SourceKind, type SourcePlan, SOURCES } from './sources.js';

const KIB = 1024;

const window = fc.constantFrom(16 * KIB, 64 * KIB, 256 * KIB);

/** Pieces of one byte among others, and of every size; as small as the window wants them. */
const sizes = (most: number): fc.Arbitrary<readonly number[]> =>
  fc.oneof<fc.Arbitrary<readonly number[]>[]>(
    fc.constant([1]),
    fc.integer({ min: 1, max: most }).map((size) => [size]),
    fc.integer({ min: 2, max: most }).map((size) => [size - 1, 1]),
    fc.array(fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: most })), {
      minLength: 1,
      maxLength: 6,
    }),
  );

const cut = (most: number): fc.Arbitrary<Cut> =>
  fc.record({
    sizes: sizes(most),
    read: fc.constantFrom(1, 100, 1460, 16 * KIB, 64 * KIB),
    whole: fc.boolean(),
    padding: fc.constantFrom(0, 255),
    bulk: fc.constantFrom(0, 100, 16_000),
  });

const part = <K extends string>(kinds: readonly K[]): fc.Arbitrary<Part<K>> =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    size: fc.constantFrom(100, 4096, 65_536),
    concurrency: fc.constantFrom(1, 4, Infinity),
  });

const source: fc.Arbitrary<SourcePlan> = window.chain((window) =>
  cut(window === 256 * KIB ? 65_536 : window / 4).chain((cut) => {
    // As many pieces as show a leak of any kind, and not as many as take a second.
    const mean = cut.sizes.reduce((sum, size) => sum + size, 0) / cut.sizes.length;
    const pieces = Math.ceil(mean * (cut.bulk > 0 ? 400 : 20_000));
    const total = Math.min(6 * window + 1024 * KIB, pieces, cut.read === 1 ? 40_000 : Infinity);
    return fc.record({
      kind: fc.constantFrom(...(Object.keys(SOURCES) as SourceKind[])),
      window: fc.constant(window),
      cut: fc.constant(cut),
      total: fc.constant(total),
    });
  }),
);

const plan: fc.Arbitrary<Plan> = fc.record({
  source,
  reader: fc.record({
    stages: fc.array(part(Object.keys(STAGES) as StageKind[]), { maxLength: 2 }),
    end: part(Object.keys(ENDS) as EndKind[]),
  }),
  rounds: fc.array(fc.constantFrom(0, 1, 3, 1000), { minLength: 1, maxLength: 3 }),
});

/** What a peer of HTTP/2 did once, to a window of 256 KiB. */
const attack = (kind: SourceKind, cut: Partial<Cut>, stages: ReaderPlan['stages'], end: EndKind): [Plan] => {
  const total = 2048 * KIB;
  const whole = { sizes: [16_000], read: 64 * KIB, whole: false, padding: 0, bulk: 0, ...cut };
  const source = { kind, window: 256 * KIB, cut: whole, total: cut.bulk === undefined ? total : 400 };
  return [{ source, reader: { stages, end: { kind: end, size: 65_536, concurrency: 1 } }, rounds: [0] }];
};

const batch: Part<'rechunk'> = { kind: 'rechunk', size: 65_536, concurrency: 1 };
const attacks: [Plan][] = [
  // A batch whose last chunk is one byte.
  attack('h2 server', { sizes: [65_535, 1] }, [batch], 'consume'),
  attack('h2 client', { sizes: [65_535, 1] }, [{ ...batch, kind: 'bufferBytes' }], 'consume'),
  // A byte now and then, between much on another stream.
  ...(['consume', 'hold', 'forAwait'] as const).map((end) =>
    attack('h2 server', { sizes: [1], bulk: 16_000 }, [], end),
  ),
  // Single bytes that wait.
  ...(['iterable', 'writer', 'h1 server', 'h2 client'] as const).map((kind) =>
    attack(kind, { sizes: [1] }, [], 'unreadRelay'),
  ),
  attack('writer', { sizes: [1] }, [], 'consume'),
  attack('h1 server', { sizes: [100] }, [{ ...batch, kind: 'tee' }], 'retain'),
];

const [runs = '200', seed] = process.argv.slice(2);
const worst = new Map<string, number>();
const result = await fc.check(
  fc.asyncProperty(plan, async (plan) => {
    const { window, kind } = plan.source;
    const allowed = (kind === 'blind writer' ? 2 : 1) * window + ownOf(plan.reader, window);
    let over = Infinity;
    // Code that runs for the first time is compiled, and that is memory too: what is held is there each time.
    for (let turn = 0; turn < 4 && over > CONSTANT / 2; turn++) over = Math.min(over, (await held(plan)) - allowed);
    const key = `${plan.source.kind} -> ${[...plan.reader.stages, plan.reader.end].map(({ kind }) => kind).join(' ')}`;
    worst.set(key, Math.max(worst.get(key) ?? 0, over));
    if (over > CONSTANT) throw new Error(`${Math.round(over / KIB)} KiB over the window and what the operators hold`);
  }),
  { numRuns: Number(runs), examples: attacks, ...(seed === undefined ? {} : { seed: Number(seed) }) },
);
const failure = 'errorInstance' in result ? result.errorInstance : undefined;
const highest = [...worst].sort((a, b) => b[1] - a[1]).slice(0, 8);
console.log(
  JSON.stringify(
    {
      runs: result.numRuns,
      failed: result.failed,
      seed: result.seed,
      plan: result.counterexample,
      error: failure instanceof Error ? failure.message : '',
      highest: highest.map(([key, over]) => `${Math.round(over / KIB)} KiB: ${key}`),
    },
    undefined,
    1,
  ),
);
process.exit();
