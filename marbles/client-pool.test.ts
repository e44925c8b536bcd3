/**
 * A client's connections to one origin: HTTP/1.1 as many as are needed, up to a bound; HTTP/2 one, which all share.
 *
 * ```
 * requests   (abc)                 two connections at most
 * wire 1     a----c---             c waits, and has the connection that is free first
 * wire 2     b-----------
 * server 1   -----x---x            x = 200
 * server 2   -------x
 *
 * idle       ---------             of those that are idle the one that was used last
 * request    ---------d            is used again;
 * wire 2     ------- 30s |         the other comes to its end
 * ```
 */
import {
  asyncScheduler,
  delay,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  Subject,
  throwError,
  timer,
} from 'rxjs';
import {
  client as clientOf,
  ClientError,
  type Flow,
  type Info,
  type MemoryFlow,
  memoryTransport,
  type PoolState,
  service,
  text,
  Transports,
} from 'rxpaf';
import { httpTest } from 'rxpaf/testing';
import { contentOf, drawnClient, outcomeOf } from '../test/kits/marbles/client.js';

const URL = 'http://test/';
/** No connection is idle for so long that it would end. */
const SHORTLY = { duration: '20s' };
const ONCE = { retry: false } as const;

describe('a connection that cannot be made, beside one that is busy', () => {
  const refused = (): Observable<Flow> =>
    throwError(() => new ClientError('connect-failed', 'no', { retryable: true }));

  it('fails the request that waits for it, at once', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const busy = flow('-a----', { a: [h1.responseHead(200, { 'content-length': 100 }), 'events'] });
      const http = drawnClient([busy], ONCE);
      expectObservable(outcomeOf(http.get(URL + 'events'))).toBe('-(o|)', { o: '200' });
      expectObservable(outcomeOf(http.get(URL + 'b')), '---^').toBe('---(o|)', { o: 'connect-failed!' });
      expectWire(busy).toBe('x', { x: h1.get('/events') });
    }, SHORTLY));

  it('is tried again as the retry policy says', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const busy = flow('-', {});
      const second = flow('105ms b', { b: h1.response(200, 'ok') });
      const http = drawnClient([busy, refused(), second], { retry: { attempts: 1, base: 100 } });
      expectObservable(outcomeOf(http.get(URL + 'events')), '^ 500ms !').toBe('-');
      expectObservable(contentOf(http.get(URL + 'b')), '---^').toBe('105ms (o|)', { o: 'ok' });
      expectWire(second).toBe('102ms x', { x: h1.get('/b') });
    }, SHORTLY));

  it('fails no request that waits for the busy one, and is tried again for them after 250 ms', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const busy = flow('-----', {});
      const second = flow('260ms c', { c: h1.response(200, 'ok') });
      const http = drawnClient([busy, timer(2).pipe(mergeMap(refused)), second], { ...ONCE, connections: 2 });
      expectObservable(outcomeOf(http.get(URL + 'a')), '^ 500ms !').toBe('-');
      const both = merge(
        contentOf(http.get(URL + 'b')).pipe(map((content) => `b ${content}`)),
        contentOf(http.get(URL + 'c')).pipe(map((content) => `c ${content}`)),
      );
      expectObservable(both, '---^').toBe('-----c 254ms (b|)', { c: 'c connect-failed!', b: 'b ok' });
      expectWire(second).toBe('255ms x', { x: h1.get('/b') });
    }, SHORTLY));

  it('fails nobody on HTTP/2: there the streams become free', () =>
    httpTest(({ flow, h2, expectObservable }) => {
      const one = flow('s--a--b', {
        s: h2.startServer({ MAX_CONCURRENT_STREAMS: 1 }),
        a: h2.response(1, 200, 'first'),
        b: h2.response(3, 200, 'second'),
      });
      const http = drawnClient([one, refused()], { ...ONCE, protocols: ['h2'] });
      expectObservable(contentOf(http.get(URL + 'a'))).toBe('---(o|)', { o: 'first' });
      expectObservable(contentOf(http.get(URL + 'b')), '-^').toBe('------(o|)', { o: 'second' });
    }, SHORTLY));
});

