/** The rows of the HTTP/2 server: rxpaf against `node:http2`, and canned frames as the floor; `h2load` requests the small responses. */
import { h2load, h2loadMissing, type H2LoadReport } from '../load/h2load.js';
import { transferH2 } from '../load/h2-transfer.js';
import type { Asked, Row } from '../support/row.js';
import type { WorkerProcess } from '../support/worker-process.js';
import {
  measured,
  type Moved,
  PER_REQUEST,
  perRequest,
  REQUESTS,
  type ServerEntry,
  serverContestants,
} from '../support/servers.js';
import { LEVELS } from './h1.js';
import { large } from './large.js';

const TLS = { TLS: '1' };

export function askedOfH2(ratio: number | undefined): Asked {
  return { of: 'rxpaf', against: 'node:http2', ratio };
}

export const CLEARTEXT: readonly ServerEntry[] = [
  { name: 'rxpaf', file: 'rxpaf' },
  { name: 'node:http2', file: 'node-http2' },
  { name: 'floor', file: 'canned-h2' },
];

/** With the one that is made on `node:http2`. */
export const WITH_PEER: readonly ServerEntry[] = [
  ...CLEARTEXT.slice(0, 2),
  { name: 'fastify', file: 'fastify', env: { H2: '1' } },
  ...CLEARTEXT.slice(2),
];

const SECURE: readonly ServerEntry[] = [
  { name: 'rxpaf', file: 'rxpaf', env: TLS },
  { name: 'node:http2', file: 'node-http2', env: TLS },
];

/** Requests of a second, to begin with: the warm-up measures how many it really takes. */
const FIRST_GUESS = 2_000;
/** Requests whose latencies are kept, in a run of their own: writing them down costs h2load time. */
const PROBE = 5_000;

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** `GET /`, 8 connections of 50 streams. */
function hello(name: string, work: string, servers: readonly ServerEntry[], ratio: number | undefined): Row {
  const rates = new WeakMap<WorkerProcess, number>();
  const scheme = servers === SECURE ? 'https' : 'http';
  const ask = (server: WorkerProcess, requests: number, latencies = false): Promise<H2LoadReport> =>
    h2load({ url: `${scheme}://127.0.0.1:${server.port}/`, connections: 8, streams: 50, requests, latencies });
  return {
    name,
    work,
    costUnit: PER_REQUEST,
    rateUnit: REQUESTS,
    asked: askedOfH2(ratio),
    missing: h2loadMissing,
    contestants: serverContestants(servers, async (server, { seconds }, warmUp) => {
      const wanted = Math.max(400, Math.ceil((rates.get(server) ?? FIRST_GUESS) * seconds));
      const probe = warmUp ? [] : (await ask(server, Math.min(PROBE, wanted), true)).latencies;
      const load = async (): Promise<Moved> => {
        const { requests, seconds: took } = await ask(server, wanted);
        rates.set(server, requests / took);
        return { work: requests, seconds: took, p50: percentile(probe, 0.5), p99: percentile(probe, 0.99) };
      };
      // From the guess to what fills the time, in two steps: the first requests of a process are slow.
      if (warmUp) await load();
      return measured(server, load, perRequest);
    }),
  };
}

export const H2_ROWS: readonly Row[] = [
  hello('h2-hello', 'GET /, 8 connections of 50 streams', WITH_PEER, 0.2),
  hello('h2-hello-tls', 'GET / over TLS, 8 connections of 50 streams', SECURE, undefined),
  {
    ...hello('h2-levels', 'GET /, 8 connections of 50 streams, by level', LEVELS, undefined),
    asked: { of: 'connections', against: 'rxpaf', ratio: undefined },
  },
  ...large('h2', transferH2, CLEARTEXT, askedOfH2(0.5)),
];
