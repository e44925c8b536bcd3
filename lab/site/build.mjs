// npm run docs:build: builds the site into lab/build/site/dist, and follows its links.
// npm run docs: builds it, and serves it on 127.0.0.1.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vitepress';
import { bundle } from '../../scripts/bundle.mjs';
import { assemble, SITE } from './assemble.mjs';
import { findBrokenLinks } from './check-links.mjs';

const folder = fileURLToPath(new URL('.', import.meta.url));
const { log } = console;

const titles = await assemble();
await build(folder, { logLevel: 'error' });
const broken = findBrokenLinks(`${SITE}/dist`);
for (const each of broken) console.error(each);
log(`site: ${titles.size} pages in lab/build/site/dist, ${broken.length} broken links`);
if (broken.length > 0) process.exitCode = 1;

if (process.argv.includes('--serve')) {
  process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
  await import(pathToFileURL(bundle('lab/site/serve-main.ts')).href);
}
