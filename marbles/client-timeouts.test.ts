/**
 * Limits of time on a client's side, to the millisecond, and what is seen of them on the wire.
 *
 * ```
 *            0 s            30 s
 * wire       x--------------!             the request is out, and no response comes
 * response   ---------------e             e = headers-timeout: from the end of the request
 *
 * wire       h--b- 30s -----r             h, b = a head, and its content as it comes: the time begins with its end
 * server     ------a- 60s                 a = the head of a response, and nothing more
 * content    -------- 60s --e             e = body-timeout
 *
 * server     ------a                      a response without content: the connection is idle,
 * wire       x------- 30s --|             and comes to its end
 * ```
 */
import { concat, interval, map, mergeMap, NEVER, of, timer } from 'rxjs';
import { Body, ClientError, type ClientRequest, consume } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';
import { contentOf, drawnClient, outcomeOf } from '../test/kits/marbles/client.js';

const URL = 'http://test/';
const GET: ClientRequest = { url: URL };
const H2 = { alpn: 'h2' };
const ONCE = { retry: false } as const;
const BUSY = { limits: { idleTimeout: Infinity } } as const;

describe('headTimeout, 30 s: from the end of the request to the head of its response', () => {
  it('at it: a response that comes a millisecond before', () =>
    httpTest(({ flow, connect, h1, expectResponses, expectWire }) => {
      const server = flow('29999ms a', { a: h1.response(200) });
      const client = connect(server, BUSY);
      client.request(GET);
      expectResponses(client).toBe('29999ms a', { a: '200' });
      expectWire(server).toBe('x', { x: h1.get('/') });
    }));

  it('past it: on HTTP/1.1 the connection ends', () =>
    httpTest(({ flow, connect, h1, expectResponses, expectWire }) => {
      const server = flow('30001ms a', { a: h1.response(200) });
      const client = connect(server, BUSY);
      client.request(GET);
      expectResponses(client).toBe('30s (|e)', { e: { code: 'headers-timeout', status: 504, retryable: false } });
      expectWire(server).toBe('x 29999ms !', { x: h1.get('/') });
    }));

  it('past it: on HTTP/2 its stream is reset, and the connection goes on where it is heard of', () =>
    httpTest(({ flow, connect, h2, expectResponses, expectFrames }) => {
      const server = flow('s---b 30s a', { s: h2.startServer(), a: h2.response(1, 200), b: h2.response(3, 204) });
      const client = connect(server, { ...H2, ...BUSY });
      client.request(GET, { subscription: '-^' });
      client.request(GET, { subscription: '--^' });
      expectResponses(client).toBe('----b 29996ms e', { b: '204', e: { code: 'headers-timeout', reason: 'CANCEL' } });
      expectFrames(server).toBe('-ab 29998ms r', { a: { stream: 1 }, b: { stream: 3 }, r: 'RST_STREAM 1 CANCEL' });
    }));

  it('past it: one that is silent altogether is left: it may be dead', () =>
    httpTest(
      ({ flow, h2, expectObservable, expectFrames }) => {
        const one = flow('s 31s |', { s: h2.startServer() });
        const two = flow('30002ms s-a', { s: h2.startServer(), a: h2.response(1, 200) });
        const http = drawnClient([one, two], { protocols: ['h2'] });
        expectObservable(outcomeOf(http.get(URL)), '-^').toBe('30001ms (e|)', { e: 'headers-timeout' });
        expectObservable(outcomeOf(http.get(URL)), '30002ms ^').toBe('30004ms (o|)', { o: '200' });
        expectFrames(one).toBe('-a 29999ms (gr|)', {
          a: { stream: 1 },
          g: { type: 'GOAWAY' },
          r: 'RST_STREAM 1 CANCEL',
        });
        expectFrames(two).toBe('30002ms a', { a: { stream: 1 } });
      },
      { duration: '50s' },
    ));

  it('does not begin before the end of the request’s content', () =>
    httpTest(({ flow, connect, h2, cold, expectResponses, expectFrames }) => {
      const server = flow('s 70s p', { s: h2.startServer(), p: h2.ping('are you?') });
      const client = connect(server, { ...H2, ...BUSY });
      client.request({ ...GET, method: 'PUT', body: cold('- 40s a 20s b|') });
      expectFrames(server).toBe('h 40s a 20s be 9997ms p 20001ms r', {
        h: { stream: 1 },
        a: 'DATA 1 "a"',
        b: 'DATA 1 "b"',
        e: 'DATA 1 "" END_STREAM',
        p: 'PING ACK are you?',
        r: 'RST_STREAM 1 CANCEL',
      });
      expectResponses(client).toBe('90003ms e', { e: 'headers-timeout' });
    }));

  it('is not restarted by interim responses', () =>
    httpTest(({ flow, connect, h1, expectResponses }) => {
      const server = flow('20s i', { i: h1.interim(102) });
      const client = connect(server, BUSY);
      client.request(GET);
      expectResponses(client).toBe('30s (|e)', { e: 'headers-timeout' });
    }));
});

