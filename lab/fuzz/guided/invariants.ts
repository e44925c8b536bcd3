/**
 * What must hold of everything that is fuzzed here, whatever comes in. Each of it is said once, and thrown as `Broken`:
 *
 * 1. What is thrown is one of the project's own errors (`typed`), and an engine throws nothing at all: it reports (`reports`).
 * 2. What is done is in proportion to what came (`withinWork`): statements are counted, not seconds.
 * 3. What is kept is bounded by limits, and not by what came (`bounded`).
 * 4. What comes out does not depend on how the input was cut (`same`).
 * 5. After the end nothing follows: more input changes nothing (`nothingFollows`, where a connection is run).
 *
 * What events there may be, and in which order, is the contract of src/engine.ts: `ledger.ts` keeps watch over it.
 */
import { ProtocolError } from '../../../src/errors.js';
import { allow, spent } from './counters.js';
import { Broken } from './subject.js';

/** How near to its bounds an input came, of all that were run: part of them, 1 being all. */
export const worst = { work: 0, memory: new Map<string, number>() };

/** @returns the error where `call` refuses what it got, by an error of the project's. */
export function typed<T>(call: () => T): T | ProtocolError {
  try {
    return call();
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}

/** `call`, into an engine: it throws nothing, not even errors of the project's. */
export function reports<T>(name: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof ProtocolError) throw new Broken(`${name} throws ${error.code}: ${error.message}`, error.stack);
    throw error;
  }
}

/** Statements for anything at all, and for each byte or action: a hundred times what most of them take. */
const WORK = { once: 40_000, each: 2000 };

/** `run`, which may cost what `units` bytes and actions may. */
export function withinWork<T>(units: number, run: () => T): T {
  const most = WORK.once + units * WORK.each;
  allow(most);
  try {
    return run();
  } finally {
    worst.work = Math.max(worst.work, spent() / most);
    allow(Infinity);
  }
}

/** `size` bytes of `what` are kept. */
export function bounded(what: string, size: number, most: number): void {
  worst.memory.set(what, Math.max(worst.memory.get(what) ?? 0, size / most));
  if (size > most) throw new Broken(`${what}: more is kept than limits allow`, `${size} bytes, of ${most}`);
}

/** `whole` and `cut`, both as lines: what came of one input, in one piece and in several. */
export function same(whole: readonly string[], cut: readonly string[], how: string): void {
  for (let at = 0; at < Math.max(whole.length, cut.length); at++) {
    if (whole[at] === cut[at]) continue;
    const [a, b] = [whole[at] ?? 'nothing', cut[at] ?? 'nothing'].map((line) => line.replace(/[\d:].*/s, ''));
    throw new Broken(`cut ${how}, the outcome is another one: ${a} and ${b}`, { at, whole, cut });
  }
}
