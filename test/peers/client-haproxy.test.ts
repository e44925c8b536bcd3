// The client, and HAProxy in front of the server that it asks: what HTTP/2 and HTTP/1.1 become on their way to the other.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type ClientError, type ClientOptions, fromPull, type H2ClientConnection } from 'rxpaf';
import { firstValueFrom, Subject, toArray } from 'rxjs';
import { haproxy } from '../kits/peers/haproxy.js';
import { becomes, clientOf, connected, failureOf, sha, told, whole } from '../kits/peers/peer.js';
import { describeWith } from '../kits/shared-target.js';

/** ms. */
const HOUR = 3_600_000;

const large = Buffer.alloc(2_000_000, 'content that is large ');

describeWith('haproxy', 'HAProxy', () => {
  const { server, seen } = upstreamServer();
  const running = haproxy(() => (server.address() as AddressInfo).port);

  describe.each<[string, () => string, ClientOptions]>([
    ['HTTP/1.1', () => running().h1, {}],
    ['HTTP/2 by prior knowledge', () => running().h2, { protocols: ['h2'] }],
    ['HTTP/1.1 over TLS', () => running().tls, { protocols: ['http/1.1'] }],
    ['HTTP/2 over TLS', () => running().tls, {}],
  ])('%s', (title, base, options) => {
    const http = (more: ClientOptions = {}): ReturnType<typeof clientOf> =>
      clientOf({ baseUrl: base(), ...options, ...more });
    const isH2 = title.startsWith('HTTP/2');

    it('is the protocol that is spoken', async () => {
      expect(await told(http().get('/said'))).toEqual([200, `said over HTTP/${isH2 ? '2.0' : '1.1'}`]);
      expect((await whole(http().get('/said')))[0].protocol).toBe(isH2 ? 'h2' : 'http/1.1');
    });

    it('content goes through, both ways at once, with trailers', async () => {
      const init = { trailers: [{ 'x-sum': '42' }], headers: { te: 'trailers', trailer: 'x-sum' } };
      const [response, echoed] = await whole(http().post('/echo', fromPull([large]), init));
      expect(sha(echoed)).toBe(sha(large));
      expect((await firstValueFrom(response.trailers)).get('x-sum')).toBe('42 and back');
    });

    it('100 (Continue) comes from its upstream', async () => {
      expect(await told(http().post('/echo', 'hello', { headers: { expect: '100-continue' } }))).toEqual([
        200,
        'hello',
      ]);
    });

    it('103, its own and the upstream’s', async () => {
      const own = await firstValueFrom(http().get('/hinted', { interim: true }).pipe(toArray()));
      expect(own.map(({ status }) => status)).toEqual([103, 103, 200]);
      expect(own.slice(0, 2).map(({ headers }) => headers.get('link'))).toEqual([
        '</style.css>; rel=preload',
        '</upstream.css>; rel=preload',
      ]);
      expect(await told(http().get('/hinted'))).toEqual([200, 'hinted']);
    });

    it('redirects, with the content', async () => {
      expect((await told(http().post('/moved', 'content')))[0]).toBe(200);
      expect((await told(http({ redirects: 0 }).post('/moved', 'content')))[0]).toBe(307);
    });

    it('comes again as `Retry-After` says', async () => {
      // Left to itself it would wait for minutes, and the test would not end in time.
      expect((await told(http({ retry: { base: HOUR, limit: HOUR } }).get('/busy')))[0]).toBe(429);
    });

    it('hears of a connection that is ended without a response', async () => {
      const failure = await failureOf(http().get('/rejected'));
      expect(['closed', 'connection-reset', 'protocol-error', 'refused']).toContain(failure.code);
    });

    it('has its own responses in place of the upstream’s', async () => {
      expect((await told(http().get('/tarpit')))[0]).toBe(500);
      expect((await told(http().get('/nobody')))[0]).toBe(503);
    });

    it('reports an upstream that ends without a response', async () => {
      const outcome = await told(http().get('/gone')).catch((error: unknown) => [(error as ClientError).code]);
      // To HTTP/2 it says that the request may be sent again: it went out on a connection that had been used.
      expect(isH2 ? ['refused', 502] : [502]).toContain(outcome[0]);
    });

    it('hears of a body that the upstream breaks off', async () => {
      const response = await firstValueFrom(http().get('/broken'));
      const failure = await failureOf(response.body.text());
      expect(['truncated', 'protocol-error', 'invalid-response-body-length']).toContain(failure.code);
    });

    it('unsubscribing within a body ends the request at the upstream', async () => {
      const site = http();
      const before = seen.left;
      const response = await firstValueFrom(site.get('/endless'));
      await firstValueFrom(response.body);
      await becomes(() => seen.left > before);
      expect((await told(site.get('/said')))[0]).toBe(200);
    });

    it('responds to hundreds of requests', async () => {
      const site = http();
      const answers = await Promise.all(
        Array.from({ length: 300 }, (_, index) => told(site.post('/echo', `${index}`))),
      );
      expect(answers).toEqual(answers.map((_, index) => [200, `${index}`]));
    });
  });

  it('101: the upgrade is the upstream’s', async () => {
    const init = { headers: { connection: 'upgrade', upgrade: 'websocket', ...HANDSHAKE } };
    const { status, flow } = await firstValueFrom(clientOf().get(`${running().h1}/chat`, init));
    expect(status).toBe(101);
    let heard = '';
    flow!.subscribe((chunk) => (heard += Buffer.from(chunk).toString()));
    flow!.next(Buffer.from('hello'));
    await becomes(() => heard === 'hello');
    flow!.complete();
  });

  it('extended CONNECT becomes an upgrade (RFC 8441)', async () => {
    const { connection } = await connected<H2ClientConnection>(running().h2, { alpn: 'h2' });
    const body = new Subject<Uint8Array>();
    const url = `${running().h2}/chat`;
    const response = await firstValueFrom(
      connection.request({ url, method: 'CONNECT', protocol: 'websocket', body, headers: HANDSHAKE }),
    );
    expect([response.status, connection.extendedConnect]).toEqual([200, true]);
    let heard = '';
    response.body.subscribe({ next: (chunk) => (heard += Buffer.from(chunk).toString()), error: () => undefined });
    body.next(Buffer.from('hello'));
    await becomes(() => heard === 'hello');
    body.complete();
    await becomes(() => connection.exchangesOpen === 0);
  });
});

