/**
 * The h1 chain: bytes in, requests to the handler, bytes out.
 *
 * ```
 * client   -a-----------|     a = GET /4, GET /1, GET /6: three requests in a row
 * handler   ----o             answers each after as many ms,
 *           -o
 *           ------o
 * wire     -----x-y-----|     x = the first two answers, y = the third: in the order of the requests
 *
 * upload   h-b-c--------|     h = the head of a POST, b and c = its content
 * reader   --b-c              which is the answer, too
 * taken    -t----t--t--t       by a client that is slow
 * wire     h-b---c------|     c waits until b has been taken,
 * credit   --b---c            and so does its credit: the sender is slowed down to the reader
 * ```
 */
import { concat, delay, EMPTY, ignoreElements, map, mergeMap, of, tap, throwError, timer } from 'rxjs';
import { Body, bytes, empty, type Handler, response, text } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';

const CHUNKED = { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' };

describe('requests and responses', () => {
  it('responds to a request in the turn in which it came', () =>
    httpTest(({ flow, serve, h1, expectWire, expectRequests, expectServed }) => {
      const client = flow('-a--|', { a: h1.get('/path?query') });
      const service = serve(client, () => text('ok'));
      expectRequests(service).toBe('-a', { a: { method: 'GET', path: '/path?query', authority: 'test' } });
      expectWire(client).toBe('     -x--|', { x: h1.response(200, 'ok') });
      expectServed(service).toBe(' -s--|', { s: { status: 200, sent: 2, outcome: 'complete', duration: 0 } });
    }));

  it('keeps the connection for the next request', () =>
    httpTest(({ flow, serve, h1, expectWire, expectServed }) => {
      const client = flow('-a--a--|', { a: h1.get('/') });
      const service = serve(client, () => of(text('ok')).pipe(delay(2)));
      expectWire(client).toBe('   ---x--x|', { x: h1.response(200, 'ok') });
      expectServed(service).toBe('---s--s|', { s: { duration: 2 } });
    }));

  it('reads a request that arrives a byte at a time', () =>
    httpTest(({ flow, serve, fragment, h1, expectWire, expectRequests }) => {
      const client = flow('-a--|', { a: [h1.post('/', 'body'), h1.get('/next')] }, fragment(1));
      const service = serve(client, (request) => request.body.text().pipe(map((body) => text(`<${body}>`))));
      expectRequests(service).toBe('-(ab)', { a: 'POST /', b: 'GET /next' });
      expectWire(client).toBe('-x--|', { x: [h1.response(200, '<body>'), h1.response(200, '<>')] });
    }));

  it('responds to pipelined requests in their order, whichever is ready first', () =>
    httpTest(({ flow, serve, h1, expectWire, expectRequests }) => {
      const client = flow('-a-------|', { a: [h1.get('/4'), h1.get('/1'), h1.get('/6')] });
      const service = serve(client, ({ path }) => of(text(path)).pipe(delay(Number(path.slice(1)))));
      expectRequests(service).toBe('-(abc)', { a: 'GET /4', b: 'GET /1', c: 'GET /6' });
      expectWire(client).toBe('-----x-y-|', {
        x: [h1.response(200, '/4'), h1.response(200, '/1')],
        y: h1.response(200, '/6'),
      });
    }));

  it('closes after a request that asks for it', () =>
    httpTest(({ flow, serve, h1, expectWire, expectRequests }) => {
      const client = flow('-ab-|', { a: h1.get('/', { connection: 'close' }), b: h1.get('/late') });
      const service = serve(client, () => text('ok'));
      expectRequests(service).toBe('-a', { a: 'GET /' });
      expectWire(client).toBe('-(x|)', { x: h1.response(200, 'ok', { connection: 'close' }) });
    }));

  it('responds to HEAD with the head of the response to GET', () =>
    httpTest(({ flow, serve, h1, probe, expectWire, expectSubscriptions }) => {
      const client = flow('-a--b--|', { a: h1.head('/'), b: h1.head('/stream') });
      const content = probe();
      serve(client, ({ path }) => (path === '/' ? text('ok') : bytes(of(Buffer.from('ok')).pipe(content))));
      expectWire(client).toBe('-x--y--|', {
        x: h1.responseHead(200, { 'content-type': 'text/plain; charset=utf-8', 'content-length': 2 }),
        y: h1.responseHead(200, CHUNKED),
      });
      expectSubscriptions(content).toBe([]);
    }));

  it('sends interim responses before the response', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const client = flow('-a----|', { a: h1.get('/') });
      serve(client, () => concat(of(response(103, { link: '</a.css>' })), of(text('ok')).pipe(delay(3))));
      expectWire(client).toBe('-x--y-|', { x: h1.interim(103, { link: '</a.css>' }), y: h1.response(200, 'ok') });
    }));
});

