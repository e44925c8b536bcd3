/**
 * The handler of faults: it can respond to one while no response has begun. It gets the next one, whatever became of the last.
 *
 * ```
 * client   -a------|
 * faults   -f          retained: somebody is going to answer
 *            ---r      it does: 503, "sorry"; or it releases unanswered, and the default answer goes out
 * wire     -----x--|
 * ```
 */
import { delay, map, mergeMap, of, take, tap, timer } from 'rxjs';
import { retain, text } from 'rxpaf';
import { type HttpTest, httpTest } from 'rxpaf/testing';

const boom = new Error('boom');

describe('the handler of faults', () => {
  const throwing = (): never => {
    throw boom;
  };

  it('responds in place of the handler', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('-a-b-|', { a: h1.get('/'), b: h1.get('/') });
      const service = serve(client, {
        request: throwing,
        error: (faults) => faults.pipe(tap((fault) => fault.respond({ 'x-by': 'me' }, 503).end('sorry'))),
      });
      expectFaults(service).toBe('-f-f', { f: { message: 'boom' } });
      const sorry = [h1.responseHead(503, { 'x-by': 'me', 'content-length': 5 }), 'sorry'];
      expectWire(client).toBe('-x-x-|', { x: sorry });
    }));

  it('responds later to a fault that it retains', () =>
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
        x: [h1.responseHead(500, { 'content-length': 4 }), 'late'],
      });
    }));

  it('responds before its turn, and the response waits for it', () =>
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

  it('gives a response that fails: it is broken off', () =>
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

  it('gives no lawful response: the default one goes out', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const client = flow('a-|', { a: h1.get('/') });
      serve(client, {
        request: throwing,
        error: (faults) => faults.pipe(tap((fault) => fault.respond({}, 99).end())),
      });
      expectWire(client).toBe('x-|', { x: h1.response(500, '500 exception\n') });
    }));

  it('causes the default response if it releases a fault without a response', () =>
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

  it('cannot respond to a fault twice', () =>
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

  it('may end: the rest gets default responses', () =>
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
        x: h1.responseHead(500, { 'content-length': 0 }),
        y: h1.response(500, '500 exception\n'),
      });
    }));

  it('sees each fault once, of each connection', () => {
    const failing = ({ flow, serve, h1, expectFaults, expectServed }: HttpTest): void => {
      const slow = flow('a--', { a: h1.requestHead('POST', '/', { 'content-length': 5 }) });
      const wrong = flow('-a-|', { a: 'nonsense\r\n\r\n' });
      const gone = flow('a-#', { a: h1.requestHead('POST', '/', { 'content-length': 5 }) });
      // The body's reader and the handler have the timeout too; on the stream it is one fault. A client that disconnects is not a fault.
      const service = serve([slow, wrong, gone], ({ body }) => body.text().pipe(map((content) => text(content))), {
        limits: { bodyTimeout: 2 },
      });
      expectFaults(service).toBe('-wr', {
        w: { code: 'malformed-request', peer: 'flow 2' },
        r: { code: 'body-timeout', kind: 'bad-request', peer: 'flow 1' },
      });
      expectServed(service).toBe('--(gs) 4996ms |', {
        g: { peer: 'flow 3', outcome: 'aborted', error: 'connection-reset' },
        s: { peer: 'flow 1', status: 408, error: 'body-timeout' },
      });
    };
    httpTest(failing);
  });
});
