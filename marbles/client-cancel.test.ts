/**
 * Unsubscribing cancels what is under way, and nothing else: RST_STREAM(CANCEL) on HTTP/2, the end of the connection on HTTP/1.1,
 * which has no other word for it.
 *
 * ```
 * subscription   ^--!              a request, given up before its response
 * wire (h2)      h--r              h = HEADERS, r = RST_STREAM CANCEL: the connection goes on
 * wire (h1)      x--!              the connection ends
 *
 * subscription   ^--------!        the response is there: it is its body that is given up now
 * body           ---^--!
 * wire (h2)      h-----r
 *
 * subscription   ^-----!           all is over: nothing happens
 * wire           x------
 * ```
 */
import { delay, map, mergeMap, NEVER, take, timer } from 'rxjs';
import { bytes, type ClientRequest, text } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';
import { contentOf, drawnClient, outcomeOf } from '../test/kits/marbles/client.js';

const URL = 'http://test/';
const GET: ClientRequest = { url: URL };
const H2 = { alpn: 'h2' };
/** No response is late, and no connection idle. */
const SHORTLY = { duration: '20s' };

describe('before there is a connection', () => {
  it('ends the attempt to make one', () =>
    httpTest(({ flow, cold, expectObservable, expectSubscriptions, expectWire }) => {
      const one = flow('');
      const connecting = cold('-----(c|)', { c: one });
      expectObservable(outcomeOf(drawnClient([connecting]).get(URL)), '-^--!').toBe('');
      expectSubscriptions(connecting).toBe('-^--!');
      expectWire(one).toBe('');
    }));

  it('leaves it to another who waits for it', () =>
    httpTest(({ flow, h2, cold, expectObservable, expectSubscriptions, expectFrames }) => {
      const one = flow('s------a', { s: h2.startServer(), a: h2.response(1, 200) });
      const connecting = cold('-----(c|)', { c: one });
      const http = drawnClient([connecting], { protocols: ['h2'] });
      expectObservable(outcomeOf(http.get(URL + '1')), '^--!').toBe('');
      expectObservable(outcomeOf(http.get(URL + '2'))).toBe('-------(o|)', { o: '200' });
      expectSubscriptions(connecting).toBe('^----!');
      expectFrames(one).toBe('-----h', { h: 'HEADERS 1 GET /2 END_STREAM' });
    }, SHORTLY));
});

describe('before its turn', () => {
  it('a request that waits is never sent', () =>
    httpTest(({ flow, connect, h1, expectWire, expectResponses }) => {
      const server = flow('----a-b', { a: h1.response(200), b: h1.response(204) });
      const client = connect(server);
      client.request({ url: URL + '1' });
      client.request({ url: URL + '2' }, { subscription: '^--!' });
      client.request({ url: URL + '3' });
      expectWire(server).toBe('x---y', { x: h1.get('/1'), y: h1.get('/3') });
      expectResponses(client).toBe('----a-b', { a: '200', b: '204' });
    }, SHORTLY));

  it('... nor by the pool, which waits no longer for a connection to be free', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('----a--b', { a: h1.response(200), b: h1.response(204) });
      const http = drawnClient([one], { connections: 1 });
      expectObservable(outcomeOf(http.get(URL + '1'))).toBe('----(o|)', { o: '200' });
      expectObservable(outcomeOf(http.get(URL + '2')), '^--!').toBe('');
      expectObservable(outcomeOf(http.get(URL + '3')), '------^').toBe('-------(o|)', { o: '204' });
      expectWire(one).toBe('x-----y', { x: h1.get('/1'), y: h1.get('/3') });
    }, SHORTLY));
});

describe('before the response', () => {
  it('on HTTP/1.1 ends the connection', () =>
    httpTest(({ flow, connect, h1, expectWire, expectResponses }) => {
      const server = flow('-----a', { a: h1.response(200) });
      const client = connect(server);
      client.request(GET, { subscription: '-^--!' });
      expectWire(server).toBe('-x--!', { x: h1.get('/') });
      expectResponses(client).toBe('----|');
    }));

  it('on HTTP/2 resets its stream, and the connection goes on', () =>
    httpTest(({ flow, connect, h2, expectFrames, expectResponses }) => {
      const server = flow('s-----ab', { s: h2.startServer(), a: h2.response(1, 200), b: h2.response(3, 204) });
      const client = connect(server, H2);
      client.request(GET, { subscription: '-^---!' });
      client.request(GET, { subscription: '-^' });
      expectFrames(server).toBe('-(ab)r', {
        a: { stream: 1 },
        b: { stream: 3 },
        r: 'RST_STREAM 1 CANCEL',
      });
      expectResponses(client).toBe('-------b', { b: '204' });
    }, SHORTLY));

  it('the pool goes on with another connection', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('');
      const two = flow('------a', { a: h1.response(200) });
      const http = drawnClient([one, two], { connections: 1 });
      expectObservable(outcomeOf(http.get(URL + '1')), '^---!').toBe('');
      expectObservable(outcomeOf(http.get(URL + '2')), '--^').toBe('------(o|)', { o: '200' });
      expectWire(one).toBe('x---!', { x: h1.get('/1') });
      expectWire(two).toBe('----y', { y: h1.get('/2') });
    }, SHORTLY));

  it('takeUntil and timeout do that too: they emit nothing more', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('');
      const http = drawnClient([one]);
      expectObservable(http.get(URL).pipe(take(1)), '^-!').toBe('');
      expectWire(one).toBe('x-!', { x: h1.get('/') });
    }));

  // A reset overtakes what is on its way; a frame does not.
  it.each([
    ['http/1.1', '---^!', '----(s|)'],
    ['h2', '---^--!', '------s'],
  ])('unsubscribes the handler of our server, on %s', (alpn, subscribed, served) =>
    httpTest(({ pair, serve, connect, cold, expectSubscriptions, expectServed }) => {
      const { client, server } = pair({ latency: 2, alpn });
      const work = cold('---------(a|)', { a: text('late') });
      const service = serve(server, { request: () => work, error: () => NEVER });
      connect(client).request(GET, { subscription: '-^--!' });
      expectSubscriptions(work).toBe(subscribed);
      expectServed(service).toBe(served, { s: { outcome: 'aborted' } });
    }, SHORTLY),
  );
});

