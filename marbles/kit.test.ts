/**
 * The kit itself: both sides of HTTP in one test, in virtual time.
 *
 * ```
 * client   --r-------|      r = GET /          what is written to the server
 *            \  2 ms
 * server   ----x-----|      x = 200 'ok'       what is written to the client
 *               \ 2 ms
 * response ------o          o = 200
 * ```
 */
import { delay, map, of, timer } from 'rxjs';
import { bytes, consume, hold, text } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';

const URL = 'http://test/';
/** No connection is idle for so long that it would end. */
const UNTIL_IDLE = { duration: '60s' };

describe('a client under test: the server is drawn', () => {
  it('sends a request, and reads the response and its content', () =>
    httpTest(({ flow, connect, h1, expectWire, expectResponses, expectBody, expectSubscriptions }) => {
      const server = flow('----a-b|', {
        a: [h1.responseHead(200, { 'content-length': 6 }), 'con'],
        b: 'ten',
      });
      const client = connect(server);
      const get = client.request({ url: URL }, { subscription: '-^' });
      expectWire(server).toBe('     -x-----|', { x: h1.get('/') });
      expectResponses(client).toBe('----a--|', { a: { status: 200, headers: { 'content-length': 6 } } });
      expectBody(get).toBe('       ----a-(b|)', { a: 'con', b: 'ten' });
      expectSubscriptions(get).toBe('----^-!');
    }));

  it('sends one request, and ends the connection after it', () =>
    httpTest(({ flow, request, h1, expectWire, expectResponses }) => {
      const server = flow('--a', { a: h1.response(404) });
      expectResponses(request(server, { url: URL, method: 'POST', body: 'x' })).toBe('--a', { a: '404' });
      expectWire(server).toBe('x-| 4999ms !', { x: h1.request('POST', '/', 'x') });
    }));

  it('gets the error, by its code', () =>
    httpTest(({ flow, connect, resetAt, h1, expectResponses }) => {
      const client = connect(flow('---a-|', { a: h1.response(200, 'ok') }, resetAt(9)));
      client.request({ url: URL });
      expectResponses(client).toBe('---(e#)', { e: { code: 'connection-reset' } });
    }));

  it('gives a request up where it is unsubscribed from', () =>
    httpTest(({ flow, connect, h2, expectFrames, expectResponses }) => {
      const server = flow('s', { s: h2.startServer() });
      const client = connect(server, { alpn: 'h2' });
      client.request({ url: URL }, { subscription: '-^--!' });
      expectFrames(server).toBe('-h--r', { h: 'HEADERS 1 GET / END_STREAM', r: 'RST_STREAM 1 CANCEL' });
      expectResponses(client).toBe('');
    }, UNTIL_IDLE));

  it('on HTTP/2 gives credit back as the content is taken', () =>
    httpTest(({ flow, connect, h2, expectFrames, expectCredit }) => {
      const server = flow('s-(ab)', {
        s: h2.startServer(),
        a: h2.responseHead(1, 200),
        b: h2.data(1, '12345678', { end: false }),
      });
      const client = connect(server, { alpn: 'h2', limits: { bodyWindow: 8 } });
      const get = client.request({ url: URL }, { read: (body) => body.pipe(consume(() => timer(5))) });
      expectFrames(server).toBe('h------u', { h: { says: 'GET /' }, u: 'WINDOW_UPDATE 1 8' });
      expectCredit(get).toBe('   -------8');
    }, UNTIL_IDLE));
});

describe('both sides under test', () => {
  it.each(['http/1.1', 'h2'])('exchange messages over %s, each way in its latency', (alpn) =>
    httpTest(({ pair, serve, connect, expectRequests, expectServed, expectResponses, expectBody }) => {
      const { client, server } = pair({ latency: 2, alpn });
      const service = serve(server, ({ body }) => body.text().pipe(map((content) => text(`<${content}>`))));
      const connection = connect(client);
      const post = connection.request({ url: URL, method: 'POST', body: 'hello' }, { subscription: '-^' });
      expectRequests(service).toBe('   ---r', { r: { method: 'POST', headers: { 'content-length': 5 } } });
      expectServed(service).toBe('     ---s', { s: { status: 200, received: 5, sent: 7, protocol: alpn as 'h2' } });
      expectResponses(connection).toBe('-----a', { a: { status: 200, protocol: alpn as 'h2' } });
      expectBody(post).toBe('          -----(b|)', { b: '<hello>' });
    }, UNTIL_IDLE),
  );

  it('have both their wires seen', () =>
    httpTest(({ pair, serve, request, h1, expectWire }) => {
      const { client, server } = pair({ latency: 2 });
      serve(server, () => of(text('ok')).pipe(delay(3)));
      request(client, { url: URL });
      expectWire(client).toBe('x------|', { x: h1.get('/') });
      expectWire(server).toBe('-----y---|', { y: h1.response(200, 'ok') });
    }));

  it('slow a sender on one side down to the reader on the other', () =>
    httpTest(({ pair, serve, request, expectCredit, expectServed }) => {
      const { client, server } = pair({ latency: 1, alpn: 'h2' });
      const limits = { bodyWindow: 8 };
      const service = serve(server, () => bytes(of('12345678', 'abcdefgh').pipe(map((text) => Buffer.from(text)))));
      const get = request(client, { url: URL }, { limits, read: (body) => body.pipe(hold(delay(10))) });
      expectCredit(get).toBe('-- 10ms 8 11ms 8');
      expectServed(service).toBe('- 12ms s-|', { s: { duration: 12 } });
    }));
});
