/**
 * Middleware of a client: functions around the sending of a request. `pipe(a, b)` makes one of them, of which b is the outer one. RxJS
 * operators implement what a middleware does before, after or in place of a request.
 *
 * ```
 * json('/rows')  ^
 *   b              request ->  a  ->  next       b and a change the request in turn
 * wire             x                             x = GET, with what they added
 * server           ---r
 *   b    <-  a  <- ---o                          each sees the response
 * result           ---(v|)
 *
 * wire             x--y                          y = the request again, with another token: a 401 is not shown
 * server           --a--b                        a = 401, b = 200
 * result           -----(o|)
 *
 * result           ---!                          unsubscribing cancels through all of them
 * wire             x--!
 * ```
 */
import {
  catchError,
  defer,
  delay,
  EMPTY,
  map,
  merge,
  mergeMap,
  NEVER,
  of,
  pipe,
  retry,
  tap,
  throwError,
  timeout,
  timer,
} from 'rxjs';
import {
  ClientError,
  type ClientMiddleware,
  type ClientOptions,
  type ClientResponse,
  type ClientService,
  type ClientServiceRequest,
  text,
} from 'rxpaf';
import { httpTest } from 'rxpaf/testing';
import { drawnClient, outcomeOf } from '../test/kits/marbles/client.js';

const URL = 'http://test/';
/** No connection is idle for so long that it would end. */
const SHORTLY = { duration: '20s' };

const within = (middleware: ClientMiddleware, options: ClientOptions = {}): ClientOptions => ({
  ...{ retry: false, middleware },
  ...options,
});
/** Adds a word to a field that each of them adds to. */
const adding =
  (word: string): ClientMiddleware =>
  (next) =>
  (request) =>
    next({ ...request, headers: request.headers.with('x-way', `${request.headers.get('x-way') ?? ''}${word}`) });

