/** `listen` on a unix socket, and on a socket that was inherited. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeInfo } from './node-info.js';
import { listen } from './listen.js';
import { hasReusePort } from './listening-socket.js';
import { endAll, listens, opened } from '../../test/kits/units/listening.js';
import { Listening, until } from '../../test/kits/units/node-sockets.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'listen-'));
});
afterEach(() => {
  endAll();
  rmSync(folder, { recursive: true });
});
const socketPath = (): string => join(folder, 'socket');
const modeOf = (path: string): number => statSync(path).mode & 0o777;

/** Leaves the file of a socket on which nobody listens: of a program that was killed. */
async function leaveDeadSocket(path: string): Promise<void> {
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['-e', program]), 'close');
  expect(statSync(path).isSocket()).toBe(true);
}

/** A user without rights. */
const NOBODY = 65_534;

describe('listen on a unix socket', () => {
  it('is reached by its path, and takes it away at the end', async () => {
    const path = socketPath();
    const server = listens({ path });
    expect(await server.address).toEqual({ url: `unix:${path}`, port: undefined, path });
    const client = connect(path);
    opened.push(client);
    await until(() => server.sockets.length === 1);
    expect(nodeInfo.alpn(server.sockets[0]!)).toBeUndefined();
    expect(nodeInfo.peer(server.sockets[0]!)).toMatchObject({ address: undefined, family: undefined, tls: undefined });
    expect(String(nodeInfo.peer(server.sockets[0]!))).toBe('unix');
    server.end();
    await until(() => !existsSync(path));
  });

  it('replaces the file of a program that has died', async () => {
    await leaveDeadSocket(socketPath());
    const server = listens({ path: socketPath() });
    await server.address;
    opened.push(connect(socketPath()));
    await until(() => server.sockets.length === 1);
  });

  it('does not replace the one of a program that listens, also where it accepts nothing', async () => {
    const live = new Listening({ path: socketPath() });
    await live.address;
    await expect(listens({ path: socketPath() }).address).rejects.toMatchObject({
      code: 'address-in-use',
      message: `${socketPath()} is in use: another program listens on this socket`,
    });
    const client = connect(socketPath());
    opened.push(client);
    await until(() => live.sockets.some((socket) => socket.readyState === 'open'));
    live.end();
  });

  it('does not replace a file that is something else', async () => {
    writeFileSync(socketPath(), 'precious');
    await expect(listens({ path: socketPath() }).address).rejects.toMatchObject({
      code: 'address-in-use',
      message: `${socketPath()} exists and is not a socket: it is not replaced`,
    });
    rmSync(socketPath());
    mkdirSync(socketPath());
    await expect(listens({ path: socketPath() }).address).rejects.toMatchObject({ code: 'address-in-use' });
    rmSync(socketPath(), { recursive: true });
    const target = join(folder, 'target');
    await leaveDeadSocket(target);
    symlinkSync(target, socketPath());
    await expect(listens({ path: socketPath() }).address).rejects.toMatchObject({ code: 'address-in-use' });
    expect(existsSync(target)).toBe(true);
  });

  it('keeps the file when it is unsubscribed while it looks', async () => {
    await leaveDeadSocket(socketPath());
    let told = false;
    const subscription = listen({ path: socketPath(), listening: () => (told = true) }).subscribe();
    subscription.unsubscribe();
    const later = listens({ path: join(folder, 'later') });
    await later.address;
    expect(existsSync(socketPath())).toBe(true);
    expect(told).toBe(false);
  });

  it.each([0o600, 0o660, 0o666])('gives its file the mode %o', async (mode) => {
    const before = join(folder, 'before');
    const after = join(folder, 'after');
    writeFileSync(before, '');
    await listens({ path: socketPath(), mode }).address;
    expect(modeOf(socketPath())).toBe(mode);
    // The mask of the process is as it was.
    writeFileSync(after, '');
    expect(modeOf(after)).toBe(modeOf(before));
  });

  it('gives its file that mode from its first moment on', () => {
    const seen: number[] = [];
    const subscription = listen({ path: socketPath(), mode: 0o600 }).subscribe();
    // The socket is bound within the subscription, and the callback comes in another turn.
    seen.push(modeOf(socketPath()));
    subscription.unsubscribe();
    expect(seen).toEqual([0o600]);
  });

  it('refuses a path that is too long, which the system would cut', async () => {
    const path = join(folder, 'x'.repeat(108));
    await expect(listens({ path }).address).rejects.toMatchObject({
      code: 'listen-failed',
      message: `${path} is too long for the path of a socket`,
    });
  });

  it('reports that this user may not make it', async () => {
    chmodSync(folder, 0o500);
    // The superuser may write anywhere: it becomes another user for the time of the call.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid!(NOBODY);
    try {
      await expect(listens({ path: socketPath() }).address).rejects.toMatchObject({ code: 'access-denied' });
    } finally {
      if (isRoot) process.seteuid!(0);
      chmodSync(folder, 0o700);
    }
  });
});

