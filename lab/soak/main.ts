/** npm run soak: mixed load on servers and clients of this project for the configured time. */
import { parseArgs } from 'node:util';
import { reportOf } from './report.js';
import { soak } from './soak.js';
import { faultsOf } from './verdict.js';

const USAGE = `usage: npm run soak -- [options]

  --minutes N   how long (30)
  --seed N      what the load is drawn from (1)
  --rate N      requests a second, of each of the two loads (40)
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '40' },
    help: { type: 'boolean', default: false },
  },
});

function numberOf(name: 'minutes' | 'seed' | 'rate'): number {
  const value = Number(values[name]);
  if (value > 0 && Number.isFinite(value)) return value;
  console.error(`--${name}: expected a number above zero, got ${values[name]}\n\n${USAGE}`);
  process.exit(2);
}

if (values.help) console.log(USAGE);
else {
  const plan = { minutes: numberOf('minutes'), seed: numberOf('seed'), rate: numberOf('rate') };
  const outcome = await soak(plan, (line) => console.error(line));
  const faults = faultsOf(outcome);
  console.log(reportOf(outcome, faults));
  process.exitCode = faults.length === 0 ? 0 : 1;
}
