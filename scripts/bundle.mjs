// Turns one TypeScript program of this repository into plain JavaScript that node runs as it is: no build by hand.
import { renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where the result goes: below the folder whose dependencies it uses, so that node finds them. */
function resultOf(entry, base) {
  const name = entry.replace(/\.ts$/, '.mjs');
  return name.startsWith('lab/') ? `${root}lab/build/${name.slice('lab/'.length)}` : `${root}${base}/build/${name}`;
}

/**
 * Bundles `entry` (a path from the root) into a build folder, and returns the path of the result.
 * `base` is the folder whose node_modules has esbuild and what the program imports.
 */
export function bundle(entry, base = '.') {
  const { buildSync } = createRequire(`${root}${base}/package.json`)('esbuild');
  const result = resultOf(entry, base);
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
    alias: {
      rxpaf: `${root}src/index.ts`,
      'rxpaf/engine': `${root}src/engine/index.ts`,
      'rxpaf/middleware': `${root}src/middleware/index.ts`,
      'rxpaf/testing': `${root}src/testing/index.ts`,
    },
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  renameSync(outfile, result);
  return result;
}

// node scripts/bundle.mjs ENTRY [BASE]: as a process of its own, so that no compiler stays in the process that runs the result.
if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(bundle(...process.argv.slice(2)));
