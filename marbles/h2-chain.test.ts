/**
 * The h2 chain: frames in, an exchange for each stream, frames out.
 *
 * ```
 * client   -(ab)---------|     a = GET /8 on stream 1      b = GET /2 on stream 3
 * handler   --------o          answers stream 1 after 8 ms,
 *           --o                and stream 3 after 2
 * frames   ---(hd)--(HD)-|     HEADERS and DATA of 3, then those of 1: no stream waits for another
 * ```
 */
import { concat, delay, endWith, ignoreElements, map, mergeMap, NEVER, type Observable, of, timer } from 'rxjs';
import { bytes, empty, type H2Exchange, type Handler, type HttpResponse, response, text } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';

/** A handler that is given exchanges of HTTP/2. */
const onH2 =
  (handle: (exchange: H2Exchange<string>) => HttpResponse | Observable<HttpResponse>): Handler<string>['request'] =>
  (_request, exchange) =>
    exchange.protocol === 'h2' ? handle(exchange) : text('not HTTP/2', { status: 505 });

describe('requests and responses', () => {
  it('responds to a request in the turn in which it came', () =>
    httpTest(({ flow, serve, h2, expectFrames, expectRequests, expectServed }) => {
      const client = flow('-(sa)--|', { s: h2.start(), a: h2.get(1, '/path?query', { 'x-a': 'b' }) });
      const service = serve(client, () => text('ok'), { alpn: 'h2' });
      expectRequests(service).toBe('-a', {
        a: { method: 'GET', path: '/path?query', authority: 'test', scheme: 'http', version: '2.0' },
      });
      expectFrames(client).toBe('-(hd)--|', {
        h: {
          type: 'HEADERS',
          stream: 1,
          fields: {
            ':status': '200',
            'content-type': 'text/plain; charset=utf-8',
            'content-length': '2',
            date: 'Thu, 01 Jan 1970 00:00:00 GMT',
          },
        },
        d: 'DATA 1 "ok" END_STREAM',
      });
      expectServed(service).toBe('-s-----|', { s: { protocol: 'h2', status: 200, sent: 2, duration: 0 } });
    }));

  it('responds to concurrent streams, whichever is ready first', () =>
    httpTest(({ flow, serve, h2, expectFrames, expectServed }) => {
      const client = flow('-(sab)-------|', { s: h2.start(), a: h2.get(1, '/8'), b: h2.get(3, '/2') });
      const service = serve(client, ({ path }) => of(text(path)).pipe(delay(Number(path.slice(1)))));
      expectFrames(client).toBe('---(hd)--(HD)|', {
        h: 'HEADERS 3 200',
        d: 'DATA 3 "/2" END_STREAM',
        H: 'HEADERS 1 200',
        D: 'DATA 1 "/8" END_STREAM',
      });
      expectServed(service).toBe('---b-----a---|', { a: { duration: 8 }, b: { duration: 2 } });
    }));

  it('serves with prior knowledge as it does by ALPN', () =>
    httpTest(({ flow, serve, h2, expectFrames }) => {
      const known = flow('--(sa)-|', { s: h2.start(), a: h2.get(1, '/') });
      const chosen = flow('--(sa)-|', { s: h2.start(), a: h2.get(1, '/') });
      serve([known, chosen], () => empty(), { alpn: (flow) => (flow === chosen ? 'h2' : undefined) });
      expectFrames(known).toBe('--h----|', { h: 'HEADERS 1 204 END_STREAM' });
      expectFrames(chosen).toBe('--h----|', { h: 'HEADERS 1 204 END_STREAM' });
    }));

  it('reads what arrives a byte at a time', () =>
    httpTest(({ flow, serve, h2, fragment, expectFrames, expectRequests }) => {
      const values = { s: h2.start(), a: h2.post(1, '/', 'body'), b: h2.get(3, '/next') };
      const client = flow('-(sab)-|', values, fragment(1));
      const service = serve(client, ({ body }) =>
        body.text().pipe(map((content) => response(200, {}, `<${content}>`))),
      );
      expectRequests(service).toBe('-(ab)', { a: 'POST /', b: 'GET /next' });
      expectFrames(client).toBe('-(hdHD)|', {
        h: 'HEADERS 1 200',
        d: 'DATA 1 "<body>" END_STREAM',
        H: 'HEADERS 3 200',
        D: 'DATA 3 "<>" END_STREAM',
      });
    }));

  it('responds to HEAD with the head of the response to GET, and does not subscribe to its content', () =>
    httpTest(({ flow, serve, h2, probe, expectFrames, expectSubscriptions }) => {
      const client = flow('(sa)-b|', { s: h2.start(), a: h2.head(1, '/'), b: h2.head(3, '/stream') });
      const content = probe();
      serve(client, ({ path }) => (path === '/' ? text('ok') : bytes(of(Buffer.from('ok')).pipe(content))));
      expectFrames(client).toBe('h----H|', { h: 'HEADERS 1 200 END_STREAM', H: 'HEADERS 3 200 END_STREAM' });
      expectSubscriptions(content).toBe([]);
    }));

  it('sends interim responses before the response', () =>
    httpTest(({ flow, serve, h2, expectFrames }) => {
      const client = flow('(sa)---|', { s: h2.start(), a: h2.get(1, '/') });
      serve(client, () => concat(of(response(103, { link: '</a.css>' })), of(empty()).pipe(delay(3))));
      expectFrames(client).toBe('i--h---|', {
        i: { stream: 1, fields: { ':status': '103', link: '</a.css>' }, endStream: false },
        h: 'HEADERS 1 204 END_STREAM',
      });
    }));
});

