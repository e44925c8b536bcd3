// npm run soak -- [options]: bundles the servers and the load of the soak, and runs it.
import { pathToFileURL } from 'node:url';
import { bundle } from '../../scripts/bundle.mjs';

for (const program of ['server', 'load']) bundle(`lab/soak/${program}.ts`);
await import(pathToFileURL(bundle('lab/soak/main.ts')).href);
