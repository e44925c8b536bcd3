/**
 * A program that stops reading a body, and holds its sender up: `readerTimeout` ends the exchange, where it is set.
 *
 * ```
 *           0 s       1 s       2 s
 * client    a-------------------            a = a head, and as much content as may wait
 * reader    retained, and never released
 * faults    ----------f                     f = reader-timeout: 500
 * wire      ----------x---|
 *
 * client    a----b--------------            b = more content
 * reader    -----c--------------            c = some of it is taken: the time begins anew
 * faults    ---------------f
 * ```
 */
import {
  catchError,
  concat,
  concatMap,
  EMPTY,
  ignoreElements,
  map,
  mergeMap,
  NEVER,
  Observable,
  of,
  take,
  tap,
  timer,
} from 'rxjs';
import { Body, bytes, ClientError, type ClientRequest, consume, hold, type HttpRequest, retain, tee } from 'rxpaf';
import { type HttpTest, httpTest } from 'rxpaf/testing';

const LIMITS = { bodyWindow: 8, readerTimeout: 1000 } as const;

/** Readers that never release their chunks, as programs do by mistake. */
const MISTAKES: readonly [string, (body: Body) => Observable<unknown>][] = [
  ['a release that is forgotten', (body) => body.pipe(tap(() => retain()))],
  ['work that never ends', (body) => body.pipe(consume(() => NEVER))],
  ['hold() around an operator that drops all', (body) => body.pipe(hold(concatMap(() => EMPTY)))],
  ['a branch of tee() that nobody reads', (body) => tee(2, { window: 8 })(body)[0]!],
  ['for await that does not go on', (body) => new Observable(() => void body[Symbol.asyncIterator]().next())],
];

/** A request whose content is larger than the window, on either protocol. */
const PROTOCOLS = ['http/1.1', 'h2'] as const;

describe.each(PROTOCOLS)('a server over %s', (alpn) => {
  const uploading = (
    { pair, serve, connect, cold }: HttpTest,
    service: (request: HttpRequest) => Observable<never>,
  ) => {
    const { client, server } = pair({ alpn });
    const served = serve(server, service, { limits: LIMITS });
    const connection = connect(client, { limits: { idleTimeout: Infinity } });
    connection.request({ url: 'http://test/', method: 'POST', body: cold('a-b', { a: '12345678', b: '9' }) });
    return { served, connection };
  };

  it.each(MISTAKES)('ends an exchange whose program takes no bytes: %s', (_name, mistake) =>
    httpTest(
      (words) => {
        const { served, connection } = uploading(words, ({ body }) => mistake(body).pipe(ignoreElements()));
        words.expectFaults(served).toBe('1s f', {
          f: { code: 'reader-timeout', kind: 'internal-server-error', status: 500, scope: 'exchange' },
        });
        words
          .expectServed(served)
          .toBe(alpn === 'h2' ? '1s s' : '1s (s|)', { s: { status: 500, error: 'reader-timeout' } });
        words.expectResponses(connection).toBe(alpn === 'h2' ? '1s r' : '1s (r|)', { r: '500' });
      },
      { duration: '1100ms' },
    ),
  );

  it('starts again with each byte that is taken', () =>
    httpTest(
      (words) => {
        const { served } = uploading(words, ({ body }) =>
          body.pipe(
            consume((_chunk, index) => (index === 0 ? timer(900) : NEVER)),
            ignoreElements(),
          ),
        );
        // One byte is left: that does not hold the sender up.
        words.expectFaults(served).toBe('');
      },
      { duration: '5s' },
    ));

  it('is off by default', () =>
    httpTest(
      ({ pair, serve, connect, expectFaults }) => {
        const { client, server } = pair({ alpn });
        const served = serve(server, ({ body }) => body.pipe(consume(() => NEVER)), { limits: { bodyWindow: 8 } });
        connect(client, { limits: { idleTimeout: Infinity, headTimeout: Infinity } }).request({
          url: 'http://test/',
          method: 'POST',
          body: '123456789',
        });
        expectFaults(served).toBe('');
      },
      { duration: '5m' },
    ));

  it('ends an exchange whose content is complete and that has no response', () =>
    httpTest(
      ({ pair, serve, connect, expectFaults, expectResponses }) => {
        const { client, server } = pair({ alpn });
        const served = serve(server, ({ body }) => body.pipe(consume(() => NEVER)), { limits: LIMITS });
        const connection = connect(client);
        connection.request({ url: 'http://test/', method: 'POST', body: 'a' });
        expectFaults(served).toBe('1s f', { f: 'reader-timeout' });
        expectResponses(connection).toBe('1s r', { r: '500' });
      },
      { duration: '1100ms' },
    ));

  it('does not end an exchange whose content is complete and whose response is under way', () =>
    httpTest(
      ({ pair, serve, connect, cold, expectFaults, expectBody }) => {
        const { client, server } = pair({ alpn });
        const served = serve(
          server,
          ({ body }) => {
            body.pipe(tap(() => retain())).subscribe();
            return bytes(cold('x 5s y|').pipe(map((letter) => Buffer.from(letter))));
          },
          { limits: LIMITS },
        );
        const get = connect(client).request({ url: 'http://test/', method: 'POST', body: 'a' });
        expectBody(get).toBe('x 5s y|');
        expectFaults(served).toBe('');
      },
      { duration: '6s' },
    ));

  it('does not run while the peer sends nothing: bodyTimeout does', () =>
    httpTest(
      ({ pair, serve, connect, cold, expectFaults }) => {
        const { client, server } = pair({ alpn });
        const served = serve(server, ({ body }) => body.pipe(consume(() => NEVER)), { limits: LIMITS });
        connect(client).request({ url: 'http://test/', method: 'POST', body: cold('a', { a: '1' }) });
        expectFaults(served).toBe('');
      },
      { duration: '20s' },
    ));
});

