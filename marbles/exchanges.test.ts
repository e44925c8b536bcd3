/**
 * Requests as a stream: a connection emits its exchanges, in demand.
 *
 * ```
 * client     -ab--------------|    a, b = requests on two connections, or two streams
 *            -cd--------------|    c, d = two more
 * exchanges  -ac---bd----          consume(..., { concurrency: 2 }) retains two of all at a time
 * wire       -----xX---yY          each response makes room for the next request
 * ```
 */
import {
  catchError,
  concat,
  delay,
  EMPTY,
  groupBy,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  reduce,
  Subject,
  take,
  tap,
  timer,
} from 'rxjs';
import {
  consume,
  type Exchange,
  type HttpConnection,
  type HttpResponse,
  key,
  type ResponseError,
  type Served,
  type Service,
  text,
} from 'rxpaf';
import { httpTest } from 'rxpaf/testing';

type Connections = Observable<HttpConnection<string>>;

/** Responds after 4 ms, with the path. */
const slow: Service = ({ path }) => of(text(path)).pipe(delay(4));

const exchangesOf = (connections: Connections): Observable<Exchange<string>> =>
  connections.pipe(mergeMap((connection) => connection.exchanges));

describe('exchanges are paused until they are subscribed to', () => {
  const later = (connections: Connections): Observable<Served> =>
    connections.pipe(
      mergeMap((connection) => timer(3).pipe(mergeMap(() => connection.exchanges))),
      mergeMap((exchange) => exchange.respond(() => text('ok'))),
    );

  it('HTTP/1.1: nothing is read', () =>
    httpTest(({ flow, serveConnections, h1, expectWire, expectRequests, expectCredit }) => {
      const client = flow('            -a------|', { a: h1.get('/') });
      const service = serveConnections(client, later, { alpn: 'http/1.1' });
      expectRequests(service).toBe('---a', { a: 'GET /' });
      expectWire(client).toBe('     ---x----|', { x: h1.response(200, 'ok') });
      expectCredit(client).toBe('   ---c', { c: h1.get('/').length });
    }));

  it('HTTP/2: exchanges wait', () =>
    httpTest(({ flow, serveConnections, h2, expectFrames, expectRequests }) => {
      const client = flow('            -(sab)-----|', { s: h2.start(), a: h2.get(1, '/1'), b: h2.get(3, '/2') });
      const service = serveConnections(client, later, { alpn: 'h2' });
      expectRequests(service).toBe('---(ab)', { a: 'GET /1', b: 'GET /2' });
      expectFrames(client).toBe('   ---(hdHD)--|', {
        h: 'HEADERS 1 200',
        d: 'DATA 1 "ok" END_STREAM',
        H: 'HEADERS 3 200',
        D: 'DATA 3 "ok" END_STREAM',
      });
    }));

  it('and have one subscriber', () =>
    httpTest(({ flow, serveConnections, expectObservable, expectServed }) => {
      const again = new Subject<string>();
      const twice = (connection: HttpConnection): void => {
        connection.exchanges.subscribe();
        connection.exchanges.subscribe({ error: (error: Error) => again.next(error.name) });
      };
      expectObservable(again).toBe('-e', { e: 'BodyAlreadySubscribed' });
      const service = serveConnections(flow('--|'), (connections) => connections.pipe(tap(twice)), {
        alpn: timer(1).pipe(map(() => 'http/1.1')),
      });
      expectServed(service).toBe('--|');
    }));
});

