/**
 * Middleware: a service in, a service out, composed by the `pipe` of RxJS.
 *
 * ```
 * request   -a---------|      comes to the outermost, then inwards
 * outer     -(            )   may respond itself, change what passes, or watch it
 * inner     -( )
 * service   ----r             its response passes outwards
 * wire      ----r------|
 * ```
 */
import { concat, ignoreElements, map, NEVER, of, pipe, Subject, tap, throwError, timer } from 'rxjs';
import { bytes, key, type HttpResponse, type Middleware, responses, type Service, text } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';

/** Adds its name to a field of each response. */
const named =
  (name: string): Middleware<string> =>
  (next) =>
  (request, exchange) =>
    responses(next(request, exchange)).pipe(
      map((response) => ({
        ...response,
        headers: { ...(response.headers as object), via: `${viaOf(response)}${name}` },
      })),
    );

function viaOf({ headers }: HttpResponse): string {
  return (headers as { via?: string } | undefined)?.via ?? '';
}

const plain: Service<string> = () => ({ status: 200, headers: {}, body: 'ok' });

describe('middleware, called without a flow', () => {
  it('is composed by pipe(): the last one is the outermost', () =>
    httpTest(({ call, expectResponses, expectBody, expectServed }) => {
      const called = call(pipe(named('a'), named('b'))(plain), { path: '/x' });
      expectResponses(called).toBe('r', { r: { status: 200, headers: { via: 'ab' } } });
      expectBody(called).toBe('(b|)', { b: 'ok' });
      expectServed(called).toBe('s', { s: { status: 200, outcome: 'complete', sent: 2 } });
    }));

  it('may respond itself: the service that it wraps is not called', () =>
    httpTest(({ call, expectResponses }) => {
      const guarded: Middleware<string> = (next) => (request, exchange) =>
        request.headers.has('authorization') ? next(request, exchange) : text('no', { status: 401 });
      const never: Service<string> = () => throwError(() => new Error('was called'));
      expectResponses(call(guarded(never))).toBe('r', { r: '401' });
      expectResponses(call(guarded(plain), { headers: { authorization: 'x' } })).toBe('r', { r: '200' });
    }));

  it('gets the request as it is made up, with its content and the exchange', () =>
    httpTest(({ call, cold, expectResponses, expectBody, expectServed }) => {
      const USER = key<string>('user');
      const withUser: Middleware<string> = (next) => (request, exchange) => {
        exchange.set(USER, 'ada');
        return next(request, exchange);
      };
      const upload: Service<string> = ({ method, path, body, version }, exchange) =>
        body
          .text()
          .pipe(
            map((content) =>
              text([method, path, version, exchange.protocol, exchange.peer, exchange.get(USER), content].join()),
            ),
          );
      const body = cold<Uint8Array>('-a-b|', { a: Buffer.from('con'), b: Buffer.from('tent') });
      const called = call(withUser(upload), { method: 'PUT', path: '/file', alpn: 'h2', peer: 'me', body });
      expectResponses(called).toBe('----r', { r: '200' });
      expectBody(called).toBe('----(b|)', { b: 'PUT,/file,2.0,h2,me,ada,content' });
      expectServed(called).toBe('----s', { s: { received: 7, duration: 4, firstByte: 4 } });
    }));

  it('is unsubscribed when the client disconnects, and knows how the exchange ended', () =>
    httpTest(({ call, cold, expectServed, expectSubscriptions, expectObservable }) => {
      const work = cold<HttpResponse>('--------');
      const log = new Subject<string>();
      const watched: Middleware<string> = (next) => (request, exchange) => {
        exchange.signal.addEventListener('abort', () => log.next('signal'));
        exchange.closed.subscribe(({ outcome }) => log.next(outcome));
        return next(request, exchange);
      };
      expectObservable(log).toBe('----(as)', { a: 'aborted', s: 'signal' });
      const called = call(
        watched(() => work),
        { subscription: '-^--!' },
      );
      expectSubscriptions(work).toBe('-^--!');
      expectServed(called).toBe('----s', { s: { outcome: 'aborted', error: 'connection-reset', duration: 3 } });
    }));

  it('passes interim responses, and content as it comes', () =>
    httpTest(({ call, cold, expectResponses, expectBody }) => {
      const content = cold('-a-b|');
      const called = call(
        named('a')(() => concat(of({ status: 103 }), timer(2).pipe(map(() => bytes(content))), NEVER)),
      );
      expectResponses(called).toBe('i-r', { i: '103', r: '200' });
      expectBody(called).toBe('---a-b|');
    }));

  it.each<[string, Service<string>, string | { message: string }]>([
    [
      'returns nothing',
      () => undefined as unknown as HttpResponse,
      {
        message:
          'the handler returned nothing: return a response such as text(...), or an Observable or Promise of one',
      },
    ],
    ['returns a number', () => 7 as unknown as HttpResponse, 'invalid-response'],
    ['completes without a response', () => of(), 'no-response'],
    ['fails', () => throwError(() => new Error('boom')), { message: 'boom' }],
    [
      'throws',
      () => {
        throw new Error('boom');
      },
      { message: 'boom' },
    ],
  ])('that %s is an error that says so', (_what, service, error) =>
    httpTest(({ call, expectResponses, expectServed }) => {
      const forgetful: Middleware<string> = (next) => (request, exchange) => next(request, exchange);
      const called = call(forgetful(service));
      expectResponses(called).toBe('e', { e: error });
      expectServed(called).toBe('s', { s: 'aborted' });
    }),
  );

  it('that takes what was returned as `responses()` gets the same error', () =>
    httpTest(({ call, expectResponses }) => {
      const called = call(named('a')(() => undefined as unknown as HttpResponse));
      expectResponses(called).toBe('e', { e: 'invalid-response' });
    }));

  it('may accept a tunnel, which is a drawn flow', () =>
    httpTest(({ call, flow, expectWire, expectServed }) => {
      const tunnel = flow('a-b-|', { a: 'hello', b: 'again' });
      const echo: Service<string> = (_request, exchange) =>
        exchange.tunnel().pipe(
          tap((opened) => opened.subscribe(opened)),
          ignoreElements(),
        );
      const called = call(echo, { method: 'CONNECT', tunnel });
      expectWire(tunnel).toBe('a-b-|', { a: 'hello', b: 'again' });
      expectServed(called).toBe('s', { s: { status: undefined, outcome: 'complete' } });
    }));
});

