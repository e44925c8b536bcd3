/** Runs a row: its contestants in turn, round by round, so that other work of the machine affects all of them alike. */
import type { Contestant, Curve, Row, Runner, Sample, Sizes } from './row.js';

/** The result of a contestant: the median of its rounds, or the reason why it has no result. */
export type Standing =
  | { readonly kind: 'measured'; readonly name: string; readonly median: Sample; readonly rounds: readonly Sample[] }
  | { readonly kind: 'failed'; readonly name: string; readonly reason: string };

/** One cost in proportion to another: of each round, the two that ran at the same time. */
export interface Ratio {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export interface Result {
  readonly row: string;
  readonly work: string;
  readonly curve?: Curve;
  readonly costUnit: string;
  readonly rateUnit?: string;
  readonly asked: Row['asked'];
  readonly standings: readonly Standing[];
  /** Of each contestant but the one that is compared with; empty where that one failed. */
  readonly ratios: Readonly<Record<string, Ratio>>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median of each measure. */
export function medianSample(rounds: readonly Sample[]): Sample {
  const of = (measure: (sample: Sample) => number | undefined): number | undefined => {
    const values = rounds.map(measure).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : median(values);
  };
  const optional = (['rate', 'p50', 'p99', 'busy'] as const).flatMap((name) => {
    const value = of((sample) => sample[name]);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    cost: of(({ cost }) => cost) ?? Number.NaN,
    rss: of(({ rss }) => rss) ?? Number.NaN,
    ...Object.fromEntries(optional),
  };
}

/** `mine` in proportion to `theirs`, round by round. */
export function ratioOf(mine: readonly Sample[], theirs: readonly Sample[]): Ratio {
  const ratios = mine.slice(0, theirs.length).map(({ cost }, round) => cost / theirs[round]!.cost);
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}

interface Entry {
  readonly name: string;
  readonly rounds: Sample[];
  runner: Runner | undefined;
  failure: string | undefined;
}

async function start({ name, start }: Contestant, sizes: Sizes): Promise<Entry> {
  try {
    return { name, rounds: [], runner: await start(sizes), failure: undefined };
  } catch (error) {
    return { name, rounds: [], runner: undefined, failure: String(error) };
  }
}

async function round(entry: Entry, warmUp: boolean): Promise<void> {
  if (entry.runner === undefined || entry.failure !== undefined) return;
  try {
    const sample = await entry.runner.round(warmUp);
    if (!warmUp) entry.rounds.push(sample);
  } catch (error) {
    entry.failure = error instanceof Error ? error.message : String(error);
  }
}

export async function contest(row: Row, sizes: Sizes, progress: (text: string) => void): Promise<Result> {
  const entries: Entry[] = [];
  try {
    entries.push(...(await Promise.all(row.contestants.map((contestant) => start(contestant, sizes)))));
    for (let turn = 0; turn <= sizes.rounds; turn++) {
      progress(`${row.name}: ${turn === 0 ? 'warm-up' : `round ${turn} of ${sizes.rounds}`}`);
      for (const entry of entries) await round(entry, turn === 0);
    }
  } finally {
    await Promise.all(entries.flatMap(({ runner }) => (runner === undefined ? [] : [runner.stop()])));
  }
  const standings = entries.map(standing);
  return {
    row: row.name,
    work: row.work,
    ...(row.curve === undefined ? {} : { curve: row.curve }),
    costUnit: row.costUnit,
    ...(row.rateUnit === undefined ? {} : { rateUnit: row.rateUnit }),
    asked: row.asked,
    standings,
    ratios: ratiosOf(standings, row.asked.against),
  };
}

function ratiosOf(standings: readonly Standing[], against: string): Readonly<Record<string, Ratio>> {
  const measured = standings.filter((each) => each.kind === 'measured');
  const other = measured.find(({ name }) => name === against);
  if (other === undefined) return {};
  const ratios = measured.flatMap((each) =>
    each === other ? [] : [[each.name, ratioOf(each.rounds, other.rounds)] as const],
  );
  return Object.fromEntries(ratios);
}

function standing({ name, rounds, failure }: Entry): Standing {
  if (failure !== undefined) return { kind: 'failed', name, reason: failure };
  return { kind: 'measured', name, median: medianSample(rounds), rounds };
}
