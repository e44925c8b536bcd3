/** The program of `npm run check:prose`: see run.mjs. */
import { readFileSync } from 'node:fs';
import { countsOf } from './counts.js';
import { isHeld, proseFiles } from './files.js';
import { lintProse, type ProseFinding } from './lint.js';
import { RULES } from './rules.js';

const args = process.argv.slice(2);
const onlyCounts = args.includes('--counts');
const wanted = args.filter((arg) => !arg.startsWith('--')).map((path) => path.replace(/^\.\//, '').replace(/\/$/, ''));
const isWanted = (path: string): boolean =>
  wanted.length === 0 || wanted.some((entry) => path === entry || path.startsWith(`${entry}/`));

const files = proseFiles('.').filter(isWanted);
const findings: ProseFinding[] = [];
for (const path of files) findings.push(...(await lintProse(readFileSync(path, 'utf8'), path)));

// Named paths are shown in full: somebody is rewriting them.
const held = findings.filter(({ path }) => wanted.length > 0 || isHeld(path));
if (!onlyCounts) {
  for (const { path, line, column, rule, message } of held)
    console.log(`${path}:${line}:${column} ${rule}: ${message}`);
}
if (findings.length > 0) console.log(`${countsOf(findings, Object.keys(RULES))}\n`);
const pending = findings.length - held.length;
console.log(
  `${files.length} files: ${held.length} findings` +
    (pending > 0 ? `, and ${pending} in files that are not held yet` : ''),
);
process.exitCode = held.length > 0 && !onlyCounts ? 1 : 0;