describe('during the upload', () => {
  it('unsubscribes the content, on HTTP/1.1', () =>
    httpTest(({ flow, connect, h1, cold, expectWire, expectSubscriptions }) => {
      const server = flow('');
      const content = cold('--a--b--c|');
      connect(server).request({ ...GET, method: 'PUT', body: content }, { subscription: '^-----!' });
      expectSubscriptions(content).toBe('^-----!');
      expectWire(server).toBe('x-a--b!', {
        x: h1.requestHead('PUT', '/', { 'transfer-encoding': 'chunked' }),
        a: h1.chunk('a'),
        b: h1.chunk('b'),
      });
    }));

  it('unsubscribes the content, on HTTP/2', () =>
    httpTest(({ flow, connect, h2, cold, expectFrames, expectSubscriptions }) => {
      const server = flow('s', { s: h2.startServer() });
      const content = cold('--a--b--c|');
      connect(server, H2).request({ ...GET, method: 'PUT', body: content }, { subscription: '^-----!' });
      expectSubscriptions(content).toBe('^-----!');
      expectFrames(server).toBe('h-a--br', {
        h: 'HEADERS 1 PUT /',
        a: 'DATA 1 "a"',
        b: 'DATA 1 "b"',
        r: 'RST_STREAM 1 CANCEL',
      });
    }, SHORTLY));

  it('drops what waits for the window of the server', () =>
    httpTest(({ flow, connect, h2, expectFrames }) => {
      const server = flow('s-------u', { s: h2.startServer({ INITIAL_WINDOW_SIZE: 4 }), u: h2.windowUpdate(1, 8) });
      connect(server, H2).request({ ...GET, method: 'PUT', body: 'content' }, { subscription: '-^---!' });
      expectFrames(server).toBe('-(ha)r', { h: 'HEADERS 1 PUT /', a: 'DATA 1 "cont"', r: 'RST_STREAM 1 CANCEL' });
    }, SHORTLY));
});

describe('an upload whose response is complete', () => {
  it.each(['http/1.1', 'h2'])('ends as the response is discarded, on %s', (alpn) =>
    httpTest(({ pair, serve, cold, expectObservable, expectSubscriptions, expectServed }) => {
      const { client, server } = pair({ latency: 1, alpn });
      const content = cold('a--------------', { a: 'a' });
      const service = serve(server, () => text('enough'), { scheme: 'http' });
      const http = drawnClient([client], { retry: false, protocols: [alpn as 'h2'] });
      const status = http.post(URL, content).pipe(
        delay(4),
        map((response) => {
          response.discard();
          return String(response.status);
        }),
      );
      expectObservable(status).toBe('------(o|)', { o: '200' });
      expectSubscriptions(content).toBe('^-----!');
      expectServed(service).toBe(alpn === 'h2' ? '-s' : '-s----|', { s: { status: 200 } });
    }, SHORTLY),
  );

  it.each(['http/1.1', 'h2'])('ends as its reader leaves, on %s', (alpn) =>
    httpTest(({ pair, serve, cold, expectObservable, expectSubscriptions }) => {
      const { client, server } = pair({ latency: 1, alpn });
      const content = cold('a--------------', { a: 'a' });
      serve(server, () => text('enough'), { scheme: 'http' });
      const http = drawnClient([client], { retry: false, protocols: [alpn as 'h2'] });
      const first = http.post(URL, content).pipe(
        delay(4),
        mergeMap(({ body }) => body.pipe(take(1))),
        map((chunk) => Buffer.from(chunk).toString()),
      );
      expectObservable(first).toBe('------(o|)', { o: 'enough' });
      expectSubscriptions(content).toBe('^-----!');
    }, SHORTLY),
  );
});

