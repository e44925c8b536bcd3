/** `listen` with TLS: the results of a handshake, handshakes that fail or stall, and connections after one. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { nodeInfo } from './node-info.js';
import { dial, endAll, listens, opened } from '../../test/kits/units/listening.js';
import {
  authority,
  certificate,
  closed,
  type Pem,
  secured,
  shownName,
  until,
} from '../../test/kits/units/node-sockets.js';

let pem: Pem;
beforeAll(async () => {
  pem = await certificate('localhost');
});

afterEach(endAll);

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
    expect(server.failures[0]!.error.message).toMatch(
      /the client showed no certificate, and requestCert asks for one \(peer did not return a certificate\)$/,
    );
    expect(server.failures[1]!.error.message).toMatch(/the client's certificate is refused, \w/);
    expect(server.sockets).toHaveLength(1);
  });

  it('goes on after failed handshakes, and reports each of them', async () => {
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

  it('runs handshakes concurrently: stalled ones delay nobody', async () => {
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

  it('waits for ever, if configured to', async () => {
    const server = listens({ port: 0, tls: { ...pem, handshakeTimeout: Infinity } });
    opened.push(await secured({ port: await server.port }));
    await until(() => server.sockets.length === 1);
  });

  it('closes a connection whose handshake ends after accepting has', async () => {
    const server = listens({ port: 0, tls: pem });
    const port = await server.port;
    const raw = dial(port);
    await once(raw, 'connect');
    // A later connection in the queue of the kernel has been accepted, so this one has, too.
    opened.push(await secured({ port }));
    await until(() => server.sockets.length === 1);
    server.subscription.unsubscribe();
    await secured({ socket: raw }).then(closed, () => undefined);
    expect(server.sockets).toHaveLength(1);
  });
});
