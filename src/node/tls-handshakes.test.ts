import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { TlsHandshakes } from './tls-handshakes.js';
import { certificate, closed, Listening, type Pem, secured, until } from '../../test/kits/units/node-sockets.js';

let pem: Pem;
beforeAll(async () => {
  pem = await certificate('localhost');
});

const opened: Socket[] = [];
const dial = (port: number): Socket => {
  const socket = connect({ host: '127.0.0.1', port }).on('error', () => undefined);
  opened.push(socket);
  return socket;
};

afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy();
});

describe('handshakes under way', () => {
  it('end when nobody accepts any more, however long they might take; what was accepted goes on', async () => {
    const server = new Listening({ port: 0, tls: { ...pem, handshakeTimeout: Infinity } });
    const port = await server.port;
    const stalled = Array.from({ length: 20 }, () => dial(port));
    await Promise.all(stalled.map((socket) => once(socket, 'connect')));
    // A later client in the queue of the kernel has been accepted, so they have, too.
    const client = await secured({ port });
    opened.push(client);
    await until(() => server.sockets.length === 1);
    server.subscription.unsubscribe();
    await Promise.all(stalled.map(closed));
    server.sockets[0]!.write('still here');
    expect(String((await once(client, 'data'))[0])).toBe('still here');
    server.end();
  });

  describe('of a server of Node', () => {
    let server: Server;
    let handshakes: TlsHandshakes;
    const raw: Socket[] = [];
    beforeEach(async () => {
      server = createServer({ key: pem.key, cert: pem.cert });
      server.on('connection', (socket: Socket) => raw.push(socket));
      server.on('tlsClientError', (_error, socket) => socket.destroy());
      handshakes = new TlsHandshakes();
      server.on('connection', (socket: Socket) => handshakes.begun(socket));
      server.on('secureConnection', (socket) => handshakes.done(socket));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    });
    afterEach(() => {
      server.close();
      for (const socket of raw.splice(0)) socket.destroy();
    });
    const port = (): number => (server.address() as { port: number }).port;
    const kept = (): number => (handshakes as unknown as { pending: Map<string, unknown> }).pending.size;

    it.each([
      ['is done', async () => void opened.push(await secured({ port: port() }))],
      ['fails', () => void dial(port()).write('GET / HTTP/1.1\r\n\r\n')],
      ['is broken off', () => void dial(port()).on('connect', (): void => void opened.at(-1)!.resetAndDestroy())],
    ])('keeps nothing of one that %s', async (_how, shake: () => void | Promise<void>) => {
      await shake();
      await until(() => raw.length === 1 && kept() === 0);
      // A connection that is accepted has no listener of ours for the time of its life.
      expect(raw[0]!.listeners('close').filter(({ name }) => name === 'forget')).toEqual([]);
    });

    it('keeps one that is under way', async () => {
      dial(port());
      await until(() => raw.length === 1);
      expect(kept()).toBe(1);
      handshakes.end();
      await until(() => kept() === 0);
    });
  });
});
