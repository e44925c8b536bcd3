/** The package as a user gets it: packed from a clean copy of the project, and installed in a folder of its own. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from './example.js';

const ROOT = join(__dirname, '../..');

/** Runs a program that has to end with 0, and returns what it printed. */
export async function ran(command: string, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await run(command, args, undefined, 1_180_000);
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout.toString()}${stderr}`);
  }
  return stdout.toString();
}

/** Generated files and folders, which a fresh clone does not have. */
const GENERATED = new Set(['.git', 'node_modules', 'dist', 'build', 'coverage', 'artifacts']);

/** Copies the project without generated files; the dependencies are a link to those of this project. */
function cleanCopy(folder: string, name: string): string {
  const copy = join(folder, name);
  cpSync(ROOT, copy, { recursive: true, filter: (path) => path === ROOT || !GENERATED.has(basename(path)) });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** Packs a clean copy, `folder/name`, which builds it. Returns the path of the package. */
export async function pack(folder: string, name: string): Promise<string> {
  const to = join(folder, `${name}-packed`);
  mkdirSync(to);
  await ran('npm', 'pack', cleanCopy(folder, name), '--pack-destination', to);
  return join(to, readdirSync(to)[0]!);
}

/**
 * Installs `tarball` in `folder`, offline: the `dependencies` are copied from this project, with their own dependencies.
 * Returns the path of the installed package.
 */
export async function install(folder: string, tarball: string, dependencies: readonly string[]): Promise<string> {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
  const offline = ['--offline', '--legacy-peer-deps', '--no-audit', '--no-fund'];
  await ran('npm', 'install', '--prefix', folder, ...offline, tarball);
  for (const name of dependencies) copyDependency(folder, name);
  return join(folder, 'node_modules/rxpaf');
}

function copyDependency(folder: string, name: string): void {
  const to = join(folder, 'node_modules', name);
  if (existsSync(to)) return;
  const from = join(ROOT, 'node_modules', name);
  cpSync(from, to, { recursive: true });
  const { dependencies = {} } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as {
    dependencies?: Readonly<Record<string, string>>;
  };
  for (const dependency of Object.keys(dependencies)) {
    // A dependency of another version is nested, and was copied with the package.
    if (!existsSync(join(to, 'node_modules', dependency))) copyDependency(folder, dependency);
  }
}