describe('a connection that the server closed while it was idle', () => {
  it('costs a request nothing: it is sent again at once, on a new connection, and the other idle ones end', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const ok = h1.response(200, 'ok');
      // Both are used, and idle; the server resets the first as the next request comes.
      const second = flow('-a----|', { a: ok });
      const first = flow('-a---#', { a: ok });
      const third = flow('-------b', { b: ok });
      const http = drawnClient([second, first, third], { retry: { attempts: 1 } });
      expectObservable(contentOf(http.get(URL + '1'))).toBe('-(o|)', { o: 'ok' });
      expectObservable(contentOf(http.get(URL + '2'))).toBe('-(o|)', { o: 'ok' });
      expectObservable(contentOf(http.post(URL + '3', 'content')), '----^').toBe('-------(o|)', { o: 'ok' });
      expectWire(second).toBe('x----|', { x: h1.get('/1') });
      expectWire(third).toBe('-----x', { x: h1.request('POST', '/3', 'content') });
    }, SHORTLY));
});

describe('the state of the pool', () => {
  const words = (states: Observable<PoolState>): Observable<string> =>
    states.pipe(
      map(({ protocol = '?', idle, busy, connecting, waiting }) =>
        [protocol, idle, busy, connecting, waiting].join(' '),
      ),
    );

  it('is emitted with each change, and zeros at the end of the last connection', () =>
    httpTest(({ flow, h1, expectObservable }) => {
      const one = flow('---a----b---|', { a: h1.response(200, 'a'), b: h1.response(200, 'b') });
      const http = drawnClient([timer(1).pipe(map(() => one))], { ...ONCE, connections: 1 });
      expectObservable(outcomeOf(http.get(URL + 'a'))).toBe('---(o|)', { o: '200' });
      expectObservable(outcomeOf(http.get(URL + 'b')), '--^').toBe('--------(o|)', { o: '200' });
      expectObservable(words(http.pool)).toBe('mNOp----q---r', {
        m: 'http/1.1 0 0 1 1',
        N: 'http/1.1 0 1 0 0',
        O: 'http/1.1 0 1 0 1',
        p: 'http/1.1 0 1 0 0',
        q: 'http/1.1 1 0 0 0',
        r: 'http/1.1 0 0 0 0',
      });
    }));
});

describe('the age of a connection', () => {
  it.each(['http/1.1', 'h2'] as const)('ends it for new requests, which get another one, on %s', (protocol) =>
    httpTest(({ pair, serve, expectObservable, expectRequests }) => {
      const [one, two] = [pair({ alpn: protocol }), pair({ alpn: protocol })] as const;
      const services = [one, two].map(({ server }) => serve(server, ({ path }) => of(text(path)).pipe(delay(3))));
      const limits = { connectionAge: 5 };
      const http = drawnClient([one.client, two.client], { ...ONCE, protocols: [protocol], limits });
      expectObservable(contentOf(http.get(URL + '1'))).toBe('---(o|)', { o: '/1' });
      expectObservable(contentOf(http.get(URL + '2')), '----^').toBe('-------(o|)', { o: '/2' });
      expectObservable(contentOf(http.get(URL + '3')), '--------^').toBe('-----------(o|)', { o: '/3' });
      expectRequests(services[0]!).toBe('a---b', { a: 'GET /1', b: 'GET /2' });
      expectRequests(services[1]!).toBe('--------c', { c: 'GET /3' });
    }, SHORTLY),
  );

  it('and its number of requests do the same', () =>
    httpTest(({ pair, serve, expectObservable, expectRequests }) => {
      const [one, two] = [pair({ alpn: 'h2' }), pair({ alpn: 'h2' })] as const;
      const services = [one, two].map(({ server }) => serve(server, ({ path }) => of(text(path)).pipe(delay(3))));
      const http = drawnClient([one.client, two.client], {
        ...ONCE,
        protocols: ['h2'],
        limits: { connectionRequests: 1 },
      });
      expectObservable(contentOf(http.get(URL + '1'))).toBe('---(o|)', { o: '/1' });
      expectObservable(contentOf(http.get(URL + '2')), '-^').toBe('----(o|)', { o: '/2' });
      expectRequests(services[0]!).toBe('a', { a: 'GET /1' });
      expectRequests(services[1]!).toBe('-a', { a: 'GET /2' });
    }, SHORTLY));
});