describe('Upgrade: h2c', () => {
  const upgrade = { connection: 'upgrade, http2-settings', upgrade: 'h2c' };

  it('responds to the request as stream 1, and goes on as HTTP/2', () =>
    httpTest(({ flow, serve, h1, h2, expectFrames, expectRequests, expectServed }) => {
      const client = flow('-a----(sb)|', {
        a: h1.get('/', { ...upgrade, 'http2-settings': h2.settingsField() }),
        s: h2.start(),
        b: h2.get(3, '/next'),
      });
      const service = serve(client, ({ path }) => text(path));
      expectRequests(service).toBe('-a----b', {
        a: { path: '/', version: '2.0' },
        b: { path: '/next', version: '2.0' },
      });
      expectFrames(client).toBe('-(uhd)(HD)|', {
        u: 'HTTP/1.1 101 Switching Protocols',
        h: 'HEADERS 1 200',
        d: 'DATA 1 "/" END_STREAM',
        H: 'HEADERS 3 200',
        D: 'DATA 3 "/next" END_STREAM',
      });
      expectServed(service).toBe('-a----b---|', { a: { protocol: 'h2' }, b: { protocol: 'h2' } });
    }));

  it('obeys the settings that the request brings', () =>
    httpTest(({ flow, serve, h1, h2, expectFrames }) => {
      const client = flow('-a----s-w-|', {
        a: h1.get('/', { ...upgrade, 'http2-settings': h2.settingsField({ INITIAL_WINDOW_SIZE: 1 }) }),
        s: h2.start({ INITIAL_WINDOW_SIZE: 1 }),
        w: h2.windowUpdate(1, 8),
      });
      serve(client, () => text('ok'));
      expectFrames(client).toBe('-(uh)-d-w-|', {
        u: 'HTTP/1.1 101 Switching Protocols',
        h: 'HEADERS 1 200',
        d: 'DATA 1 "o"',
        w: 'DATA 1 "k" END_STREAM',
      });
    }));
});

describe('content', () => {
  it('streams a request to its reader as it comes, and the response as it is made', () =>
    httpTest(({ flow, serve, h2, probe, expectFrames, expectBody, expectServed }) => {
      const client = flow('(sa)-b-----c--|', {
        s: h2.start(),
        a: h2.requestHead(1, 'POST', '/'),
        b: h2.data(1, 'b'),
        c: h2.data(1, 'c', { end: true }),
      });
      const upload = probe();
      const service = serve(client, ({ body }) => bytes(body.pipe(upload)));
      expectBody(upload).toBe('-----b-----(c|)');
      expectFrames(client).toBe('-----(hb)--c--|', {
        h: 'HEADERS 1 200',
        b: 'DATA 1 "b"',
        c: 'DATA 1 "c" END_STREAM',
      });
      expectServed(service).toBe('-----------s--|', { s: { received: 2, sent: 2, outcome: 'complete' } });
    }));

  it('reads trailers of a request, and sends those of a response', () =>
    httpTest(({ flow, serve, h2, cold, expectFrames }) => {
      const client = flow('(sa)-b--t--|', {
        s: h2.start(),
        a: h2.requestHead(1, 'POST', '/'),
        b: h2.data(1, 'b'),
        t: h2.headers(1, { checksum: '1' }, { end: true }),
      });
      serve(client, (request) => {
        request.body.subscribe();
        const trailers = request.trailers.pipe(map((lines) => ({ echoed: lines.get('checksum') ?? 'none' })));
        return bytes(cold('--d|', { d: 'd' }), { trailers });
      });
      expectFrames(client).toBe('--(hd)--t--|', {
        h: 'HEADERS 1 200',
        d: 'DATA 1 "d"',
        t: 'HEADERS 1 echoed: 1 END_STREAM',
      });
    }));

  it('waits with 100 until the content is subscribed to', () =>
    httpTest(({ flow, serve, h2, probe, expectFrames, expectSubscriptions }) => {
      const client = flow('(sa)---b-|', {
        s: h2.start(),
        a: h2.requestHead(1, 'POST', '/', { expect: '100-continue' }),
        b: h2.data(1, 'ok', { end: true }),
      });
      const upload = probe();
      serve(client, ({ body }) => timer(3).pipe(mergeMap(() => body.pipe(upload, ignoreElements(), endWith(empty())))));
      expectSubscriptions(upload).toBe('---^---!');
      expectFrames(client).toBe('---c---h-|', { c: 'HEADERS 1 100', h: 'HEADERS 1 204 END_STREAM' });
    }));

  it('sends no 100 where the content is not wanted', () =>
    httpTest(({ flow, serve, h2, expectFrames, expectFaults }) => {
      const client = flow('(sa)-|', { s: h2.start(), a: h2.requestHead(1, 'POST', '/', { expect: '100-continue' }) });
      const service = serve(client, () => response(403));
      expectFrames(client).toBe('h----|', { h: 'HEADERS 1 403 END_STREAM' });
      expectFaults(service).toBe('');
    }));
});

