/**
 * Limits of time (docs/limits.md), at their defaults, in virtual time: each is met where it ends, and not a millisecond before.
 *
 * ```
 *          0 s                     30 s   35 s
 * client   a----------------------------------      half a head, and nothing more
 * faults   ------------------------f                head-timeout: 408
 * wire     ------------------------(x|)---!         the answer and our end; nobody ends the other side: closed
 *
 * client   a----------------------b---|             the other half, a millisecond before that
 * wire     -----------------------x---|             is not late
 * ```
 */
import { delay, endWith, ignoreElements, map, mergeMap, NEVER, of, timer } from 'rxjs';
import { bytes, consume, response, text } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';

const close = { connection: 'close' };

describe('handshake, 10 s', () => {
  it('is a fault when it takes longer: the flow is closed', () =>
    httpTest(({ flow, serve, expectWire, expectFaults, expectServed }) => {
      const client = flow('-');
      const service = serve(client, () => text('ok'), { alpn: NEVER });
      expectWire(client).toBe('   10s !');
      expectFaults(service).toBe('10s f', { f: { code: 'handshake-timeout', scope: 'handshake' } });
      expectServed(service).toBe('10s |');
    }));

  it('is not looked at again when it is over', () =>
    httpTest(({ flow, serve, h1, cold, expectWire, expectFaults }) => {
      const client = flow('20s a-|', { a: h1.get('/') });
      const service = serve(client, () => text('ok'), { alpn: cold('9s h', { h: 'http/1.1' }) });
      expectWire(client).toBe('20s x-|', { x: h1.response(200, 'ok') });
      expectFaults(service).toBe('');
    }));

  it('holds nobody else up', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const stalled = flow('-');
      const client = flow('-a-|', { a: h1.get('/') });
      serve([stalled, client], () => text('ok'), { alpn: (flow) => (flow === stalled ? NEVER : 'http/1.1') });
      expectWire(stalled).toBe('10s !');
      expectWire(client).toBe(' -x-|', { x: h1.response(200, 'ok') });
    }));
});

describe('request head, 30 s', () => {
  it('ends a connection that was never used, without a fault: without ALPN as with it', () =>
    httpTest(({ flow, serve, expectWire, expectFaults }) => {
      const sniffed = flow('-');
      const chosen = flow('-');
      const http2 = flow('-');
      const ids = new Map<unknown, string>([
        [chosen, 'http/1.1'],
        [http2, 'h2'],
      ]);
      const service = serve([sniffed, chosen, http2], () => text('ok'), { alpn: (flow) => ids.get(flow) });
      expectWire(sniffed).toBe('  30s | 4999ms !');
      expectWire(chosen).toBe('   30s | 4999ms !');
      expectFaults(service).toBe('');
    }));

  it('responds with 408 if the first bytes could still have been those of HTTP/2', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('-a', { a: 'PRI ' });
      const service = serve(client, () => text('ok'));
      expectWire(client).toBe('   30s (x|) 4996ms !', {
        x: h1.response(408, '408 the head did not come in time: headTimeout is 30000 ms\n', close),
      });
      expectFaults(service).toBe('30s f', { f: { code: 'head-timeout', status: 408 } });
    }));

  it('responds with 408 to a head that begins and does not end, and closes', () =>
    httpTest(({ flow, serve, expectWire, expectFaults, h1 }) => {
      const client = flow('-a 10s b 10s c 60s d', { a: 'GET / ', b: 'HTTP/1.1\r\n', c: 'host: test\r\n', d: '\r\n' });
      const service = serve(client, () => text('ok'));
      expectFaults(service).toBe('30001ms f', { f: { code: 'head-timeout', status: 408 } });
      expectWire(client).toBe('   30001ms (x|) 4996ms !', {
        x: h1.response(408, '408 the head did not come in time: headTimeout is 30000 ms\n', close),
      });
    }));

  it('starts again for each request on a connection', () =>
    httpTest(({ flow, serve, expectWire, expectFaults, h1 }) => {
      const client = flow('a 25s b 25s c 25s d|', {
        a: h1.get('/'),
        b: 'GET / HTTP/1.1\r\n',
        c: 'host: test\r\n\r\n',
        d: h1.get('/'),
      });
      const service = serve(client, () => text('ok'));
      expectWire(client).toBe('x 50001ms x 25s x|', { x: h1.response(200, 'ok') });
      expectFaults(service).toBe('');
    }));
});

