// Installs the dependencies of a folder where they are missing or do not match its lockfile; prints nothing if they do.
// node scripts/install.mjs [FOLDER...]: the root unless named.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The purpose of each folder's dependencies, for the message. */
const PURPOSE = {
  '.': 'the project',
  lab: 'benchmarks, fuzzing, mutation and the prose linter',
  'lab/site': 'the site of the documents',
  'scripts/examples': 'the examples',
};

const modulesOf = (folder) => `${root}${folder}/node_modules`;
/** Records which lockfile the modules come from: by content, since a checkout changes its time. */
const markerOf = (folder) => `${modulesOf(folder)}/.installed-from`;
const lockfileOf = (folder) => readFileSync(`${root}${folder}/package-lock.json`);
const hashOf = (folder) => createHash('sha256').update(lockfileOf(folder)).digest('hex');

/** Whether nothing needs to be installed: the modules match the lockfile, or they are a link that somebody else maintains. */
export function isInstalled(folder) {
  try {
    return lstatSync(modulesOf(folder)).isSymbolicLink() || readFileSync(markerOf(folder), 'utf8') === hashOf(folder);
  } catch {
    return false;
  }
}

/** The packages of a lockfile that are installed on this platform, as far as the lockfile says. */
function packagesOf(folder) {
  const { packages } = JSON.parse(lockfileOf(folder).toString());
  const isHere = ({ os, cpu, libc, optional }) =>
    os?.includes(process.platform) !== false && cpu?.includes(process.arch) !== false && !(optional && libc);
  return Object.entries(packages)
    .filter(([path, entry]) => path !== '' && isHere(entry))
    .map(([path]) => `${root}${folder}/${path}`);
}

/** Writes how many packages are there: over the last line on a terminal, at most every two seconds elsewhere. */
function showProgress(packages) {
  const { isTTY } = process.stderr;
  let shown = 0;
  const show = () => {
    const count = packages.filter((path) => existsSync(path)).length;
    if (count === shown) return;
    shown = count;
    process.stderr.write(`${isTTY ? '\r' : ''}  ${count} of ${packages.length} packages${isTTY ? '' : '\n'}`);
  };
  const timer = setInterval(show, isTTY ? 200 : 2000);
  return () => {
    clearInterval(timer);
    if (isTTY) process.stderr.write('\r\x1b[K');
  };
}

/** Installs the dependencies of `folder`, unless they are there. If that fails, this process ends with the exit code of npm. */
export async function install(folder = '.') {
  if (isInstalled(folder)) return;
  const packages = packagesOf(folder);
  process.stderr.write(`rxpaf: installing ${packages.length} packages for ${PURPOSE[folder] ?? folder}, once\n`);
  const end = showProgress(packages);
  const status = await new Promise((resolve) => {
    const child = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: `${root}${folder}`,
      // This process reports the progress: npm prints only its errors.
      stdio: ['ignore', 'ignore', 2],
      shell: process.platform === 'win32',
    });
    child.once('close', resolve).once('error', (error) => {
      console.error(`rxpaf: npm could not be started: ${error.message}`);
      resolve(1);
    });
  });
  end();
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(markerOf(folder), hashOf(folder));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folders = process.argv.slice(2);
  for (const folder of folders.length > 0 ? folders : ['.']) await install(folder);
}
