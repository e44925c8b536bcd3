/**
 * Interim responses, and `Expect: 100-continue` (RFC 9110 section 10.1.1): the content waits for the server's word.
 *
 * ```
 * wire       x-------b           x = a head that expects 100, b = the content
 * server     --------c--a        c = 100, a = 200
 * response   -----------o
 *
 * wire       x- 1s --b           no word within a second: the content goes out
 *
 * wire       x-------!           b is never sent
 * server     --------a           a = 401
 * response   --------o
 * ```
 */
import { map, timer } from 'rxjs';
import { type ClientRequest } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';
import { drawnClient, outcomeOf } from '../test/kits/marbles/client.js';

const URL = 'http://test/';
const PUT: ClientRequest = { url: URL, method: 'PUT', body: 'content', headers: { expect: '100-continue' } };
const EXPECTING = { expect: '100-continue', 'content-length': 7 };
/** No response is late. */
const SHORTLY = { duration: '20s' };

describe('the content that waits', () => {
  it('goes out with 100, on HTTP/1.1', () =>
    httpTest(({ flow, connect, h1, expectWire, expectResponses }) => {
      const server = flow('---c-a', { c: h1.interim(100), a: h1.response(200) });
      const client = connect(server);
      client.request(PUT);
      expectWire(server).toBe('x--b', { x: h1.requestHead('PUT', '/', EXPECTING), b: 'content' });
      expectResponses(client).toBe('-----a', { a: '200' });
    }, SHORTLY));

  it('goes out with 100, on HTTP/2', () =>
    httpTest(({ flow, connect, h2, expectFrames, expectResponses }) => {
      const server = flow('s--c-a', { s: h2.startServer(), c: h2.responseHead(1, 100), a: h2.response(1, 200) });
      const client = connect(server, { alpn: 'h2' });
      client.request(PUT);
      expectFrames(server).toBe('h--b', { h: { stream: 1, endStream: false }, b: 'DATA 1 "content" END_STREAM' });
      expectResponses(client).toBe('-----a', { a: '200' });
    }, SHORTLY));

  it('is not sent again for a second 100; and one that nobody waits for is passed over', () =>
    httpTest(({ flow, connect, h1, h2, expectWire, expectFrames, expectResponses }) => {
      const server = flow('---c-c-a-c-a', { c: h1.interim(100), a: h1.response(200) });
      const client = connect(server);
      client.request(PUT);
      client.request({ url: URL }, { subscription: '--------^' });
      expectWire(server).toBe('x--b----y', {
        x: h1.requestHead('PUT', '/', EXPECTING),
        b: 'content',
        y: h1.get('/'),
      });
      expectResponses(client).toBe('-------a---a', { a: '200' });
      const other = flow('s--c-a', { s: h2.startServer(), c: h2.responseHead(1, 100), a: h2.response(1, 200) });
      const get = connect(other, { alpn: 'h2' });
      get.request({ url: URL });
      expectFrames(other).toBe('h', { h: 'HEADERS 1 GET / END_STREAM' });
      expectResponses(get).toBe('-----a', { a: '200' });
    }, SHORTLY));

  it('is subscribed to then, and not before', () =>
    httpTest(({ flow, connect, h1, cold, expectWire, expectSubscriptions }) => {
      const server = flow('---c----a', { c: h1.interim(100), a: h1.response(200) });
      const content = cold('a-b|');
      connect(server).request({ ...PUT, body: content });
      expectSubscriptions(content).toBe('---^--!');
      expectWire(server).toBe('x--a-be', {
        x: h1.requestHead('PUT', '/', { expect: '100-continue', 'transfer-encoding': 'chunked' }),
        a: h1.chunk('a'),
        b: h1.chunk('b'),
        e: h1.lastChunk(),
      });
    }, SHORTLY));

  it.each(['http/1.1', 'h2'])('is asked for by our server when its handler reads, on %s', (alpn) =>
    httpTest(({ pair, serve, connect, expectRequests, expectBody, expectResponses }) => {
      const { client, server } = pair({ alpn });
      const service = serve(server, ({ body }) => timer(5).pipe(map(() => ({ status: 200, body }))));
      const connection = connect(client);
      const put = connection.request(PUT);
      expectRequests(service).toBe('a', { a: 'PUT /' });
      expectResponses(connection).toBe('-----a', { a: '200' });
      expectBody(put).toBe('-----(b|)', { b: 'content' });
    }, SHORTLY),
  );

  it('a second without a word is the limit', () =>
    httpTest(({ flow, connect, h1, expectWire, expectResponses }) => {
      const server = flow('2s a', { a: h1.response(200) });
      const client = connect(server);
      client.request(PUT);
      expectWire(server).toBe('x 999ms b', { x: h1.requestHead('PUT', '/', EXPECTING), b: 'content' });
      expectResponses(client).toBe('2s a', { a: '200' });
    }, SHORTLY));

  it('is never sent after a final response: on HTTP/1.1 the connection ends, for its end was promised', () =>
    httpTest(({ flow, connect, h1, cold, expectWire, expectResponses, expectBody, expectSubscriptions }) => {
      const server = flow('---a', { a: h1.response(401, 'no') });
      const client = connect(server);
      const content = cold('a|');
      const put = client.request({ ...PUT, body: content });
      expectResponses(client).toBe('---(a|)', { a: '401' });
      expectBody(put).toBe('---(b|)', { b: 'no' });
      expectWire(server).toBe('x--!', {
        x: h1.requestHead('PUT', '/', { expect: '100-continue', 'transfer-encoding': 'chunked' }),
      });
      expectSubscriptions(content).toBe([]);
    }));

  it('is never sent after a final response: on HTTP/2 its stream is reset', () =>
    httpTest(({ flow, connect, h2, expectFrames, expectResponses }) => {
      const server = flow('s--a', { s: h2.startServer(), a: h2.response(1, 401) });
      const client = connect(server, { alpn: 'h2' });
      client.request(PUT);
      expectFrames(server).toBe('h--r', { h: { stream: 1 }, r: 'RST_STREAM 1 CANCEL' });
      expectResponses(client).toBe('---a', { a: '401' });
    }, SHORTLY));

  it('goes out without the expectation where the server refuses that (417)', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('---a|', { a: h1.response(417) });
      const two = flow('-----a|', { a: h1.response(200) });
      const http = drawnClient([one, two], { retry: false });
      expectObservable(outcomeOf(http.put(URL, 'content', { headers: { expect: '100-continue' } }))).toBe('-----(o|)', {
        o: '200',
      });
      expectWire(one).toBe('x--!', { x: h1.requestHead('PUT', '/', EXPECTING) });
      expectWire(two).toBe('---x--|', { x: h1.request('PUT', '/', 'content') });
    }, SHORTLY));

  it('does not wait if there is no content', () =>
    httpTest(({ flow, connect, h1, expectWire }) => {
      const server = flow('-a', { a: h1.response(200) });
      connect(server).request({ url: URL, headers: { expect: '100-continue' } });
      expectWire(server).toBe('x', { x: h1.get('/', { expect: '100-continue' }) });
    }, SHORTLY));
});