describe('HTTP/2 preface and SETTINGS, 10 s', () => {
  it('ends a connection that does not begin with them', () =>
    httpTest(({ flow, serve, h2, expectWire, expectFaults }) => {
      const client = flow('a', { a: 'PRI ' });
      const service = serve(client, () => text('ok'), { alpn: 'h2' });
      expectWire(client).toBe('s 9999ms (g|) 4996ms !', { s: h2.serverPreface, g: h2.goaway(0, 'SETTINGS_TIMEOUT') });
      expectFaults(service).toBe('10s f', { f: { code: 'head-timeout', scope: 'connection' } });
    }));

  it('ends a connection that does not acknowledge ours', () =>
    httpTest(({ flow, serve, h2, expectWire, expectFaults }) => {
      const client = flow('a', { a: [h2.preface, h2.settings()] });
      const service = serve(client, () => text('ok'), { alpn: 'h2' });
      expectWire(client).toBe('s 9999ms (g|) 4996ms !', {
        s: [h2.serverPreface, h2.settingsAck],
        g: h2.goaway(0, 'SETTINGS_TIMEOUT'),
      });
      expectFaults(service).toBe('10s f', { f: { scope: 'connection' } });
    }));
});

describe('idle connection, 65 s', () => {
  it('is closed, without a fault', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults, expectServed }) => {
      const client = flow('-a 64s a 70s |', { a: h1.get('/') });
      const service = serve(client, () => text('ok'));
      expectWire(client).toBe('   -x 64s x 64999ms | 4999ms !', { x: h1.response(200, 'ok') });
      expectFaults(service).toBe('');
      expectServed(service).toBe('-s 64s s 69999ms |', { s: '200' });
    }));

  it('does not include a request whose response is under way, however long that takes', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const client = flow('a 10m |', { a: h1.get('/') });
      serve(client, () => of(text('ok')).pipe(delay(300_000)));
      expectWire(client).toBe('5m x 64999ms | 4999ms !', { x: h1.response(200, 'ok') });
    }));
});

describe('request body, 60 s without a byte', () => {
  it('responds with 408 to a client that does not go on, if its content is read', () =>
    httpTest(({ flow, serve, h1, probe, expectWire, expectFaults, expectBody }) => {
      const client = flow('a 59s b 80s |', { a: h1.requestHead('POST', '/', { 'content-length': 9 }), b: 'b' });
      const upload = probe();
      const service = serve(client, ({ body }) => {
        body.pipe(upload).subscribe();
        return NEVER;
      });
      expectBody(upload).toBe('59001ms b 59999ms #');
      expectFaults(service).toBe('119001ms f', { f: { code: 'body-timeout', status: 408 } });
      expectWire(client).toBe('119001ms (x|) 4996ms !', {
        x: h1.response(408, '408 the body does not go on: bodyTimeout is 60000 ms\n', close),
      });
    }));

  it('is broken off if the response has begun', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults, expectServed }) => {
      const client = flow('a', { a: [h1.requestHead('POST', '/', { 'content-length': 9 }), 'b'] });
      const service = serve(client, ({ body }) => bytes(body));
      expectFaults(service).toBe('60s f', { f: 'body-timeout' });
      expectServed(service).toBe('60s s 4999ms |', { s: { outcome: 'aborted', received: 1, sent: 1 } });
      expectWire(client).toBe('x 59999ms | 4999ms !', {
        x: [
          h1.responseHead(200, { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' }),
          h1.chunk('b'),
        ],
      });
    }));

  it('does not count while the reader is the slow one', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('a 10m |', { a: [h1.requestHead('POST', '/', { 'content-length': 9 }), '12345678'] });
      const service = serve(
        client,
        ({ body }) => timer(200_000).pipe(mergeMap(() => body.pipe(mergeMap(() => of(text('ok')))))),
        { limits: { bodyWindow: 8 } },
      );
      // Its last byte is owed, to be thrown away: it has the time of a head for that.
      expectWire(client).toBe('200s x 29999ms | 4999ms !', { x: h1.response(200, 'ok') });
      expectFaults(service).toBe('');
    }));

  it('... nor while a reader works on as much as may wait', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const head = h1.requestHead('POST', '/', { 'content-length': 9 });
      const client = flow('ab 10m |', { a: [head, '12345678'], b: '9' });
      const service = serve(
        client,
        ({ body }) =>
          body.pipe(
            consume(() => timer(200_000)),
            ignoreElements(),
            endWith(text('ok')),
          ),
        { limits: { bodyWindow: 8 } },
      );
      expectWire(client).toBe('400s x 64999ms | 4999ms !', { x: h1.response(200, 'ok') });
      expectFaults(service).toBe('');
    }));
});

