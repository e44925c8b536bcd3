/** The conditions that a soak must meet. */
import { growthOf, megabytes } from './flat.js';
import type { Outcome } from './soak.js';
import type { Holdings } from './support/holdings.js';
import type { Watched } from './watching.js';

/** How much the heap may be larger in the last third than in the one before. */
export const TOLERANCE = 0.05;

/** What does not hold, in words: nothing, where all is well. */
export function faultsOf(outcome: Outcome): string[] {
  const { watched, drains, account, loads, lost, deaths } = outcome;
  return [
    ...deaths,
    ...lost.map((what) => `lost: a server had begun a request that got no response: ${what}`),
    ...loads.flatMap(({ failures, failed }) => [
      ...failures.map((what) => `failed: ${what}`),
      ...(failed > failures.length ? [`failed: ${failed - failures.length} more`] : []),
    ]),
    ...[account, ...drains.map((drain) => drain.account)].flatMap((each) => [
      ...each.lost.map((what) => `lost: a response did not go out whole: ${what}`),
      ...each.unexplained.map((what) => `fault: ${what}`),
    ]),
    ...drains.filter(({ ended }) => !ended).map(() => 'a drained server did not end of itself'),
    ...watched.filter(isOurs).flatMap(leaksOf),
  ];
}

/** The memory of others is reported, and not judged. */
function isOurs({ name }: Watched): boolean {
  return !name.includes('others');
}

/** What a process holds more than it did, in words. */
export function leaksOf({ name, baseline, samples, end }: Watched): string[] {
  const leaks: string[] = [];
  const grown = (what: string, of: (holdings: Holdings) => number): void => {
    const { before, after, ratio } = growthOf(samples.map(of));
    if (ratio <= TOLERANCE) return;
    leaks.push(
      `${name}: ${what} grew by ${(ratio * 100).toFixed(1)} %, from ${megabytes(before)} to ${megabytes(after)} MB`,
    );
  };
  grown('the heap', ({ heap }) => heap);
  grown('heap and buffers', ({ heap, external }) => heap + external);
  if (end.descriptors > baseline.descriptors)
    leaks.push(`${name}: ${end.descriptors} descriptors in the end, ${baseline.descriptors} before the load`);
  for (const [kind, count] of Object.entries(end.resources)) {
    const before = baseline.resources[kind] ?? 0;
    if (count > before) leaks.push(`${name}: ${count} of ${kind} in the end, ${before} before the load`);
  }
  return leaks;
}
