/**
 * The measured end of a benchmark, a server or a client, is a process of its own. It reports its port, or does the work that it gets over
 * IPC, and reports its usage. It ends when the process that started it does.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import type { Moved } from './moved.js';

/** What a client is to do. */
export interface Task {
  /** `get`: GET of `url` over and over, for `seconds`, `concurrency` at once. `download`: one GET, whose content is counted. */
  readonly kind: 'get' | 'download';
  readonly url: string;
  readonly concurrency: number;
  readonly seconds: number;
}

/** `usage-after-gc`: once garbage has been collected. `usage-and-collections`: once the collections until now have been counted. */
export type UsageQuestion = 'usage' | 'usage-after-gc' | 'usage-and-collections';

export type Question = UsageQuestion | Task;

/** What the process has used so far. */
export interface Usage {
  /** µs of CPU, user and system, of all its threads. */
  readonly cpu: number;
  /** Bytes. */
  readonly rss: number;
  /** Bytes of JavaScript objects, and of what they hold outside of the heap. */
  readonly heap: number;
  /** Bytes of the JavaScript objects alone. */
  readonly objects: number;
  /** Collections of garbage since they are counted: since the first question about them. */
  readonly collections: number;
}

export type Answer =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'usage'; readonly usage: Usage }
  | { readonly kind: 'done'; readonly moved: Moved }
  | { readonly kind: 'failed'; readonly reason: string };

/** Reports to the parent that the server is there; `port` 0 is that of a client. */
export function ready(port: number, work?: (task: Task) => Promise<Moved>): void {
  process.on('message', (question: Question) => {
    if (typeof question === 'string') return void answer(question);
    work?.(question).then(
      (moved) => tell({ kind: 'done', moved }),
      (error: unknown) =>
        tell({ kind: 'failed', reason: error instanceof Error ? (error.stack ?? '') : String(error) }),
    );
  });
  process.on('disconnect', () => process.exit(0));
  tell({ kind: 'listening', port });
}

/** The port of a server that listens. */
export function portOf(server: { address(): unknown }): number {
  return (server.address() as { port: number }).port;
}

async function answer(question: UsageQuestion): Promise<void> {
  if (question !== 'usage') await collections.counted();
  if (question === 'usage-after-gc') await collectGarbage();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  const usage = {
    cpu: user + system,
    rss,
    heap: heapUsed + external,
    objects: heapUsed,
    collections: collections.count,
  };
  tell({ kind: 'usage', usage });
}

/** Counts the collections of garbage from the first request for them on: a server that is not asked does not pay. */
class Collections {
  count = 0;
  private observer: PerformanceObserver | undefined = undefined;

  async counted(): Promise<void> {
    if (this.observer === undefined) {
      this.observer = new PerformanceObserver((list) => (this.count += list.getEntries().length));
      this.observer.observe({ entryTypes: ['gc'] });
    }
    // The observer is called a turn later.
    await pause();
  }
}

const collections = new Collections();

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

/** Twice, with a pause between: what finalizers let go of is garbage only then. */
async function collectGarbage(): Promise<void> {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('a benchmark server runs with --expose-gc');
  for (let time = 0; time < 2; time++) {
    gc();
    await pause();
  }
}

function tell(message: Answer): void {
  process.send?.(message);
}
