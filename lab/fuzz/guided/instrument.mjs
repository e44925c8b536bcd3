// Bundles the coverage-guided fuzzer with counters in the code under test. Istanbul finds the places to count in the TypeScript sources, so
// that places are named by their own lines. Its counters, objects of objects, become one flat array (counters.ts). That is cleared and
// searched after each of thousands of executions a second.
import { mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { createInstrumenter } from 'istanbul-lib-instrument';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const counters = join(root, 'lab/fuzz/guided/counters.ts');

/** What is counted: all of the engines, and the toy that shows that the guide works. */
const COUNTED = ['src/h1', 'src/h2', 'src/http', 'lab/fuzz/guided/magic.ts'];

function sourcesIn(path) {
  if (path.endsWith('.ts')) return /\.test\.ts$/.test(path) ? [] : [path];
  return readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.name.endsWith('.ts'))
    .flatMap(({ name }) => sourcesIn(`${path}/${name}`));
}

// `cov_1a2b().s[3]++`, and for branches `cov_1a2b().b[3][0]++`, wherever they stand: as a statement, or before a comma.
const COUNTER = /cov_\w+\(\)\.([sfb])\[(\d+)\](?:\[(\d+)\])?\+\+/g;

/** One file with counters from `base` on, and what each of them counts. */
function instrument(path, base) {
  const instrumenter = createInstrumenter({ esModules: true, parserPlugins: ['typescript'] });
  const text = instrumenter.instrumentSync(readFileSync(join(root, path), 'utf8'), path);
  const { statementMap, branchMap } = instrumenter.lastFileCoverage();
  const points = [];
  const numbers = new Map();
  for (const [id, { start }] of Object.entries(statementMap)) {
    numbers.set(`s${id}`, points.length);
    points.push({ kind: 'statement', line: start.line, column: start.column });
  }
  for (const [id, { type, loc, locations }] of Object.entries(branchMap)) {
    for (const [arm, { start }] of locations.entries()) {
      // An `else` that is not there has no place of its own.
      const { line, column } = start.line === undefined ? loc.start : start;
      numbers.set(`b${id}:${arm}`, points.length);
      points.push({ kind: 'branch', line, column, arm: `${type} ${arm}` });
    }
  }
  const counted = text
    // The code that would make Istanbul's objects.
    .replace(/^[\s\S]*?return actualCoverage;\}\s*cov_\w+\(\);/, '')
    .replace(COUNTER, (_, kind, id, arm) => {
      if (kind === 'f') return 'undefined';
      const number = base + numbers.get(kind === 's' ? `s${id}` : `b${id}:${arm}`);
      return kind === 's' ? `__count(${number})` : `__hits[${number}]++`;
    });
  const header = `import { count as __count, hits as __hits } from ${JSON.stringify(counters)};\n`;
  return { code: header + counted, points };
}

/** @returns the path of the bundle of `entry`, and the map of its counters. */
export async function bundleCounted(entry) {
  const codes = new Map();
  const map = [];
  let base = 0;
  for (const path of COUNTED.flatMap(sourcesIn)) {
    const { code, points } = instrument(path, base);
    codes.set(join(root, path), code);
    map.push({ path, base, points });
    base += points.length;
  }
  const result = join(root, 'lab/build', entry.replace(/^lab\//, '').replace(/\.ts$/, '.mjs'));
  mkdirSync(dirname(result), { recursive: true });
  // Others may be running the same program: it is replaced in one step.
  const outfile = `${result}.${process.pid}.mjs`;
  await build({
    entryPoints: [join(root, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
    plugins: [
      {
        name: 'count',
        setup({ onLoad }) {
          onLoad({ filter: /\.ts$/ }, ({ path }) => {
            const code = codes.get(path);
            return code === undefined ? undefined : { contents: code, loader: 'ts', resolveDir: dirname(path) };
          });
        },
      },
    ],
  });
  renameSync(outfile, result);
  return { path: result, map: map.map((file) => ({ ...file, path: relative('.', file.path) })) };
}
