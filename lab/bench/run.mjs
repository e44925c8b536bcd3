// npm run bench -- [ROW...] [options]: bundles the benchmarks and the servers and clients that they measure, and runs them.
import { readdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundle } from '../../scripts/bundle.mjs';

for (const folder of ['servers', 'clients']) {
  const files = readdirSync(fileURLToPath(new URL(`./${folder}`, import.meta.url)));
  for (const file of files) bundle(`lab/bench/${folder}/${file}`);
}
await import(pathToFileURL(bundle('lab/bench/main.ts')).href);
