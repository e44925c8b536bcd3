/** What each counter counts, and what of it was reached. */

export interface Point {
  readonly kind: 'statement' | 'branch';
  readonly line: number;
  readonly column: number;
  /** Of a branch: which way of what: `if 1`, `cond-expr 0`. */
  readonly arm?: string;
}

/** A file under test: its counters are from `base` on, one for each of its points. */
export interface CountedFile {
  readonly path: string;
  readonly base: number;
  readonly points: readonly Point[];
}

export type CounterMap = readonly CountedFile[];

export function sizeOf(map: CounterMap): number {
  return map.reduce((sum, { points }) => sum + points.length, 0);
}

export interface Reached {
  readonly statements: readonly [reached: number, all: number];
  readonly branches: readonly [reached: number, all: number];
  /** Where the branches are that were not: `src/h1/chunked-reader.ts:97 if 1`. */
  readonly missed: readonly string[];
}

/** The coverage of the files that `covers` names as under test. */
export function reachedOf(map: CounterMap, covers: RegExp, wasReached: (counter: number) => boolean): Reached {
  const missed: string[] = [];
  const counts = { statement: [0, 0] as [number, number], branch: [0, 0] as [number, number] };
  for (const { path, base, points } of map) {
    if (!covers.test(path)) continue;
    for (const [at, { kind, line, arm }] of points.entries()) {
      counts[kind][1]++;
      if (wasReached(base + at)) counts[kind][0]++;
      else if (kind === 'branch') missed.push(`${path}:${line} ${arm ?? ''}`);
    }
  }
  return { statements: counts.statement, branches: counts.branch, missed };
}
