/**
 * A gateway sends a request again if the upstream has certainly not acted on it, and the content has not begun. The client gets no 502 for
 * an upstream that only closes its connections, or restarts.
 *
 * ```
 * client       a-----b-------    a, b = requests
 * upstream 1   x-r---y|          r = 200; the used connection ends as b comes: it was never read
 * upstream 2         y-r-        so b is sent again, at once, on a connection of its own
 * client       --r-----r-
 *
 * upstream h2  --x--g            g = GOAWAY below the stream of x: any method is sent again
 * upstream h2  --x--f            f = REFUSED_STREAM: twice at once, then by the policy of `retry`
 * ```
 */
import { map, timer } from 'rxjs';
import { ClientError, type ClientOptions, type Flow } from 'rxpaf';
import { type h1 as H1, type HttpTest, httpTest, type TestFlow, type TestService } from 'rxpaf/testing';
import { type Connections, drawnClient } from '../test/kits/marbles/client.js';

const SHORTLY = { duration: '20s' };
/** Connections of the pool stay open for longer than a test. */
const OPTIONS: ClientOptions = { baseUrl: 'http://origin/', limits: { idleTimeout: 60_000 } };

/** A gateway in front of drawn upstream connections. */
function gateway(
  { serve }: HttpTest,
  client: TestFlow,
  upstreams: readonly Connections[],
  options: ClientOptions = {},
): TestService {
  const http = drawnClient(upstreams, { ...OPTIONS, ...options });
  return serve(client, (request) => http.request(request));
}

/** What the upstream gets. */
const passed = (h1: typeof H1, method: string, path: string, fields: Record<string, string> = {}): string =>
  h1.requestHead(method, path, { host: 'origin', ...fields, via: '1.1 rxpaf' });

describe('a used HTTP/1.1 connection that ends without a word', () => {
  /** Two requests, the second of which goes out on a connection that has ended. */
  const twice = (
    words: HttpTest,
    second: Parameters<HttpTest['flow']>[1],
    end: '|' | '#' = '|',
  ): { readonly service: TestService; readonly one: TestFlow; readonly two: TestFlow } => {
    const { flow, h1 } = words;
    const client = flow('a-----b---------', { a: h1.get('/1'), ...second });
    const one = flow(`--r----${end}`, { r: h1.response(200) });
    const two = flow('----------r', { r: h1.response(201) });
    return { service: gateway(words, client, [one, two]), one, two };
  };

  it.each(['|', '#'] as const)('costs a GET nothing: it is sent again at once (%s)', (end) =>
    httpTest((words) => {
      const { service, one, two } = twice(words, { b: words.h1.get('/2') }, end);
      const { h1 } = words;
      const closed = end === '|' ? '|' : '';
      words.expectWire(one).toBe(`x-----y${closed}`, { x: passed(h1, 'GET', '/1'), y: passed(h1, 'GET', '/2') });
      words.expectWire(two).toBe('-------y', { y: passed(h1, 'GET', '/2') });
      words.expectServed(service).toBe('--s-------t', { s: '200', t: '201' });
      words.expectFaults(service).toBe('');
    }, SHORTLY),
  );

  it('costs an idempotent method nothing that has no content', () =>
    httpTest((words) => {
      const { service } = twice(words, { b: words.h1.requestHead('DELETE', '/2') });
      words.expectServed(service).toBe('--s-------t', { s: '200', t: '201' });
    }, SHORTLY));

  it('is 502 for a POST, which a proxy must not repeat (RFC 9110 section 9.2.2)', () =>
    httpTest((words) => {
      const { service } = twice(words, { b: words.h1.requestHead('POST', '/2', { 'content-length': 0 }) });
      words.expectServed(service).toBe('--s----t', { s: '200', t: '502' });
    }, SHORTLY));

  it('is 502 for content that has begun', () =>
    httpTest((words) => {
      const { service } = twice(words, { b: words.h1.requestHead('PUT', '/2', { 'content-length': 5 }) });
      words.expectServed(service).toBe('--s----t 4999ms |', { s: '200', t: '502' });
    }, SHORTLY));

  it('costs content nothing that waits for 100 (Continue)', () =>
    httpTest((words) => {
      const { service, two } = twice(words, {
        b: words.h1.requestHead('PUT', '/2', { 'content-length': 5, expect: '100-continue' }),
      });
      words.expectServed(service).toBe('--s-------t', { s: '200', t: '201' });
      // The client has its own 100 (Continue) to wait for, and sends nothing.
      words.expectWire(two).toBe('-------y--!', {
        y: 'PUT /2 HTTP/1.1\r\nhost: origin\r\nexpect: 100-continue\r\nvia: 1.1 rxpaf\r\ncontent-length: 5\r\n\r\n',
      });
    }, SHORTLY));

  it('ends the connections that have been idle for longer, too', () =>
    httpTest((words) => {
      const { flow, h1 } = words;
      // Two requests at once make two connections; the upstream has closed both, and says so as they are used.
      const clients = [
        flow('a------', { a: h1.get('/1') }),
        flow('a------b----------', { a: h1.get('/2'), b: h1.get('/3') }),
      ];
      const upstreams = [flow('--r', { r: h1.response(200) }), flow('--r-----|', { r: h1.response(200) })];
      const last = flow('------------r', { r: h1.response(200) });
      const http = drawnClient([...upstreams, last], OPTIONS);
      const service = words.serve(clients, (request) => http.request(request));
      words.expectServed(service).toBe('--(st)------u', { s: '200', t: '200', u: '200' });
      words.expectWire(upstreams[0]!).toBe('x-------| 4999ms !', { x: passed(h1, 'GET', '/1') });
    }, SHORTLY));

  it('is 502 if the program wants no retries', () =>
    httpTest((words) => {
      const { flow, h1 } = words;
      const client = flow('a-----b---------', { a: h1.get('/1'), b: h1.get('/2') });
      const one = flow('--r----|', { r: h1.response(200) });
      const service = gateway(words, client, [one], { retry: false });
      words.expectServed(service).toBe('--s----t', { s: '200', t: '502' });
    }, SHORTLY));
});

