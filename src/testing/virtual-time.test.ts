import { from, mergeMap, NEVER, Observable, of, timer } from 'rxjs';
import { bytes, fromPull, type HttpResponse, text } from '../index.js';
import { httpTest, LeftVirtualTime } from './index.js';
import { failureOf, leavingOf, mismatchOf } from '../../test/kits/units/http-tests.js';

type Test = Parameters<typeof httpTest>[0];
type Handler = Parameters<Parameters<Test>[0]['serve']>[1];

/** A test that would pass: it does not look at the response. */
const expectingNothing =
  (handler: Handler): Test =>
  ({ flow, serve, h1, expectFaults }) => {
    const service = serve(flow('-a---', { a: h1.post('/row', 'content') }), handler);
    expectFaults(service).toBe('');
  };

describe('a test that leaves virtual time fails, and learns what to do', () => {
  it('a Promise of a handler', () => {
    const message = leavingOf(expectingNothing(() => Promise.resolve(text('ok'))));
    expect(message).toMatchInlineSnapshot(`
     "the test leaves virtual time:
     what the handler gave for POST /row is a Promise

     A test in virtual time is synchronous: no Promise is settled, and no native timer fires, before it is over. Let the test give
     an Observable of virtual time instead.
       of(value), throwError(...)       for a value or an error at once.
       cold('--r|', { r: value })       for a value after 2 ms.
       timer(2).pipe(map(() => value))  instead of a setTimeout.
       fromPull([...]), of(bytes)       for content, instead of an async iterable or a stream of Node.
     A program whose Promises cannot be replaced is tested in real time, over memoryPair()."
    `);
  });

  it('an async handler, whatever else the test expected', () => {
    const message = leavingOf(({ flow, serve, h1, expectWire }) => {
      const client = flow('-a--', { a: h1.get('/') });
      // eslint-disable-next-line @typescript-eslint/require-await -- that it is async is what is tested
      serve(client, async () => text('ok'));
      expectWire(client).toBe('-x--', { x: h1.response(200, 'ok') });
    });
    expect(message).toMatch(/^the test leaves virtual time:\nwhat the handler gave for GET \/ is a Promise\n/);
    expect(message).toContain('wire of flow 1: x was expected at 1 ms');
  });

  it('content from an async iterable, or a stream of Node', () => {
    async function* content(): AsyncGenerator<string> {
      yield await Promise.resolve('a');
    }
    expect(leavingOf(expectingNothing(() => bytes(content())))).toContain(
      'the content of the response to POST /row is an async iterable',
    );
    expect(leavingOf(expectingNothing(() => of(bytes(content()))))).toContain('is an async iterable');
  });

  it('an ALPN result', () => {
    const message = leavingOf(({ flow, serve, expectFaults }) => {
      expectFaults(serve(flow(''), () => text('ok'), { alpn: Promise.resolve('h2') })).toBe('');
    });
    expect(message).toContain('the ALPN result of flow 1 is a Promise');
  });

  it('the test itself', () => {
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the mistake that is told
    const message = leavingOf(async ({ expectWire, flow }) => {
      expectWire(flow('')).toBe('');
      await Promise.resolve();
    });
    expect(message).toContain('what the test function itself gave is a Promise');
  });

  it.each<[string, Handler, RegExp]>([
    ['from(promise)', () => from(Promise.resolve(text('ok'))), /a Promise was made, at .*virtual-time\.test/],
    [
      'an async project',
      () => of(1).pipe(mergeMap(() => Promise.resolve(text('ok')))),
      /a Promise was made, at .*virtual-time\.test/,
    ],
    [
      'a body that is read with for await',
      ({ body }) =>
        from(
          (async () => {
            for await (const chunk of body) if (chunk.length === 0) break;
            return text('ok');
          })(),
        ),
      /a Promise was made, at .*virtual-time\.test/,
    ],
    [
      'an async iterable behind fromPull',
      () => bytes(fromPull((async function* () {})())),
      /a Promise was made, at .*from-pull/,
    ],
    [
      'a native timer',
      () => new Observable<HttpResponse>((subscriber) => void setTimeout(() => subscriber.next(text('ok')), 1)),
      /a native timer was set \(setTimeout or setInterval\), at .*virtual-time\.test/,
    ],
    [
      'setImmediate',
      () => new Observable<HttpResponse>((subscriber) => void setImmediate(() => subscriber.next(text('ok')))),
      /setImmediate was called, at .*virtual-time\.test/,
    ],
    [
      'a microtask',
      () => new Observable<HttpResponse>((subscriber) => queueMicrotask(() => subscriber.next(text('ok')))),
      /queueMicrotask was called, at .*virtual-time\.test/,
    ],
  ])('%s, if it leaves a request without a response', (_, handler, where) => {
    const message = leavingOf(expectingNothing(handler));
    expect(message).toMatch(/^POST \/row, which came at 1 ms, has no response when the test is over/);
    expect(message).toMatch(where);
    expect(message).toContain('Let the test give\nan Observable of virtual time instead');
  });

  it('beside what it says anyway, where it fails', () => {
    const message = mismatchOf(({ expectObservable }) => {
      expectObservable(from(Promise.resolve(1))).toBe('a', { a: 1 });
    });
    expect(message).toMatch(/^values: a was expected at 0 ms, but nothing more came\n/);
    expect(message).toMatch(/\n\nWhile the test ran:\n {2}a Promise was made, at .*virtual-time\.test/);
  });

  it('of a client: content that is pulled from elsewhere, a response that waits', () => {
    const message = leavingOf(({ flow, request, expectWire }) => {
      const server = flow('');
      request(server, { url: 'http://test/', body: (async function* () {})() });
      expectWire(server).toBe('');
    });
    expect(message).toContain('the content of GET http://test/ is an async iterable');
  });
});