describe('a peer that takes nothing, 60 s', () => {
  it('is left: a fault of the exchange', () =>
    httpTest(({ flow, serve, h1, slowPeer, expectWire, expectFaults, expectServed, probe, expectSubscriptions }) => {
      const client = flow('a', { a: h1.get('/') }, slowPeer('-'));
      const content = probe<string>();
      const service = serve(client, () => response(200, {}, NEVER.pipe(content)));
      expectWire(client).toBe('50ms x 59999ms !', { x: h1.responseHead(200, { 'transfer-encoding': 'chunked' }) });
      expectFaults(service).toBe('60050ms f', { f: { code: 'write-timeout', kind: 'exception', initiator: 'peer' } });
      expectServed(service).toBe('60050ms (s|)', { s: 'aborted' });
      expectSubscriptions(content).toBe('^ 60049ms !');
    }));

  it('is noticed within 1.125 times the timeout after the last byte that it took', () =>
    httpTest(({ flow, serve, h1, slowPeer, expectWire, expectFaults }) => {
      const client = flow('a', { a: h1.get('/') }, slowPeer('8s a', { a: 1 }));
      const service = serve(client, () => response(200, { 'content-length': 1 }, NEVER));
      // Checks are every 7.5 s: the byte is seen at 15 s.
      expectWire(client).toBe('50ms x 74999ms !', { x: h1.responseHead(200, { 'content-length': 1 }) });
      expectFaults(service).toBe('75050ms f', { f: 'write-timeout' });
    }));

  it('is noticed as early while the connection closes', () =>
    httpTest(({ flow, serve, h1, slowPeer, expectWire, expectFaults }) => {
      const client = flow('a', { a: h1.get('/', { connection: 'close' }) }, slowPeer('8s a', { a: 1 }));
      const service = serve(client, () => text('ok'));
      expectWire(client).toBe('(x|) 74996ms !', { x: h1.response(200, 'ok', { connection: 'close' }) });
      expectFaults(service).toBe('');
    }));

  it('is that of a peer that ended its side and is sent nothing, where that is allowed', () =>
    httpTest(({ flow, serve, expectWire, expectFaults, expectServed, h1 }) => {
      const client = flow('a|', { a: h1.get('/') });
      const service = serve(client, () => NEVER, { halfClose: true });
      expectWire(client).toBe('   1ms 60s !');
      expectFaults(service).toBe('');
      expectServed(service).toBe('1ms 60s (s|)', { s: { outcome: 'aborted', error: 'connection-reset' } });
    }));

  it('restarts with each byte that is sent to a peer that has ended its side', () =>
    httpTest(({ flow, serve, expectWire, expectFaults, h1, cold }) => {
      const client = flow('a|', { a: h1.get('/') });
      const content = cold('50s b 50s (c|)', { b: Buffer.from('b'), c: Buffer.from('c') });
      const service = serve(client, () => response(200, { 'content-length': 2 }, content), { halfClose: true });
      expectWire(client).toBe('50ms h 49949ms b 50s (c|)', {
        h: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n',
        b: 'b',
        c: 'c',
      });
      expectFaults(service).toBe('');
    }));

  it('is not one that takes a little', () =>
    httpTest(({ flow, serve, h1, slowPeer, expectWire, expectFaults }) => {
      const client = flow('a 200s |', { a: h1.get('/') }, slowPeer('50s a 50s a 50s b', { a: 1 }));
      const service = serve(client, () => text('ok'));
      // An idle connection is closed meanwhile, after the peer has taken the rest.
      expectWire(client).toBe('x 64999ms | 90001ms !', { x: h1.response(200, 'ok') });
      expectFaults(service).toBe('');
    }));
});

describe('graceful drain, 30 s', () => {
  it('is over for an exchange that does not end', () =>
    httpTest(({ flow, serve, h1, cold, expectWire, expectFaults, expectServed }) => {
      const client = flow('a', { a: h1.get('/') });
      const service = serve(client, () => NEVER, { stop: cold('--s') });
      expectWire(client).toBe('   30002ms !');
      expectFaults(service).toBe('30002ms f', { f: { code: 'going-away', initiator: 'local' } });
      expectServed(service).toBe('30002ms (s|)', { s: 'aborted' });
    }));
});

