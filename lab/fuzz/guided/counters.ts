/**
 * The counters of instrumented code: how often each statement and each branch was executed since the last `clear`, and how many steps are
 * left. An endless loop ends by itself, after the same number of steps on every machine.
 */

/** More than the code under test has. */
const MOST = 1 << 15;

export const hits = new Uint32Array(MOST);

/** An input cost more than its length accounts for. */
export class TooMuchWork extends Error {
  override readonly name = 'TooMuchWork';
}

const NO_END = 0x3fff_ffff;
let left = NO_END;
let allowed = NO_END;

/** A statement is executed. */
export function count(index: number): void {
  hits[index]!++;
  if (--left < 0) {
    left = NO_END;
    throw new TooMuchWork(`more than ${allowed} statements`);
  }
}

/** From here on no more than `statements` may be executed. */
export function allow(statements: number): void {
  left = allowed = Math.min(statements, NO_END);
}

/** How many were executed since `allow`. */
export function spent(): number {
  return allowed - left;
}

/** `size`: how many counters are in use. */
export function clear(size: number): void {
  hits.fill(0, 0, size);
}
