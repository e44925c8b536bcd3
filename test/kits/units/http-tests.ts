/** Tests of tests: what a failing one says. */
import { DiagramMismatch, httpTest, LeftVirtualTime } from '../../../src/testing/index.js';

type Test = Parameters<typeof httpTest>[0];

/** The error that a test fails with. */
export function failureOf(test: Test, run: (test: Test) => void = httpTest): Error {
  try {
    run(test);
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('the test did not fail');
}

/** The failure of a test whose drawing differs from what happened. */
export function mismatchOf(test: Test, run?: (test: Test) => void): string {
  const failure = failureOf(test, run);
  if (failure instanceof DiagramMismatch) return failure.message;
  throw failure;
}

/** The failure of a test that waited for something outside virtual time. */
export function leavingOf(test: Test): string {
  const failure = failureOf(test);
  if (failure instanceof LeftVirtualTime) return failure.message;
  throw failure;
}
