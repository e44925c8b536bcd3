// npm run bench -- [ROW...] [options]: bundles the benchmarks and the servers and clients that they measure, and runs them.
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundle } from '../../scripts/bundle.mjs';

const option = process.argv.indexOf('--before');
const before = option < 0 ? undefined : process.argv[option + 1];

for (const folder of ['servers', 'clients']) {
  const files = readdirSync(fileURLToPath(new URL(`./${folder}`, import.meta.url)));
  for (const file of files) bundle(`lab/bench/${folder}/${file}`);
  if (before !== undefined) {
    bundle(`lab/bench/${folder}/rxpaf.ts`, '.', { from: `${resolve(before)}/`, as: `lab/bench/${folder}/before.ts` });
  }
}
await import(pathToFileURL(bundle('lab/bench/main.ts')).href);
