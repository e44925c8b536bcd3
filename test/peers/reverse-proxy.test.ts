// The reverse proxy, run for real: curl in front of it, node:http and node:http2 as its upstreams, either protocol on either side.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { ask, curl, type Example, start, withCurl } from '../kits/example.js';
import { becomes, sleep } from '../kits/peers/peer.js';

type Version = 'h1' | 'h2';

const MIB = 1024 * 1024;
const SIZE = 64 * MIB;
/** What may be under way between the ends: mostly the system's buffers of four sockets, 6 MiB each at most, on Linux. */
const UNDER_WAY = 26 * MIB;
/** What the proxy may grow by, in bytes: more than its collector lets lie about, and less than the content. */
const GROWTH = 48 * MIB;
const PIECE = Buffer.from(Array.from({ length: 64 * 1024 }, (_, index) => (index * 31) & 0xff));
const CONTENT = createHash('sha256');
for (let sent = 0; sent < SIZE; sent += PIECE.length) CONTENT.update(PIECE);
const DIGEST = CONTENT.digest('hex');

/** How curl speaks to the proxy. */
const SPOKEN = { h1: '--http1.1', h2: '--http2-prior-knowledge' } as const;

type Incoming = http.IncomingMessage | http2.Http2ServerRequest;
type Outgoing = http.ServerResponse | http2.Http2ServerResponse;

/** A server behind the proxy, and what it saw. */
class Upstream {
  readonly server: Server;
  /** Bytes of `/download` that were taken off its hands. */
  sent = 0;
  /** Ends of `/hang` and `/endless` that were not its own. */
  cancelled: string[] = [];
  hanging = 0;
  release: () => void = () => undefined;
  private readonly sockets = new Set<Socket>();

  constructor(version: Version) {
    const listener = (request: Incoming, response: Outgoing): void => void this.serve(request, response);
    this.server = version === 'h1' ? http.createServer(listener) : http2.createServer(listener);
    this.server.on('connection', (socket: Socket) => this.sockets.add(socket.on('error', () => undefined)));
  }

  async url(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.disconnect();
    this.server.close();
  }

  private disconnect(): void {
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  private async serve(request: Incoming, response: Outgoing): Promise<void> {
    const path = request.url!.split('?', 1)[0]!;
    response.on('error', () => undefined);
    // The types of the two classes have less in common than the classes.
    const out = response as http.ServerResponse;
    switch (path) {
      case '/download':
        return this.download(out);
      case '/upload': {
        await new Promise<void>((released) => (this.release = released));
        const hash = createHash('sha256');
        for await (const chunk of request) hash.update(chunk as Buffer);
        return void out.end(hash.digest('hex'));
      }
      case '/trailers': {
        out.writeHead(200, { trailer: 'x-behind', 'content-type': 'text/plain' });
        for await (const chunk of request) out.write(chunk);
        out.addTrailers({ 'x-behind': String(request.trailers['x-sum']) });
        return void out.end();
      }
      case '/hints':
        out.writeEarlyHints({ link: '</style.css>; rel=preload' });
        return void out.end('hinted');
      case '/headers':
        out.setHeader('x-kept', 'yes');
        if (request.httpVersionMajor === 1) {
          out.setHeader('connection', 'x-hop').setHeader('x-hop', 'no').setHeader('keep-alive', 'timeout=5');
          out.setHeader('proxy-authenticate', 'Basic');
        }
        return void out.end(JSON.stringify(request.headers));
      case '/endless': {
        const going = setInterval(() => out.write('on and on'), 20);
        response.once('close', () => clearInterval(going));
        break;
      }
      case '/die':
        return this.disconnect();
    }
    this.hanging++;
    response.once('close', () => this.cancelled.push(path));
  }

  private async download(response: http.ServerResponse): Promise<void> {
    this.sent = 0;
    for (let left = SIZE; left > 0; left -= PIECE.length) {
      if (!response.write(PIECE)) await once(response, 'drain');
      this.sent += PIECE.length;
    }
    response.end();
  }
}

/** Waits until `count` has not moved for a while: the end that waits has stopped those before it. */
async function standstill(count: () => number): Promise<number> {
  for (let before = -1; before !== count() || before <= 0;) {
    before = count();
    await sleep(400);
  }
  return count();
}

/** Resident memory of a process, in bytes; 0 if the system does not report it. */
function memoryOf({ pid }: Example): number {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return 0;
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(file, 'latin1'))![1]) * 1024;
}

