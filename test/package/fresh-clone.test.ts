/**
 * What `npm start` and `npm test` install in a fresh clone: the scripts run in a folder of their own, with an `npm` that only records how
 * it was called. Nothing is fetched.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const ROOT = join(__dirname, '../..');

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}

const json = (path: string): unknown => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));

/** A clone with two packages to install in each of the places where there are any. */
class Clone {
  readonly path = mkdtempSync(join(tmpdir(), 'fresh-clone-'));
  private readonly bin = join(this.path, 'bin');

  constructor() {
    cpSync(join(ROOT, 'scripts'), join(this.path, 'scripts'), {
      recursive: true,
      filter: (source) => !source.includes('node_modules') && !source.includes('build'),
    });
    mkdirSync(join(this.path, 'examples/topic'), { recursive: true });
    writeFileSync(join(this.path, 'examples/topic/some-example.ts'), '');
    mkdirSync(this.bin);
    for (const folder of ['.', 'lab', 'scripts/examples']) this.lock(folder, '1.0.0');
    this.npm('mkdir -p node_modules/one node_modules/two');
  }

  /** Writes the lockfile of `folder`. */
  lock(folder: string, version: string): void {
    const packages = { '': {}, 'node_modules/one': { version }, 'node_modules/two': { version } };
    mkdirSync(join(this.path, folder), { recursive: true });
    writeFileSync(join(this.path, folder, 'package-lock.json'), JSON.stringify({ packages }));
  }

  /** `npm` records where it is called, and with what; then it does as `script` says. */
  npm(script: string): void {
    const path = join(this.bin, 'npm');
    writeFileSync(path, `#!/bin/sh\necho "$PWD $*" >> ${join(this.path, 'calls')}\n${script}\n`);
    chmodSync(path, 0o755);
  }

  /** The calls of npm: the directory, from the root of the clone, and the arguments. */
  calls(): string[] {
    const path = join(this.path, 'calls');
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    return lines.map((line) =>
      line
        .replace(/^\S*fresh-clone-\w+\/?/, './')
        .split(' ')
        .slice(0, 2)
        .join(' '),
    );
  }

  run(script: string, ...args: readonly string[]): { readonly status: number | null; readonly stderr: string } {
    const env = { ...process.env, PATH: `${this.bin}${delimiter}${process.env['PATH'] ?? ''}` };
    return spawnSync(process.execPath, [`scripts/${script}`, ...args], { cwd: this.path, encoding: 'utf8', env });
  }
}

