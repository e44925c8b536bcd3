/**
 * A client's connection: what ALPN chose for a flow selects the protocol, and requests go out on it.
 *
 * ```
 *            http/1.1          h2
 * wire       x------           (sh)---         x, h = GET /; s = preface, SETTINGS: the client begins
 * server     --ab---           --ab---         a = the head of 200, b = its content
 * response   --o               --o             o is emitted when the head has come,
 * content    ---(b|)           ---(b|)         and its content is read as it comes
 *
 * alpn       ?                                 an id that nobody speaks
 * response   #                                 unknown-protocol
 * wire       !                                 the flow is closed, never leaked
 * ```
 */
import { map, mergeMap, type Observable, of, tap, timer } from 'rxjs';
import { Body, type ClientRequest, type ClientResponse, consume } from 'rxpaf';
import { httpTest, type TestClient } from 'rxpaf/testing';

const URL = 'http://test/';
const GET: ClientRequest = { url: URL };
/** No connection is idle for so long that it would end. */
const UNTIL_IDLE = { duration: '60s' };
/** No response is late. */
const SHORTLY = { duration: '20s' };
/** The checksum after the first response, asked for at `frame`. */
const trailersOf = ({ responses }: TestClient, frame: number): Observable<string | undefined> =>
  timer(frame).pipe(
    map(() => responses.happenings[0]!.value as ClientResponse),
    mergeMap(({ trailers }) => trailers),
    map((fields) => fields.get('checksum')),
  );
const utf8 = (text: string): Uint8Array => Buffer.from(text);

describe('run: by the ALPN result (RFC 7301)', () => {
  it('speaks HTTP/1.1 without an ALPN result', () =>
    httpTest(({ flow, request, h1, expectWire, expectResponses }) => {
      const server = flow('--a|', { a: h1.response(200, 'ok') });
      expectResponses(request(server, GET)).toBe('--a', { a: { status: 200, protocol: 'http/1.1' } });
      expectWire(server).toBe('x-|', { x: h1.get('/') });
    }));

  it.each(['http/1.1', 'http/1.0'])('speaks HTTP/1.1 where it is %s', (alpn) =>
    httpTest(({ flow, request, h1, expectWire, expectResponses }) => {
      const server = flow('--a|', { a: h1.response(200, 'ok') });
      expectResponses(request(server, GET, { alpn })).toBe('--a', { a: { status: 200, protocol: 'http/1.1' } });
      expectWire(server).toBe('x-|', { x: h1.get('/') });
    }),
  );

  it('speaks HTTP/2 where it is h2: the client begins', () =>
    httpTest(({ flow, request, h2, expectFrames, expectResponses, expectBody }) => {
      const server = flow('-------(sa)|', { s: h2.startServer(), a: h2.response(1, 200, 'ok') });
      const get = request(server, GET, { alpn: 'h2' });
      expectFrames(server, { beginning: true }).toBe('(pswg)-(ae|)', {
        p: 'PREFACE',
        s: { type: 'SETTINGS' },
        w: { type: 'WINDOW_UPDATE', stream: 0 },
        g: 'HEADERS 1 GET / END_STREAM',
        a: 'SETTINGS ACK',
        e: 'GOAWAY 0 NO_ERROR',
      });
      expectResponses(get).toBe('-------a', { a: { status: 200, protocol: 'h2' } });
      expectBody(get).toBe('       -------(b|)', { b: 'ok' });
    }));

  it('uses the protocol of the flow if none is configured', () =>
    httpTest(({ pair, serve, request, expectResponses }) => {
      const { client, server } = pair({ alpn: 'h2' });
      serve(server, () => ({ status: 204 }));
      expectResponses(request(client, GET)).toBe('a', { a: { status: 204, protocol: 'h2' } });
    }));

  it.each(['spdy/3.1', 'constructor', ''])('closes the flow where nobody speaks %j', (alpn) =>
    httpTest(({ flow, request, expectWire, expectResponses }) => {
      const server = flow('-');
      expectResponses(request(server, GET, { alpn })).toBe('e', { e: { code: 'unknown-protocol', retryable: false } });
      expectWire(server).toBe('!');
    }),
  );

  it.each([
    ['h2', 'http/1.1'],
    ['http/1.1', 'h2'],
  ] as const)('closes the flow where it is %s, and only %s will do', (alpn, wanted) =>
    httpTest(({ flow, request, expectWire, expectResponses }) => {
      const server = flow('-');
      const get = request(server, GET, { alpn, protocols: [wanted] });
      expectResponses(get).toBe('e', {
        e: { code: 'protocol-mismatch', message: `ALPN chose ${alpn}, and not ${wanted}` },
      });
      expectWire(server).toBe('!');
    }),
  );
});