describe('an exchange that is retained', () => {
  it('keeps an HTTP/1.1 connection from the next request, while its own content flows', () =>
    httpTest(({ flow, serveConnections, h1, probe, expectWire, expectRequests, expectBody }) => {
      const upload = probe();
      const client = flow('            -a-b-(ce)------|', {
        a: h1.requestHead('POST', '/1', { 'content-length': 7 }),
        b: 'con',
        c: 'tent',
        e: h1.get('/2'),
      });
      const size: Service = ({ body }) =>
        body.pipe(
          upload,
          reduce((total, chunk) => total + chunk.length, 0),
          delay(4),
          map((total) => text(`${total}`)),
        );
      const service = serveConnections(client, (connections) =>
        exchangesOf(connections).pipe(consume((exchange) => exchange.respond(size))),
      );
      expectBody(upload).toBe('     ---b-(c|)|', { b: 'con', c: 'tent' });
      expectRequests(service).toBe('-a-------b', { a: 'POST /1', b: 'GET /2' });
      expectWire(client).toBe('     ---------x---y-|', { x: h1.response(200, '7'), y: h1.response(200, '0') });
    }));

  it('counts as a stream on HTTP/2: more than concurrentStreams are refused with REFUSED_STREAM', () =>
    httpTest(({ flow, serveConnections, h2, expectFrames, expectRequests, expectServed }) => {
      // The client resets what it opens: no stream is open, and two exchanges are retained still.
      const client = flow('-(sa)-r(bB)-c-------|', {
        s: h2.start(),
        a: h2.get(1, '/1'),
        r: h2.rst(1, 'CANCEL'),
        b: h2.get(3, '/2'),
        B: h2.rst(3, 'CANCEL'),
        c: h2.get(5, '/3'),
      });
      const service = serveConnections(
        client,
        (connections) => exchangesOf(connections).pipe(consume(() => NEVER, { concurrency: 2 })),
        { alpn: 'h2', limits: { concurrentStreams: 2 } },
      );
      expectRequests(service).toBe('-a-----b', { a: 'GET /1', b: 'GET /2' });
      expectFrames(client).toBe('   ------------r-------|', { r: 'RST_STREAM 5 REFUSED_STREAM' });
      expectServed(service).toBe('');
    }));
});

describe('consume() over the exchanges of all connections is admission control', () => {
  const admit =
    (concurrency: number) =>
    (connections: Connections): Observable<Served> =>
      exchangesOf(connections).pipe(consume((exchange) => exchange.respond(slow), { concurrency }));

  it('over HTTP/1.1', () =>
    httpTest(({ flow, serveConnections, h1, expectWire, expectRequests }) => {
      const [one, two, three] = ['/1', '/2', '/3'].map((path) => flow('-a-------------|', { a: h1.get(path) }));
      const service = serveConnections([one!, two!, three!], admit(2), { alpn: 'http/1.1' });
      expectRequests(service).toBe('-(abc)', { a: 'GET /1', b: 'GET /2', c: 'GET /3' });
      expectWire(one!).toBe('       -----x---------|', { x: h1.response(200, '/1') });
      expectWire(two!).toBe('       -----x---------|', { x: h1.response(200, '/2') });
      // Its turn comes when one of the others has ended.
      expectWire(three!).toBe('     ---------x-----|', { x: h1.response(200, '/3') });
    }));

  it('over HTTP/2', () =>
    httpTest(({ flow, serveConnections, h2, expectRequests, expectServed }) => {
      const client = flow('            -(sabc)---------|', {
        s: h2.start(),
        a: h2.get(1, '/1'),
        b: h2.get(3, '/2'),
        c: h2.get(5, '/3'),
      });
      const service = serveConnections(client, admit(2), { alpn: 'h2' });
      expectRequests(service).toBe('-(abc)', { a: 'GET /1', b: 'GET /2', c: 'GET /3' });
      expectServed(service).toBe('  -----(ab)c------|', { a: { duration: 4 }, b: { duration: 4 }, c: { duration: 8 } });
    }));
});

