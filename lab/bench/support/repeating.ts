/** The work of a measured client: what it is asked to do, as often as it can. */
import { Latencies } from '../load/latencies.js';
import type { Moved } from './moved.js';
import type { Task } from './worker.js';

/** Starts `concurrency` chains; each calls `once` with what to call when it is done, again and again until the time is over. */
export function repeating(
  { concurrency, seconds }: Task,
  once: (done: () => void, failed: (error: unknown) => void) => void,
): Promise<Moved> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const end = begin + seconds * 1000;
    const latencies = new Latencies();
    let requests = 0;
    let open = concurrency;
    const chain = (): void => {
      const asked = performance.now();
      once(() => {
        const now = performance.now();
        requests++;
        latencies.add(now - asked);
        if (now < end) return chain();
        if (--open > 0) return;
        const took = (now - begin) / 1000;
        resolve({ work: requests, seconds: took, p50: latencies.percentile(0.5), p99: latencies.percentile(0.99) });
      }, reject);
    };
    for (let each = 0; each < concurrency; each++) chain();
  });
}