describe('a request that the protocol has no words for is `protocol-mismatch`, and nothing of it goes out', () => {
  it('Upgrade on HTTP/2 (RFC 9113 section 8.2.2)', () =>
    httpTest(({ flow, connect, h2, expectFrames, expectResponses }) => {
      const server = flow('s-a', { s: h2.startServer(), a: h2.response(1, 200) });
      const client = connect(server, { alpn: 'h2' });
      client.request({ ...GET, headers: { upgrade: 'websocket' } }, { subscription: '-^' });
      client.request(GET, { subscription: '-^' });
      expectResponses(client).toBe('-ea', { e: { code: 'protocol-mismatch', retryable: false }, a: '200' });
      expectFrames(server).toBe('  -g', { g: 'HEADERS 1 GET / END_STREAM' });
    }, UNTIL_IDLE));

  it('extended CONNECT on HTTP/1.1 (RFC 8441)', () =>
    httpTest(({ flow, connect, h1, expectWire, expectResponses }) => {
      const server = flow('--a', { a: h1.response(204) });
      const client = connect(server);
      client.request({ ...GET, method: 'CONNECT', protocol: 'websocket' });
      client.request(GET, { subscription: '-^' });
      expectResponses(client).toBe('e-a', { e: { code: 'protocol-mismatch' }, a: '204' });
      expectWire(server).toBe('-x', { x: h1.get('/') });
    }, UNTIL_IDLE));

  it('extended CONNECT to a server that has not offered it (RFC 8441 section 3): known with its SETTINGS', () =>
    httpTest(({ flow, connect, h2, expectFrames, expectResponses }) => {
      const server = flow('---s', { s: h2.startServer() });
      const client = connect(server, { alpn: 'h2' });
      client.request({ ...GET, method: 'CONNECT', protocol: 'websocket' });
      expectResponses(client).toBe('---e', { e: { code: 'protocol-mismatch' } });
      expectFrames(server).toBe('');
    }, UNTIL_IDLE));

  it('... and to one that has, it goes out', () =>
    httpTest(({ flow, connect, h2, expectFrames, expectResponses }) => {
      const server = flow('---s-a', {
        s: h2.startServer({ ENABLE_CONNECT_PROTOCOL: 1 }),
        a: h2.responseHead(1, 200),
      });
      const client = connect(server, { alpn: 'h2' });
      client.request({ url: 'http://test/chat', method: 'CONNECT', protocol: 'websocket', body: new Body() });
      expectFrames(server).toBe('---h', { h: { type: 'HEADERS', says: 'CONNECT /chat', endStream: false } });
      expectResponses(client).toBe('-----a', { a: '200' });
    }, UNTIL_IDLE));
});

