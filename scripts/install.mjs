// Installs the dependencies where they are missing or not those of the lockfile, and says nothing where they are.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const modules = `${root}node_modules`;
// Which lockfile they were installed from: by content, since a checkout changes its time.
const marker = `${modules}/.installed-from`;
const wanted = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex');

/** Whether there is nothing to install: it is done, or the modules are somebody else's to care for. */
function isInstalled() {
  try {
    return lstatSync(modules).isSymbolicLink() || readFileSync(marker, 'utf8') === wanted;
  } catch {
    return false;
  }
}

if (!isInstalled()) {
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(marker, wanted);
}
