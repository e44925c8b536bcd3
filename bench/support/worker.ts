/**
 * The measured end of a benchmark, a server or a client: a process of its own, which tells its port or does what it is asked over
 * IPC, and tells what it has used. It ends when the process that started it does.
 */
import { takeBallast } from './ballast.js';
import type { Moved } from './moved.js';

/** What a client is to do. */
export interface Task {
  /** `get`: GET of `url` over and over, for `seconds`, `concurrency` at once. `download`: one GET, whose content is counted. */
  readonly kind: 'get' | 'download';
  readonly url: string;
  readonly concurrency: number;
  readonly seconds: number;
}

export type Question = 'usage' | 'usage-after-gc' | Task;

/** What the process has used so far. */
export interface Usage {
  /** µs of CPU, user and system, of all its threads. */
  readonly cpu: number;
  /** Bytes. */
  readonly rss: number;
  /** Bytes of JavaScript objects, and of what they hold outside of the heap. */
  readonly heap: number;
}

export type Answer =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'usage'; readonly usage: Usage }
  | { readonly kind: 'done'; readonly moved: Moved }
  | { readonly kind: 'failed'; readonly reason: string };

/** Tells the parent that the server is there; `port` 0 is that of a client. */
export function ready(port: number, work?: (task: Task) => Promise<Moved>): void {
  takeBallast();
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

async function answer(question: 'usage' | 'usage-after-gc'): Promise<void> {
  if (question === 'usage-after-gc') await collectGarbage();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  tell({ kind: 'usage', usage: { cpu: user + system, rss, heap: heapUsed + external } });
}

/** Twice, with a pause between: what finalizers let go of is garbage only then. */
async function collectGarbage(): Promise<void> {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('a benchmark server runs with --expose-gc');
  for (let time = 0; time < 2; time++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function tell(message: Answer): void {
  process.send?.(message);
}
