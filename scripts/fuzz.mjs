// npm run fuzz -- TARGET [options]: bundles the fuzzers, and runs one.
import { pathToFileURL } from 'node:url';
import { bundle } from './bundle.mjs';

await import(pathToFileURL(bundle('fuzz/main.ts')).href);
