// The live page under load: 1,000 requests a second, over both protocols, while a browser draws them. For ten minutes:
//   SOAK_SECONDS=600 npx jest --config test/jest.config.js lab/soak/live-page
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Browser, CDPSession } from 'puppeteer-core';
import { browser, keepPicture, open, textOf } from '../../test/kits/peers/chromium.js';
import { InspectedServer } from '../../test/kits/inspected-server.js';
import { describeWith } from '../../test/kits/shared-target.js';

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 10);
/** The memory is looked at this often: ten times, and no more than twice a minute. */
const EVERY = Math.max(2, Math.min(30, SECONDS / 10));
const MEGABYTE = 1e6;

const sleep = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** 500 requests a second on ten connections. */
function load(url: string, ...options: readonly string[]): ChildProcess {
  const args = ['-c', '10', '--rps', '50', '-D', String(SECONDS), ...options, `${url}/hello`];
  return spawn('h2load', args, { stdio: 'ignore' });
}

/** Bytes of the page's heap after a collection; its nodes, and the events that it has dropped. */
async function pageMemory(session: CDPSession): Promise<{ readonly heap: number; readonly nodes: number }> {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const { nodes } = await session.send('Memory.getDOMCounters');
  return { heap: usedSize, nodes };
}

const tests = (): void => {
  let server: InspectedServer;
  let driven: Browser;
  const loads: ChildProcess[] = [];

  beforeAll(async () => {
    server = new InspectedServer();
    driven = await browser();
  });

  afterAll(async () => {
    for (const one of loads) one.kill();
    await driven.close();
    await server.stop();
  });

  it(
    `takes the memory that it takes, in the server and in the browser, for ${SECONDS} s`,
    async () => {
      const [cleartext, secure] = await server.urls;
      const { page, complaints } = await open(driven, cleartext);
      const session = await page.createCDPSession();
      await session.send('HeapProfiler.enable');
      const figure = (name: string): Promise<string> => textOf(page, `[data-figure=${name}]`);
      loads.push(load(cleartext, '--h1'), load(secure));
      const ended = Promise.all(loads.map((one) => once(one, 'close')));
      const samples: { heap: number; rss: number; page: number; nodes: number; rate: number }[] = [];
      const begin = Date.now();
      // The first moments fill what is bounded: caches, pools, the lines of the picture.
      await sleep(Math.min(60, SECONDS / 3));
      while (Date.now() - begin < (SECONDS - 1) * 1000) {
        const { heap, rss } = await server.memory();
        const { heap: pageHeap, nodes } = await pageMemory(session);
        samples.push({ heap, rss, page: pageHeap, nodes, rate: Number(await figure('rate')) });
        if (SECONDS > 60) console.log(Math.round((Date.now() - begin) / 1000), JSON.stringify(samples.at(-1)));
        await sleep(Math.min(EVERY, Math.max(0, SECONDS - 1 - (Date.now() - begin) / 1000)));
      }
      await keepPicture(page, 'page-soak');
      const dropped = await figure('dropped');
      await ended;
      if (SECONDS > 60) console.log('dropped', dropped);
      expect(complaints).toEqual([]);
      const [first, last] = [samples[0]!, samples.at(-1)!];
      // That there was something to draw: the machine may be busy with other things.
      expect(Math.max(...samples.map(({ rate }) => rate))).toBeGreaterThan(50);
      expect(last.heap - first.heap).toBeLessThan(8 * MEGABYTE);
      expect(last.rss - first.rss).toBeLessThan(60 * MEGABYTE);
      expect(last.page - first.page).toBeLessThan(8 * MEGABYTE);
      expect(last.nodes - first.nodes).toBeLessThan(100);
    },
    (SECONDS + 120) * 1000,
  );
};

describeWith('chromium', 'the page under 1,000 requests a second', () => describeWith('h2load', 'by h2load', tests));
