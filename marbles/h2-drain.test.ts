/**
 * How a connection of HTTP/2 ends: by GOAWAY in two steps, by the time limits, or by the peer (RFC 9113 section 6.8).
 *
 * ```
 * stop     --s               no more connections
 * frames   --(gp)--(Gh)-|    GOAWAY of all streams there can be, and a PING; what was on its way is still served;
 * client   a--b---P-----|    when the PING is back, GOAWAY names the last that came; and the client ends it, who may still read
 * ```
 */
import { concat, delay, endWith, ignoreElements, NEVER, of } from 'rxjs';
import { bytes, empty, type HttpResponse } from 'rxpaf';
import { h2, httpTest } from 'rxpaf/testing';

const START = h2.start();
const PONG = h2.ping('shutdown', { ack: true });
/** The words of the two steps. */
const STEPS = { g: 'GOAWAY 2147483647 NO_ERROR', p: 'PING shutdown', G: 'GOAWAY 0 NO_ERROR' };
const NO_CONTENT = { h: 'HEADERS 1 204 END_STREAM', H: 'HEADERS 3 204 END_STREAM' };

describe('stop', () => {
  it('ends an idle connection when it is known that nothing is on its way', () =>
    httpTest(({ flow, serve, cold, expectFrames, expectServed, expectFaults }) => {
      const client = flow('a-----P---|', { a: START, P: PONG });
      const service = serve(client, () => empty(), { stop: cold('--s') });
      expectFrames(client).toBe(' --(gp)G---|', STEPS);
      expectServed(service).toBe('----------|');
      expectFaults(service).toBe('');
    }));

  it('lets open streams end, and serves what was on its way', () =>
    httpTest(({ flow, serve, cold, expectFrames, expectServed, expectFaults }) => {
      const client = flow('(sa)-b-P---------|', { s: START, a: h2.get(1, '/'), b: h2.get(3, '/'), P: PONG });
      const service = serve(client, () => of(empty()).pipe(delay(9)), { stop: cold('-s') });
      expectFrames(client).toBe(' -(gp)--G-h----H--|', { ...STEPS, ...NO_CONTENT, G: 'GOAWAY 3 NO_ERROR' });
      expectServed(service).toBe('---------a----b--|', { a: '204', b: '204' });
      expectFaults(service).toBe('');
    }));

  it('ignores streams after the second GOAWAY: the client knows that it must go elsewhere', () =>
    httpTest(({ flow, serve, cold, expectFrames, expectRequests, expectFaults }) => {
      const client = flow('(sa)--P-b-----|', { s: START, a: h2.get(1, '/'), P: PONG, b: h2.get(3, '/late') });
      const service = serve(client, () => of(empty()).pipe(delay(12)), { stop: cold('-s') });
      expectRequests(service).toBe('a', { a: 'GET /' });
      expectFrames(client).toBe('-(gp)-G-----h-|', { ...STEPS, ...NO_CONTENT, G: 'GOAWAY 1 NO_ERROR' });
      expectFaults(service).toBe('');
    }));

  it('names no higher stream than before, also where what ends is a request that nobody reads on', () =>
    httpTest(({ flow, serve, cold, expectFrames }) => {
      // The response is complete before the content has come: the stream lingers, and the client may end the connection.
      const client = flow('(sa)--P----|', { s: START, a: h2.requestHead(1, 'POST', '/'), P: PONG });
      serve(client, () => empty(), { stop: cold('-s') });
      expectFrames(client).toBe('h(gp)-G----|', { ...STEPS, ...NO_CONTENT, G: 'GOAWAY 1 NO_ERROR' });
    }));

  it('ends a connection itself that the client does not end', () =>
    httpTest(({ flow, serve, cold, expectFrames, expectServed, expectFaults }) => {
      const client = flow('(sa)--P 200ms |', { s: START, a: h2.get(1, '/'), P: PONG });
      const limits = { lingerTimeout: 100 };
      const service = serve(client, () => of(empty()).pipe(delay(9)), { stop: cold('-s'), limits });
      expectFrames(client).toBe('-(gp)-G--h 99ms |', { ...STEPS, ...NO_CONTENT, G: 'GOAWAY 1 NO_ERROR' });
      expectServed(service).toBe('---------s 197ms |', { s: '204' });
      expectFaults(service).toBe('');
    }));

  it('cuts off what does not end within the drain time', () =>
    httpTest(({ flow, serve, cold, probe, expectFrames, expectSubscriptions, expectFaults, expectServed }) => {
      const client = flow('(sa)--P', { s: START, a: h2.get(1, '/'), P: PONG });
      const work = probe<HttpResponse>();
      const service = serve(client, () => NEVER.pipe(work), { stop: cold('-s'), limits: { drainTimeout: 100 } });
      expectFrames(client).toBe('-(gp)-G 94ms !', { ...STEPS, G: 'GOAWAY 1 NO_ERROR' });
      expectSubscriptions(work).toBe('^ 100ms !');
      expectFaults(service).toBe('101ms f', { f: { code: 'going-away', initiator: 'local' } });
      expectServed(service).toBe('101ms (s|)', { s: 'aborted' });
    }));

  it('does not wait longer than that for a PING that never comes back', () =>
    httpTest(({ flow, serve, cold, expectFrames, expectFaults }) => {
      const client = flow('a', { a: START });
      const service = serve(client, () => empty(), { stop: cold('-s'), limits: { drainTimeout: 100 } });
      expectFrames(client).toBe('-(gp) 96ms !', STEPS);
      expectFaults(service).toBe('');
    }));
});

