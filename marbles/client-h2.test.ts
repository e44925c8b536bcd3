/**
 * A client's HTTP/2 connection: what the server says besides its responses, and what else there is to say to it.
 *
 * ```
 * wire      -(abc)----       a, b, c = GET on the streams 1, 3 and 5
 * server    s-----g---       g = GOAWAY 3: what is above it was not acted on
 * response  ------c---       c = refused, safe to send again
 * server    s-----gab        what is not above it goes on,
 * response  ------cab        and comes to its response;
 * wire      ---------!       behind the last one the connection ends
 *
 * server    s--r             r = RST_STREAM 1: the stream's end, and nobody else's
 * response  ---e             e = protocol-error, or refused
 * ```
 */
import { concatMap, delay, map, mergeMap, type Observable, of, switchMap, take, timer } from 'rxjs';
import {
  type ClientConnection,
  ClientError,
  type ClientRequest,
  type H2ClientConnection,
  type ServerPush,
} from 'rxpaf';
import { httpTest, type TestClient } from 'rxpaf/testing';
import { outcomeOf } from '../test/kits/marbles/client.js';

const GET: ClientRequest = { url: 'http://test/' };
const AT_1 = { subscription: '-^' };
const H2 = { alpn: 'h2' };
/** No response is late. */
const SHORTLY = { duration: '20s' };
const h2Of = ({ connection }: TestClient): Observable<H2ClientConnection> =>
  connection.pipe(map((each: ClientConnection) => each as H2ClientConnection));
const at = (frame: number, client: TestClient, act: (connection: H2ClientConnection) => void): void =>
  void timer(frame)
    .pipe(mergeMap(() => h2Of(client)))
    .subscribe(act);

describe('RST_STREAM (RFC 9113 section 5.4.2), before the response', () => {
  it.each([
    ['CANCEL', 'protocol-error', false],
    ['INTERNAL_ERROR', 'protocol-error', false],
    ['PROTOCOL_ERROR', 'protocol-error', false],
    ['ENHANCE_YOUR_CALM', 'protocol-error', false],
    ['HTTP_1_1_REQUIRED', 'protocol-error', true],
    ['NO_ERROR', 'protocol-error', false],
    ['REFUSED_STREAM', 'refused', true],
  ] as const)('with %s is %s, retryable: %s', (reason, code, retryable) =>
    httpTest(({ flow, connect, h2, expectResponses, expectFrames }) => {
      const server = flow('s--ra', { s: h2.startServer(), r: h2.rst(1, reason), a: h2.response(3, 200) });
      const client = connect(server, H2);
      client.request(GET, AT_1);
      client.request(GET, AT_1);
      expectResponses(client).toBe('---ea', { e: { code, reason, retryable }, a: '200' });
      expectFrames(server).toBe('-(ab)', { a: { stream: 1 }, b: { stream: 3 } });
    }, SHORTLY),
  );
});

describe('RST_STREAM, after the head of the response', () => {
  it('errors its content: what came first is dropped', () =>
    httpTest(({ flow, connect, h2, expectResponses, expectBody }) => {
      const server = flow('s-a-b', {
        s: h2.startServer(),
        a: [h2.responseHead(1, 200), h2.data(1, 'half')],
        b: h2.rst(1, 'INTERNAL_ERROR'),
      });
      const client = connect(server, H2);
      const get = client.request(GET, AT_1);
      expectResponses(client).toBe('--a', { a: '200' });
      expectBody(get).toBe('--b-#', { b: 'half' });
    }, SHORTLY));

  it('with NO_ERROR after a whole response is not an error: the rest of the request is not wanted (section 8.1)', () =>
    httpTest(({ flow, connect, h2, cold, expectResponses, expectBody, expectSubscriptions, expectFrames }) => {
      const server = flow('s--(ar)', { s: h2.startServer(), a: h2.response(1, 413, 'no'), r: h2.rst(1, 'NO_ERROR') });
      const upload = cold('-a-b-c|');
      const client = connect(server, H2);
      const post = client.request({ ...GET, method: 'POST', body: upload }, AT_1);
      expectResponses(client).toBe('---a', { a: '413' });
      expectBody(post).toBe('      ---(b|)', { b: 'no' });
      expectSubscriptions(upload).toBe('-^-!');
      expectFrames(server).toBe('-ha', { h: 'HEADERS 1 POST /', a: 'DATA 1 "a"' });
    }, SHORTLY));
});

