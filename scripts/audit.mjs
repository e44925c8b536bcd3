// npm run audit: known vulnerabilities of the dependencies, first those that users get, then all of them.
// It exits with 1 on a finding. If the registry does not respond, it prints that and exits with 0: nothing is known then.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCOPES = [
  ['dependencies of users', ['--omit=dev']],
  ['all dependencies', []],
];
/** ms for a response: a network can swallow every packet. */
const PATIENCE = 30_000;

/** Reads npm's JSON: the findings, or the reason for their absence. */
function ask(options) {
  const args = ['audit', '--json', '--fetch-retries=0', `--fetch-timeout=${PATIENCE}`, ...options];
  const { stdout } = spawnSync('npm', args, {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
    timeout: 2 * PATIENCE,
    shell: process.platform === 'win32',
  });
  try {
    const { vulnerabilities, statusCode } = JSON.parse(stdout);
    if (vulnerabilities !== undefined) return { found: Object.values(vulnerabilities) };
    return { reason: statusCode === undefined ? 'no response' : `the registry responded with ${statusCode}` };
  } catch {
    return { reason: 'no response' };
  }
}

for (const [scope, options] of SCOPES) {
  const { found, reason } = ask(options);
  if (found === undefined) console.log(`audit of ${scope}: COULD NOT BE ASKED (${reason})`);
  else if (found.length === 0) console.log(`audit of ${scope}: nothing is known`);
  else {
    console.log(`audit of ${scope}: ${found.length} FOUND`);
    for (const { name, severity, via } of found) {
      const titles = via.map((each) =>
        typeof each === 'string' ? `by way of ${each}` : `${each.title} (${each.url})`,
      );
      console.log(`  ${severity} ${name}: ${titles.join('; ')}`);
    }
    process.exitCode = 1;
  }
}
