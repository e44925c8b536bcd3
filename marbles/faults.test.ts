/**
 * Faults: an error is a value on the error stream, once, and gets the default response while no response has begun.
 *
 * ```
 * client   -a-b-|      a: GET /boom   b: GET /
 * faults   -f          the handler threw
 * wire     -x-y-|      x: 500         y: the connection goes on
 *
 * client   -a------|
 * content  -b--b-#     fails when the answer has begun
 * faults   ------f     there is nothing to answer any more
 * wire     -x--y-|     broken off: no last chunk, and the connection ends
 * ```
 */
import { concat, delay, EMPTY, mergeMap, NEVER, type Observable, of, take, throwError, timer } from 'rxjs';
import { bytes, type HttpResponse, response, type ServerFault, text } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';

const OCTETS = { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' };
const boom = new Error('boom');

describe('a request that is wrong', () => {
  it('gets the default response, and the connection closes', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults, expectRequests, expectServed }) => {
      const client = flow('-a---|', { a: 'GET / HTTP/1.1\r\n\r\n' });
      const service = serve(client, () => text('ok'));
      expectFaults(service).toBe('-f', {
        f: { kind: 'bad-request', code: 'malformed-request', status: 400, scope: 'exchange', initiator: 'peer' },
      });
      expectWire(client).toBe('-(x|)', { x: h1.response(400, '400 not one Host\n', { connection: 'close' }) });
      expectRequests(service).toBe('');
      expectServed(service).toBe('-----|');
    }));

  it('gets its response after those of earlier requests', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('-a-------|', {
        a: [h1.get('/'), 'GET noslash HTTP/1.1\r\nhost: test\r\n\r\n', h1.get('/')],
      });
      const service = serve(client, () => of(text('ok')).pipe(delay(3)));
      expectFaults(service).toBe('-f', { f: 'malformed-request' });
      expectWire(client).toBe('----(x|)', {
        x: [
          h1.response(200, 'ok'),
          h1.response(400, '400 no request target of this method\n', { connection: 'close' }),
        ],
      });
    }));

  it('is reported within its content too, and gets a response if none has begun', () =>
    httpTest(({ flow, serve, h1, probe, expectWire, expectFaults, expectBody }) => {
      const client = flow('a-b-c-|', {
        a: h1.requestHead('POST', '/', { 'transfer-encoding': 'chunked' }),
        b: h1.chunk('b'),
        c: 'no chunk\r\n',
      });
      const upload = probe();
      const service = serve(client, ({ body }) => {
        body.pipe(upload).subscribe();
        return NEVER;
      });
      expectBody(upload).toBe('    --b-#');
      expectFaults(service).toBe('----f', { f: { code: 'malformed-body', status: 400 } });
      expectWire(client).toBe('   ----(x|)', { x: h1.response(400, '400 no chunk size\n', { connection: 'close' }) });
    }));
});

