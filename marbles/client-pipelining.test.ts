/**
 * Requests on one connection of HTTP/1.1: one after the other, or pipelined if that is configured (RFC 9112 section 9.3.2).
 *
 * ```
 * requests   (abp)             a, b = GET, p = POST; pipelining: 3
 * wire       (ab)------p       what is not idempotent stands behind nobody, and nobody behind it
 * server     ---a---b----p
 * responses  ---a---b----p     in their order
 *
 * b          ^-!               one is given up: its response is read over,
 * responses  ---a--------      and the others have theirs
 *
 * server     ---a|             the connection ends:
 * responses  ---ae             e = closed, safe to send again, and the pool does
 * ```
 */
import { type ClientRequest } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';
import { drawnClient, outcomeOf } from '../test/kits/marbles/client.js';

const URL = 'http://test/';
const get = (path: string): ClientRequest => ({ url: URL + path });
/** No connection is idle for so long that it would end. */
const UNTIL_IDLE = { duration: '60s' };
/** No response is late. */
const SHORTLY = { duration: '20s' };

describe('without pipelining', () => {
  it('a request waits until the response before it is complete', () =>
    httpTest(({ flow, connect, h1, expectWire, expectResponses }) => {
      const server = flow('-a-b-c', { a: h1.responseHead(200, { 'content-length': 2 }), b: 'ok', c: h1.response(204) });
      const client = connect(server);
      client.request(get('1'));
      client.request(get('2'));
      expectWire(server).toBe('x--y', { x: h1.get('/1'), y: h1.get('/2') });
      expectResponses(client).toBe('-a---b', { a: '200', b: '204' });
    }, UNTIL_IDLE));

  it('... and until the request before it is, too', () =>
    httpTest(({ flow, connect, h1, cold, expectWire, expectResponses }) => {
      const server = flow('-a----b', { a: h1.response(200), b: h1.response(204) });
      const client = connect(server);
      client.request({ ...get('1'), method: 'POST', body: cold('--a-|') });
      client.request(get('2'));
      expectWire(server).toBe('x-a-e', {
        x: h1.requestHead('POST', '/1', { 'transfer-encoding': 'chunked' }),
        a: h1.chunk('a'),
        e: [h1.lastChunk(), h1.get('/2')],
      });
      expectResponses(client).toBe('-a----b', { a: '200', b: '204' });
    }, UNTIL_IDLE));

  it('more than may wait are `queue-full`, and safe to send elsewhere', () =>
    httpTest(({ flow, connect, expectResponses }) => {
      const client = connect(flow(''), { queue: 1 });
      for (const path of ['1', '2', '3']) client.request(get(path));
      expectResponses(client).toBe('e', { e: { code: 'queue-full', status: 503, retryable: true } });
    }, SHORTLY));

  it('after the end of the connection those that wait are refused, and safe to send elsewhere', () =>
    httpTest(({ flow, connect, h1, expectResponses }) => {
      const server = flow('-a----|', { a: h1.response(200, '', { connection: 'close' }) });
      const client = connect(server);
      client.request(get('1'));
      client.request(get('2'));
      expectResponses(client).toBe('-(ab)-|', { a: '200', b: { code: 'closed', retryable: true } });
    }, SHORTLY));
});

