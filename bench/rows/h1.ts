/** The rows of the HTTP/1.1 server: rxpaf against `node:http`, and canned answers on bare sockets as the floor. */
import { HelloLoad } from '../load/h1-hello.js';
import { transfer } from '../load/h1-transfer.js';
import type { Asked, Row, Sizes } from '../support/row.js';
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

export const H1_SERVERS: readonly ServerEntry[] = [
  { name: 'rxpaf', file: 'rxpaf' },
  { name: 'node:http', file: 'node-http' },
  { name: 'floor', file: 'canned-h1' },
];

export function askedOfH1(ratio: number | undefined): Asked {
  return { of: 'rxpaf', against: 'node:http', ratio };
}

/** `GET /`, over and over. */
function hello(name: string, work: string, connections: number, depth: number, ratio: number): Row {
  return {
    name,
    work,
    costUnit: PER_REQUEST,
    rateUnit: REQUESTS,
    asked: askedOfH1(ratio),
    contestants: serverContestants(H1_SERVERS, async (server, { seconds }) => {
      const load = await HelloLoad.open(server.port, connections, depth);
      try {
        // Opening connections is not what is measured.
        await load.ask(seconds / 20);
        return await measured(server, () => askFor(load, seconds), perRequest);
      } finally {
        load.close();
      }
    }),
  };
}

async function askFor(load: HelloLoad, asked: number): Promise<Moved> {
  const { requests, seconds, latencies } = await load.ask(asked);
  return { work: requests, seconds, p50: latencies.percentile(0.5), p99: latencies.percentile(0.99) };
}

/** One large body. `back`: how many bytes of content the answer has, at least. */
function large(
  name: string,
  work: string,
  exchange: (bytes: number) => { readonly path: string; readonly upload: number | undefined; readonly back: number },
): Row {
  const move = async (server: WorkerProcess, bytes: number): Promise<Moved> => {
    const { path, upload, back } = exchange(bytes);
    const begin = performance.now();
    const content = await transfer({ port: server.port, path, upload });
    if (content < back) throw new Error(`${content} bytes came back, not ${back}`);
    return { work: bytes / MIB, seconds: (performance.now() - begin) / 1000 };
  };
  const bytesOf = (sizes: Sizes, warmUp: boolean): number => (warmUp ? Math.ceil(sizes.bytes / 8) : sizes.bytes);
  return {
    name,
    work,
    costUnit: PER_GIB,
    rateUnit: MEBIBYTES,
    asked: askedOfH1(0.6),
    contestants: serverContestants(H1_SERVERS, (server, sizes, warmUp) =>
      measured(server, () => move(server, bytesOf(sizes, warmUp)), perGiB),
    ),
  };
}

export const H1_ROWS: readonly Row[] = [
  hello('h1-hello', 'GET /, 64 connections', 64, 1, 0.7),
  hello('h1-pipelined', 'GET /, 8 connections, 16 requests deep', 8, 16, 0.2),
  large('h1-download', 'GET of one large body', (bytes) => ({
    path: `/bytes/${bytes}`,
    upload: undefined,
    back: bytes,
  })),
  large('h1-upload', 'POST of one large body, counted', (bytes) => ({ path: '/upload', upload: bytes, back: 1 })),
  large('h1-echo', 'POST of one large body, sent back', (bytes) => ({ path: '/echo', upload: bytes, back: bytes })),
];