describe('a middleware', () => {
  it('changes the request; of several that are piped the last is the outermost', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const server = flow('--a', { a: h1.response(200, 'ok') });
      const http = drawnClient([server], within(pipe(adding('inner'), adding('outer-'))));
      expectObservable(http.text(URL)).toBe('--(o|)', { o: 'ok' });
      expectWire(server).toBe('x', { x: h1.get('/', { 'x-way': 'outer-inner' }) });
    }, SHORTLY));

  it('sees the request as it is going to be sent: absolute, with the fields of the client', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const seen: Partial<ClientServiceRequest>[] = [];
      const looking: ClientMiddleware = (next) => (request) => {
        const { url, method, headers } = request;
        seen.push({ url, method, headers });
        // A removed field is not sent.
        return next({ ...request, headers: headers.without('user-agent') });
      };
      const server = flow('--a', { a: h1.response(200, 'ok') });
      const options = { baseUrl: 'http://test/api/', headers: { 'user-agent': 'me', accept: 'x' } };
      const http = drawnClient([server], within(looking, options));
      expectObservable(http.text('rows?a', { headers: { accept: 'y' } })).toBe('--(o|)', { o: 'ok' });
      expectObservable(
        timer(1).pipe(map(() => seen.map(({ headers, ...rest }) => ({ ...rest, headers: [...headers!] })))),
      ).toBe('-(s|)', {
        s: [
          {
            ...{ url: 'http://test/api/rows?a', method: 'GET' },
            headers: [
              ['accept', 'y'],
              ['user-agent', 'me'],
            ],
          },
        ],
      });
      expectWire(server).toBe('x', { x: h1.get('/api/rows?a', { accept: 'y' }) });
    }, SHORTLY));

  it('sees the response of each request, and when it came', () =>
    httpTest(({ flow, h1, expectObservable }) => {
      const log: string[] = [];
      const logged: ClientMiddleware = (next) => (request) =>
        next(request).pipe(tap(({ status }) => log.push(`${request.method} ${request.url} ${status}`)));
      const server = flow('--a--b', { a: h1.response(200, 'ok'), b: h1.response(404, '') });
      const http = drawnClient([server], within(logged));
      expectObservable(http.text(`${URL}a`)).toBe('--(o|)', { o: 'ok' });
      expectObservable(outcomeOf(http.post(`${URL}b`, 'x')), '---^').toBe('-----(o|)', { o: '404' });
      expectObservable(timer(9).pipe(map(() => log))).toBe('---------(l|)', {
        l: [`GET ${URL}a 200`, `POST ${URL}b 404`],
      });
    }, SHORTLY));

  it('sends a request again, with another token', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      let token = 'old';
      const authorized: ClientMiddleware = (next) => (request) => {
        const send = defer(() => next({ ...request, headers: request.headers.with('authorization', token) }));
        const renewed = timer(1).pipe(
          tap(() => (token = 'new')),
          mergeMap(() => send),
        );
        return send.pipe(
          mergeMap((response) => {
            if (response.status !== 401) return of(response);
            response.discard();
            return renewed;
          }),
        );
      };
      const server = flow('--a--b', { a: h1.response(401), b: h1.response(200, 'ok') });
      const http = drawnClient([server], within(authorized));
      expectObservable(http.text(URL)).toBe('-----(o|)', { o: 'ok' });
      expectWire(server).toBe('x--y', {
        x: h1.get('/', { authorization: 'old' }),
        y: h1.get('/', { authorization: 'new' }),
      });
    }, SHORTLY));

  it('is around retries and redirects: it sees one request, and its last response', () =>
    httpTest(({ flow, h1, expectObservable }) => {
      let count = 0;
      const counted: ClientMiddleware = (next) => (request) => {
        count++;
        return next(request);
      };
      const server = flow('--a---b', { a: h1.response(302, '', { location: '/b' }), b: h1.response(200, 'ok') });
      const http = drawnClient([server], within(counted));
      expectObservable(http.text(URL)).toBe('------(o|)', { o: 'ok' });
      expectObservable(timer(9).pipe(map(() => count))).toBe('---------(c|)', { c: 1 });
    }, SHORTLY));

  it('has the operators of RxJS: a time limit, a retry, a delay', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const patient = (next: ClientService): ClientService => {
        return (request) => next(request).pipe(timeout(5), retry({ count: 1, delay: 2 }));
      };
      const late: ClientMiddleware = (next) => (request) => of(request).pipe(delay(1), mergeMap(next));
      const one = flow('');
      const two = flow('---------a', { a: h1.response(200, 'ok') });
      const http = drawnClient([one, two], within(pipe(patient, late)));
      expectObservable(http.text(URL)).toBe('---------(o|)', { o: 'ok' });
      expectWire(one).toBe('-x----!', { x: h1.get('/') });
      expectWire(two).toBe('--------x', { x: h1.get('/') });
    }, SHORTLY));

  it('is where unsubscribing passes through, on its way to the wire', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const server = flow('');
      const http = drawnClient([server], within(pipe(adding('a'), adding('b'))));
      expectObservable(http.text(URL), '^--!').toBe('');
      expectWire(server).toBe('x--!', { x: h1.get('/', { 'x-way': 'ba' }) });
    }));

  it('keeps state from one request to the next: it counts the requests of its client', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const numbered: ClientMiddleware = (next) => {
        let number = 0;
        return (request) => next({ ...request, headers: request.headers.with('x-number', ++number) });
      };
      const server = flow('-a-b', { a: h1.response(204), b: h1.response(204) });
      const http = drawnClient([server], within(numbered));
      expectObservable(outcomeOf(http.get(URL))).toBe('-(o|)', { o: '204' });
      expectObservable(outcomeOf(http.get(URL)), '--^').toBe('---(o|)', { o: '204' });
      expectWire(server).toBe('x-y', { x: h1.get('/', { 'x-number': 1 }), y: h1.get('/', { 'x-number': 2 }) });
    }, SHORTLY));

  it('is around a tunnel, too: it sees that one is asked for', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const asked: (boolean | undefined)[] = [];
      const looking: ClientMiddleware = (next) => (request) => {
        asked.push(request.tunnel);
        return next(request);
      };
      const server = flow('--s--b|', { s: h1.responseHead(101, { upgrade: 'echo', connection: 'upgrade' }), b: 'bye' });
      const http = drawnClient([server], within(pipe(looking, adding('in'))));
      const content = http.tunnel(URL, { protocol: 'echo' }).pipe(mergeMap(({ flow: tunnel }) => tunnel));
      expectObservable(
        merge(content.pipe(map((chunk) => Buffer.from(chunk).toString())), timer(1).pipe(map(() => asked))),
      ).toBe('-a---b|', {
        a: [true],
        b: 'bye',
      });
      expectWire(server).toBe('x', {
        x: 'GET / HTTP/1.1\r\nhost: test\r\nx-way: in\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n',
      });
    }, SHORTLY));

  it('changes a request that is forwarded; its hop-by-hop fields are gone by then', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const origin = flow('--a', { a: h1.response(200, 'ok') });
      const renamed: ClientMiddleware = (next) => (request) => {
        const forwarded = request.forwarded === undefined ? '' : `${request.forwarded.version} ${request.url}`;
        return next({ ...request, method: 'PUT', headers: request.headers.with('x-forwarded', forwarded) });
      };
      const upstream = drawnClient([origin], within(renamed, { baseUrl: 'http://origin/' }));
      const visitor = flow('-a', { a: h1.request('POST', '//a/../b', 'x', { connection: 'x-hop', 'x-hop': 'mine' }) });
      serve(visitor, (request) => upstream.request(request));
      expectWire(origin).toBe('-x', {
        x: [
          'PUT //a/../b HTTP/1.1\r\nhost: origin\r\nvia: 1.1 rxpaf\r\n',
          'x-forwarded: 1.1 http://origin//a/../b\r\ncontent-length: 1\r\n\r\nx',
        ],
      });
    }, SHORTLY));
});

