/** Cleartext connections over real sockets: TCP and unix. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type LookupFunction, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestScheduler } from 'rxjs/testing';
import type { ClientError } from '../errors.js';
import { Context } from '../flow/context.js';
import { CONNECT_TIMEOUT, HOST, PORT, SCHEDULER, SCHEME } from '../flow/context-keys.js';
import { LOCAL_ADDRESS, LOOKUP, TLS_OPTIONS, UNIX_PATH } from './context-keys.js';
import { Listening, until } from '../../test/kits/units/node-sockets.js';
import { nodeTransports, resolve } from './default-transports.js';
import { connectionOf, failureOf, local, openSockets, textIn } from '../../test/kits/units/transports.js';

let listening: Listening | undefined;
const listens = (options: ConstructorParameters<typeof Listening>[0]): Listening =>
  (listening = new Listening(options));
let folder: string;
let before: number;

beforeEach(() => {
  before = openSockets();
  folder = mkdtempSync(join(tmpdir(), 'rxpaf-'));
});

// Whatever a test did: no socket is left of it.
afterEach(async () => {
  listening?.end();
  listening = undefined;
  rmSync(folder, { recursive: true });
  await until(() => openSockets() <= before);
});

/** A port of this machine that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves every name to `addresses`. */
const resolvesTo =
  (...addresses: readonly string[]): LookupFunction =>
  (_name, _options, done) =>
    (done as unknown as (error: null, all: readonly object[]) => void)(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

describe('tcp', () => {
  it('connects, half-open: what the server says after our end comes', async () => {
    const server = listens({ port: 0 });
    const flow = await connectionOf(local(await server.port));
    const answer = textIn(flow);
    flow.next(Buffer.from('question'));
    flow.complete();
    await until(() => server.sockets.length === 1);
    const [socket] = server.sockets as [Socket];
    socket.resume();
    await once(socket, 'end');
    socket.end('answer');
    expect(await answer).toBe('answer');
    expect(flow.alpn).toBeUndefined();
  });

  it('connects to an IPv6 address as a URL writes it, and from the configured address', async () => {
    const server = listens({ port: 0, host: '::1' });
    const six = Context.EMPTY.add(HOST, '[::1]').add(PORT, await server.port);
    (await connectionOf(six)).error();
    await until(() => server.sockets.length === 1);
    server.end();
    const other = listens({ port: 0 });
    const flow = await connectionOf(local(await other.port).add(LOCAL_ADDRESS, '127.0.0.2'));
    await until(() => other.sockets.length === 1);
    expect(other.sockets[0]!.remoteAddress).toBe('127.0.0.2');
    flow.error();
  });

  it('tries the addresses of a name in turn, and takes the one that responds (RFC 8305)', async () => {
    const server = listens({ port: 0 });
    const context = Context.EMPTY.add(HOST, 'many.test')
      .add(PORT, await server.port)
      .add(LOOKUP, resolvesTo('127.0.0.3', '::1', '127.0.0.1'));
    (await connectionOf(context)).error();
    await until(() => server.sockets.length === 1);
  });

  it('reports a refused port, with its cause', async () => {
    const port = await freePort();
    const error = await failureOf(local(port));
    expect(error).toMatchObject({
      code: 'connect-failed',
      retryable: true,
      message: `cannot connect to 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
      cause: { code: 'ECONNREFUSED' },
    });
  });

  it('keeps what each address of a name failed with', async () => {
    const port = await freePort();
    const context = Context.EMPTY.add(HOST, 'many.test')
      .add(PORT, port)
      .add(LOOKUP, resolvesTo('127.0.0.1', '127.0.0.2', '127.0.0.3'));
    const error = await failureOf(context);
    const attempt = error.errors[0] as ClientError;
    expect([error.code, error.errors.length, attempt.code]).toEqual(['connect-failed', 1, 'connect-failed']);
    expect(attempt.errors.map(({ message }) => message)).toEqual(
      [1, 2, 3].map((last) => `connect ECONNREFUSED 127.0.0.${last}:${port}`),
    );
    expect(error.message).toContain(`ECONNREFUSED 127.0.0.3:${port}`);
  });

  it('reports a name that does not exist', async () => {
    const lookup: LookupFunction = (name, _options, done) =>
      done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }), '', 4);
    const named = Context.EMPTY.add(HOST, 'no.test').add(LOOKUP, lookup);
    expect(await failureOf(named)).toMatchObject({
      code: 'connect-failed',
      message: 'cannot connect to no.test:80: getaddrinfo ENOTFOUND no.test',
      cause: { code: 'ENOTFOUND' },
    });
    // What the resolver of the system refuses without asking anybody: a label of more than 63 letters.
    const endless = Context.EMPTY.add(HOST, `${'a'.repeat(300)}.invalid`);
    expect((await failureOf(endless)).code).toBe('connect-failed');
  });

  it('fails, and does not throw, for an invalid local address', async () => {
    const context = local(1).add(LOCAL_ADDRESS, 'nowhere');
    expect(await failureOf(context)).toMatchObject({ code: 'connect-failed', cause: expect.anything() as unknown });
  });

  it('gives up after the connect timeout, on the clock that it is given', () => {
    const scheduler = new TestScheduler(() => undefined);
    const told: unknown[] = [];
    const context = Context.EMPTY.add(HOST, 'slow.test')
      .add(LOOKUP, () => undefined)
      .add(SCHEDULER, scheduler)
      .add(CONNECT_TIMEOUT, 50);
    resolve(context).subscribe({ error: (error: Error) => told.push(error, scheduler.now()) });
    expect(told).toEqual([]);
    scheduler.flush();
    expect(told).toEqual([
      expect.objectContaining({
        code: 'connect-timeout',
        retryable: true,
        message: 'cannot connect to slow.test:80: no response within 50 ms',
      }),
      50,
    ]);
  });

  it('destroys the socket when it is unsubscribed while it connects', async () => {
    const server = listens({ port: 0 });
    const context = local(await server.port);
    const idle = openSockets();
    const got: unknown[] = [];
    const connecting = resolve(context).subscribe({
      next: (flow) => got.push(flow),
      error: (error) => got.push(error),
    });
    expect(openSockets()).toBeGreaterThan(idle);
    connecting.unsubscribe();
    await until(() => openSockets() <= idle + server.sockets.length);
    expect(got).toEqual([]);
  });

  it('does not touch the flow when its receiver unsubscribes', async () => {
    const server = listens({ port: 0 });
    const context = local(await server.port);
    const subscription = resolve(context).subscribe((flow) => {
      setImmediate(() => {
        subscription.unsubscribe();
        flow.next(Buffer.from('still here'));
        flow.complete();
      });
    });
    await until(() => server.sockets.length === 1);
    const [heard] = (await once(server.sockets[0]!, 'data')) as [Buffer];
    expect(heard.toString()).toBe('still here');
  });
});

describe('unix', () => {
  it('connects to a path, in place of the host', async () => {
    const path = join(folder, 'socket');
    const server = listens({ path });
    await server.address;
    const flow = await connectionOf(local(1).add(UNIX_PATH, path));
    const answer = textIn(flow);
    flow.complete();
    await until(() => server.sockets.length === 1);
    server.sockets[0]!.end('answer');
    expect(await answer).toBe('answer');
  });

  it('reports a path without a listener, and does not try the host instead', async () => {
    const server = listens({ port: 0 });
    const path = join(folder, 'nobody');
    const error = await failureOf(local(await server.port).add(UNIX_PATH, path));
    expect(error).toMatchObject({
      code: 'connect-failed',
      message: `cannot connect to ${path}: connect ENOENT ${path}`,
      retryable: true,
    });
    expect([error.errors.length, server.sockets.length]).toEqual([1, 0]);
  });
});

describe('the transports of Node', () => {
  const applying = (context: Context): readonly string[] =>
    nodeTransports.candidates.filter(({ connections }) => [...connections(context)].length > 0).map(({ name }) => name);

  it('are one at most for a context: a protected one is never tried in cleartext, nor a unix socket over the network', () => {
    const host = Context.EMPTY.add(HOST, 'h');
    const path = Context.EMPTY.add(UNIX_PATH, '/p');
    const both = host.merge(path);
    for (const [context, plain] of [
      [Context.EMPTY, []],
      [host, ['tcp']],
      [path, ['unix']],
      [both, ['unix']],
    ] as const) {
      const secure = context === Context.EMPTY ? [] : ['tls'];
      expect(applying(context)).toEqual(plain);
      expect(applying(context.add(SCHEME, 'http'))).toEqual(plain);
      expect(applying(context.add(SCHEME, 'http').add(TLS_OPTIONS, {}))).toEqual(plain);
      expect(applying(context.add(SCHEME, 'https'))).toEqual(secure);
      expect(applying(context.add(TLS_OPTIONS, {}))).toEqual(secure);
    }
  });

  it('report what they miss', async () => {
    const { code, errors } = await failureOf(Context.EMPTY);
    expect([code, ...errors.map(({ message }) => message)]).toEqual([
      'no-transport',
      'tls needs scheme https or TLS options, host or unix path',
      'unix needs unix path',
      'tcp needs host',
    ]);
  });
});