describe('a test that stays in virtual time', () => {
  it('may leave a request without a response', () => httpTest(expectingNothing(() => NEVER)));

  it('may make a Promise that nothing waits for', () =>
    httpTest(
      expectingNothing(() => {
        void Promise.resolve();
        return text('ok');
      }),
      { duration: '10s' },
    ));

  it('has the schedulers of RxJS in it: timer, delay, interval', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const client = flow('a 60s -|', { a: h1.get('/') });
      serve(client, () => timer(30_000).pipe(mergeMap(() => of(text('ok')))));
      expectWire(client).toBe('30s x 30s -|', { x: h1.response(200, 'ok') });
    }));

  it('sets no native timer: a limit of 60 s is tested without waiting', () => {
    const set = jest.spyOn(globalThis, 'setTimeout');
    const interval = jest.spyOn(globalThis, 'setInterval');
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('a', { a: h1.requestHead('POST', '/', { 'content-length': 4 }) });
      const service = serve(client, ({ body }) => body.text().pipe(mergeMap(() => of(text('ok')))), {
        limits: { bodyTimeout: 60_000 },
      });
      expectFaults(service).toBe('60s f', { f: 'body-timeout' });
      expectWire(client).toBe('60s (x|) 4996ms !', {
        x: h1.response(408, '408 the body does not go on: bodyTimeout is 60000 ms\n', { connection: 'close' }),
      });
    });
    expect([set.mock.calls.length, interval.mock.calls.length]).toEqual([0, 0]);
    set.mockRestore();
    interval.mockRestore();
  });
});

describe('after a test', () => {
  it('nothing goes on: what a Promise gives later finds nobody', async () => {
    let unsubscribed = false;
    const answer = new Observable<HttpResponse>(() => () => (unsubscribed = true));
    expect(failureOf(expectingNothing(() => from([Promise.resolve()]).pipe(mergeMap(() => answer))))).toBeInstanceOf(
      LeftVirtualTime,
    );
    expect(unsubscribed).toBe(true);
    await Promise.resolve();
  });

  it('an error of its function is thrown unchanged', () => {
    const thrown = new RangeError('mine');
    expect(
      failureOf(() => {
        throw thrown;
      }),
    ).toBe(thrown);
  });
});