describe('an HTTP/2 upstream', () => {
  const H2_OPTIONS: ClientOptions = { protocols: ['h2'] };
  const post = (h1: typeof H1): string => h1.requestHead('POST', '/', { 'content-length': 0 });
  const responding = (words: HttpTest): Flow =>
    words.flow('----r', { r: [words.h2.startServer(), words.h2.responseHead(1, 201, {}, { end: true })] });

  it('that goes away has not acted on the streams above its last one: any method is sent again', () =>
    httpTest((words) => {
      const { flow, h1, h2 } = words;
      const client = flow('a', { a: post(h1) });
      const away = flow('s-g', { s: h2.startServer(), g: h2.goaway(0, 'NO_ERROR') });
      const service = gateway(words, client, [away, responding(words)], H2_OPTIONS);
      words.expectServed(service).toBe('----s', { s: '201' });
      words.expectFaults(service).toBe('');
    }, SHORTLY));

  it('that refuses a stream gets it again, twice at once, then by the policy', () =>
    httpTest((words) => {
      const { flow, h1, h2 } = words;
      const client = flow('a', { a: post(h1) });
      const refusing = flow('s-f-g-h 100ms -r', {
        ...{ s: h2.startServer(), f: h2.rst(1, 'REFUSED_STREAM'), g: h2.rst(3, 'REFUSED_STREAM') },
        ...{ h: h2.rst(5, 'REFUSED_STREAM'), r: h2.responseHead(7, 201, {}, { end: true }) },
      });
      const service = gateway(words, client, [refusing], H2_OPTIONS);
      words.expectFrames(refusing).toBe('a-b-c- 99ms d', {
        ...{
          a: 'HEADERS 1 POST / END_STREAM',
          b: 'HEADERS 3 POST / END_STREAM',
          c: 'HEADERS 5 POST / END_STREAM',
          d: 'HEADERS 7 POST / END_STREAM',
        },
      });
      words.expectServed(service).toBe('------- 100ms -s', { s: '201' });
    }, SHORTLY));

  it('that refuses a stream whose content has begun is 502', () =>
    httpTest((words) => {
      const { flow, h1, h2 } = words;
      const client = flow('ab', { a: h1.requestHead('POST', '/', { 'content-length': 5 }), b: 'hel' });
      const refusing = flow('s-f', { s: h2.startServer(), f: h2.rst(1, 'REFUSED_STREAM') });
      const service = gateway(words, client, [refusing], H2_OPTIONS);
      words.expectServed(service).toBe('--s 4999ms |', { s: '502' });
    }, SHORTLY));
});

describe('a connection that ends before its response', () => {
  it.each(['http/1.1', 'h2'] as const)('costs a retry of an idempotent method, by the policy (%s)', (alpn) =>
    httpTest((words) => {
      const { flow, h1, h2 } = words;
      const client = flow('a', { a: h1.get('/') });
      const lost = alpn === 'h2' ? flow('s-#', { s: h2.startServer() }) : flow('--#');
      const there =
        alpn === 'h2'
          ? flow('103ms r', { r: [h2.startServer(), h2.responseHead(1, 201, {}, { end: true })] })
          : flow('103ms r', { r: h1.response(201) });
      const service = gateway(words, client, [lost, there], { protocols: [alpn] });
      words.expectServed(service).toBe('103ms s', { s: '201' });
      words.expectFaults(service).toBe('');
    }, SHORTLY),
  );

  it('is 502 for a POST', () =>
    httpTest((words) => {
      const { flow, h1 } = words;
      const client = flow('a', { a: h1.requestHead('POST', '/', { 'content-length': 0 }) });
      const service = gateway(words, client, [flow('--#'), flow('')]);
      words.expectServed(service).toBe('--s', { s: '502' });
    }, SHORTLY));
});

describe('an upstream that is not there', () => {
  const refused = (after: number): Connections =>
    timer(after).pipe(
      map((): Flow => {
        throw new ClientError('connect-failed', 'nobody is there', { retryable: true });
      }),
    );

  it('is waited for as long as the policy has it: the request was never sent', () =>
    httpTest((words) => {
      const { flow, h1 } = words;
      const client = flow('a', { a: h1.requestHead('POST', '/', { 'content-length': 0 }) });
      const there = flow('300ms r', { r: h1.response(201) });
      const service = gateway(words, client, [refused(0), refused(0), there]);
      // 100 ms, then 200.
      words.expectServed(service).toBe('300ms s', { s: '201' });
    }, SHORTLY));

  it('is 502 after that', () =>
    httpTest((words) => {
      const { flow, h1 } = words;
      const client = flow('a', { a: h1.get('/') });
      const service = gateway(words, client, [refused(0), refused(0), refused(0)]);
      words.expectServed(service).toBe('298ms s', { s: '502' });
    }, SHORTLY));

  it('does not keep a client that disconnects', () =>
    httpTest((words) => {
      const { flow, h1 } = words;
      const client = flow('a-----#', { a: h1.get('/') });
      const there = flow('');
      const service = gateway(words, client, [refused(0), there]);
      words.expectServed(service).toBe('------(s|)', { s: 'aborted' });
      words.expectWire(there).toBe('');
    }, SHORTLY));
});