describe('GOAWAY (RFC 9113 section 6.8)', () => {
  it('refuses what is above its last stream, and lets the rest come to its end', () =>
    httpTest(({ flow, connect, h2, expectResponses, expectFrames }) => {
      const server = flow('s-----ga---b-|', {
        s: h2.startServer(),
        g: h2.goaway(3, 'NO_ERROR'),
        a: h2.response(1, 200),
        b: h2.response(3, 204),
      });
      const client = connect(server, H2);
      for (let count = 0; count < 3; count++) client.request(GET, AT_1);
      client.request(GET, { subscription: '-------^' });
      expectResponses(client).toBe('------c(al)b-|', {
        c: { code: 'refused', retryable: true },
        l: { code: 'closed', retryable: true },
        a: '200',
        b: '204',
      });
      expectFrames(server).toBe('-(abc)-----(g|)', {
        a: { stream: 1 },
        b: { stream: 3 },
        c: { stream: 5 },
        g: { type: 'GOAWAY' },
      });
    }, SHORTLY));

  it('ends a connection at once that has nothing under way', () =>
    httpTest(({ flow, connect, h2, expectResponses, expectFrames }) => {
      const server = flow('s-g--|', { s: h2.startServer(), g: h2.goaway(0, 'NO_ERROR') });
      const client = connect(server, H2);
      expectFrames(server).toBe('--(g|)', { g: 'GOAWAY 0 NO_ERROR' });
      expectResponses(client).toBe('-----|');
    }));

  it('with an error refuses the same; the rest has what the server still sends', () =>
    httpTest(({ flow, connect, h2, expectResponses }) => {
      const server = flow('s--g|', { s: h2.startServer(), g: h2.goaway(1, 'ENHANCE_YOUR_CALM') });
      const client = connect(server, H2);
      client.request(GET, AT_1);
      client.request(GET, AT_1);
      expectResponses(client).toBe('---a(b|)', {
        a: { code: 'refused', retryable: true },
        b: { code: 'protocol-error', reason: 'ENHANCE_YOUR_CALM', retryable: false },
      });
    }, SHORTLY));
});

describe('how a connection ended', () => {
  const WORDS = 'the peer ended the connection: PROTOCOL_ERROR (you sent nonsense)';

  it('has the code and the debug text of GOAWAY: of each request, and of the connection', () =>
    httpTest(({ flow, connect, h2, expectResponses, expectObservable }) => {
      const server = flow('s--g|', { s: h2.startServer(), g: h2.goaway(1, 'PROTOCOL_ERROR', 'you sent nonsense') });
      const client = connect(server, H2);
      client.request(GET, AT_1);
      expectResponses(client).toBe('----(e|)', {
        e: { code: 'protocol-error', reason: 'PROTOCOL_ERROR', message: WORDS },
      });
      expectObservable(h2Of(client).pipe(mergeMap(({ closed }) => closed))).toBe('----(c|)', {
        c: {
          error: new ClientError('protocol-error', WORDS, { reason: 'PROTOCOL_ERROR' }),
          goaway: { initiator: 'peer', code: 'PROTOCOL_ERROR', lastStream: 1, debugData: 'you sent nonsense' },
        },
      });
    }));

  it('is not an error after a graceful one; its GOAWAY is there to see', () =>
    httpTest(({ flow, connect, h2, expectObservable }) => {
      const server = flow('s-g--|', { s: h2.startServer(), g: h2.goaway(0, 'NO_ERROR', 'restart') });
      const client = connect(server, H2);
      expectObservable(h2Of(client).pipe(mergeMap(({ closed }) => closed))).toBe('-----(c|)', {
        c: {
          error: undefined,
          goaway: { initiator: 'peer', code: 'NO_ERROR', lastStream: 0, debugData: 'restart' },
        },
      });
    }));

  it('has the GOAWAY of this side, where the server broke a rule', () =>
    httpTest(({ flow, connect, h2, expectObservable }) => {
      const server = flow('s-p--|', { s: h2.startServer(), p: h2.data(1, 'of no stream') });
      const client = connect(server, H2);
      const goaway = h2Of(client).pipe(
        take(1),
        mergeMap(({ closed }) => closed),
        map((end) => `${end.error?.name} ${end.goaway?.initiator} ${end.goaway?.code}`),
      );
      expectObservable(goaway).toBe('-----(c|)', { c: 'ClientError local PROTOCOL_ERROR' });
    }));
});

