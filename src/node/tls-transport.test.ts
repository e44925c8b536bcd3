/** TLS for clients over real sockets. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type LookupFunction, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { ProtocolError } from '../errors.js';
import { Context } from '../flow/context.js';
import { HOST, SCHEME } from '../flow/context-keys.js';
import { fromDuplex } from './flow-from-duplex.js';
import {
  ALPN_OFFER,
  HANDSHAKE_TIMEOUT,
  LOOKUP,
  SERVERNAME,
  TLS_OPTIONS,
  TLS_SESSIONS,
  UNIX_PATH,
} from './context-keys.js';
import { nodeInfo } from './node-info.js';
import type { ListenTlsOptions } from './tls-options.js';
import { authority, certificate, Listening, type Pem, until } from '../../test/kits/units/node-sockets.js';
import { resolve } from './default-transports.js';
import {
  connectionOf,
  failureOf,
  local,
  openSockets,
  secureLocal,
  serverCertificate,
  textIn,
} from '../../test/kits/units/transports.js';

let ca: Pem;
let pem: Pem;
beforeAll(async () => {
  ca = await authority('some authority');
  pem = await serverCertificate(['localhost', '127.0.0.1'], ca);
});

const listening: Listening[] = [];
let before: number;
beforeEach(() => {
  before = openSockets();
});
// Whatever a test did: no socket is left of it.
afterEach(async () => {
  for (const server of listening.splice(0)) server.end();
  await until(() => openSockets() <= before);
});

async function listens(tls: Partial<ListenTlsOptions> = {}): Promise<{ server: Listening; context: Context }> {
  const server = new Listening({ port: 0, tls: { ...pem, ...tls } });
  listening.push(server);
  return { server, context: secureLocal(await server.port, { ca: ca.cert }) };
}

/** Connects, sends `question`, ends, and returns the response of the server at its end. */
async function exchange(
  context: Context,
  server: Listening,
  look = (_: TLSSocket): void => undefined,
): Promise<string> {
  const count = server.sockets.length;
  const flow = await connectionOf(context);
  await until(() => server.sockets.length > count);
  const socket = server.sockets[count] as TLSSocket;
  look(socket);
  const answer = textIn(flow);
  flow.next(Buffer.from('question'));
  flow.complete();
  let heard = '';
  socket.on('data', (chunk) => (heard += String(chunk)));
  await once(socket, 'end');
  socket.end(`answer to ${heard}`);
  return answer;
}

