/**
 * Server-sent events in virtual time: a heartbeat in each silence, a slow client that gets the newest event, and a client that connects again.
 *
 * ```
 * source   -a-bc-d---         values for a subscriber that takes 4 ms for each
 * latest   -----a---c---d     the newest of those that wait
 *
 * server   -a|                1st connection: an event with id 7, and the end
 * client   -a----b            after `retry`, with Last-Event-ID: 7
 * server   -----b
 * ```
 */
import { catchError, delay, map, type Observable, of } from 'rxjs';
import { hold, type UsageError, whenSlow } from 'rxpaf';
import { events, eventSource } from 'rxpaf/sse';
import { h1, httpTest } from 'rxpaf/testing';
import { drawnClient } from '../test/kits/marbles/client.js';

const HEAD = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };

describe('a stream of events', () => {
  it('has a comment after each silence, and ends with retry at a shutdown', () =>
    httpTest(({ flow, serve, cold, hot, expectWire }) => {
      const client = flow('a----------------|', { a: h1.get('/') });
      const source = hot('--a', { a: 'hello' });
      const stop = hot('  -------------s');
      serve(client, () => events(source, { heartbeat: 4, stop, retry: 5 }), { stop: cold('-------------s') });
      expectWire(client).toBe('a-b---c---c--d---|', {
        a: [h1.responseHead(200, { ...HEAD, 'transfer-encoding': 'chunked' }), h1.chunk('retry: 5\n\n')],
        b: h1.chunk('data: hello\n\n'),
        c: h1.chunk(':\n\n'),
        d: [h1.chunk('retry: 5\n\n'), h1.lastChunk()],
      });
    }));
});

describe('whenSlow', () => {
  const taken = (values: Observable<string>): Observable<string> => values.pipe(hold(delay(4)));

  it('latest: gives a slow subscriber the newest value', () =>
    httpTest(({ hot, expectObservable }) => {
      const source = hot('-a-bc-d---');
      expectObservable(taken(source.pipe(whenSlow('latest')))).toBe('-----a---c---d');
    }));

  it('drop: keeps the first ones', () =>
    httpTest(({ hot, expectObservable }) => {
      const source = hot('-a-bc-d---');
      expectObservable(taken(source.pipe(whenSlow({ drop: 1 })))).toBe('-----a---b---d');
    }));

  it('close: ends a subscriber that is too slow', () =>
    httpTest(({ hot, expectObservable }) => {
      const source = hot('-a-bc-d---');
      const codes = source.pipe(
        whenSlow({ close: 1 }),
        hold(delay(4)),
        catchError(({ code }: UsageError) => of(code)),
      );
      expectObservable(codes).toBe('----(e|)', { e: 'slow-subscriber' });
    }));
});

describe('eventSource', () => {
  it('connects again after retry, with the last id', () =>
    httpTest(({ flow, expectObservable, expectWire }) => {
      const head = h1.responseHead(200, { 'content-type': 'text/event-stream', 'content-length': 15 });
      const one = flow('-a|', { a: [head, 'id: 7\ndata: a\n\n'] });
      const two = flow('-------b|', { b: [head, 'id: 8\ndata: b\n\n'] });
      const http = drawnClient([one, two], { retry: false });
      const got = eventSource(http, 'http://test/', { retry: 4 }).pipe(
        map(({ data, lastEventId }) => data + lastEventId),
      );
      expectObservable(got, '^--------!').toBe('-a-----b', { a: 'a7', b: 'b8' });
      const asked = { accept: 'text/event-stream', 'cache-control': 'no-store' };
      expectWire(one).toBe('x-|', { x: h1.get('/', asked) });
      expectWire(two).toBe('-----y--|', { y: h1.get('/', { ...asked, 'last-event-id': '7' }) });
    }));

  it('completes at 204', () =>
    httpTest(({ flow, expectObservable }) => {
      const one = flow('-a', { a: h1.response(204) });
      expectObservable(eventSource(drawnClient([one], { retry: false }), 'http://test/').pipe(map(() => of('x')))).toBe(
        '-|',
      );
    }));
});
