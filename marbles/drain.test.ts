/**
 * The graceful end, and the abrupt one.
 *
 * ```
 * sockets  c----d            c is being served; d comes too late, and is left to others
 * stop     --s               no more connections, no more requests
 * c        a-----------|     a = a request
 * wire     -----(x|)         x = its answer, with Connection: close, and our end
 * service  ------------|     completes when the last connection has gone
 *
 * wire     -------!          an answer that takes longer than the drain time is broken off
 *
 * unsubscribing
 * wire     --!               is the abrupt form: nothing is waited for
 * ```
 */
import { delay, NEVER, of } from 'rxjs';
import { bytes, text } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';

const close = { connection: 'close' };

/** The head of the last streamed response of a connection. */
const STREAMED_LAST = {
  'content-type': 'application/octet-stream',
  'transfer-encoding': 'chunked',
  connection: 'close',
};

describe('stop', () => {
  it('lets an exchange end, with a response that announces the end of the connection', () =>
    httpTest(({ flow, serve, cold, h1, expectWire, expectServed, expectFaults }) => {
      const client = flow('-a-------|', { a: h1.get('/') });
      const service = serve(client, () => of(text('ok')).pipe(delay(4)), { stop: cold('--s') });
      expectWire(client).toBe('   -----(x|)', { x: h1.response(200, 'ok', close) });
      expectServed(service).toBe('-----s---|', { s: { status: 200, outcome: 'complete' } });
      expectFaults(service).toBe('');
    }));

  it('serves a request that is on its way to an idle connection, and announces the end with its response', () =>
    httpTest(({ flow, serve, cold, h1, expectWire, expectServed, expectFaults }) => {
      const client = flow('-a---b--|', { a: h1.get('/'), b: h1.get('/') });
      const service = serve(client, () => text('ok'), { stop: cold('---s') });
      expectWire(client).toBe('   -x---(y|)', { x: h1.response(200, 'ok'), y: h1.response(200, 'ok', close) });
      expectServed(service).toBe('-s---s--|', { s: '200' });
      expectFaults(service).toBe('');
    }));

  it('closes an idle connection after the lame-duck time', () =>
    httpTest(({ flow, serve, cold, h1, expectWire, expectServed, expectFaults }) => {
      const client = flow('-a------|', { a: h1.get('/') });
      const service = serve(client, () => text('ok'), { stop: cold('---s'), limits: { lameDuckTimeout: 2 } });
      expectWire(client).toBe('   -x---|', { x: h1.response(200, 'ok') });
      expectServed(service).toBe('-s------|', { s: '200' });
      expectFaults(service).toBe('');
    }));

  it('closes a connection that has sent nothing yet', () =>
    httpTest(({ flow, serve, cold, expectWire, expectServed, expectFaults }) => {
      const sniffed = flow('-------|');
      const chosen = flow('-------|');
      const service = serve([sniffed, chosen], () => text('ok'), {
        stop: cold('---s'),
        alpn: (flow) => (flow === chosen ? 'http/1.1' : undefined),
        limits: { lameDuckTimeout: 2 },
      });
      expectWire(sniffed).toBe('-----|');
      expectWire(chosen).toBe('-----|');
      expectServed(service).toBe('-------|');
      expectFaults(service).toBe('');
    }));

  it('ends a handshake that is under way: a fault, and the flow is closed', () =>
    httpTest(({ flow, serve, cold, expectWire, expectServed, expectFaults }) => {
      const client = flow('-');
      const service = serve(client, () => text('ok'), { stop: cold('---s'), alpn: NEVER });
      expectWire(client).toBe('   ---!');
      expectFaults(service).toBe('---f', { f: { code: 'going-away', scope: 'handshake', initiator: 'local' } });
      expectServed(service).toBe('---|');
    }));

  it('accepts no more', () =>
    httpTest(({ flow, serve, cold, hot, h1, expectServed, expectWire, expectSubscriptions }) => {
      const early = flow('a----|', { a: h1.get('/') });
      const late = flow('----a', { a: h1.get('/') });
      const sockets = hot('e---l', { e: early, l: late });
      const service = serve(sockets, () => text('ok'), { stop: cold('--s') });
      expectSubscriptions(sockets).toBe('^-!');
      expectWire(late).toBe('');
      expectServed(service).toBe('s----|', { s: '200' });
    }));

  it('responds to the requests that come before a response has announced the end, and reads nothing more', () =>
    httpTest(({ flow, serve, cold, h1, expectWire, expectRequests }) => {
      const client = flow('a---b-----c-|', { c: h1.get('/4'), a: [h1.get('/1'), h1.get('/2')], b: h1.get('/3') });
      const service = serve(client, ({ path }) => of(text(path)).pipe(delay(5)), { stop: cold('--s') });
      expectRequests(service).toBe('(ab)c', { a: 'GET /1', b: 'GET /2', c: 'GET /3' });
      expectWire(client).toBe('-----x---(y|)', {
        x: [h1.response(200, '/1'), h1.response(200, '/2')],
        y: h1.response(200, '/3', close),
      });
    }));

  it('announces the end with the response to a request that waits its turn, and not before', () =>
    httpTest(({ flow, serve, cold, h1, expectWire }) => {
      const client = flow('a-----------|', { a: [h1.get('/1'), h1.post('/2', 'b')] });
      serve(client, ({ path }) => of(text(path)).pipe(delay(4)), { stop: cold('--s') });
      expectWire(client).toBe('----x---(y|)', { x: h1.response(200, '/1'), y: h1.response(200, '/2', close) });
    }));

  it('reads no request after a head that has announced the end', () =>
    httpTest(({ flow, serve, cold, h1, expectWire, expectRequests }) => {
      const client = flow('a-----b------|', { a: h1.get('/1'), b: h1.get('/2') });
      const content = cold('----b----|', { b: Buffer.from('b') });
      const service = serve(client, () => bytes(content), { stop: cold('--s') });
      expectRequests(service).toBe('a', { a: 'GET /1' });
      expectWire(client).toBe('----x----(e|)', {
        x: [h1.responseHead(200, STREAMED_LAST), h1.chunk('b')],
        e: h1.lastChunk(),
      });
    }));

  it('announces the close in a head that waited for its content', () =>
    httpTest(({ flow, serve, cold, h1, expectWire, expectServed }) => {
      const client = flow('a-------|', { a: h1.get('/') });
      const content = cold('---b|', { b: Buffer.from('b') });
      const service = serve(client, () => bytes(content), { stop: cold('--s') });
      expectWire(client).toBe('---x(e|)', {
        x: [h1.responseHead(200, STREAMED_LAST), h1.chunk('b')],
        e: h1.lastChunk(),
      });
      expectServed(service).toBe('----s---|', { s: '200' });
    }));

  it('reads the rest of a request that has begun', () =>
    httpTest(({ flow, serve, cold, h1, probe, expectWire, expectBody }) => {
      const client = flow('a---b----|', { a: h1.requestHead('POST', '/', { 'content-length': 1 }), b: 'b' });
      const upload = probe();
      serve(client, ({ body }) => bytes(body.pipe(upload)), { stop: cold('--s') });
      expectBody(upload).toBe('----(b|)');
      expectWire(client).toBe('----(y|)', {
        y: [h1.responseHead(200, STREAMED_LAST), h1.chunk('b'), h1.lastChunk()],
      });
    }));

  it('breaks off what takes longer than the drain time', () =>
    httpTest(({ flow, serve, cold, h1, probe, expectWire, expectServed, expectFaults, expectSubscriptions }) => {
      const client = flow('a', { a: h1.get('/') });
      const work = probe<ReturnType<typeof text>>();
      const service = serve(client, () => NEVER.pipe(work), { stop: cold('--s'), limits: { drainTimeout: 5 } });
      expectWire(client).toBe('   -------!');
      expectFaults(service).toBe('-------f', { f: { code: 'going-away', scope: 'connection', initiator: 'local' } });
      expectServed(service).toBe('-------(s|)', { s: 'aborted' });
      expectSubscriptions(work).toBe('^------!');
    }));

  it('that has come before the service, serves nothing', () =>
    httpTest(({ flow, serve, h1, expectWire, expectServed, expectRequests }) => {
      const client = flow('a', { a: h1.get('/') });
      const service = serve(client, () => text('ok'), { stop: of('now') });
      expectRequests(service).toBe('');
      expectWire(client).toBe('');
      expectServed(service).toBe('|');
    }));
});

