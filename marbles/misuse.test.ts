/**
 * Mistakes of a program: each is reported once, and costs no more than its own exchange or connection.
 *
 * ```
 * client    -a---a---|     a: GET /
 * handler    --(x|)        answers, and its teardown throws
 * faults    ---f---f       each time, with nothing to be answered
 * wire      ---x---x-|     the answers stand, and so does the connection
 * ```
 */
import { delay, finalize, map, NEVER, type Observable, of, startWith } from 'rxjs';
import { bytes, response, type HttpResponse, text } from 'rxpaf';
import { httpTest, type TestFlow } from 'rxpaf/testing';

const OCTETS = { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' };
const boom = new Error('boom');
const throwing = (): never => {
  throw boom;
};

describe('a transport that throws when it is written to', () => {
  /** ... after so many writes. */
  const unwritable = (flow: TestFlow, behind = 0): TestFlow => {
    const write = flow.write.bind(flow);
    let writes = 0;
    jest.spyOn(flow, 'write').mockImplementation((pieces) => (writes++ < behind ? write(pieces) : throwing()));
    return flow;
  };

  it.each(['http/1.1', 'h2'])('ends the connection, and the exchange under way gets the error, on %s', (alpn) =>
    httpTest(({ flow, serve, h1, h2, expectFaults, expectServed, expectSubscriptions, probe }) => {
      const asked = alpn === 'h2' ? [h2.start(), h2.post(1, '/', 'content')] : h1.post('/', 'content');
      // On HTTP/2 SETTINGS go out before anybody asks.
      const client = unwritable(flow('-a---|', { a: asked }), alpn === 'h2' ? 1 : 0);
      const answers = probe<HttpResponse>();
      const service = serve(client, () => NEVER.pipe(startWith(response(103)), answers), { alpn });
      expectFaults(service).toBe('-f', {
        f: { code: 'connection-reset', message: 'the transport failed', scope: 'connection', initiator: 'local' },
      });
      expectServed(service).toBe('-(s|)', { s: 'aborted' });
      expectSubscriptions(answers).toBe('-(^!)');
    }),
  );

  it('ends the connection of a client as well', () =>
    httpTest(({ flow, connect, expectResponses, expectWire }) => {
      const server = unwritable(flow('----|'));
      const client = connect(server);
      client.request({ url: 'http://test/' });
      expectResponses(client).toBe('(e#)', { e: 'connection-reset' });
      expectWire(server).toBe('!');
    }));
});

describe('a teardown that throws', () => {
  const torn = (): never => {
    throw new Error('torn');
  };
  /** ... when it is left, or is over. */
  const tearing = <T>(source: Observable<T>): Observable<T> => source.pipe(finalize(torn));

  it('in the handler is a fault, and the response is still sent', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('-a---a---|', { a: h1.get('/') });
      const service = serve(client, () => tearing(of(text('ok')).pipe(delay(2))));
      expectFaults(service).toBe('---f---f', { f: { code: 'exception', message: 'torn', answerable: false } });
      expectWire(client).toBe('   ---x---x-|', { x: h1.response(200, 'ok') });
    }));

  it('in the content is a fault, and the response is sent whole', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('-a---|', { a: h1.get('/') });
      const service = serve(client, () => bytes(tearing(of(Buffer.from('b')).pipe(delay(2)))));
      expectFaults(service).toBe('---f', { f: { message: 'torn' } });
      expectWire(client).toBe('   ---x-|', { x: [h1.responseHead(200, OCTETS), h1.chunk('b'), h1.lastChunk()] });
    }));

  it('in the reader of a request is a fault, and the request gets its response', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('-ab--|', { a: h1.requestHead('POST', '/', { 'content-length': 1 }), b: 'b' });
      const service = serve(client, ({ body }) => tearing(body.text()).pipe(map((content) => text(content))));
      expectFaults(service).toBe('--f', { f: { message: 'torn' } });
      expectWire(client).toBe('   --x--|', { x: h1.response(200, 'b') });
    }));

  it('is one fault when a client disconnects, and the other handlers are torn down', () =>
    httpTest(({ flow, serve, h2, cold, expectFaults, expectServed, expectSubscriptions }) => {
      const client = flow('(sab)-#', { s: h2.start(), a: h2.get(1, '/torn'), b: h2.get(3, '/') });
      const other = cold<HttpResponse>('-');
      const service = serve(client, ({ path }) => (path === '/torn' ? tearing(NEVER) : other));
      const aborted = { outcome: 'aborted', error: 'connection-reset' } as const;
      expectFaults(service).toBe('------t', { t: { message: 'torn' } });
      expectServed(service).toBe('------(ab|)', { a: aborted, b: aborted });
      expectSubscriptions(other).toBe('^-----!');
    }));
});

describe('a value that is not content', () => {
  it.each<[string, unknown, string]>([
    ['a number', 5, 'a number'],
    ['nothing', null, 'null'],
    ['a string in an object', { length: 1 }, 'an object'],
  ])('%s as the first value of a body is a 500', (_, content, type) =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('-a-----|', { a: h1.get('/') });
      const service = serve(client, () => bytes(of(content as Uint8Array).pipe(delay(2))));
      const message = `a chunk of the content is ${type}: expected text or bytes`;
      expectFaults(service).toBe('---f', { f: { code: 'exception', message } });
      expectWire(client).toBe('   ---x---|', { x: h1.response(500, '500 exception\n') });
    }),
  );

  it('trailers of another kind break the response off', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('-a-----|', { a: h1.get('/') });
      const service = serve(client, () => ({
        status: 200,
        body: of(Buffer.from('b')).pipe(delay(2)),
        trailers: 5 as unknown as Observable<never>,
      }));
      expectFaults(service).toBe('---f', { f: 'exception' });
      expectWire(client).toBe('   ---(x|)', {
        x: [h1.responseHead(200, { 'transfer-encoding': 'chunked' }), h1.chunk('b')],
      });
    }));
});
