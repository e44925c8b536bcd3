/** Prints what is measured, as JSON: for `scripts/guides.mjs`. */
import { readFileSync } from 'node:fs';
import { measureAll } from './measure.js';

console.log(JSON.stringify(measureAll(readFileSync('examples/guides/operator-cases.ts', 'utf8'))));
