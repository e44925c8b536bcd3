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

/** What a test says that drew something else than what happened. */
export function mismatchOf(test: Test, run?: (test: Test) => void): string {
  const failure = failureOf(test, run);
  if (failure instanceof DiagramMismatch) return failure.message;
  throw failure;
}

/** What a test says that waited for what virtual time does not see. */
export function leavingOf(test: Test): string {
  const failure = failureOf(test);
  if (failure instanceof LeftVirtualTime) return failure.message;
  throw failure;
}