describe.each(['http/1.1', 'h2'] as const)('an exchange on %s', (alpn) => {
  it('that is dropped is the fault no-response, and 500', () =>
    httpTest(({ flow, serveConnections, h1, h2, expectWire, expectFrames, expectFaults, expectServed }) => {
      const client =
        alpn === 'h2' ? flow('-(sa)-|', { s: h2.start(), a: h2.get(1, '/') }) : flow('-a----|', { a: h1.get('/') });
      const service = serveConnections(client, (connections) => exchangesOf(connections).pipe(map(() => 0)), { alpn });
      expectFaults(service).toBe('-f', { f: { code: 'no-response', status: 500, kind: 'internal-server-error' } });
      expectServed(service).toBe('------|');
      if (alpn === 'h2')
        expectFrames(client).toBe('-(hd)-|', {
          h: 'HEADERS 1 500',
          d: 'DATA 1 "500 internal-server-error\\n" END_STREAM',
        });
      else expectWire(client).toBe('-x----|', { x: h1.response(500, '500 internal-server-error\n') });
    }));

  it('that is responded to twice: the second respond() errors, and the first response stands', () =>
    httpTest(({ flow, serveConnections, h1, h2, expectServed, expectObservable, expectFaults }) => {
      const client =
        alpn === 'h2' ? flow('-(sa)-|', { s: h2.start(), a: h2.get(1, '/') }) : flow('-a----|', { a: h1.get('/') });
      const second = new Subject<unknown>();
      expectObservable(second).toBe('-e', { e: 'second-response' });
      const service = serveConnections(
        client,
        (connections) =>
          exchangesOf(connections).pipe(
            mergeMap((exchange) => {
              const first = exchange.respond(of(text('first')).pipe(delay(2)));
              const again = exchange.respond(text('second')).pipe(
                catchError(({ code }: ResponseError) => {
                  second.next(code);
                  return EMPTY;
                }),
              );
              return merge(first, again);
            }),
          ),
        { alpn },
      );
      expectFaults(service).toBe('');
      expectServed(service).toBe('---s--|', { s: { status: 200, sent: 5 } });
    }));

  it('that is responded to again after its end: the second respond() errors', () =>
    httpTest(({ flow, serveConnections, h1, h2, expectServed, expectObservable, expectFaults }) => {
      const client =
        alpn === 'h2' ? flow('-(sa)-|', { s: h2.start(), a: h2.get(1, '/') }) : flow('-a----|', { a: h1.get('/') });
      const second = new Subject<unknown>();
      expectObservable(second).toBe('----e', { e: 'second-response' });
      const service = serveConnections(
        client,
        (connections) =>
          exchangesOf(connections).pipe(
            mergeMap((exchange) => {
              const again = timer(3).pipe(
                mergeMap(() => exchange.respond(text('second'))),
                catchError(({ code }: ResponseError) => {
                  second.next(code);
                  return EMPTY;
                }),
              );
              return merge(exchange.respond(text('first')), again);
            }),
          ),
        { alpn },
      );
      expectFaults(service).toBe('');
      expectServed(service).toBe('-s----|', { s: { status: 200, sent: 5 } });
    }));

  it('whose client disconnects while it waits is aborted: respond() says so', () =>
    httpTest(({ flow, serveConnections, h1, h2, expectServed, expectFaults }) => {
      const client =
        alpn === 'h2' ? flow('-(sa)#', { s: h2.start(), a: h2.get(1, '/') }) : flow('-a---#', { a: h1.get('/') });
      const service = serveConnections(
        client,
        (connections) =>
          exchangesOf(connections).pipe(
            consume((exchange) => timer(9).pipe(mergeMap(() => exchange.respond(() => text('late'))))),
          ),
        { alpn },
      );
      expectFaults(service).toBe('');
      expectServed(service).toBe('----------(s|)', {
        s: { outcome: 'aborted', status: undefined, error: 'connection-reset', duration: 4 },
      });
    }));

  it('is aborted where its respond() is unsubscribed', () =>
    httpTest(
      ({ flow, serveConnections, h1, h2, cold, expectSubscriptions, expectFrames, expectWire, expectFaults }) => {
        const client =
          alpn === 'h2' ? flow('-(sa)--|', { s: h2.start(), a: h2.get(1, '/') }) : flow('-a-----|', { a: h1.get('/') });
        const work = cold<HttpResponse>('-');
        const service = serveConnections(
          client,
          (connections) =>
            exchangesOf(connections).pipe(
              mergeMap((exchange) => {
                const responding = exchange.respond(() => work).subscribe();
                return timer(2).pipe(tap(() => responding.unsubscribe()));
              }),
            ),
          { alpn },
        );
        expectSubscriptions(work).toBe('-^-!');
        expectFaults(service).toBe('');
        if (alpn === 'h2') expectFrames(client).toBe('---r---|', { r: 'RST_STREAM 1 CANCEL' });
        else expectWire(client).toBe('---|');
      },
    ));

  it('says how it ended before anything of it is torn down, and its signal is aborted only where it did not end well', () =>
    httpTest(({ flow, serve, h1, h2, expectObservable }) => {
      const two =
        alpn === 'h2'
          ? flow('-(sa)b---#', { s: h2.start(), a: h2.get(1, '/whole'), b: h2.get(3, '/never') })
          : flow('-a---b---#', { a: h1.get('/whole'), b: h1.get('/never') });
      const log = new Subject<string>();
      expectObservable(log).toBe('-(ab)----(cde)', {
        a: '/whole is complete',
        b: '/whole is torn down',
        c: '/never is aborted',
        d: '/never: signal',
        e: '/never is torn down',
      });
      serve(
        two,
        ({ path }, exchange) => {
          exchange.closed.subscribe(({ outcome }) => log.next(`${path} is ${outcome}`));
          exchange.signal.addEventListener('abort', () => log.next(`${path}: signal`));
          const response = path === '/whole' ? concat(of(text('ok')), NEVER) : NEVER;
          return torn(response, () => log.next(`${path} is torn down`));
        },
        { alpn },
      );
    }));
});

