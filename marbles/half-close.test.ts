/**
 * An HTTP/1.1 client that ends its side while its request is under way: most have disconnected, and a few still wait.
 *
 * ```
 *            0      1 s
 * client     a-|------------     a request, and FIN
 * handler    ^--------!          works on
 * wire       ---------!          nothing was sent for a second: aborted, and closed
 *
 * client     a-|------------
 * handler    -----o              responds within that second
 * wire       -----(x|)           and the response goes out
 * ```
 */
import { concat, delay, interval, map, mergeMap, NEVER, type Observable, of, take, timer } from 'rxjs';
import { bytes, type Exchange, fromPull, type HttpResponse, response, text } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';

const close = { connection: 'close' };
const letter = (value: number): Buffer => Buffer.from(String(value % 10));

describe('a client that ends its side', () => {
  it('has disconnected: its exchange is aborted after a second, without a fault', () =>
    httpTest(({ flow, serve, h1, probe, expectWire, expectFaults, expectServed, expectSubscriptions }) => {
      const client = flow('a-|', { a: h1.get('/') });
      const handling = probe<HttpResponse>();
      const service = serve(client, () => NEVER.pipe(handling));
      expectSubscriptions(handling).toBe('^ 1001ms !');
      expectWire(client).toBe('  1002ms !');
      expectFaults(service).toBe('');
      expectServed(service).toBe('1002ms (s|)', {
        s: { outcome: 'aborted', status: undefined, error: 'connection-reset' },
      });
    }));

  it('aborts the signal of its exchange', () =>
    httpTest(({ flow, serve, h1, expectObservable }) => {
      const client = flow('a-|', { a: h1.get('/') });
      let exchange: Exchange<string> | undefined;
      serve(client, (_request, given) => {
        exchange = given;
        return given.signal.aborted ? of(text('aborted')) : NEVER;
      });
      const aborted = (at: number): Observable<boolean> => timer(at).pipe(map(() => exchange!.signal.aborted));
      expectObservable(concat(aborted(1001), aborted(1))).toBe('1001ms n(y|)', { n: false, y: true });
    }));

  it('gets a response that comes within a second', () =>
    httpTest(({ flow, serve, h1, expectWire, expectServed }) => {
      const client = flow('a-|', { a: h1.get('/') });
      const service = serve(client, () => of(text('ok')).pipe(delay(1001)));
      expectWire(client).toBe('1001ms (x|)', { x: h1.response(200, 'ok', close) });
      expectServed(service).toBe('1001ms (s|)', { s: '200' });
    }));

  it('gets the responses to all that it pipelined, as long as they come', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const client = flow('a-|', { a: [h1.get('/900'), h1.get('/1800'), h1.get('/9000')] });
      serve(client, ({ path }) => of(text(path)).pipe(delay(Number(path.slice(1)))));
      expectWire(client).toBe('900ms x 899ms y 999ms !', { x: h1.response(200, '/900'), y: h1.response(200, '/1800') });
    }));

  it('gets a response that goes on, each second again', () =>
    httpTest(({ flow, serve, h1, expectServed }) => {
      const client = flow('a-|', { a: h1.get('/') });
      const service = serve(client, () => bytes(interval(900).pipe(take(5), map(letter))));
      expectServed(service).toBe('4500ms (s|)', { s: { outcome: 'complete', sent: 5 } });
    }));

  it('gets a download that it takes slowly', () =>
    httpTest(({ flow, serve, h1, slowPeer, expectServed }) => {
      const piece = Buffer.alloc(64 * 1024, 'x');
      const client = flow('a-|', { a: h1.get('/') }, slowPeer('5s t 5s t 5s t 5s t', { t: 64 * 1024 }));
      const service = serve(client, () =>
        response(200, { 'content-length': 4 * piece.length }, fromPull([piece, piece, piece, piece])),
      );
      expectServed(service).toBe('20003ms s 59999ms |', { s: { outcome: 'complete', sent: 4 * piece.length } });
    }));

  it('ends a stream of events that has none for a second', () =>
    httpTest(({ flow, serve, h1, cold, expectSubscriptions, expectFaults, expectServed }) => {
      const client = flow('a-|', { a: h1.get('/') });
      const events = cold('100ms e 5s e', { e: Buffer.from('event') });
      const service = serve(client, () => bytes(events));
      expectSubscriptions(events).toBe('^ 1099ms !');
      expectFaults(service).toBe('');
      expectServed(service).toBe('1100ms (s|)', { s: { outcome: 'aborted', status: 200, error: 'connection-reset' } });
    }));

  it('has as long as the limit says', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const client = flow('a-|', { a: h1.get('/') });
      serve(client, () => NEVER, { limits: { halfCloseTimeout: 50 } });
      expectWire(client).toBe('52ms !');
    }));

  it('waits where the program allows it', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const client = flow('a-|', { a: h1.get('/') });
      serve(client, () => of(text('ok')).pipe(delay(50_000)), { halfClose: true });
      expectWire(client).toBe('50s (x|)', { x: h1.response(200, 'ok', close) });
    }));

  it('has disconnected from a stream of exchanges, too', () =>
    httpTest(({ flow, serveConnections, h1, expectWire, expectServed }) => {
      const client = flow('a-|', { a: h1.get('/') });
      const service = serveConnections(client, (connections) =>
        connections.pipe(
          mergeMap(({ exchanges }) => exchanges),
          mergeMap((exchange) => exchange.respond(NEVER)),
        ),
      );
      expectWire(client).toBe('1002ms !');
      expectServed(service).toBe('1002ms (s|)', { s: 'aborted' });
    }));
});
