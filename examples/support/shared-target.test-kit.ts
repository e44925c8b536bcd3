/** One server of `examples/` for all tests of a file, as a process of its own: outside peers are pointed at it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** A server that runs while the tests of a file do. */
export interface SharedTarget {
  /** Where it listens; known once the tests run. */
  readonly url: string;
  readonly port: number;
}

/** Starts `examples/NAME.ts` on a free port before the tests, and ends it behind them. */
export function sharedTarget(name: string, env: Readonly<Record<string, string>> = {}): SharedTarget {
  let child: ChildProcess | undefined;
  let url: URL | undefined;
  beforeAll(async () => {
    child = spawn(process.execPath, ['scripts/example.mjs', name], {
      cwd: ROOT,
      env: { ...process.env, PORT: '0', HOST: '127.0.0.1', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    url = await listening(child);
  });
  afterAll(async () => {
    if (child === undefined || child.exitCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
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

function listening(child: ChildProcess): Promise<URL> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const match = /^listening on (\S+)$/m.exec(output);
      if (match !== null) resolve(new URL(match[1]!));
    });
    child.once('exit', (code) => reject(new Error(`it ended with ${code}: ${output}`)));
  });
}

/** Titles a group of tests that needs a program: left out where it is not installed, but not in CI. */
export function describeWith(program: string, title: string, tests: () => void): void {
  const there = spawnSync(program, ['--version']).error === undefined;
  if (there || process.env['CI'] !== undefined) describe(title, tests);
  else describe.skip(`${title} (${program} is not installed)`, tests);
}
