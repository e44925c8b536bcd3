/** A test that is run for each way to cut the bytes of its peers: it has to end the same. */
import { visible } from './value-printer.js';
import type { Cut, TestFlow } from './test-flow.js';

/** How the input of one flow of the test, by its number, is cut in one run. */
export interface Split {
  readonly flow: number;
  readonly cut: Cut;
}

/** Bytes that can be cut at each of their offsets in reasonable time. */
const MOST = 8192;
/** Characters that are shown on either side of a cut. */
const AROUND = 12;

/**
 * All ways to cut the input of `flows`.
 *
 * @throws RangeError if there are too many.
 */
export function splitsOf(flows: readonly TestFlow[], all: boolean): Split[] {
  return flows.flatMap((flow, index): Split[] => {
    if (!all && !flow.everyCut) return [];
    const size = sizeOf(flow);
    if (size > MOST) {
      throw new RangeError(
        `${flow.name}: ${size} bytes are too many to be cut at each of them (${MOST}): less content says as much`,
      );
    }
    const cuts: Cut[] = [];
    let offset = 0;
    for (const { length } of flow.input) {
      for (let at = 1; at < length; at++) cuts.push(offset + at);
      offset += length;
    }
    return (cuts.length > 0 ? [...cuts, 'bytes' as const] : []).map((cut) => ({ flow: index, cut }));
  });
}

/** `failure` of a run, with the cut and its place. */
export function splitFailure(failure: unknown, flow: TestFlow, cut: Cut): unknown {
  if (!(failure instanceof Error)) return failure;
  const before = failure.message;
  failure.message = `with ${tellSplit(flow, cut)}, unlike in one piece:\n${before}`;
  failure.stack = failure.stack?.replace(before, () => failure.message) ?? failure.message;
  return failure;
}

function tellSplit(flow: TestFlow, cut: Cut): string {
  if (typeof cut !== 'number') return `the input of ${flow.name} byte by byte`;
  const input = Buffer.concat(flow.input);
  const around = [input.subarray(Math.max(0, cut - AROUND), cut), input.subarray(cut, cut + AROUND)];
  const [before, after] = around.map((part) => `"${visible(part.toString('latin1'))}"`) as [string, string];
  return `the input of ${flow.name} split after byte ${cut} of ${input.length}, between ${before} and ${after}`;
}

function sizeOf({ input }: TestFlow): number {
  return input.reduce((sum, { length }) => sum + length, 0);
}
