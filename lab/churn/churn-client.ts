/**
 * A hundred thousand requests through a pool, to a server that is killed and restarted now and then: uploads, downloads, and cancels
 * at random moments. Each ends in one value or one typed error, and in the end nothing is left.
 *
 *     npm run churn -- [http/1.1 | h2] [requests] [restarts]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { client, type Client, ClientError, type ClientResponse, type Content } from 'rxpaf';
import { config, mergeMap, Subscription } from 'rxjs';
import { serveChurn } from './churn-server.js';

const [role = 'h2', ...rest] = process.argv.slice(2);
/** Requests that are under way at once. */
const CONCURRENCY = 64;
/** ms: no request here takes so long, whatever becomes of the server. */
const HANG = 30_000;

/** The server, as a process of its own that can be killed. */
class Server {
  private child!: ChildProcess;

  constructor(private readonly protocol: string) {}

  /** Starts it; the port that it listens on. */
  async start(port = 0): Promise<number> {
    const args = [fileURLToPath(import.meta.url), 'server', this.protocol, String(port)];
    this.child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(this.child.stdout!, 'data')) as [Buffer];
    return Number(line.toString());
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    const exit = once(this.child, 'exit');
    this.child.kill(signal);
    await exit;
  }
}

/** What the requests came to. */
class Tally {
  values = 0;
  cancelled = 0;
  readonly errors = new Map<string, number>();
  /** What must not be: in words. */
  readonly wrong: string[] = [];

  error(thrown: unknown): void {
    if (!(thrown instanceof ClientError)) return void this.wrong.push(`no typed error: ${String(thrown)}`);
    this.errors.set(thrown.code, (this.errors.get(thrown.code) ?? 0) + 1);
  }

  get ended(): number {
    let sum = this.values + this.cancelled;
    for (const count of this.errors.values()) sum += count;
    return sum;
  }
}

/** One request, at random: where to, with what content, and how many bytes are to come back. */
function anyRequest(): readonly [path: string, size: number, body?: () => Content] {
  const size = Math.floor(Math.random() * 100_000);
  const dice = Math.random();
  if (dice < 0.5) return ['/bytes/100', 100];
  if (dice < 0.6) return [`/bytes/${size}`, size];
  if (dice < 0.7) return ['/slow/10', 10];
  if (dice < 0.85) return ['/sink/5', 5, () => Buffer.alloc(size)];
  const pieces = function* (): Iterable<Uint8Array> {
    for (let left = size; left > 0; left -= 10_000) yield Buffer.alloc(Math.min(left, 10_000));
  };
  return ['/echo', size, pieces];
}

/** Makes one request; resolves when it has ended, or was cancelled. */
function ask(http: Client, tally: Tally): Promise<void> {
  const [path, size, body] = anyRequest();
  const method = body === undefined ? 'GET' : 'PUT';
  return new Promise((done) => {
    let ends = 0;
    let values = 0;
    const end = (): void => {
      clearTimeout(hang);
      clearTimeout(cancel);
      if (++ends > 1) tally.wrong.push('a request ended twice');
      done();
    };
    const hang = setTimeout(() => (tally.wrong.push(`${method} ${path} hangs`), end()), HANG);
    const content = ({ body }: ClientResponse): ReturnType<typeof body.bytes> => body.bytes();
    const subscription = http
      .request(path, { method, body })
      .pipe(mergeMap(content))
      .subscribe({
        next: (bytes) => {
          values++;
          if (bytes.length !== size) tally.wrong.push(`${path}: ${bytes.length} bytes in place of ${size}`);
        },
        error: (error: unknown) => {
          if (values > 0) tally.wrong.push('a value, and an error after it');
          tally.error(error);
          end();
        },
        complete: () => {
          if (values === 1) tally.values++;
          else tally.wrong.push(`${values} values`);
          end();
        },
      });
    const leave = (): void => {
      subscription.unsubscribe();
      tally.cancelled++;
      end();
    };
    const cancel = Math.random() < 0.1 ? setTimeout(leave, Math.random() * 10) : undefined;
  });
}

/** Makes `requests` of them, while the server is restarted every so often. */
async function churn(url: string, server: Server, requests: number, restarts: number, tally: Tally): Promise<void> {
  const http = client({ baseUrl: url, protocols: [role as 'h2'] });
  let left = requests;
  const asking = Array.from({ length: CONCURRENCY }, async () => {
    while (left-- > 0) await ask(http, tally);
  });
  for (let restart = 1; restart <= restarts; restart++) {
    while (tally.ended < (requests * restart) / (restarts + 1)) await sleep(5);
    await server.stop(restart % 2 === 0 ? 'SIGTERM' : 'SIGKILL');
    await server.start(Number(new URL(url).port));
  }
  await Promise.all(asking);
  http.shutdown();
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The memory and the handles of this process, after a collection. */
async function holdings(): Promise<{
  readonly descriptors: number;
  readonly subscriptions: number;
  readonly heap: number;
}> {
  // Released objects are collected within some turns of the event loop.
  for (let round = 0; round < 5; round++) {
    await sleep(100);
    collectGarbage();
  }
  const { queryObjects } = (await import('node:v8')) as { queryObjects?: (of: unknown) => number };
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    subscriptions: queryObjects?.(Subscription) ?? 0,
    heap: process.memoryUsage().heapUsed,
  };
}

async function main(requests: number, restarts: number): Promise<void> {
  const tally = new Tally();
  config.onStoppedNotification = ({ kind }) => kind === 'E' && tally.wrong.push('an error after the end');
  config.onUnhandledError = (error) => tally.wrong.push(`unhandled: ${String(error)}`);
  const server = new Server(role);
  const url = `http://127.0.0.1:${await server.start()}`;
  // The memory that the first requests need is not a leak.
  await churn(url, server, 1000, 1, new Tally());
  const before = await holdings();
  const begin = Date.now();
  await churn(url, server, requests, restarts, tally);
  const seconds = (Date.now() - begin) / 1000;
  const after = await holdings();
  await server.stop('SIGTERM');
  const { values, cancelled, errors, wrong, ended } = tally;
  const missing = requests - ended;
  console.log(JSON.stringify({ protocol: role, requests, restarts, seconds, values, cancelled, missing }));
  console.log(JSON.stringify({ errors: Object.fromEntries(errors), wrong: wrong.length, before, after }));
  for (const each of new Set(wrong)) console.error(each);
  process.exitCode = wrong.length === 0 && missing === 0 ? 0 : 1;
}

if (role === 'server') serveChurn(rest[0]!, Number(rest[1]));
else await main(Number(rest[0] ?? 100_000), Number(rest[1] ?? 40));
