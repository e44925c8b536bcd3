// Tunnels of the client, by Upgrade, CONNECT and extended CONNECT: through node:http, node:http2, curl, and our own server.
import { execFile } from 'node:child_process';
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { IncomingMessage } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import { promisify } from 'node:util';
import {
  type ClientError,
  type Flow,
  type HttpRequest,
  type Protocol,
  run,
  serve,
  type Service,
  text,
  TunnelRefused,
  type TunnelRequestInit,
} from 'rxpaf';
import { catchError, firstValueFrom, ignoreElements, lastValueFrom, mergeMap, NEVER, of, Subject, tap } from 'rxjs';
import { http2Server, httpServer, rawServer } from '../kits/peers/node-server.js';
import { becomes, clientOf, connected, failureOf, told } from '../kits/peers/peer.js';

const PRIOR = { protocols: ['h2'] } as const;

/** Writes `words`, ends, and reads to the end. */
async function say(flow: Flow, ...words: readonly string[]): Promise<string> {
  let heard = '';
  const reading = new Promise<void>((done, failed) =>
    flow.subscribe({ next: (chunk) => (heard += Buffer.from(chunk).toString()), complete: done, error: failed }),
  );
  for (const word of words) flow.next(Buffer.from(word));
  flow.complete();
  await reading;
  return heard;
}

async function refusalOf(work: Promise<unknown>): Promise<TunnelRefused> {
  const error: ClientError = await failureOf(work);
  if (!(error instanceof TunnelRefused)) throw error;
  return error;
}

describe('through node:http', () => {
  it('Upgrade: a tunnel by its protocol, with what came right after the head', async () => {
    const { server, url } = await httpServer((_, response) => response.end('plain'));
    server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
      const { upgrade, connection } = request.headers;
      const asked = `${request.method} ${request.url} ${upgrade}, ${connection}: `;
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: shout\r\n\r\n${asked}`);
      socket.pipe(socket);
    });
    const http = clientOf({ connections: 1 });
    const response = await firstValueFrom(http.tunnel(`${url}/room?a`, { protocol: 'shout' }));
    expect([response.status, response.protocol, response.headers.get('upgrade')]).toEqual([101, 'http/1.1', 'shout']);
    // The connection is the program's: there is room for another one.
    expect(await told(http.get(url))).toEqual([200, 'plain']);
    expect(await say(response.flow, 'one ', 'two')).toBe('GET /room?a shout, upgrade: one two');
  });

  it('CONNECT: to the URL’s own host and port, or elsewhere', async () => {
    const { server, url } = await httpServer((_, response) => response.end());
    server.on('connect', (request: IncomingMessage, socket: Socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n\r\nto ${request.url}: `);
      socket.pipe(socket);
    });
    const http = clientOf();
    const own = await firstValueFrom(http.tunnel(url));
    expect(await say(own.flow, 'hello')).toBe(`to ${new URL(url).host}: hello`);
    const other = await firstValueFrom(http.tunnel(url, { authority: 'far.example:70' }));
    expect(await say(other.flow, 'hello')).toBe('to far.example:70: hello');
  });

  it('one that is declined is an error with its response, whose content can be read, or is thrown away', async () => {
    const { url, sockets } = await httpServer((request, response) => {
      response.statusCode = request.url === '/' ? 200 : 403;
      response.end(request.url === '/' ? 'plain' : 'not you');
    });
    const http = clientOf();
    const content = http
      .tunnel(`${url}/room`, { protocol: 'shout' })
      .pipe(
        catchError((error: unknown) => (error instanceof TunnelRefused ? error.response.body.text() : of('another'))),
      );
    expect(await lastValueFrom(content)).toBe('not you');
    const refusal = await refusalOf(firstValueFrom(http.tunnel(`${url}/room`, { protocol: 'shout' })));
    expect(refusal).toMatchObject({ code: 'tunnel-refused', responseStatus: 403, status: 502, retryable: false });
    expect(await told(http.get(url))).toEqual([200, 'plain']);
    expect(sockets.length).toBe(1);
  });

  it('an abort of either side is one of the other', async () => {
    const accepted: Socket[] = [];
    const { server, url } = await httpServer((_, response) => response.end());
    server.on('upgrade', (_: IncomingMessage, socket: Socket) => {
      accepted.push(socket.on('error', () => undefined));
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: shout\r\n\r\n');
    });
    const http = clientOf();
    const ours = await firstValueFrom(http.tunnel(url, { protocol: 'shout' }));
    ours.flow.error();
    await becomes(() => accepted[0]!.destroyed);
    const theirs = await firstValueFrom(http.tunnel(url, { protocol: 'shout' }));
    accepted[1]!.resetAndDestroy();
    await expect(firstValueFrom(theirs.flow)).rejects.toMatchObject({ code: 'connection-reset' });
  });
});