async function digestOf(stream: NodeJS.ReadableStream): Promise<string> {
  const hash: Hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

function curlProcess(...args: readonly string[]): ReturnType<typeof spawn> {
  const child = spawn('curl', ['--silent', '--show-error', '--no-buffer', ...args], { stdio: 'pipe' });
  children.add(child);
  return child;
}

function killed(child: ReturnType<typeof spawn>): () => void {
  return () => void child.kill('SIGKILL');
}

/**
 * Sends a request over HTTP/1.1, and disconnects with a reset. For a killed process, the system reports only that it has ended its side. A
 * client that waits for its response may do that, too.
 */
async function reset(url: string, path: string): Promise<() => void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  return () => void socket.resetAndDestroy();
}

/** Sends `text` and a trailer with it; returns the trailer of the response. curl has no way to send trailers. */
async function withTrailers(version: Version, url: string, text: string): Promise<[string, string]> {
  const trailers = { 'x-sum': 'of-all' };
  if (version === 'h1') {
    const request = http.request(`${url}/trailers`, { method: 'POST', headers: { trailer: 'x-sum' } });
    request.write(text);
    request.addTrailers(trailers);
    request.end();
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    let content = '';
    for await (const chunk of response) content += String(chunk);
    request.destroy();
    return [content, String(response.trailers['x-behind'])];
  }
  const session = http2.connect(url);
  const stream = session.request({ ':method': 'POST', ':path': '/trailers' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(text);
  let behind = 'none';
  stream.on('trailers', (fields: http2.IncomingHttpHeaders) => (behind = String(fields['x-behind'])));
  let content = '';
  for await (const chunk of stream) content += String(chunk);
  session.close();
  return [content, behind];
}

describe.each(['h1', 'h2'] as const)('reverse-proxy, with %s as its upstream', (back) => {
  let upstream: Upstream;
  let proxy: Example;
  let url: string;
  /** How often the proxy has been set to a short timeout. */
  let timeouts = 0;
  beforeAll(async () => {
    upstream = new Upstream(back);
    proxy = start('reverse-proxy', { UPSTREAM: await upstream.url(), H2: back === 'h2' ? '1' : '', TIMEOUT: '5000' });
    url = await proxy.url();
  });
  afterAll(async () => {
    expect(await proxy.stop()).toEqual({ code: 0, signal: null });
    upstream.close();
  });

  describe.each(['h1', 'h2'] as const)('and %s before it', (front) => {
    withCurl('a download goes no faster than it is taken, and takes no memory on its way', async () => {
      await ask(SPOKEN[front], `${url}/headers`);
      const calm = memoryOf(proxy);
      upstream.sent = 0;
      const { stdout } = curlProcess(SPOKEN[front], `${url}/download`);
      // Nobody reads what curl prints.
      expect(await standstill(() => upstream.sent)).toBeLessThan(UNDER_WAY);
      expect(memoryOf(proxy) - calm).toBeLessThan(GROWTH);
      expect(await digestOf(stdout!)).toBe(DIGEST);
      expect(memoryOf(proxy) - calm).toBeLessThan(GROWTH);
    });

    withCurl('an upload goes no faster than it is read, and takes no memory on its way', async () => {
      await ask(SPOKEN[front], `${url}/headers`);
      const calm = memoryOf(proxy);
      const { stdin, stdout } = curlProcess(SPOKEN[front], '--upload-file', '-', `${url}/upload`);
      let taken = 0;
      const sending = (async () => {
        for (let left = SIZE; left > 0; left -= PIECE.length) {
          await new Promise((done) => stdin!.write(PIECE, done));
          taken += PIECE.length;
        }
        stdin!.end();
      })();
      expect(await standstill(() => taken)).toBeLessThan(UNDER_WAY);
      expect(memoryOf(proxy) - calm).toBeLessThan(GROWTH);
      upstream.release();
      await sending;
      const answer: Buffer[] = [];
      for await (const chunk of stdout!) answer.push(chunk as Buffer);
      expect(Buffer.concat(answer).toString()).toBe(DIGEST);
      expect(memoryOf(proxy) - calm).toBeLessThan(GROWTH);
    });

    it('trailers pass both ways (RFC 9110 section 6.5)', async () => {
      expect(await withTrailers(front, url, 'some content')).toEqual(['some content', 'of-all']);
    });

    withCurl('103 (Early Hints) passes (RFC 8297)', async () => {
      const { stdout } = await curl(SPOKEN[front], '--include', `${url}/hints`);
      expect(stdout.toString()).toMatch(
        /^HTTP\/\S+ 103 .*\r\nlink: <\/style.css>; rel=preload\r\n[^]* 200 [^]*hinted$/i,
      );
    });

    withCurl('hop-by-hop fields stay there, and Via names the way (RFC 9110 section 7.6)', async () => {
      const hops = ['TE: trailers, deflate', 'Proxy-Authorization: Basic eDp5', 'X-End: to-end'];
      if (front === 'h1') hops.push('Connection: x-hop', 'X-Hop: no', 'Keep-Alive: timeout=5');
      const { headers, body } = await ask(SPOKEN[front], ...hops.flatMap((line) => ['-H', line]), `${url}/headers`);
      const seen = JSON.parse(body.toString()) as Record<string, string>;
      const version = { h1: '1.1', h2: '2' };
      expect(seen).toMatchObject({ via: `${version[front]} rxpaf`, 'x-end': 'to-end', te: 'trailers' });
      for (const name of ['x-hop', 'keep-alive', 'proxy-authorization', 'upgrade'])
        expect(seen).not.toHaveProperty(name);
      expect(headers).toMatchObject({ via: `${version[back]} rxpaf`, 'x-kept': 'yes' });
      for (const name of ['x-hop', 'keep-alive', 'proxy-authenticate']) expect(headers).not.toHaveProperty(name);
    });

    withCurl('a client that disconnects in the middle of a response cancels it upstream', async () => {
      upstream.cancelled = [];
      const child = curlProcess(SPOKEN[front], `${url}/endless`);
      await once(child.stdout!, 'data');
      expect(upstream.cancelled).toEqual([]);
      child.kill('SIGKILL');
      await becomes(() => upstream.cancelled.length > 0);
      expect(upstream.cancelled).toEqual(['/endless']);
    });

    withCurl('a client that disconnects before the response cancels the request upstream', async () => {
      upstream.cancelled = [];
      const { hanging } = upstream;
      const leave = front === 'h1' ? await reset(url, '/hang') : killed(curlProcess(SPOKEN.h2, `${url}/hang`));
      await becomes(() => upstream.hanging > hanging);
      leave();
      await becomes(() => upstream.cancelled.length > 0);
      // It is not that the proxy has lost its patience with the upstream.
      expect(proxy.complaints.split('headers-timeout')).toHaveLength(1 + timeouts);
    });

    withCurl('an upstream that goes away is 502, one that takes too long 504', async () => {
      expect(await ask(SPOKEN[front], `${url}/die`)).toMatchObject({ status: 502 });
      expect(proxy.complaints).toMatch(/^bad-gateway (closed|connection-reset): /m);
      upstream.cancelled = [];
      expect(await ask(SPOKEN[front], `${url}/hang`)).toMatchObject({ status: 504 });
      expect(proxy.complaints.split('bad-gateway headers-timeout: ')).toHaveLength(1 + ++timeouts);
      await becomes(() => upstream.cancelled.length > 0);
    });
  });
});

describe('reverse-proxy, without an upstream', () => {
  withCurl('responds with 502', async () => {
    const unused = createTcpServer().listen(0, '127.0.0.1');
    await once(unused, 'listening');
    const { port } = unused.address() as AddressInfo;
    unused.close();
    const proxy = start('reverse-proxy', { UPSTREAM: `http://127.0.0.1:${port}`, TLS: '1' });
    const answer = await ask('--http2', `${await proxy.url()}/`);
    expect([answer.status, answer.body.toString()]).toEqual([502, '502 bad-gateway\n']);
    expect(proxy.complaints).toMatch(/^bad-gateway connect-failed: /);
    expect(await proxy.stop()).toEqual({ code: 0, signal: null });
  });
});
