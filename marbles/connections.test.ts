/**
 * A connection as a value: what it is, what it has done, how to end it, how it ended.
 *
 * ```
 * client       -a------------|    a = a request
 * shutdown()   ---x               the program, or a policy of its own
 * wire         -----(r|)          the response says that it is the last one; GOAWAY on HTTP/2
 * closed       --------------e    how it ended: no error, or why; with the GOAWAY that says most
 * ```
 */
import { delay, map, merge, mergeMap, NEVER, type Observable, of, switchMap, tap, timer } from 'rxjs';
import { type ConnectionEnd, type HttpConnection, type Served, type Service, text } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';

type Connection = HttpConnection<string>;

/** Responds after 4 ms. */
const slow: Service = () => of(text('ok')).pipe(delay(4));

const served = (connection: Connection, app: Service = slow): Observable<Served> =>
  connection.exchanges.pipe(mergeMap((exchange) => exchange.respond(app)));

/** Serves each connection, and emits how it ended. */
const ends =
  (app?: Service) =>
  (connections: Observable<Connection>): Observable<Served | ConnectionEnd> =>
    connections.pipe(mergeMap((connection) => merge(served(connection, app), connection.closed)));

/** Serves each connection, and does something to it after 3 ms. */
const after3 =
  (act: (connection: Connection) => void, app?: Service) =>
  (connections: Observable<Connection>): Observable<Served> =>
    connections.pipe(
      mergeMap((connection) =>
        merge(
          served(connection, app),
          timer(3).pipe(
            tap(() => act(connection)),
            mergeMap(() => NEVER),
          ),
        ),
      ),
    );

describe('what a connection is and has done', () => {
  it.each(['http/1.1', 'h2'] as const)('%s', (alpn) =>
    httpTest(({ flow, serveConnections, h1, h2, expectObservable }) => {
      const request = alpn === 'h2' ? [h2.start(), h2.get(1, '/')] : [h1.get('/')];
      const client = flow('-a------|', { a: request });
      const look = ({ protocol, peer, scheme, tls, opened, exchangesBegun, exchangesOpen }: Connection): unknown => ({
        ...{ protocol, peer, scheme, tls, opened, exchangesBegun, exchangesOpen },
      });
      const service = serveConnections(
        client,
        (connections) =>
          connections.pipe(
            mergeMap((connection) => merge(served(connection), timer(0, 3).pipe(map(() => look(connection))))),
          ),
        { alpn, scheme: 'https', unsubscribe: '-------!' },
      );
      const seen = { protocol: alpn, peer: 'flow 1', scheme: 'https', tls: undefined, opened: 0 };
      expectObservable(service).toBe('a--b--c', {
        a: { ...seen, exchangesBegun: 0, exchangesOpen: 0 },
        b: { ...seen, exchangesBegun: 1, exchangesOpen: 1 },
        c: { ...seen, exchangesBegun: 1, exchangesOpen: 0 },
      });
    }),
  );

  it('counts bytes, framing included', () =>
    httpTest(({ flow, serveConnections, h1, expectObservable }) => {
      const client = flow('-a------|', { a: h1.get('/') });
      const service = serveConnections(
        client,
        (connections) =>
          connections.pipe(
            mergeMap((connection) =>
              merge(served(connection), timer(3, 4).pipe(map(() => [connection.received, connection.sent]))),
            ),
          ),
        { alpn: 'http/1.1', unsubscribe: '--------!' },
      );
      expectObservable(service).toBe('---a---b', { a: [30, 0], b: [30, 118] });
    }));
});

describe('shutdown()', () => {
  it('closes an HTTP/1.1 connection after the response that is under way', () =>
    httpTest(({ flow, serveConnections, h1, expectWire, expectServed, expectFaults }) => {
      const client = flow('            -a-------|', { a: h1.get('/') });
      const service = serveConnections(
        client,
        after3((connection) => connection.shutdown()),
        { alpn: 'http/1.1' },
      );
      expectWire(client).toBe('     -----(x|)', { x: h1.response(200, 'ok', { connection: 'close' }) });
      expectServed(service).toBe('-----s---', { s: '200' });
      expectFaults(service).toBe('');
    }));

  it('closes an idle HTTP/1.1 connection after the lame-duck time', () =>
    httpTest(({ flow, serveConnections, expectWire }) => {
      const client = flow('       -----|');
      serveConnections(
        client,
        after3((connection) => connection.shutdown()),
        { alpn: 'http/1.1', limits: { lameDuckTimeout: 1 } },
      );
      expectWire(client).toBe('----|');
    }));

  it('sends GOAWAY on HTTP/2, and lets the streams that are open end', () =>
    httpTest(({ flow, serveConnections, h2, expectFrames, expectServed, expectFaults }) => {
      const client = flow('-(sa)--p-------|', {
        s: h2.start(),
        a: h2.get(1, '/'),
        p: h2.ping('shutdown', { ack: true }),
      });
      const service = serveConnections(
        client,
        after3(
          (connection) => connection.shutdown(),
          () => of(text('ok')).pipe(delay(9)),
        ),
        { alpn: 'h2' },
      );
      expectFrames(client).toBe('---(gp)G--(hd)-|', {
        g: 'GOAWAY 2147483647 NO_ERROR',
        p: 'PING shutdown',
        G: 'GOAWAY 1 NO_ERROR',
        h: 'HEADERS 1 200',
        d: 'DATA 1 "ok" END_STREAM',
      });
      expectServed(service).toBe('----------s', { s: '200' });
      expectFaults(service).toBe('');
    }));
});

