/**
 * Engine to engine: our client against our server, each way in its latency; and a reverse proxy, which is both.
 *
 * ```
 * client     x---                        x = GET /
 *             \                          a ms each way
 * proxy       -x--                       it forwards the request, and passes on the response:
 *               \                        interim responses but 100, trailers, and its Via
 * origin       --x-
 *
 * reader     ----1---------2---          a slow reader at the end:
 * origin     --(12)---------3-           the origin’s content waits for it, over two connections
 * ```
 */
import { concat, concatMap, delay, map, merge, mergeMap, type Observable, of, take, timer, toArray } from 'rxjs';
import { bytes, type ClientResponse, hold, type HttpRequest, response, type HttpResponse, text } from 'rxpaf';
import { httpTest, type HttpTest } from 'rxpaf/testing';
import { drawnClient } from '../test/kits/marbles/client.js';

const URL = 'http://test/';
/** No connection is idle for so long that it would end. */
const SHORTLY = { duration: '29s' };
/** When the origin’s handler is left: a reset overtakes what is on its way, a frame does not. */
const CANCELLED: Readonly<Record<string, string>> = {
  'http/1.1 http/1.1': '--^--!',
  'http/1.1 h2': '--^---!',
  'h2 http/1.1': '--^---!',
  'h2 h2': '--^----!',
};
const PROTOCOLS = ['http/1.1', 'h2'] as const;

describe.each(PROTOCOLS)('client and server over %s', (alpn) => {
  it('exchange content and trailers, both ways at once', () =>
    httpTest(({ pair, serve, connect, cold, expectBody, expectObservable, expectServed }) => {
      const { client, server } = pair({ latency: 1, alpn });
      const service = serve(server, ({ body, trailers }) => ({
        status: 200,
        body: body.pipe(map((chunk) => `<${Buffer.from(chunk).toString()}>`)),
        trailers: trailers.pipe(map((fields) => ({ echo: fields.get('checksum') ?? 'none' }))),
      }));
      const connection = connect(client);
      const upload = cold('a--b--|', { a: 'one', b: 'two' });
      const post = connection.request({ url: URL, method: 'POST', body: upload, trailers: of({ checksum: '5d' }) });
      expectBody(post).toBe('--a--b--|', { a: '<one>', b: '<two>' });
      const trailers = timer(5).pipe(
        map(() => connection.responses.happenings[0]!.value as ClientResponse),
        mergeMap((answer) => answer.trailers),
        map((fields) => fields.get('echo')),
      );
      expectObservable(trailers).toBe('--------(t|)', { t: '5d' });
      expectServed(service).toBe('-------s', { s: { status: 200, received: 6, sent: 10 } });
    }, SHORTLY));

  it('ten thousand bytes in fragments of one are whole', () =>
    httpTest(({ pair, serve, connect, expectObservable }) => {
      const { client, server } = pair({ fragment: 1, alpn });
      serve(server, ({ body }) => bytes(body));
      const echoed = connect(client).connection.pipe(
        mergeMap((connection) => connection.request({ url: URL, method: 'PUT', body: 'x'.repeat(10_000) })),
        mergeMap(({ body }) => body.text()),
        map((content) => content.length),
      );
      expectObservable(echoed, '^ 10s !').toBe('n', { n: 10_000 });
    }, SHORTLY));

  it('a hundred requests, at once, get one response each', () =>
    httpTest(({ pair, serve, expectObservable }) => {
      const connections = Array.from({ length: 4 }, () => pair({ latency: 2, alpn }));
      serve(
        connections.map(({ server }) => server),
        ({ path }) => of(text(path)).pipe(delay(path.length)),
      );
      const http = drawnClient(
        connections.map(({ client }) => client),
        { connections: 4, protocols: [alpn], retry: false },
      );
      const all = merge(
        ...Array.from({ length: 100 }, (_, index) =>
          http.get(`${URL}${index}`).pipe(mergeMap(({ body }) => body.text())),
        ),
      ).pipe(
        toArray(),
        map((paths) => new Set(paths).size),
      );
      expectObservable(all).toBe(alpn === 'h2' ? '7ms (n|)' : '173ms (n|)', { n: 100 });
    }, SHORTLY));
});

