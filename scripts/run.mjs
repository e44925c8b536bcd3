// node scripts/run.mjs ENTRY [ARGUMENTS]: runs a TypeScript program of this repository in this very process (its signals, its exit code).
import { spawnSync } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs `entry` (a path from the root) with the dependencies of `base`. Its own file is `process.argv[1]`, as it is for node. */
export async function runProgram(entry, args, base = '.') {
  process.argv.splice(1, process.argv.length, `${root}${entry}`, ...args);
  const bundled = spawnSync(process.execPath, [`${root}scripts/bundle.mjs`, entry, base], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (bundled.status !== 0) process.exit(bundled.status ?? 1);
  await import(pathToFileURL(bundled.stdout.trim()).href);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runProgram(process.argv[2], process.argv.slice(3));