describe('what HTTP/2 alone has', () => {
  it('pushes what the client will ask for: promised on the stream of the request, sent on its own', () =>
    httpTest(({ flow, serve, h2, expectFrames, expectServed }) => {
      const client = flow('(sa)------|', { s: h2.start(), a: h2.get(1, '/') });
      const service = serve(
        client,
        onH2((exchange) => {
          exchange.push({ path: '/a.css' }, of(response(200, {}, 'css')).pipe(delay(6)));
          return response(200, {}, 'html');
        }),
      );
      expectFrames(client).toBe('(phd)-(HD)|', {
        p: 'PUSH_PROMISE 1 2 GET /a.css',
        h: 'HEADERS 1 200',
        d: 'DATA 1 "html" END_STREAM',
        H: 'HEADERS 2 200',
        D: 'DATA 2 "css" END_STREAM',
      });
      expectServed(service).toBe('a-----b---|', { a: { sent: 4 }, b: { sent: 3 } });
    }));

  it('does not push to a client that takes none', () =>
    httpTest(({ flow, serve, h2, expectFrames }) => {
      const client = flow('(sa)|', { s: h2.start({ ENABLE_PUSH: 0 }), a: h2.get(1, '/') });
      serve(
        client,
        onH2((exchange) => response(200, {}, String(exchange.push({ path: '/a.css' }, empty())))),
      );
      expectFrames(client).toBe('(hd)|', { h: 'HEADERS 1 200', d: 'DATA 1 "false" END_STREAM' });
    }));

  it('resets a stream by the will of the handler: no fault, and the handler is unsubscribed', () =>
    httpTest(({ flow, serve, h2, probe, cold, expectFrames, expectFaults, expectSubscriptions, expectServed }) => {
      const client = flow('-(sa)---|', { s: h2.start(), a: h2.get(1, '/') });
      const work = probe<HttpResponse>();
      const service = serve(
        client,
        onH2((exchange) => {
          cold('---x').subscribe(() => exchange.reset('ENHANCE_YOUR_CALM'));
          return NEVER.pipe(work);
        }),
      );
      expectFrames(client).toBe('----r---|', { r: 'RST_STREAM 1 ENHANCE_YOUR_CALM' });
      expectSubscriptions(work).toBe('-^--!');
      expectServed(service).toBe('----s---|', { s: 'aborted' });
      expectFaults(service).toBe('');
    }));

  it('refuses a request past the streams that may be open at once, and goes on with the next', () =>
    httpTest(({ flow, serve, h2, expectFrames, expectRequests, expectFaults }) => {
      const client = flow('(sab)--c---|', {
        s: h2.start(),
        a: h2.get(1, '/1'),
        b: h2.get(3, '/3'),
        c: h2.get(5, '/5'),
      });
      const service = serve(client, () => of(empty()).pipe(delay(3)), { limits: { concurrentStreams: 1 } });
      expectRequests(service).toBe('a------c', { a: 'GET /1', c: 'GET /5' });
      expectFrames(client).toBe('   r--h------H|', {
        r: 'RST_STREAM 3 REFUSED_STREAM',
        h: 'HEADERS 1 204 END_STREAM',
        H: 'HEADERS 5 204 END_STREAM',
      });
      expectFaults(service).toBe('   f', { f: { code: 'refused', initiator: 'peer' } });
    }));
});
