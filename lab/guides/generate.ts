/**
 * Writes what the guides show of measurements: the pictures to `docs/images`, the tables between their marks in
 * `docs/operators.md`. `node lab/guides/run.mjs` runs it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { measureAll } from './measure.js';
import { draw, STAGES, waitingIn } from './picture.js';
import { tables } from './tables.js';

const guide = 'docs/operators.md';
const cases = readFileSync('lab/guides/operator-cases.ts', 'utf8');
let text = readFileSync(guide, 'utf8');
for (const [name, table] of Object.entries(tables(measureAll(cases)))) {
  const marks = new RegExp(`(<!-- ${name}: measured -->).*?(<!-- end -->)`, 's');
  if (!marks.test(text)) throw new Error(`${guide} has no place for the table ${name}`);
  text = text.replace(marks, (_, begin: string, end: string) => `${begin}\n\n${table}\n\n${end}`);
}
writeFileSync(guide, await format(text, { ...(await resolveConfig(guide)), filepath: guide }));
writeFileSync('docs/images/backpressure.svg', draw(waitingIn(STAGES.concatMap), waitingIn(STAGES.consume)));