describe('a GOAWAY of the client', () => {
  it('lets its open streams end, and then the connection', () =>
    httpTest(({ flow, serve, expectFrames, expectServed, expectFaults }) => {
      const client = flow('(sa)g-----|', { s: START, a: h2.get(1, '/'), g: h2.goaway(0, 'NO_ERROR') });
      const service = serve(client, () => of(empty()).pipe(delay(6)));
      expectFrames(client).toBe('------(hG|)', { ...NO_CONTENT, G: 'GOAWAY 1 NO_ERROR' });
      expectServed(service).toBe('------s---|', { s: '204' });
      expectFaults(service).toBe('');
    }));

  it('ends a connection at once that has nothing open', () =>
    httpTest(({ flow, serve, expectFrames }) => {
      const client = flow('(sa)g---|', { s: START, a: h2.get(1, '/'), g: h2.goaway(0, 'NO_ERROR') });
      serve(client, () => empty());
      expectFrames(client).toBe('h---(G|)', { ...NO_CONTENT, G: 'GOAWAY 1 NO_ERROR' });
    }));
});

describe('time limits', () => {
  it('idle, 65 s: GOAWAY, and the end, without a fault', () =>
    httpTest(({ flow, serve, expectFrames, expectFaults, expectServed }) => {
      const client = flow('(sa) 65s -|', { s: START, a: h2.get(1, '/') });
      const service = serve(client, () => empty());
      expectFrames(client).toBe('h 64999ms (G|)', { ...NO_CONTENT, G: 'GOAWAY 1 NO_ERROR' });
      expectServed(service).toBe('s 65004ms |', { s: '204' });
      expectFaults(service).toBe('');
    }));

  it('idle restarts with each request, and not with a PING', () =>
    httpTest(({ flow, serve, expectFrames }) => {
      const client = flow('(sa) 40s b 40s p 28s |', {
        s: START,
        a: h2.get(1, '/'),
        b: h2.get(3, '/'),
        p: h2.ping('are you?'),
      });
      serve(client, () => empty());
      expectFrames(client).toBe('h 40003ms H 40s p 24998ms (G|)', {
        ...NO_CONTENT,
        p: 'PING ACK are you?',
        G: 'GOAWAY 3 NO_ERROR',
      });
    }));

  it('SETTINGS that are not acknowledged, 10 s: GOAWAY, and one fault', () =>
    httpTest(({ flow, serve, expectFrames, expectFaults }) => {
      const client = flow('a 11s |', { a: [h2.preface, h2.settings(), h2.get(1, '/')] });
      const service = serve(client, () => NEVER, { alpn: 'h2' });
      expectFrames(client).toBe('10s (G|)', { G: 'GOAWAY 1 SETTINGS_TIMEOUT' });
      expectFaults(service).toBe('10s f', { f: { code: 'head-timeout', scope: 'connection' } });
    }));

  it('a field block that does not go on, 30 s: GOAWAY', () =>
    httpTest(({ flow, serve, expectFrames, expectFaults }) => {
      // HEADERS without END_HEADERS.
      const client = flow('(sa) 31s |', { s: START, a: h2.frame(0x1, 0x1, 1, Buffer.from([0x82])) });
      const service = serve(client, () => empty());
      expectFrames(client).toBe('30s (G|)', { G: { type: 'GOAWAY' } });
      expectFaults(service).toBe('30s f', { f: { code: 'head-timeout', scope: 'connection' } });
    }));

  it('a body that does not go on, 60 s: 408 on its stream, and the others go on', () =>
    httpTest(({ flow, serve, expectFrames, expectFaults, expectBody, probe }) => {
      const client = flow('(sa) 61s b--|', { s: START, a: h2.requestHead(1, 'POST', '/'), b: h2.get(3, '/') });
      const upload = probe();
      const service = serve(client, ({ method, body }) =>
        method === 'POST' ? body.pipe(upload, ignoreElements(), endWith(empty())) : empty(),
      );
      expectBody(upload).toBe('60s #');
      expectFrames(client).toBe('60s (hd) 1s H--|', {
        ...NO_CONTENT,
        h: 'HEADERS 1 408',
        d: 'DATA 1 (53 bytes) END_STREAM',
      });
      expectFaults(service).toBe('60s f', { f: { code: 'body-timeout', status: 408 } });
    }));

  it('a window that stays shut, 60 s: its stream is reset, and the others go on', () =>
    httpTest(({ flow, serve, probe, expectFrames, expectFaults, expectSubscriptions }) => {
      const client = flow('(sa) 61s b--|', {
        s: h2.start({ INITIAL_WINDOW_SIZE: 0 }),
        a: h2.get(1, '/'),
        b: h2.get(3, '/empty'),
      });
      const content = probe();
      const service = serve(client, ({ path }) =>
        path === '/' ? bytes(concat(of(Buffer.from('x')), NEVER).pipe(content)) : empty(),
      );
      expectFrames(client).toBe('h 59999ms r 1003ms H--|', {
        ...NO_CONTENT,
        h: 'HEADERS 1 200',
        r: 'RST_STREAM 1 CANCEL',
      });
      expectSubscriptions(content).toBe('^ 59999ms !');
      expectFaults(service).toBe('60s f', { f: { code: 'write-timeout', scope: 'exchange' } });
    }));

  it('a window that stays shut before a short response, too', () =>
    httpTest(({ flow, serve, expectFrames, expectFaults }) => {
      const client = flow('(sa) 61s |', { s: h2.start({ INITIAL_WINDOW_SIZE: 0 }), a: h2.get(1, '/') });
      const service = serve(client, () => bytes('short'));
      expectFrames(client).toBe('h 59999ms r 1003ms |', { h: 'HEADERS 1 200', r: 'RST_STREAM 1 CANCEL' });
      expectFaults(service).toBe('60s f', { f: 'write-timeout' });
    }));

  it('a window that shuts again after a while: noticed within 1.125 times the timeout', () =>
    httpTest(({ flow, serve, expectFrames, expectFaults }) => {
      const client = flow('(sa) 7997ms w 70s |', {
        s: h2.start({ INITIAL_WINDOW_SIZE: 0 }),
        a: h2.get(1, '/'),
        w: h2.windowUpdate(1, 1),
      });
      const service = serve(client, () => bytes('short'));
      expectFrames(client).toBe('h 8s d 66998ms r 3001ms |', {
        h: 'HEADERS 1 200',
        d: 'DATA 1 "s"',
        r: 'RST_STREAM 1 CANCEL',
      });
      expectFaults(service).toBe('75s f', { f: 'write-timeout' });
    }));
});
