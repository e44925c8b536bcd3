import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

interface Report {
  readonly unused: { readonly captured: boolean; readonly used: boolean };
  readonly used: Readonly<Record<string, unknown>>;
}

/** Jest itself uses a store: the case without one runs in a process of its own. */
function report(program: string): unknown {
  const { stdout, stderr } = spawnSync(process.execPath, ['scripts/run.mjs', program], {
    cwd: join(__dirname, '../..'),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

it('keeps contexts only while stores are in use, and gives each handler its own', () => {
  const { unused, used } = report('test/kits/units/async-contexts-program.ts') as Report;
  // A Node that keeps stores outside of resources cannot be asked: there the context of a caller is always kept.
  const [major] = process.versions.node.split('.').map(Number);
  if (major! < 24) expect(unused).toEqual({ captured: false, used: false });
  expect(used).toMatchObject({ captured: 'caller', nobody: 'none', here: 'none' });
  if (major! < 24) expect(used).toMatchObject({ briefly: [true, 'none'], entered: [true, 'entered'] });
});

it('runs a response that another one let go on in no context, where no store was used for it', () => {
  expect(report('test/kits/units/context-of-a-held-response.ts')).toEqual(['none']);
});
