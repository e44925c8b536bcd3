/** TLS inside flows that are there already: pairs in memory, and TLS itself. */
import { connect as connectTls, TLSSocket } from 'node:tls';
import { firstValueFrom, Subject } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { ClientError } from '../errors.js';
import { Context } from '../flow/context.js';
import type { Flow } from '../flow/flow.js';
import { HOST, SCHEDULER } from '../flow/context-keys.js';
import { memoryPair } from '../flow/memory-pair.js';
import { fromDuplex } from './flow-from-duplex.js';
import { toDuplex } from './duplex-from-flow.js';
import { HANDSHAKE_TIMEOUT } from './context-keys.js';
import { authority, Listening, type Pem, until } from '../../test/kits/units/node-sockets.js';
import { tlsOptionsIn, tlsOver } from './tls-over.js';
import { connectionOf, openSockets, secureLocal, serverCertificate, textIn } from '../../test/kits/units/transports.js';

let ca: Pem;
let pem: Pem;
beforeAll(async () => {
  ca = await authority('some authority');
  pem = await serverCertificate(['localhost'], ca);
});

describe('tlsOver', () => {
  /** A TLS server on the other end of a flow; it sends back its input. */
  function serves(flow: Flow): { socket: TLSSocket; errors: Error[] } {
    const errors: Error[] = [];
    const socket = new TLSSocket(toDuplex(flow), { isServer: true, ...pem, ALPNProtocols: ['h2'] });
    socket.on('error', (error: Error) => errors.push(error)).on('data', (chunk: Buffer) => socket.write(chunk));
    socket.on('end', () => socket.end());
    return { socket, errors };
  }
  const trusting = { host: 'localhost', tls: {} as { ca?: string } };
  beforeAll(() => {
    trusting.tls.ca = ca.cert;
  });

  it.each([
    ['whole', {}],
    ['in pieces, a little at a time, with delay', { fragment: 1000, capacity: 3000, latency: 1 }],
  ])('runs TLS inside any flow: %s', async (_title, pair) => {
    const [near, far] = memoryPair(pair);
    serves(far);
    const flow = await firstValueFrom(tlsOver(near, trusting));
    expect(flow.alpn).toBe('h2');
    const echoed = textIn(flow);
    flow.next(Buffer.alloc(200_000, 'y'));
    flow.complete();
    expect(await echoed).toBe('y'.repeat(200_000));
  });

  it('runs TLS inside TLS', async () => {
    const before = openSockets();
    const server = new Listening({ port: 0, tls: pem });
    const context = secureLocal(await server.port, { ca: ca.cert });
    const tunnel = await connectionOf(context);
    await until(() => server.sockets.length === 1);
    serves(fromDuplex(server.sockets[0]!));
    const flow = await firstValueFrom(tlsOver(tunnel, tlsOptionsIn(context)));
    const echoed = textIn(flow);
    flow.next(Buffer.from('inside'));
    flow.complete();
    expect(await echoed).toBe('inside');
    server.end();
    await until(() => openSockets() <= before);
  });

  it('aborts the flow below when it is aborted, and breaks off when that does', async () => {
    const connected = async (): Promise<{ near: Flow; far: Flow; flow: Flow }> => {
      const [near, far] = memoryPair();
      serves(far);
      return { near, far, flow: await firstValueFrom(tlsOver(near, trusting)) };
    };
    const one = await connected();
    one.flow.error();
    await until(() => !one.near.ready);
    const other = await connected();
    const reading = textIn(other.flow);
    other.far.error();
    await expect(reading).rejects.toMatchObject({ code: 'connection-reset' });
  });

  it('aborts the flow where the handshake fails', async () => {
    const [near, far] = memoryPair();
    far.next(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const ended = new Promise((resolve) => far.subscribe({ error: resolve }));
    await expect(firstValueFrom(tlsOver(near, trusting))).rejects.toMatchObject({ code: 'handshake-failed' });
    expect(await ended).toMatchObject({ code: 'connection-reset' });
    const [wrong, server] = memoryPair();
    serves(server);
    await expect(firstValueFrom(tlsOver(wrong, { host: 'localhost' }))).rejects.toMatchObject({
      code: 'handshake-failed',
    });
    await until(() => !wrong.ready);
  });

  it('fails where the flow is broken, or ends', async () => {
    for (const behave of [(far: Flow) => far.error(), (far: Flow) => far.complete()]) {
      const [near, far] = memoryPair();
      const failed = firstValueFrom(tlsOver(near, trusting));
      behave(far);
      await expect(failed).rejects.toMatchObject({ code: 'handshake-failed' });
    }
  });

  it('begins when it is subscribed to, and aborts the flow when it is unsubscribed meanwhile', async () => {
    const [near, far] = memoryPair();
    const heard = new Subject<Uint8Array>();
    const hello = firstValueFrom(heard);
    let ended: unknown;
    far.subscribe({ next: (chunk) => heard.next(chunk), error: (error: unknown) => (ended = error) });
    const connecting = tlsOver(near, trusting);
    expect(near.observed).toBe(false);
    const subscription = connecting.subscribe();
    expect((await hello)[0]).toBe(22);
    subscription.unsubscribe();
    await until(() => ended !== undefined);
    expect(ended).toMatchObject({ code: 'connection-reset' });
  });

  it('has its time limit on the clock that it is given', () => {
    const scheduler = new TestScheduler(() => undefined);
    const context = Context.EMPTY.add(HOST, 'silent.test').add(HANDSHAKE_TIMEOUT, 70).add(SCHEDULER, scheduler);
    const told: unknown[] = [];
    tlsOver(memoryPair()[0], tlsOptionsIn(context)).subscribe({
      error: (error: ClientError) => told.push(error.code, error.message, scheduler.now()),
    });
    expect(told).toEqual([]);
    scheduler.flush();
    expect(told).toEqual(['handshake-timeout', 'the TLS handshake with silent.test took more than 70 ms', 70]);
  });

  it('talks to clients and servers that are not ours', async () => {
    // The client is Node's, the server's flow is below ours.
    const [near, far] = memoryPair();
    serves(far);
    const client = connectTls({ socket: toDuplex(near), ca: ca.cert, servername: 'localhost', ALPNProtocols: ['h2'] });
    client.end('hello');
    let heard = '';
    for await (const chunk of client) heard += String(chunk);
    expect([heard, client.alpnProtocol]).toEqual(['hello', 'h2']);
  });
});
