// npm run bench -- [ROW...] [options]: bundles the benchmarks and their servers, and runs them.
import { readdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundle } from './bundle.mjs';

const servers = fileURLToPath(new URL('../bench/servers', import.meta.url));
for (const file of readdirSync(servers)) bundle(`bench/servers/${file}`);
await import(pathToFileURL(bundle('bench/main.ts')).href);
