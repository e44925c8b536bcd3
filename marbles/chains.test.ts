/**
 * The dispatch by hand: one flow, one `switchMap`, any protocol id.
 *
 * ```
 * sockets  -x-y-z---         accepted connections, as an Observable
 * ALPN     -e-h-?---         e = echo/1, h = h2, ? = an id without a chain
 * x        -a--b-|           bytes to a protocol of your own ...
 * wire     -a--b-|           ... which sends them back
 * z        ----------!       is a typed error, and the flow is closed
 * ```
 */
import { catchError, ignoreElements, map, mergeMap, type Observable, of, tap, throwError } from 'rxjs';
import {
  alpn,
  type Flow,
  h1 as http1,
  h2 as http2,
  type HttpConnection,
  type ProtocolError,
  type Served,
  text,
} from 'rxpaf';
import { httpTest, type TestFlow } from 'rxpaf/testing';

/** A protocol of your own: it sends all bytes back. */
const echo = (flow: Flow): Observable<never> => {
  flow.subscribe(flow);
  return flow.drained.pipe(ignoreElements());
};

const respond = (connection: HttpConnection): Observable<Served> =>
  connection.exchanges.pipe(mergeMap((exchange) => exchange.respond(() => text('ok'))));

describe('a chain on a flow', () => {
  it('h1() emits the connection, and completes when it has closed', () =>
    httpTest(({ flow, chain, h1, expectWire, expectServed, expectObservable }) => {
      const client = flow('-a---|', { a: h1.get('/') });
      const running = chain(client, (flow) => http1()(flow).pipe(mergeMap(respond)));
      expectWire(client).toBe('-x---|', { x: h1.response(200, 'ok') });
      expectServed(running).toBe('-s---|', { s: { status: 200, protocol: 'http/1.1' } });
      expectObservable(running).toBe('-----|');
    }));

  it('h2() as well', () =>
    httpTest(({ flow, chain, h2, expectFrames, expectServed }) => {
      const client = flow('-(sa)-|', { s: h2.start(), a: h2.get(1, '/') });
      const running = chain(client, (flow) => http2()(flow).pipe(mergeMap(respond)));
      expectFrames(client).toBe('-(hd)-|', { h: 'HEADERS 1 200', d: 'DATA 1 "ok" END_STREAM' });
      expectServed(running).toBe('-s----|', { s: { status: 200, protocol: 'h2' } });
    }));

  it('closes the flow when it is unsubscribed from', () =>
    httpTest(({ flow, chain, h2, expectWire, expectSubscriptions }) => {
      const [first, second] = [flow('-----'), flow('-----')];
      chain(first, (flow) => http1()(flow).pipe(mergeMap(respond)), { unsubscribe: '---!' });
      chain(second, (flow) => http2()(flow).pipe(mergeMap(respond)), { unsubscribe: '---!' });
      expectSubscriptions(first).toBe('^--!');
      expectSubscriptions(second).toBe('^--!');
      expectWire(first).toBe('---!');
      expectWire(second).toBe('s--!', { s: h2.serverPreface });
    }));

  it('may be one of your own', () =>
    httpTest(({ flow, chain, expectWire, expectObservable, expectCredit }) => {
      const client = flow('-a--b-|', { a: 'hello', b: 'again' });
      const running = chain(client, echo);
      expectWire(client).toBe('-a--b-|', { a: 'hello', b: 'again' });
      expectCredit(client).toBe('-5--5');
      expectObservable(running).toBe('------|');
    }));
});

describe('the dispatch to several chains', () => {
  it('selects by the ALPN result of each flow, in the words of the design', () =>
    httpTest(({ flow, hot, chain, h1, h2, expectWire, expectFrames, expectServed }) => {
      const first = flow('---a----|', { a: 'hello' });
      const second = flow('----(sa)--|', { s: h2.start(), a: h2.get(1, '/') });
      const third = flow('-----a----|', { a: h1.get('/') });
      const ids = new Map([
        [first, 'echo/1'],
        [second, 'h2'],
        [third, 'http/1.1'],
      ]);
      const info = { injection: (flow: TestFlow) => flow, alpn: (flow: TestFlow) => ids.get(flow) };
      const sockets = hot<TestFlow>('-a-b-c|', { a: first, b: second, c: third });

      // Accepted connections arrive as an Observable; the ALPN result of each flow selects its chain.
      const served = sockets.pipe(
        mergeMap((socket) =>
          of(info.alpn(socket)).pipe(
            alpn(info.injection(socket), { 'http/1.1': http1(), h2: http2(), 'echo/1': echo }),
          ),
        ),
        mergeMap(respond),
      );

      const running = chain(first, () => served);
      expectWire(first).toBe(' ---a----|', { a: 'hello' });
      expectFrames(second).toBe('----(hd)--|', { h: 'HEADERS 1 200', d: 'DATA 1 "ok" END_STREAM' });
      expectWire(third).toBe(' -----x----|', { x: h1.response(200, 'ok') });
      expectServed(running).toBe('----hx----|', { h: { protocol: 'h2' }, x: { protocol: 'http/1.1' } });
    }));

  it('refuses an id without a chain: a typed error that says what to do, and the flow is closed', () =>
    httpTest(({ flow, chain, expectWire, expectObservable }) => {
      const client = flow('-a--', { a: 'hello' });
      const running = chain(client, (flow) =>
        of('gopher').pipe(
          alpn(flow, { 'echo/1': echo }),
          catchError(({ code, message }: ProtocolError) => of([code, message])),
        ),
      );
      expectObservable(running).toBe('(e|)', {
        e: ['unknown-protocol', 'no chain for the protocol "gopher": add one under its id'],
      });
      expectWire(client).toBe('!');
    }));

  it.each<[string, () => Observable<never>]>([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
    ],
    ['fails', () => throwError(() => new Error('boom'))],
  ])('passes on what a chain %s', (_how, broken) =>
    httpTest(({ flow, chain, expectObservable }) => {
      const client = flow('-a--', { a: 'hello' });
      const running = chain(client, (flow) => of('mine').pipe(alpn(flow, { mine: broken })));
      expectObservable(running).toBe('#', {}, new Error('boom'));
    }),
  );
});