describe.each(['http/1.1', 'h2'] as const)('close() on %s', (alpn) => {
  it('ends it at once: its exchanges are aborted, and nothing is a fault', () =>
    httpTest(
      ({ flow, serveConnections, h1, h2, cold, expectServed, expectFaults, expectSubscriptions, expectWire }) => {
        const request = alpn === 'h2' ? [h2.start(), h2.get(1, '/')] : [h1.get('/')];
        const client = flow('-a-------|', { a: request });
        const work = cold<never>('-');
        const service = serveConnections(
          client,
          after3(
            (connection) => connection.close(),
            () => work,
          ),
          { alpn },
        );
        expectSubscriptions(work).toBe('-^-!');
        expectServed(service).toBe('---s', { s: { outcome: 'aborted', status: undefined } });
        expectFaults(service).toBe('');
        expectWire(client).toBe(alpn === 'h2' ? 'st-!' : '---!', { s: h2.serverPreface, t: h2.settingsAck });
      },
    ));
});

describe('closed', () => {
  it.each(['http/1.1', 'h2'] as const)('has no error where %s ends well', (alpn) =>
    httpTest(({ flow, serveConnections, h1, h2, expectObservable }) => {
      const request = alpn === 'h2' ? [h2.start(), h2.get(1, '/')] : [h1.get('/')];
      const client = flow('-a------|', { a: request });
      const service = serveConnections(client, ends(), { alpn });
      expectObservable(service).toBe('--------(e|)', { e: { error: undefined, goaway: undefined } });
    }),
  );

  it.each(['http/1.1', 'h2'] as const)('says why %s ended before its time', (alpn) =>
    httpTest(({ flow, serveConnections, h1, h2, expectObservable, expectServed }) => {
      const request = alpn === 'h2' ? [h2.start(), h2.get(1, '/')] : [h1.get('/')];
      const client = flow('-a-#', { a: request });
      const service = serveConnections(
        client,
        (connections) =>
          ends()(connections).pipe(
            map((value) =>
              'goaway' in value ? { code: (value.error as { code?: string }).code, goaway: value.goaway } : value,
            ),
          ),
        { alpn },
      );
      expectServed(service).toBe('---(s|)', { s: 'aborted' });
      expectObservable(service).toBe('---(e|)', { e: { code: 'connection-reset', goaway: undefined } });
    }),
  );

  it('has the GOAWAY of the client, with its code and debug data', () =>
    httpTest(({ flow, serveConnections, h2, expectObservable }) => {
      const client = flow('-(sg)-|', { s: h2.start(), g: h2.goaway(0, 'ENHANCE_YOUR_CALM', 'too slow') });
      const service = serveConnections(
        client,
        (connections) => ends()(connections).pipe(map((value) => ('goaway' in value ? value.goaway : value))),
        { alpn: 'h2' },
      );
      expectObservable(service).toBe('------(e|)', {
        e: { initiator: 'peer', code: 'ENHANCE_YOUR_CALM', lastStream: 0, debugData: 'too slow' },
      });
    }));

  it('has the GOAWAY of the server where the client broke a rule', () =>
    httpTest(({ flow, serveConnections, h2, expectObservable, expectFaults }) => {
      const client = flow('-(sx)-|', { s: h2.start(), x: h2.frame(0x8, 0, 0, Buffer.alloc(3)) });
      const service = serveConnections(
        client,
        (connections) => ends()(connections).pipe(map((value) => ('goaway' in value ? value.goaway?.code : value))),
        { alpn: 'h2' },
      );
      expectFaults(service).toBe('-f', { f: { scope: 'connection' } });
      expectObservable(service).toBe('------(e|)', { e: 'FRAME_SIZE_ERROR' });
    }));

  it('is known to a late subscriber', () =>
    httpTest(({ flow, serveConnections, expectObservable }) => {
      const service = serveConnections(
        flow('-|'),
        (connections) =>
          connections.pipe(
            tap((connection) => connection.exchanges.subscribe()),
            switchMap(({ closed }) => timer(5).pipe(mergeMap(() => closed))),
            map(({ error }) => error),
          ),
        { alpn: 'http/1.1' },
      );
      expectObservable(service).toBe('-----(e|)', { e: undefined });
    }));
});
