// The tests of the seed, paf, over real sockets: a TLS handshake whose ALPN result picks the protocol, and many clients at once.
// In virtual time, as diagrams: marbles/seed.test.ts.
import { once } from 'node:events';
import { Agent, get, type RequestOptions } from 'node:https';
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { map, Subject } from 'rxjs';
import {
  bytes,
  fromPull,
  type Handler,
  type ListenAddress,
  type NodePeer,
  response,
  serve,
  type Served,
  text,
} from 'rxpaf';
import { selfSigned } from '../kits/certificate.js';

const PIECE = Buffer.alloc(50_000, 'large');
const PIECES = 40;
const CONNECTIONS = 20;
const REQUESTS = 10;

/** What the seed's server has, and which protocol it is asked in. */
const request: Handler<NodePeer>['request'] = ({ path, body }, exchange) => {
  if (path === '/large') return response(200, {}, fromPull(Array.from({ length: PIECES }, () => PIECE)));
  if (path === '/ping-pong')
    return bytes(body.pipe(map((line) => Buffer.from(Buffer.from(line).toString() === 'ping' ? 'pong' : 'ping'))));
  return text(exchange.protocol);
};

const stop = new Subject<void>();
const served: Served<NodePeer>[] = [];
const faults: string[] = [];
let completed: Promise<void>;
let port: number;

beforeAll(async () => {
  const tls = await selfSigned();
  const address = await new Promise<ListenAddress>((listening, failed) => {
    completed = new Promise((complete) => {
      serve(
        { port: 0, host: '127.0.0.1', tls, stop, listening },
        { request, error: (all) => all.pipe(map(({ code }) => faults.push(code))) },
      ).subscribe({ next: (one) => served.push(one), error: failed, complete });
    });
  });
  port = address.port!;
});

beforeEach(() => {
  served.length = 0;
  faults.length = 0;
});

const trusting = { host: '127.0.0.1', rejectUnauthorized: false } as const;

function overH1(path: string, options: RequestOptions & { ALPNProtocols?: string[] } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ ...trusting, port, path, ...options }, (answer) => {
      let said = '';
      answer.setEncoding('latin1').on('data', (piece: string) => (said += piece));
      answer.on('end', () => resolve(said)).on('error', reject);
    }).on('error', reject);
  });
}

const session = (): ClientHttp2Session => connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });

async function contentOf(stream: ClientHttp2Stream): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('latin1');
}

async function handshake(ALPNProtocols?: string[]): Promise<TLSSocket> {
  const socket = connectTls({ ...trusting, port, ...(ALPNProtocols && { ALPNProtocols }) });
  await once(socket, 'secureConnect');
  return socket;
}

describe('dispatch by the ALPN result of a handshake (RFC 7301)', () => {
  it('http/1.1', async () => {
    expect(await overH1('/', { ALPNProtocols: ['http/1.1'] })).toBe('http/1.1');
    expect(served).toMatchObject([{ protocol: 'http/1.1', status: 200, outcome: 'complete' }]);
    expect(served[0]!.peer.tls?.protocol).toMatch(/^TLSv1\.[23]$/);
  });

  it('h2', async () => {
    const client = session();
    expect(await contentOf(client.request({ ':path': '/' }))).toBe('h2');
    expect(client.alpnProtocol).toBe('h2');
    expect(served).toMatchObject([{ protocol: 'h2', status: 200, outcome: 'complete' }]);
    client.close();
  });

  it('h2 where the client takes either', async () => {
    const socket = await handshake(['http/1.1', 'h2']);
    expect(socket.alpnProtocol).toBe('h2');
    socket.destroy();
  });

  it('http/1.1 where there is no ALPN', async () => {
    const socket = await handshake();
    expect(socket.alpnProtocol).toBe(false);
    socket.end('GET / HTTP/1.0\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nhttp\/1\.1$/);
    socket.destroy();
  });

  it('no handshake where the client speaks neither: a fault, and the others go on', async () => {
    await expect(handshake(['spdy/3.1'])).rejects.toThrow();
    expect(await overH1('/')).toBe('http/1.1');
    expect(faults).toEqual(['handshake-failed']);
  });
});

describe('repeat', () => {
  it('on one connection of HTTP/1.1', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let turn = 0; turn < REQUESTS; turn++) expect(await overH1('/', { agent })).toBe('http/1.1');
    agent.destroy();
    expect(served).toHaveLength(REQUESTS);
    expect(new Set(served.map(({ peer }) => peer.port)).size).toBe(1);
  });

  it('on one connection of HTTP/2', async () => {
    const client = session();
    for (let turn = 0; turn < REQUESTS; turn++) expect(await contentOf(client.request({ ':path': '/' }))).toBe('h2');
    client.close();
    expect(served).toHaveLength(REQUESTS);
    expect(new Set(served.map(({ peer }) => peer.port)).size).toBe(1);
  });

  it('on a connection each', async () => {
    for (let turn = 0; turn < REQUESTS; turn++) expect(await overH1('/', { agent: false })).toBe('http/1.1');
    expect(new Set(served.map(({ peer }) => peer.port)).size).toBe(REQUESTS);
  });
});

