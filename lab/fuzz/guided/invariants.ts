/**
 * The invariants of everything that is fuzzed here, for any input. Each is stated once, and a violation is thrown as `Broken`:
 *
 * 1. Errors that are thrown are the project's own (`typed`), and an engine throws nothing at all: it reports (`reports`).
 * 2. Work is in proportion to the input (`withinWork`): statements are counted, not seconds.
 * 3. Memory is bounded by limits, and not by the input (`bounded`).
 * 4. The output does not depend on how the input was cut (`same`).
 * 5. After the end nothing follows: more input changes nothing (`nothingFollows`, where a connection is run).
 *
 * The possible events, and their order, are the contract of src/engine.ts: `ledger.ts` checks it.
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
