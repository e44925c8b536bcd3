/**
 * The way of a request: one subscription a connection, one a response, one a body; and one write a turn.
 *
 * ```
 * flow in      -a----------|      a = a chunk with three requests: three heads, one turn
 * handler       (123)             is called three times
 * responses    -^--!              each is subscribed to once, and left when its answer is out
 * flow out     -x--y-------|      all that came of a turn in one write, however many messages and frames it is
 * writes       -1--1
 * ```
 */
import {
  concat,
  delay,
  finalize,
  ignoreElements,
  map,
  mergeMap,
  NEVER,
  type Observable,
  of,
  ReplaySubject,
  Subject,
  timer,
} from 'rxjs';
import { Body, bytes, empty, fromPull, html, json, type Content, response, type HttpResponse, text } from 'rxpaf';
import { h1, h2, httpTest, type TestFlow } from 'rxpaf/testing';

/** When the flow is written to: one value a write. */
function writesTo(flow: TestFlow): Observable<number> {
  const writes = new ReplaySubject<number>();
  const write = flow.write.bind(flow);
  jest.spyOn(flow, 'write').mockImplementation((pieces) => {
    writes.next(1);
    return write(pieces);
  });
  return writes;
}

afterEach(() => void jest.restoreAllMocks());

describe('writes: once a turn', () => {
  it('of pipelined requests with immediate responses', () =>
    httpTest(({ flow, serve, expectWire, expectObservable }) => {
      const client = flow('-a-b|', { a: [h1.get('/'), h1.get('/'), h1.get('/')], b: h1.get('/') });
      expectObservable(writesTo(client)).toBe('-w-w', { w: 1 });
      serve(client, () => text('ok'), { alpn: 'http/1.1' });
      const ok = h1.response(200, 'ok');
      expectWire(client).toBe('-x-y|', { x: [ok, ok, ok], y: ok });
    }));

  it('of streams, however many frames they make', () =>
    httpTest(({ flow, serve, expectFrames, expectObservable }) => {
      const client = flow('------a-------|', { a: [h2.start(), ...[1, 3, 5].map((id) => h2.get(id, '/'))] });
      expectObservable(writesTo(client)).toBe('w-----w', { w: 1 });
      serve(client, () => text('ok'), { alpn: 'h2' });
      // The first one is the server's SETTINGS; the second acknowledges the client's, too.
      expectFrames(client).toBe('------(abcdef)|', {
        a: 'HEADERS 1 200',
        b: 'DATA 1 "ok" END_STREAM',
        c: 'HEADERS 3 200',
        d: 'DATA 3 "ok" END_STREAM',
        e: 'HEADERS 5 200',
        f: 'DATA 5 "ok" END_STREAM',
      });
    }));

  it('of a response whose head, content and end are there together', () =>
    httpTest(({ flow, serve, expectObservable, expectServed }) => {
      const client = flow('-a|', { a: h1.get('/') });
      expectObservable(writesTo(client)).toBe('-w', { w: 1 });
      const service = serve(client, () => bytes(of('a', 'b', 'c')), { alpn: 'http/1.1' });
      expectServed(service).toBe('-s|', { s: { sent: 3, outcome: 'complete' } });
    }));

  it('of the pieces of an echo: those of a chunk, in one', () =>
    httpTest(({ flow, serve, expectObservable, expectWire }) => {
      const head = h1.requestHead('POST', '/', { 'transfer-encoding': 'chunked' });
      const client = flow('a-b-c|', {
        a: head,
        b: [h1.chunk('1'), h1.chunk('2'), h1.chunk('3')],
        c: h1.lastChunk(),
      });
      expectObservable(writesTo(client)).toBe('w-w-w', { w: 1 });
      serve(client, ({ body }) => bytes(body), { alpn: 'http/1.1' });
      expectWire(client).toBe('h-x-e|', {
        h: h1.responseHead(200, { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' }),
        x: [h1.chunk('1'), h1.chunk('2'), h1.chunk('3')],
        e: h1.lastChunk(),
      });
    }));
});

/** The same of both protocols: a client that posts, and one that gets. */
const PROTOCOLS = [
  ['http/1.1', h1.get('/'), h1.post('/', 'up')],
  ['h2', [h2.start(), h2.get(1, '/')], [h2.start(), h2.post(1, '/', 'up')]],
] as const;

describe.each(PROTOCOLS)('subscriptions, over %s', (alpn, get, post) => {
  it('one of the connection, one of the response, one of its content', () =>
    httpTest(({ flow, serve, probe, expectSubscriptions }) => {
      const client = flow('-a------|', { a: get });
      const [answers, content] = [probe<HttpResponse>(), probe<string>()];
      const late = (): Observable<HttpResponse> =>
        of(
          response(
            200,
            {},
            timer(4).pipe(
              map(() => 'x'),
              content,
            ),
          ),
        );
      serve(client, () => concat(late().pipe(delay(1)), NEVER).pipe(answers), { alpn });
      expectSubscriptions(client).toBe(' ^-------!');
      expectSubscriptions(answers).toBe('-^----!');
      expectSubscriptions(content).toBe('--^---!');
    }));

  it('one of the request’s content, by its reader', () =>
    httpTest(({ flow, serve, probe, expectBody, expectSubscriptions }) => {
      const client = flow('-a---|', { a: post });
      const upload = probe();
      serve(
        client,
        ({ body }) =>
          timer(2).pipe(
            mergeMap(() => body.pipe(upload)),
            map(() => empty()),
          ),
        { alpn },
      );
      expectSubscriptions(upload).toBe('---(^!)');
      expectBody(upload).toBe('         ---u', { u: 'up' });
    }));

  it('of the response and its content end with the exchange: a client that goes ends both', () =>
    httpTest(({ flow, serve, probe, expectSubscriptions, expectFaults, expectServed }) => {
      const client = flow('-a--#', { a: get });
      const [answers, content] = [probe<HttpResponse>(), probe<string>()];
      const service = serve(client, () => concat(of(response(200, {}, NEVER.pipe(content))), NEVER).pipe(answers), {
        alpn,
      });
      expectSubscriptions(answers).toBe('-^--!');
      expectSubscriptions(content).toBe('-^--!');
      expectFaults(service).toBe('');
      expectServed(service).toBe('----(s|)', {
        s: { outcome: 'aborted', status: undefined, error: 'connection-reset' },
      });
    }));

  it('of a response that is not the last to come: the handler is unsubscribed when the response has been sent', () =>
    httpTest(({ flow, serve, probe, expectSubscriptions, expectServed }) => {
      const client = flow('-a---|', { a: get });
      const answers = probe<HttpResponse>();
      const service = serve(client, () => concat(of(response(103)), of(text('ok')), NEVER).pipe(answers), { alpn });
      expectSubscriptions(answers).toBe('-(^!)');
      expectServed(service).toBe('-s---|', { s: '200' });
    }));

  it('`exchange.closed` emits how the exchange ended, before any teardown, and completes', () =>
    httpTest(({ flow, serve, probe, expectObservable, expectServed }) => {
      const client = flow('-a----b--#', { a: get, b: alpn === 'h2' ? h2.get(3, '/never') : h1.get('/never') });
      const closed = probe<unknown>();
      const seen: string[] = [];
      const service = serve(
        client,
        ({ path }, exchange) => {
          exchange.closed
            .pipe(
              map(({ outcome, error }) => `${path} ${outcome}, ${error?.name}; torn down: ${seen.join()}`),
              closed,
            )
            .subscribe();
          const handler = path === '/never' ? NEVER : concat(of(empty()).pipe(delay(3)), NEVER);
          return handler.pipe(finalize(() => seen.push(path)));
        },
        { alpn },
      );
      expectObservable(closed).toBe('----(c|)-(d|)', {
        c: '/ complete, undefined; torn down: ',
        d: '/never aborted, ProtocolError; torn down: /',
      });
      const ends = { c: '204', d: { outcome: 'aborted', error: 'connection-reset' } } as const;
      expectServed(service).toBe('  ----c----(d|)', ends);
    }));

  it('... and at once for who asks when it is', () =>
    httpTest(({ flow, serve, expectObservable }) => {
      const asked = new Subject<unknown>();
      const client = flow('-a------|', { a: get });
      serve(
        client,
        (_request, exchange) => {
          timer(3)
            .pipe(
              mergeMap(() => exchange.closed),
              ignoreElements(),
            )
            .subscribe(asked);
          return empty();
        },
        { alpn },
      );
      expectObservable(asked).toBe('----|');
    }));
});

describe('a handler gives', () => {
  const ok = (body: Content | undefined): HttpResponse => response(200, { 'content-length': 2 }, body);

  it.each([
    ['text', () => ok('ok')],
    ['bytes', () => ok(Buffer.from('ok'))],
    ['an Observable of bytes', () => ok(of(Buffer.from('o'), Buffer.from('k')))],
    ['an Observable of text', () => ok(of('o', 'k'))],
    ['an iterable', () => ok(['o', Buffer.from('k')])],
    ['what fromPull() makes of one', () => ok(fromPull(['o', 'k']))],
    ['a Body', () => ok(written('ok'))],
  ] as const)('%s as content: the same on the wire', (_name, answer) =>
    httpTest(({ flow, serve, expectWire, expectFrames }) => {
      const one = flow('-a|', { a: h1.get('/') });
      const two = flow('-a-----|', { a: [h2.start(), h2.get(1, '/')] });
      serve([one, two], answer, { alpn: (flow) => (flow === one ? 'http/1.1' : 'h2') });
      expectWire(one).toBe('-x|', { x: [h1.responseHead(200, { 'content-length': 2 }), 'ok'] });
      expectFrames(two).toBe('-(hd)--|', {
        h: { fields: { ':status': '200', 'content-length': '2', date: 'Thu, 01 Jan 1970 00:00:00 GMT' } },
        d: { type: 'DATA', says: '"ok"' },
      });
    }),
  );

  it.each([
    ['a response', () => text('ok')],
    ['an Observable of one', () => of(text('ok'))],
    ['an iterable of one', () => [text('ok')]],
  ] as const)('%s: the same on the wire', (_name, answer) =>
    httpTest(({ flow, serve, expectWire }) => {
      const client = flow('-a|', { a: h1.get('/') });
      serve(client, answer);
      expectWire(client).toBe('-x|', { x: h1.response(200, 'ok') });
    }),
  );

  it('what it likes to say it with', () =>
    httpTest(({ flow, serve, expectWire }) => {
      const client = flow('a-b-c-|', { a: h1.get('/json'), b: h1.get('/html'), c: h1.get('/empty') });
      serve(client, ({ path }) => (path === '/json' ? json({ a: 1 }) : path === '/html' ? html('<p>') : empty()));
      expectWire(client).toBe('x-y-z-|', {
        x: h1.response(200, '{"a":1}', { 'content-type': 'application/json' }),
        y: h1.response(200, '<p>', { 'content-type': 'text/html; charset=utf-8' }),
        z: h1.response(204),
      });
    }));
});

/** A Body that is written to and ended. */
function written(content: string): Body {
  const body = new Body();
  body.next(Buffer.from(content));
  body.complete();
  return body;
}
