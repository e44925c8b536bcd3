/** Rows whose contestants are servers: each in a process of its own, started once, and put to the same load in turn. */
import type { Moved } from './moved.js';
import type { Contestant, Runner, Sample, Sizes } from './row.js';
import { WorkerProcess } from './worker-process.js';

/** A server of `lab/bench/servers`. */
export interface ServerEntry {
  readonly name: string;
  readonly file: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The contestant of another checkout (`--before DIR`), of the same work: named so, and bundled as `before`. */
export const BEFORE = 'before';

/** Whether rows compare rxpaf with the rxpaf of another checkout, instead of with its peers. */
export const COMPARED = process.argv.includes('--before');

/** The entries that take part: all of them, or rxpaf and the rxpaf of another checkout. */
export function competitors(entries: readonly ServerEntry[]): readonly ServerEntry[] {
  if (!COMPARED) return entries;
  const own = entries.filter(({ name }) => name === 'rxpaf');
  return [...own, ...own.map((entry) => ({ ...entry, name: BEFORE, file: BEFORE }))];
}

export type { Moved } from './moved.js';

const US_PER_SECOND = 1e6;
export const GIB = 2 ** 30;

/** One contestant for each server, a process with `flags`. */
export function serverContestants(
  servers: readonly ServerEntry[],
  round: (server: WorkerProcess, sizes: Sizes, warmUp: boolean) => Promise<Sample>,
  flags: readonly string[] = [],
): Contestant[] {
  return competitors(servers).map(({ name, file, env }) => ({
    name,
    start: async (sizes): Promise<Runner> => {
      const server = await WorkerProcess.start(`servers/${file}`, env, flags);
      return { round: (warmUp) => round(server, sizes, warmUp), stop: () => server.stop() };
    },
  }));
}

/** `load`, and what the server used meanwhile: `cost` of its µs of CPU and the work done. */
export async function measured(
  server: WorkerProcess,
  load: () => Promise<Moved>,
  cost: (cpu: number, work: number) => number,
): Promise<Sample> {
  const before = await server.usage();
  const { work, seconds, p50, p99 } = await load();
  const after = await server.usage();
  const cpu = after.cpu - before.cpu;
  return {
    cost: cost(cpu, work),
    rate: work / seconds,
    ...(p50 === undefined ? {} : { p50 }),
    ...(p99 === undefined ? {} : { p99 }),
    rss: after.rss,
    busy: cpu / US_PER_SECOND / seconds,
  };
}

/** µs of CPU a request. */
export const perRequest = (cpu: number, requests: number): number => cpu / requests;

/** Seconds of CPU a GiB, of work in MiB. */
export const perGiB = (cpu: number, mebibytes: number): number => cpu / US_PER_SECOND / (mebibytes / 1024);

export const PER_REQUEST = 'µs CPU/request';
export const PER_GIB = 's CPU/GiB';
export const REQUESTS = 'requests/s';
export const MEBIBYTES = 'MiB/s';
export const MIB = 2 ** 20;
