/** The cost of a request as the number of connections of HTTP/1.1, or of streams on one of HTTP/2, grows. Flat is the aim. */
import { HelloLoad } from '../load/h1-hello.js';
import { h2load, h2loadMissing } from '../load/h2load.js';
import { allowedConnections } from '../load/idle.js';
import type { Curve, Row } from '../support/row.js';
import {
  measured,
  PER_REQUEST,
  perRequest,
  REQUESTS,
  type ServerEntry,
  serverContestants,
} from '../support/servers.js';
import type { WorkerProcess } from '../support/worker-process.js';
import { askedOfH1, H1_SERVERS, helloFor } from './h1.js';
import { askedOfH2, CLEARTEXT } from './h2.js';

/** So many of them. */
const POINTS = [1, 10, 100, 1_000, 10_000];
/** The share of a round's seconds that a point takes: there are many. */
const SHARE = 1 / 3;

const CONNECTIONS: Omit<Curve, 'at'> = { name: 'h1-connections', of: 'connections' };
const STREAMS: Omit<Curve, 'at'> = { name: 'h2-streams', of: 'streams on one connection' };

function connections(at: number): Row {
  return {
    name: `${CONNECTIONS.name}-${at}`,
    work: `GET /, ${at} connections`,
    curve: { ...CONNECTIONS, at },
    costUnit: PER_REQUEST,
    rateUnit: REQUESTS,
    asked: askedOfH1(undefined),
    missing: () => {
      const allowed = allowedConnections(at);
      return allowed < at ? `open files are limited to ${allowed} connections (ulimit -n)` : undefined;
    },
    contestants: serverContestants(H1_SERVERS, async (server, { seconds }, warmUp) => {
      const load = await HelloLoad.open(server.port, at, 1);
      try {
        // Every point is as warm as the others: it is them that it is compared with.
        await load.ask(warmUp ? seconds : seconds / 20);
        return await measured(server, () => helloFor(load, seconds * SHARE), perRequest);
      } finally {
        load.close();
      }
    }),
  };
}

/** Requests of a second, to begin with: the warm-up measures how many it really takes. */
const FIRST_GUESS = 5_000;

function streams(at: number): Row {
  const rates = new WeakMap<WorkerProcess, number>();
  const servers: readonly ServerEntry[] = CLEARTEXT.map((server) => ({ ...server, env: { STREAMS: `${at}` } }));
  return {
    name: `${STREAMS.name}-${at}`,
    work: `GET /, ${at} streams at once on one connection`,
    curve: { ...STREAMS, at },
    costUnit: PER_REQUEST,
    rateUnit: REQUESTS,
    asked: askedOfH2(undefined),
    missing: h2loadMissing,
    contestants: serverContestants(servers, async (server, { seconds }, warmUp) => {
      const url = `http://127.0.0.1:${server.port}/`;
      const load = async (): Promise<{ readonly work: number; readonly seconds: number }> => {
        const wanted = Math.ceil((rates.get(server) ?? FIRST_GUESS) * seconds * SHARE);
        const report = await h2load({ url, connections: 1, streams: at, requests: Math.max(2 * at, wanted) });
        rates.set(server, report.requests / report.seconds);
        return { work: report.requests, seconds: report.seconds };
      };
      for (let turn = 0; warmUp && turn < 1 / SHARE; turn++) await load();
      return measured(server, load, perRequest);
    }),
  };
}

export const CURVE_ROWS: readonly Row[] = [...POINTS.map(connections), ...POINTS.map(streams)];