describe.each(['http/1.1', 'h2'] as const)('exchanges on %s', (alpn) => {
  it('are over for their subscriber with the connection; unsubscribing from them begins its graceful shutdown', () =>
    httpTest(({ flow, serveConnections, h1, h2, expectWire, expectFrames, expectServed }) => {
      const client =
        alpn === 'h2'
          ? flow('-(sa)-----|', { s: h2.start(), a: h2.get(1, '/') })
          : flow('-a--------|', { a: h1.get('/') });
      const service = serveConnections(
        client,
        (connections) =>
          connections.pipe(
            mergeMap(({ exchanges }) =>
              exchanges.pipe(
                take(1),
                mergeMap((exchange) => exchange.respond(slow)),
              ),
            ),
          ),
        { alpn },
      );
      expectServed(service).toBe('-----s----|', { s: '200' });
      if (alpn === 'h2')
        expectFrames(client).toBe('-(gp)(hd)-|', {
          g: 'GOAWAY 2147483647 NO_ERROR',
          p: 'PING shutdown',
          h: 'HEADERS 1 200',
          d: 'DATA 1 "/" END_STREAM',
        });
      else expectWire(client).toBe('-----(x|)', { x: h1.response(200, '/', { connection: 'close' }) });
    }));

  it('that come after it are not processed: refused on HTTP/2, not read on HTTP/1.1, and no fault', () =>
    httpTest(({ flow, serveConnections, h1, h2, expectWire, expectFrames, expectFaults, expectServed }) => {
      const client =
        alpn === 'h2'
          ? flow('-(sab)-----|', { s: h2.start(), a: h2.get(1, '/'), b: h2.get(3, '/') })
          : flow('-(ab)------|', { a: h1.get('/'), b: h1.get('/') });
      const service = serveConnections(
        client,
        (connections) =>
          connections.pipe(
            mergeMap(({ exchanges }) => exchanges.pipe(take(1))),
            mergeMap((exchange) => exchange.respond(of(text('ok')).pipe(delay(6)))),
          ),
        { alpn },
      );
      expectFaults(service).toBe('');
      expectServed(service).toBe('-------s---|', { s: '200' });
      if (alpn === 'h2')
        expectFrames(client).toBe('-(gpr)-(hd)|', {
          g: 'GOAWAY 2147483647 NO_ERROR',
          p: 'PING shutdown',
          r: 'RST_STREAM 3 REFUSED_STREAM',
          h: 'HEADERS 1 200',
          d: 'DATA 1 "ok" END_STREAM',
        });
      else expectWire(client).toBe('-------(x|)', { x: h1.response(200, 'ok', { connection: 'close' }) });
    }));

  it('that wait for a subscriber that takes one of them are refused on HTTP/2, and not read on HTTP/1.1', () =>
    httpTest(({ flow, serveConnections, h1, h2, expectWire, expectFrames, expectFaults, expectServed }) => {
      const client =
        alpn === 'h2'
          ? flow('-(sab)--------|', { s: h2.start(), a: h2.get(1, '/1'), b: h2.get(3, '/2') })
          : flow('-(ab)---------|', { a: h1.get('/1'), b: h1.get('/2') });
      const service = serveConnections(
        client,
        (connections) =>
          connections.pipe(
            mergeMap(({ exchanges }) => timer(4).pipe(mergeMap(() => exchanges.pipe(take(1))))),
            mergeMap((exchange) => exchange.respond(({ path }) => of(text(path)).pipe(delay(6)))),
          ),
        { alpn },
      );
      expectFaults(service).toBe('');
      expectServed(service).toBe('----------s---|', { s: '200' });
      if (alpn === 'h2')
        expectFrames(client).toBe('----(rgp)-(hd)|', {
          g: 'GOAWAY 2147483647 NO_ERROR',
          p: 'PING shutdown',
          r: 'RST_STREAM 3 REFUSED_STREAM',
          h: 'HEADERS 1 200',
          d: 'DATA 1 "/1" END_STREAM',
        });
      else expectWire(client).toBe('----------(x|)', { x: h1.response(200, '/1', { connection: 'close' }) });
    }));

  it('that wait when the whole is unsubscribed from are aborted, and no fault', () =>
    httpTest(({ flow, serveConnections, h1, h2, expectFaults, expectServed }) => {
      const clients =
        alpn === 'h2'
          ? [flow('-(sab)', { s: h2.start(), a: h2.get(1, '/'), b: h2.get(3, '/') })]
          : [flow('-a', { a: h1.get('/') }), flow('-a', { a: h1.get('/') })];
      const service = serveConnections(
        clients,
        (connections) => exchangesOf(connections).pipe(consume((exchange) => exchange.respond(slow))),
        { alpn, unsubscribe: '---!' },
      );
      expectFaults(service).toBe('');
      expectServed(service).toBe('');
    }));

  it('are grouped by tenant, with a limit for each', () =>
    httpTest(({ flow, serveConnections, h1, h2, expectServed, expectRequests }) => {
      const paths = ['/a/1', '/a/2', '/b/1'];
      const clients =
        alpn === 'h2'
          ? [
              flow('-(sabc)---------|', {
                s: h2.start(),
                ...Object.fromEntries(paths.map((path, i) => ['abc'[i]!, h2.get(2 * i + 1, path)])),
              }),
            ]
          : paths.map((path) => flow('-a--------------|', { a: h1.get(path) }));
      const service = serveConnections(
        clients,
        (connections) =>
          exchangesOf(connections).pipe(
            groupBy(({ request }) => request.path.split('/')[1]),
            mergeMap((tenant) => tenant.pipe(consume((exchange) => exchange.respond(slow)))),
          ),
        { alpn },
      );
      expectRequests(service).toBe('-(abc)', { a: 'GET /a/1', b: 'GET /a/2', c: 'GET /b/1' });
      expectServed(service).toBe('-----(ac)b------|', { a: { duration: 4 }, c: { duration: 4 }, b: { duration: 8 } });
    }));

  it('may be responded to by a service that throws: a fault, and the others go on', () =>
    httpTest(({ flow, serveConnections, h1, h2, expectServed, expectFaults }) => {
      const client =
        alpn === 'h2'
          ? flow('-(sa)b---|', { s: h2.start(), a: h2.get(1, '/bad'), b: h2.get(3, '/') })
          : flow('-a---b---|', { a: h1.get('/bad'), b: h1.get('/') });
      const app: Service = ({ path }) => {
        if (path === '/bad') throw new Error('boom');
        return text('ok');
      };
      const service = serveConnections(
        client,
        (connections) => exchangesOf(connections).pipe(mergeMap((exchange) => exchange.respond(app))),
        { alpn },
      );
      expectFaults(service).toBe('-f', { f: { code: 'exception', message: 'boom' } });
      expectServed(service).toBe('-a---b---|', { a: { status: 500, error: new Error('boom') }, b: '200' });
    }));

  it('keep values under keys, for stages that handle them later', () =>
    httpTest(({ flow, serveConnections, h1, h2, expectObservable }) => {
      const client =
        alpn === 'h2' ? flow('-(sa)-|', { s: h2.start(), a: h2.get(1, '/') }) : flow('-a----|', { a: h1.get('/') });
      const USER = key<string>('user');
      const ROLE = key('role', { default: 'guest' });
      const service = serveConnections(
        client,
        (connections) =>
          exchangesOf(connections).pipe(
            mergeMap((exchange) => {
              const before = [exchange.get(USER), exchange.get(ROLE)];
              exchange.set(USER, 'ada');
              exchange.set(ROLE, 'admin');
              return exchange
                .respond(() => text('ok'))
                .pipe(map(() => [...before, exchange.get(USER), exchange.get(ROLE), exchange.get(key('user'))]));
            }),
          ),
        { alpn },
      );
      expectObservable(service).toBe('-v----|', { v: [undefined, 'guest', 'ada', 'admin', undefined] });
    }));
});

/** Calls `done` when it is unsubscribed. */
function torn<T>(source: Observable<T>, done: () => void): Observable<T> {
  return source.pipe(tap({ unsubscribe: done }));
}