describe('scripts/install.mjs', () => {
  let clone: Clone;
  beforeEach(() => (clone = new Clone()));
  afterEach(() => rmSync(clone.path, { recursive: true, force: true }));

  it('installs what a lockfile says, once, and says so in its first line', () => {
    const { status, stderr } = clone.run('install.mjs');
    expect([status, stderr.split('\n')[0]]).toEqual([0, 'rxpaf: installing 2 packages for the project, once']);
    expect(clone.calls()).toEqual(['./ ci']);
    expect(clone.run('install.mjs')).toMatchObject({ status: 0, stderr: '' });
    expect(clone.calls()).toEqual(['./ ci']);
  });

  it('shows how many packages are there while npm installs them', () => {
    // npm goes on until the first of them has been shown.
    const shown = join(clone.path, 'shown');
    clone.npm(`mkdir -p node_modules/one; while [ ! -e ${shown} ]; do sleep 0.1; done; mkdir -p node_modules/two`);
    const script = `
      const { write } = process.stderr;
      process.stderr.write = function (text, ...rest) {
        if (/1 of 2 packages/.test(text)) require('node:fs').writeFileSync(${JSON.stringify(shown)}, '');
        return write.call(this, text, ...rest);
      };`;
    writeFileSync(join(clone.path, 'watch.cjs'), script);
    const env = { ...process.env, PATH: `${join(clone.path, 'bin')}${delimiter}${process.env['PATH'] ?? ''}` };
    const args = ['--require', './watch.cjs', 'scripts/install.mjs'];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: clone.path, encoding: 'utf8', env });
    expect([status, stderr]).toEqual([0, expect.stringContaining('  1 of 2 packages\n')]);
  });

  it('installs again where the lockfile has changed', () => {
    clone.run('install.mjs');
    clone.lock('.', '1.0.1');
    expect(clone.run('install.mjs').stderr).toContain('installing 2 packages');
    expect(clone.calls()).toEqual(['./ ci', './ ci']);
  });

  it('installs each of the folders that it is given', () => {
    clone.run('install.mjs', '.', 'lab');
    expect(clone.calls()).toEqual(['./ ci', './lab ci']);
  });

  it('leaves modules that are a link alone', () => {
    const elsewhere = join(clone.path, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, join(clone.path, 'node_modules'));
    expect(clone.run('install.mjs')).toMatchObject({ status: 0, stderr: '' });
    expect(clone.calls()).toEqual([]);
  });

  it('ends as npm does where npm fails, and tries again the next time', () => {
    clone.npm('echo "npm error: no network" >&2; mkdir -p node_modules; exit 7');
    expect(clone.run('install.mjs')).toMatchObject({
      status: 7,
      stderr: expect.stringContaining('no network') as string,
    });
    clone.npm('mkdir -p node_modules/one node_modules/two');
    expect(clone.run('install.mjs').status).toBe(0);
    expect(clone.calls()).toEqual(['./ ci', './ ci']);
  });

  it('says so where there is no npm', () => {
    renameSync(join(clone.path, 'bin/npm'), join(clone.path, 'bin/not-npm'));
    const env = { ...process.env, PATH: join(clone.path, 'bin') };
    const { status, stderr } = spawnSync(process.execPath, ['scripts/install.mjs'], {
      cwd: clone.path,
      encoding: 'utf8',
      env,
    });
    expect([status, stderr]).toEqual([1, expect.stringContaining('npm could not be started')]);
  });
});

describe('scripts/example.mjs', () => {
  let clone: Clone;
  beforeEach(() => (clone = new Clone()));
  afterEach(() => rmSync(clone.path, { recursive: true, force: true }));

  it('installs no more than the examples need', () => {
    clone.npm('exit 7');
    const { status, stderr } = clone.run('example.mjs', 'some-example');
    expect([status, stderr.split('\n')[0]]).toEqual([7, 'rxpaf: installing 2 packages for the examples, once']);
    expect(clone.calls()).toEqual(['./scripts/examples ci']);
  });

  it('installs nothing where the project is installed', () => {
    clone.run('install.mjs');
    clone.run('example.mjs', 'some-example');
    expect(clone.calls()).toEqual(['./ ci']);
  });

  it('names the examples, and installs nothing, where there is no such example', () => {
    const { status, stderr } = clone.run('example.mjs', 'no-example');
    expect([status, stderr]).toEqual([2, expect.stringContaining('is one of: some-example')]);
    expect(clone.calls()).toEqual([]);
  });
});

describe('the packages of the examples', () => {
  const examples = json('scripts/examples/package.json') as { readonly dependencies: Record<string, string> };

  it('are asked for as by the project', () => {
    const { devDependencies } = json('package.json') as { readonly devDependencies: Record<string, string> };
    expect(devDependencies).toMatchObject(examples.dependencies);
  });

  it('are locked at the versions of the project', () => {
    const root = (json('package-lock.json') as Lockfile).packages;
    const { packages } = json('scripts/examples/package-lock.json') as Lockfile;
    const versions = Object.entries(packages)
      .filter(([path]) => path !== '')
      .map(([path, { version }]) => [path, version]);
    expect(versions.length).toBeGreaterThan(10);
    expect(versions).toEqual(versions.map(([path]) => [path, root[path!]?.version]));
  });
});