describe('the time limits of one request', () => {
  it.each(['http/1.1', 'h2'] as const)('headTimeout is in the place of that of the client, on %s', (protocol) =>
    httpTest(
      ({ flow, h2, expectObservable }) => {
        const servers = [0, 1].map(() => (protocol === 'h2' ? flow('s', { s: h2.startServer() }) : flow('-')));
        const http = drawnClient(servers, { ...ONCE, protocols: [protocol] });
        expectObservable(outcomeOf(http.get(URL, { headTimeout: 5 }))).toBe('-----(e|)', { e: 'headers-timeout' });
        expectObservable(outcomeOf(http.get(URL)), '10ms ^').toBe('30010ms (e|)', { e: 'headers-timeout' });
      },
      { duration: '32s' },
    ),
  );

  it.each(['http/1.1', 'h2'] as const)('bodyTimeout is in the place of that of the client, on %s', (protocol) =>
    httpTest(({ flow, h1, h2, expectObservable }) => {
      const server =
        protocol === 'h2'
          ? flow('s-a', { s: h2.startServer(), a: h2.responseHead(1, 200) })
          : flow('--a', { a: h1.responseHead(200, { 'content-length': 2 }) });
      const http = drawnClient([server], { ...ONCE, protocols: [protocol] });
      expectObservable(contentOf(http.get(URL, { bodyTimeout: 7 }))).toBe('---------(e|)', { e: 'body-timeout' });
    }),
  );
});

describe('bodyTimeout, 60 s: a body that does not go on, or that nobody reads', () => {
  it('at it: each byte restarts it', () =>
    httpTest(({ flow, connect, h1, expectBody }) => {
      const server = flow('a 59998ms b 59998ms c', {
        a: h1.responseHead(200, { 'content-length': 2 }),
        b: 'x',
        c: 'y',
      });
      expectBody(connect(server, BUSY).request(GET)).toBe('59999ms b 59998ms (c|)', { b: 'x', c: 'y' });
    }));

  it('past it: what came has been delivered, then the error; on HTTP/1.1 the connection ends', () =>
    httpTest(({ flow, request, h1, expectObservable, expectWire, expectBody }) => {
      const server = flow('-a-b', { a: h1.responseHead(200, { 'content-length': 2 }), b: 'x' });
      const get = request(server, GET);
      expectBody(get).toBe('---b 59999ms #', { b: 'x' });
      expectWire(server).toBe('x 60002ms !', { x: h1.get('/') });
      const other = flow('-a-b', { a: h1.responseHead(200, { 'content-length': 2 }), b: 'x' });
      expectObservable(contentOf(drawnClient([other], ONCE).get(URL))).toBe('60003ms (e|)', { e: 'body-timeout' });
    }));

  it('past it: on HTTP/2 its stream is reset', () =>
    httpTest(({ flow, connect, h2, expectFrames, expectBody }) => {
      const server = flow('s-a', { s: h2.startServer(), a: h2.responseHead(1, 200) });
      const get = connect(server, { ...H2, ...BUSY }).request(GET);
      expectBody(get).toBe('60002ms #');
      expectFrames(server).toBe('h 60001ms r', { h: { stream: 1 }, r: 'RST_STREAM 1 CANCEL' });
    }));

  it.each(['http/1.1', 'h2'])('past it: a body that nobody reads, on %s', (alpn) =>
    httpTest(
      ({ pair, serve, connect, expectServed, expectResponses }) => {
        const { client, server } = pair({ alpn });
        const service = serve(server, () => ({ status: 200, body: concat(of('x'), NEVER) }));
        const connection = connect(client, BUSY);
        connection.request(GET, { read: false });
        expectResponses(connection).toBe(alpn === 'h2' ? 'a' : 'a 59999ms |', { a: '200' });
        expectServed(service).toBe(alpn === 'h2' ? '60s s' : '60s (s|)', { s: { outcome: 'aborted' } });
      },
      { duration: '62s' },
    ),
  );

  it.each(['http/1.1', 'h2'])('past it: a body that nobody reads, though bytes trickle in, on %s', (alpn) =>
    httpTest(
      ({ pair, serve, connect, expectServed }) => {
        const { client, server } = pair({ alpn });
        const service = serve(server, () => ({ status: 200, body: interval(10_000).pipe(map(() => ':')) }));
        connect(client, BUSY).request(GET, { read: false });
        // The head waits 50 ms for the first content.
        expectServed(service).toBe(alpn === 'h2' ? '60050ms s' : '60050ms (s|)', { s: { outcome: 'aborted' } });
      },
      { duration: '62s' },
    ),
  );

  it('does not count while the reader is the slow one', () =>
    httpTest(({ flow, connect, h1, expectBody, expectCredit }) => {
      const server = flow('ab', { a: h1.responseHead(200, { 'content-length': 16 }), b: '1234567812345678' });
      const get = connect(server, { limits: { bodyWindow: 8, idleTimeout: Infinity } }).request(GET, {
        read: (body) => body.pipe(consume(() => timer(200_000))),
      });
      expectBody(get).toBe('-(b|)', { b: '1234567812345678' });
      expectCredit(get).toBe('200001ms x', { x: 16 });
    }));
});

