// Turns one TypeScript program of this repository into plain JavaScript that node runs as it is: no build by hand.
import { renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Bundles `entry` (a path from the root) into build/, and returns the path of the result. */
export function bundle(entry) {
  const result = `${root}build/${entry.replace(/\.ts$/, '.mjs')}`;
  // Others may be running the same program: it is replaced in one step.
  const outfile = `${result}.${process.pid}.mjs`;
  buildSync({
    entryPoints: [`${root}${entry}`],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    alias: { rxpaf: `${root}src/index.ts`, 'rxpaf/testing': `${root}src/testing/index.ts` },
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  renameSync(outfile, result);
  return result;
}

// node scripts/bundle.mjs ENTRY: as a process of its own, so that no compiler stays beside what is run then.
if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(bundle(process.argv[2]));
