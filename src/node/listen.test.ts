import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMPTY, Subject, throwError } from 'rxjs';
import { ListenError } from '../errors.js';
import { nodeInfo } from './info.js';
import { listen, type ListenTlsOptions } from './listen.js';
import {
  authority,
  certificate,
  closed,
  Listening,
  openDescriptors,
  type Pem,
  secured,
  shownName,
  until,
} from './node.test-kit.js';

let pem: Pem;
beforeAll(async () => {
  pem = await certificate('localhost');
});

let listening: Listening | undefined;
const opened: Socket[] = [];
const listens = (options: ConstructorParameters<typeof Listening>[0]): Listening =>
  (listening = new Listening(options));
const dial = (port: number): Socket => {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true }).on('error', () => undefined);
  opened.push(socket);
  return socket;
};

/** Whether nobody listens there. */
const refused = (port: number): Promise<boolean> =>
  new Promise((resolve) =>
    dial(port)
      .on('connect', () => resolve(false))
      .on('error', () => resolve(true)),
  );

afterEach(() => {
  listening?.end();
  listening = undefined;
  for (const socket of opened.splice(0)) socket.destroy();
});

describe('listen on TCP', () => {
  it('tells its address, and emits each connection', async () => {
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

  it('stops accepting when unsubscribed, and leaves what it accepted alone', async () => {
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

  it('closes what is past maxConnections, and tells it', async () => {
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

describe('listen on a unix socket', () => {
  it('is reached by its path, and takes it away at the end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'listen-'));
    const path = join(folder, 'socket');
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
    rmSync(folder, { recursive: true });
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
    // What the system says of it differs; that it says something does not.
    await expect(listens({ path }).address).rejects.toMatchObject({ name: 'ListenError' });
  });

  it('listen-failed: TLS options that are of no use', async () => {
    const tls = { key: 'no key', cert: 'no certificate' };
    await expect(listens({ port: 0, tls }).address).rejects.toMatchObject({
      name: 'ListenError',
      code: 'listen-failed',
    });
  });

  it('passes on the error of the Observable of TLS options', async () => {
    const tls = throwError(() => new Error('no certificate today'));
    await expect(listens({ port: 0, tls }).address).rejects.toMatchObject({ message: 'no certificate today' });
  });

  it('completes without listening when the Observable of TLS options has none', () => {
    let completed = false;
    listen({ port: 0, tls: EMPTY }).subscribe({ complete: () => (completed = true) });
    expect(completed).toBe(true);
  });
});

describe('listen with TLS', () => {
  it('emits a connection after its handshake, with what ALPN chose (RFC 7301)', async () => {
    const server = listens({ port: 0, tls: pem });
    const { url, port } = await server.address;
    expect(url).toBe(`https://127.0.0.1:${port}`);
    opened.push(await secured({ port: port!, ALPNProtocols: ['http/1.1'], servername: 'localhost' }));
    await until(() => server.sockets.length === 1);
    const [socket] = server.sockets;
    expect(nodeInfo.alpn(socket!)).toBe('http/1.1');
    expect(nodeInfo.scheme(socket!)).toBe('https');
    expect(nodeInfo.peer(socket!).tls).toMatchObject({
      protocol: 'TLSv1.3',
      cipher: expect.stringMatching(/^TLS_/) as string,
      servername: 'localhost',
      authorized: false,
      certificate: undefined,
    });
  });

  it('takes a client without ALPN for one of HTTP/1.1', async () => {
    const server = listens({ port: 0, tls: pem });
    opened.push(await secured({ port: await server.port }));
    await until(() => server.sockets.length === 1);
    expect(nodeInfo.alpn(server.sockets[0]!)).toBe('http/1.1');
    expect(nodeInfo.peer(server.sockets[0]!).tls?.servername).toBeUndefined();
  });

  it('refuses a client whose protocols it does not speak (RFC 7301 section 3.2)', async () => {
    const server = listens({ port: 0, tls: pem });
    await expect(secured({ port: await server.port, ALPNProtocols: ['spdy/3'] })).rejects.toThrow();
    await until(() => server.failures.length === 1);
    expect(server.failures[0]!.error).toMatchObject({
      code: 'handshake-failed',
      scope: 'handshake',
      initiator: 'peer',
    });
  });

  it('shows the certificate of the name that was asked for (SNI, RFC 6066 section 3)', async () => {
    const contexts = { 'a.test': await certificate('a.test'), '*.b.test': await certificate('*.b.test') };
    const server = listens({ port: 0, tls: { ...pem, contexts } });
    const port = await server.port;
    const nameFor = async (servername: string): Promise<string> => {
      const socket = await secured({ port, servername });
      opened.push(socket);
      return shownName(socket);
    };
    expect(await nameFor('a.test')).toBe('a.test');
    expect(await nameFor('A.TEST')).toBe('a.test');
    expect(await nameFor('x.b.test')).toBe('*.b.test');
    expect(await nameFor('y.x.b.test')).toBe('localhost');
    expect(await nameFor('other.test')).toBe('localhost');
  });

  it('shows the client certificate in peer.tls, and refuses one that nobody vouches for (mTLS)', async () => {
    const ca = await authority('clients');
    const known = await certificate('alice', ca);
    const server = listens({ port: 0, tls: { ...pem, requestCert: true, ca: ca.cert } });
    const port = await server.port;
    opened.push(await secured({ port, ...known }));
    await until(() => server.sockets.length === 1);
    const tls = nodeInfo.peer(server.sockets[0]!).tls!;
    expect(tls.authorized).toBe(true);
    expect(tls.certificate?.subject.CN).toBe('alice');

    // In TLS 1.3 the client has done its part of the handshake before it is refused.
    for (const stranger of [{}, await certificate('mallory')]) {
      const refused = server.failures.length + 1;
      secured({ port, ...stranger }).then(
        (socket) => opened.push(socket),
        () => undefined,
      );
      await until(() => server.failures.length === refused);
    }
    expect(server.codes).toEqual(['handshake-failed', 'handshake-failed']);
    expect(server.failures[0]!.error.message).toMatch(/peer did not return a certificate$/);
    expect(server.failures[1]!.error.message).toMatch(/the client's certificate is refused: \w/);
    expect(server.sockets).toHaveLength(1);
  });

  it('goes on after failed handshakes, and tells each of them', async () => {
    const server = listens({ port: 0, tls: pem });
    const port = await server.port;
    dial(port).write('GET / HTTP/1.1\r\n\r\n');
    await until(() => server.failures.length === 1);
    dial(port).end();
    await until(() => server.failures.length === 2);
    dial(port).on('connect', function (this: Socket) {
      this.resetAndDestroy();
    });
    opened.push(await secured({ port }));
    await until(() => server.sockets.length === 1);
    expect(new Set(server.codes)).toEqual(new Set(['handshake-failed']));
  });

  it('keeps the reading side of a peer that has ended its writing side (half-open)', async () => {
    const server = listens({ port: 0, tls: pem });
    const client = await secured({ port: await server.port, allowHalfOpen: true });
    opened.push(client);
    client.end('all');
    await until(() => server.sockets.length === 1);
    const [socket] = server.sockets;
    socket!.resume();
    await once(socket!, 'end');
    socket!.end('answer');
    expect(String((await once(client, 'data'))[0])).toBe('answer');
  });

  it('runs handshakes beside each other: stalled ones delay nobody', async () => {
    const server = listens({ port: 0, tls: pem });
    const port = await server.port;
    const stalled = Array.from({ length: 20 }, () => dial(port));
    await Promise.all(stalled.map((socket) => once(socket, 'connect')));
    opened.push(...(await Promise.all(Array.from({ length: 5 }, () => secured({ port })))));
    await until(() => server.sockets.length === 5);
    expect(server.failures).toEqual([]);
  });

  it('ends a handshake that takes too long, even where bytes trickle in', async () => {
    const server = listens({ port: 0, tls: { ...pem, handshakeTimeout: 200 } });
    const port = await server.port;
    const silent = dial(port);
    const trickling = dial(port);
    // The beginning of a ClientHello, which is never complete.
    const hello = Buffer.from('1603010200010001fc0303', 'hex');
    let sent = 0;
    const trickle = setInterval(() => trickling.write(hello.subarray(sent++ % hello.length).subarray(0, 1)), 20);
    await Promise.all([closed(silent), closed(trickling)]);
    clearInterval(trickle);
    await until(() => server.failures.length === 2);
    expect(server.codes).toEqual(['handshake-timeout', 'handshake-timeout']);
  });

  it('waits for ever, if told to', async () => {
    const server = listens({ port: 0, tls: { ...pem, handshakeTimeout: Infinity } });
    opened.push(await secured({ port: await server.port }));
    await until(() => server.sockets.length === 1);
  });

  it('closes a connection whose handshake ends after accepting has', async () => {
    const server = listens({ port: 0, tls: pem });
    const port = await server.port;
    const raw = dial(port);
    await once(raw, 'connect');
    // Somebody behind it in the queue of the kernel has been accepted, so it has, too.
    opened.push(await secured({ port }));
    await until(() => server.sockets.length === 1);
    server.subscription.unsubscribe();
    await secured({ socket: raw }).then(closed, () => undefined);
    expect(server.sockets).toHaveLength(1);
  });
});

describe('tls as an Observable', () => {
  it('shows each new connection the newest certificate, SNI contexts too, and leaves the old connections alone', async () => {
    const certificates = new Subject<ListenTlsOptions>();
    const server = listens({ port: 0, tls: certificates });
    certificates.next({ ...pem, contexts: { 'a.test': await certificate('a.test 1') } });
    const port = await server.port;
    const old = await secured({ port });
    opened.push(old);
    await until(() => server.sockets.length === 1);
    certificates.next({ ...(await certificate('renewed')), contexts: { 'a.test': await certificate('a.test 2') } });
    const renewed = await secured({ port });
    const named = await secured({ port, servername: 'a.test' });
    opened.push(renewed, named);
    expect([shownName(old), shownName(renewed), shownName(named)]).toEqual(['localhost', 'renewed', 'a.test 2']);
    server.sockets[0]!.write('still here');
    expect(String((await once(old, 'data'))[0])).toBe('still here');
  });

  it('goes on with the certificate it has when the new one is of no use, and tells it', async () => {
    const certificates = new Subject<ListenTlsOptions>();
    const server = listens({ port: 0, tls: certificates });
    certificates.next(pem);
    const port = await server.port;
    certificates.next({ key: 'half', cert: 'written' });
    certificates.next({ ...(await certificate('not this one')), contexts: { 'a.test': { key: 'no', cert: 'no' } } });
    expect(server.failures.map(({ error }) => error.scope)).toEqual(['accept', 'accept']);
    const socket = await secured({ port });
    opened.push(socket);
    expect(shownName(socket)).toBe('localhost');
  });

  it('stops renewing when unsubscribed', async () => {
    const certificates = new Subject<ListenTlsOptions>();
    const server = listens({ port: 0, tls: certificates });
    certificates.next(pem);
    await server.address;
    server.end();
    expect(certificates.observed).toBe(false);
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
      await import(bundle('src/node/few-descriptors.test-kit.ts'));`;
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
