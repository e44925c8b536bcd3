/** npm run bench: the rows side by side, as tables. */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { NAMES, ROWS, rowsNamed } from './rows/index.js';
import { contest, type Result } from './support/contest.js';
import type { Row, Sizes } from './support/row.js';
import { type Machine, machineLine } from './support/records.js';
import { publish } from './support/publish.js';
import { BEFORE, COMPARED } from './support/servers.js';
import { table } from './support/table.js';

const USAGE = `usage: npm run bench -- [ROW...] [options]
ROW is one of: ${NAMES.join(', ')}; all of them unless given.
  --rounds N    rounds of each contestant (5).
  --seconds S   seconds of a round (2).
  --mib N       MiB of a large body (512).
  --idle N      idle connections (10000).
  --json FILE   writes the results as JSON, with every round.
  --write       keeps the results in docs/internals/performance.json, and draws its tables and plots of all that is there.
  --draw        measures nothing: draws them again.
  --before DIR  compares rxpaf with the rxpaf of DIR, another checkout, instead of with its peers.
  --docs DIR    instead of docs/internals.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    mib: { type: 'string', default: '512' },
    idle: { type: 'string', default: '10000' },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
    draw: { type: 'boolean', default: false },
    before: { type: 'string' },
    docs: { type: 'string', default: fileURLToPath(new URL('../../../docs/internals', import.meta.url)) },
    help: { type: 'boolean', default: false },
  },
});

function wrong(message: string): never {
  console.error(`${message}\n\n${USAGE}`);
  process.exit(2);
}

function positive(name: 'rounds' | 'seconds' | 'mib' | 'idle', whole: boolean): number {
  const value = Number(values[name]);
  if (value > 0 && (!whole || Number.isSafeInteger(value))) return value;
  return wrong(`--${name}: expected a number above zero, got ${values[name]}`);
}

function chosen(): readonly Row[] {
  if (positionals.length === 0) return ROWS;
  return positionals.flatMap((name) => {
    const rows = rowsNamed(name);
    return rows.length > 0 ? rows : wrong(`there is no row ${name}`);
  });
}

/** The names of all rows. */
const ORDER = ROWS.map(({ name }) => name);

if (values.help) {
  console.log(USAGE);
} else if (values.draw) {
  await publish(values.docs, [], ORDER);
} else {
  const sizes: Sizes = {
    rounds: positive('rounds', true),
    seconds: positive('seconds', false),
    bytes: positive('mib', true) * 2 ** 20,
    idle: positive('idle', true),
  };
  const machine: Machine = {
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: cpus().length,
    sizes,
  };
  console.log(`${machineLine(machine)}\n`);
  const results: Result[] = [];
  for (const row of chosen()) {
    const missing = row.missing?.();
    if (missing !== undefined) {
      console.log(`${row.name}: left out, ${missing}\n`);
      continue;
    }
    const asked = COMPARED ? { of: 'rxpaf', against: BEFORE, ratio: undefined } : row.asked;
    const result = await contest({ ...row, asked }, sizes, (text) => console.error(text));
    results.push(result);
    console.log(table(result));
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ machine, results }, undefined, 2)}\n`);
  const fresh = results.map((result) => ({ machine, result }));
  if (values.write && !COMPARED) await publish(values.docs, fresh, ORDER);
  // A contestant that cannot do its work is a failure; one that is slow is a result.
  const failed = results.some(({ standings }) => standings.some(({ kind }) => kind === 'failed'));
  process.exitCode = failed ? 1 : 0;
}