describe('listen on a descriptor', () => {
  it('accepts on a socket that it inherited', async () => {
    // In the same process: another server has made it, and leaves it to `listen`.
    const maker = createServer().listen(0, '127.0.0.1');
    await once(maker, 'listening');
    const { port } = maker.address() as { port: number };
    const { fd } = (maker as unknown as { _handle: { fd: number } })._handle;
    const program = `
      const { bundle } = await import('./scripts/bundle.mjs');
      const { listen } = await import(bundle('src/index.ts'));
      listen({ fd: 3, listening: (address) => console.log(JSON.stringify(address)) }).subscribe((socket) => socket.end('inherited'));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: join(__dirname, '../..'),
      stdio: ['ignore', 'pipe', 'inherit', fd],
    });
    try {
      const [address] = (await once(child.stdout!.setEncoding('utf8'), 'data')) as [string];
      expect(JSON.parse(address)).toEqual({ url: `http://127.0.0.1:${port}`, port });
      maker.close();
      const client = connect(port, '127.0.0.1');
      opened.push(client);
      expect(String((await once(client, 'data'))[0])).toBe('inherited');
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('refuses a file, and one that is not open', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const fd = openSync(file, 'r');
    await expect(listens({ fd }).address).rejects.toMatchObject({
      code: 'listen-failed',
      message: `descriptor ${fd} is not a socket that can be listened on`,
    });
    await expect(listens({ fd: 9_999 }).address).rejects.toMatchObject({ code: 'listen-failed' });
  });
});

describe('options that do not go together', () => {
  it.each([
    [{ path: '/a', port: 1 }, /path and port/],
    [{ path: '/a', host: 'a' }, /path and host/],
    [{ path: '/a', fd: 3 }, /path and fd/],
    [{ fd: 3, port: 0 }, /fd and port/],
    [{ fd: 3, host: 'a' }, /fd and host/],
    [{ fd: 3, reusePort: true }, /fd and reusePort/],
    [{ port: 1, mode: 0o600 }, /mode is for the file of a unix socket/],
  ])('are refused: %j', (options, words) => {
    expect(() => listen(options)).toThrow(RangeError);
    expect(() => listen(options)).toThrow(words);
  });
});

describe('reusePort', () => {
  it.each([
    ['20.20.2', false],
    ['22.11.0', false],
    ['22.12.0', true],
    ['22.20.1', true],
    ['23.0.9', false],
    ['23.1.0', true],
    ['24.0.0', true],
  ])('of Node %s: %s', (version, has) => expect(hasReusePort(version)).toBe(has));

  // Elsewhere it is refused: see the options of `listen`.
  if (hasReusePort(process.versions.node) && process.platform === 'linux') {
    it('lets two listeners share a port', async () => {
      const first = new Listening({ port: 0, reusePort: true });
      const port = await first.port;
      await listens({ port, reusePort: true }).address;
      first.end();
    });
  }
});
