/** One round over real sockets: the client, and the servers of Node, over TCP and TLS, in HTTP/1.1 and HTTP/2. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as http2 from 'node:http2';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { Body, client, type Client, type ClientOptions, ClientError, consume } from 'rxpaf';
import { firstValueFrom, lastValueFrom, map, mergeMap, reduce, ReplaySubject, Subject, take, toArray } from 'rxjs';
import { certificate, type Pem } from '../kits/units/node-sockets.js';

const MiB = 1024 * 1024;
/** More than all buffers of two sockets hold, many times over, and what those may hold: on Linux some megabytes. */
const LARGE = 32 * MiB;
const BUFFERED = 16 * MiB;
const PIECE = Buffer.alloc(64 * 1024, 'x');

type Request = IncomingMessage | http2.Http2ServerRequest;
type Response = ServerResponse | http2.Http2ServerResponse;

/** A server of Node's on a free port, and what it has seen. */
class NodeServer {
  readonly sockets = new Set<Socket>();
  readonly sessions = new Set<http2.ServerHttp2Session>();
  /** Connections so far. */
  accepted = 0;
  /** Bytes that each download has pulled, by the query of its request. */
  readonly pulled = new Map<string, number>();
  /** How the stream of an HTTP/2 request was reset: its code; of HTTP/1.1: that its connection was closed. */
  readonly cancelled = new ReplaySubject<number | 'closed'>(1);

  private constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => {
      this.accepted++;
      this.sockets.add(socket.on('error', () => undefined));
      socket.once('close', () => this.sockets.delete(socket));
    });
    server.on('session', (session: http2.ServerHttp2Session) => this.sessions.add(session));
  }

  static async listen(protocol: 'http/1.1' | 'h2', pem: Pem | undefined): Promise<NodeServer> {
    const onRequest = (request: Request, response: Response): void => made.respond(request, response);
    const http1 = (): Server => (pem === undefined ? createServer(onRequest) : createSecureServer(pem, onRequest));
    const h2 = (): Server =>
      pem === undefined ? http2.createServer(onRequest) : http2.createSecureServer(pem, onRequest);
    const made = new NodeServer(protocol === 'h2' ? h2() : http1());
    await new Promise<void>((done) => made.server.listen(0, '127.0.0.1', done));
    return made;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async end(): Promise<void> {
    const ended = new Promise((done) => this.server.close(done));
    for (const socket of this.sockets) socket.destroy();
    await ended;
  }

  private respond(request: Request, response: Response): void {
    const { pathname, search } = new URL(request.url!, 'http://localhost');
    response.on('error', () => undefined);
    switch (pathname) {
      case '/echo':
        request.pipe(response as NodeJS.WritableStream);
        break;
      case '/large':
        response.setHeader('content-length', LARGE);
        Readable.from(this.pieces(search)).pipe(response as NodeJS.WritableStream);
        break;
      case '/last':
        this.leave(request, response);
        break;
      default:
        response.end('hello');
    }
    if ('stream' in request) {
      const { stream } = request;
      stream.once('aborted', () => this.cancelled.next(stream.rstCode));
    } else response.once('close', () => response.writableFinished || this.cancelled.next('closed'));
  }

  /** Responds, and announces the end of the connection. */
  private leave(request: Request, response: Response): void {
    if ('stream' in request) request.stream.session!.close();
    else response.setHeader('connection', 'close');
    response.end('the last');
  }

  private *pieces(name: string): Generator<Buffer> {
    for (let sent = PIECE.length; sent <= LARGE; sent += PIECE.length) {
      this.pulled.set(name, sent);
      yield PIECE;
    }
  }
}

const WAYS: readonly (readonly [title: string, protocol: 'http/1.1' | 'h2', isSecure: boolean])[] = [
  ['node:http over TCP', 'http/1.1', false],
  ['node:https over TLS', 'http/1.1', true],
  ['node:http2 over TCP, by prior knowledge', 'h2', false],
  ['node:http2 over TLS', 'h2', true],
];