describe('writeTimeout, 60 s: a server that takes nothing of the request', () => {
  it('of the window of its stream: that is reset, and the connection goes on', () =>
    httpTest(({ flow, connect, h2, expectFrames, expectResponses }) => {
      const server = flow('s', { s: h2.startServer({ INITIAL_WINDOW_SIZE: 0 }) });
      const client = connect(server, { ...H2, ...BUSY });
      const body = new Body();
      client.request({ ...GET, method: 'PUT', body }, { subscription: '-^' });
      timer(2).subscribe(() => body.next(Buffer.from('x')));
      expectFrames(server).toBe('-h 60s r', { h: { stream: 1 }, r: 'RST_STREAM 1 CANCEL' });
      expectResponses(client).toBe('60002ms e', { e: { code: 'write-timeout', status: 504, reason: 'CANCEL' } });
    }));

  it('of whole content, too', () =>
    httpTest(({ flow, connect, h2, expectResponses }) => {
      const server = flow('s', { s: h2.startServer({ INITIAL_WINDOW_SIZE: 0 }) });
      const client = connect(server, { ...H2, ...BUSY });
      client.request({ ...GET, method: 'PUT', body: 'x' }, { subscription: '-^' });
      expectResponses(client).toBe('60001ms e', { e: 'write-timeout' });
    }));

  it('of the connection: it breaks', () =>
    httpTest(({ flow, connect, slowPeer, h1, expectWire, expectResponses }) => {
      const server = flow('', {}, slowPeer('- 59s a', { a: 1 }));
      const client = connect(server, { limits: { headTimeout: Infinity } });
      client.request({ ...GET, method: 'PUT', body: 'x' });
      // A byte was taken in the first minute, and none in the second.
      expectResponses(client).toBe('2m (e#)', { e: { code: 'write-timeout', retryable: false } });
      expectWire(server).toBe('x 119999ms !', { x: h1.request('PUT', '/', 'x') });
    }));
});

describe('connecting', () => {
  it.each(['connect-timeout', 'handshake-timeout'] as const)('%s is its transport’s: nothing was sent', (code) =>
    httpTest(({ cold, expectObservable, expectSubscriptions }) => {
      const slow = cold<never>('3s #', undefined, new ClientError(code, 'it took too long', { retryable: true }));
      expectObservable(outcomeOf(drawnClient([slow], ONCE).get(URL))).toBe('3s (e|)', { e: `${code}!` });
      expectSubscriptions(slow).toBe('^ 2999ms !');
    }),
  );

  it('settingsTimeout, 10 s: an HTTP/2 server that does not begin with its SETTINGS', () =>
    httpTest(({ flow, connect, expectResponses, expectFrames }) => {
      const server = flow('');
      const client = connect(server, H2);
      client.request(GET, { subscription: '-^' });
      expectFrames(server).toBe('-h 9998ms (g|) 4996ms !', { h: { stream: 1 }, g: { type: 'GOAWAY' } });
      expectResponses(client).toBe('10s e 4999ms #', { e: { code: 'headers-timeout', reason: 'SETTINGS_TIMEOUT' } });
    }));
});

describe('idleTimeout: a connection on which nothing is under way', () => {
  it('is ended by the pool after 30 s', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-a 30s |', { a: h1.response(200) });
      expectObservable(outcomeOf(drawnClient([one]).get(URL))).toBe('-(o|)', { o: '200' });
      expectWire(one).toBe('x 30s |', { x: h1.get('/') });
    }));

  it('... on HTTP/2 with a GOAWAY', () =>
    httpTest(({ flow, h2, expectFrames, expectObservable }) => {
      const one = flow('sa 30s |', { s: h2.startServer(), a: h2.response(1, 200) });
      expectObservable(outcomeOf(drawnClient([one], { protocols: ['h2'] }).get(URL))).toBe('-(o|)', { o: '200' });
      expectFrames(one).toBe('h 30s (g|)', { h: { stream: 1 }, g: 'GOAWAY 0 NO_ERROR' });
    }));

  it('is ended after 65 s where it is a program’s own (`connect`)', () =>
    httpTest(({ flow, connect, expectWire, expectResponses }) => {
      const server = flow('65s -|');
      expectResponses(connect(server)).toBe('65001ms |');
      expectWire(server).toBe('65s |');
    }));

  it('a request that comes in time has it', () =>
    httpTest(
      ({ flow, h1, expectWire, expectObservable }) => {
        const one = flow('-a 29999ms a', { a: h1.response(200) });
        const http = drawnClient([one]);
        const twice = timer(0, 30_000).pipe(mergeMap(() => outcomeOf(http.get(URL))));
        expectObservable(twice, '^ 31s !').toBe('-a 29999ms a', { a: '200' });
        expectWire(one).toBe('x 29999ms x', { x: h1.get('/') });
      },
      { duration: '40s' },
    ));
});
