// npm run check:prose -- [--counts] [PATH...]: looks at the prose of documents and programs. CONTRIBUTING.md has the rules.
// With paths, it shows each finding there, and fails on any. With --counts, it only counts.
import { pathToFileURL } from 'node:url';
import { bundle } from '../../scripts/bundle.mjs';

await import(pathToFileURL(bundle('lab/prose/main.ts')).href);
