/**
 * The first steps of a newcomer with `docs/testing.md`: a fresh folder, the packed package, and only the files that the guide shows. They
 * run under each test framework that the guide names, and with the configuration of ESLint in `docs/operators.md`. The tools are those of
 * this disk: nothing is fetched.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { filesIn } from '../kits/docs/document.js';
import { run } from '../kits/example.js';

const root = join(__dirname, '../..');
const modules = join(root, 'node_modules');
jest.setTimeout(300_000);

const guide = ['testing', 'operators'].flatMap((name) => filesIn(readFileSync(join(root, `docs/${name}.md`), 'utf8')));
/** A file with a name of its own. */
const shown = (name: string): string => {
  const file = guide.find((each) => each.name === name);
  if (file === undefined) throw new Error(`the guide shows no ${name}`);
  return file.code;
};
/** Tests of upload.test.ts. */
const TESTS = [...shown('upload.test.ts').matchAll(/^test\('(.*)',/gm)].map(([, title]) => title!);

let base: string;
/** The package as npm would put it there. */
let installed: string;

async function ran(command: string, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await run(command, args, undefined, 280_000);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${status}\n${stdout.toString()}${stderr}`);
  return stdout.toString();
}

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'newcomer-'));
  // Beside the project's own dist, which other tests build at the same time.
  const staged = join(base, 'staged');
  mkdirSync(staged);
  await ran(process.execPath, 'scripts/build.mjs', staged);
  for (const name of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'docs']) {
    cpSync(join(root, name), join(staged, name), { recursive: true });
  }
  const [packed] = JSON.parse(
    await ran('npm', 'pack', staged, '--ignore-scripts', '--json', '--pack-destination', base),
  ) as [{ filename: string }];
  const target = join(base, 'installed');
  mkdirSync(target);
  writeFileSync(join(target, 'package.json'), '{ "private": true }');
  const offline = ['--offline', '--legacy-peer-deps', '--no-audit', '--no-fund'];
  await ran('npm', 'install', '--prefix', target, ...offline, join(base, packed.filename));
  installed = join(target, 'node_modules/rxpaf');
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** A folder with `files` of the guide, the package, and links to `tools`. */
function folderWith(name: string, framework: string, files: readonly string[], tools: readonly string[]): string {
  const folder = join(base, name);
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, private: true }));
  for (const file of ['upload.ts', 'upload.test.ts', ...files]) {
    const code = shown(file);
    writeFileSync(
      join(folder, file),
      code.replace("import { test } from 'vitest'", `import { test } from '${framework}'`),
    );
  }
  cpSync(installed, join(folder, 'node_modules/rxpaf'), { recursive: true });
  for (const each of ['rxjs', 'tslib']) {
    cpSync(join(modules, each), join(folder, 'node_modules', each), { recursive: true });
  }
  for (const tool of tools) {
    const link = join(folder, 'node_modules', tool);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(modules, tool), link);
  }
  return folder;
}

/** Runs `command` in `folder`, away from what this process is: a test of jest. */
async function ranIn(folder: string, ...command: readonly string[]): Promise<string> {
  const script = `cd "$0" && unset NODE_OPTIONS JEST_WORKER_ID NODE_ENV && exec "$@" 2>&1`;
  return ran('sh', '-c', script, folder, ...command);
}

/** All tests of the guide are named as passed in what a framework printed, by `mark`; and one that is spoilt is not. */
async function expectRun(folder: string, mark: (title: string) => RegExp, ...command: string[]): Promise<void> {
  const output = await ranIn(folder, ...command);
  for (const title of TESTS) expect(output).toMatch(mark(title));
  const test = ['out/upload.test.js', 'upload.test.ts']
    .map((name) => join(folder, name))
    .find((path) => existsSync(path))!;
  const code = readFileSync(test, 'utf8');
  expect(code).toContain('stored 9 bytes');
  writeFileSync(test, code.replace('stored 9 bytes', 'stored 8 bytes'));
  await expect(ranIn(folder, ...command)).rejects.toThrow(/the first difference is byte/);
}

const quoted = (title: string): string => title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

it('has the tests of the guide: a slow disk, a timeout and a reset', () => {
  expect(TESTS.length).toBeGreaterThanOrEqual(6);
});

it('runs the guide under vitest', async () => {
  const folder = folderWith('with-vitest', 'vitest', [], ['vitest']);
  const vitest = join(modules, 'vitest/vitest.mjs');
  const mark = (title: string): RegExp => new RegExp(`✓ .*${quoted(title)}`);
  await expectRun(folder, mark, process.execPath, vitest, 'run', '--reporter=verbose', '--no-color');
});

it('runs the guide under jest', async () => {
  const tools = ['jest', 'ts-jest', 'typescript', '@types/node', '@jest/globals'];
  const folder = folderWith('with-jest', '@jest/globals', ['tsconfig.json', 'jest.config.js'], tools);
  const mark = (title: string): RegExp => new RegExp(`✓ ${quoted(title)}`);
  await expectRun(folder, mark, process.execPath, join(modules, 'jest/bin/jest.js'), '--verbose', '--no-color');
});

it('runs the guide under node:test', async () => {
  const folder = folderWith(
    'with-node-test',
    'node:test',
    ['tsconfig.json'],
    ['typescript', '@types/node', 'undici-types'],
  );
  const compiled = await ranIn(folder, process.execPath, join(modules, 'typescript/bin/tsc'), '--outDir', 'out');
  expect(compiled).toBe('');
  const mark = (title: string): RegExp => new RegExp(`^ok \\d+ - ${quoted(title)}`, 'm');
  const runner = [process.execPath, '--test', '--test-reporter=tap', 'out/upload.test.js'];
  const all = (title: string): RegExp => new RegExp(mark(title).source.replace('^', '^ *'), 'm');
  await expectRun(folder, all, ...runner);
});

it('flags what leaks, with the configuration of the guide', async () => {
  const tools = ['eslint', 'typescript-eslint', 'typescript', '@types/node', 'undici-types'];
  const folder = folderWith('with-eslint', 'vitest', ['tsconfig.json', 'eslint.config.mjs'], tools);
  const eslint = [process.execPath, join(modules, 'eslint/bin/eslint.js'), '--no-color', 'upload.ts'];
  expect(await ranIn(folder, ...eslint)).toBe('');
  const path = join(folder, 'upload.ts');
  const code = readFileSync(path, 'utf8');
  const wrong =
    "import { delay } from 'rxjs';\nexport const late = (request: HttpRequest) => request.body.pipe(delay(9));\n";
  writeFileSync(path, `${code}${wrong}`);
  await expect(ranIn(folder, ...eslint)).rejects.toThrow(/Use `hold\(delay\(ms\)\)` +rxpaf\/no-leaking-operators/);
});
