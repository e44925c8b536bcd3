/** npm run fuzz: one target, by seed, until so many cases or seconds are over. */
import { parseArgs } from 'node:util';
import { run } from './campaign.js';
import type { Finding, Report } from './campaign.js';
import type { Target } from './target.js';
import { TARGETS } from './targets.js';

const USAGE = `usage: npm run fuzz -- TARGET [options]
TARGET is one of: ${TARGETS.map(({ name }) => name).join(', ')}.
  --seed N      the seed that the cases are made from (1).
  --cases N     how many (100000).
  --seconds S   no other is begun after so many seconds (no end).
  --from N      the number of the first case: with --cases 1, one that was reported (0).
  --raw         reports findings as they came, and does not make them smaller.
  --verbose     writes the input and both outcomes of findings in full.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    cases: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: 'Infinity' },
    from: { type: 'string', default: '0' },
    raw: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function wrong(message: string): never {
  console.error(`${message}\n\n${USAGE}`);
  process.exit(2);
}

function numberOf(name: 'seed' | 'cases' | 'seconds' | 'from', least: number): number {
  const value = Number(values[name]);
  if (value >= least && (name === 'seconds' || Number.isSafeInteger(value))) return value;
  return wrong(`--${name}: expected a number from ${least} on, got ${values[name]}`);
}

const LONGEST = 300;

function short(value: unknown): string {
  const text = JSON.stringify(value);
  return values.verbose || text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}... (${text.length})`;
}

function tell(target: Target, { what, index, smallest, verdict }: Finding): void {
  console.log(`\nfinding in case ${index}: ${what}`);
  const text = target.name.startsWith('h1') ? smallest.bytes.toString('latin1') : smallest.bytes.toString('hex');
  console.log(`  input   ${short(text)}${smallest.context === '' ? '' : ` (${smallest.context})`}`);
  if (verdict.kind !== 'finding') return;
  console.log(`  ours    ${short(verdict.ours)}`);
  console.log(`  theirs  ${short(verdict.theirs)}`);
}

function summary(report: Report, seconds: number): string {
  const { cases, agreed, lawful, findings } = report;
  const lines = [
    `${report.target}, seed ${report.seed}: ${cases} cases in ${seconds.toFixed(1)} s (${Math.round(cases / seconds)}/s)`,
    `  ${agreed} agreed`,
    ...[...lawful].sort((a, b) => b[1] - a[1]).map(([name, count]) => `  ${count} lawful: ${name}`),
    ...[...findings.values()].map(({ what, count, index }) => `  ${count} FINDINGS: ${what} (first: case ${index})`),
  ];
  return lines.join('\n');
}

if (values.help) console.log(USAGE);
else {
  const target =
    TARGETS.find(({ name }) => name === positionals[0]) ?? wrong(`which target? got ${positionals[0] ?? 'none'}`);
  const options = {
    seed: numberOf('seed', 0),
    from: numberOf('from', 0),
    cases: numberOf('cases', 1),
    seconds: numberOf('seconds', 0),
    shrinks: !values.raw,
  };
  const began = performance.now();
  const report = await run(target, options, (finding) => tell(target, finding));
  console.log(`\n${summary(report, (performance.now() - began) / 1000)}`);
  // Connections that an oracle keeps open do not keep the program.
  process.exit(report.findings.size > 0 ? 1 : 0);
}