describe('through node:http2', () => {
  const echo = (stream: ServerHttp2Stream): void => {
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  };

  it('extended CONNECT: the same call, and a stream', async () => {
    const { url, sockets } = await http2Server(
      (stream, headers) => {
        if (headers[':method'] === 'GET') return void stream.end('plain');
        stream.respond({ ':status': 200 });
        stream.write(`${headers[':method']} ${headers[':protocol']} ${headers[':path']}: `);
        stream.pipe(stream);
      },
      { settings: { enableConnectProtocol: true } },
    );
    const http = clientOf(PRIOR);
    const response = await firstValueFrom(http.tunnel(`${url}/room?a`, { protocol: 'shout' }));
    expect([response.status, response.protocol]).toEqual([200, 'h2']);
    expect(await told(http.get(url))).toEqual([200, 'plain']);
    expect(await say(response.flow, 'one ', 'two')).toBe('CONNECT shout /room?a: one two');
    expect(sockets.length).toBe(1);
  });

  it('is not asked for, where the server does not take it', async () => {
    const { url } = await http2Server((stream) => stream.end('x'));
    const failure = await failureOf(clientOf(PRIOR).tunnel(url, { protocol: 'shout' }));
    expect([failure.code, failure instanceof TunnelRefused]).toEqual(['protocol-mismatch', false]);
  });

  it('CONNECT, whose end and abort are those of the stream', async () => {
    const streams: ServerHttp2Stream[] = [];
    const { url, server } = await http2Server(() => undefined);
    server.removeAllListeners('stream').on('connect', () => undefined);
    server.on('stream', (stream: ServerHttp2Stream) => {
      streams.push(stream.on('error', () => undefined));
      echo(stream);
    });
    const { connection } = await connected(url, { alpn: 'h2' });
    const tunnel = (): Promise<{ flow: Flow }> => firstValueFrom(connection.tunnel({ url: 'http://far.example:70' }));
    const whole = await tunnel();
    expect(await say(whole.flow, 'through ', 'the tunnel')).toBe('through the tunnel');
    await becomes(() => connection.exchangesOpen === 0);
    const ours = await tunnel();
    ours.flow.error();
    await becomes(() => streams[1]!.rstCode === constants.NGHTTP2_CANCEL);
    const theirs = await tunnel();
    streams[2]!.destroy(new Error('broken'));
    await expect(firstValueFrom(theirs.flow)).rejects.toMatchObject({
      code: 'protocol-error',
      reason: 'INTERNAL_ERROR',
    });
    expect(connection.exchangesOpen).toBe(0);
  });

  it('one that is declined ends its stream on both sides', async () => {
    const streams: ServerHttp2Stream[] = [];
    const { url } = await http2Server(
      (stream) => {
        streams.push(stream);
        stream.respond({ ':status': 403 });
        stream.end('not you');
      },
      { settings: { enableConnectProtocol: true } },
    );
    const refusal = await refusalOf(firstValueFrom(clientOf(PRIOR).tunnel(url, { protocol: 'shout' })));
    expect(refusal.responseStatus).toBe(403);
    await becomes(() => streams[0]!.closed);
    expect(streams[0]!.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
  });

  it('ends with its client', async () => {
    const streams: ServerHttp2Stream[] = [];
    const { url } = await http2Server(
      (stream) => {
        streams.push(stream);
        echo(stream);
      },
      { settings: { enableConnectProtocol: true } },
    );
    const http = clientOf(PRIOR);
    const { flow } = await firstValueFrom(http.tunnel(url, { protocol: 'shout' }));
    const ended = firstValueFrom(flow);
    http.close();
    await expect(ended).rejects.toMatchObject({ code: 'closed' });
    await becomes(() => streams[0]!.destroyed);
  });
});

/** Serves on a port of its own while the test runs. */
async function serving(app: Service): Promise<string> {
  const stop = new Subject<void>();
  const url = await new Promise<string>((done) => {
    const running = serve(
      { host: '127.0.0.1', port: 0, stop, connectProtocol: true, listening: (address) => done(address.url) },
      app,
    ).subscribe();
    stops.push(() => running.unsubscribe());
  });
  return url;
}

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

const kinds: readonly [Protocol, string, TunnelRequestInit, number][] = [
  ['http/1.1', 'Upgrade', { protocol: 'echo' }, 101],
  ['http/1.1', 'CONNECT', { authority: 'far.example:70' }, 200],
  ['h2', 'extended CONNECT', { protocol: 'echo' }, 200],
  ['h2', 'CONNECT', { authority: 'far.example:70' }, 200],
];

describe.each(kinds)('through our own server, on %s by %s', (protocol, _name, init, status) => {
  const echo: Service = (request, exchange) =>
    exchange.tunnel({ headers: request.method === 'CONNECT' ? {} : { upgrade: 'echo' } }).pipe(
      tap((flow) => flow.subscribe(flow)),
      mergeMap(() => NEVER),
    );
  const http = (): ReturnType<typeof clientOf> => clientOf({ protocols: [protocol] });

  it('goes a megabyte there and back, and both ends in their turn', async () => {
    const url = await serving(echo);
    const response = await firstValueFrom(http().tunnel(url, init));
    expect([response.status, response.protocol]).toEqual([status, protocol]);
    const { flow } = response;
    let received = 0;
    const reading = new Promise<void>((done, failed) =>
      flow.subscribe({ next: ({ length }) => (received += length), complete: done, error: failed }),
    );
    const chunk = Buffer.alloc(16 * 1024, 'x');
    let left = 64;
    flow.drained.subscribe(() => {
      while (left > 0) {
        left--;
        if (!flow.next(chunk)) break;
      }
      if (left === 0) flow.complete();
    });
    await reading;
    expect(received).toBe(1024 * 1024);
  });

  it('slows its writer down to its reader', async () => {
    const taken: Flow[] = [];
    const url = await serving((_, exchange) =>
      exchange.tunnel({ headers: protocol === 'h2' || status !== 101 ? {} : { upgrade: 'echo' } }).pipe(
        tap((flow) => taken.push(flow)),
        mergeMap(() => NEVER),
      ),
    );
    const { flow } = await firstValueFrom(http().tunnel(url, init));
    const chunk = Buffer.alloc(64 * 1024);
    let written = 0;
    // No more is written than the peer and what is between have room for: some megabytes of a socket's, at most.
    while (flow.next(chunk) && written < 64 * 1024 * 1024) {
      written += chunk.length;
      await new Promise((next) => setImmediate(next));
    }
    expect(written).toBeLessThan(32 * 1024 * 1024);
    let read = 0;
    taken[0]!.subscribe(({ length }) => (read += length));
    await firstValueFrom(flow.drained);
    flow.complete();
    await becomes(() => read === written + chunk.length);
  });

  it('an abort of the server’s is an error of the client’s, and the other way round', async () => {
    const taken: Flow[] = [];
    let lost = 0;
    const url = await serving((_, exchange) =>
      exchange.tunnel({ headers: status === 101 ? { upgrade: 'echo' } : {} }).pipe(
        tap((flow) => {
          taken.push(flow);
          flow.subscribe({ error: () => lost++ });
        }),
        mergeMap(() => NEVER),
      ),
    );
    const first = await firstValueFrom(http().tunnel(url, init));
    const failing = firstValueFrom(first.flow);
    await becomes(() => taken.length === 1);
    taken[0]!.error();
    await expect(failing).rejects.toMatchObject({ name: expect.stringMatching(/Error/) as string });
    const second = await firstValueFrom(http().tunnel(url, init));
    await becomes(() => taken.length === 2);
    const before = lost;
    second.flow.error();
    await becomes(() => lost > before);
  });

  it('is refused with a response', async () => {
    const url = await serving(() => text('no', { status: 426, headers: { upgrade: 'other' } }));
    const refusal = await refusalOf(firstValueFrom(http().tunnel(url, init)));
    expect([refusal.responseStatus, refusal.response.protocol]).toEqual([426, protocol]);
  });
});

describe('a proxy of a proxy', () => {
  it('curl goes through our server, and our client’s tunnel over HTTP/2, to an origin', async () => {
    const origin = await httpServer((_, response) => response.end('from far away'));
    const { url: second, server } = await http2Server(() => undefined);
    server.removeAllListeners('stream').on('connect', () => undefined);
    server.on('stream', (stream: ServerHttp2Stream, headers) => {
      const [host, port] = String(headers[':authority']).split(':');
      const socket = connectTcp({ host: host!, port: Number(port) }, () => {
        stream.respond({ ':status': 200 });
        stream.pipe(socket).pipe(stream);
      });
      stream.on('error', () => undefined);
    });
    const upstream = clientOf(PRIOR);
    const url = await serving(({ authority }: HttpRequest, exchange) =>
      upstream.tunnel(second, { authority }).pipe(
        mergeMap((far) => exchange.tunnel().pipe(tap((near) => (near.subscribe(far.flow), far.flow.subscribe(near))))),
        ignoreElements(),
      ),
    );
    const { stdout } = await promisify(execFile)('curl', ['-s', '-p', '-x', url, `${origin.url}/`]);
    expect(stdout).toBe('from far away');
  });

  it('a tunnel within a tunnel: HTTP over the flow of CONNECT', async () => {
    const origin = await rawServer((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfar!')),
    );
    const url = await serving(({ authority }: HttpRequest, exchange) => {
      const [host, port] = authority.split(':');
      return exchange.tunnel().pipe(
        tap((flow) => {
          const socket = connectTcp({ host: host!, port: Number(port) });
          socket.on('data', (chunk) => flow.next(chunk)).on('end', () => flow.complete());
          flow.subscribe({
            next: (chunk) => socket.write(chunk),
            complete: () => socket.end(),
            error: () => socket.destroy(),
          });
        }),
        mergeMap(() => NEVER),
      );
    });
    const { flow } = await firstValueFrom(clientOf(PRIOR).tunnel(url, { authority: new URL(origin.url).host }));
    expect(await told(run(flow, { url: origin.url }, { alpn: 'http/1.1' }))).toEqual([200, 'far!']);
  });
});