describe('a conversation', () => {
  it('on one stream of HTTP/2: each line gets its response before the next is sent', async () => {
    const client = session();
    const stream = client.request({ ':method': 'POST', ':path': '/ping-pong' });
    stream.setEncoding('utf8');
    for (const [said, heard] of [
      ['ping', 'pong'],
      ['pong', 'ping'],
      ['ping', 'pong'],
    ] as const) {
      stream.write(said);
      expect(await once(stream, 'data')).toEqual([heard]);
    }
    stream.end();
    await once(stream, 'end');
    client.close();
    expect(served).toMatchObject([{ received: 12, sent: 12, outcome: 'complete' }]);
  });
});

describe(`stress: ${CONNECTIONS} connections with ${REQUESTS} requests each, a large response among them`, () => {
  const large = Buffer.concat(Array.from({ length: PIECES }, () => PIECE)).toString('latin1');
  const paths = Array.from({ length: REQUESTS }, (_, index) => (index === 0 ? '/large' : '/'));
  const all = <T>(work: (index: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => work(index)));

  const expectAll = (answers: readonly string[][], protocol: string): void => {
    for (const [first, ...rest] of answers) {
      // Compared first: a difference of two megabytes says nothing.
      expect(first === large).toBe(true);
      expect(rest).toEqual(Array.from({ length: REQUESTS - 1 }, () => protocol));
    }
    expect(served).toHaveLength(CONNECTIONS * REQUESTS);
    expect(served.every(({ outcome, status }) => outcome === 'complete' && status === 200)).toBe(true);
    expect(new Set(served.map(({ peer }) => peer.port)).size).toBe(CONNECTIONS);
    expect(faults).toEqual([]);
  };

  it('of HTTP/1.1', async () => {
    const answers = await all(async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const said = await Promise.all(paths.map((path) => overH1(path, { agent })));
      agent.destroy();
      return said;
    });
    expectAll(answers, 'http/1.1');
  });

  it('of HTTP/2', async () => {
    const answers = await all(async () => {
      const client = session();
      const said = await Promise.all(paths.map((path) => contentOf(client.request({ ':path': path }))));
      client.close();
      return said;
    });
    expectAll(answers, 'h2');
  });
});

describe('the switch', () => {
  it('lets what is under way end, and then the service', async () => {
    const client = session();
    const stream = client.request({ ':path': '/large' });
    await once(stream, 'response');
    stop.next();
    expect((await contentOf(stream)).length).toBe(PIECES * PIECE.length);
    await completed;
    expect(served).toMatchObject([{ outcome: 'complete' }]);
    await expect(overH1('/')).rejects.toThrow('ECONNREFUSED');
  });
});
