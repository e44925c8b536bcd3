/** The memory and the handles of a process, after a collection. */
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Holdings {
  /** Bytes of JavaScript objects. */
  readonly heap: number;
  /** Bytes that they hold outside of the heap: buffers. */
  readonly external: number;
  /** Bytes. */
  readonly rss: number;
  /** Open file descriptors. */
  readonly descriptors: number;
  /** What keeps the process alive, by its kind. */
  readonly resources: Readonly<Record<string, number>>;
}

// They are opened at the first look: that should not happen during the load.
export const OPENED = [process.stdout, process.stderr];

export async function holdings(): Promise<Holdings> {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('the processes of a soak run with --expose-gc');
  // Objects that finalizers release are garbage only then; and closed handles go within some turns.
  for (let round = 0; round < 4; round++) {
    await sleep(50);
    gc();
  }
  const { heapUsed: heap, external, rss } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return { heap, external, rss, descriptors: readdirSync('/proc/self/fd').length, resources };
}
