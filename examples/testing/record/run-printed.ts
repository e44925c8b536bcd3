/** Runs the text of a recorded test as it stands, against a handler that is given here: no test runner needed. */
import { compileFunction } from 'node:vm';
import { expectExchanges, httpTest, type TestHandler } from 'rxpaf/testing';

/** @returns the titles of the tests that passed; throws what the first one throws that does not. */
export function runPrinted(printed: string, handler: TestHandler): string[] {
  const passed: string[] = [];
  const test = (title: string, body: () => void): void => {
    body();
    passed.push(title);
  };
  const names = { test, expectExchanges, httpTest, handler };
  const code = printed.replace(/^import .*$/gm, '');
  const run = compileFunction(code, Object.keys(names)) as (...values: unknown[]) => void;
  run(...Object.values(names));
  return passed;
}
