/** Runs an example as a process of its own, and sends it requests with clients that are not ours. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** ms: longer than any of these programs takes on a busy machine. */
const PATIENCE = 50_000;

const running = new Set<Example>();

// No process outlives the tests.
afterAll(async () => {
  await Promise.all([...running].map((example) => example.kill()));
});

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running example. */
export class Example {
  /** Its standard output. */
  output = '';
  /** Its standard error. */
  complaints = '';
  readonly exit: Promise<Exit>;
  private readonly child: ChildProcess;
  private changed: () => void = () => undefined;

  /** Runs Node with `args` in the folder `cwd`. The program listens on free ports, unless `env` has others. */
  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd: string = ROOT) {
    this.child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, PORT: '0', TLS_PORT: '0', HOST: '127.0.0.1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this);
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
      this.changed();
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.complaints += text;
      this.changed();
    });
    this.exit = once(this.child, 'close').then(([code, signal]: unknown[]) => {
      running.delete(this);
      this.changed();
      return { code, signal } as Exit;
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Waits until its output matches `pattern`. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (const begin = Date.now(); ;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      const left = PATIENCE - (Date.now() - begin);
      if (left <= 0 || !running.has(this)) {
        throw new Error(`it never printed ${String(pattern)}:\n${this.output}${this.complaints}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** The address that it listens on. */
  async url(): Promise<string> {
    return (await this.prints(/^listening on (\S+)$/m))[1]!;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Sends SIGTERM, and waits for the end. */
  stop(): Promise<Exit> {
    this.signal('SIGTERM');
    return this.exit;
  }

  kill(): Promise<Exit> {
    this.signal('SIGKILL');
    return this.exit;
  }
}

/** Starts an example by its name, or another program by its path from the root. */
export function start(name: string, env?: Readonly<Record<string, string>>, args: readonly string[] = []): Example {
  const runner = name.includes('/') ? 'scripts/run.mjs' : 'scripts/example.mjs';
  return new Example([runner, name, ...args], env);
}

const hasCurl = spawnSync('curl', ['--version']).status === 0;

/** A test that needs curl. Without curl it is skipped, except in CI. */
export function withCurl(title: string, test: () => Promise<void>): void {
  if (hasCurl || process.env['CI'] !== undefined) it(title, test);
  else it.skip(`${title} (curl is not installed)`, test);
}

/** The result of a command. */
export interface Ran {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs a program, with `input` at its standard input. */
export function run(
  command: string,
  args: readonly string[],
  input?: Buffer,
  timeout: number = PATIENCE,
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const options = { encoding: 'buffer' as const, maxBuffer: Infinity, timeout, cwd: ROOT };
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number')
        return reject(new Error(`${command} ${args.join(' ')}: ${error.message}`));
      resolve({ status: (error?.code as number | undefined) ?? 0, stdout, stderr: stderr.toString() });
    });
    child.stdin!.on('error', () => undefined).end(input);
  });
}

/** Runs curl, silent but for errors, trusting any certificate. */
export function curl(...args: readonly string[]): Promise<Ran> {
  return run('curl', ['--silent', '--show-error', '--insecure', '--max-time', '45', ...args]);
}

/** A response, as curl prints it with `--include`. */
export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Sends a request with curl. */
export async function ask(...args: readonly string[]): Promise<Answer> {
  const { status, stdout, stderr } = await curl('--include', ...args);
  if (status !== 0) throw new Error(`curl ended with ${status}: ${stderr}`);
  return parseAnswer(stdout);
}

function parseAnswer(bytes: Buffer): Answer {
  const end = bytes.indexOf('\r\n\r\n');
  const [first, ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const status = Number(first!.split(' ')[1]);
  const rest = bytes.subarray(end + 4);
  // An interim response: the final one follows.
  if (status < 200 && status !== 101) return parseAnswer(rest);
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  return { status, headers, body: rest };
}
