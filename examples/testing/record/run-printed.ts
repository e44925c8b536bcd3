/** Runs the text of a recorded test against a handler, without a test runner. */
import { compileFunction } from 'node:vm';
import { expectExchanges, httpTest, type TestHandler } from 'rxpaf/testing';

/**
 * Returns the titles of the tests, which all passed.
 *
 * @throws the error of the first test that fails.
 */
export function runPrinted(printed: string, handler: TestHandler): string[] {
  const passed: string[] = [];
  const test = (title: string, body: () => void): void => {
    body();
    passed.push(title);
  };
  // The printed test imports these; here they are parameters.
  const names = { test, expectExchanges, httpTest, handler };
  const code = printed.replace(/^import .*$/gm, '');
  const run = compileFunction(code, Object.keys(names)) as (...values: unknown[]) => void;
  run(...Object.values(names));
  return passed;
}
