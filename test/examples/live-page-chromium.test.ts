// The live page in a browser: what it draws of requests that curl makes, what its buttons do, and who can use it.
import { existsSync } from 'node:fs';
import type { Browser, Page } from 'puppeteer-core';
import { browser, keepPicture, look, open, textOf, type Watched } from '../kits/peers/chromium.js';
import { curl, type Example, start } from '../kits/example.js';
import { describeWith } from '../kits/shared-target.js';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Looks until it is so: a page that is drawn by a busy machine takes its time. */
async function becomes(what: () => Promise<unknown>, wanted: RegExp | ((found: unknown) => boolean)): Promise<void> {
  let found: unknown;
  for (let tries = 0; tries < 150; tries++) {
    found = await what();
    if (wanted instanceof RegExp ? wanted.test(String(found)) : wanted(found)) return;
    await sleep(100);
  }
  throw new Error(`it never became ${String(wanted)}: ${String(found)}`);
}

/** How many pixels of the picture have a colour of the theme, within a little. */
const pixels = (page: Page, colour: string): Promise<unknown> =>
  look(
    page,
    `(() => {
      const probe = document.createElement('i');
      probe.style.color = 'var(--${colour})';
      document.body.append(probe);
      const wanted = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
      probe.remove();
      const canvas = document.getElementById('timeline');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4) {
        if (wanted.every((value, index) => Math.abs(data[at + index] - value) < 6)) count++;
      }
      return count;
    })()`,
  );

const some = (count: unknown): boolean => Number(count) > 20;
const none = (count: unknown): boolean => count === 0;

