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
 * `base` is the folder whose node_modules has esbuild and what the program imports. `from` is another checkout of the project: the
 * program and the library are read there, and the result is named `as`.
 */
export function bundle(entry, base = '.', { from = root, as = entry } = {}) {
  const { buildSync } = createRequire(`${root}${base}/package.json`)('esbuild');
  const result = resultOf(as, base);
  // Others may be running the same program: it is replaced in one step.
  const outfile = `${result}.${process.pid}.mjs`;
  buildSync({
    entryPoints: [`${from}${entry}`],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    alias: {
      rxpaf: `${from}src/index.ts`,
      'rxpaf/engine': `${from}src/engine/index.ts`,
      'rxpaf/middleware': `${from}src/middleware/index.ts`,
      'rxpaf/ws': `${from}src/ws/index.ts`,
      'rxpaf/sse': `${from}src/sse/index.ts`,
      'rxpaf/testing': `${from}src/testing/index.ts`,
    },
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  renameSync(outfile, result);
  return result;
}

// node scripts/bundle.mjs ENTRY [BASE]: as a process of its own, so that no compiler stays in the process that runs the result.
if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(bundle(...process.argv.slice(2)));
