// npm run soak -- [websockets] [options]: bundles the servers and the load of the soak, and runs it.
import { pathToFileURL } from 'node:url';
import { bundle } from '../../scripts/bundle.mjs';

// `websockets` is a soak of its own.
const name = process.argv[2] === 'websockets' ? 'websocket-' : '';
for (const program of ['server', 'load']) bundle(`lab/soak/${name}${program}.ts`);
await import(pathToFileURL(bundle(`lab/soak/${name}main.ts`)).href);
