/**
 * Faults of the h2 chain: each is of one stream, and breaks off that one alone, but where a rule of the connection is broken.
 *
 * ```
 * client   -(ab)-r------|     a = GET / on stream 1      b = GET / on stream 3      r = RST_STREAM of 1
 * handler   ^----!            of stream 1 is unsubscribed,
 *           ^-------o         and of stream 3 answers as if nothing had been
 * served   ------s            aborted, with the error: a client that disconnects is no fault
 * frames   ---------h---|     HEADERS of 3, and nothing more of 1
 * ```
 */
import { delay, endWith, ignoreElements, map, NEVER, of, throwError } from 'rxjs';
import { bytes, empty, type HttpResponse } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';

describe('a client that resets a stream', () => {
  it('unsubscribes the handler: no fault, and the other streams go on', () =>
    httpTest(({ flow, serve, h2, probe, expectSubscriptions, expectFrames, expectFaults, expectServed }) => {
      const client = flow('-(sab)-r----|', {
        s: h2.start(),
        a: h2.get(1, '/'),
        b: h2.get(3, '/other'),
        r: h2.rst(1, 'CANCEL'),
      });
      const work = probe<HttpResponse>();
      const service = serve(client, ({ path }) =>
        path === '/' ? of(empty()).pipe(delay(9), work) : of(empty()).pipe(delay(9)),
      );
      expectSubscriptions(work).toBe('-^-----!');
      expectFaults(service).toBe('');
      expectFrames(client).toBe('----------h-|', { h: 'HEADERS 3 204 END_STREAM' });
      expectServed(service).toBe('-------a--b-|', { a: { outcome: 'aborted', error: 'stream-reset' }, b: '204' });
    }));

  it('errors the content once at its reader, and is not a fault', () =>
    httpTest(({ flow, serve, h2, probe, expectBody, expectFaults, expectFrames, expectServed }) => {
      const client = flow('(sab)--r---|', {
        s: h2.start(),
        a: h2.requestHead(1, 'POST', '/'),
        b: h2.data(1, 'b'),
        r: h2.rst(1, 'CANCEL'),
      });
      const upload = probe();
      const service = serve(client, ({ body }) => body.pipe(upload, ignoreElements(), endWith(empty())));
      expectBody(upload).toBe('b------#');
      expectFaults(service).toBe('');
      expectServed(service).toBe('-------s---|', { s: { outcome: 'aborted', error: 'stream-reset', received: 1 } });
      expectFrames(client).toBe('-----------|');
    }));

  it('stops the content that is being sent to it', () =>
    httpTest(({ flow, serve, h2, cold, expectSubscriptions, expectFrames }) => {
      const client = flow('(sa)---r----|', { s: h2.start(), a: h2.get(1, '/'), r: h2.rst(1, 'CANCEL') });
      const content = cold('b----b----b|', { b: Buffer.from('b') });
      serve(client, () => bytes(content));
      expectSubscriptions(content).toBe('^------!');
      expectFrames(client).toBe('(hb)-b------|', { h: 'HEADERS 1 200', b: 'DATA 1 "b"' });
    }));
});