describe('a server whose response has begun', () => {
  const echo = ({ body }: HttpRequest) => {
    const [first] = tee(2, { window: 8 })(body);
    return bytes(first!);
  };

  it('closes the connection on HTTP/1.1', () =>
    httpTest(({ flow, serve, h1, expectWire, expectServed }) => {
      const client = flow('a', { a: [h1.requestHead('POST', '/', { 'content-length': 9 }), '12345678'] });
      const service = serve(client, echo, { limits: LIMITS });
      expectServed(service).toBe('1s s 4999ms |', { s: { outcome: 'aborted', error: 'reader-timeout' } });
      expectWire(client).toBe('x 999ms | 4999ms !', {
        x: [
          h1.responseHead(200, { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' }),
          h1.chunk('12345678'),
        ],
      });
    }));

  it('resets the stream on HTTP/2', () =>
    httpTest(
      ({ flow, serve, h2, expectFrames, expectServed }) => {
        const client = flow('a', {
          a: [h2.start(), h2.requestHead(1, 'POST', '/'), h2.data(1, '12345678')],
        });
        const service = serve(client, echo, { alpn: 'h2', limits: LIMITS });
        expectServed(service).toBe('1s s', { s: { outcome: 'aborted', error: 'reader-timeout' } });
        expectFrames(client).toBe('(hd) 996ms r', {
          h: { stream: 1 },
          d: 'DATA 1 "12345678"',
          r: 'RST_STREAM 1 INTERNAL_ERROR',
        });
      },
      { duration: '1500ms' },
    ));
});

describe.each(PROTOCOLS)('a client over %s', (alpn) => {
  it.each(MISTAKES)('ends a response whose program takes no bytes: %s', (name, mistake) =>
    httpTest(
      ({ pair, serve, connect, expectServed, expectObservable }) => {
        const { client, server } = pair({ alpn });
        const service = serve(server, () =>
          bytes(concat(of('12345678'), NEVER).pipe(map((text) => Buffer.from(text)))),
        );
        const GET: ClientRequest = { url: 'http://test/' };
        const read = connect(client, { limits: LIMITS }).connection.pipe(
          take(1),
          mergeMap((connection) => connection.request(GET)),
          mergeMap(({ body }) => mistake(body)),
          ignoreElements(),
          catchError((error: ClientError) => of(error.code)),
        );
        // The promise of `for await` is not of virtual time.
        expectObservable(read).toBe(name.startsWith('for await') ? '' : '1s (e|)', { e: 'reader-timeout' });
        expectServed(service).toBe(alpn === 'h2' ? '1s s' : '1s (s|)', { s: { outcome: 'aborted' } });
      },
      { duration: '1100ms' },
    ),
  );
});
