/** The cost of an idle connection: it has had one response, and is kept. */
import { allowedConnections, openIdle, SPEAK_H1, SPEAK_H2, SPEAK_WEBSOCKET, type Speech } from '../load/idle.js';
import type { Asked, Row, Sample } from '../support/row.js';
import { COMPARED, competitors, type ServerEntry } from '../support/servers.js';
import { WorkerProcess } from '../support/worker-process.js';
import { askedOfH1, H1_SERVERS } from './h1.js';
import { askedOfH2, CLEARTEXT } from './h2.js';

/** The share of the connections that a server has before it is measured: it has then made all that it makes once. */
const FIRST = 0.2;

/** A process of its own for each round: memory that was once taken from the system is seldom given back. */
async function round(file: string, wanted: number, speech: Speech): Promise<Sample> {
  const count = allowedConnections(wanted);
  const first = Math.ceil(count * FIRST);
  const server = await WorkerProcess.start(`servers/${file}`);
  const sockets = await openIdle(server.port, first, speech);
  try {
    const before = await server.usage('usage-after-gc');
    sockets.push(...(await openIdle(server.port, count - first, speech)));
    const after = await server.usage('usage-after-gc');
    const each = (all: number): number => all / (count - first);
    return { cost: each(after.rss - before.rss), rate: each(after.heap - before.heap), rss: after.rss };
  } finally {
    for (const socket of sockets) socket.removeAllListeners('close').destroy();
    await server.stop();
  }
}

function idle(name: string, work: string, servers: readonly ServerEntry[], speech: Speech, asked: Asked): Row {
  return {
    name,
    work,
    costUnit: 'bytes of RSS/connection',
    rateUnit: 'of which heap',
    asked,
    contestants: competitors(servers).map(({ name: contestant, file }) => ({
      name: contestant,
      start: ({ idle: wanted }) => {
        const allowed = allowedConnections(wanted);
        if (allowed < wanted) console.error(`${name}: open files are limited: ${allowed} connections, not ${wanted}`);
        // Nothing to warm up: a round has a process of its own.
        const nothing: Sample = { cost: 0, rss: 0 };
        return Promise.resolve({
          round: (warmUp) => (warmUp ? Promise.resolve(nothing) : round(file, wanted, speech)),
          stop: () => Promise.resolve(),
        });
      },
    })),
  };
}

/** The servers of WebSockets: rxpaf, and the package `ws`. */
const WEBSOCKET_SERVERS: readonly ServerEntry[] = [
  { name: 'rxpaf', file: 'rxpaf-websocket' },
  { name: 'ws', file: 'ws-package' },
];

export const IDLE_ROWS: readonly Row[] = [
  idle('h1-idle', 'idle keep-alive connections, one request each before', H1_SERVERS, SPEAK_H1, askedOfH1(0.6)),
  idle('h2-idle', 'idle connections, one request each before', CLEARTEXT, SPEAK_H2, askedOfH2(undefined)),
  {
    ...idle('ws-idle', 'idle WebSockets, one message each before', WEBSOCKET_SERVERS, SPEAK_WEBSOCKET, {
      of: 'rxpaf',
      against: 'ws',
      ratio: 0.8,
    }),
    missing: () => (COMPARED ? 'another checkout may have no WebSockets' : undefined),
  },
];
