/** Chromium, without a window: what a page of ours becomes in it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './example.test-kit.js';

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

/** A browser may be slow to start on a busy machine. */
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