describe('pipelined', () => {
  it('idempotent requests without content go out together, and have their responses in order', () =>
    httpTest(({ flow, connect, h1, expectWire, expectResponses }) => {
      const server = flow('---a-(bc)', { a: h1.response(200), b: h1.response(201), c: h1.response(202) });
      const client = connect(server, { pipelining: 3 });
      client.request(get('1'));
      client.request({ ...get('2'), method: 'DELETE' });
      client.request(get('3'));
      client.request(get('4'));
      expectWire(server).toBe('x--y', {
        x: [h1.get('/1'), h1.request('DELETE', '/2'), h1.get('/3')],
        y: h1.get('/4'),
      });
      expectResponses(client).toBe('---a-(bc)', { a: '200', b: '201', c: '202' });
    }, SHORTLY));

  it.each([
    ['POST', undefined],
    ['PUT', 'content'],
    ['CONNECT', undefined],
  ])('%s with content %s is not pipelined, and nothing is pipelined after it', (method, body) =>
    httpTest(({ flow, connect, h1, expectWire, expectResponses }) => {
      const server = flow('---a-----b----c', {
        a: h1.response(200),
        b: h1.responseHead(405, { 'content-length': 0 }),
        c: h1.response(204),
      });
      const client = connect(server, { pipelining: 8 });
      client.request(get('1'));
      client.request({ ...get('2'), method, body });
      client.request(get('3'));
      const request =
        method === 'CONNECT'
          ? 'CONNECT test:80 HTTP/1.1\r\nhost: test:80\r\n\r\n'
          : h1.request(method, '/2', body ?? '');
      expectWire(server).toBe('x--y-----z', { x: h1.get('/1'), y: request, z: h1.get('/3') });
      expectResponses(client).toBe('---a-----b----c', { a: '200', b: '405', c: '204' });
    }, UNTIL_IDLE),
  );

  it('one that is given up cancels no other: its response is read over', () =>
    httpTest(({ flow, connect, h1, expectWire, expectResponses, expectBody }) => {
      const server = flow('---a-b-c', {
        a: h1.response(200, 'one'),
        b: h1.response(201, 'two'),
        c: h1.response(202, 'three'),
      });
      const client = connect(server, { pipelining: 3 });
      client.request(get('1'));
      client.request(get('2'), { subscription: '^-!' });
      const third = client.request(get('3'));
      expectWire(server).toBe('x', { x: [h1.get('/1'), h1.get('/2'), h1.get('/3')] });
      expectResponses(client).toBe('---a---c', { a: '200', c: '202' });
      expectBody(third).toBe('-------(c|)', { c: 'three' });
    }, UNTIL_IDLE));

  it('... the first as well', () =>
    httpTest(({ flow, connect, h1, expectResponses }) => {
      const server = flow('---a-b', { a: h1.response(200, 'one'), b: h1.response(201, 'two') });
      const client = connect(server, { pipelining: 2 });
      client.request(get('1'), { subscription: '^-!' });
      client.request(get('2'));
      expectResponses(client).toBe('-----b', { b: '201' });
    }, UNTIL_IDLE));

  it('... also where its content is given up in the middle', () =>
    httpTest(({ flow, connect, h1, expectResponses, expectSubscriptions }) => {
      const server = flow('--ab-c', {
        a: [h1.responseHead(200, { 'content-length': 6 }), 'one'],
        b: 'two',
        c: h1.response(201),
      });
      const client = connect(server, { pipelining: 2 });
      const first = client.request(get('1'), { subscription: '^--!' });
      client.request(get('2'));
      expectResponses(client).toBe('--a--c', { a: '200', c: '201' });
      expectSubscriptions(first).toBe('--^!');
    }, UNTIL_IDLE));

  it('all of those that are given up end the connection', () =>
    httpTest(({ flow, connect, h1, expectWire }) => {
      const server = flow('');
      const client = connect(server, { pipelining: 2 });
      client.request(get('1'), { subscription: '^-!' });
      client.request(get('2'), { subscription: '^---!' });
      expectWire(server).toBe('x---!', { x: [h1.get('/1'), h1.get('/2')] });
    }));

  it('requests after the end of the connection fail, and are safe to send again', () =>
    httpTest(({ flow, connect, h1, expectResponses }) => {
      const server = flow('---a-|', { a: h1.response(200) });
      const client = connect(server, { pipelining: 3 });
      for (const path of ['1', '2', '3']) client.request(get(path));
      expectResponses(client).toBe('---a-(bc|)', {
        a: '200',
        b: { code: 'closed', retryable: true },
        c: { code: 'closed', retryable: true },
      });
    }, SHORTLY));

  it('... but for that of which something has come', () =>
    httpTest(({ flow, connect, h1, expectResponses }) => {
      const server = flow('---ai#', { a: h1.response(200), i: h1.interim(103) });
      const client = connect(server, { pipelining: 3 });
      for (const path of ['1', '2', '3']) client.request(get(path));
      expectResponses(client).toBe('---a-(bc#)', {
        a: '200',
        b: { code: 'connection-reset', retryable: false },
        c: { code: 'connection-reset', retryable: true },
      });
    }, SHORTLY));

  it('the pool sends it again at once, on another connection', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('---a-|', { a: h1.response(200) });
      const two = flow('------ab|', { a: h1.response(201), b: h1.response(202) });
      const http = drawnClient([one, two], { connections: 1, pipelining: 3 });
      expectObservable(outcomeOf(http.get(URL + '1'))).toBe('---(o|)', { o: '200' });
      expectObservable(outcomeOf(http.get(URL + '2'))).toBe('------(o|)', { o: '201' });
      expectObservable(outcomeOf(http.get(URL + '3'))).toBe('-------(o|)', { o: '202' });
      expectWire(one).toBe('x----|', { x: [h1.get('/1'), h1.get('/2'), h1.get('/3')] });
      expectWire(two).toBe('-----x--|', { x: [h1.get('/2'), h1.get('/3')] });
    }));

  // RFC 9112 section 9.6: the server has not acted on any request after the one with which it closes.
  it.each(['GET', 'DELETE'])(
    '%s after `Connection: close` goes to another connection at once, and does not count as a retry',
    (method) =>
      httpTest(({ flow, h1, expectWire, expectObservable }) => {
        const close = { connection: 'close' };
        const one = flow('---(a|)', { a: h1.response(200, '', close) });
        const two = flow('------(b|)', { b: h1.response(201, '', close) });
        const three = flow('---------c', { c: h1.response(202) });
        const http = drawnClient([one, two, three], { connections: 1, pipelining: 3, retry: false });
        ['---(o|)', '------(o|)', '---------(o|)'].forEach((diagram, index) =>
          expectObservable(outcomeOf(http.request(`${URL}${index}`, { method }))).toBe(diagram, {
            o: String(200 + index),
          }),
        );
        const asked = [0, 1, 2].map((index) => h1.request(method, `/${index}`));
        expectWire(one).toBe('x--|', { x: asked });
        expectWire(two).toBe('---x--|', { x: asked.slice(1) });
        expectWire(three).toBe('------x', { x: asked.slice(2) });
      }, SHORTLY),
  );

  it('the time for a response begins with its turn', () =>
    httpTest(({ flow, connect, h1, expectResponses }) => {
      const server = flow('25s a 29998ms a', { a: h1.response(200) });
      const client = connect(server, { pipelining: 2 });
      client.request(get('1'));
      client.request(get('2'));
      expectResponses(client).toBe('25s a 29998ms a', { a: '200' });
    }, UNTIL_IDLE));
});

describe('a switch of protocols', () => {
  it('has the connection: those that wait are refused', () =>
    httpTest(({ flow, connect, h1, expectResponses, expectWire }) => {
      const server = flow('--a', { a: [h1.responseHead(101, { upgrade: 'echo', connection: 'upgrade' }), 'hello'] });
      const client = connect(server);
      client.request({ ...get('chat'), headers: { upgrade: 'echo' } });
      client.request(get('2'));
      expectResponses(client).toBe('--(l|b)', { b: { status: 101 }, l: { code: 'closed', retryable: true } });
      expectWire(server).toBe('x', { x: h1.get('/chat', { connection: 'upgrade', upgrade: 'echo' }) });
    }, SHORTLY));
});
