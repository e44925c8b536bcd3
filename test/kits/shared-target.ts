/** One server of `examples/` for all tests of a file, as a process of its own: outside peers are pointed at it. */
import { spawnSync } from 'node:child_process';
import { start } from './example.js';

/** A server that runs while the tests of a file do. */
export interface SharedTarget {
  /** Where it listens; known once the tests run. */
  readonly url: string;
  readonly port: number;
}

/** Starts `examples/NAME.ts` on a free port before the tests; it is ended after them. */
export function sharedTarget(name: string, env?: Readonly<Record<string, string>>): SharedTarget {
  let url: URL | undefined;
  beforeAll(async () => {
    url = new URL(await start(name, env).url());
  });
  return {
    get url() {
      return url!.origin;
    },
    get port() {
      return Number(url!.port);
    },
  };
}

/** A group of tests that needs a program: left out where it is not installed, but not in CI. */
export function describeWith(program: string, title: string, tests: () => void): void {
  const there = spawnSync(program, ['--version']).error === undefined;
  if (there || process.env['CI'] !== undefined) describe(title, tests);
  else describe.skip(`${title} (${program} is not installed)`, tests);
}