describe('unsubscribing', () => {
  it('ends everything at once: exchanges, content, connections', () =>
    httpTest(({ flow, serve, cold, h1, probe, expectWire, expectServed, expectFaults, expectSubscriptions }) => {
      const sending = flow('a', { a: h1.get('/send') });
      const working = flow('a', { a: h1.get('/work') });
      const idle = flow('a', { a: h1.get('/') });
      const silent = flow('-');
      const content = cold('b---b---b', { b: Buffer.from('b') });
      const work = probe<ReturnType<typeof text>>();
      const service = serve(
        [sending, working, idle, silent],
        ({ path }) => (path === '/send' ? bytes(content) : path === '/work' ? NEVER.pipe(work) : text('ok')),
        { unsubscribe: '--!' },
      );
      expectWire(sending).toBe('x-!', {
        x: [
          h1.responseHead(200, { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' }),
          h1.chunk('b'),
        ],
      });
      expectWire(working).toBe('--!');
      expectWire(idle).toBe('x-!', { x: h1.response(200, 'ok') });
      expectWire(silent).toBe('--!');
      expectSubscriptions(content).toBe('^-!');
      expectSubscriptions(work).toBe('^-!');
      expectFaults(service).toBe('');
      expectServed(service).toBe('s', { s: { peer: 'flow 3' } });
    }));

  it('ends a handshake that is under way', () =>
    httpTest(({ flow, serve, cold, expectWire, expectSubscriptions }) => {
      const client = flow('-');
      const handshake = cold('-');
      serve(client, () => text('ok'), { alpn: handshake, unsubscribe: '--!' });
      expectSubscriptions(handshake).toBe('^-!');
      expectWire(client).toBe('--!');
    }));

  it('of the result by an operator is the same', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const client = flow('a', { a: h1.get('/') });
      serve(client, () => NEVER, { unsubscribe: '-----!', stop: of() });
      expectWire(client).toBe('-----!');
    }));
});
