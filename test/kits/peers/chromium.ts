/** Headless Chromium: loads a page, and drives it. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, launch, type Page } from 'puppeteer-core';
import { run } from '../example.js';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--ignore-certificate-errors',
];

/** ms: a browser starts slowly on a busy machine. */
const PATIENCE = 60_000;

/** The page at `url` as it is once it has loaded, as HTML. */
export async function page(url: string): Promise<string> {
  const profile = await mkdtemp(join(tmpdir(), 'rxpaf-chromium-'));
  try {
    const args = [...FLAGS, `--user-data-dir=${profile}`, '--dump-dom', url];
    const { stdout } = await run('chromium', args, undefined, PATIENCE);
    return stdout.toString();
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Starts a browser. The caller closes it. */
export function browser(): Promise<Browser> {
  return launch({
    executablePath: '/usr/bin/chromium',
    args: FLAGS,
    acceptInsecureCerts: true,
    timeout: PATIENCE,
    protocolTimeout: PATIENCE,
  });
}

/** A page, and the errors that its console shows. */
export interface Watched {
  readonly page: Page;
  readonly complaints: string[];
}

/** Opens `url` in a browser context of its own. */
export async function open(owner: Browser, url: string): Promise<Watched> {
  // Two pages share neither storage nor connections.
  const context = await owner.createBrowserContext();
  const granted = { state: 'granted' as const };
  await context.setPermission(
    new URL(url).origin,
    { permission: { name: 'clipboard-read' }, ...granted },
    { permission: { name: 'clipboard-write' }, ...granted },
  );
  const opened = await context.newPage();
  const complaints: string[] = [];
  opened.on('pageerror', (error) => complaints.push(String(error)));
  opened.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url ?? ''}`);
  });
  await opened.setViewport({ width: 1280, height: 860 });
  await opened.goto(url, { waitUntil: 'load', timeout: PATIENCE });
  return { page: opened, complaints };
}

/** Saves a screenshot for people to look at: `artifacts/NAME.png`. */
export async function keepPicture(of: Page, name: string): Promise<Uint8Array> {
  const folder = join(__dirname, '../../../artifacts');
  await mkdir(folder, { recursive: true });
  return of.screenshot({ path: `${folder}/${name}.png` });
}

/** Evaluates an expression in the page. */
export function look(at: Page, expression: string): Promise<unknown> {
  return at.evaluate(expression);
}

/** The text of an element, '' if it does not exist. */
export async function textOf(at: Page, selector: string): Promise<string> {
  return String(await look(at, `document.querySelector(${JSON.stringify(selector)})?.textContent ?? ''`));
}