describe('a request that waits', () => {
  it('for a connection as long as `queueTimeout` says has it', () =>
    httpTest(({ flow, h1, expectObservable }) => {
      const busy = flow('5ms a---b', { a: h1.response(200, 'a'), b: h1.response(200, 'b') });
      const http = drawnClient([busy], { ...ONCE, connections: 1, limits: { queueTimeout: 5 } });
      expectObservable(contentOf(http.get(URL + 'a'))).toBe('5ms (o|)', { o: 'a' });
      expectObservable(outcomeOf(http.get(URL + 'b')), '-^').toBe('9ms (o|)', { o: '200' });
      expectObservable(outcomeOf(http.get(URL + 'c')), '-^').toBe('6ms (o|)', { o: 'queue-timeout!' });
    }, SHORTLY));

  it('for a connection has 30 s: then it fails, and may be sent again', () =>
    httpTest(
      ({ flow, expectObservable }) => {
        const http = drawnClient([flow('-')], { ...ONCE, connections: 1, limits: { headTimeout: 100_000 } });
        expectObservable(outcomeOf(http.get(URL + 'a')), '^ 40s !').toBe('-');
        expectObservable(outcomeOf(http.get(URL + 'b')), '-- ^').toBe('30002ms (o|)', { o: 'queue-timeout!' });
      },
      { duration: '50s' },
    ));
});

