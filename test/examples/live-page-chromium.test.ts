// The live page in a browser: what it draws of the requests of curl, what its buttons do, and that everybody can use it.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Browser, Page } from 'puppeteer-core';
import { browser, keepPicture, look, open, textOf, type Watched } from '../kits/peers/chromium.js';
import { curl, type Example, run, start } from '../kits/example.js';
import { describeWith } from '../kits/shared-target.js';

/** ms that a condition may take to come true: a busy machine draws a page slowly. */
const PATIENCE = 60_000;
/** ms for a test: it waits for several conditions. */
const TIMEOUT = 3 * PATIENCE;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Polls until the value matches. */
async function becomes(what: () => Promise<unknown>, wanted: RegExp | ((found: unknown) => boolean)): Promise<void> {
  let found: unknown;
  for (const begin = Date.now(); Date.now() - begin < PATIENCE; await pause(50)) {
    found = await what();
    if (wanted instanceof RegExp ? wanted.test(String(found)) : wanted(found)) return;
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

/** The picture, each time that it is drawn: `window.drawn` has its words, its marks, and the ends that are plain bars. */
const RECORD_PICTURE = `(async () => {
  const { timeline } = await import('/live/main.js');
  const context = document.getElementById('timeline').getContext('2d');
  let frame;
  const { draw } = timeline;
  timeline.draw = function (...args) {
    frame = { texts: [], marks: [], bars: 0 };
    draw.apply(this, args);
    window.drawn = frame;
    window.drawing?.(frame, timeline);
  };
  context.fillText = function (text, x, y) {
    if (text !== '') frame?.texts.push({ text, left: x, right: x + this.measureText(text).width, top: y - 6, bottom: y + 6 });
    return CanvasRenderingContext2D.prototype.fillText.call(this, text, x, y);
  };
  context.fillRect = function (x, y, width, height) {
    if (width === 2 && height === 18) frame.bars++;
    return CanvasRenderingContext2D.prototype.fillRect.call(this, x, y, width, height);
  };
  const { marbles } = timeline;
  const { draw: drawMarble } = marbles;
  marbles.draw = function (...args) {
    frame?.marks.push([args[1], args[6] ?? ''].join(' ').trim());
    return drawMarble.apply(this, args);
  };
})()`;

/** Looks at each picture for words, or rows, that overlap or leave it, and scrolls through all of it meanwhile. */
const WATCH_OVERLAPS = `(() => {
  window.overlaps = [];
  window.mostRows = 0;
  window.pictures = 0;
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const scroller = document.getElementById('scroller');
  window.drawing = ({ texts }, timeline) => {
    const rows = timeline.rows.sort((a, b) => a.top - b.top);
    window.mostRows = Math.max(window.mostRows, rows.length);
    window.pictures++;
    rows.forEach(({ bottom, peer }, index) => {
      if (rows[index + 1]?.top < bottom - 0.01) window.overlaps.push(['rows', peer, rows[index + 1].peer]);
    });
    texts.forEach((a, index) => {
      if (a.left < 0 || a.right > scroller.clientWidth) window.overlaps.push(['outside', a.text]);
      for (const b of texts.slice(index + 1)) if (meet(a, b)) window.overlaps.push(['words', a.text, b.text]);
    });
    scroller.scrollTop = (scroller.scrollTop + 90) % Math.max(1, scroller.scrollHeight - scroller.clientHeight);
  };
})()`;

const some = (count: unknown): boolean => Number(count) > 20;
const none = (count: unknown): boolean => count === 0;

describeWith('chromium', 'the live page in chromium', () => {
  let driven: Browser;
  let example: Example;
  const urls: Record<string, string> = {};
  const clients: ChildProcess[] = [];

  /** Starts a curl that runs until the test ends it. */
  const stay = (...args: readonly string[]): ChildProcess => {
    const child = spawn('curl', ['--silent', '--insecure', '--no-buffer', ...args], { stdio: 'ignore' });
    clients.push(child);
    return child;
  };

  beforeAll(async () => {
    example = start('start');
    driven = await browser();
    for (const scheme of ['http', 'https']) {
      urls[scheme] = (await example.prints(new RegExp(`^listening on (${scheme}:\\S+)$`, 'm')))[1]!;
    }
  }, TIMEOUT);
  afterEach(() => {
    for (const client of clients.splice(0)) client.kill();
  });
  afterAll(() => driven.close(), TIMEOUT);

  describe.each([
    ['http', 'http/1.1', 'h1', 'HTTP/1.1'],
    ['https', 'h2', 'h2', 'HTTP/2'],
  ] as const)('over %s', (scheme, hop, hue, protocol) => {
    let watched: Watched;
    let page: Page;
    const row = (): Promise<string> => textOf(page, '#rows tr:not([hidden])');
    const rows = (): Promise<unknown> => look(page, `document.querySelectorAll('#rows tr:not([hidden])').length`);
    const click = (selector: string): Promise<void> => page.click(selector);
    const openDetail = async (path: string): Promise<string> => {
      await look(
        page,
        `[...document.querySelectorAll('#rows button')].find(({ textContent }) => textContent === 'GET ${path}').click()`,
      );
      return textOf(page, '#detail-body');
    };
    beforeEach(async () => {
      watched = await open(driven, urls[scheme]!);
      ({ page } = watched);
      await becomes(() => textOf(page, '#link'), /^live$/);
      // The server may still close connections of the test before: they leave the picture first.
      const quiet = `import('/live/main.js').then(({ model, timeline }) => model.figures.rss > 0 && timeline.empty)`;
      await becomes(() => look(page, quiet), /true/);
      await becomes(() => look(page, `document.getElementById('empty').hidden`), /false/);
    }, TIMEOUT);
    afterEach(async () => {
      const { complaints } = watched;
      await page.browserContext().close();
      // The browser complains of the failures that the page asks for: a 503, and a response that ends halfway.
      const expected = /status of 503|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_HTTP2_PROTOCOL_ERROR/;
      expect(complaints.filter((complaint) => !expected.test(complaint))).toEqual([]);
    }, TIMEOUT);

    it(
      `is loaded by ${hop}, and shows a command to try while there is no traffic`,
      async () => {
        expect(await look(page, `performance.getEntriesByType('navigation')[0].nextHopProtocol`)).toBe(hop);
        expect(await textOf(page, '#command')).toBe(
          `curl -N ${scheme === 'https' ? '-k ' : ''}${urls[scheme]!}/events`,
        );
        await keepPicture(page, `page-${hue}-empty`);
      },
      TIMEOUT,
    );

    it(
      'draws a connection and its exchange',
      async () => {
        await becomes(() => pixels(page, hue), none);
        // Its line stays in the picture until the test has seen it.
        stay(`${urls[scheme]!}/events`);
        await becomes(row, new RegExp(`^GET /events200${protocol}`));
        await becomes(() => pixels(page, hue), some);
        expect(await look(page, `document.getElementById('empty').hidden`)).toBe(true);
        expect(await row()).not.toContain('✕');
      },
      TIMEOUT,
    );

    it(
      'draws a fault as a red cross',
      async () => {
        await look(page, RECORD_PICTURE);
        await look(page, `window.drawing = ({ marks }) => { window.crossed ||= marks.includes('fault'); }`);
        await curl(`${urls[scheme]!}/error`);
        await becomes(row, /^GET \/error503 ✕ exception/);
        await becomes(() => look(page, 'window.crossed'), /true/);
        // A connection that the browser opened ahead, and did not use, may end at the same time: that is a fault, too.
        await becomes(() => textOf(page, '[data-figure=faults]'), /^[1-9]$/);
      },
      TIMEOUT,
    );

    it(
      'shows that the client aborted a download: in the list, the picture and the detail',
      async () => {
        await look(page, RECORD_PICTURE);
        await look(
          page,
          `window.ends = new Set(); window.drawing = ({ marks, bars, texts }) => {
            for (const mark of marks) if (mark.startsWith('abort')) window.ends.add(mark);
            for (const { text } of texts) if (/aborted/.test(text)) window.ends.add('words');
            if (bars > 0) window.ends.add('bar');
          }`,
        );
        const ends = (): Promise<unknown> => look(page, `[...window.ends].sort().join()`);
        await curl('-o', '/dev/null', `${urls[scheme]!}/download/1000`);
        await becomes(row, new RegExp(`^GET /download/1000200${protocol}.*ms$`));
        await becomes(ends, /^bar$/);
        expect(await openDetail('/download/1000')).toMatch(/end\| complete/);
        await page.keyboard.press('Escape');
        // The list holds still while it has the focus.
        await look(page, 'document.activeElement.blur()');

        await look(page, 'window.ends.clear()');
        await run('sh', ['-c', `curl -sk ${urls[scheme]!}/download/1000000000 | head -c 1000 > /dev/null`]);
        // Words, a mark and a colour: no one of them stands alone.
        await becomes(() => textOf(page, '#rows'), /GET \/download\/1000000000200 ! aborted by client/);
        await becomes(ends, /abort !,.*words/);
        expect(await look(page, `document.querySelector('#rows tr').classList.contains('aborted')`)).toBe(true);
        expect(await openDetail('/download/1000000000')).toMatch(
          /end! aborted: the client disconnected or cancelled the request before the response was complete.*response[\d.]+ \wB of 1\.0 GB/,
        );
        await becomes(() => textOf(page, '[data-figure=aborted]'), /^1$/);
        await keepPicture(page, `page-${hue}-aborted`);
      },
      TIMEOUT,
    );

    it(
      'shows that a response failed halfway',
      async () => {
        await look(page, RECORD_PICTURE);
        await look(
          page,
          `window.drawing = ({ marks }) => { window.failed ||= marks.includes('fault') && marks.includes('abort #'); }`,
        );
        await curl(`${urls[scheme]!}/error/halfway`);
        await becomes(row, /^GET \/error\/halfway200 # aborted: exception/);
        await becomes(() => look(page, 'window.failed'), /true/);
        expect(await openDetail('/error/halfway')).toMatch(
          /end# aborted: failed before the response was complete: exception/,
        );
      },
      TIMEOUT,
    );

    it(
      'shows within three seconds what a slow client takes',
      async () => {
        const command = [...example.output.matchAll(/curl .*--limit-rate.*$/gm)]
          .map(([line]) => line)
          .find((line) => line.includes(`${scheme}://`))!;
        const args = command.split(' ').slice(1);
        const before = example.output.length;
        stay(...args);
        await becomes(row, /^GET \/download\/1000000000200/);
        // The response has begun: from here on the server's own ticks, one a second, are the clock.
        const ticks = get(`${urls['http']!}/events`);
        const printed = await new Promise<string>((resolve, reject) => {
          ticks.on('error', reject).on('response', (response) => {
            let said = '';
            response.setEncoding('utf8').on('data', (text: string) => {
              said += text;
              if (said.includes('data: 3\n')) resolve(example.output.slice(before));
            });
          });
        });
        ticks.on('error', () => undefined).destroy();
        expect(printed).toMatch(/^GET \/download\/1000000000: [1-9]\d* bytes so far, \d+ in the last second$/m);
        // On the page: chunks that were taken after the first burst, which only filled the buffers.
        const taken = (await look(
          page,
          `import('/live/main.js').then(({ model }) => {
            const { marks } = [...model.recent.values()].find(({ path }) => path === '/download/1000000000');
            const [begin] = marks.filter(({ kind }) => kind === 'status');
            return marks.filter(({ kind, at }) => kind === 'out' && at > begin.at + 250 && at < begin.at + 3000).length;
          })`,
        )) as number;
        expect(taken).toBeGreaterThan(0);
        await becomes(
          () =>
            look(
              page,
              `import('/live/main.js').then(({ model }) => [...model.recent.values()].some(({ out }) => out > 2e7))`,
            ),
          /true/,
        );
        await keepPicture(page, `page-${hue}-slow-client`);
      },
      TIMEOUT,
    );

    it(
      'sends traffic by its buttons, and draws the credit of the upload',
      async () => {
        await click('#empty [data-send=all]');
        await becomes(() => pixels(page, 'credit'), some);
        await becomes(() => textOf(page, '#rows'), /PUT \/slow200/);
        await becomes(() => textOf(page, '#rows'), /GET \/error503 ✕ exception/);
        await becomes(() => textOf(page, '#rows'), /GET \/error\/halfway200 # aborted: exception/);
        await keepPicture(page, `page-${hue}`);
      },
      TIMEOUT,
    );

    it(
      'stands still while it is paused, and continues',
      async () => {
        await curl(`${urls[scheme]!}/hello`);
        await becomes(row, /hello/);
        await page.keyboard.press('p');
        expect(await textOf(page, '#pause')).toBe('Go on');
        await becomes(() => textOf(page, '#link'), /^paused$/);
        await becomes(() => textOf(page, '#axis .now'), /^paused$/);
        const shown = (): Promise<unknown> => look(page, `document.getElementById('timeline').toDataURL()`);
        let before: unknown;
        // Lines that slide arrive at their places.
        await becomes(async () => {
          const last = before;
          before = await shown();
          return before === last;
        }, /true/);
        // The control: a second page shows what this one must not.
        const other = await open(driven, urls[scheme]!);
        await becomes(() => textOf(other.page, '#link'), /^live$/);
        await curl(`${urls[scheme]!}/unseen`);
        await becomes(() => textOf(other.page, '#rows'), /unseen/);
        await other.page.browserContext().close();
        expect(await shown()).toBe(before);
        await click('#pause');
        await becomes(() => textOf(page, '#link'), /^live$/);
        await becomes(() => textOf(page, '#axis .now'), /^now$/);
        await curl(`${urls[scheme]!}/download/5`);
        await becomes(row, /download/);
        expect(await textOf(page, '#rows')).not.toContain('unseen');
      },
      TIMEOUT,
    );

    it(
      'shows what matches the filter',
      async () => {
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
      },
      TIMEOUT,
    );

    it(
      'shows an exchange in detail, and copies its connection as a test',
      async () => {
        await curl('-H', 'Cookie: id=c00kie', '-X', 'POST', '-d', 'hello', `${urls[scheme]!}/echo`);
        await becomes(row, /echo.*\d ms$/);
        await click('#rows button');
        expect(await textOf(page, '#detail-title')).toBe('POST /echo');
        const detail = await textOf(page, '#detail-body');
        expect(detail).toMatch(/request5 B in 1 chunkcredit5 B taken by the handlerresponse5 B in 1 chunk/);
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
      },
      TIMEOUT,
    );

    it(
      'opens the detail of a marble that is clicked',
      async () => {
        stay(`${urls[scheme]!}/events`);
        await becomes(row, /^GET \/events200/);
        await becomes(async () => {
          const place = (await look(
            page,
            `import('/live/main.js').then(({ timeline: { rows: [first] } }) => {
              if (first === undefined) return undefined;
              const { left, top, width } = document.getElementById('timeline').getBoundingClientRect();
              return { x: left + width - 40, y: top + first.top + 78 };
            })`,
          )) as { x: number; y: number } | undefined;
          if (place !== undefined) await page.mouse.click(place.x, place.y);
          return textOf(page, '#detail-title');
        }, /^GET \/events$/);
      },
      TIMEOUT,
    );

    it(
      'shows what clients send as text, never as HTML',
      async () => {
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
      },
      TIMEOUT,
    );
  });

  describe('for everybody', () => {
    let page: Page;
    beforeAll(async () => {
      ({ page } = await open(driven, urls['https']!));
      await becomes(() => textOf(page, '#link'), /^live$/);
      for (const kind of ['upload', 'download', 'fault']) await page.click(`.send [data-send=${kind}]`);
      await curl(`${urls['http']!}/hello`, `${urls['http']!}/error`, `${urls['http']!}/download/3000000`);
      await becomes(() => textOf(page, '#rows'), /GET \/download\/1000000000200 ! aborted by client/);
      await becomes(() => textOf(page, '#rows'), /GET \/error\/halfway200 # aborted/);
    }, TIMEOUT);
    afterAll(() => page.browserContext().close(), TIMEOUT);

    it(
      'is light or dark, as the system or the user chooses, and remembers it',
      async () => {
        stay(`${urls['https']!}/events`);
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
      },
      TIMEOUT,
    );

    it.each([360, 1280])(
      'has a time axis with now at its right end, at a width of %i',
      async (width) => {
        await page.setViewport({ width, height: 860 });
        const labels = async (): Promise<readonly { text: string; left: number; right: number }[]> =>
          (await look(
            page,
            `(() => {
              const { left: origin } = document.getElementById('scroller').getBoundingClientRect();
              return [...document.querySelectorAll('#axis span')].map((label) => {
                const { left, right } = label.getBoundingClientRect();
                return { text: label.textContent, left: left - origin, right: right - origin };
              });
            })()`,
          )) as { text: string; left: number; right: number }[];
        const end = Number(await look(page, `document.getElementById('scroller').clientWidth`));
        await becomes(async () => (await labels()).filter(({ text }) => text === 'now').length, /^1$/);
        await becomes(
          async () => (await labels())[0]!.right,
          (right) => Number(right) > end - 30 && Number(right) <= end,
        );
        const [now, ...past] = await labels();
        expect(now!.text).toBe('now');
        expect(past.length).toBeGreaterThan(1);
        let before = now!;
        for (const label of past) {
          expect(label.text).toMatch(/^−\d+ s$/);
          expect(label.right).toBeLessThan(before.left);
          before = label;
        }
        expect(before.left).toBeGreaterThanOrEqual(0);
        await page.setViewport({ width: 1280, height: 860 });
      },
      TIMEOUT,
    );

    it.each([360, 1280])(
      'explains the grey and the green row, at a width of %i',
      async (width) => {
        await page.setViewport({ width, height: 740 });
        expect(await textOf(page, '#legend-bytes')).toMatch(
          /Grey row: bytes.*grow with the number of bytes.*buffers.*full/s,
        );
        expect(await textOf(page, '#legend-credit')).toMatch(
          /Green row: credit.*permission to send.*window is full.*pause.*backpressure/s,
        );
        const marks = await textOf(page, '#legend .key');
        expect(marks).toMatch(/complete.*!aborted by client.*#aborted by an error.*✕fault/s);
        // It is one step away, wherever the page is scrolled to by then.
        await page.click('a[href="#legend"]');
        await becomes(
          () =>
            look(
              page,
              `(({ top }) => top >= 0 && top < innerHeight / 2)(document.getElementById('legend-title').getBoundingClientRect()) && document.getElementById('legend-credit').checkVisibility()`,
            ),
          /true/,
        );
        await keepPicture(page, `page-legend-${width}`);
        await look(page, 'scrollTo(0, 0)');
        await page.setViewport({ width: 1280, height: 860 });
      },
      TIMEOUT,
    );

    it(
      'fits a phone',
      async () => {
        await page.setViewport({ width: 360, height: 740, deviceScaleFactor: 2, isMobile: true, hasTouch: true });
        await becomes(() => textOf(page, '#link'), /^live$/);
        stay(`${urls['http']!}/events`);
        await curl(`${urls['http']!}/hello`, `${urls['http']!}/error`);
        await becomes(() => textOf(page, '#rows'), /error/);
        await keepPicture(page, 'page-phone');
        expect(await look(page, 'document.documentElement.scrollWidth')).toBe(360);
        await page.click('#rows button');
        expect(await look(page, 'document.documentElement.scrollWidth')).toBe(360);
        await keepPicture(page, 'page-phone-detail');
        await page.keyboard.press('Escape');
        await page.setViewport({ width: 1280, height: 860 });
      },
      TIMEOUT,
    );

    it.each([
      [360, 'light'],
      [430, 'dark'],
    ] as const)(
      'draws 20 connections with long paths on a phone %i px wide, %s, without overlap',
      async (width, theme) => {
        const { page: phone } = await open(driven, urls['https']!);
        const sockets: Socket[] = [];
        try {
          await phone.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
          await phone.setViewport({ width, height: 740, deviceScaleFactor: 2, isMobile: true, hasTouch: true });
          await becomes(() => textOf(phone, '#link'), /^live$/);
          await look(phone, RECORD_PICTURE);
          await look(phone, WATCH_OVERLAPS);
          const { hostname, port } = new URL(urls['http']!);
          for (let index = 0; index < 20; index++) {
            const path = `/${'a-long-path/'.repeat(index % 8)}${index}`;
            const requests = [path, '/events'].map((target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).join('');
            const socket = connect(Number(port), hostname, () => socket.write(requests));
            socket.on('error', () => undefined).resume();
            sockets.push(socket);
            // One after the other: each new one pushes those before it down.
            await becomes(
              () => look(phone, 'window.mostRows'),
              (count) => Number(count) > index,
            );
            if (index === 10) sockets[3]!.destroy();
          }
          for (const path of ['events', 'error/halfway']) stay(`${urls['https']!}/${path}`);
          await becomes(
            () => look(phone, 'window.mostRows'),
            (count) => Number(count) >= 20,
          );
          const seen = Number(await look(phone, 'window.pictures'));
          await becomes(
            () => look(phone, 'window.pictures'),
            (count) => Number(count) > seen + 60,
          );
          expect(await look(phone, 'window.overlaps.slice(0, 5)')).toEqual([]);
          await keepPicture(phone, `page-phone-many-${theme}`);
        } finally {
          for (const socket of sockets) socket.destroy();
          await phone.browserContext().close();
        }
      },
      TIMEOUT,
    );

    it(
      'has a name for each control, and a spoken summary',
      async () => {
        await curl(`${urls['http']!}/hello`);
        await run('sh', ['-c', `curl -s ${urls['http']!}/download/1000000000 | head -c 1000 > /dev/null`]);
        const { children } = (await page.accessibility.snapshot())!;
        const nodes = children!.flatMap(function all(node): { role: string; name?: string }[] {
          return [node, ...(node.children ?? []).flatMap(all)];
        });
        const operable = nodes.filter(({ role }) => ['button', 'checkbox', 'searchbox', 'link'].includes(role));
        expect(operable.length).toBeGreaterThan(12);
        expect(operable.filter(({ name }) => name === undefined || name.trim() === '')).toEqual([]);
        expect(nodes).toContainEqual(expect.objectContaining({ role: 'searchbox', name: 'Filter' }));
        expect(await look(page, `document.getElementById('summary').ariaLive`)).toBe('polite');
        // It is made every ten seconds in which something ended: these events are in this one or in the next.
        await becomes(
          () => textOf(page, '#summary'),
          /^In the last ten seconds: [1-9]\d* exchanges?, [1-9]\d* of them aborted, \d+ faults?\.$/,
        );
      },
      TIMEOUT,
    );

    it(
      'moves once a second where the user prefers reduced motion',
      async () => {
        stay(`${urls['https']!}/events`);
        await becomes(() => textOf(page, '#rows'), /GET \/events200/);
        const changes = async (): Promise<number> =>
          (await look(
            page,
            `(async () => {
              const begin = performance.now();
              const seen = new Set();
              while (seen.size < 4) {
                seen.add(document.getElementById('timeline').toDataURL());
                await new Promise((resolve) => setTimeout(resolve, 20));
              }
              return performance.now() - begin;
            })()`,
          )) as number;
        // The control: with motion, three changes take a few frames.
        const moving = await changes();
        await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
        await changes();
        const still = await changes();
        expect(still).toBeGreaterThan(1900);
        expect(still).toBeGreaterThan(moving);
        await page.emulateMediaFeatures([]);
      },
      TIMEOUT,
    );

    it('keeps its pictures', () => {
      for (const name of ['page-h1', 'page-h2', 'page-light', 'page-dark', 'page-phone']) {
        expect([name, existsSync(`${__dirname}/../../artifacts/${name}.png`)]).toEqual([name, true]);
      }
    });
  });
});