describe('a handler that fails', () => {
  const failing = (answer: () => HttpResponse | Observable<never>, diagram: string): void =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults, expectServed }) => {
      const client = flow('-a-----a--|', { a: h1.get('/') });
      const service = serve(client, answer);
      const at = diagram.indexOf('f');
      const later = '-'.repeat(5);
      const fault = {
        kind: 'exception',
        code: 'exception',
        status: 500,
        scope: 'exchange',
        message: 'boom',
        cause: boom,
      };
      expectFaults(service).toBe(`${diagram}${later}f`, { f: fault as Partial<ServerFault> });
      const error = h1.response(500, '500 exception\n');
      expectWire(client).toBe(`${diagram}${later}f${'-'.repeat(9 - at - 6)}|`.replace(/f/g, 'x'), { x: error });
      expectServed(service).toBe(`${diagram}${later}f${'-'.repeat(9 - at - 6)}|`, {
        f: { status: 500, outcome: 'complete' },
      });
    });

  it('by throwing is a fault, and the connection goes on', () =>
    failing(() => {
      throw boom;
    }, '-f'));

  it('at once is a fault, and the connection goes on', () => failing(() => throwError(() => boom), '-f'));

  it('later is a fault, and the connection goes on', () =>
    failing(() => timer(2).pipe(mergeMap(() => throwError(() => boom))), '---f'));

  it('asks for a status by that of its error', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('-a-b-|', { a: h1.get('/404'), b: h1.get('/502') });
      const service = serve(client, ({ path }) => {
        throw Object.assign(new Error('no such row'), { status: Number(path.slice(1)) });
      });
      expectFaults(service).toBe('-a-b', {
        a: { kind: 'bad-request', status: 404 },
        b: { kind: 'bad-gateway', status: 502 },
      });
      expectWire(client).toBe('-x-y-|', {
        x: h1.response(404, '404 Not Found\n'),
        y: h1.response(502, '502 bad-gateway\n'),
      });
    }));

  it('after an interim response can still get a response', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('-a----|', { a: h1.get('/') });
      const service = serve(client, () =>
        concat(of(response(103)), timer(2).pipe(mergeMap(() => throwError(() => boom)))),
      );
      expectFaults(service).toBe('---f', { f: { message: 'boom' } });
      expectWire(client).toBe('-i-x--|', { i: h1.interim(103), x: h1.response(500, '500 exception\n') });
    }));

  it('after the head breaks the response off: never a body that looks complete', () =>
    httpTest(({ flow, serve, h1, cold, expectWire, expectFaults, expectServed, expectSubscriptions }) => {
      const content = cold('--b--b--b|', { b: Buffer.from('b') });
      const client = flow('-a------------|', { a: h1.get('/') });
      const service = serve(client, () =>
        concat(of(bytes(content)), timer(4).pipe(mergeMap(() => throwError(() => boom)))),
      );
      expectFaults(service).toBe('-----f', { f: { message: 'boom', answerable: false } });
      expectWire(client).toBe('---x-|', { x: [h1.responseHead(200, OCTETS), h1.chunk('b')] });
      expectServed(service).toBe('-----s--------|', { s: { status: 200, outcome: 'aborted' } });
      expectSubscriptions(content).toBe('-^---!');
    }));

  it('in its content breaks the response off', () =>
    httpTest(({ flow, serve, h1, cold, expectWire, expectFaults, expectServed }) => {
      const content = cold('--b-#', { b: Buffer.from('b') }, boom);
      const client = flow('-a--------|', { a: h1.get('/') });
      const service = serve(client, () => bytes(content));
      expectFaults(service).toBe('-----f', { f: { message: 'boom' } });
      expectWire(client).toBe('---x-|', { x: [h1.responseHead(200, OCTETS), h1.chunk('b')] });
      expectServed(service).toBe('-----s----|', { s: 'aborted' });
    }));

  it('ends the requests after it too when it breaks its response off: the cause first, and one fault for them all', () =>
    httpTest(({ flow, serve, h1, cold, expectFaults, expectServed }) => {
      const client = flow('a--------|', { a: [h1.get('/bad'), h1.get('/good'), h1.get('/good')] });
      const service = serve(client, ({ path }) =>
        path === '/bad' ? bytes(cold('-b#', { b: Buffer.from('b') }, boom)) : NEVER,
      );
      expectFaults(service).toBe('--(fg)', {
        f: { message: 'boom' },
        g: { code: 'closed', scope: 'connection', initiator: 'local' },
      });
      expectServed(service).toBe('--(abc)--|', { a: 'aborted', b: 'aborted', c: 'aborted' });
    }));

  it('by giving no response is a fault', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('-a-|', { a: h1.get('/') });
      const service = serve(client, () => EMPTY);
      expectFaults(service).toBe('-f', { f: { kind: 'internal-server-error', code: 'no-response', status: 500 } });
      expectWire(client).toBe('-x-|', { x: h1.response(500, '500 internal-server-error\n') });
    }));

  it('by giving two is a fault; the first one stands', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('-a', { a: h1.get('/') });
      const service = serve(client, () => of(bytes(NEVER), text('two')).pipe(take(2)));
      expectFaults(service).toBe('-f', {
        f: { code: 'second-response', answerable: false },
      });
      expectWire(client).toBe('-- 49ms x', { x: h1.responseHead(200, OCTETS) });
    }));

  it('by giving no lawful one is a fault', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('-a-b-c-|', { a: h1.get('/99'), b: h1.get('/600'), c: h1.get('/undefined') });
      const service = serve(client, ({ path }) =>
        path === '/undefined' ? (undefined as unknown as HttpResponse) : response(Number(path.slice(1))),
      );
      const invalid = { kind: 'internal-server-error', code: 'invalid-response' } as const;
      expectFaults(service).toBe('-f-g-h', { f: invalid, g: invalid, h: { status: 500 } });
      expectWire(client).toBe('   -x-x-y-|', {
        x: h1.response(500, '500 internal-server-error\n'),
        y: h1.response(500, '500 internal-server-error\n'),
      });
    }));

  it('by giving two, before its turn has come, is a fault; the first one stands', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('a----|', { a: [h1.get('/slow'), h1.get('/two')] });
      const service = serve(client, ({ path }) =>
        path === '/slow' ? of(text('slow')).pipe(delay(2)) : of(text('one'), text('two')),
      );
      expectFaults(service).toBe('f', { f: { code: 'second-response', answerable: false } });
      expectWire(client).toBe('--x--|', { x: [h1.response(200, 'slow'), h1.response(200, 'one')] });
    }));
});

describe('a response that only the close would end (RFC 9112 section 8)', () => {
  const asked = 'GET / HTTP/1.0\r\n\r\n';
  const head = 'HTTP/1.1 200 OK\r\nconnection: close\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n';

  it('is torn off where it fails: a FIN would make a whole of it', () =>
    httpTest(({ flow, serve, cold, expectWire, expectFaults }) => {
      const client = flow('a', { a: asked });
      const service = serve(client, () => response(200, {}, cold('b-#', { b: Buffer.from('half') })));
      expectWire(client).toBe('   x-!', { x: `${head}half` });
      expectFaults(service).toBe('--f', { f: 'exception' });
    }));

  it('ends with FIN where it does not', () =>
    httpTest(({ flow, serve, cold, expectWire, expectFaults }) => {
      const client = flow('a--|', { a: asked });
      const service = serve(client, () => response(200, {}, cold('b-|', { b: Buffer.from('whole') })));
      expectWire(client).toBe('   x-|', { x: `${head}whole` });
      expectFaults(service).toBe('');
    }));
});
