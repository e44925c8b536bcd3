/**
 * The server's end of a benchmark: a process of its own, which tells its port and, asked over IPC, what it has used.
 * It ends when the process that started it does.
 */

export type Question = 'usage' | 'usage-after-gc';

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
  { readonly kind: 'listening'; readonly port: number } | { readonly kind: 'usage'; readonly usage: Usage };

/** Tells the parent that the server is there. */
export function ready(port: number): void {
  process.on('message', (question: Question) => void answer(question));
  process.on('disconnect', () => process.exit(0));
  tell({ kind: 'listening', port });
}

/** The port of a server that listens. */
export function portOf(server: { address(): unknown }): number {
  return (server.address() as { port: number }).port;
}

async function answer(question: Question): Promise<void> {
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
