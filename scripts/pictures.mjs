// node scripts/pictures.mjs: makes the pictures of the README, docs/images/live-page.png and docs/images/speed.svg.
// node scripts/pictures.mjs speed: draws the plot alone. It needs no browser.
// The live page is photographed in Chromium: set CHROMIUM if it is not /usr/bin/chromium.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { drawSpeed } from './speed-plot.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

function speed() {
  const { rows } = JSON.parse(readFileSync(`${root}docs/internals/performance.json`, 'utf8'));
  writeFileSync(`${root}docs/images/speed.svg`, drawSpeed(rows));
}

/** Starts the example, and returns its process and its two addresses. */
async function startExample() {
  const child = spawn(process.execPath, ['scripts/example.mjs', 'start'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PORT: '8080', TLS_PORT: '8443' },
  });
  let output = '';
  child.stdout.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the example did not start:\n${output}`)));
    child.stdout.on('data', (text) => {
      output += text;
      const [http, https] = ['http', 'https'].map(
        (scheme) => new RegExp(`^listening on (${scheme}:\\S+)$`, 'm').exec(output)?.[1],
      );
      if (http !== undefined && https !== undefined) resolve({ child, http, https });
    });
  });
}

/** Photographs the page while it draws a fixed script of traffic. */
async function livePage() {
  const { launch } = await import('puppeteer-core');
  const { child, http, https } = await startExample();
  const browser = await launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--ignore-certificate-errors'],
    acceptInsecureCerts: true,
  });
  try {
    const page = await browser.newPage();
    await page.setViewport({ width: 1000, height: 1100, deviceScaleFactor: 1 });
    await page.goto(`${https}/`, { waitUntil: 'load' });
    await page.click('[data-theme-choice=light]');
    const events = get(`${http}/events`, (response) => response.resume());
    events.on('error', () => undefined);
    for (const name of ['upload', 'get', 'download', 'fault', 'get', 'download']) {
      await page.click(`.tools [data-send=${name}]`);
      await wait(1200);
    }
    get(`${http}/hello`, (response) => response.resume());
    await wait(1600);
    await page.click('#pause');
    await page.evaluate('document.activeElement.blur()');
    const bottom = await page.evaluate(`document.querySelector('.stage').getBoundingClientRect().bottom`);
    const clip = { x: 0, y: 0, width: 1000, height: Math.ceil(bottom) + 16 };
    await page.screenshot({ path: `${root}docs/images/live-page.png`, clip });
    events.destroy();
  } finally {
    await browser.close();
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

const only = process.argv[2];
if (only === undefined || only === 'speed') speed();
if (only === undefined || only === 'live-page') await livePage();