describe('HTTP/1.1', () => {
  it('is kept alive: the next request has the same connection', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('--a--a 40s |', { a: h1.response(200, 'ok') });
      const http = drawnClient([one], ONCE);
      expectObservable(contentOf(http.get(URL + '1'))).toBe('--(o|)', { o: 'ok' });
      expectObservable(contentOf(http.get(URL + '2')), '----^').toBe('-----(o|)', { o: 'ok' });
      expectWire(one).toBe('x---y 30s | 4999ms !', { x: h1.get('/1'), y: h1.get('/2') });
    }));

  it('is that of a request, too, which is made as another ends: no second connection is begun for it', () =>
    httpTest(({ flow, h1, cold, expectWire, expectObservable, expectSubscriptions }) => {
      const one = flow('--a--b', { a: h1.response(200, 'first'), b: h1.response(200, 'second') });
      const two = cold<Flow>('-');
      const http = drawnClient([one, two], ONCE);
      const both = contentOf(http.get(URL + '1')).pipe(mergeMap(() => contentOf(http.get(URL + '2'))));
      expectObservable(both).toBe('-----(o|)', { o: 'second' });
      expectWire(one).toBe('x-y', { x: h1.get('/1'), y: h1.get('/2') });
      expectSubscriptions(two).toBe([]);
    }, SHORTLY));

  it('... of two that are, one has it, and the other a new one', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('--a--b', { a: h1.response(200, 'first'), b: h1.response(200, 'second') });
      const two = flow('------c', { c: h1.response(200, 'third') });
      const http = drawnClient([one, two], ONCE);
      const all = contentOf(http.get(URL + '1')).pipe(
        mergeMap(() => merge(contentOf(http.get(URL + '2')), contentOf(http.get(URL + '3')))),
      );
      expectObservable(all).toBe('-----b(c|)', { b: 'second', c: 'third' });
      expectWire(one).toBe('x-y', { x: h1.get('/1'), y: h1.get('/2') });
      expectWire(two).toBe('--z', { z: h1.get('/3') });
    }, SHORTLY));

  it('has as many connections as it may, and then requests wait in their order', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const values = { a: h1.response(200) };
      const one = flow('-----a---a-a', values);
      const two = flow('-------a-----a', values);
      const http = drawnClient([one, two], { ...ONCE, connections: 2 });
      const asked = ['a', 'b', 'c', 'd', 'e'].map((path) => outcomeOf(http.get(URL + path)));
      expectWire(one).toBe('a----c---e', { a: h1.get('/a'), c: h1.get('/c'), e: h1.get('/e') });
      expectWire(two).toBe('b------d', { b: h1.get('/b'), d: h1.get('/d') });
      ['-----(o|)', '-------(o|)', '---------(o|)', '-------------(o|)', '-----------(o|)'].forEach((diagram, index) =>
        expectObservable(asked[index]!).toBe(diagram, { o: '200' }),
      );
    }, SHORTLY));

  it('takes the one that was used last, and lets the other come to its end', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const values = { a: h1.response(200) };
      const one = flow('--a', values);
      const two = flow('----a--a', values);
      const http = drawnClient([one, two], ONCE);
      http.get(URL + '1').subscribe();
      http.get(URL + '2').subscribe();
      expectObservable(outcomeOf(http.get(URL + '3')), '------^').toBe('-------(o|)', { o: '200' });
      expectWire(one).toBe('x- 30s | 4999ms !', { x: h1.get('/1') });
      expectWire(two).toBe('x-----y 30s | 4999ms !', { x: h1.get('/2'), y: h1.get('/3') });
    }));

  it('is not used again where the server may be closing it by now (Keep-Alive: timeout)', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-a 5s |', { a: h1.response(200, '', { 'keep-alive': 'timeout=5, max=100' }) });
      const two = flow('4003ms a|', { a: h1.response(200) });
      const http = drawnClient([one, two], ONCE);
      expectObservable(outcomeOf(http.get(URL))).toBe('-(o|)', { o: '200' });
      // Five seconds were promised, and one of them may have gone with the way there.
      expectObservable(outcomeOf(http.get(URL)), '4001ms ^').toBe('4003ms (o|)', { o: '200' });
      expectWire(one).toBe('x 4000ms |', { x: h1.get('/') });
      expectWire(two).toBe('4001ms x--|', { x: h1.get('/') });
    }));

  it('... and is, a millisecond before that', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-a 3999ms a|', { a: h1.response(200, '', { 'keep-alive': 'timeout=5' }) });
      const http = drawnClient([one], ONCE);
      expectObservable(outcomeOf(http.get(URL))).toBe('-(o|)', { o: '200' });
      expectObservable(outcomeOf(http.get(URL)), '4000ms ^').toBe('4001ms (o|)', { o: '200' });
      expectWire(one).toBe('x 3999ms x-|', { x: h1.get('/') });
    }));

  it('is not kept where the server ends it, or says that it will', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-a-|', { a: h1.response(200, '', { connection: 'close' }) });
      const two = flow('-----a-|', { a: h1.response(200) });
      const three = flow('---------a|', { a: h1.response(200) });
      const http = drawnClient([one, two, three], ONCE);
      for (const [frame, diagram] of [
        ['^', '-(o|)'],
        ['----^', '-----(o|)'],
        ['--------^', '---------(o|)'],
      ] as const) {
        expectObservable(outcomeOf(http.get(URL)), frame).toBe(diagram, { o: '200' });
      }
      expectWire(one).toBe('x|', { x: h1.get('/') });
      expectWire(two).toBe('----x--|', { x: h1.get('/') });
      expectWire(three).toBe('--------x-|', { x: h1.get('/') });
    }));

  it('connects no more than needed: unsubscribing from the queue ends the attempt that was made for it', () =>
    httpTest(({ flow, h1, cold, expectWire, expectObservable, expectSubscriptions }) => {
      const connecting = cold('-----(c|)', { c: flow('') });
      const later = flow('---a|', { a: h1.response(200) });
      const http = drawnClient([connecting, later], ONCE);
      expectObservable(outcomeOf(http.get(URL)), '^-!').toBe('');
      expectObservable(outcomeOf(http.get(URL)), '--^').toBe('---(o|)', { o: '200' });
      expectSubscriptions(connecting).toBe('^-!');
      expectWire(later).toBe('--x-|', { x: h1.get('/') });
    }));

  it('takes over a connection that was made for another: one that is free goes first', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('---a-a', { a: h1.response(200) });
      const two = flow('');
      const http = drawnClient([one, of(two).pipe(delay(8))], ONCE);
      expectObservable(outcomeOf(http.get(URL + '1'))).toBe('---(o|)', { o: '200' });
      expectObservable(outcomeOf(http.get(URL + '2'))).toBe('-----(o|)', { o: '200' });
      expectWire(one).toBe('x--y- 30s | 4999ms !', { x: h1.get('/1'), y: h1.get('/2') });
      expectWire(two).toBe('-------- 30s | 4999ms !');
    }));
});

