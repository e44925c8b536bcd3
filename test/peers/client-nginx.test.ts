// The client, asked to get along with nginx: HTTP/1.1 and HTTP/2, in cleartext and over TLS, over a unix socket and IPv6.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type ClientOptions, type ClientResponse, Context, fromPull, HOST, PORT, UNIX_PATH } from 'rxpaf';
import { firstValueFrom } from 'rxjs';
import { nginx } from '../kits/peers/nginx.js';
import { becomes, clientOf, failureOf, sha, sleep, told, whole } from '../kits/peers/peer.js';
import { describeWith } from '../kits/shared-target.js';

/** ms. */
const HOUR = 3_600_000;

const large = Buffer.alloc(5_000_000);
for (let at = 0, digest = Buffer.alloc(0); at < large.length; at += 32) {
  digest = createHash('sha256').update(digest).digest();
  digest.copy(large, at);
}
const text = 'a text that is worth its compression '.repeat(1000);

describeWith('nginx', 'nginx', () => {
  const upstream = upstreamServer();
  const running = nginx(() => (upstream.address() as AddressInfo).port);
  beforeAll(() => {
    writeFileSync(join(running().html, 'large.bin'), large);
    writeFileSync(join(running().html, 'text.txt'), text);
  });

  describe.each<[string, () => string, ClientOptions]>([
    ['HTTP/1.1', () => running().h1, {}],
    ['HTTP/2 by prior knowledge', () => running().h2, { protocols: ['h2'] }],
    ['HTTP/1.1 over TLS', () => running().tls, { protocols: ['http/1.1'] }],
    ['HTTP/2 over TLS', () => running().tls, {}],
    ['HTTP/1.1 over IPv6', () => running().v6, {}],
    ['HTTP/1.1, pipelined', () => running().h1, { pipelining: 8, connections: 2 }],
  ])('%s', (title, base, options) => {
    const http = (more: ClientOptions = {}): ReturnType<typeof clientOf> =>
      clientOf({ baseUrl: base(), ...options, ...more });

    it('is the protocol that is spoken', async () => {
      const version = title.includes('HTTP/2') ? 'HTTP/2.0' : 'HTTP/1.1';
      expect((await told(http().get('/said')))[1]).toMatch(`GET ${version}`);
    });

    it('downloads, whole, in part, and not at all', async () => {
      const files = http();
      const [response, content] = await whole(files.get('/large.bin'));
      expect([response.status, sha(content)]).toEqual([200, sha(large)]);
      const [part, some] = await whole(files.get('/large.bin', { headers: { range: 'bytes=1000-1999' } }));
      expect([part.status, sha(some)]).toEqual([206, sha(large.subarray(1000, 2000))]);
      const [piece, words] = await whole(files.get('/text.txt', { headers: { range: 'bytes=2-7' } }));
      expect([piece.status, Buffer.from(words).toString()]).toEqual([206, text.slice(2, 8)]);
      const etag = response.headers.get('etag');
      const [same, none] = await whole(files.get('/large.bin', { headers: { 'if-none-match': etag } }));
      expect([same.status, none.length]).toEqual([304, 0]);
      const [head, nothing] = await whole(files.head('/large.bin'));
      expect([head.headers.get('content-length'), nothing.length]).toEqual([String(large.length), 0]);
      expect((await told(files.get('/nothing')))[0]).toBe(204);
      expect((await told(files.get('/nowhere')))[0]).toBe(404);
    });

    it.each([
      ['bytes', () => large],
      ['pieces', () => fromPull([large.subarray(0, 1_000_000), large.subarray(1_000_000)])],
    ])('uploads %s, with and without Expect: 100-continue', async (_, content) => {
      const files = http();
      for (const headers of [{}, { expect: '100-continue' }]) {
        const name = `/put-${title.replace(/\W/g, '')}.bin`;
        expect([201, 204]).toContain((await told(files.put(name, content(), { headers })))[0]);
        const [, stored] = await whole(files.get(name));
        expect(sha(stored)).toBe(sha(large));
        expect((await told(files.delete(name)))[0]).toBe(204);
      }
    });

    it('takes gzip off', async () => {
      const [response, content] = await whole(http().get('/text.txt'));
      expect([response.headers.get('content-encoding'), Buffer.from(content).toString()]).toEqual([undefined, text]);
      const plain = await firstValueFrom(
        http({ decompress: false }).get('/text.txt', { headers: { 'accept-encoding': 'gzip' } }),
      );
      expect(plain.headers.get('content-encoding')).toBe('gzip');
      expect((await firstValueFrom(plain.body.bytes())).length).toBeLessThan(text.length / 10);
    });

    it('follows redirects, to an end', async () => {
      const site = http();
      expect((await told(site.post('/moved', 'content')))[1]).toMatch(/^GET /);
      expect((await told(site.put('/see-other', 'content')))[1]).toMatch(/^GET /);
      expect((await told(site.put('/repeat', 'content')))[0]).toBeGreaterThan(200);
      expect((await told(site.get('/put/repeated')))[1]).toBe('content');
      expect((await told(site.get('/moved', { redirects: 0 })))[0]).toBe(301);
      expect((await failureOf(site.get('/for-ever'))).code).toBe('too-many-redirects');
    });

    it('comes again as `Retry-After` states, and then takes the response', async () => {
      // Left to itself it would wait for minutes, and the test would not end in time.
      expect(await told(http({ retry: { attempts: 3, base: HOUR, limit: HOUR } }).get('/busy'))).toEqual([503, 'busy']);
    });

    it('hears of a connection that ends without a response', async () => {
      const failure = await failureOf(http().get('/dropped'));
      expect(['closed', 'connection-reset', 'protocol-error', 'truncated']).toContain(failure.code);
    });

    it('gets the refusal of an upload that is too large', async () => {
      const refused = http();
      const answers = await Promise.allSettled([1, 2, 3].map(() => told(refused.post('/small', large))));
      for (const answer of answers)
        expect(answer).toMatchObject({ status: 'fulfilled', value: [413, expect.any(String)] });
    });

    it('reads slowly, and unsubscribes early', async () => {
      const files = http();
      const response = await firstValueFrom(files.get('/slow/large.bin'));
      await firstValueFrom(response.body);
      expect((await told(files.get('/said')))[0]).toBe(200);
    });

    it('has hundreds of requests, of which a connection takes ten', async () => {
      // A request that is pipelined after the last one that a connection takes has to be sent again, now and then often.
      const site = http({ retry: { attempts: 20, base: 1 } });
      const answers = await Promise.all(Array.from({ length: 300 }, () => told(site.get('/few/text.txt'))));
      expect(new Set(answers.map(([status, content]) => `${status} ${sha(Buffer.from(content))}`)).size).toBe(1);
    });

    it('goes on while nginx restarts, again and again: every request gets its response', async () => {
      const site = http({ retry: {} });
      let answered = 0;
      let goesOn = true;
      const ask = async (): Promise<void> => {
        while (goesOn) {
          expect(await told(site.get('/text.txt'))).toEqual([200, text]);
          answered++;
        }
      };
      const asking = Promise.all(Array.from({ length: 10 }, ask));
      for (let round = 0; round < 3; round++) {
        const before = answered;
        running().reload();
        await Promise.race([asking, becomes(() => answered > before + 50)]);
        await sleep(100);
      }
      goesOn = false;
      await asking;
    });

    it('sends through nginx, and gets it back', async () => {
      const [, echoed] = await whole(http().post('/upstream/collected', fromPull([large])));
      expect(sha(echoed)).toBe(sha(large));
    });

    it('hears of a body that its upstream breaks off', async () => {
      const response = await firstValueFrom(http().get('/upstream/broken'));
      const failure = await failureOf(response.body.text());
      expect(['truncated', 'protocol-error', 'connection-reset', 'invalid-response-body-length']).toContain(
        failure.code,
      );
    });
  });

  it('trailers (RFC 9112 section 7.1.2)', async () => {
    const [response] = await whole(clientOf().get(`${running().h1}/trailers/text.txt`));
    expect((await firstValueFrom(response.trailers)).get('x-status')).toBe('200');
    const [second] = await whole(clientOf().get(`${running().tls}/trailers/text.txt`));
    expect([second.protocol, (await firstValueFrom(second.trailers)).get('x-status')]).toEqual(['h2', '200']);
  });

  it('is asked over a unix socket', async () => {
    const http = clientOf({ context: Context.EMPTY.add(UNIX_PATH, running().unix) });
    expect(await told(http.get('http://some.example/said'))).toEqual([200, 'GET HTTP/1.1  some.example']);
  });

  it('says how long it keeps a connection, and is believed', async () => {
    let http: ReturnType<typeof clientOf>;
    let first: ClientResponse;
    let second: ClientResponse;
    // A client does not use a connection in its last second: the two requests have to be made within the first.
    for (let took = Infinity; took > 800;) {
      const begin = performance.now();
      http = clientOf();
      [first] = await whole(http.get(`${running().h1}/kept`));
      [second] = await whole(http.get(`${running().h1}/kept`));
      took = performance.now() - begin;
    }
    expect(first!.headers.get('keep-alive')).toBe('timeout=2');
    expect(second!.connection).toBe(first!.connection);
    await sleep(1100);
    const [third] = await whole(http!.get(`${running().h1}/kept`));
    expect(third.connection).not.toBe(first!.connection);
  });

  it('upgrades through nginx: 101, and the flow is the program’s', async () => {
    const init = { headers: { connection: 'upgrade', upgrade: 'shout' } };
    const { status, flow } = await firstValueFrom(clientOf().get(`${running().h1}/upstream/`, init));
    let heard = '';
    flow!.subscribe((chunk) => (heard += Buffer.from(chunk).toString()));
    flow!.next(Buffer.from('hello'));
    await becomes(() => heard === 'hello');
    flow!.complete();
    expect(status).toBe(101);
  });

  describe('TLS', () => {
    it('verifies the certificate, against `ca`, for the name of the URL', async () => {
      const { tls, ca } = running();
      const named = tls.replace('127.0.0.1', 'localhost');
      const trusting = clientOf({ tls: { ca } });
      expect((await told(trusting.get(`${named}/said`)))[1]).toMatch('GET HTTP/2.0 localhost');
      expect((await failureOf(clientOf({ tls: {} }).get(named))).code).toBe('handshake-failed');
    });

    it('asks for the name of the URL, wherever it connects to, and verifies it', async () => {
      const { tls, ca } = running();
      const context = Context.EMPTY.add(HOST, '127.0.0.1').add(PORT, Number(new URL(tls).port));
      const url = 'https://other.example/said';
      expect(await told(clientOf({ context }).get(url))).toEqual([200, 'GET HTTP/2.0 other.example other.example']);
      expect((await failureOf(clientOf({ context, tls: { ca } }).get(url))).code).toBe('handshake-failed');
    });

    it('shows a client certificate', async () => {
      const { verified, client } = running();
      const tls = { rejectUnauthorized: false, ...client };
      expect(await told(clientOf({ tls }).get(verified))).toEqual([200, 'SUCCESS CN=client of nginx']);
      expect((await told(clientOf().get(verified)))[0]).toBe(400);
    });

    it('accepts HTTP/1.1 if nginx speaks nothing else, unless it is configured not to', async () => {
      expect((await told(clientOf().get(running().tlsH1)))[1]).toMatch('HTTP/1.1');
      const failure = await failureOf(clientOf({ protocols: ['h2'] }).get(running().tlsH1));
      expect(['protocol-mismatch', 'handshake-failed']).toContain(failure.code);
    });

    it('reports that the port does not speak TLS', async () => {
      const failure = await failureOf(clientOf().get(running().h1.replace('http', 'https')));
      expect(failure.code).toBe('handshake-failed');
    });

    it('that the port wants, and is not spoken: the refusal is a response', async () => {
      expect((await told(clientOf().get(running().tls.replace('https', 'http'))))[0]).toBe(400);
    });
  });
});

/** What nginx asks in turn. */
function upstreamServer(): Server {
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    // nginx stalls, with any client, if a response is on its way before the content of its request is.
    if (request.url !== '/broken') return void buffer(request).then((content) => response.end(content));
    response.writeHead(200, { 'content-length': 100_000 }).write(Buffer.alloc(1000));
    setTimeout(() => response.destroy(), 50);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: shout\r\n\r\n');
    socket.on('error', () => undefined).pipe(socket);
  });
  beforeAll(() => new Promise<void>((done) => server.listen(0, '127.0.0.1', done)));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}
