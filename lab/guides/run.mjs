// node lab/guides/run.mjs: measures what the guides in docs/ show, and writes their tables and pictures.
// node lab/guides/run.mjs --print: only measures, and prints it as JSON.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bundle } from '../../scripts/bundle.mjs';

const entry = process.argv.includes('--print') ? 'print' : 'generate';
// The bytes that the collector cannot free are counted. So it has to be called, and to be done when it returns. Code must not be optimised
// in between, because that keeps a value alive now and then.
const flags = ['--expose-gc', '--single-threaded-gc', '--no-opt', '--no-sparkplug'];
const { status } = spawnSync(process.execPath, [...flags, bundle(`lab/guides/${entry}.ts`)], {
  cwd: fileURLToPath(new URL('../..', import.meta.url)),
  stdio: 'inherit',
});
process.exit(status ?? 1);