describe('ping (RFC 9113 section 6.7)', () => {
  it('emits the time that its way there and back took', () =>
    httpTest(({ pair, serve, connect, expectObservable }) => {
      const { client, server } = pair({ latency: 7, alpn: 'h2' });
      serve(server, () => ({ status: 204 }));
      const pings = h2Of(connect(client)).pipe(
        delay(20),
        switchMap((connection) => connection.ping()),
      );
      expectObservable(pings, '^ 50ms !').toBe('34ms p', { p: 14 });
    }, SHORTLY));

  it('matches each response to its ping, and fails with the connection', () =>
    httpTest(({ flow, connect, h2, expectObservable, expectFrames }) => {
      const server = flow('s----b-#', { s: h2.startServer(), b: h2.ping('\0\0\0\0\0\0\0\x02', { ack: true }) });
      const connection = h2Of(connect(server, H2));
      const ping = (frame: number): Observable<number> =>
        timer(frame).pipe(
          mergeMap(() => connection.pipe(take(1))),
          concatMap((each) => each.ping()),
        );
      expectObservable(ping(1)).toBe('-------#', {}, new ClientError('closed', 'the connection has ended'));
      expectObservable(ping(3)).toBe('-----(p|)', { p: 2 });
      expectFrames(server).toBe('-p-p', { p: { type: 'PING' } });
    }, SHORTLY));
});

describe('the end of a connection', () => {
  it('`shutdown` lets what is under way end, and begins nothing more', () =>
    httpTest(({ flow, connect, h2, expectResponses, expectBody, expectFrames, expectObservable }) => {
      const server = flow('s----a-b---|', {
        s: h2.startServer(),
        a: h2.responseHead(1, 200),
        b: h2.data(1, 'ok', { end: true }),
      });
      const client = connect(server, H2);
      const get = client.request(GET, AT_1);
      at(3, client, (connection) => connection.shutdown());
      client.request(GET, { subscription: '----^' });
      expectResponses(client).toBe('----ea-----|', { e: { code: 'closed', retryable: true }, a: '200' });
      expectBody(get).toBe('-------(b|)', { b: 'ok' });
      expectFrames(server).toBe('-h-g---|', { h: { stream: 1 }, g: 'GOAWAY 0 NO_ERROR' });
      expectObservable(h2Of(client).pipe(switchMap(({ closed }) => closed))).toBe('-----------(c|)', {
        c: { error: undefined, goaway: { initiator: 'local', code: 'NO_ERROR', lastStream: 0, debugData: '' } },
      });
    }, SHORTLY));

  it('`close` ends it at once, with what is under way', () =>
    httpTest(({ flow, connect, h2, expectResponses, expectBody, expectFrames }) => {
      const server = flow('s-a-', { s: h2.startServer(), a: h2.responseHead(1, 200) });
      const client = connect(server, H2);
      const get = client.request(GET, AT_1);
      client.request(GET, AT_1);
      at(7, client, (connection) => connection.close());
      expectFrames(server).toBe('-(ab)--!', { a: { stream: 1 }, b: { stream: 3 } });
      expectResponses(client).toBe('--a----(e|)', { a: '200', e: { code: 'closed', retryable: false } });
      expectBody(get).toBe('-------#');
    }, SHORTLY));

  it('`capacity` and `exchangesOpen` say what there is room for, and what is under way', () =>
    httpTest(({ flow, connect, h2, expectObservable }) => {
      const server = flow('s--a', { s: h2.startServer({ MAX_CONCURRENT_STREAMS: 3 }), a: h2.response(1, 204) });
      const client = connect(server, H2);
      client.request(GET, { subscription: '--^' });
      client.request(GET, { subscription: '--^' });
      const looks = of(1, 2, 4).pipe(
        mergeMap((frame) => timer(frame)),
        mergeMap(() => h2Of(client).pipe(take(1))),
        map(({ capacity, exchangesOpen }) => `${exchangesOpen} of ${exchangesOpen + capacity}`),
      );
      expectObservable(looks).toBe('-ab-(c|)', { a: '0 of 3', b: '2 of 3', c: '1 of 3' });
    }, SHORTLY));
});

