/**
 * Faults: what goes wrong is a value on the error stream, once, and can be answered while no answer has begun.
 *
 * ```
 * client   -a-b-|      a: GET /boom   b: GET /
 * faults   -f          the handler threw
 * wire     -x-y-|      x: 500         y: the connection goes on
 *
 * client   -a------|
 * faults   -f          retained: somebody is going to answer
 *            ---r      it does: 503, "sorry"; or it releases unanswered, and the default answer goes out
 * wire     -----x--|
 *
 * client   -a------|
 * content  -b--b-#     fails when the answer has begun
 * faults   ------f     there is nothing to answer any more
 * wire     -x--y-|     broken off: no last chunk, and the connection ends
 * ```
 */
import { concat, delay, EMPTY, map, mergeMap, NEVER, type Observable, of, take, tap, throwError, timer } from 'rxjs';
import { bytes, type Response, response, retain, type ServerFault, text } from 'rxpaf';
import { type HttpTest, httpTest } from 'rxpaf/testing';

const OCTETS = { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' };
const boom = new Error('boom');

describe('a request that is wrong', () => {
  it('gets the default answer, and the connection closes', () =>
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

  it('is answered behind those that came before it', () =>
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

  it('is told of within its content too, and is answered where no answer has begun', () =>
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
  const failing = (answer: () => Response | Observable<never>, diagram: string): void =>
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
        x: h1.response(404, '404 no such row\n'),
        y: h1.response(502, '502 bad-gateway\n'),
      });
    }));

  it('after an interim response can still be answered', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('-a----|', { a: h1.get('/') });
      const service = serve(client, () =>
        concat(of(response(103)), timer(2).pipe(mergeMap(() => throwError(() => boom)))),
      );
      expectFaults(service).toBe('---f', { f: { message: 'boom' } });
      expectWire(client).toBe('-i-x--|', { i: h1.interim(103), x: h1.response(500, '500 exception\n') });
    }));

  it('after the head breaks the answer off: never a body that looks complete', () =>
    httpTest(({ flow, serve, h1, cold, expectWire, expectFaults, expectServed, expectSubscriptions }) => {
      const content = cold('--b--b--b|', { b: Buffer.from('b') });
      const client = flow('-a------------|', { a: h1.get('/') });
      const service = serve(client, () =>
        concat(of(bytes(content)), timer(4).pipe(mergeMap(() => throwError(() => boom)))),
      );
      expectFaults(service).toBe('-----f', { f: { message: 'boom', answerable: false } });
      expectWire(client).toBe('-x-y-|', { x: h1.responseHead(200, OCTETS), y: h1.chunk('b') });
      expectServed(service).toBe('-----s--------|', { s: { status: 200, outcome: 'aborted' } });
      expectSubscriptions(content).toBe('-^---!');
    }));

  it('in its content breaks the answer off', () =>
    httpTest(({ flow, serve, h1, cold, expectWire, expectFaults, expectServed }) => {
      const content = cold('--b-#', { b: Buffer.from('b') }, boom);
      const client = flow('-a--------|', { a: h1.get('/') });
      const service = serve(client, () => bytes(content));
      expectFaults(service).toBe('-----f', { f: { message: 'boom' } });
      expectWire(client).toBe('-x-y-|', { x: h1.responseHead(200, OCTETS), y: h1.chunk('b') });
      expectServed(service).toBe('-----s----|', { s: 'aborted' });
    }));

  it('takes the requests behind it along when it breaks its answer off: the cause first, and one fault for them all', () =>
    httpTest(({ flow, serve, h1, cold, expectFaults, expectServed }) => {
      const client = flow('a--------|', { a: [h1.get('/bad'), h1.get('/good'), h1.get('/good')] });
      const service = serve(client, ({ path }) => (path === '/bad' ? bytes(cold('--#', {}, boom)) : NEVER));
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
      expectWire(client).toBe('-x', { x: h1.responseHead(200, OCTETS) });
    }));

  it('by giving no lawful one is a fault', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('-a-b-c-|', { a: h1.get('/99'), b: h1.get('/600'), c: h1.get('/undefined') });
      const service = serve(client, ({ path }) =>
        path === '/undefined' ? (undefined as unknown as Response) : response(Number(path.slice(1))),
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

describe('the handler of faults', () => {
  const throwing = (): never => {
    throw boom;
  };

  it('answers in place of the handler', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('-a-b-|', { a: h1.get('/'), b: h1.get('/') });
      const service = serve(client, {
        request: throwing,
        error: (faults) => faults.pipe(tap((fault) => fault.respond({ 'x-by': 'me' }, 503).end('sorry'))),
      });
      expectFaults(service).toBe('-f-f', { f: { message: 'boom' } });
      const sorry = [
        h1.responseHead(503, { 'x-by': 'me', 'transfer-encoding': 'chunked' }),
        h1.chunk('sorry'),
        h1.lastChunk(),
      ];
      expectWire(client).toBe('-x-x-|', { x: sorry });
    }));

  it('answers late what it retains', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const client = flow('-a-------|', { a: h1.get('/') });
      serve(client, {
        request: throwing,
        error: (faults) =>
          faults.pipe(
            mergeMap((fault) => {
              const release = retain();
              return timer(3).pipe(
                tap(() => {
                  fault.respond().end('late');
                  release?.();
                }),
              );
            }),
          ),
      });
      expectWire(client).toBe('----x----|', {
        x: [h1.responseHead(500, { 'transfer-encoding': 'chunked' }), h1.chunk('late'), h1.lastChunk()],
      });
    }));

  it('answers before its turn, and the answer waits for it', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('a----|', { a: [h1.get('/slow'), h1.get('/bad'), h1.get('/good')] });
      const service = serve(client, {
        request: ({ path }) => (path === '/bad' ? throwing() : of(text(path)).pipe(delay(2))),
        error: (faults) => faults.pipe(tap((fault) => fault.respond({ 'content-length': 5 }).end('sorry'))),
      });
      expectFaults(service).toBe('f', { f: { message: 'boom' } });
      expectWire(client).toBe('--x--|', {
        x: [
          h1.response(200, '/slow'),
          h1.responseHead(500, { 'content-length': 5 }),
          'sorry',
          h1.response(200, '/good'),
        ],
      });
    }));

  it('gives an answer that fails: it is broken off', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults, expectServed }) => {
      const client = flow('a-----|', { a: h1.get('/') });
      const service = serve(client, {
        request: throwing,
        error: (faults) =>
          faults.pipe(
            tap((fault) => {
              const body = fault.respond({});
              body.next(Buffer.from('so'));
              timer(2).subscribe(() => body.error(new Error('no more')));
            }),
          ),
      });
      expectFaults(service).toBe('f', { f: { message: 'boom' } });
      expectWire(client).toBe('x-|', {
        x: [h1.responseHead(500, { 'transfer-encoding': 'chunked' }), h1.chunk('so')],
      });
      expectServed(service).toBe('--s---|', { s: 'aborted' });
    }));

  it('gives no lawful answer: the default one goes out', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('a-|', { a: h1.get('/') });
      const service = serve(client, {
        request: throwing,
        error: (faults) => faults.pipe(tap((fault) => fault.respond({}, 99).end())),
      });
      expectFaults(service).toBe('f', { f: { message: 'boom' } });
      expectWire(client).toBe('x-|', { x: h1.response(500, '500 exception\n') });
    }));

  it('leaves the default answer to what it releases unanswered', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const client = flow('-a-------|', { a: h1.get('/') });
      serve(client, {
        request: throwing,
        error: (faults) =>
          faults.pipe(
            mergeMap(() => {
              const release = retain();
              return timer(3).pipe(tap(() => release?.()));
            }),
          ),
      });
      expectWire(client).toBe('----x----|', { x: h1.response(500, '500 exception\n') });
    }));

  it('cannot answer what has been answered', () =>
    httpTest(({ flow, serve, h1, expectObservable, probe }) => {
      const client = flow('-a-------|', { a: h1.get('/') });
      const answerable = probe<boolean>();
      serve(client, {
        request: throwing,
        error: (faults) =>
          faults.pipe(
            tap((fault) => fault.respond().end('once')),
            map((fault) => fault.answerable),
            answerable,
          ),
      });
      expectObservable(answerable).toBe('-n-------|', { n: false });
    }));

  it('may fail: its error is reported, and the next fault reaches it again', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults, expectUnhandled }) => {
      const client = flow('-a-b-|', { a: h1.get('/'), b: h1.get('/') });
      const service = serve(client, {
        request: throwing,
        error: (faults) =>
          faults.pipe(
            tap(() => {
              throw new Error('no log');
            }),
          ),
      });
      expectFaults(service).toBe('-f-f', { f: { message: 'boom' } });
      expectWire(client).toBe('   -x-x-|', { x: h1.response(500, '500 exception\n') });
      expectUnhandled().toBe('    -e-e', { e: new Error('no log') });
    }));

  it('may end: the rest gets default answers', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const client = flow('-a-b-|', { a: h1.get('/'), b: h1.get('/') });
      serve(client, {
        request: throwing,
        error: (faults) =>
          faults.pipe(
            take(1),
            tap((fault) => fault.respond().end()),
          ),
      });
      expectWire(client).toBe('-x-y-|', {
        x: [h1.responseHead(500, { 'transfer-encoding': 'chunked' }), h1.lastChunk()],
        y: h1.response(500, '500 exception\n'),
      });
    }));

  it('sees each fault once, of each connection', () => {
    const failing = ({ flow, serve, h1, expectFaults }: HttpTest): void => {
      const reset = flow('a-#', { a: h1.requestHead('POST', '/', { 'content-length': 5 }) });
      const wrong = flow('-a-|', { a: 'nonsense\r\n\r\n' });
      // The reset is told to the body's reader and to the handler too; on the stream it is one fault.
      const service = serve([reset, wrong], ({ body }) => body.text().pipe(map((content) => text(content))));
      expectFaults(service).toBe('-wr', {
        w: { code: 'malformed-request', peer: 'flow 2' },
        r: { code: 'connection-reset', kind: 'exception', peer: 'flow 1' },
      });
    };
    httpTest(failing);
  });
});

describe('an answer that only the close would end (RFC 9112 section 8)', () => {
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