describe('what fails', () => {
  it('gets a response while none has begun', () =>
    httpTest(({ flow, serve, h2, expectFrames, expectFaults }) => {
      const client = flow('(sa)-|', { s: h2.start(), a: h2.get(1, '/') });
      const service = serve(client, () => throwError(() => new Error('broken')));
      expectFrames(client).toBe('(hd)-|', { h: 'HEADERS 1 500', d: 'DATA 1 "500 exception\\n" END_STREAM' });
      expectFaults(service).toBe('f', { f: { code: 'exception', message: 'broken', initiator: 'local' } });
    }));

  it('is broken off after the head: never content that looks complete', () =>
    httpTest(({ flow, serve, h2, cold, expectFrames, expectFaults, expectServed }) => {
      const client = flow('(sa)----b--|', { s: h2.start(), a: h2.get(1, '/bad'), b: h2.get(3, '/') });
      const service = serve(client, ({ path }) =>
        path === '/bad' ? bytes(cold('-b----#', { b: Buffer.from('b') }, new Error('broken'))) : empty(),
      );
      expectFrames(client).toBe('-(hb)-r-H--|', {
        h: 'HEADERS 1 200',
        b: 'DATA 1 "b"',
        r: 'RST_STREAM 1 INTERNAL_ERROR',
        H: 'HEADERS 3 204 END_STREAM',
      });
      expectFaults(service).toBe('------f', { f: { message: 'broken' } });
      expectServed(service).toBe('------a-b--|', { a: 'aborted', b: '204' });
    }));

  it('is a fault of its stream alone where a request is malformed', () =>
    httpTest(({ flow, serve, h2, expectFrames, expectFaults, expectRequests }) => {
      const client = flow('(sa)-b--|', {
        s: h2.start(),
        a: h2.headers(1, { ':method': 'GET', ':path': '/' }, { end: true }),
        b: h2.get(3, '/'),
      });
      const service = serve(client, () => empty());
      expectFrames(client).toBe('r----h--|', { r: 'RST_STREAM 1 PROTOCOL_ERROR', h: 'HEADERS 3 204 END_STREAM' });
      expectFaults(service).toBe('f', { f: { code: 'malformed-request', initiator: 'peer' } });
      expectRequests(service).toBe('-----b', { b: 'GET /' });
    }));

  it('ends the connection where a rule of the connection is broken: one fault, of all that it ends', () =>
    httpTest(({ flow, serve, h2, probe, expectFrames, expectFaults, expectSubscriptions, expectServed }) => {
      const client = flow('(sabc)x----|', {
        s: h2.start(),
        a: h2.get(1, '/'),
        b: h2.get(3, '/'),
        c: h2.get(5, '/'),
        x: h2.data(7, 'idle'),
      });
      const work = probe<HttpResponse>();
      const service = serve(client, () => NEVER.pipe(work));
      expectFrames(client).toBe('------(g|)', { g: 'GOAWAY 5 PROTOCOL_ERROR' });
      expectFaults(service).toBe('------f', { f: { code: 'protocol-error', scope: 'connection' } });
      expectSubscriptions(work).toBe(['^-----!', '^-----!', '^-----!']);
      expectServed(service).toBe('------(abc)|', { a: 'aborted', b: 'aborted', c: 'aborted' });
    }));

  it('is one fault of the connection with the request, if that was the only one', () =>
    httpTest(({ flow, serve, h2, probe, expectObservable, expectServed }) => {
      const broken = { s: h2.start(), x: h2.data(7, 'idle') };
      const one = flow('(sa)x-----|', { ...broken, a: h2.get(1, '/one') });
      const two = flow('(sab)x----|', { ...broken, a: h2.get(1, '/1'), b: h2.get(3, '/2') });
      const told = probe<string>();
      const service = serve([one, two], {
        request: () => NEVER,
        error: (faults) =>
          faults.pipe(
            map(({ peer, code, request }) => [peer, code, request?.path].join()),
            told,
          ),
      });
      expectObservable(told).toBe('----ab----|', { a: 'flow 1,protocol-error,/one', b: 'flow 2,protocol-error,' });
      const aborted = { outcome: 'aborted', error: 'protocol-error' } as const;
      expectServed(service).toBe('----a(bc)-|', { a: aborted, b: aborted, c: aborted });
    }));

  it('is not a fault if the client resets the connection: the record of each request has the reason', () =>
    httpTest(({ flow, serve, h2, expectFaults, expectServed }) => {
      const client = flow('(sab)#', { s: h2.start(), a: h2.get(1, '/1'), b: h2.get(3, '/2') });
      const service = serve(client, () => NEVER);
      expectFaults(service).toBe('');
      const aborted = { outcome: 'aborted', error: 'connection-reset' } as const;
      expectServed(service).toBe('-----(ab|)', { a: aborted, b: aborted });
    }));
});