describe('when the response is there', () => {
  it('it is its body that cancels: on HTTP/1.1 the connection ends', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const server = flow('--a-b-c', { a: h1.responseHead(200, { 'content-length': 9 }), b: 'one', c: 'two' });
      const body = drawnClient([server])
        .get(URL)
        .pipe(mergeMap((response) => response.body));
      expectObservable(body, '^----!').toBe('----b', { b: Buffer.from('one') });
      expectWire(server).toBe('x----!', { x: h1.get('/') });
    }));

  it('on HTTP/2 its stream is reset', () =>
    httpTest(({ flow, connect, h2, expectFrames, expectBody }) => {
      const server = flow('s-a-b-c', {
        s: h2.startServer(),
        a: h2.responseHead(1, 200),
        b: h2.data(1, 'one'),
        c: h2.data(1, 'two', { end: true }),
      });
      const get = connect(server, H2).request(GET, { subscription: '-^---!' });
      expectBody(get).toBe('  ----b', { b: 'one' });
      expectFrames(server).toBe('-h---r', { h: 'HEADERS 1 GET / END_STREAM', r: 'RST_STREAM 1 CANCEL' });
    }, SHORTLY));

  it('take() of its content is such, too', () =>
    httpTest(({ flow, connect, h2, expectFrames }) => {
      const server = flow('s-a-b-c', { s: h2.startServer(), a: h2.responseHead(1, 200), b: h2.data(1, 'one') });
      connect(server, H2).request(GET, { subscription: '-^', read: (body) => body.pipe(take(1)) });
      expectFrames(server).toBe('-h--r', { h: 'HEADERS 1 GET / END_STREAM', r: 'RST_STREAM 1 CANCEL' });
    }, SHORTLY));

  it('unsubscribing from the request, whose response has been emitted, does not cancel its body', () =>
    httpTest(({ flow, connect, h1, expectObservable, expectWire, expectResponses }) => {
      const server = flow('--a-b', { a: h1.responseHead(200, { 'content-length': 3 }), b: 'one' });
      const client = connect(server);
      const content = client.connection.pipe(
        mergeMap((connection) => connection.request(GET).pipe(take(1))),
        delay(1),
        mergeMap(({ body }) => body.text()),
      );
      expectObservable(content, '^ 10s !').toBe('----o', { o: 'one' });
      expectWire(server).toBe('x', { x: h1.get('/') });
      expectResponses(client).toBe('');
    }, SHORTLY));

  it('`discard` gives it up before it is read', () =>
    httpTest(({ flow, connect, h2, expectFrames }) => {
      const server = flow('s-a', { s: h2.startServer(), a: h2.responseHead(1, 200) });
      connect(server, H2)
        .connection.pipe(mergeMap((connection) => connection.request(GET)))
        .subscribe((response) => response.discard());
      expectFrames(server).toBe('h-r', { h: { stream: 1 }, r: 'RST_STREAM 1 CANCEL' });
    }, SHORTLY));

  it.each([
    ['http/1.1', '--^---!'],
    ['h2', '--^----!'],
  ])('stops the content of our server, on %s', (alpn, subscribed) =>
    httpTest(({ pair, serve, connect, cold, expectSubscriptions }) => {
      const { client, server } = pair({ latency: 1, alpn });
      const content = cold('a-a-a-a-a-a-a|', { a: Buffer.from('x') });
      serve(server, { request: () => bytes(content), error: () => NEVER });
      connect(client).request(GET, { subscription: '-^----!' });
      expectSubscriptions(content).toBe(subscribed);
    }, SHORTLY),
  );
});

describe('when all is over', () => {
  it('nothing happens: the connection is kept', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('--a----a', { a: h1.response(200, 'ok') });
      const http = drawnClient([one]);
      expectObservable(contentOf(http.get(URL + '1')), '^---!').toBe('--(o|)', { o: 'ok' });
      expectObservable(contentOf(http.get(URL + '2')), '-----^').toBe('-------(o|)', { o: 'ok' });
      expectWire(one).toBe('x----y', { x: h1.get('/1'), y: h1.get('/2') });
    }, SHORTLY));

  it('nothing happens: no stream is reset', () =>
    httpTest(({ flow, connect, h2, expectFrames }) => {
      const server = flow('s-a', { s: h2.startServer(), a: h2.response(1, 200, 'ok') });
      connect(server, H2).request(GET, { subscription: '-^--!' });
      expectFrames(server).toBe('-h', { h: { stream: 1 } });
    }, SHORTLY));
});

describe('between attempts', () => {
  it('no other is made', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-a-|', { a: h1.response(503, '', { 'retry-after': 2 }) });
      const two = flow('');
      expectObservable(outcomeOf(drawnClient([one, two]).get(URL)), '^ 1s !').toBe('');
      expectWire(one).toBe('x--|', { x: h1.get('/') });
      expectWire(two).toBe('');
    }));

  it('a retry of one’s own begins again with each subscription: cold', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-a-a', { a: h1.response(204) });
      const get = outcomeOf(drawnClient([one]).get(URL));
      expectObservable(
        timer(0, 2).pipe(
          take(2),
          mergeMap(() => get),
        ),
      ).toBe('-a-(a|)', { a: '204' });
      expectWire(one).toBe('x-x', { x: h1.get('/') });
    }, SHORTLY));
});
