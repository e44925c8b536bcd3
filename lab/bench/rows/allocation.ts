/**
 * The garbage of a request: the bytes that a server allocates for a burst of small ones. Its young generation is so large that nothing is
 * collected meanwhile. A round with a collection is not a measurement, and fails.
 */
import { HelloLoad } from '../load/h1-hello.js';
import { h2load, h2loadMissing } from '../load/h2load.js';
import type { Asked, Row, Sample } from '../support/row.js';
import { type ServerEntry, serverContestants } from '../support/servers.js';
import type { WorkerProcess } from '../support/worker-process.js';
import { askedOfH1, H1_PEERS } from './h1.js';
import { askedOfH2, WITH_PEER } from './h2.js';

/** MiB of young generation, from the beginning. */
const YOUNG = ['--min-semi-space-size=512', '--max-semi-space-size=512'];
/** Requests of a burst: the most expensive contestant allocates well below the young generation for them. */
const BURST = 5_000;
/**
 * Requests before the first burst, so that all code is compiled and all lasting objects are made; fewer if rounds are shorter than a
 * second.
 */
const WARM_UP = 20_000;

/** Asks for `/` at least so many times. @returns how often it was asked. */
type Load = (server: WorkerProcess, requests: number) => Promise<number>;

async function round(server: WorkerProcess, load: Load): Promise<Sample> {
  const before = await server.usage('usage-after-gc');
  const requests = await load(server, BURST);
  const after = await server.usage('usage-and-collections');
  const each = (all: number): number => all / requests;
  const collected = after.collections - before.collections;
  if (collected > 0) throw new Error(`garbage was collected ${collected} times in the burst`);
  return { cost: each(after.heap - before.heap), rate: each(after.objects - before.objects), rss: after.rss };
}

const overH1: Load = async (server, requests) => {
  const load = await HelloLoad.open(server.port, 64, 1);
  try {
    let asked = 0;
    while (asked < requests) asked += (await load.ask(0.02)).requests;
    return asked;
  } finally {
    load.close();
  }
};

const overH2: Load = async ({ port }, requests) =>
  (await h2load({ url: `http://127.0.0.1:${port}/`, connections: 8, streams: 50, requests })).requests;

function allocation(name: string, load: Load, servers: readonly ServerEntry[], asked: Asked): Row {
  return {
    name,
    work: 'GET /, what is allocated for it',
    costUnit: 'bytes/request',
    rateUnit: 'of which objects',
    asked,
    ...(load === overH2 ? { missing: h2loadMissing } : {}),
    contestants: serverContestants(
      servers,
      async (server, { seconds }, warmUp) => {
        if (warmUp) await load(server, Math.ceil(WARM_UP * Math.min(1, seconds)));
        return round(server, load);
      },
      YOUNG,
    ),
  };
}

export const ALLOCATION_ROWS: readonly Row[] = [
  allocation('h1-allocation', overH1, H1_PEERS, askedOfH1(undefined)),
  allocation('h2-allocation', overH2, WITH_PEER, askedOfH2(undefined)),
];