describe('the queue', () => {
  it('is bounded: one more is `queue-full`, and safe to send later', () =>
    httpTest(({ flow, h1, expectObservable }) => {
      const one = flow('---a-a|', { a: h1.response(200) });
      const http = drawnClient([one], { ...ONCE, connections: 1, queue: 1 });
      expectObservable(outcomeOf(http.get(URL))).toBe('---(o|)', { o: '200' });
      expectObservable(outcomeOf(http.get(URL))).toBe('-----(o|)', { o: '200' });
      expectObservable(outcomeOf(http.get(URL))).toBe('(e|)', { e: 'queue-full!' });
      expectObservable(outcomeOf(http.get(URL)), '----^').toBe('------(e|)', { e: 'closed!' });
    }));

  it('hears of it where nobody can be reached', () =>
    httpTest(({ cold, expectObservable }) => {
      const error = new ClientError('connect-failed', 'no route', { retryable: true });
      const http = drawnClient([cold('--#', undefined, error), cold('-----#', undefined, error)], ONCE);
      // One of the two connections may still be made for both.
      expectObservable(outcomeOf(http.get(URL))).toBe('-----(e|)', { e: 'connect-failed!' });
      expectObservable(outcomeOf(http.get(URL))).toBe('-----(e|)', { e: 'connect-failed!' });
    }));
});

