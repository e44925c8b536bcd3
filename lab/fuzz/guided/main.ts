/** npm run fuzz -- coverage: one target, by seed, until so many executions or seconds are over. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { shrink } from '../shrink.js';
import { Buckets } from './buckets.js';
import { guide, withStacks } from './guide.js';
import type { Found, GuideReport } from './guide.js';
import { hits } from './counters.js';
import { worst } from './invariants.js';
import { reachedOf, sizeOf } from './map.js';
import type { CounterMap, Reached } from './map.js';
import type { Subject } from './subject.js';
import { ALL, SUBJECTS } from './subjects.js';

const USAGE = `usage: npm run fuzz -- coverage TARGET [options]
TARGET is one of: ${SUBJECTS.map(({ name }) => name).join(', ')}.
Or all of them in sequence: all. Or a toy with a planted fault: magic.
  --seed N        the seed of the changes to inputs (1).
  --cases N       executions (no end).
  --seconds S     no other is begun after so many seconds (60).
  --corpus DIR    keeps valuable inputs there (lab/build/corpus/TARGET); 'none': nowhere.
  --unguided      keeps only the seeds, for comparison.
  --input FILE    runs only this input.
  --raw           reports findings as they came, and does not make them smaller.
  --missed        lists the branches that were not reached.
  --json          reports the results as JSON.
`;

interface Summary {
  readonly target: string;
  readonly seed: number;
  readonly executions: number;
  readonly corpus: number;
  readonly statements: Reached['statements'];
  readonly branches: Reached['branches'];
  /** How near the bounds of work and memory were, of 1. */
  readonly worst: { readonly work: number; readonly memory: Readonly<Record<string, number>> };
  readonly findings: readonly { readonly what: string; readonly count: number }[];
}

const { values, positionals } = parseArgs({
  args: process.argv.slice(3),
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    cases: { type: 'string', default: 'Infinity' },
    seconds: { type: 'string', default: '60' },
    corpus: { type: 'string' },
    unguided: { type: 'boolean', default: false },
    input: { type: 'string' },
    raw: { type: 'boolean', default: false },
    missed: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function wrong(message: string): never {
  console.error(`${message}\n\n${USAGE}`);
  process.exit(2);
}

function numberOf(name: 'seed' | 'cases' | 'seconds'): number {
  const value = Number(values[name]);
  return value >= 0 ? value : wrong(`--${name}: expected a number, got ${values[name]}`);
}

/** The same finding, of the smallest input that shows it. */
async function smallest(subject: Subject, found: Found, counters: number): Promise<Found> {
  if (values.raw) return found;
  const buckets = new Buckets(counters);
  let best = found;
  await shrink({ bytes: found.input, context: '' }, ({ bytes }) => {
    const { finding } = withStacks(subject, buckets, bytes);
    if (finding?.what !== found.what) return Promise.resolve(false);
    best = { ...finding, count: found.count };
    return Promise.resolve(true);
  });
  return best;
}

function tell({ what, count, input, detail }: Found): void {
  console.error(
    `\nFINDING, in ${count}: ${what}\n  input  ${input.toString('hex')}\n         ${JSON.stringify(input.toString('latin1'))}`,
  );
  console.error(`  ${typeof detail === 'string' ? detail : JSON.stringify(detail, undefined, 1)}`);
}

function percent([reached, all]: readonly [number, number]): string {
  return `${((100 * reached) / Math.max(1, all)).toFixed(1)} % (${reached} of ${all})`;
}

function summaryOf(subject: Subject, report: GuideReport, reached: Reached): Summary {
  const { executions, corpus, findings } = report;
  return {
    target: subject.name,
    seed: numberOf('seed'),
    executions,
    corpus: corpus.entries.length,
    statements: reached.statements,
    branches: reached.branches,
    worst: { work: worst.work, memory: Object.fromEntries(worst.memory) },
    findings: [...findings.values()].map(({ what, count }) => ({ what, count })),
  };
}

async function run(subject: Subject, map: CounterMap, loaded: Uint32Array): Promise<Summary> {
  const counters = sizeOf(map);
  worst.work = 0;
  worst.memory.clear();
  const began = performance.now();
  const report = guide(subject, {
    seed: numberOf('seed'),
    cases: numberOf('cases'),
    seconds: numberOf('seconds'),
    directory: values.corpus === 'none' ? undefined : (values.corpus ?? `lab/build/corpus/${subject.name}`),
    counters,
    guided: !values.unguided,
  });
  const seconds = (performance.now() - began) / 1000;
  const reached = reachedOf(map, subject.covers, (counter) => loaded[counter]! > 0 || report.buckets.reached(counter));
  const summary = summaryOf(subject, report, reached);
  if (values.json) return summary;
  const { executions, corpus, findings } = report;
  console.log(
    `${subject.name}, seed ${summary.seed}: ${executions} executions in ${seconds.toFixed(1)} s (${Math.round(executions / seconds)}/s)`,
  );
  console.log(`  corpus      ${corpus.entries.length} inputs`);
  console.log(`  statements  ${percent(reached.statements)}`);
  console.log(`  branches    ${percent(reached.branches)}`);
  console.log(`  at most     ${(100 * worst.work).toFixed(1)} % of the work that is allowed`);
  for (const [what, part] of worst.memory) console.log(`              ${(100 * part).toFixed(0)} % of ${what}`);
  if (values.missed) for (const place of reached.missed) console.log(`  missed      ${place}`);
  for (const found of findings.values()) tell(await smallest(subject, found, counters));
  return summary;
}

/** `map`: what the counters of this bundle count. @returns the status to exit with. */
export async function main(map: CounterMap): Promise<number> {
  const [name = ''] = positionals;
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const subjects = name === 'all' ? SUBJECTS : ALL.filter((subject) => subject.name === name);
  if (subjects.length === 0) wrong(`which target? got ${name === '' ? 'none' : name}`);
  if (values.input !== undefined) {
    const { finding } = withStacks(subjects[0]!, new Buckets(sizeOf(map)), readFileSync(values.input));
    if (finding === undefined) return 0;
    tell(finding);
    return 1;
  }
  // Thousands a second are made.
  Error.stackTraceLimit = 0;
  // What is done once, as modules are loaded, is done.
  const loaded = hits.slice();
  const summaries: Summary[] = [];
  for (const subject of subjects) summaries.push(await run(subject, map, loaded));
  if (values.json) console.log(JSON.stringify(summaries));
  return summaries.some(({ findings }) => findings.length > 0) ? 1 : 0;
}
