// The origin of this project's code: its dependencies, its lockfile, and the reaction of `npm run audit` to responses of a registry.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { spawnSync } from 'node:child_process';

const ROOT = join(__dirname, '../..');
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly bundleDependencies?: readonly string[];
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly publishConfig: unknown;
  readonly scripts: Readonly<Record<string, string>>;
}

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly integrity?: string; readonly link?: boolean }>>;
}

describe('package.json', () => {
  const manifest = JSON.parse(read('package.json')) as Manifest;

  it('has no runtime dependency but RxJS, which is the program’s own', () => {
    const { dependencies = {}, optionalDependencies = {}, bundleDependencies = [] } = manifest;
    expect({ dependencies, optionalDependencies, bundleDependencies }).toEqual({
      dependencies: {},
      optionalDependencies: {},
      bundleDependencies: [],
    });
    const { peerDependencies, peerDependenciesMeta } = manifest;
    const needed = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
    expect(needed).toEqual(['rxjs']);
  });

  it('runs nothing where it is installed', () => {
    const hooks = ['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare'];
    expect(Object.keys(manifest.scripts).filter((name) => hooks.includes(name))).toEqual([]);
  });

  it('is published with its provenance', () => {
    expect(manifest.publishConfig).toEqual({ access: 'public', provenance: true });
  });
});

describe.each([
  ['package-lock.json', 100],
  ['lab/package-lock.json', 100],
  ['scripts/examples/package-lock.json', 20],
])('%s', (path, least) => {
  const text = read(path);
  const { packages } = JSON.parse(text) as Lockfile;

  it('names no address that anything is to be fetched from', () => {
    expect(text).not.toContain('"resolved"');
    expect(text).not.toMatch(/https?:[^"\s]*\.(tgz|tar\.gz)|git\+|"(file|link):/);
  });

  it('knows the hash of everything', () => {
    const entries = Object.entries(packages).filter(([path]) => path !== '');
    expect(entries.length).toBeGreaterThan(least);
    // A package inside another package has that one's hash.
    const unhashed = entries.filter(([, { integrity }]) => integrity === undefined || !integrity.startsWith('sha512-'));
    expect(unhashed.map(([path]) => path)).toEqual([]);
  });
});

describe('npm run audit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'audit-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What the script makes of an `npm` that prints `answer`. */
  function audit(answer: string): { readonly status: number | null; readonly stdout: string } {
    const npm = join(folder, 'npm');
    writeFileSync(join(folder, 'answer'), answer);
    writeFileSync(npm, `#!/bin/sh\ncat ${join(folder, 'answer')}\n`);
    chmodSync(npm, 0o755);
    const env = { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };
    return spawnSync(process.execPath, ['scripts/audit.mjs'], { cwd: ROOT, encoding: 'utf8', env });
  }

  it('ends well where nothing is known', () => {
    const { status, stdout } = audit('{ "vulnerabilities": {}, "metadata": {} }');
    expect([status, stdout]).toEqual([
      0,
      'audit of dependencies of users: nothing is known\naudit of all dependencies: nothing is known\n',
    ]);
  });

  it('fails on a finding, and reports it', () => {
    const via = [{ title: 'Smuggling', url: 'https://example.com/1' }, 'other'];
    const { status, stdout } = audit(JSON.stringify({ vulnerabilities: { a: { name: 'a', severity: 'high', via } } }));
    expect(status).toBe(1);
    expect(stdout).toContain('1 FOUND\n  high a: Smuggling (https://example.com/1); by way of other\n');
  });

  it.each([
    ['refuses', '{ "message": "405 Method Not Allowed", "statusCode": 405 }', 'the registry responded with 405'],
    ['is not there', '{ "error": { "code": "ENOTFOUND" } }', 'no response'],
    ['says nothing', '', 'no response'],
  ])('takes a registry that %s neither for clean nor for a finding', (_, answer, reason) => {
    const { status, stdout } = audit(answer);
    expect(status).toBe(0);
    expect(stdout).toBe(
      ['dependencies of users', 'all dependencies']
        .map((scope) => `audit of ${scope}: COULD NOT BE ASKED (${reason})\n`)
        .join(''),
    );
  });
});
