// The kit in the test frameworks of its users: bundled, in a folder of its own, run by each, without a global of any of them.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(__dirname, '../..');
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'frameworks-'));
  const modules = join(folder, 'node_modules');
  const library = join(modules, 'rxpaf');
  mkdirSync(library, { recursive: true });
  await build({
    entryPoints: { index: join(ROOT, 'src/index.ts'), testing: join(ROOT, 'src/testing/index.ts') },
    ...{ outdir: library, bundle: true, splitting: true, format: 'esm', platform: 'node', logLevel: 'silent' },
    external: ['rxjs', 'rxjs/testing'],
  });
  const exports = { '.': './index.js', './testing': './testing.js' };
  writeFileSync(join(library, 'package.json'), JSON.stringify({ name: 'rxpaf', type: 'module', exports }));
  for (const name of ['rxjs', 'tslib']) {
    cpSync(join(ROOT, 'node_modules', name), join(modules, name), { recursive: true, dereference: true });
  }
  for (const name of ['vitest', 'jest']) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TESTS = `
import { delay, of } from 'rxjs';
import { text } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';

test('passes', () =>
  httpTest(({ flow, serve, h1, expectWire }) => {
    const client = flow('-a--|', { a: h1.get('/') });
    serve(client, () => of(text('ok')).pipe(delay(1)));
    expectWire(client).toBe('--x-|', { x: h1.response(200, 'ok') });
  }));

test('fails', () =>
  httpTest(({ flow, serve, h1, expectWire }) => {
    const client = flow('-a--|', { a: h1.get('/') });
    serve(client, () => text('hello'));
    expectWire(client).toBe('-x--|', { x: h1.response(200, 'hallo') });
  }));
`;

/** What a runner printed, without colours. */
function ran(command: string, args: readonly string[]): Promise<string> {
  const { NODE_OPTIONS: _, JEST_WORKER_ID: __, NODE_TEST_CONTEXT: ___, ...rest } = process.env;
  const env = { ...rest, NO_COLOR: '1', FORCE_COLOR: '0', CI: 'true' };
  return new Promise((resolve) => {
    execFile(command, args, { cwd: folder, env, timeout: 60_000 }, (_error, stdout, stderr) => {
      // eslint-disable-next-line no-control-regex -- that is what colours are made of
      resolve(`${stdout}${stderr}`.replace(/\x1b\[[0-9;]*m/g, ''));
    });
  });
}

const DRAWN = ['expected  -x--|', 'actual    -A--|', '- hallo', '+ hello'];

/** How often `text` is in `output`. */
const times = (output: string, text: string): number => output.split(text).length - 1;

it('runs in node:test, whose report has the diagrams', async () => {
  writeFileSync(join(folder, 'kit.test.mjs'), `import { test } from 'node:test';${TESTS}`);
  const output = await ran(process.execPath, ['--test', '--test-reporter=spec', 'kit.test.mjs']);
  expect(output).toMatch(/pass 1\n/);
  expect(output).toMatch(/fail 1\n/);
  for (const line of DRAWN) expect(output).toContain(line);
  expect(output).toMatch(/at .*kit\.test\.mjs:\d+/);
});

it('runs in vitest without its globals, which makes no second difference of it', async () => {
  writeFileSync(join(folder, 'kit.spec.mjs'), `import { test } from 'vitest';${TESTS}`);
  const output = await ran(process.execPath, [
    join(ROOT, 'node_modules/vitest/vitest.mjs'),
    ...['run', '--root', folder, '--reporter', 'dot', 'kit.spec.mjs'],
  ]);
  expect(output).toMatch(/Tests {2}1 failed \| 1 passed/);
  for (const line of DRAWN) expect([line, times(output, line)]).toEqual([line, 1]);
  expect(output).not.toMatch(/[-+] (Expected|Received)/);
  expect(output).toContain('kit.spec.mjs:');
});

it('runs in jest without its globals', async () => {
  const config = { rootDir: folder, testMatch: ['**/*.jest.mjs'], injectGlobals: false, transform: {} };
  writeFileSync(join(folder, 'kit.jest.mjs'), `import { test } from '@jest/globals';${TESTS}`);
  symlinkSync(join(ROOT, 'node_modules/@jest'), join(folder, 'node_modules/@jest'));
  const output = await ran(process.execPath, [
    '--experimental-vm-modules',
    join(ROOT, 'node_modules/jest/bin/jest.js'),
    ...['--config', JSON.stringify({ ...config, moduleFileExtensions: ['mjs', 'js'] })],
  ]);
  expect(output).toMatch(/Tests: +1 failed, 1 passed/);
  for (const line of DRAWN) expect([line, times(output, line)]).toEqual([line, 1]);
});

it('imports only rxjs and modules of Node', () => {
  const code = readFileSync(join(folder, 'node_modules/rxpaf/testing.js'), 'utf8');
  const imported = [...code.matchAll(/from "([^"]+)"/g)].map(([, name]) => name!);
  expect(imported.filter((name) => !/^(rxjs(\/testing)?|node:\w+|\.\/.*)$/.test(name))).toEqual([]);
});