describe('a message, on HTTP/1.1', () => {
  it('HEAD has a head with a Content-Length, and no content', () =>
    httpTest(({ flow, connect, h1, expectWire, expectResponses, expectBody }) => {
      const server = flow('-a-b', { a: h1.responseHead(200, { 'content-length': 5 }), b: h1.response(200, 'ok') });
      const client = connect(server);
      const head = client.request({ ...GET, method: 'HEAD' });
      client.request(GET, { subscription: '--^' });
      expectWire(server).toBe('    x-y', { x: h1.head('/'), y: h1.get('/') });
      expectResponses(client).toBe('-a-b', { a: { headers: { 'content-length': 5 } }, b: '200' });
      expectBody(head).toBe('       -|');
    }, UNTIL_IDLE));

  it('POST of text has its Content-Length; the next request waits for it, on the same connection', () =>
    httpTest(({ flow, connect, h1, expectWire, expectResponses }) => {
      const server = flow('--a-b', { a: h1.response(201), b: h1.response(200, 'ok') });
      const client = connect(server);
      client.request({ url: 'http://test/rows', method: 'POST', body: 'größe' });
      client.request(GET);
      expectWire(server).toBe('x-y', { x: h1.post('/rows', 'größe'), y: h1.get('/') });
      expectResponses(client).toBe('--a-b', { a: '201', b: '200' });
    }, UNTIL_IDLE));

  it('content that is written over time is chunked, and each chunk goes out in its turn; trailers end it', () =>
    httpTest(({ flow, connect, h1, cold, expectWire, expectResponses }) => {
      const server = flow('------a', { a: h1.response(200, 'ok') });
      const client = connect(server);
      const body = cold('-a-b-|', { a: 'hel', b: 'lo' });
      client.request({ ...GET, method: 'PUT', body, trailers: of({ checksum: '5d' }) });
      expectWire(server).toBe('xa-b-t', {
        x: h1.requestHead('PUT', '/', { 'transfer-encoding': 'chunked' }),
        a: h1.chunk('hel'),
        b: h1.chunk('lo'),
        t: h1.lastChunk({ checksum: '5d' }),
      });
      expectResponses(client).toBe('------a', { a: '200' });
    }, UNTIL_IDLE));

  it('a Body is written to, and says when to wait', () =>
    httpTest(({ flow, connect, h1, slowPeer, cold, expectWire, expectObservable }) => {
      const server = flow('---------a', { a: h1.response(200) }, slowPeer('-a---a---a'));
      const client = connect(server);
      const body = new Body({ window: 8 });
      client.request({ ...GET, method: 'POST', headers: { 'content-length': 16 }, body });
      const writes = cold('--a-b-|', { a: '12345678', b: '12345678' }).pipe(
        tap({ complete: () => body.complete() }),
        map((text) => body.next(utf8(text))),
      );
      expectObservable(writes).toBe('--f-f-|', { f: false });
      // The first has been taken; the second is the flow's.
      expectObservable(body.drained.pipe(map(() => 'drained')), '---^').toBe('-----d|', { d: 'drained' });
      expectWire(server).toBe('x-a--b', {
        x: h1.requestHead('POST', '/', { 'content-length': 16 }),
        a: '12345678',
        b: '12345678',
      });
    }, UNTIL_IDLE));

  it('is emitted when its head has come; content and trailers follow', () =>
    httpTest(({ flow, connect, h1, expectResponses, expectBody, expectObservable }) => {
      const server = flow('-a-b-c', {
        a: h1.responseHead(200, { 'transfer-encoding': 'chunked' }),
        b: h1.chunk('hello'),
        c: h1.lastChunk({ checksum: '5d' }),
      });
      const client = connect(server);
      const get = client.request(GET);
      expectResponses(client).toBe('-a', { a: '200' });
      expectBody(get).toBe('---b-|', { b: 'hello' });
      expectObservable(trailersOf(client, 1)).toBe('-----(t|)', { t: '5d' });
    }, UNTIL_IDLE));

  it('is read no further than its reader takes: the flow is not read on', () =>
    httpTest(({ flow, connect, h1, expectBody, expectCredit }) => {
      const server = flow('-abc', {
        a: h1.responseHead(200, { 'content-length': 16 }),
        b: '12345678',
        c: 'abcdefgh',
      });
      const get = connect(server, { limits: { bodyWindow: 8 } }).request(GET, {
        read: (body) => body.pipe(consume(() => timer(10))),
      });
      expectBody(get).toBe('    --b--------- (c|)', { b: '12345678', c: 'abcdefgh' });
      expectCredit(get).toBe('  ------------8---------8');
      expectCredit(server).toBe('-h----------d', { h: 76, d: 16 });
    }, UNTIL_IDLE));
});