describe('content', () => {
  it('streams a request to its reader as it comes, and the response as it is made', () =>
    httpTest(({ flow, serve, h1, probe, expectWire, expectBody, expectServed }) => {
      const client = flow('a--b--c-|', { a: h1.requestHead('POST', '/', { 'content-length': 2 }), b: 'b', c: 'c' });
      const upload = probe();
      const service = serve(client, ({ body }) => bytes(body.pipe(upload)));
      expectBody(upload).toBe(' ---b--(c|)');
      expectWire(client).toBe('---x--z-|', {
        x: [h1.responseHead(200, CHUNKED), h1.chunk('b')],
        z: [h1.chunk('c'), h1.lastChunk()],
      });
      expectServed(service).toBe('------s-|', { s: { received: 2, sent: 2 } });
    }));

  it('reads chunked content and its trailer section', () =>
    httpTest(({ flow, serve, h1, probe, expectBody, expectWire }) => {
      const client = flow('a--b--c-|', {
        a: h1.requestHead('POST', '/', { 'transfer-encoding': 'chunked' }),
        b: h1.chunk('hello'),
        c: h1.lastChunk({ checksum: '1' }),
      });
      const upload = probe();
      serve(client, (request) => {
        request.body.pipe(upload).subscribe();
        return request.trailers.pipe(map((trailers) => text(trailers.get('checksum') ?? 'none')));
      });
      expectBody(upload).toBe('---b--|', { b: 'hello' });
      expectWire(client).toBe('------x-|', { x: h1.response(200, '1') });
    }));

  it('sends trailers after streamed content', () =>
    httpTest(({ flow, serve, h1, cold, expectWire }) => {
      const client = flow('a----|', { a: h1.get('/') });
      serve(client, () => bytes(cold('--b|', { b: Buffer.from('b') }), { trailers: of({ checksum: '1' }) }));
      expectWire(client).toBe('--xz-|', {
        x: [h1.responseHead(200, CHUNKED), h1.chunk('b')],
        z: h1.lastChunk({ checksum: '1' }),
      });
    }));

  it('gives content with a Content-Length as it was promised', () =>
    httpTest(({ flow, serve, h1, cold, expectWire }) => {
      const client = flow('a----|', { a: h1.get('/') });
      serve(client, () => response(200, { 'content-length': 2 }, cold('-b-c|')));
      expectWire(client).toBe('-x-c-|', { x: [h1.responseHead(200, { 'content-length': 2 }), 'b'] });
    }));

  it('waits with 100 until the content is subscribed to', () =>
    httpTest(({ flow, serve, h1, probe, expectWire, expectSubscriptions }) => {
      const head = h1.requestHead('POST', '/', { 'content-length': 2, expect: '100-continue' });
      const client = flow('-a-----b-|', { a: head, b: 'ok' });
      const upload = probe();
      serve(client, ({ body }) =>
        timer(3).pipe(
          mergeMap(() => body.pipe(upload)),
          map((chunk) => text(`got ${Buffer.from(chunk).toString()}`)),
        ),
      );
      expectSubscriptions(upload).toBe('----^--!');
      expectWire(client).toBe('----c--x-|', { c: h1.interim(100), x: h1.response(200, 'got ok') });
    }));

  it('sends 100, and the head of a response that is made of the content with the first content, in another write', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const head = h1.requestHead('POST', '/', { 'content-length': 2, expect: '100-continue' });
      const client = flow('-a--b-|', { a: head, b: 'ok' });
      serve(client, ({ body }) => response(200, { 'content-length': 2 }, body));
      expectWire(client).toBe('-c--x-|', {
        c: h1.interim(100),
        x: [h1.responseHead(200, { 'content-length': 2 }), 'ok'],
      });
    }));

  it('sends no 100 where the content is not wanted, and closes: what comes next could be anything', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const head = h1.requestHead('POST', '/', { 'content-length': 2, expect: '100-continue' });
      const client = flow('-a---|', { a: head });
      const service = serve(client, () => text('no', { status: 403 }));
      expectWire(client).toBe('-(x|)', { x: h1.response(403, 'no', { connection: 'close' }) });
      expectFaults(service).toBe('');
    }));

  it('throws content away that nobody reads, and keeps the connection', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('a--b--c-|', {
        a: [h1.requestHead('POST', '/', { 'content-length': 4 }), 'b'],
        b: 'ody',
        c: h1.get('/'),
      });
      const service = serve(client, () => empty());
      expectWire(client).toBe('x-----x-|', { x: h1.response(204) });
      expectFaults(service).toBe('');
    }));

  it('slows the sender down to the reader of the response', () =>
    httpTest(({ flow, serve, slowPeer, h1, probe, expectWire, expectCredit }) => {
      const head = h1.requestHead('POST', '/', { 'content-length': 2 });
      const client = flow('a-b-c--------|', { a: head, b: 'b', c: 'c' }, slowPeer('-t----t--t--t'));
      const upload = probe();
      serve(client, ({ body }) => bytes(body.pipe(upload)));
      expectWire(client).toBe('  --x---z------|', {
        x: [h1.responseHead(200, CHUNKED), h1.chunk('b')],
        z: [h1.chunk('c'), h1.lastChunk()],
      });
      // Bytes that go out in the turn they came in are credited with that turn. The rest is credited when the peer has taken it.
      expectCredit(upload).toBe('--b---c', { b: 1, c: 1 });
    }));
});

