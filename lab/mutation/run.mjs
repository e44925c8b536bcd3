// Mutation testing, area by area: `npm run mutation`, or `npm run mutation demand body`. Ends with the scores, and with 1 where one is
// too low. `npm run mutation demand -- --force` takes nothing over from the run before.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AREAS } from './stryker.config.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const given = process.argv.slice(2);
const options = given.filter((word) => word.startsWith('-'));
const areas = given.filter((word) => !word.startsWith('-'));
const unknown = areas.filter((area) => !(area in AREAS));
if (unknown.length > 0) {
  console.error(`no area: ${unknown.join(', ')}; there are ${Object.keys(AREAS).join(', ')}`);
  process.exit(2);
}

/** How many mutants of an area there were, by what became of them. */
function tally(area) {
  const path = `${root}lab/build/mutation/${area}/report.json`;
  const counts = { Killed: 0, Timeout: 0, Survived: 0, NoCoverage: 0 };
  if (!existsSync(path)) return counts;
  for (const { mutants } of Object.values(JSON.parse(readFileSync(path, 'utf8')).files)) {
    for (const { status } of mutants) if (status in counts) counts[status]++;
  }
  return counts;
}

function percent(part, whole) {
  return (whole === 0 ? 0 : (part / whole) * 100).toFixed(1);
}

const rows = [];
let failed = false;
for (const area of areas.length > 0 ? areas : Object.keys(AREAS)) {
  const { status } = spawnSync(
    process.execPath,
    [
      `${root}lab/node_modules/@stryker-mutator/core/bin/stryker.js`,
      'run',
      'lab/mutation/stryker.config.mjs',
      ...options,
    ],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, AREA: area },
    },
  );
  failed ||= status !== 0;
  const { Killed, Timeout, Survived, NoCoverage } = tally(area);
  const found = Killed + Timeout;
  const covered = found + Survived;
  rows.push({
    area,
    mutants: covered + NoCoverage,
    killed: Killed,
    'timed out': Timeout,
    survived: Survived,
    'not covered': NoCoverage,
    'score, total': percent(found, covered + NoCoverage),
    'score, covered': percent(found, covered),
  });
}
console.table(rows);
process.exitCode = failed ? 1 : 0;
