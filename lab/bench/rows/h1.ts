/** The rows of the HTTP/1.1 server: rxpaf against `node:http`, and canned responses on bare sockets as the floor. */
import { HelloLoad } from '../load/h1-hello.js';
import { transfer } from '../load/h1-transfer.js';
import type { Asked, Row } from '../support/row.js';
import {
  measured,
  type Moved,
  PER_REQUEST,
  perRequest,
  REQUESTS,
  type ServerEntry,
  serverContestants,
} from '../support/servers.js';
import { large } from './large.js';

/** rxpaf, what it is compared with, and what nobody can pass. */
export const H1_SERVERS: readonly ServerEntry[] = [
  { name: 'rxpaf', file: 'rxpaf' },
  { name: 'node:http', file: 'node-http' },
  { name: 'floor', file: 'canned-h1' },
];

/** The same server at each level of the composition: the first is the fast path. */
export const LEVELS: readonly ServerEntry[] = ['service', 'connections', 'dispatch'].map((level) => ({
  name: level === 'service' ? 'rxpaf' : level,
  file: 'rxpaf',
  env: { LEVEL: level },
}));

/** With those that are made on `node:http`. */
export const H1_PEERS: readonly ServerEntry[] = [
  ...H1_SERVERS.slice(0, 2),
  { name: 'fastify', file: 'fastify' },
  { name: '@marblejs/http', file: 'marble' },
  ...H1_SERVERS.slice(2),
];

export function askedOfH1(ratio: number | undefined): Asked {
  return { of: 'rxpaf', against: 'node:http', ratio };
}

/** `GET /`, over and over. */
function hello(
  name: string,
  work: string,
  servers: readonly ServerEntry[],
  { connections, depth }: { readonly connections: number; readonly depth: number },
  ratio: number,
): Row {
  return {
    name,
    work,
    costUnit: PER_REQUEST,
    rateUnit: REQUESTS,
    asked: askedOfH1(ratio),
    contestants: serverContestants(servers, async (server, { seconds }) => {
      const load = await HelloLoad.open(server.port, connections, depth);
      try {
        // Opening connections is not what is measured.
        await load.ask(seconds / 20);
        return await measured(server, () => helloFor(load, seconds), perRequest);
      } finally {
        load.close();
      }
    }),
  };
}

/** `load` for `asked` seconds. */
export async function helloFor(load: HelloLoad, asked: number): Promise<Moved> {
  const { requests, seconds, latencies } = await load.ask(asked);
  return { work: requests, seconds, p50: latencies.percentile(0.5), p99: latencies.percentile(0.99) };
}

export const H1_ROWS: readonly Row[] = [
  hello('h1-hello', 'GET /, 64 connections', H1_PEERS, { connections: 64, depth: 1 }, 0.7),
  hello('h1-pipelined', 'GET /, 8 connections, 16 requests deep', H1_SERVERS, { connections: 8, depth: 16 }, 0.2),
  {
    ...hello('h1-levels', 'GET /, 64 connections, by level', LEVELS, { connections: 64, depth: 1 }, 1),
    asked: { of: 'connections', against: 'rxpaf', ratio: undefined },
  },
  ...large('h1', transfer, H1_PEERS, askedOfH1(0.6)),
];
