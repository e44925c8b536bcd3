/** One round over real sockets: the server, and the clients of Node, over TCP and TLS, in HTTP/1.1 and HTTP/2. */
import { once } from 'node:events';
import { buffer, text as textOf } from 'node:stream/consumers';
import { bytes, fromPull, type HttpRequest, type HttpResponse, type NodePeer, serve, type Served, text } from 'rxpaf';
import { finalize, firstValueFrom, map, type Observable, ReplaySubject, Subject } from 'rxjs';
import { type NodeClient, nodeClient } from '../kits/sockets/node-clients.js';
import { certificate, type Pem } from '../kits/units/node-sockets.js';

const MiB = 1024 * 1024;
/** More than all buffers of two sockets hold, many times over. */
const LARGE = 32 * MiB;
/** The capacity of those buffers: Linux lets a socket's grow to some megabytes. */
const BUFFERED = 16 * MiB;

const PIECE = Buffer.alloc(64 * 1024, 'x');

/** A server on a free port, and what it has seen. */
class Round {
  /** Bytes that each download has pulled, by the query of its request. */
  readonly pulled = new Map<string, number>();
  readonly served: Served<NodePeer>[] = [];
  readonly ended: Promise<void>;
  readonly url: Promise<string>;
  /** Emits when a response body of `/large` is unsubscribed or has ended. */
  readonly unsubscribed = new ReplaySubject<void>(1);
  /** Emits when a handler gets a request. */
  readonly requested = new ReplaySubject<void>(1);
  private readonly stop = new Subject<void>();

  constructor(pem: Pem | undefined) {
    const url = new ReplaySubject<string>(1);
    this.url = firstValueFrom(url);
    const options = { host: '127.0.0.1', port: 0, stop: this.stop, ...(pem === undefined ? {} : { tls: pem }) };
    const serving = serve(
      { ...options, listening: (address) => url.next(address.url) },
      { request: (request) => this.respond(request) },
    );
    this.ended = new Promise((resolve, reject) =>
      serving.subscribe({ next: (each) => this.served.push(each), error: reject, complete: resolve }),
    );
  }

  /** Begins a graceful shutdown. */
  shutDown(): void {
    this.stop.next();
  }

  private respond(request: HttpRequest): HttpResponse | Observable<HttpResponse> {
    this.requested.next();
    const { pathname, search } = request.url;
    switch (pathname) {
      case '/echo':
        return bytes(request.body);
      case '/whole':
        return request.body.text().pipe(map((content) => text(content)));
      case '/large':
        return bytes(fromPull(this.pieces(search)).pipe(finalize(() => this.unsubscribed.next())), {
          headers: { 'content-length': String(LARGE) },
        });
      default:
        return text('hello');
    }
  }

  private *pieces(name: string): Generator<Uint8Array> {
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
  let round: Round;
  let url: string;
  let clients: NodeClient[] = [];
  const client = (): NodeClient => {
    const made = nodeClient(protocol, url);
    clients.push(made);
    return made;
  };

  beforeAll(async () => {
    pem = isSecure ? await certificate('localhost') : undefined;
  });
  beforeEach(async () => {
    round = new Round(pem);
    url = await round.url;
  });
  afterEach(async () => {
    for (const each of clients) each.close();
    clients = [];
    round.shutDown();
    await round.ended;
  });

  async function get(from: NodeClient, path: string): Promise<[status: number, content: string]> {
    const request = from.request('GET', path);
    request.body.end();
    const { status, body } = await request.response;
    return [status, await textOf(body)];
  }

  it('GET, twice on one connection, in the protocol that was negotiated', async () => {
    const site = client();
    expect(await get(site, '/')).toEqual([200, 'hello']);
    expect(await get(site, '/')).toEqual([200, 'hello']);
    expect(site.alpnProtocol).toBe(isSecure ? protocol : undefined);
    round.shutDown();
    site.close();
    await round.ended;
    expect(round.served.map((each) => [each.protocol, each.status, each.outcome])).toEqual(
      Array.from({ length: 2 }, () => [protocol, 200, 'complete']),
    );
    expect(new Set(round.served.map(({ peer }) => peer.port)).size).toBe(1);
  });

  it('POST is echoed as it comes: a chunk is back before the next is sent', async () => {
    const request = client().request('POST', '/echo');
    request.body.write('one');
    const { status, body } = await request.response;
    expect(status).toBe(200);
    const chunks = body[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
    expect(String((await chunks.next()).value)).toBe('one');
    request.body.write('two');
    expect(String((await chunks.next()).value)).toBe('two');
    request.body.end();
    expect((await chunks.next()).done).toBe(true);
  });

  it('a download waits for a client that does not read, and comes whole once it reads', async () => {
    const slow = client().request('GET', '/large?slow');
    slow.body.end();
    const { body } = await slow.response;
    // Another client gets all of it in the same time: the server had the time to send it.
    const quick = client().request('GET', '/large?quick');
    quick.body.end();
    expect(await buffer((await quick.response).body)).toHaveLength(LARGE);
    expect(round.pulled.get('?quick')).toBe(LARGE);
    expect(round.pulled.get('?slow')).toBeLessThan(BUFFERED);
    expect(await buffer(body)).toHaveLength(LARGE);
  });

  it('a client that cancels a response unsubscribes its body', async () => {
    const request = client().request('GET', '/large?cancelled');
    request.body.end();
    const { body } = await request.response;
    await once(body, 'data');
    request.cancel();
    await firstValueFrom(round.unsubscribed);
    expect(await get(client(), '/')).toEqual([200, 'hello']);
    expect(round.pulled.get('?cancelled')).toBeLessThan(LARGE);
    expect(round.served[0]).toMatchObject({ outcome: 'aborted', status: 200 });
  });

  it('a graceful shutdown lets the exchange finish, then ends the connection and the server', async () => {
    const site = client();
    const request = site.request('POST', '/whole');
    request.body.write('one');
    await firstValueFrom(round.requested);
    round.shutDown();
    request.body.end('two');
    const { status, body } = await request.response;
    expect([status, await textOf(body)]).toEqual([200, 'onetwo']);
    await site.shutDown;
    await round.ended;
    await expect(get(nodeClient('http/1.1', url), '/')).rejects.toThrow(/ECONNREFUSED/);
  });
});