describe('tls', () => {
  it('connects, half-open, to a server that it can trust', async () => {
    const { server, context } = await listens();
    expect(await exchange(context, server)).toBe('answer to question');
    expect(server.failures).toEqual([]);
  });

  it('takes much both ways', async () => {
    const { server, context } = await listens();
    const flow = await connectionOf(context);
    await until(() => server.sockets.length === 1);
    const accepted = fromDuplex(server.sockets[0]!);
    accepted.subscribe(accepted);
    const size = 3_000_000;
    const echoed = textIn(flow);
    flow.next(Buffer.alloc(size, 'x'));
    flow.complete();
    expect((await echoed).length).toBe(size);
  });

  it.each([
    ['h2 where both speak it', undefined, undefined, 'h2'],
    ['http/1.1 where the server speaks nothing else', undefined, ['http/1.1'], 'http/1.1'],
    ['what is offered alone', ['http/1.1'], undefined, 'http/1.1'],
    ['http/1.1 where none is offered', [], undefined, 'http/1.1'],
  ] as const)('has what ALPN chose (RFC 7301): %s', async (_title, offer, spoken, expected) => {
    const { server, context } = await listens(spoken === undefined ? {} : { ALPNProtocols: [...spoken] });
    const flow = await connectionOf(offer === undefined ? context : context.add(ALPN_OFFER, offer));
    expect(flow.alpn).toBe(expected);
    await until(() => server.sockets.length === 1);
    expect((server.sockets[0] as TLSSocket).alpnProtocol).toBe(offer?.length === 0 ? false : expected);
    flow.error();
  });

  it('fails where the server speaks none of what is offered (RFC 7301 section 3.2)', async () => {
    const { context } = await listens();
    const error = await failureOf(context.add(ALPN_OFFER, ['spdy/3']));
    expect([error.code, error.message]).toEqual([
      'handshake-failed',
      expect.stringMatching(/failed: the server speaks none of the protocols that were offered/),
    ]);
  });

  it('takes http/1.1 of a server without ALPN', async () => {
    const server = createTlsServer(pem, (socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const flow = await connectionOf(secureLocal(port, { ca: ca.cert }));
    expect(flow.alpn).toBe('http/1.1');
    flow.error();
    await new Promise((closed) => server.close(closed));
  });

  it('asks for the host by name (SNI), without the dot at its end, but not for an address (RFC 6066 section 3)', async () => {
    const { server, context } = await listens();
    const asked = async (it: Context): Promise<string | undefined> => {
      const count = server.sockets.length;
      const flow = await connectionOf(it);
      await until(() => server.sockets.length > count);
      const { servername } = nodeInfo.peer(server.sockets[count]!).tls!;
      flow.error();
      return servername;
    };
    expect(await asked(context)).toBe('localhost');
    const lookup: LookupFunction = (_name, _options, done) =>
      (done as unknown as (error: null, all: readonly object[]) => void)(null, [{ address: '127.0.0.1', family: 4 }]);
    expect(await asked(context.replace(HOST, 'localhost.').add(LOOKUP, lookup))).toBe('localhost');
    expect(await asked(context.replace(HOST, '127.0.0.1'))).toBeUndefined();
    expect(await asked(context.replace(HOST, '127.0.0.1').add(SERVERNAME, 'localhost'))).toBe('localhost');
  });

  it('shows a client certificate, to a server that asks for one', async () => {
    const { server, context } = await listens({ requestCert: true, ca: ca.cert });
    const client = await certificate('alice', ca);
    const flow = await connectionOf(context.replace(TLS_OPTIONS, { ca: ca.cert, ...client }));
    await until(() => server.sockets.length === 1);
    expect(nodeInfo.peer(server.sockets[0]!).tls).toMatchObject({
      authorized: true,
      certificate: { subject: { CN: 'alice' } },
    });
    flow.error();
  });

  it('ends at once with a server that requires a certificate: in TLS 1.3 that comes after the handshake', async () => {
    const { server, context } = await listens({ requestCert: true, ca: ca.cert });
    const flow = await connectionOf(context);
    // An alert, or a mere end, as the server is quick to go.
    expect(await textIn(flow).catch((error: unknown) => (error as ProtocolError).code)).toMatch(
      /^(connection-reset)?$/,
    );
    expect(server.codes).toEqual(['handshake-failed']);
    flow.error();
    const options = { ca: ca.cert, maxVersion: 'TLSv1.2' } as const;
    expect(await failureOf(context.replace(TLS_OPTIONS, options))).toMatchObject({ code: 'handshake-failed' });
  });

  it('resumes a session that is kept, of a server that was verified', async () => {
    const { server, context } = await listens();
    const sessions = new Map<string, Buffer>();
    const keeping = context.add(TLS_SESSIONS, sessions);
    for (const reused of [false, true]) {
      await exchange(keeping, server, (socket) => expect(socket.isSessionReused()).toBe(reused));
      expect(sessions.size).toBe(1);
    }
    expect([...sessions.keys()]).toEqual([`localhost:${await server.port}`]);
    const unverified = new Map<string, Buffer>();
    const trusting = context.replace(TLS_OPTIONS, { rejectUnauthorized: false }).add(TLS_SESSIONS, unverified);
    await exchange(trusting, server);
    expect(unverified.size).toBe(0);
  });

  it('runs over a unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rxpaf-'));
    const path = join(folder, 'socket');
    const server = new Listening({ path, tls: pem });
    listening.push(server);
    await server.address;
    expect(await exchange(secureLocal(1, { ca: ca.cert }).add(UNIX_PATH, path), server)).toBe('answer to question');
    rmSync(folder, { recursive: true });
  });
});

