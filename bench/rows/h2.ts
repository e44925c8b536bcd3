/** The rows of the HTTP/2 server: rxpaf against `node:http2`, and canned frames as the floor; `h2load` is the client. */
import { h2load, h2loadMissing, type H2LoadReport, withFile } from '../load/h2load.js';
import type { Row } from '../support/row.js';
import type { WorkerProcess } from '../support/worker-process.js';
import {
  measured,
  MEBIBYTES,
  MIB,
  type Moved,
  PER_GIB,
  PER_REQUEST,
  perGiB,
  perRequest,
  REQUESTS,
  type ServerEntry,
  serverContestants,
} from '../support/servers.js';

const TLS = { TLS: '1' };

const CLEARTEXT: readonly ServerEntry[] = [
  { name: 'rxpaf', file: 'rxpaf' },
  { name: 'node:http2', file: 'node-http2' },
  { name: 'floor', file: 'canned-h2' },
];

const SECURE: readonly ServerEntry[] = [
  { name: 'rxpaf', file: 'rxpaf', env: TLS },
  { name: 'node:http2', file: 'node-http2', env: TLS },
];

/** Requests of a second, to begin with: the warm-up tells how many it really takes. */
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
    asked: { of: 'rxpaf', against: 'node:http2', ratio },
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

/** One large body on one stream. */
function large(name: string, work: string, path: (bytes: number) => string, upload: boolean, back: boolean): Row {
  const move = async (server: WorkerProcess, bytes: number): Promise<Moved> => {
    const exchange = (data: { readonly data?: string }): Promise<H2LoadReport> =>
      h2load({
        url: `http://127.0.0.1:${server.port}${path(bytes)}`,
        connections: 1,
        streams: 1,
        requests: 1,
        ...data,
      });
    const { seconds, content } = await (upload ? withFile(bytes, (data) => exchange({ data })) : exchange({}));
    if (back && content < bytes) throw new Error(`${content} bytes came back, not ${bytes}`);
    return { work: bytes / MIB, seconds };
  };
  return {
    name,
    work,
    costUnit: PER_GIB,
    rateUnit: MEBIBYTES,
    asked: { of: 'rxpaf', against: 'node:http2', ratio: 0.5 },
    missing: h2loadMissing,
    contestants: serverContestants(CLEARTEXT, (server, { bytes }, warmUp) =>
      measured(server, () => move(server, warmUp ? Math.ceil(bytes / 8) : bytes), perGiB),
    ),
  };
}

export const H2_ROWS: readonly Row[] = [
  hello('h2-hello', 'GET /, 8 connections of 50 streams', CLEARTEXT, 0.2),
  hello('h2-hello-tls', 'GET / over TLS, 8 connections of 50 streams', SECURE, undefined),
  large('h2-download', 'GET of one large body', (bytes) => `/bytes/${bytes}`, false, true),
  large('h2-upload', 'POST of one large body, counted', () => '/upload', true, false),
  large('h2-echo', 'POST of one large body, sent back', () => '/echo', true, true),
];
