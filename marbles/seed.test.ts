/**
 * The tests of the seed, paf, as diagrams: dispatch by ALPN, requests that repeat, a conversation, a large response, and many clients at
 * once. Its TLS, and the same over sockets, is in test/conformance/seed.test.ts; mimic's resolutions in resolve.test.ts.
 *
 * ```
 *              HTTP/1.1                       HTTP/2
 * alpn         --(h|)     h = http/1.1        --(h|)        h = h2
 * client       -a                             -(sa)         a = GET /, sent before the handshake is over
 * handler      --o        protocol http/1.1   --o           protocol h2
 * stop         ---s       the seed's switch   ---s
 * wire         --x|                           --x(gp)
 *
 * ping-pong    client   -p-q-p-|              lines of a request that goes on
 *              wire     h-q-p-q|              and of its answer, each in the turn of the line that it answers
 * ```
 */
import { concatMap, from, map, scan } from 'rxjs';
import { bytes, type Exchange, fromPull, type Handler, type HttpResponse, response, text } from 'rxpaf';
import { h1, h2, httpTest } from 'rxpaf/testing';

/** What the seed's handler looks at: which protocol it is called with. */
const protocolOf: Handler<string>['request'] = (_request, exchange: Exchange<string>) => text(exchange.protocol);
const OCTETS = { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' };
const NO_CONTENT = { h: 'HEADERS 1 200' };

describe('dispatch', () => {
  it('to HTTP/1.1, and the switch ends the service', () =>
    httpTest(({ flow, serve, cold, expectWire, expectRequests, expectServed, expectFaults }) => {
      const client = flow('-a-----|', { a: h1.get('/') });
      const service = serve(client, protocolOf, {
        alpn: cold('--(h|)', { h: 'http/1.1' }),
        stop: cold('----s'),
        limits: { lameDuckTimeout: 1 },
      });
      expectRequests(service).toBe('--a', { a: { method: 'GET', path: '/', version: '1.1' } });
      expectWire(client).toBe('--x--|', { x: h1.response(200, 'http/1.1') });
      expectServed(service).toBe('--s----|', { s: { protocol: 'http/1.1', status: 200 } });
      expectFaults(service).toBe('');
    }));

  it('to HTTP/2, and the switch ends the service', () =>
    httpTest(({ flow, serve, cold, expectFrames, expectRequests, expectServed, expectFaults }) => {
      const client = flow('-a--------P---|', {
        a: [h2.start(), h2.get(1, '/')],
        P: h2.ping('shutdown', { ack: true }),
      });
      const service = serve(client, protocolOf, { alpn: cold('--(h|)', { h: 'h2' }), stop: cold('------s') });
      expectRequests(service).toBe('--a', { a: { method: 'GET', path: '/', version: '2.0' } });
      expectFrames(client).toBe('--(xy)(gp)G---|', {
        x: 'HEADERS 1 200',
        y: 'DATA 1 "h2" END_STREAM',
        g: 'GOAWAY 2147483647 NO_ERROR',
        p: 'PING shutdown',
        G: 'GOAWAY 1 NO_ERROR',
      });
      expectServed(service).toBe('--s-----------|', { s: { protocol: 'h2', status: 200 } });
      expectFaults(service).toBe('');
    }));

  it('to both, concurrently', () =>
    httpTest(({ flow, serve, expectWire, expectFrames, expectServed }) => {
      const one = flow('-a---|', { a: h1.get('/') });
      const two = flow('-a---|', { a: [h2.start(), h2.get(1, '/')] });
      const service = serve([one, two], protocolOf, { alpn: (flow) => (flow === one ? 'http/1.1' : 'h2') });
      expectWire(one).toBe('-x---|', { x: h1.response(200, 'http/1.1') });
      expectFrames(two).toBe('-(xy)|', { x: 'HEADERS 1 200', y: 'DATA 1 "h2" END_STREAM' });
      expectServed(service).toBe('-(ab)|', { a: { protocol: 'http/1.1' }, b: { protocol: 'h2' } });
    }));
});

describe('repeat', () => {
  const handler: Handler['request'] = ({ path }) => text(path === '/ping' ? 'pong' : 'ping');

  it('on one connection of HTTP/1.1', () =>
    httpTest(({ flow, serve, expectWire, expectServed }) => {
      const client = flow('a-b-a-b|', { a: h1.get('/ping'), b: h1.get('/pong') });
      const service = serve(client, handler);
      expectWire(client).toBe('x-y-x-y|', { x: h1.response(200, 'pong'), y: h1.response(200, 'ping') });
      expectServed(service).toBe('s-s-s-s|', { s: '200' });
    }));

  it('on one connection of HTTP/2, a stream each', () =>
    httpTest(({ flow, serve, expectFrames, expectServed }) => {
      const client = flow('a----b----c----|', {
        a: [h2.start(), h2.get(1, '/ping')],
        b: h2.get(3, '/pong'),
        c: h2.get(5, '/ping'),
      });
      const service = serve(client, handler);
      expectFrames(client).toBe('(ax)-(by)-(cz)-|', {
        a: 'HEADERS 1 200',
        x: 'DATA 1 "pong" END_STREAM',
        b: 'HEADERS 3 200',
        y: 'DATA 3 "ping" END_STREAM',
        c: 'HEADERS 5 200',
        z: 'DATA 5 "pong" END_STREAM',
      });
      expectServed(service).toBe('s----s----s----|', { s: '200' });
    }));

  it('on a connection each, one after the other', () =>
    httpTest(({ flow, serve, hot, expectWire, expectServed }) => {
      const clients = [0, 3, 6].map((begin) => flow(`${'-'.repeat(begin)}-a|`, { a: h1.get('/ping') }));
      const service = serve(hot('0--3--6|', { 0: clients[0]!, 3: clients[1]!, 6: clients[2]! }), handler);
      [0, 3, 6].forEach((begin, index) =>
        expectWire(clients[index]!).toBe(`${'-'.repeat(begin)}-x|`, { x: h1.response(200, 'pong') }),
      );
      expectServed(service).toBe('-s--s--s|', { s: '200' });
    }));
});

describe('a conversation (the ping-pong of the seed)', () => {
  /** Responds to each whole line as it comes. */
  const pingPong: Handler['request'] = ({ body }) =>
    bytes(
      body.pipe(
        scan(
          ({ rest }, chunk) => {
            const lines = `${rest}${Buffer.from(chunk).toString()}`.split('\n');
            return { rest: lines.pop()!, lines };
          },
          { rest: '', lines: [] as string[] },
        ),
        concatMap(({ lines }) => from(lines)),
        map((line) => Buffer.from(line === 'ping' ? 'pong\n' : 'ping\n')),
      ),
    );

  it('on HTTP/1.1, in chunks', () =>
    httpTest(({ flow, serve, expectWire, expectFaults }) => {
      const client = flow('a-p-q-h-i-e-|', {
        a: h1.requestHead('POST', '/', { 'transfer-encoding': 'chunked' }),
        p: h1.chunk('ping\n'),
        q: h1.chunk('pong\n'),
        h: h1.chunk('pi'),
        i: h1.chunk('ng\n'),
        e: h1.lastChunk(),
      });
      const service = serve(client, pingPong);
      expectWire(client).toBe('--a-p---q-e-|', {
        a: [h1.responseHead(200, OCTETS), h1.chunk('pong\n')],
        q: h1.chunk('pong\n'),
        p: h1.chunk('ping\n'),
        e: h1.lastChunk(),
      });
      expectFaults(service).toBe('');
    }));

  it('on HTTP/2', () =>
    httpTest(({ flow, serve, expectFrames, expectFaults }) => {
      const client = flow('a-p----q-h-i-e-|', {
        a: [h2.start(), h2.requestHead(1, 'POST', '/')],
        p: h2.data(1, 'ping\n'),
        q: h2.data(1, 'pong\n'),
        h: h2.data(1, 'pi'),
        i: h2.data(1, 'ng\n'),
        e: h2.data(1, '', { end: true }),
      });
      const service = serve(client, pingPong);
      expectFrames(client).toBe('--(hq)-p---q-e-|', {
        ...NO_CONTENT,
        q: 'DATA 1 "pong\\n"',
        p: 'DATA 1 "ping\\n"',
        e: 'DATA 1 "" END_STREAM',
      });
      expectFaults(service).toBe('');
    }));
});

describe('a large response', () => {
  const KIB = 1024;
  const piece = (letter: string): Buffer => Buffer.alloc(64 * KIB, letter);
  const large = (): HttpResponse =>
    response(200, { 'content-length': 4 * 64 * KIB }, fromPull(Array.from('abcd', piece)));

  it('on HTTP/1.1 comes whole, as fast as it is taken', () =>
    httpTest(({ flow, serve, slowPeer, expectWire, expectServed }) => {
      const client = flow('a-------------|', { a: h1.get('/large') }, slowPeer('---t---t--t---'));
      const service = serve(client, large);
      // At most two pieces wait in between: as much as one write may hold back.
      expectWire(client).toBe('h--b---d------|', {
        h: [h1.responseHead(200, { 'content-length': 4 * 64 * KIB }), piece('a')],
        b: [piece('b'), piece('c')],
        d: piece('d'),
      });
      expectServed(service).toBe('-------s------|', { s: { sent: 4 * 64 * KIB, outcome: 'complete' } });
    }));

  it('on HTTP/2 comes whole, as far as the windows open', () =>
    httpTest(({ flow, serve, expectFrames, expectServed }) => {
      const client = flow('a-----------w-----------w--------------|', {
        a: [h2.start({ INITIAL_WINDOW_SIZE: 64 * KIB }), h2.windowUpdate(0, 1 << 20), h2.get(1, '/large')],
        w: h2.windowUpdate(1, 96 * KIB),
      });
      const service = serve(client, large);
      expectFrames(client).toBe('(hdddd)-----(dddddd)----(dddddz)-------|', {
        ...NO_CONTENT,
        d: 'DATA 1 (16384 bytes)',
        z: 'DATA 1 (16384 bytes) END_STREAM',
      });
      expectServed(service).toBe('------------------------s--------------|', { s: { sent: 4 * 64 * KIB } });
    }));
});

describe('stress: 100 connections with 20 requests each', () => {
  const CONNECTIONS = 100;
  const REQUESTS = 20;
  const each = Array.from({ length: REQUESTS }, (_, index) => index);
  const echo: Handler['request'] = ({ path, body }) => body.text().pipe(map((content) => text(`${path} ${content}`)));

  /** What is served: all that was asked at once, and 3 s from the beginning the last request of each connection. */
  const served = `(${'s'.repeat(CONNECTIONS * REQUESTS)}) ${3000 - CONNECTIONS * REQUESTS - 2}ms (${'s'.repeat(CONNECTIONS)})`;
  const rest = (from: number): string => ` ${4000 - from}ms |`;

  it('of HTTP/1.1, pipelined, and cut anywhere', () =>
    httpTest(({ flow, serve, fragment, expectWire, expectFaults, expectServed }) => {
      const clients = Array.from({ length: CONNECTIONS }, (_, client) => {
        const values = { a: each.map((n) => h1.post(`/${client}`, `${n}`)), b: h1.get('/last') };
        return flow('a 2999ms b 999ms |', values, fragment(client + 1));
      });
      const service = serve(clients, echo);
      clients.forEach((client, index) =>
        expectWire(client).toBe('x 2999ms y 999ms |', {
          x: each.map((n) => h1.response(200, `/${index} ${n}`)),
          y: h1.response(200, '/last '),
        }),
      );
      expectServed(service).toBe(served + rest(3002 + CONNECTIONS), { s: '200' });
      expectFaults(service).toBe('');
    }));

  it('of HTTP/2, a stream each, and cut anywhere', () =>
    httpTest(({ flow, serve, fragment, expectFrames, expectFaults, expectServed }) => {
      const clients = Array.from({ length: CONNECTIONS }, (_, client) => {
        const posts = each.map((n) => h2.post(2 * n + 1, `/${client}`, `${n}`));
        const values = { a: [h2.start(), ...posts], b: h2.get(2 * REQUESTS + 1, '/last') };
        return flow('a 2999ms b 999ms |', values, fragment(client + 1));
      });
      const service = serve(clients, echo);
      clients.forEach((client, index) => {
        const answers = each.flatMap((n) => [
          [String.fromCodePoint(0x100 + n), `HEADERS ${2 * n + 1} 200`] as const,
          [String.fromCodePoint(0x200 + n), `DATA ${2 * n + 1} "/${index} ${n}" END_STREAM`] as const,
        ]);
        const letters = answers.map(([letter]) => letter).join('');
        expectFrames(client).toBe(`(${letters}) ${3000 - letters.length - 2}ms (xy) 996ms |`, {
          ...Object.fromEntries<string>(answers),
          x: `HEADERS ${2 * REQUESTS + 1} 200`,
          y: `DATA ${2 * REQUESTS + 1} "/last " END_STREAM`,
        });
      });
      expectServed(service).toBe(served + rest(3002 + CONNECTIONS), { s: '200' });
      expectFaults(service).toBe('');
    }));
});