describe.each(WAYS)('%s', (_title, protocol, isSecure) => {
  let pem: Pem | undefined;
  let server: NodeServer;
  let site: Client;
  const clientOf = (options: ClientOptions = {}): Client =>
    client({
      baseUrl: `${isSecure ? 'https' : 'http'}://127.0.0.1:${server.port}`,
      tls: { rejectUnauthorized: false },
      // Over TLS it is negotiated.
      ...(protocol === 'h2' && !isSecure ? { protocols: ['h2'] } : {}),
      ...options,
    });

  beforeAll(async () => {
    pem = isSecure ? await certificate('localhost') : undefined;
  });
  beforeEach(async () => {
    server = await NodeServer.listen(protocol, pem);
    site = clientOf();
  });
  afterEach(async () => {
    site.close();
    await server.end();
  });

  it('GET, twice on one connection, in the protocol that was negotiated', async () => {
    for (let turn = 0; turn < 2; turn++) {
      const response = await firstValueFrom(site.get('/'));
      expect([response.status, response.protocol]).toEqual([200, protocol]);
      expect(await firstValueFrom(response.body.text())).toBe('hello');
    }
    expect(server.accepted).toBe(1);
  });

  it('POST is echoed as it goes: a chunk is back before the next is sent', async () => {
    const body = new Body();
    const echoed = site.post('/echo', body).pipe(
      mergeMap((response) => response.body),
      map((chunk) => Buffer.from(chunk).toString()),
    );
    const chunks: string[] = [];
    const came = new Subject<void>();
    const ended = new Promise<void>((resolve, reject) => {
      const next = (chunk: string): void => {
        chunks.push(chunk);
        came.next();
      };
      echoed.subscribe({ next, error: reject, complete: resolve });
    });
    for (const word of ['one', 'two']) {
      const back = firstValueFrom(came);
      body.next(Buffer.from(word));
      await back;
    }
    body.complete();
    await ended;
    expect(chunks).toEqual(['one', 'two']);
  });

  it('a download waits for a subscriber that is slow, and comes whole', async () => {
    const others = clientOf();
    const proceed = new Subject<void>();
    const size = reduce((total: number, chunk: Uint8Array) => total + chunk.length, 0);
    const slow = await firstValueFrom(site.get('/large?slow'));
    const slowly = slow.body.pipe(
      // The first chunk is held until the subscriber goes on.
      consume((chunk, index) =>
        index === 0
          ? proceed.pipe(
              take(1),
              map(() => chunk),
            )
          : [chunk],
      ),
      size,
    );
    const read = lastValueFrom(slowly);
    // Another client gets all of it in the same time: the server had the time to send it.
    const quick = others.get('/large?quick').pipe(mergeMap((response) => response.body.pipe(size)));
    expect(await lastValueFrom(quick)).toBe(LARGE);
    others.close();
    expect(server.pulled.get('?slow')).toBeLessThan(BUFFERED);
    proceed.next();
    expect(await read).toBe(LARGE);
  });

  it('a subscriber that unsubscribes from a response cancels it at the server', async () => {
    const response = await firstValueFrom(site.get('/large?cancelled'));
    await firstValueFrom(response.body);
    const how = protocol === 'h2' ? http2.constants.NGHTTP2_CANCEL : 'closed';
    expect(await firstValueFrom(server.cancelled)).toBe(how);
    expect(await lastValueFrom(site.text('/'))).toBe('hello');
    expect(server.accepted).toBe(protocol === 'h2' ? 1 : 2);
  });

  it('a connection that the server shuts down gracefully gives its response, and gets no further request', async () => {
    expect(await lastValueFrom(site.text('/last').pipe(toArray()))).toEqual(['the last']);
    expect(await lastValueFrom(site.text('/'))).toBe('hello');
    expect(server.accepted).toBe(2);
  });

  it('a server that is not there is an error with a code', async () => {
    const { port } = server;
    await server.end();
    const gone = client({ baseUrl: `http://127.0.0.1:${port}`, retry: false });
    const failure: unknown = await lastValueFrom(gone.text('/')).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ClientError);
    expect((failure as ClientError).code).toBe('connect-failed');
    server = await NodeServer.listen(protocol, pem);
  });
});
