/** The rows of the client: rxpaf against undici and Node's own HTTP/2 client, at servers that cost as little as there is. */
import type { Asked, Contestant, Row, Sample, Sizes } from '../support/row.js';
import {
  competitors,
  measured,
  MEBIBYTES,
  PER_GIB,
  PER_REQUEST,
  perGiB,
  perRequest,
  REQUESTS,
  type ServerEntry,
} from '../support/servers.js';
import { ROOMY_HEAP, WorkerProcess } from '../support/worker-process.js';

const H1: readonly ServerEntry[] = [
  { name: 'rxpaf', file: 'rxpaf' },
  { name: 'undici', file: 'undici' },
  { name: 'floor', file: 'canned-h1' },
];

const H2: readonly ServerEntry[] = [
  { name: 'rxpaf', file: 'rxpaf', env: { PROTOCOL: 'h2' } },
  { name: 'node:http2', file: 'node-http2' },
];

/** A client, and where its server is. */
interface Pair {
  readonly client: WorkerProcess;
  readonly base: string;
}

/** One contestant for each client; each has a server of its own, a process that is not measured. */
function clientContestants(
  clients: readonly ServerEntry[],
  server: string,
  round: (pair: Pair, sizes: Sizes, warmUp: boolean) => Promise<Sample>,
): Contestant[] {
  return competitors(clients).map(({ name, file, env }) => ({
    name,
    start: async (sizes) => {
      const origin = await WorkerProcess.start(`servers/${server}`, {}, ROOMY_HEAP);
      const client = await WorkerProcess.start(`clients/${file}`, env, ROOMY_HEAP);
      const pair = { client, base: `http://127.0.0.1:${origin.port}` };
      return {
        round: (warmUp) => round(pair, sizes, warmUp),
        stop: async () => {
          await client.stop();
          await origin.stop();
        },
      };
    },
  }));
}

function get(name: string, concurrency: number, of: readonly ServerEntry[], server: string, asked: Asked): Row {
  return {
    name,
    work: `GET /, ${concurrency} at once`,
    costUnit: PER_REQUEST,
    rateUnit: REQUESTS,
    asked,
    contestants: clientContestants(of, server, ({ client, base }, { seconds }) =>
      measured(client, () => client.work({ kind: 'get', url: `${base}/`, concurrency, seconds }), perRequest),
    ),
  };
}

function download(name: string, of: readonly ServerEntry[], server: string, asked: Asked): Row {
  return {
    name,
    work: 'GET of one large body, counted',
    costUnit: PER_GIB,
    rateUnit: MEBIBYTES,
    asked,
    contestants: clientContestants(of, server, ({ client, base }, { bytes }, warmUp) => {
      const url = `${base}/bytes/${warmUp ? Math.ceil(bytes / 8) : bytes}`;
      return measured(client, () => client.work({ kind: 'download', url, concurrency: 1, seconds: 0 }), perGiB);
    }),
  };
}

export const CLIENT_ROWS: readonly Row[] = [
  get('client-h1-get', 64, H1, 'canned-h1', { of: 'rxpaf', against: 'undici', ratio: 0.65 }),
  get('client-h2-get', 100, H2, 'canned-h2', { of: 'rxpaf', against: 'node:http2', ratio: 0.2 }),
  download('client-h1-download', H1, 'canned-h1', { of: 'rxpaf', against: 'undici', ratio: 1 }),
  download('client-h2-download', H2, 'node-http2', { of: 'rxpaf', against: 'node:http2', ratio: undefined }),
];
