/** `listen` on TCP: its address, its errors, its end, and what it keeps open. TLS is in listen-tls.test.ts, unix sockets in listen-unix.test.ts. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMPTY, of, throwError } from 'rxjs';
import { ListenError } from '../errors.js';
import { nodeInfo } from './node-info.js';
import { listen } from './listen.js';
import { hasReusePort } from './listening-socket.js';
import type { ListenTlsOptions } from './tls-options.js';
import { dial, endAll, listens, opened } from '../../test/kits/units/listening.js';
import {
  certificate,
  closed,
  Listening,
  openDescriptors,
  type Pem,
  secured,
  until,
} from '../../test/kits/units/node-sockets.js';

let pem: Pem;
beforeAll(async () => {
  pem = await certificate('localhost');
});

afterEach(endAll);

/** Whether nobody listens there. */
const refused = (port: number): Promise<boolean> =>
  new Promise((resolve) =>
    dial(port)
      .on('connect', () => resolve(false))
      .on('error', () => resolve(true)),
  );

describe('listen on TCP', () => {
  it('reports its address, and emits each connection', async () => {
    const server = listens({ port: 0 });
    const { url, port } = await server.address;
    expect(url).toBe(`http://127.0.0.1:${port}`);
    const clients = [dial(port!), dial(port!), dial(port!)];
    await until(() => server.sockets.length === 3);
    const ports = server.sockets.map((socket) => nodeInfo.peer(socket).port);
    expect(ports.sort()).toEqual(clients.map((client) => client.localPort).sort());
  });

  it('names a wildcard address by something that can be dialled', async () => {
    const server = listens({ port: 0, host: '0.0.0.0' });
    expect((await server.address).url).toMatch(/^http:\/\/localhost:\d+$/);
  });

  it('keeps the reading side of a peer that has ended its writing side (half-open)', async () => {
    const server = listens({ port: 0 });
    const client = dial(await server.port);
    client.end('all');
    await until(() => server.sockets.length === 1);
    const [socket] = server.sockets;
    socket!.resume();
    await once(socket!, 'end');
    socket!.end('answer');
    const [answer] = (await once(client, 'data')) as [Buffer];
    expect(answer.toString()).toBe('answer');
  });

  it('stops accepting when unsubscribed, and does not close what it accepted', async () => {
    const server = listens({ port: 0 });
    const port = await server.port;
    const client = dial(port);
    await until(() => server.sockets.length === 1);
    server.subscription.unsubscribe();
    expect(await refused(port)).toBe(true);
    server.sockets[0]!.write('still here');
    expect(String((await once(client, 'data'))[0])).toBe('still here');
  });

  it('does not begin to listen once unsubscribed, though a host name was being looked up', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as { port: number };
    probe.close();
    await once(probe, 'close');
    let told = false;
    listen({ port, host: 'localhost', listening: () => (told = true) })
      .subscribe()
      .unsubscribe();
    // A look-up of the same name that begins later ends later.
    const later = listens({ port: 0, host: 'localhost' });
    await later.address;
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toBe(false);
    expect(await refused(port)).toBe(true);
  });

  it('closes connections past maxConnections, and reports them', async () => {
    const server = listens({ port: 0, maxConnections: 1 });
    const port = await server.port;
    dial(port);
    await until(() => server.sockets.length === 1);
    await closed(dial(port));
    await until(() => server.failures.length === 1);
    expect(server.failures[0]!.error).toMatchObject({ code: 'accept-failed', scope: 'accept', initiator: 'local' });
    server.sockets[0]!.destroy();
    await closed(server.sockets[0]!);
    dial(port);
    await until(() => server.sockets.length === 2);
  });
});