describe('a message, on HTTP/2', () => {
  it('HEAD has a head, and no content', () =>
    httpTest(({ flow, connect, h2, expectFrames, expectResponses, expectBody }) => {
      const server = flow('-(sa)', {
        s: h2.startServer(),
        a: h2.responseHead(1, 200, { 'content-length': 5 }, { end: true }),
      });
      const client = connect(server, { alpn: 'h2' });
      const head = client.request({ ...GET, method: 'HEAD' });
      expectFrames(server).toBe('h', { h: 'HEADERS 1 HEAD / END_STREAM' });
      expectResponses(client).toBe('-a', { a: { status: 200, headers: { 'content-length': 5 } } });
      expectBody(head).toBe('-|');
    }, UNTIL_IDLE));

  it('content that is written over time goes out as it comes; trailers both ways', () =>
    httpTest(({ flow, connect, h2, cold, expectFrames, expectObservable, expectResponses }) => {
      const server = flow('s-----(abc)', {
        s: h2.startServer(),
        a: h2.responseHead(1, 200),
        b: h2.data(1, 'ok'),
        c: h2.headers(1, { checksum: '1' }, { end: true }),
      });
      const client = connect(server, { alpn: 'h2' });
      const body = cold('-a-b-|', { a: 'hel', b: 'lo' });
      client.request({ ...GET, method: 'PUT', body, trailers: of({ checksum: '5d' }) });
      expectFrames(server).toBe('ha-b-t', {
        h: 'HEADERS 1 PUT /',
        a: 'DATA 1 "hel"',
        b: 'DATA 1 "lo"',
        t: { type: 'HEADERS', stream: 1, says: 'checksum: 5d', endStream: true },
      });
      expectResponses(client).toBe('------a', { a: '200' });
      expectObservable(trailersOf(client, 6)).toBe('------(t|)', { t: '1' });
    }, UNTIL_IDLE));

  it('goes as far as the server’s window', () =>
    httpTest(({ flow, connect, h2, expectFrames }) => {
      const server = flow('s----u----v', {
        s: h2.startServer({ INITIAL_WINDOW_SIZE: 4 }),
        u: h2.windowUpdate(1, 6),
        v: h2.windowUpdate(1, 8),
      });
      connect(server, { alpn: 'h2' }).request({ ...GET, method: 'POST', body: '1234567890ab' }, { subscription: '-^' });
      expectFrames(server).toBe('-(ha)b----c', {
        h: 'HEADERS 1 POST /',
        a: 'DATA 1 "1234"',
        b: 'DATA 1 "567890"',
        c: 'DATA 1 "ab" END_STREAM',
      });
    }, SHORTLY));

  it('its Body says when to wait, and when not to: with the server’s window', () =>
    httpTest(({ flow, connect, h2, cold, expectFrames, expectObservable }) => {
      const size = 70_000;
      const server = flow('s---u', {
        s: h2.startServer({ INITIAL_WINDOW_SIZE: 0 }),
        u: [h2.windowUpdate(0, size), h2.windowUpdate(1, size)],
      });
      const body = new Body();
      connect(server, { alpn: 'h2' }).request({ ...GET, method: 'POST', body }, { subscription: '-^' });
      const writes = cold('--a', { a: new Uint8Array(size) }).pipe(map((chunk) => body.next(chunk)));
      expectObservable(writes).toBe('--f', { f: false });
      expectObservable(body.drained.pipe(map(() => 'drained')), '---^').toBe('----d', { d: 'drained' });
      expectFrames(server).toBe('-h--(abcde)', {
        h: 'HEADERS 1 POST /',
        a: { length: 16_384 },
        b: { length: 16_384 },
        c: { length: 16_384 },
        d: { length: 16_384 },
        e: { length: size - 4 * 16_384 },
      });
    }, SHORTLY));

  it('many requests are under way at once, up to the server’s SETTINGS_MAX_CONCURRENT_STREAMS', () =>
    httpTest(({ flow, connect, h2, expectFrames, expectResponses }) => {
      const server = flow('s-----a-b', {
        s: h2.startServer({ MAX_CONCURRENT_STREAMS: 2 }),
        a: h2.response(3, 204),
        b: h2.response(1, 200),
      });
      const client = connect(server, { alpn: 'h2' });
      for (const path of ['1', '2', '3']) client.request({ url: URL + path }, { subscription: '-^' });
      expectFrames(server).toBe('-(ab)-c', {
        a: { stream: 1, says: 'GET /1' },
        b: { stream: 3, says: 'GET /2' },
        c: { stream: 5, says: 'GET /3' },
      });
      expectResponses(client).toBe('------a-b', { a: '204', b: '200' });
    }, SHORTLY));
});
