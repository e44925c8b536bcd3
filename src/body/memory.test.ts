/** The law of memory, measured in a process of its own: other tests would disturb it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { runs } from '../../test/kits/units/pipelines.js';

const root = join(__dirname, '../..');

/** The collector ends its work within the call. */
const FLAGS = ['--expose-gc', '--single-threaded-gc'];

interface Result {
  readonly runs: number;
  readonly failed: boolean;
  readonly error: string;
  readonly plan: unknown;
}

it('the memory alive downstream of a body is at most its window, a batch of each operator, and a constant', () => {
  const bundled = spawnSync(process.execPath, ['scripts/bundle.mjs', 'test/kits/memory/program.ts'], {
    cwd: root,
    encoding: 'utf8',
  });
  const args = [...FLAGS, bundled.stdout.trim(), String(runs(80))];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  expect(stderr).toBe('');
  const result = JSON.parse(stdout) as Result;
  expect(result).toMatchObject({ failed: false, error: '', plan: null });
  expect(result.runs).toBe(runs(80));
});
