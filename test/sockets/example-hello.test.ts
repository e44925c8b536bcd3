/** `npm run example hello`, as a reader starts it: it prints where it listens, responds, and ends on SIGTERM. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

it('npm run example hello responds to a request, and ends on SIGTERM', async () => {
  const npm = spawn('npm', ['run', '--silent', 'example', 'hello'], {
    cwd: join(__dirname, '../..'),
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', TLS: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A process group of its own: npm runs the example in a child.
    detached: true,
  });
  try {
    const ended = once(npm, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    const [line] = (await once(createInterface(npm.stdout), 'line')) as [string];
    expect(line).toMatch(/^listening on http:\/\/127\.0\.0\.1:\d+$/);
    const [response] = (await once(get(line.replace('listening on ', '')), 'response')) as [IncomingMessage];
    expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'text/plain']);
    expect(await text(response)).toBe('Hello, World!');
    process.kill(-npm.pid!, 'SIGTERM');
    await ended;
  } finally {
    if (npm.exitCode === null && npm.signalCode === null) process.kill(-npm.pid!, 'SIGKILL');
  }
});