describe('HTTP/2', () => {
  it('has one connection, which all share, and which those wait for that come before it is made', () =>
    httpTest(({ pair, serve, cold, expectObservable, expectFrames, expectSubscriptions }) => {
      const { client, server } = pair({ latency: 1, alpn: 'h2' });
      serve(server, ({ path }) => of(text(path)).pipe(delay(path === '/1' ? 5 : 1)), { scheme: 'https' });
      const another = cold<Flow>('-');
      const http = drawnClient([of(client).pipe(delay(3)), another], ONCE);
      expectSubscriptions(another).toBe([]);
      expectObservable(contentOf(http.get('https://test/1'))).toBe('----------(o|)', { o: '/1' });
      expectObservable(contentOf(http.get('https://test/2'))).toBe('------(o|)', { o: '/2' });
      expectObservable(contentOf(http.get('https://test/3')), '--------^').toBe('-----------(o|)', { o: '/3' });
      expectFrames(client).toBe('---(ab)-c', { a: { says: 'GET /1' }, b: { says: 'GET /2' }, c: { says: 'GET /3' } });
    }, SHORTLY));

  it('waits for room: the server says how many', () =>
    httpTest(({ flow, h2, expectFrames, expectObservable }) => {
      const one = flow('s--a-b---|', {
        s: h2.startServer({ MAX_CONCURRENT_STREAMS: 1 }),
        a: h2.response(1, 200),
        b: h2.response(3, 204),
      });
      const http = drawnClient([of(one).pipe(delay(1))], { ...ONCE, protocols: ['h2'] });
      expectObservable(outcomeOf(http.get(URL + '1'))).toBe('---(o|)', { o: '200' });
      expectObservable(outcomeOf(http.get(URL + '2')), '--^').toBe('-----(o|)', { o: '204' });
      expectFrames(one).toBe('-a-b-----|', { a: { says: 'GET /1' }, b: { says: 'GET /2' } });
    }));

  it('that requires HTTP/1.1 gets the request on such a connection, at once; so do the requests after it', () =>
    httpTest(({ pair, serve, expectObservable, expectRequests }) => {
      const h2 = pair({ latency: 1, alpn: 'h2' });
      const http1 = pair({ latency: 1, alpn: 'http/1.1' });
      const refusing = serve(
        h2.server,
        (_, exchange) => {
          if (exchange.protocol === 'h2') exchange.reset('HTTP_1_1_REQUIRED');
          return NEVER;
        },
        { scheme: 'https' },
      );
      const serving = serve(http1.server, ({ method, path }) => text(`${method} ${path}`), { scheme: 'https' });
      const http = drawnClient([h2.client, http1.client], ONCE);
      expectObservable(contentOf(http.post('https://test/1', 'content'))).toBe('----(o|)', { o: 'POST /1' });
      expectObservable(contentOf(http.get('https://test/2')), '------^').toBe('--------(o|)', { o: 'GET /2' });
      expectRequests(refusing).toBe('-a', { a: 'POST /1' });
      expectRequests(serving).toBe('---a---b', { a: 'POST /1', b: 'GET /2' });
    }, SHORTLY));

  it('that requires HTTP/1.1 does not get content that can be sent only once', () =>
    httpTest(({ pair, serve, expectObservable }) => {
      const { client, server } = pair({ latency: 1, alpn: 'h2' });
      serve(
        server,
        (_, exchange) => {
          if (exchange.protocol === 'h2') exchange.reset('HTTP_1_1_REQUIRED');
          return NEVER;
        },
        { scheme: 'https' },
      );
      const once = (function* (): Iterable<string> {
        yield 'once';
      })();
      const http = drawnClient([client], {});
      expectObservable(outcomeOf(http.post('https://test/', once))).toBe('--(o|)', { o: 'protocol-error!' });
    }, SHORTLY));

  it('that requires HTTP/1.1 is an error where the program allows HTTP/2 alone', () =>
    httpTest(({ flow, h2, expectObservable }) => {
      const one = flow('s--r', { s: h2.startServer(), r: h2.rst(1, 'HTTP_1_1_REQUIRED') });
      const http = drawnClient([one], { protocols: ['h2'] });
      expectObservable(outcomeOf(http.get(URL))).toBe('---(o|)', { o: 'protocol-error!' });
    }, SHORTLY));

  it('has a second connection where all streams are taken, if the program allows two; the third request waits', () =>
    httpTest(({ flow, h2, cold, expectFrames, expectObservable, expectSubscriptions }) => {
      const third = cold<Flow>('-');
      expectSubscriptions(third).toBe([]);
      const settings = h2.startServer({ MAX_CONCURRENT_STREAMS: 1 });
      const one = flow('s------a--c|', { s: settings, a: h2.response(1, 200, 'a'), c: h2.response(3, 200, 'c') });
      const two = flow('s----------b|', { s: settings, b: h2.response(1, 200, 'b') });
      const http = drawnClient([one, two, third], { ...ONCE, protocols: ['h2'], h2Connections: 2 });
      expectObservable(contentOf(http.get(URL + 'a'))).toBe('-------(o|)', { o: 'a' });
      expectObservable(contentOf(http.get(URL + 'b')), '-^').toBe('-----------(o|)', { o: 'b' });
      expectObservable(contentOf(http.get(URL + 'c')), '--^').toBe('----------(o|)', { o: 'c' });
      expectFrames(one).toBe('a------c---|', { a: { says: 'GET /a' }, c: { says: 'GET /c' } });
      expectFrames(two).toBe('-b----------|', { b: { says: 'GET /b' } });
    }));

  it('begins as many streams as `concurrentStreams` of the client allows, whatever the server does', () =>
    httpTest(({ flow, h2, expectFrames, expectObservable }) => {
      const one = flow('s--a-b---|', { s: h2.startServer(), a: h2.response(1, 200), b: h2.response(3, 204) });
      const limits = { concurrentStreams: 1 };
      const http = drawnClient([one], { ...ONCE, protocols: ['h2'], limits });
      expectObservable(outcomeOf(http.get(URL + '1'))).toBe('---(o|)', { o: '200' });
      expectObservable(outcomeOf(http.get(URL + '2')), '-^').toBe('-----(o|)', { o: '204' });
      expectFrames(one).toBe('a--b-----|', { a: { says: 'GET /1' }, b: { says: 'GET /2' } });
    }));

  it('that goes away gets no more requests: the next one gets another connection, while the open ones end', () =>
    httpTest(({ flow, h2, expectFrames, expectObservable }) => {
      const one = flow('s--g---a|', { s: h2.startServer(), g: h2.goaway(1, 'NO_ERROR'), a: h2.response(1, 200) });
      const two = flow('----s-a-|', { s: h2.startServer(), a: h2.response(1, 204) });
      const http = drawnClient([one, two], { ...ONCE, protocols: ['h2'] });
      expectObservable(outcomeOf(http.get(URL + '1')), '-^').toBe('-------(o|)', { o: '200' });
      expectObservable(outcomeOf(http.get(URL + '2')), '----^').toBe('------(o|)', { o: '204' });
      expectFrames(one).toBe('-a-----(g|)', { a: { says: 'GET /1' }, g: { type: 'GOAWAY' } });
      expectFrames(two).toBe('----b---|', { b: { says: 'GET /2' } });
    }));
});

