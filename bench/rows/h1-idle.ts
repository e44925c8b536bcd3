/** What a connection costs that does nothing: it has been answered once, and is kept. */
import { allowedConnections, openIdle } from '../load/h1-idle.js';
import type { Row, Sample } from '../support/row.js';
import type { ServerEntry } from '../support/servers.js';
import { WorkerProcess } from '../support/worker-process.js';
import { askedOfH1, H1_SERVERS } from './h1.js';

/** The share of the connections that a server has before it is measured: it has then made all that it makes once. */
const FIRST = 0.2;

/** A process of its own for each round: memory that was once taken from the system is seldom given back. */
async function round(file: string, wanted: number): Promise<Sample> {
  const count = allowedConnections(wanted);
  const first = Math.ceil(count * FIRST);
  const server = await WorkerProcess.start(`servers/${file}`);
  const sockets = await openIdle(server.port, first);
  try {
    const before = await server.usage('usage-after-gc');
    sockets.push(...(await openIdle(server.port, count - first)));
    const after = await server.usage('usage-after-gc');
    const each = (all: number): number => all / (count - first);
    return { cost: each(after.rss - before.rss), rate: each(after.heap - before.heap), rss: after.rss };
  } finally {
    for (const socket of sockets) socket.removeAllListeners('close').destroy();
    await server.stop();
  }
}

export const H1_IDLE: Row = {
  name: 'h1-idle',
  work: 'idle keep-alive connections, one request each before',
  costUnit: 'bytes of RSS/connection',
  rateUnit: 'of which heap',
  asked: askedOfH1(0.6),
  contestants: H1_SERVERS.map(({ name, file }: ServerEntry) => ({
    name,
    start: ({ idle }) => {
      const allowed = allowedConnections(idle);
      if (allowed < idle) console.error(`h1-idle: open files are limited: ${allowed} connections, not ${idle}`);
      return Promise.resolve({ round: () => round(file, idle), stop: () => Promise.resolve() });
    },
  })),
};
