// Builds dist/: ES modules and CommonJS from the same sources, with their declarations.
// node scripts/build.mjs FOLDER: builds FOLDER/dist, and keeps the project's own.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = (...args) =>
  execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', 'tsconfig.build.json', ...args], {
    cwd: root,
    stdio: 'inherit',
  });

const dist = resolve(process.argv[2] ?? root, 'dist');
rmSync(dist, { recursive: true, force: true });
tsc('--outDir', `${dist}/esm`);
// The types are the same, and have been checked.
tsc(
  '--outDir',
  `${dist}/cjs`,
  '--noCheck',
  '--module',
  'CommonJS',
  '--moduleResolution',
  'Node10',
  '--ignoreDeprecations',
  '6.0',
);
mkdirSync(`${dist}/cjs`, { recursive: true });
writeFileSync(`${dist}/cjs/package.json`, '{ "type": "commonjs" }\n');