describe('the end of a client', () => {
  it('`shutdown` lets what is under way end, and what waits; then the connections end', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-----a--b-|', { a: h1.response(200), b: h1.response(204) });
      const http = drawnClient([one], { ...ONCE, connections: 1 });
      expectObservable(outcomeOf(http.get(URL + '1'))).toBe('-----(o|)', { o: '200' });
      expectObservable(outcomeOf(http.get(URL + '2'))).toBe('--------(o|)', { o: '204' });
      timer(2).subscribe(() => http.shutdown());
      expectObservable(outcomeOf(http.get(URL)), '---^').toBe('---(e|)', { e: 'closed' });
      expectWire(one).toBe('x----y--|', { x: h1.get('/1'), y: h1.get('/2') });
    }));

  it('`shutdown` lets what waits for its next attempt have it, on a connection that then ends', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-a|', { a: h1.response(503, '', { 'retry-after': 1 }) });
      const two = flow('1002ms a-|', { a: h1.response(204) });
      const http = drawnClient([one, two]);
      expectObservable(outcomeOf(http.get(URL))).toBe('1002ms (o|)', { o: '204' });
      timer(3).subscribe(() => http.shutdown());
      expectWire(one).toBe('x-|', { x: h1.get('/') });
      expectWire(two).toBe('1001ms x|', { x: h1.get('/') });
    }));

  it('`shutdown` ends idle connections, and those that are being made for nobody', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-a---|', { a: h1.response(200) });
      const http = drawnClient([one], ONCE);
      expectObservable(outcomeOf(http.get(URL))).toBe('-(o|)', { o: '200' });
      timer(3).subscribe(() => http.shutdown());
      expectWire(one).toBe('x--|', { x: h1.get('/') });
    }));

  it('`close` ends all at once: what is under way, what waits, what is being connected; nothing is sent again', () =>
    httpTest(({ flow, h1, cold, expectWire, expectObservable, expectSubscriptions }) => {
      const one = flow('-a', { a: h1.responseHead(200, { 'content-length': 5 }) });
      const two = flow('');
      const connecting = cold('-----(c|)', { c: flow('') });
      const unused = flow('');
      const http = drawnClient([one, two, connecting, unused], { connections: 3 });
      expectObservable(contentOf(http.get(URL))).toBe('---(e|)', { e: 'closed' });
      for (let count = 0; count < 3; count++) {
        expectObservable(outcomeOf(http.get(URL))).toBe('---(e|)', { e: 'closed' });
      }
      timer(3).subscribe(() => http.close());
      expectWire(one).toBe('x--!', { x: h1.get('/') });
      expectWire(two).toBe('x--!', { x: h1.get('/') });
      expectSubscriptions(connecting).toBe('^--!');
      expectWire(unused).toBe('');
    }));

  it('`close` ends what waits for its next attempt', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-a|', { a: h1.response(503) });
      const two = flow('');
      const http = drawnClient([one, two]);
      expectObservable(outcomeOf(http.get(URL))).toBe('---(e|)', { e: 'closed' });
      timer(3).subscribe(() => http.close());
      expectWire(one).toBe('x-|', { x: h1.get('/') });
      expectWire(two).toBe('');
    }));
});

describe('a client and a service in one process', () => {
  it('meet over a transport in memory', () =>
    httpTest(({ expectObservable }) => {
      const accepted = new Subject<MemoryFlow>();
      const info: Info<MemoryFlow, string> = { alpn: () => undefined, peer: () => 'memory', injection: (flow) => flow };
      accepted
        .pipe(
          service(info, {
            request: ({ path, body }) => body.text().pipe(map((content) => text(`${path} ${content}`))),
          }),
        )
        .subscribe();
      const http = clientOf({
        ...{ scheduler: asyncScheduler, decompress: false, baseUrl: URL },
        transports: Transports.EMPTY.register(memoryTransport(accepted, { latency: 2 })),
      });
      expectObservable(contentOf(http.post('/rows', 'one'))).toBe('----(o|)', { o: '/rows one' });
      expectObservable(contentOf(http.post('/rows', 'two')), '------^').toBe('----------(o|)', { o: '/rows two' });
    }));
});