describe('linger, 5 s', () => {
  it('throws away what still comes, then closes', () =>
    httpTest(({ flow, serve, h1, expectWire, expectCredit }) => {
      const client = flow('a-b 10s c', { a: h1.get('/', close), b: 'more', c: 'late' });
      serve(client, () => text('ok'));
      expectWire(client).toBe('(x|) 4996ms !', { x: h1.response(200, 'ok', close) });
      expectCredit(client).toBe('a-b', { a: 49, b: 4 });
    }));

  it('ends with the peer', () =>
    httpTest(({ flow, serve, h1, expectWire, expectServed }) => {
      const client = flow('a----|', { a: h1.get('/', close) });
      const service = serve(client, () => text('ok'));
      expectWire(client).toBe('(x|)', { x: h1.response(200, 'ok', close) });
      expectServed(service).toBe('s----|', { s: '200' });
    }));

  it('begins when the peer has taken our last bytes, for which it has the write time', () =>
    httpTest(({ flow, serve, h1, slowPeer, expectWire }) => {
      const client = flow('a', { a: h1.get('/', close) }, slowPeer('50s a 50s b', { a: 1 }));
      serve(client, () => text('ok'));
      expectWire(client).toBe('(x|) 104997ms !', { x: h1.response(200, 'ok', close) });
    }));

  it('does not begin if the peer takes nothing: it is closed after the write time', () =>
    httpTest(({ flow, serve, h1, slowPeer, expectWire }) => {
      const client = flow('a', { a: h1.get('/', close) }, slowPeer('-'));
      serve(client, () => text('ok'));
      expectWire(client).toBe('(x|) 59996ms !', { x: h1.response(200, 'ok', close) });
    }));
});

describe('a millisecond before it is over, nothing is late', () => {
  it('for the handshake', () =>
    httpTest(({ flow, serve, h1, cold, expectWire, expectFaults }) => {
      const client = flow('10s a|', { a: h1.get('/') });
      const service = serve(client, () => text('ok'), { alpn: cold('9999ms h', { h: 'http/1.1' }) });
      expectWire(client).toBe('10s x|', { x: h1.response(200, 'ok') });
      expectFaults(service).toBe('');
    }));

  it('for the first byte of a connection, and then for the last of its head', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('29999ms a 29998ms b|', { a: 'GET / HTTP/1.1\r\n', b: 'host: test\r\n\r\n' });
      const service = serve(client, () => text('ok'));
      expectWire(client).toBe('59998ms x|', { x: h1.response(200, 'ok') });
      expectFaults(service).toBe('');
    }));

  it('for the preface of HTTP/2, and the acknowledgement of our SETTINGS', () =>
    httpTest(({ flow, serve, h2, expectFrames, expectFaults }) => {
      const client = flow('9999ms (sa)-|', { s: h2.start(), a: h2.get(1, '/') });
      const service = serve(client, () => response(204), { alpn: 'h2' });
      expectFrames(client).toBe('9999ms h----|', { h: 'HEADERS 1 204 END_STREAM' });
      expectFaults(service).toBe('');
    }));

  it('for the next request', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('a 64998ms a|', { a: h1.get('/') });
      const service = serve(client, () => text('ok'));
      expectWire(client).toBe('x 64998ms x|', { x: h1.response(200, 'ok') });
      expectFaults(service).toBe('');
    }));

  it('for each byte of a body', () =>
    httpTest(({ flow, serve, h1, probe, expectBody, expectWire, expectFaults }) => {
      const head = h1.requestHead('POST', '/', { 'content-length': 2 });
      const client = flow('a 59998ms b 59998ms c|', { a: head, b: 'b', c: 'c' });
      const upload = probe();
      const service = serve(client, ({ body }) => body.pipe(upload, ignoreElements(), endWith(text('ok'))));
      expectBody(upload).toBe('59999ms b 59998ms (c|)');
      expectWire(client).toBe('119998ms x|', { x: h1.response(200, 'ok') });
      expectFaults(service).toBe('');
    }));

  it('for a peer to take what waits for it', () =>
    httpTest(({ flow, serve, h1, slowPeer, expectWire, expectFaults, expectServed }) => {
      const client = flow('a 60s |', { a: h1.get('/') }, slowPeer('59999ms t'));
      const service = serve(client, () => response(200, { 'content-length': 2 }, of('ok')));
      expectWire(client).toBe('x 60s |', { x: [h1.responseHead(200, { 'content-length': 2 }), 'ok'] });
      expectServed(service).toBe('s 60s |', { s: '200' });
      expectFaults(service).toBe('');
    }));

  it('for an exchange after stop', () =>
    httpTest(({ flow, serve, h1, cold, expectWire, expectFaults, expectServed }) => {
      const client = flow('a 29998ms |', { a: h1.get('/') });
      const service = serve(client, () => timer(29_999).pipe(map(() => text('ok'))), { stop: cold('s') });
      expectWire(client).toBe('29999ms (x|)', { x: h1.response(200, 'ok', close) });
      expectServed(service).toBe('29999ms (s|)', { s: '200' });
      expectFaults(service).toBe('');
    }));

  it('for the peer to end its side after ours', () =>
    httpTest(({ flow, serve, h1, expectWire, expectServed }) => {
      const client = flow('a 4998ms |', { a: h1.get('/', close) });
      const service = serve(client, () => text('ok'));
      // No `!`: nothing is cut off.
      expectWire(client).toBe('(x|)', { x: h1.response(200, 'ok', close) });
      expectServed(service).toBe('s 4998ms |', { s: '200' });
    }));
});