describe('verification', () => {
  const refusal = async (context: Context): Promise<string> => {
    const error = await failureOf(context);
    expect([error.code, error.retryable, error.errors.length]).toEqual(['handshake-failed', true, 1]);
    expect(error.cause).toBeDefined();
    return error.message.replace(/^the TLS handshake with /, '');
  };

  it('is on by default, whatever the environment says', async () => {
    const { server, context } = await listens();
    const untrusting = context.replace(TLS_OPTIONS, {});
    const told = /^localhost failed: its certificate is refused, .*(its authority|signed by itself).* \([A-Z_]+\)$/;
    expect(await refusal(untrusting)).toMatch(told);
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(await refusal(untrusting)).toMatch(told);
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
    expect(server.sockets.every((socket) => socket.bytesRead === 0)).toBe(true);
  });

  it('is off where the TLS options say so, and only there', async () => {
    const { server, context } = await listens(await certificate('anybody'));
    const trusting = context.replace(TLS_OPTIONS, { rejectUnauthorized: false });
    expect(await exchange(trusting, server)).toBe('answer to question');
  });

  it('refuses the certificate of another name', async () => {
    const { context } = await listens();
    expect(await refusal(context.replace(HOST, '127.0.0.1').add(SERVERNAME, 'other.test'))).toMatch(
      /^other\.test failed: its certificate is refused, it is for another name \(.*other\.test.*DNS:localhost.*\)$/,
    );
    const { context: named } = await listens(await serverCertificate(['only-a-name.test'], ca));
    expect(await refusal(named.replace(HOST, '127.0.0.1'))).toMatch(/^127\.0\.0\.1 failed: .* for another name \(/);
  });

  it('refuses a certificate that has expired', async () => {
    const { context } = await listens(await serverCertificate(['localhost'], ca, true));
    expect(await refusal(context)).toBe(
      'localhost failed: its certificate is refused, it has expired (CERT_HAS_EXPIRED)',
    );
  });

  it('refuses one that is signed by itself', async () => {
    const { context } = await listens(await serverCertificate(['localhost']));
    expect(await refusal(context)).toMatch(/it is signed by itself, and not among the trusted ones \(DEPTH_ZERO/);
  });

  it('asks the program, too, where it has a say', async () => {
    const { context } = await listens();
    const checkServerIdentity = (name: string): Error => new Error(`I do not like ${name}`);
    expect(await refusal(context.replace(TLS_OPTIONS, { ca: ca.cert, checkServerIdentity }))).toBe(
      'localhost failed: I do not like localhost',
    );
  });
});

describe('a handshake', () => {
  /** A TCP server that does as `behave` says. */
  async function cleartext(
    behave: (socket: Socket) => void,
  ): Promise<{ port: number; sockets: Socket[]; end: () => void }> {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => undefined));
      behave(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const end = (): void => {
      server.close();
      for (const socket of sockets) socket.destroy();
    };
    return { port, sockets, end };
  }

  it.each([
    [
      'does not speak TLS',
      (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
      /the server does not speak TLS \(/,
    ],
    ['ends the connection', (socket: Socket) => socket.end(), /disconnected before secure TLS connection|was closed/],
    [
      'resets it',
      (socket: Socket) => setTimeout(() => socket.resetAndDestroy(), 20),
      /ECONNRESET|was closed|disconnected/,
    ],
  ])('fails with a server that %s', async (_title, behave, message) => {
    const { port, end } = await cleartext(behave);
    const error = await failureOf(secureLocal(port, { ca: ca.cert }));
    expect([error.code, error.message]).toEqual(['handshake-failed', expect.stringMatching(message)]);
    end();
  });

  it('never falls back to cleartext', async () => {
    const heard: Buffer[] = [];
    const { port, sockets, end } = await cleartext((socket) =>
      socket.on('data', (chunk) => heard.push(chunk)).end('no TLS'),
    );
    await failureOf(Context.EMPTY.add(SCHEME, 'https').merge(local(port)));
    await until(() => heard.length > 0);
    expect(sockets).toHaveLength(1);
    // One ClientHello (RFC 8446 section 5.1: type 22), and nothing else.
    expect(heard[0]![0]).toBe(22);
    end();
  });

  it('has its time limit, after which the connection is given up', async () => {
    const { port, sockets, end } = await cleartext(() => undefined);
    const error = await failureOf(secureLocal(port, { ca: ca.cert }).add(HANDSHAKE_TIMEOUT, 50));
    expect(error).toMatchObject({
      code: 'handshake-timeout',
      message: 'the TLS handshake with localhost took more than 50 ms',
      retryable: true,
    });
    await until(() => sockets[0]!.readableEnded || sockets[0]!.destroyed || sockets[0]!.resume().readableEnded);
    end();
  });

  it('is given up when it is unsubscribed', async () => {
    const { port, sockets, end } = await cleartext((socket) => socket.resume());
    const connecting = resolve(secureLocal(port, { ca: ca.cert })).subscribe();
    await until(() => sockets.length === 1 && sockets[0]!.bytesRead > 0);
    connecting.unsubscribe();
    await until(() => sockets[0]!.readableEnded || sockets[0]!.destroyed);
    end();
  });

  it('fails, and leaves nothing open, with invalid options', async () => {
    const { server, context } = await listens();
    const error = await failureOf(context.replace(TLS_OPTIONS, { ca: ca.cert, key: 'no', cert: 'no' }));
    expect(error.code).toBe('handshake-failed');
    await until(() => server.failures.length === 1);
  });
});