describe('content that is not what was promised', () => {
  it('is broken off where it is longer: a fault, and the connection closed', () =>
    httpTest(({ flow, serve, h1, cold, probe, expectWire, expectFaults, expectServed, expectSubscriptions }) => {
      const client = flow('a--------|', { a: h1.get('/') });
      const content = probe<string>();
      const service = serve(client, () => response(200, { 'content-length': 1 }, cold('-b-c-d|').pipe(content)));
      expectWire(client).toBe('     -x-|', { x: [h1.responseHead(200, { 'content-length': 1 }), 'b'] });
      expectFaults(service).toBe('  ---f', { f: { code: 'content-length-mismatch', initiator: 'local' } });
      expectServed(service).toBe('  ---s-----|', { s: { outcome: 'aborted', status: 200 } });
      expectSubscriptions(content).toBe('^--!');
    }));

  it('is broken off where it is shorter', () =>
    httpTest(({ flow, serve, h1, cold, expectWire, expectFaults, expectServed }) => {
      const client = flow('a--------|', { a: h1.get('/') });
      const service = serve(client, () => response(200, { 'content-length': 2 }, cold('-b-|')));
      expectWire(client).toBe('   -x-|', { x: [h1.responseHead(200, { 'content-length': 2 }), 'b'] });
      expectFaults(service).toBe('---f', { f: 'content-length-mismatch' });
      expectServed(service).toBe('---s-----|', { s: 'aborted' });
    }));
});

describe('a client that disconnects', () => {
  it('unsubscribes the handler, without a fault', () =>
    httpTest(({ flow, serve, h1, probe, expectSubscriptions, expectFaults, expectServed, expectWire }) => {
      const client = flow('-a--#', { a: h1.get('/') });
      const work = probe<ReturnType<typeof text>>();
      const service = serve(client, () => of(text('late')).pipe(delay(10), work));
      expectSubscriptions(work).toBe('-^--!');
      expectFaults(service).toBe('');
      expectServed(service).toBe('----(s|)', {
        s: { outcome: 'aborted', status: undefined, error: 'connection-reset' },
      });
      expectWire(client).toBe('');
    }));

  it('ends the content that the handler reads, and the handler', () =>
    httpTest(({ flow, serve, h1, probe, expectBody, expectSubscriptions, expectFaults, expectServed }) => {
      const client = flow('a-b-#', { a: h1.requestHead('POST', '/', { 'content-length': 9 }), b: 'b' });
      const upload = probe();
      const work = probe<ReturnType<typeof text>>();
      const service = serve(client, ({ body }) =>
        body.pipe(
          upload,
          ignoreElements(),
          mergeMap(() => of(text('never'))),
          work,
        ),
      );
      expectBody(upload).toBe('--b-#');
      expectSubscriptions(work).toBe('^---!');
      expectFaults(service).toBe('');
      expectServed(service).toBe('----(s|)', { s: { outcome: 'aborted', error: 'connection-reset', received: 1 } });
    }));

  it('gives a reader what came, then the error, where it ends within the content', () =>
    httpTest(({ flow, serve, h1, probe, expectBody, expectFaults, expectServed, expectWire }) => {
      const client = flow('a-b-|', { a: h1.requestHead('POST', '/', { 'content-length': 9 }), b: 'b' });
      const upload = probe();
      const service = serve(client, ({ body }) => {
        body.pipe(upload).subscribe();
        return of(text('late')).pipe(delay(10));
      });
      expectBody(upload).toBe('--b-#');
      expectFaults(service).toBe('');
      expectServed(service).toBe('----(s|)', { s: { outcome: 'complete', status: 400, error: 'truncated' } });
      expectWire(client).toBe('----(x|)', {
        x: h1.response(400, '400 the connection ended within the content\n', { connection: 'close' }),
      });
    }));

  it('stops the content that is being sent to it', () =>
    httpTest(({ flow, serve, h1, cold, expectSubscriptions, expectWire }) => {
      const client = flow('a-----#', { a: h1.get('/') });
      const content = cold('b---b---b---|', { b: Buffer.from('b') });
      serve(client, () => bytes(content));
      expectSubscriptions(content).toBe('^-----!');
      expectWire(client).toBe('x---y', {
        x: [h1.responseHead(200, CHUNKED), h1.chunk('b')],
        y: h1.chunk('b'),
      });
    }));
});

