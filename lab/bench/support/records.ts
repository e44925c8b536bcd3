/** What was measured, kept: `docs/internals/performance.json`. A run of some rows takes the place of those, and leaves the others. */
import type { Result } from './contest.js';
import type { Sizes } from './row.js';
import { digits } from './table.js';

/** The machine of a run, and its configuration. */
export interface Machine {
  readonly date: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly sizes: Sizes;
}

/** A row, and where it was measured. */
export interface Measured {
  readonly machine: Machine;
  readonly result: Result;
}

const MIB = 2 ** 20;

export function machineLine({ date, node, cpu, cores, sizes }: Machine): string {
  const { rounds, seconds, bytes, idle } = sizes;
  return `${date}, Node.js ${node}, ${cores} × ${cpu}; ${rounds} rounds of ${seconds} s, or ${digits(bytes / MIB)} MiB, or ${idle} connections.`;
}

/** `fresh` replaces the kept figures of its rows; in the `order` of the rows, and without rows that no longer exist. */
export function merge(
  kept: readonly Measured[],
  fresh: readonly Measured[],
  order: readonly string[],
): readonly Measured[] {
  const rows = new Map([...kept, ...fresh].map((each) => [each.result.row, each]));
  return order.flatMap((name) => rows.get(name) ?? []);
}

export function parseRecords(text: string): readonly Measured[] {
  return (JSON.parse(text) as { readonly rows: readonly Measured[] }).rows;
}

/** Four digits of a fraction: with more, every run would change all of them. */
export function serializeRecords(rows: readonly Measured[]): string {
  const round = (_: string, value: unknown): unknown =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
  return `${JSON.stringify({ rows }, round)}\n`;
}