describe('a protocol of your own in a service', () => {
  it('is served by the side of HTTP', () =>
    httpTest(({ flow, serve, h1, expectWire, expectServed, expectObservable, expectFaults }) => {
      const mine = flow('-a--b-|', { a: 'hello', b: 'again' });
      const other = flow('-a----|', { a: h1.get('/') });
      const service = serve([mine, other], () => text('ok'), {
        protocols: { 'echo/1': echo },
        alpn: (flow) => (flow === mine ? 'echo/1' : undefined),
      });
      expectWire(mine).toBe(' -a--b-|', { a: 'hello', b: 'again' });
      expectWire(other).toBe('-x----|', { x: h1.response(200, 'ok') });
      expectServed(service).toBe('-s----|', { s: '200' });
      expectObservable(service).toBe('------|');
      expectFaults(service).toBe('');
    }));

  it('emits what its chain emits', () =>
    httpTest(({ flow, serve, expectObservable, expectWire }) => {
      const client = flow('-a-b-|', { a: 'ab', b: 'cde' });
      const service = serve(client, () => text('ok'), {
        protocols: { 'count/1': (flow, { peer }) => flow.pipe(map(({ length }) => `${length} of ${peer}`)) },
        alpn: 'count/1',
      });
      expectObservable(service).toBe('-a-b-|', { a: '2 of flow 1', b: '3 of flow 1' });
      // Its chain has completed, and so has its side of the flow.
      expectWire(client).toBe('      -----|');
    }));

  it.each<[string, () => Observable<never>]>([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
    ],
    ['fails', () => throwError(() => new Error('boom'))],
  ])('is a fault where its chain %s: its flow is closed, and the others go on', (_how, broken) =>
    httpTest(({ flow, serve, h1, expectWire, expectServed, expectFaults }) => {
      const mine = flow('-a--', { a: 'hello' });
      const other = flow('-a--|', { a: h1.get('/') });
      const service = serve([mine, other], () => text('ok'), {
        protocols: { mine: broken },
        alpn: (flow) => (flow === mine ? 'mine' : undefined),
      });
      expectWire(mine).toBe('!');
      expectFaults(service).toBe('f', { f: { message: 'boom', scope: 'connection', peer: 'flow 1' } });
      expectServed(service).toBe('-s--|', { s: '200' });
    }),
  );

  it('is closed with the service that is unsubscribed from', () =>
    httpTest(({ flow, serve, expectWire, expectSubscriptions }) => {
      const client = flow('-a----', { a: 'hello' });
      serve(client, () => text('ok'), {
        protocols: { 'echo/1': (flow) => flow.pipe(tap((chunk) => flow.next(chunk))) },
        alpn: 'echo/1',
        unsubscribe: '---!',
      });
      expectSubscriptions(client).toBe('^--!');
      expectWire(client).toBe('-a-!', { a: 'hello' });
    }));

  it('has the drain time to end when the service stops', () =>
    httpTest(({ flow, serve, cold, expectWire, expectFaults, expectServed }) => {
      const quick = flow('-a---|', { a: 'hello' });
      const stubborn = flow('-a', { a: 'hello' });
      const service = serve([quick, stubborn], () => text('ok'), {
        protocols: { 'echo/1': (flow) => flow.pipe(tap((chunk) => flow.next(chunk))) },
        alpn: 'echo/1',
        stop: cold('--s'),
        limits: { drainTimeout: 10 },
      });
      expectWire(quick).toBe('   -a---|', { a: 'hello' });
      expectWire(stubborn).toBe('-a----------!', { a: 'hello' });
      expectFaults(service).toBe('------------f', { f: { code: 'going-away', scope: 'connection' } });
      expectServed(service).toBe('------------|');
    }));
});
