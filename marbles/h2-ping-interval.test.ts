/**
 * `pingInterval`: an HTTP/2 peer that vanishes while an exchange waits is found. Off by default.
 *
 * ```
 *           0 s       1 s       2 s       3 s
 * client    a------------------------------      a = a request, and nothing more
 * frames    --------------------p---------!      p = PING: nothing came since the look before; no byte after it: the end
 * served    ------------------------------s      aborted, connection-reset: not a fault
 *
 * client    a---------------------b--------      b = the PING comes back
 * frames    --------------------p----------      the peer is there; a second later nothing new has come, and it is asked again
 * ```
 */
import { delay, NEVER, of } from 'rxjs';
import { empty } from 'rxpaf';
import { h2, httpTest } from 'rxpaf/testing';

const LIMITS = { pingInterval: 1000 } as const;
const PING = { p: 'PING LIVENESS' };
const PONG = h2.ping('LIVENESS', { ack: true });
const HEAD = { h: 'HEADERS 1 204 END_STREAM' };

describe('a server that asks whether its client is there', () => {
  it('aborts what waits for a client that has vanished, without a fault', () =>
    httpTest(({ flow, serve, expectFrames, expectServed, expectFaults }) => {
      const client = flow('(sa)', { s: h2.start(), a: h2.get(1, '/') });
      const service = serve(client, () => NEVER, { limits: LIMITS });
      expectFrames(client).toBe('2s p 999ms !', PING);
      expectServed(service).toBe('3s (s|)', { s: { outcome: 'aborted', error: 'connection-reset' } });
      expectFaults(service).toBe('');
    }));

  it('goes on with a client that acknowledges, and asks again', () =>
    httpTest(({ flow, serve, expectFrames, expectServed }) => {
      const client = flow('(sa) 2196ms P 1999ms P 300ms |', { s: h2.start(), a: h2.get(1, '/'), P: PONG });
      const service = serve(client, () => of(empty()).pipe(delay(4_500)), { limits: LIMITS });
      expectFrames(client).toBe('2s p 1999ms p 499ms h|', { ...PING, ...HEAD });
      expectServed(service).toBe('4500ms s|', { s: '204' });
    }));

  it('does not ask a client that sends something, nor one that has nothing to wait for', () =>
    httpTest(({ flow, serve, expectFrames }) => {
      const other = h2.ping('are you?');
      const client = flow('(sa) 696ms b 899ms b 899ms b 899ms b 5s |', { s: h2.start(), a: h2.get(1, '/'), b: other });
      serve(client, () => of(empty()).pipe(delay(4_000)), { limits: LIMITS });
      expectFrames(client).toBe('700ms b 899ms b 899ms b 899ms b 599ms h 4400ms |', {
        ...HEAD,
        b: 'PING ACK are you?',
      });
    }));

  it('does not end a client that takes nothing: the write timeout does', () =>
    httpTest(({ flow, serve, slowPeer, expectServed }) => {
      const client = flow('(sa)', { s: h2.start(), a: h2.get(1, '/') }, slowPeer('-'));
      const service = serve(client, () => NEVER, { limits: LIMITS });
      expectServed(service).toBe('60s (s|)', { s: { outcome: 'aborted', error: 'write-timeout' } });
    }));

  it('is off by default', () =>
    httpTest(({ flow, serve, expectFrames, expectServed }) => {
      const client = flow('(sa) 600s |', { s: h2.start(), a: h2.get(1, '/') });
      const service = serve(client, () => of(empty()).pipe(delay(600_000)));
      expectFrames(client).toBe('600s h 3ms |', HEAD);
      expectServed(service).toBe('600s s 3ms |', { s: '204' });
    }));
});

describe('a client that asks whether its server is there', () => {
  it('fails a request to a server that has vanished', () =>
    httpTest(({ flow, connect, expectFrames, expectResponses }) => {
      const server = flow('s', { s: h2.startServer() });
      const connection = connect(server, { alpn: 'h2', limits: LIMITS });
      connection.request({ url: 'http://test/' });
      expectFrames(server).toBe('h 1999ms p 999ms !', { ...PING, h: { type: 'HEADERS' } });
      expectResponses(connection).toBe('3s (r#)', { r: 'connection-reset' });
    }));
});
