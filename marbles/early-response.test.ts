/**
 * A response that comes before the end of its request, on HTTP/2 (RFC 9113 section 8.1). The stream lingers: some clients lose the response
 * if RST_STREAM comes right after it. It does not linger for long: other clients stop sending, and wait for the end of the stream.
 *
 * ```
 * client   a----d-------------------   a = the head of a request; d = DATA that was on its way
 * frames   h-----------------(1 s)r--   h = the response, whole; r = RST_STREAM with NO_ERROR, 1 s after the last DATA
 * ```
 */
import { Subject, timer } from 'rxjs';
import { empty, type HttpResponse } from 'rxpaf';
import { h2, httpTest } from 'rxpaf/testing';

const START = h2.start();
const POST = h2.requestHead(1, 'POST', '/');
/** The client takes all that there is. */
const TAKES = { a: 1000, b: 1000, c: 1000 };
const FRAMES = { h: 'HEADERS 1 204 END_STREAM', r: 'RST_STREAM 1 NO_ERROR' };

describe('an early response', () => {
  it('ends its stream 1 s after the response, if the client sends nothing', () =>
    httpTest(({ flow, serve, expectFrames, expectServed, expectFaults }) => {
      const client = flow('(sa) 2s |', { s: START, a: POST });
      const service = serve(client, () => empty());
      expectFrames(client).toBe('h 1249ms r 753ms |', FRAMES);
      expectServed(service).toBe('s 2003ms |', { s: '204' });
      expectFaults(service).toBe('');
    }));

  it('goes to a client that is still sending: DATA restarts the second', () =>
    httpTest(({ flow, serve, expectFrames, expectFaults }) => {
      const client = flow('(sa) 896ms d 899ms d 899ms d 2s |', {
        s: START,
        a: POST,
        d: h2.data(1, 'more'),
      });
      const service = serve(client, () => empty());
      // Checks are every 250 ms: the reset comes 1 to 1.25 s after the last DATA, which is at 2697 ms.
      expectFrames(client).toBe('h 3749ms r 950ms |', FRAMES);
      expectFaults(service).toBe('');
    }));

  it('has no reset if the rest of the request comes in time', () =>
    httpTest(({ flow, serve, expectFrames }) => {
      const client = flow('(sa) 896ms d 2s |', { s: START, a: POST, d: h2.data(1, 'more', { end: true }) });
      serve(client, () => empty());
      expectFrames(client).toBe('h 2900ms |', FRAMES);
    }));

  it('counts the second of each stream on its own', () =>
    httpTest(({ flow, serve, expectFrames }) => {
      const client = flow('(sa) 496ms b 2s |', { s: START, a: POST, b: h2.requestHead(3, 'POST', '/') });
      serve(client, () => empty());
      expectFrames(client).toBe('h 499ms H 749ms r 249ms R 1000ms |', {
        ...FRAMES,
        H: 'HEADERS 3 204 END_STREAM',
        R: 'RST_STREAM 3 NO_ERROR',
      });
    }));

  it('does not reset a stream whose response the client has not taken yet', () =>
    httpTest(({ flow, serve, slowPeer, expectFrames }) => {
      const client = flow('(sa) 15s |', { s: START, a: POST }, slowPeer('1ms a 4997ms b 5099ms c', TAKES));
      const respond = new Subject<HttpResponse>();
      timer(10).subscribe(() => respond.next(empty()));
      serve(client, () => respond);
      // Our last bytes are not taken either: after the write timeout, the connection is closed.
      expectFrames(client).toBe('4999ms h 6249ms r 3754ms | 59999ms !', FRAMES);
    }));

  it('also ends in time while the connection drains', () =>
    httpTest(({ flow, serve, cold, expectFrames, expectServed }) => {
      const client = flow('(sa)--P 2s |', { s: START, a: POST, P: h2.ping('shutdown', { ack: true }) });
      const service = serve(client, () => empty(), { stop: cold('-s') });
      expectFrames(client).toBe('h(gp)-G 1243ms r 756ms |', {
        ...FRAMES,
        g: 'GOAWAY 2147483647 NO_ERROR',
        p: 'PING shutdown',
        G: 'GOAWAY 1 NO_ERROR',
      });
      expectServed(service).toBe('s 2006ms |', { s: '204' });
    }));
});