describeWith('chromium', 'the live page in chromium', () => {
  let driven: Browser;
  let example: Example;
  const urls: Record<string, string> = {};

  beforeAll(async () => {
    example = start('start');
    driven = await browser();
    for (const scheme of ['http', 'https']) {
      urls[scheme] = (await example.prints(new RegExp(`^listening on (${scheme}:\\S+)$`, 'm')))[1]!;
    }
  }, 90_000);
  afterAll(() => driven.close(), 30_000);

  describe.each([
    ['http', 'http/1.1', 'h1', 'HTTP/1.1'],
    ['https', 'h2', 'h2', 'HTTP/2'],
  ] as const)('over %s', (scheme, hop, hue, protocol) => {
    let watched: Watched;
    let page: Page;
    const row = (): Promise<string> => textOf(page, '#rows tr:not([hidden])');
    const rows = (): Promise<unknown> => look(page, `document.querySelectorAll('#rows tr:not([hidden])').length`);
    const click = (selector: string): Promise<void> => page.click(selector);

    beforeEach(async () => {
      watched = await open(driven, urls[scheme]!);
      ({ page } = watched);
      await becomes(() => textOf(page, '#link'), /^live$/);
    }, 60_000);
    afterEach(async () => {
      const { complaints } = watched;
      await page.browserContext().close();
      // A page that answers 503 where it is asked to is no mistake of the page's.
      expect(complaints.filter((complaint) => !complaint.includes('status of 503'))).toEqual([]);
    });

    it(`comes by ${hop}, and tells what to try while there is nothing`, async () => {
      expect(await look(page, `performance.getEntriesByType('navigation')[0].nextHopProtocol`)).toBe(hop);
      expect(await textOf(page, '#command')).toBe(`curl -N ${scheme === 'https' ? '-k ' : ''}${urls[scheme]!}/events`);
      await keepPicture(page, `page-${hue}-empty`);
    }, 60_000);

    it('draws a connection and its exchange', async () => {
      await becomes(() => pixels(page, hue), none);
      await curl(`${urls[scheme]!}/hello`);
      await becomes(row, new RegExp(`^GET /hello200${protocol}`));
      await becomes(() => pixels(page, hue), some);
      expect(await look(page, `document.getElementById('empty').hidden`)).toBe(true);
      expect(await row()).not.toContain('✕');
    }, 60_000);

    it('draws a fault as a red cross', async () => {
      await curl(`${urls[scheme]!}/error`);
      await becomes(row, /^GET \/error503 ✕ exception/);
      await becomes(() => pixels(page, 'fault'), some);
      // A connection that the browser opened ahead, and did not use, may be at its end at the same time: a fault, too.
      await becomes(() => textOf(page, '[data-figure=faults]'), /^[1-9]$/);
    }, 60_000);

    it('sends some traffic, and draws the credit of the upload', async () => {
      await click('#empty [data-send=all]');
      await becomes(() => pixels(page, 'credit'), some);
      await becomes(() => textOf(page, '#rows'), /PUT \/slow200/);
      await becomes(() => textOf(page, '#rows'), /GET \/error503 ✕ exception/);
      await keepPicture(page, `page-${hue}`);
    }, 60_000);

    it('stands still while it is paused, and goes on', async () => {
      await curl(`${urls[scheme]!}/hello`);
      await becomes(row, /hello/);
      await page.keyboard.press('p');
      expect(await textOf(page, '#pause')).toBe('Go on');
      await becomes(() => textOf(page, '#link'), /^paused$/);
      const picture = (): Promise<unknown> => look(page, `document.getElementById('timeline').toDataURL()`);
      // What slides to its place is there.
      await sleep(1000);
      const before = await picture();
      await curl(`${urls[scheme]!}/unseen`);
      await sleep(700);
      expect(await picture()).toBe(before);
      await click('#pause');
      await becomes(() => textOf(page, '#link'), /^live$/);
      await curl(`${urls[scheme]!}/download/5`);
      await becomes(row, /download/);
      expect(await textOf(page, '#rows')).not.toContain('unseen');
    }, 60_000);

    it('shows what the filter lets through', async () => {
      await curl(`${urls[scheme]!}/hello`, `${urls[scheme]!}/error`);
      await becomes(rows, (count) => count === 2);
      await page.keyboard.press('/');
      await page.keyboard.type('HELLO');
      await becomes(rows, (count) => count === 1);
      await becomes(() => pixels(page, 'fault'), none);
      await page.keyboard.down('Control');
      await page.keyboard.press('a');
      await page.keyboard.up('Control');
      await page.keyboard.press('Backspace');
      await click('#faults-only');
      await becomes(row, /error/);
      await click(`#show-${hue}`);
      await becomes(rows, none);
    }, 60_000);

    it('tells all of an exchange, and copies its connection as a test', async () => {
      await curl('-H', 'Cookie: id=c00kie', '-X', 'POST', '-d', 'hello', `${urls[scheme]!}/echo`);
      await becomes(row, /echo/);
      await becomes(() => textOf(page, '#rows'), /\d ms/);
      await click('#rows button');
      expect(await textOf(page, '#detail-title')).toBe('POST /echo');
      const detail = await textOf(page, '#detail-body');
      expect(detail).toMatch(/request5 B in 1 chunks.*credit5 B taken by the handler.*response5 B in 1 chunks/);
      expect(detail).toMatch(/cookienot shown/);
      await click('#copy-test');
      await becomes(() => textOf(page, '#copy-told'), /^Copied\.$/);
      const copied = await look(page, 'navigator.clipboard.readText()');
      expect(copied).toBe(await textOf(page, '#test-text'));
      expect(copied).toMatch(/expectExchanges/);
      expect(copied).not.toContain('c00kie');
      await page.keyboard.press('Escape');
      expect(await look(page, `document.getElementById('detail').hidden`)).toBe(true);
      expect(await look(page, `document.activeElement.closest('#rows') !== null`)).toBe(true);
    }, 60_000);

    it('opens the detail of a marble that is clicked', async () => {
      void curl('--max-time', '4', `${urls[scheme]!}/events`);
      await becomes(() => pixels(page, hue), some);
      await sleep(1500);
      const place = (await look(
        page,
        `(({ left, top, width }) => ({ x: left + width - 60, y: top + 88 }))(document.getElementById('timeline').getBoundingClientRect())`,
      )) as { x: number; y: number };
      await page.mouse.click(place.x, place.y);
      await becomes(() => textOf(page, '#detail-title'), /^GET \/events$/);
    }, 60_000);

    it('takes what strangers say for text', async () => {
      await curl(
        '-g',
        '-H',
        'User-Agent: <img src=x onerror=alert(1)>',
        `${urls[scheme]!}/<img/src=x/onerror=alert(1)>`,
      );
      await becomes(row, /<img\/src=x\/onerror=alert\(1\)>/);
      await click('#rows button');
      expect(await textOf(page, '#detail-title')).toContain('<img/src=x');
      expect(await textOf(page, '#detail-body')).toContain('<img src=x onerror=alert(1)>');
      expect(await look(page, `document.querySelectorAll('main img, aside img').length`)).toBe(0);
    }, 60_000);
  });

  describe('for everybody', () => {
    let page: Page;
    beforeAll(async () => {
      ({ page } = await open(driven, urls['https']!));
      await becomes(() => textOf(page, '#link'), /^live$/);
      void curl('--max-time', '12', `${urls['https']!}/events`);
      for (const kind of ['upload', 'download', 'fault']) await page.click(`.send [data-send=${kind}]`);
      await curl(`${urls['http']!}/hello`, `${urls['http']!}/error`, `${urls['http']!}/download/3000000`);
      await sleep(2500);
    }, 60_000);
    afterAll(() => page.browserContext().close());

    it('is light or dark, as the system has it or as is chosen, and remembers', async () => {
      const paper = (): Promise<unknown> => look(page, `getComputedStyle(document.body).backgroundColor`);
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
      await keepPicture(page, 'page-dark');
      const dark = await paper();
      await page.click('[data-theme-choice=light]');
      const light = await paper();
      await becomes(() => pixels(page, 'paper'), some);
      await keepPicture(page, 'page-light');
      expect(light).not.toBe(dark);
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
      expect(await paper()).toBe(light);
      await page.click('[data-theme-choice=dark]');
      expect(await paper()).toBe(dark);
      await page.reload();
      expect(await paper()).toBe(dark);
      expect(await look(page, `document.querySelector('[data-theme-choice=dark]').ariaPressed`)).toBe('true');
    }, 60_000);

    it('fits a phone', async () => {
      await page.setViewport({ width: 360, height: 740, deviceScaleFactor: 2, isMobile: true, hasTouch: true });
      await becomes(() => textOf(page, '#link'), /^live$/);
      await curl(`${urls['http']!}/hello`, `${urls['http']!}/error`);
      await becomes(() => textOf(page, '#rows'), /error/);
      // All of it is in the picture.
      await sleep(1500);
      await keepPicture(page, 'page-phone');
      expect(await look(page, 'document.documentElement.scrollWidth')).toBe(360);
      await page.click('#rows button');
      expect(await look(page, 'document.documentElement.scrollWidth')).toBe(360);
      await keepPicture(page, 'page-phone-detail');
      await page.keyboard.press('Escape');
      await page.setViewport({ width: 1280, height: 860 });
    }, 60_000);

    it('has a name for all that can be operated, and a summary that is told', async () => {
      const { children } = (await page.accessibility.snapshot())!;
      const nodes = children!.flatMap(function all(node): { role: string; name?: string }[] {
        return [node, ...(node.children ?? []).flatMap(all)];
      });
      const operable = nodes.filter(({ role }) => ['button', 'checkbox', 'searchbox', 'link'].includes(role));
      expect(operable.length).toBeGreaterThan(12);
      expect(operable.filter(({ name }) => name === undefined || name.trim() === '')).toEqual([]);
      expect(nodes).toContainEqual(expect.objectContaining({ role: 'searchbox', name: 'Filter' }));
      expect(await look(page, `document.getElementById('summary').ariaLive`)).toBe('polite');
      await becomes(() => textOf(page, '#summary'), /^In the last ten seconds: \d+ exchanges?, \d+ faults?\.$/);
    }, 60_000);

    it('moves once a second where motion is unwelcome', async () => {
      await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
      await sleep(1200);
      const pictures = (await look(
        page,
        `(async () => {
          const seen = new Set();
          for (let tries = 0; tries < 20; tries++) {
            seen.add(document.getElementById('timeline').toDataURL());
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
          return seen.size;
        })()`,
      )) as number;
      expect(pictures).toBeLessThan(7);
      await page.emulateMediaFeatures([]);
    }, 60_000);

    it('keeps its pictures', () => {
      for (const name of ['page-h1', 'page-h2', 'page-light', 'page-dark', 'page-phone']) {
        expect([name, existsSync(`${__dirname}/../../artifacts/${name}.png`)]).toEqual([name, true]);
      }
    });
  });
});