describe('ListenError', () => {
  it('address-in-use', async () => {
    const port = await listens({ port: 0 }).port;
    const second = new Listening({ port });
    await expect(second.address).rejects.toBeInstanceOf(ListenError);
    await expect(second.address).rejects.toMatchObject({
      code: 'address-in-use',
      message: `port ${port} of 127.0.0.1 is in use by another program`,
    });
  });

  it('address-not-available', async () => {
    // TEST-NET-1 (RFC 5737): no machine has it.
    await expect(listens({ port: 0, host: '192.0.2.1' }).address).rejects.toMatchObject({
      code: 'address-not-available',
    });
  });

  it('listen-failed: a socket file in no folder', async () => {
    const path = join(tmpdir(), 'no-such-folder', 'socket');
    await expect(listens({ path }).address).rejects.toMatchObject({
      // What Node calls it differs.
      code: expect.stringMatching(/^(listen-failed|access-denied)$/) as string,
      message: expect.stringMatching(/is in a folder that does not exist|cannot be made by this user/) as string,
    });
  });

  it('listen-failed: TLS options that cannot be used', async () => {
    const tls = { key: 'no key', cert: 'no certificate' };
    await expect(listens({ port: 0, tls }).address).rejects.toMatchObject({
      name: 'ListenError',
      code: 'listen-failed',
    });
  });

  it('passes on the error of the Observable of TLS options', async () => {
    const tls = throwError(() => new Error('no certificate today'));
    await expect(listens({ port: 0, tls }).address).rejects.toMatchObject({
      code: 'listen-failed',
      message: 'the source of TLS options failed: no certificate today',
    });
  });

  it('listen-failed: an Observable of TLS options that has none', async () => {
    await expect(listens({ port: 0, tls: EMPTY }).address).rejects.toMatchObject({
      code: 'listen-failed',
      message: 'the source of TLS options completed without a value',
    });
  });

  it.each<[string, ListenTlsOptions | undefined, RegExp]>([
    ['no options', {}, /^the TLS options cannot be used: tls has no certificate: set key and cert, or pfx$/],
    ['no key', { cert: 'x' }, /tls has a certificate without its key: set key$/],
    ['no certificate', { key: 'x' }, /tls has a key without its certificate: set cert$/],
    ['empty files', { key: '', cert: Buffer.alloc(0) }, /tls has no certificate/],
    ['no options of a context', { contexts: { 'a.test': {} } }, /the TLS context of "a.test" has no certificate/],
  ])('listen-failed: TLS with %s does not listen', async (_what, tls, message) => {
    const error = listens({ port: 0, tls: tls! }).address;
    await expect(error).rejects.toMatchObject({ name: 'ListenError', code: 'listen-failed' });
    await expect(error).rejects.toThrow(message);
    await expect(listens({ port: 0, tls: of(tls!) }).address).rejects.toThrow(message);
  });

  it('listen-failed: reusePort, where Node does not have it', async () => {
    if (hasReusePort(process.versions.node)) return;
    await expect(listens({ port: 0, reusePort: true }).address).rejects.toMatchObject({
      code: 'listen-failed',
      message: expect.stringMatching(/^reusePort needs Node 22\.12, .* and this is \d/) as string,
    });
  });
});

describe('descriptors', () => {
  const counted = openDescriptors() === undefined ? it.skip : it;

  counted('none is left open by connections that came, failed and went', async () => {
    const settle = async (expected: number): Promise<void> => until(() => openDescriptors()! <= expected);
    const before = openDescriptors()!;
    const plain = new Listening({ port: 0 });
    const tls = new Listening({ port: 0, tls: pem });
    const [plainPort, tlsPort] = [await plain.port, await tls.port];
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 10 }, () => once(dial(plainPort), 'connect')));
      for (const socket of await Promise.all(Array.from({ length: 5 }, () => secured({ port: tlsPort }))))
        socket.destroy();
      await Promise.all(Array.from({ length: 5 }, () => closed(dial(tlsPort).end('no TLS'))));
      for (const socket of opened.splice(0)) socket.destroy();
    }
    await until(() => plain.sockets.length === 50 && tls.failures.length >= 25);
    plain.end();
    tls.end();
    await settle(before);
  });

  counted('running out of them ends no listener', () => {
    // In a process of its own, which may open few. Compiled on the way, like the examples.
    const program = `
      const { bundle } = await import('./scripts/bundle.mjs');
      await import(bundle('test/kits/units/few-descriptors.ts'));`;
    const out = execFileSync(
      'sh',
      ['-c', `ulimit -n 60; exec "$0" --input-type=module -e "$1"`, process.execPath, program],
      {
        encoding: 'utf8',
        cwd: join(__dirname, '../..'),
        timeout: 15_000,
      },
    );
    expect(out).toMatch(/served after exhaustion/);
  });
});