describe('an upgrade', () => {
  const echo: Handler['request'] = (request, exchange) =>
    exchange.protocol === 'http/1.1' && request.headers.get('upgrade') === 'echo'
      ? exchange.tunnel({ headers: { upgrade: 'echo' } }).pipe(
          tap((flow) => flow.subscribe(flow)),
          ignoreElements(),
        )
      : text('no echo');

  it('hands the flow over, with the bytes after the request', () =>
    httpTest(({ flow, serve, h1, expectWire, expectServed }) => {
      const request = h1.get('/', { connection: 'upgrade', upgrade: 'echo' });
      const client = flow('-a--b-c-|', { a: [request, 'early'], b: 'b', c: 'c' });
      const service = serve(client, echo);
      expectWire(client).toBe('   -x--b-c-|', {
        x: [h1.responseHead(101, { connection: 'upgrade', upgrade: 'echo' }), 'early'],
      });
      expectServed(service).toBe('-(s|)', { s: { status: 101, outcome: 'complete' } });
    }));

  it('is refused by a response', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const client = flow('-a--b-|', { a: h1.get('/', { connection: 'upgrade', upgrade: 'other' }), b: h1.get('/') });
      serve(client, echo);
      expectWire(client).toBe('-x--x-|', { x: h1.response(200, 'no echo') });
    }));

  it('is a fault if the request does not ask for one', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('-a-|', { a: h1.get('/') });
      const service = serve(client, (_request, exchange) =>
        exchange.protocol === 'http/1.1' ? exchange.tunnel().pipe(ignoreElements()) : text('h2'),
      );
      expectFaults(service).toBe('-f', { f: 'exception' });
      expectWire(client).toBe('-x-|', { x: h1.response(500, '500 exception\n') });
    }));
});

describe('the handler', () => {
  it('is not unsubscribed when its response is complete, but when that has been sent', () =>
    httpTest(({ flow, serve, h1, cold, expectSubscriptions }) => {
      const answers = cold('--a-----', { a: text('ok') });
      const client = flow('-a-------|', { a: h1.get('/') });
      serve(client, () => answers);
      expectSubscriptions(answers).toBe('-^-!');
    }));

  it('is unsubscribed only when the last of its content is out', () =>
    httpTest(({ flow, serve, h1, cold, expectSubscriptions }) => {
      const answers = cold('a-----', { a: bytes(cold('--b--|', { b: Buffer.from('b') })) });
      const client = flow('-a-------|', { a: h1.get('/') });
      serve(client, () => answers);
      expectSubscriptions(answers).toBe('-^----!');
    }));

  it('can write into a Body of its own', () =>
    httpTest(({ flow, serve, h1, cold, expectWire }) => {
      const client = flow('a------|', { a: h1.get('/') });
      serve(client, () => {
        const body = new Body();
        cold('--b--c|')
          .pipe(map((letter) => Buffer.from(letter)))
          .subscribe(body);
        return bytes(body);
      });
      expectWire(client).toBe('--x--ze|', {
        x: [h1.responseHead(200, CHUNKED), h1.chunk('b')],
        z: h1.chunk('c'),
        e: h1.lastChunk(),
      });
    }));

  it('may respond only in its teardown', () =>
    httpTest(({ flow, serve, h1, expectFaults }) => {
      const client = flow('a-|', { a: h1.get('/') });
      const service = serve(client, () =>
        concat(
          EMPTY,
          throwError(() => new Error('boom')),
        ),
      );
      expectFaults(service).toBe('f', { f: { kind: 'exception', message: 'boom' } });
    }));
});
