/** What a soak came to, as text. */
import { growthOf, megabytes } from './flat.js';
import type { Outcome } from './soak.js';
import type { Counts } from './tally.js';
import type { Watched } from './watching.js';

function sumOf(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const record of records)
    for (const [name, count] of Object.entries(record)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');

function kindsOf({ loads }: Outcome): string[] {
  const names = [...new Set(loads.flatMap(({ kinds }) => Object.keys(kinds)))].sort();
  const none: Counts = { asked: 0, wanted: 0, aborted: 0 };
  return names.map((name) => {
    const all = loads.map(({ kinds }) => kinds[name] ?? none);
    const sum = (of: (counts: Counts) => number): number => all.reduce((total, counts) => total + of(counts), 0);
    const aborted = sum((counts) => counts.aborted);
    return `  ${name.padEnd(32)} ${sum(({ asked }) => asked)} asked, ${sum(({ wanted }) => wanted)} as wanted${aborted > 0 ? `, ${aborted} given up` : ''}`;
  });
}

function memoryOf({ name, baseline, samples, end, peakRss }: Watched): string[] {
  const { before, after, ratio } = growthOf(samples.map(({ heap }) => heap));
  const all = growthOf(samples.map(({ heap, external }) => heap + external));
  const percent = (value: number): string => `${value >= 0 ? '+' : ''}${(value * 100).toFixed(1)} %`;
  return [
    `  ${name}:`,
    `    heap, MB: ${megabytes(baseline.heap)} before, ${samples.map(({ heap }) => megabytes(heap)).join(' ')}, ${megabytes(end.heap)} behind`,
    `    median of the last third ${megabytes(after)}, of the second ${megabytes(before)}: ${percent(ratio)}; with buffers ${percent(all.ratio)}`,
    `    peak RSS ${megabytes(peakRss)} MB; descriptors ${baseline.descriptors} before, ${end.descriptors} after`,
  ];
}

export function reportOf(outcome: Outcome, faults: readonly string[]): string {
  const { plan, watched, drains, account, loads, lost } = outcome;
  const accounts = [account, ...drains.map((drain) => drain.account)];
  const sum = (of: (load: Outcome['loads'][number]) => number): number =>
    loads.reduce((total, load) => total + of(load), 0);
  const complete = accounts.reduce((total, each) => total + each.complete, 0);
  const abrupt = accounts.reduce((total, each) => total + each.abrupt, 0);
  const longest = Math.round(Math.max(...drains.map(({ took }) => took)));
  return [
    `soak of ${plan.minutes} min, seed ${plan.seed}, ${plan.rate} requests a second and load`,
    'requests:',
    ...kindsOf(outcome),
    `  by ${listed(sumOf(loads.map(({ peers }) => peers)))}`,
    `  ${sum(({ refused }) => refused)} attempts found nobody listening, ${sum(({ unanswered }) => unanswered)} ended before a response began, of which a server had begun ${lost.length}`,
    `  ${sum(({ failed }) => failed)} failed that were not meant to`,
    'servers:',
    `  ${complete} responses whole, ${abrupt} cut off as meant; ${listed(sumOf(accounts.map(({ protocols }) => protocols)))}`,
    `  faults: ${listed(sumOf(accounts.map((each) => each.faults)))}`,
    `  ${drains.length} drains, the longest ${longest} ms; ${sum(({ renewed }) => renewed)} clients shut down under load`,
    'memory:',
    ...watched.flatMap(memoryOf),
    faults.length === 0 ? 'all is well' : `${faults.length} FAULTS:`,
    ...faults.map((fault) => `  ${fault}`),
  ].join('\n');
}
