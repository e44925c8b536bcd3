/** Prints what is measured, as JSON: for `lab/guides/run.mjs`. */
import { readFileSync } from 'node:fs';
import { measureAll } from './measure.js';

console.log(JSON.stringify(measureAll(readFileSync('lab/guides/operator-cases.ts', 'utf8'))));