describe('interim responses (RFC 9110 section 15.2)', () => {
  it('are emitted before the response, where they are wanted', () =>
    httpTest(({ flow, connect, h1, expectResponses }) => {
      const server = flow('-e-p-a', { e: h1.interim(103, { link: '</a>' }), p: h1.interim(102), a: h1.response(200) });
      const client = connect(server);
      client.request({ url: URL, interim: true });
      expectResponses(client).toBe('-e-p-a', { e: { status: 103, headers: { link: '</a>' } }, p: '102', a: '200' });
    }, SHORTLY));

  it('... on HTTP/2', () =>
    httpTest(({ flow, connect, h2, expectResponses }) => {
      const server = flow('s-e-a', {
        s: h2.startServer(),
        e: h2.responseHead(1, 103, { link: '</a>' }),
        a: h2.response(1, 200),
      });
      const client = connect(server, { alpn: 'h2' });
      client.request({ url: URL, interim: true });
      expectResponses(client).toBe('--e-a', { e: { status: 103, headers: { link: '</a>' } }, a: '200' });
    }, SHORTLY));

  it('... and not otherwise', () =>
    httpTest(({ flow, connect, h1, expectResponses }) => {
      const client = connect(flow('-e---a', { e: h1.interim(103), a: h1.response(200) }));
      client.request({ url: URL });
      expectResponses(client).toBe('-----a', { a: '200' });
    }, SHORTLY));
});
