/**
 * How long a connection lasts: its age, its number of requests, and `Connection: close` begin its graceful end. On HTTP/1.1 a response
 * announces the end, and on HTTP/2 GOAWAY.
 *
 * ```
 * limits   { connectionRequests: 2 }
 *
 * client   a-b-c-----|    requests
 * wire     x-(y|)         y: with Connection: close, then our FIN; c is not read
 *
 * limits   { connectionAge: 4 }
 *
 * client   a----b----|    requests
 * wire     x----(y|)      the first response after the age announces the end
 * ```
 */
import { delay, of } from 'rxjs';
import { empty, response, text } from 'rxpaf';
import { h1, h2, httpTest } from 'rxpaf/testing';

const close = { connection: 'close' };
const GOING = { g: 'GOAWAY 2147483647 NO_ERROR', p: 'PING shutdown' };

describe('connectionRequests', () => {
  const limits = { connectionRequests: 2 };

  it('at it: the response to the last request announces the end, on HTTP/1.1', () =>
    httpTest(({ flow, serve, expectWire, expectServed, expectFaults }) => {
      const client = flow('a-b-c-----|', { a: h1.get('/'), b: h1.get('/'), c: h1.get('/') });
      const service = serve(client, () => text('ok'), { limits });
      expectWire(client).toBe('x-(y|)', { x: h1.response(200, 'ok'), y: h1.response(200, 'ok', close) });
      expectServed(service).toBe('s-s-------|', { s: '200' });
      expectFaults(service).toBe('');
    }));

  it('below it: the connection stays', () =>
    httpTest(({ flow, serve, expectWire }) => {
      const client = flow('a---|', { a: h1.get('/') });
      serve(client, () => text('ok'), { limits });
      expectWire(client).toBe('x---|', { x: h1.response(200, 'ok') });
    }));

  it('at it: GOAWAY, and the requests under way are served, on HTTP/2', () =>
    httpTest(({ flow, serve, expectFrames, expectFaults }) => {
      const client = flow('(sa)b-----P---|', {
        s: h2.start(),
        a: h2.get(1, '/'),
        b: h2.get(3, '/'),
        P: h2.ping('shutdown', { ack: true }),
      });
      const service = serve(client, () => of(empty()).pipe(delay(9)), { limits });
      expectFrames(client).toBe('----(gp)-hG--H|', {
        ...GOING,
        G: 'GOAWAY 3 NO_ERROR',
        h: 'HEADERS 1 204 END_STREAM',
        H: 'HEADERS 3 204 END_STREAM',
      });
      expectFaults(service).toBe('');
    }));
});

describe('connectionAge', () => {
  const limits = { connectionAge: 4 };

  it('past it: the next response announces the end, on HTTP/1.1', () =>
    httpTest(({ flow, serve, expectWire }) => {
      const client = flow('a-b--c---|', { a: h1.get('/'), b: h1.get('/'), c: h1.get('/') });
      serve(client, () => text('ok'), { limits });
      expectWire(client).toBe('x-x--(y|)', { x: h1.response(200, 'ok'), y: h1.response(200, 'ok', close) });
    }));

  it('past it: an idle HTTP/1.1 connection ends after the lame-duck time', () =>
    httpTest(({ flow, serve, expectWire, expectFaults }) => {
      const client = flow('a----------|', { a: h1.get('/') });
      const service = serve(client, () => text('ok'), { limits: { ...limits, lameDuckTimeout: 3 } });
      expectWire(client).toBe('x------|', { x: h1.response(200, 'ok') });
      expectFaults(service).toBe('');
    }));

  it('past it: an exchange under way has no time limit for it', () =>
    httpTest(({ flow, serve, expectWire }) => {
      const client = flow('a 50s ---|', { a: h1.get('/') });
      serve(client, () => of(text('ok')).pipe(delay(50_000)), { limits: { ...limits, drainTimeout: 10 } });
      expectWire(client).toBe('50s (x|)', { x: h1.response(200, 'ok', close) });
    }));

  it('past it: GOAWAY, on HTTP/2', () =>
    httpTest(({ flow, serve, expectFrames }) => {
      const client = flow('(sa)----P--|', {
        s: h2.start(),
        a: h2.get(1, '/'),
        P: h2.ping('shutdown', { ack: true }),
      });
      serve(client, () => empty(), { limits });
      expectFrames(client).toBe('h---(gp)G--|', { ...GOING, h: 'HEADERS 1 204 END_STREAM', G: 'GOAWAY 1 NO_ERROR' });
    }));

  it('below it: the connection stays', () =>
    httpTest(({ flow, serve, expectWire }) => {
      const client = flow('a--|', { a: h1.get('/') });
      serve(client, () => text('ok'), { limits });
      expectWire(client).toBe('x--|', { x: h1.response(200, 'ok') });
    }));
});

describe('Connection: close in a response', () => {
  it('ends the connection after it, on HTTP/1.1', () =>
    httpTest(({ flow, serve, expectWire }) => {
      const client = flow('a-b---|', { a: h1.get('/'), b: h1.get('/') });
      serve(client, () => text('ok', { headers: close }));
      expectWire(client).toBe('(x|)', { x: h1.response(200, 'ok', close) });
    }));

  it('is GOAWAY on HTTP/2, where the field itself is not sent', () =>
    httpTest(({ flow, serve, expectFrames }) => {
      const client = flow('(sa)--P--|', { s: h2.start(), a: h2.get(1, '/'), P: h2.ping('shutdown', { ack: true }) });
      serve(client, () => response(204, { ...close, 'x-a': 'b' }));
      expectFrames(client).toBe('(gph)-G--|', {
        ...GOING,
        G: 'GOAWAY 1 NO_ERROR',
        h: { fields: { ':status': '204', 'x-a': 'b', date: 'Thu, 01 Jan 1970 00:00:00 GMT' } },
      });
    }));
});

describe('Keep-Alive', () => {
  it('is sent to clients that ask for it: how long the connection may be idle', () =>
    httpTest(({ flow, serve, expectWire }) => {
      const asks = { connection: 'keep-alive' };
      const client = flow('a--b--|', { a: h1.get('/', asks), b: h1.get('/') });
      serve(client, () => text('ok'), { limits: { idleTimeout: 5_900 } });
      const kept =
        'HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 2\r\n' +
        'connection: keep-alive\r\nkeep-alive: timeout=5\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\nok';
      expectWire(client).toBe('x--y--|', { x: kept, y: h1.response(200, 'ok') });
    }));

  it('is not sent with the last response', () =>
    httpTest(({ flow, serve, expectWire }) => {
      const client = flow('a--|', { a: h1.get('/', { connection: 'keep-alive' }) });
      serve(client, () => text('ok'), { limits: { connectionRequests: 1 } });
      expectWire(client).toBe('(x|)', { x: h1.response(200, 'ok', close) });
    }));
});
