/** All rows, in the order of the report. A new one is a `Row` here, and what it starts in `lab/bench/servers`. */
import type { Row } from '../support/row.js';
import { ALLOCATION_ROWS } from './allocation.js';
import { CLIENT_ROWS } from './client.js';
import { CURVE_ROWS } from './curves.js';
import { H1_ROWS } from './h1.js';
import { H2_ROWS } from './h2.js';
import { IDLE_ROWS } from './idle.js';

export const ROWS: readonly Row[] = [
  ...H1_ROWS,
  ...H2_ROWS,
  ...IDLE_ROWS,
  ...ALLOCATION_ROWS,
  ...CLIENT_ROWS,
  ...CURVE_ROWS,
];

/** The rows of that name: one, or the points of a curve. */
export function rowsNamed(name: string): readonly Row[] {
  return ROWS.filter((row) => row.name === name || row.curve?.name === name);
}

/** What can be asked for. */
export const NAMES: readonly string[] = [...new Set(ROWS.map(({ name, curve }) => curve?.name ?? name))];