describe('push (RFC 9113 section 8.4)', () => {
  const PROMISED = '/style.css';

  it('is only enabled if somebody subscribes: without that, a server that pushes ends the connection', () =>
    httpTest(({ flow, connect, h2, expectFrames, expectResponses }) => {
      const server = flow('s-------p|', { s: h2.startServer(), p: h2.pushPromise(1, 2, PROMISED) });
      const client = connect(server, H2);
      client.request(GET);
      expectFrames(server, { beginning: true }).toBe('(pswha)-(g|)', {
        p: 'PREFACE',
        s: { type: 'SETTINGS' },
        w: { type: 'WINDOW_UPDATE', stream: 0 },
        h: { stream: 1, says: 'GET /' },
        a: 'SETTINGS ACK',
        g: { type: 'GOAWAY', says: '0 PROTOCOL_ERROR' },
      });
      expectResponses(client).toBe('--------e#', { e: { code: 'protocol-error', reason: 'PROTOCOL_ERROR' } });
    }));

  it('is taken by who subscribes to its response', () =>
    httpTest(({ flow, connect, h2, expectFrames, expectObservable }) => {
      const server = flow('s--p-ba', {
        s: h2.startServer(),
        p: h2.pushPromise(1, 2, PROMISED),
        b: h2.response(2, 200, 'pushed'),
        a: h2.response(1, 200, 'asked'),
      });
      const client = connect(server, H2);
      const pushes = h2Of(client).pipe(switchMap((connection) => connection.pushes));
      expectObservable(
        pushes.pipe(
          mergeMap(({ request, response }: ServerPush) =>
            response.pipe(
              mergeMap(({ body }) => body.text()),
              map((content) => `${request.method} ${request.url}: ${content}`),
            ),
          ),
        ),
        '^---------!',
      ).toBe('-----p', { p: 'GET http://test/style.css: pushed' });
      client.request(GET, AT_1);
      expectFrames(server).toBe('sh--------o', {
        s: { type: 'SETTINGS', says: 'ENABLE_PUSH=1 MAX_CONCURRENT_STREAMS=128' },
        h: 'HEADERS 1 GET / END_STREAM',
        o: { type: 'SETTINGS', says: 'ENABLE_PUSH=0' },
      });
    }, SHORTLY));

  it('is declined where nobody subscribes to its response by the end of the offer, or later', () =>
    httpTest(({ flow, connect, h2, expectFrames, expectObservable }) => {
      const server = flow('s--p', { s: h2.startServer(), p: h2.pushPromise(1, 2, PROMISED) });
      const client = connect(server, H2);
      client.request(GET, AT_1);
      const late = h2Of(client).pipe(
        switchMap((connection) => connection.pushes),
        delay(2),
        mergeMap(({ response }) => outcomeOf(response)),
      );
      expectObservable(late, '^--------!').toBe('-----e', { e: 'closed' });
      expectFrames(server).toBe('sh-r-----o', {
        s: { type: 'SETTINGS' },
        h: { stream: 1 },
        r: 'RST_STREAM 2 CANCEL',
        o: { type: 'SETTINGS' },
      });
    }, SHORTLY));

  it('is declined by unsubscribing before it has come', () =>
    httpTest(({ flow, connect, h2, expectFrames, expectObservable }) => {
      const server = flow('s--p---b', {
        s: h2.startServer(),
        p: h2.pushPromise(1, 2, PROMISED),
        b: h2.response(2, 200),
      });
      const client = connect(server, H2);
      client.request(GET, AT_1);
      const pushes = h2Of(client).pipe(switchMap((connection) => connection.pushes));
      expectObservable(pushes.pipe(mergeMap(({ response }) => response)), '^----!').toBe('');
      expectFrames(server).toBe('sh---(or)', {
        s: { type: 'SETTINGS' },
        h: { stream: 1 },
        r: 'RST_STREAM 2 CANCEL',
        o: { type: 'SETTINGS' },
      });
    }, SHORTLY));

  it('from our server, to our client', () =>
    httpTest(({ pair, serve, connect, expectObservable }) => {
      const { client, server } = pair({ latency: 1, alpn: 'h2' });
      serve(server, (request, exchange) => {
        if (exchange.protocol === 'h2' && request.path === '/')
          exchange.push({ path: PROMISED }, { status: 200, body: `this is ${PROMISED}` });
        return { status: 200, body: `this is ${request.path}` };
      });
      const connection = connect(client);
      const pushed = h2Of(connection).pipe(
        switchMap(({ pushes }) => pushes),
        mergeMap(({ response }) => response),
        mergeMap(({ body }) => body.text()),
      );
      expectObservable(pushed, '^ 10ms !').toBe('-------p', { p: 'this is /style.css' });
      connection.request(GET, { subscription: '-----^' });
    }, SHORTLY));
});
