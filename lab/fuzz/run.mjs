// npm run fuzz -- TARGET [options]: bundles the fuzzers, and runs one. `coverage` is recognised first: it counts as it runs.
import { pathToFileURL } from 'node:url';

if (process.argv[2] === 'coverage') {
  const { bundleCounted } = await import('./guided/instrument.mjs');
  const { path, map } = await bundleCounted('lab/fuzz/guided/main.ts');
  const { main } = await import(pathToFileURL(path).href);
  process.exitCode = await main(map);
} else {
  const { bundle } = await import('../../scripts/bundle.mjs');
  await import(pathToFileURL(bundle('lab/fuzz/main.ts')).href);
}
