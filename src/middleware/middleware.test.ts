import { concat, delay, map, NEVER, of, pipe, throwError, timer } from 'rxjs';
import { accessLog, guard, responseTimeout } from 'rxpaf/middleware';
import { empty, type HttpResponse, type Middleware, type Served, type Service, text } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';

const hello: Service<string> = () => text('hello');
const LATE = '503 in time';
const late = text(LATE, { status: 503 });

describe('responseTimeout', () => {
  const limited = (service: Service<string>): Service<string> =>
    responseTimeout<string>(3, { response: late })(service);

  it('lets a response pass that is there, or comes in time', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const client = flow('-a--b---|', { a: h1.get('/now'), b: h1.get('/soon') });
      serve(
        client,
        limited(({ path }) => (path === '/now' ? text('hello') : of(text('hello')).pipe(delay(2)))),
      );
      expectWire(client).toBe('-x----x-|', { x: h1.response(200, 'hello') });
    }));

  it('responds in the place of a service that takes longer, and unsubscribes it', () =>
    httpTest(({ flow, serve, cold, h1, expectWire, expectSubscriptions }) => {
      const client = flow('-a------|', { a: h1.get('/') });
      const slow = cold<HttpResponse>('-------');
      serve(
        client,
        limited(() => slow),
      );
      expectWire(client).toBe('   ----x---|', { x: h1.response(503, LATE) });
      expectSubscriptions(slow).toBe('-^--!');
    }));

  it('does not count interim responses', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const client = flow('-a------|', { a: h1.get('/') });
      serve(
        client,
        limited(() => concat(of({ status: 103 }), NEVER)),
      );
      expectWire(client).toBe('-i--x---|', { i: 'HTTP/1.1 103 Early Hints\r\n\r\n', x: h1.response(503, LATE) });
    }));

  it('passes an error on', () =>
    httpTest(({ flow, serve, h1, expectFaults }) => {
      const client = flow('-a-|', { a: h1.get('/') });
      const service = serve(
        client,
        limited(() => throwError(() => new Error('boom'))),
      );
      expectFaults(service).toBe('-f', { f: { message: 'boom' } });
    }));

  it.each([0, -1, NaN, Infinity])('refuses a duration of %s', (duration) => {
    expect(() => responseTimeout(duration)).toThrow(RangeError);
  });
});

describe('guard', () => {
  const authorized = (headers: Record<string, string>): boolean => headers['authorization'] === 'Bearer good';
  const secured: Middleware<string> = guard('Bearer realm="test"', ({ headers }) =>
    authorized(Object.fromEntries([...headers])),
  );

  it('lets a request pass that it allows, and responds with 401 and a challenge to others', () =>
    httpTest(({ flow, serve, h1, expectWire, expectServed }) => {
      const client = flow('-a-b-|', { a: h1.get('/'), b: h1.get('/', { authorization: 'Bearer good' }) });
      const service = serve(client, secured(hello));
      expectServed(service).toBe('-a-b-|', { a: { status: 401 }, b: { status: 200 } });
      expectWire(client).toBe('   -x-y-|', {
        x: h1.response(401, 'unauthorized\n', { 'www-authenticate': 'Bearer realm="test"' }),
        y: h1.response(200, 'hello'),
      });
    }));

  it('does not call the service, nor read the content, of what it refuses', () => {
    let calls = 0;
    httpTest(({ flow, serve, h1, expectServed }) => {
      const client = flow('-a-|', { a: h1.post('/', 'content') });
      const service = serve(
        client,
        secured(() => (calls++, empty())),
      );
      expectServed(service).toBe('-s-|', { s: { status: 401 } });
    });
    expect(calls).toBe(0);
  });

  it('waits for a decision that comes later, and fails closed', () =>
    httpTest(({ flow, serve, h1, expectServed, expectFaults }) => {
      const client = flow('-a---b---|', { a: h1.get('/yes'), b: h1.get('/fails') });
      const asking = guard<string>('Bearer', ({ path }) =>
        timer(2).pipe(
          map(() => {
            if (path === '/fails') throw new Error('no answer');
            return true;
          }),
        ),
      );
      const service = serve(client, asking(hello));
      expectServed(service).toBe('---a---b-|', { a: { status: 200 }, b: { status: 500 } });
      expectFaults(service).toBe('-------f', { f: { message: 'no answer' } });
    }));
});

describe('accessLog', () => {
  it('logs each exchange once, with its end', () => {
    const logged: Served<string>[] = [];
    httpTest(({ flow, serve, h1, expectServed }) => {
      const client = flow('-a-b--#', { a: h1.get('/one'), b: h1.get('/two') });
      const app = pipe(accessLog<string>((served) => logged.push(served)))(({ path }) =>
        path === '/one' ? text('1') : NEVER,
      );
      const service = serve(client, app);
      expectServed(service).toBe('-a----(b|)', { a: { status: 200 }, b: { outcome: 'aborted' } });
    });
    expect(logged.map(({ request, outcome }) => `${request.path} ${outcome}`)).toEqual([
      '/one complete',
      '/two aborted',
    ]);
  });

  it('composes with the others: it logs the response of the inner ones', () => {
    const statuses: unknown[] = [];
    httpTest(({ flow, serve, h1, expectServed }) => {
      const client = flow('-a-|', { a: h1.get('/') });
      const app = pipe(
        responseTimeout<string>(10),
        guard<string>('Bearer', () => false),
        accessLog<string>(({ status }) => statuses.push(status)),
      )(hello);
      expectServed(serve(client, app)).toBe('-s-|', { s: { status: 401 } });
    });
    expect(statuses).toEqual([401]);
  });
});