describe('what a middleware fails with', () => {
  it('is what the request fails with, thrown or emitted', () =>
    httpTest(({ expectObservable }) => {
      const mine = new Error('mine');
      const throwing: ClientMiddleware = () => () => {
        throw mine;
      };
      const failing: ClientMiddleware = () => () => throwError(() => mine);
      for (const middleware of [throwing, failing]) {
        expectObservable(drawnClient([], within(middleware)).json(URL)).toBe('#', undefined, mine);
      }
    }));

  it.each([
    ['nothing', undefined, 'a middleware gave nothing'],
    ['null', null, 'a middleware gave nothing'],
    ['a number', 5, 'a middleware gave a number'],
    ['an Observable of what is no response', of('ok'), 'a middleware gave a string'],
    ['an Observable of a response of a server', of(text('ok')), 'a middleware gave an object'],
  ])('is invalid-middleware where it gives %s', (_, given, words) =>
    httpTest(({ expectObservable }) => {
      const careless = (() => () => given) as unknown as ClientMiddleware;
      const outcome = drawnClient([], within(careless)).request(URL);
      const hint = 'return next(request), or an Observable of a response that came from it';
      const told = outcome.pipe(
        map(({ status }) => String(status)),
        catchError((error: unknown) => of(error instanceof ClientError ? `${error.code}: ${error.message}` : '')),
      );
      expectObservable(told).toBe('(e|)', { e: `invalid-middleware: ${words}: ${hint}` });
    }),
  );

  it('that never responds: the program cancels the request', () =>
    httpTest(({ expectObservable }) => {
      expectObservable(
        drawnClient(
          [],
          within(() => () => NEVER),
        ).text(URL),
        '^---!',
      ).toBe('');
      const silent = drawnClient(
        [],
        within(() => () => EMPTY),
      ).request(URL);
      expectObservable(silent.pipe(map((response: ClientResponse) => response.status))).toBe('|');
    }));
});

describe('bad input', () => {
  it.each([
    [5, 'middleware: expected a function (next) => (request) => next(request), got a number'],
    [null, 'middleware: expected a function (next) => (request) => next(request), got nothing'],
    [() => undefined, 'middleware: it returned nothing: return a function (request) => next(request)'],
    [() => of(1), 'middleware: it returned an object: return a function (request) => next(request)'],
  ])('%p throws when the client is made', (middleware, words) =>
    httpTest(({ expectObservable }) => {
      const options = { middleware: middleware as unknown as ClientMiddleware };
      const made = defer(() => of(drawnClient([], options)));
      expectObservable(made).toBe('#', undefined, new TypeError(words));
    }),
  );
});
