// node lab/bench/micro.mjs NAME [node flags]: runs lab/bench/micro/NAME.ts.
import { spawnSync } from 'node:child_process';
import { bundle } from '../../scripts/bundle.mjs';

const [name, ...flags] = process.argv.slice(2);
const { status } = spawnSync(process.execPath, [...flags, bundle(`lab/bench/micro/${name}.ts`)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