describe.each(['http/1.1', 'h2'] as const)('middleware of a service on %s', (alpn) => {
  it('is composed by pipe()', () =>
    httpTest(({ flow, serve, h1, h2, expectWire, expectFrames }) => {
      const app = pipe(named('a'), named('b'))(plain);
      if (alpn === 'h2') {
        const client = flow('-(sa)|', { s: h2.start(), a: h2.get(1, '/') });
        serve(client, app, { alpn });
        expectFrames(client).toBe('-(hd)|', {
          h: { stream: 1, fields: { ':status': '200', via: 'ab', 'content-length': '2', date: DATE } },
          d: 'DATA 1 "ok" END_STREAM',
        });
      } else {
        const client = flow('-a---|', { a: h1.get('/') });
        serve(client, app, { alpn });
        expectWire(client).toBe('-x---|', { x: [h1.responseHead(200, { via: 'ab', 'content-length': 2 }), 'ok'] });
      }
    }));

  it('that returns nothing is the fault invalid-response, with words that say what to do', () =>
    httpTest(({ flow, serve, h1, h2, expectFaults, expectServed }) => {
      const forgetful: Middleware<string> = (next) => (request, exchange) => {
        next(request, exchange);
        return undefined as unknown as HttpResponse;
      };
      const client =
        alpn === 'h2' ? flow('-(sa)|', { s: h2.start(), a: h2.get(1, '/') }) : flow('-a---|', { a: h1.get('/') });
      const service = serve(client, forgetful(plain), { alpn });
      expectFaults(service).toBe('-f', {
        f: {
          code: 'invalid-response',
          kind: 'internal-server-error',
          message:
            'the handler returned nothing: return a response such as text(...), or an Observable or Promise of one',
        },
      });
      expectServed(service).toBe('-s---|', { s: { status: 500, error: 'invalid-response' } });
    }));
});

const DATE = 'Thu, 01 Jan 1970 00:00:00 GMT';