// RFC 6455 section 1.3.
const HANDSHAKE = { 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** What HAProxy is in front of. */
function upstreamServer(): { server: Server; seen: { left: number } } {
  const seen = { left: 0 };
  const paths: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
    '/echo': (request, response) => {
      response.setHeader('trailer', 'x-sum');
      request.pipe(response, { end: false });
      request.once('end', () => {
        response.addTrailers({ 'x-sum': `${request.trailers['x-sum']} and back` });
        response.end();
      });
    },
    '/hinted': (_, response) => {
      response.writeEarlyHints({ link: '</upstream.css>; rel=preload' });
      response.end('hinted');
    },
    '/gone': (request) => request.socket.destroy(),
    '/broken': (_, response) => {
      response.writeHead(200, { 'content-length': 100_000 }).write(Buffer.alloc(1000));
      setTimeout(() => response.destroy(), 50);
    },
    '/endless': (request, response) => {
      const writing = setInterval(() => response.write('x'), 20);
      request.socket.once('close', () => {
        clearInterval(writing);
        seen.left++;
      });
    },
  };
  // An idle connection stays open until HAProxy closes it. By default Node closes it after 5 s. If HAProxy has just sent a request on it,
  // HAProxy asks the client to send the request again: RST_STREAM(REFUSED_STREAM) over HTTP/2, as RFC 9113 section 8.7 permits. The clients
  // here do not retry, and on a busy machine the requests of one test come 5 s after those of another.
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => paths[request.url!]!(request, response));
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ${ACCEPT}\r\n\r\n`,
    );
    socket.on('error', () => undefined).pipe(socket);
  });
  beforeAll(() => new Promise<void>((done) => server.listen(0, '127.0.0.1', done)));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, seen };
}
