// npm run example NAME: runs examples/NAME.ts in this very process (its signals, its exit code).
import './install.mjs';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const name = process.argv[2];
if (name === undefined || !existsSync(`${root}examples/${name}.ts`)) {
  const names = readdirSync(`${root}examples`)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.slice(0, -3));
  console.error(`usage: npm run example NAME, where NAME is one of: ${names.join(', ')}`);
  process.exit(2);
}
process.argv.splice(1, 2, `${root}examples/${name}.ts`);
const bundled = spawnSync(process.execPath, [`${root}scripts/bundle.mjs`, `examples/${name}.ts`], {
  stdio: ['ignore', 'pipe', 'inherit'],
  encoding: 'utf8',
});
if (bundled.status !== 0) process.exit(bundled.status ?? 1);
await import(pathToFileURL(bundled.stdout.trim()).href);
