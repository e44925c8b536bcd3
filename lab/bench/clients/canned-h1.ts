/** The floor of the HTTP/1.1 rows: bare sockets, requests that were made before, and responses of which only the size is checked. */
import { HelloLoad } from '../load/h1-hello.js';
import { transfer } from '../load/h1-transfer.js';
import { MIB } from '../support/servers.js';
import { ready } from '../support/worker.js';

const loads = new Map<number, HelloLoad>();

ready(0, async ({ kind, url, concurrency, seconds }) => {
  const { port, pathname } = new URL(url);
  const number = Number(port);
  if (kind === 'get') {
    let load = loads.get(number);
    if (load === undefined) loads.set(number, (load = await HelloLoad.open(number, concurrency, 1)));
    const { requests, seconds: took, latencies } = await load.ask(seconds);
    return { work: requests, seconds: took, p50: latencies.percentile(0.5), p99: latencies.percentile(0.99) };
  }
  const begin = performance.now();
  const size = await transfer({ port: number, path: pathname, upload: undefined, rate: Infinity });
  return { work: size / MIB, seconds: (performance.now() - begin) / 1000 };
});
