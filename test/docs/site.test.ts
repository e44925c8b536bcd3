/** The site of the documents: it is built, its links lead somewhere, its search finds the right page, and Chromium opens each page. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import type { Subscription } from 'rxjs';
import { serveSite } from '../../lab/site/serve.js';
import { browser, keepPicture, look, open, textOf, type Watched } from '../kits/peers/chromium.js';

const root = join(__dirname, '../..');
const dist = join(root, 'lab/build/site/dist');
/** ms to build the site, or to open all of its pages, on a busy machine. */
const TIMEOUT = 900_000;
/** Widths alone: a touch screen would load each page again. */
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 900 };
/** ms that a page may take to start, or to change its colours. */
const PATIENCE = 30_000;
/** Tabs that are opened at once. */
const TABS = 4;

/** Runs a program of the site: its exit code, and everything that it prints. */
function program(name: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const options = { cwd: root, timeout: TIMEOUT, env: { ...process.env, NO_COLOR: '1' } };
    execFile(process.execPath, [`lab/site/${name}`], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : 1, output: `${stdout}${stderr}` }),
    );
  });
}

/** The paths of all pages. */
function pagePaths(): string[] {
  return readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.html') && file !== '404.html')
    .map((file) => `/${file.split(sep).join('/')}`)
    .sort();
}

const theme = (page: Page, value: 'light' | 'dark'): Promise<void> =>
  page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);

/** Whether an expression becomes true. The policy of a page forbids the functions that a driver would make in it for that. */
async function becomesTrue(page: Page, expression: string): Promise<boolean> {
  for (const begin = Date.now(); (await look(page, expression)) !== true;) {
    if (Date.now() - begin > PATIENCE) return false;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return true;
}

/** Waits until the program of the page runs. */
async function started({ page, complaints }: Watched): Promise<void> {
  const runs = await becomesTrue(page, `document.querySelector('#app')?._vnode !== undefined`);
  if (!runs) throw new Error(`the page does not start: ${complaints.join('; ')}`);
}

describe('the site', () => {
  let built: { code: number; output: string };
  let server: Subscription | undefined;
  let origin = '';
  let driven: Browser;
  beforeAll(async () => {
    built = await program('build.mjs');
    origin = await new Promise<string>((resolve, reject) => {
      server = serveSite(dist, 0, ({ url }) => resolve(new URL(url).origin)).subscribe({ error: reject });
    });
    driven = await browser();
  }, TIMEOUT);
  afterAll(async () => {
    await driven.close();
    server?.unsubscribe();
  });

  it('is built without a warning or a broken link', () => {
    expect(built.output).toMatch(/site: \d+ pages .*, 0 broken links/);
    expect(built.code).toBe(0);
  });

  it('finds the right page first for words that people use', async () => {
    const { code, output } = await program('search.mjs');
    const [, found, misses, pending] = /^search: (\d+) queries, (\d+) without .*; (\d+) pending$/m.exec(output)!;
    if (misses !== '0') throw new Error(output);
    expect(code).toBe(0);
    expect(Number(found) + Number(pending)).toBeGreaterThanOrEqual(40);
  });

  it('searches in the browser, without the network', async () => {
    const watched = await open(driven, `${origin}/`);
    const { page, complaints } = watched;
    await started(watched);
    await page.keyboard.press('/');
    await page.waitForSelector('.VPLocalSearchBox input');
    await page.type('.VPLocalSearchBox input', 'backpressure');
    await page.waitForSelector('.VPLocalSearchBox .result');
    expect(await look(page, `document.querySelector('.VPLocalSearchBox .result').pathname`)).toBe(
      '/guides/backpressure.html',
    );
    expect(complaints).toEqual([]);
    await page.browserContext().close();
  });

  it('draws the diagrams of the specification, with a description for readers who cannot see them', async () => {
    const { page } = await open(driven, `${origin}/specification/h2-windows.html`);
    expect(Number(await look(page, `document.querySelectorAll('svg.marbles .value').length`))).toBeGreaterThan(4);
    expect(await textOf(page, 'svg.marbles desc')).toMatch(/upload, W = 8.*client +a--b------\|/);
    const { children } = (await page.accessibility.snapshot())!;
    expect(JSON.stringify(children)).toContain('Marble diagram: ');
    await keepPicture(page, 'site-specification');
    await page.browserContext().close();
  });

  it(
    'opens each page in light and dark, on a desktop and on a phone: no error, no other host, no horizontal scroll',
    async () => {
      const paths = pagePaths();
      expect(paths.length).toBeGreaterThan(100);
      const found: string[] = [];
      const visit = async (tab: Watched, path: string): Promise<void> => {
        const { page, complaints } = tab;
        await page.goto(`${origin}${path}`, { waitUntil: 'load' });
        await started(tab);
        for (const [name, viewport] of Object.entries({ PHONE, DESKTOP })) {
          await page.setViewport(viewport);
          await theme(page, name === 'PHONE' ? 'dark' : 'light');
          const isDark = `document.documentElement.classList.contains('dark') === ${name === 'PHONE'}`;
          if (!(await becomesTrue(page, isDark))) found.push(`${path}: has the wrong colours on ${name}`);
          const [width, title] = (await look(page, '[document.documentElement.scrollWidth, document.title]')) as [
            number,
            string,
          ];
          if (width > viewport.width) found.push(`${path}: is ${width} px wide on ${name}`);
          if (title === '') found.push(`${path}: has no title`);
        }
        for (const complaint of complaints.splice(0)) found.push(`${path}: ${complaint}`);
      };
      const waiting = [...paths];
      await Promise.all(
        Array.from({ length: TABS }, async () => {
          const tab = await open(driven, `${origin}/`);
          tab.page.on('request', (request) => {
            const url = new URL(request.url());
            if (url.protocol !== 'data:' && url.origin !== origin) found.push(`${tab.page.url()}: asks ${url.host}`);
          });
          for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) await visit(tab, path);
          await tab.page.browserContext().close();
        }),
      );
      expect(found).toEqual([]);
    },
    TIMEOUT,
  );

  it('keeps pictures of its pages', async () => {
    const { page } = await open(driven, `${origin}/`);
    for (const value of ['light', 'dark'] as const) {
      await theme(page, value);
      await keepPicture(page, `site-${value}`);
    }
    await page.setViewport(PHONE);
    await keepPicture(page, 'site-phone');
    await page.browserContext().close();
  });
});
