/**
 * A response on HTTP/2 that is complete before its request is (RFC 9113 section 8.1). The stream stays open for a second without DATA: a
 * reset at once makes some clients lose the response, and others stop to send and wait for the reset.
 *
 * ```
 * client   a--d-----d------------------    HEADERS without END_STREAM, then DATA from time to time
 * frames   (hb)-----|---1s---r--------     413 with its content at once; RST_STREAM (NO_ERROR) a second after the last DATA
 * ```
 */
import { map } from 'rxjs';
import { text } from 'rxpaf';
import { h2, httpTest } from 'rxpaf/testing';

const START = h2.start();
const POST = h2.requestHead(1, 'POST', '/');
const REFUSED = { h: 'HEADERS 1 413', b: 'DATA 1 "no" END_STREAM' };
const RESET = { r: 'RST_STREAM 1 NO_ERROR' };

describe('an early response on HTTP/2', () => {
  const refuse = () => text('no', { status: 413 });

  it('ends its stream a second after the client has stopped to send', () =>
    httpTest(({ flow, serve, expectFrames, expectServed, expectFaults }) => {
      const client = flow('-(sa) 1396ms |', { s: START, a: POST });
      const service = serve(client, refuse, { alpn: 'h2' });
      expectFrames(client).toBe('-(hb) 1246ms r 149ms |', { ...REFUSED, ...RESET });
      expectServed(service).toBe('-s 1399ms |', { s: '413' });
      expectFaults(service).toBe('');
    }));

  it('waits for a client that still sends: each DATA frame begins the second again', () =>
    httpTest(({ flow, serve, expectFrames }) => {
      const client = flow('-(sa) 896ms d 899ms d 2s |', { s: START, a: POST, d: h2.data(1, 'more') });
      serve(client, refuse, { alpn: 'h2' });
      expectFrames(client).toBe('-(hb) 2996ms r 800ms |', { ...REFUSED, ...RESET });
    }));

  it('needs no reset if the client ends its request', () =>
    httpTest(({ flow, serve, expectFrames }) => {
      const client = flow('-(sa) 496ms d 2s |', { s: START, a: POST, d: h2.data(1, 'end', { end: true }) });
      serve(client, refuse, { alpn: 'h2' });
      expectFrames(client).toBe('-(hb) 2497ms |', REFUSED);
    }));

  it('leaves the other streams of the connection as they are, also those that wait without DATA', () =>
    httpTest(({ flow, serve, expectFrames, expectServed }) => {
      const client = flow('-(sab) 3s c-----|', {
        ...{ s: START, a: POST, b: h2.requestHead(3, 'POST', '/slow') },
        c: h2.data(3, 'late', { end: true }),
      });
      const service = serve(
        client,
        ({ path, body }) => (path === '/' ? refuse() : body.text().pipe(map((content) => text(content)))),
        { alpn: 'h2' },
      );
      expectFrames(client).toBe('-(hb) 1246ms r 1754ms (HB)--|', {
        ...REFUSED,
        ...RESET,
        H: 'HEADERS 3 200',
        B: 'DATA 3 "late" END_STREAM',
      });
      expectServed(service).toBe('-s 3004ms t-----|', { s: '413', t: '200' });
    }));

  it('also ends in time while the connection drains', () =>
    httpTest(({ flow, serve, cold, expectFrames }) => {
      const client = flow('(sa)------P 2s |', { s: START, a: POST, P: h2.ping('shutdown', { ack: true }) });
      serve(client, refuse, { alpn: 'h2', stop: cold('----s') });
      expectFrames(client).toBe('(hb)(gp)--G 1239ms r 760ms |', {
        ...{ ...REFUSED, ...RESET },
        g: 'GOAWAY 2147483647 NO_ERROR',
        p: 'PING shutdown',
        G: 'GOAWAY 1 NO_ERROR',
      });
    }));

  it('is over with its connection', () =>
    httpTest(({ flow, serve, expectServed, expectFrames }) => {
      const client = flow('-(sa)--#', { s: START, a: POST });
      const service = serve(client, refuse, { alpn: 'h2' });
      expectFrames(client).toBe('-(hb)--', REFUSED);
      expectServed(service).toBe('-s-----|', { s: '413' });
    }));
});