describe.each([
  ['http/1.1', 'http/1.1'],
  ['h2', 'http/1.1'],
  ['http/1.1', 'h2'],
  ['h2', 'h2'],
] as const)('a reverse proxy that serves %s, and requests by %s', (front, behind) => {
  /** A proxy: what it is asked, it asks the origin. */
  function proxied(
    { pair, serve }: HttpTest,
    origin: (request: HttpRequest) => HttpResponse | Observable<HttpResponse>,
    capacity = 64 * 1024,
  ): ReturnType<HttpTest['pair']> {
    const limits = { bodyWindow: capacity };
    const outside = pair({ latency: 1, alpn: front, capacity });
    const inside = pair({ latency: 1, alpn: behind, capacity });
    serve(inside.server, origin, { limits });
    const upstream = drawnClient([inside.client], {
      ...{ baseUrl: 'http://origin/', protocols: [behind], via: 'edge' },
      limits,
    });
    serve(outside.server, (request) => upstream.request(request), { limits });
    return outside;
  }

  it('passes on method, target, fields and content; hop-by-hop fields stay there', () =>
    httpTest((words) => {
      const requests: HttpRequest[] = [];
      const { client } = proxied(words, (request) => {
        requests.push(request);
        return request.body
          .text()
          .pipe(map((content) => response(201, { server: 'origin', 'keep-alive': 'timeout=5' }, `<${content}>`)));
      });
      const connection = words.connect(client);
      const put = connection.request({
        ...{ url: `${URL}rows?a=1`, method: 'PUT', body: 'content' },
        headers: { accept: 'text/plain', te: 'trailers' },
      });
      words.expectResponses(connection).toBe('----a', {
        a: {
          status: 201,
          headers: { server: 'origin', via: behind === 'h2' ? '2 edge' : '1.1 edge', 'keep-alive': undefined },
        },
      });
      words.expectBody(put).toBe('----(b|)', { b: '<content>' });
      const seen = timer(10).pipe(
        mergeMap(() => requests),
        map(
          ({ method, path, authority, headers }) =>
            `${method} ${authority}${path} ${headers.get('accept')} ${headers.get('via')}`,
        ),
      );
      words.expectObservable(seen).toBe('----------(r|)', {
        r: `PUT origin/rows?a=1 text/plain ${front === 'h2' ? '2' : '1.1'} edge`,
      });
    }, SHORTLY));

  it('passes trailers both ways, and 103; but not 100, which is each hop’s own', () =>
    httpTest((words) => {
      const { client } = proxied(words, ({ body, trailers }) =>
        concat(
          of(response(103, { link: '</a>' })),
          of({
            status: 200,
            body: body.pipe(map((chunk) => Buffer.from(chunk).toString().toUpperCase())),
            trailers: trailers.pipe(map((fields) => ({ echo: fields.get('checksum') ?? 'none' }))),
          }),
        ),
      );
      const connection = words.connect(client);
      const post = connection.request({
        ...{ url: URL, method: 'POST', body: words.cold('---(a|)'), trailers: of({ checksum: '5d' }), interim: true },
        headers: { expect: '100-continue', te: 'trailers' },
      });
      words.expectResponses(connection).toBe('----(hc)---a', {
        h: { status: 103, headers: { link: '</a>' } },
        a: '200',
        c: '100',
      });
      const trailers = timer(12).pipe(
        mergeMap(() => connection.responses.happenings.map(({ value }) => value as ClientResponse)),
        mergeMap((answer) => (answer.status === 200 ? answer.trailers : [])),
        map((fields) => fields.get('echo')),
      );
      words.expectObservable(trailers).toBe('------------(t|)', { t: '5d' });
      words.expectBody(post).toBe('-----------(a|)', { a: 'A' });
    }, SHORTLY));

  it('a slow reader at the end slows the origin down', () =>
    httpTest((words) => {
      const size = 16 * 1024;
      let pulled = 0;
      const pieces = function* (): Generator<Uint8Array> {
        for (; pulled < 100; pulled++) yield Buffer.alloc(size, 'x');
      };
      const { client } = proxied(words, () => bytes(pieces()), size);
      const connection = words.connect(client, { limits: { bodyWindow: size } });
      const slowly = hold<Uint8Array, Uint8Array>(concatMap((chunk) => of(chunk).pipe(delay(chunk.length / 1024))));
      connection.request({ url: URL }, { read: (body) => body.pipe(slowly) });
      // A KiB a ms: the source is pulled no further ahead of that than the windows on the way.
      const looks = timer(400, 400).pipe(
        map((look) => pulled - 25 * (look + 1)),
        map((ahead) => ahead < 20),
        take(4),
      );
      words.expectObservable(looks).toBe('400ms t 399ms t 399ms t 399ms (t|)', { t: true });
      words.expectObservable(timer(5000).pipe(map(() => pulled))).toBe('5s (n|)', { n: 100 });
    }, SHORTLY));

  it('a client that gives up is gone upstream, too', () =>
    httpTest((words) => {
      const work = words.cold('- 9s (a|)', { a: text('late') });
      const { client } = proxied(words, () => work);
      words.connect(client).request({ url: URL }, { subscription: '^----!' });
      words.expectSubscriptions(work).toBe(CANCELLED[`${front} ${behind}`]!);
    }, SHORTLY));
});

describe('a reverse proxy', () => {
  it('leaves out hop-by-hop fields: Connection, and the fields that it names (RFC 9110 section 7.6.1)', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const client = flow('a-----|', {
        a: h1.get('/', { connection: 'x-hop', 'x-hop': 1, 'keep-alive': 5, accept: '*/*' }),
      });
      const origin = flow('--a', {
        a: h1.response(200, 'ok', { connection: 'x-hop', 'x-hop': 1, 'keep-alive': 'timeout=5' }),
      });
      const upstream = drawnClient([origin], { baseUrl: 'http://origin/app/', via: 'edge' });
      serve(client, (request) => upstream.request(request));
      expectWire(origin).toBe('x', { x: h1.get('/app/', { host: 'origin', accept: '*/*', via: '1.1 edge' }) });
      expectWire(client).toBe('--y---|', {
        y: [
          'HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n',
          'via: 1.1 edge\r\ncontent-length: 2\r\n\r\nok',
        ],
      });
    }, SHORTLY));

  it.each([
    ['connect-failed', '502', []],
    ['headers-timeout', '504', ['silent']],
  ] as const)('responds for its upstream: %s is %s', (_code, status, upstreams) =>
    httpTest(({ flow, serve, h1, expectServed, expectFaults }) => {
      const client = flow('a', { a: h1.get('/') });
      const http = drawnClient(
        upstreams.map(() => flow('')),
        { baseUrl: 'http://origin/', limits: { headTimeout: 5 }, retry: false },
      );
      const service = serve(client, (request) => http.request(request));
      expectServed(service).toBe(status === '504' ? '-----s' : 's', { s: status });
      expectFaults(service).toBe(status === '504' ? '-----f' : 'f', { f: { status: Number(status) } });
    }, SHORTLY),
  );
});
