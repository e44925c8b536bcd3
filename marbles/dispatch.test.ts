/**
 * Dispatch: the ALPN result of a flow switches it to the chain of its protocol.
 *
 * ```
 * alpn     --h--------     h = http/1.1: the handshake is over
 * client   a---------|     a = GET /: what came meanwhile waits, unread
 * read     --^-------!
 * wire     --x-------|     x = 200: the h1 chain
 *
 * alpn     --2--------     2 = h2
 * wire     --s-------|     s = SETTINGS: the h2 chain begins by itself
 *
 * alpn     u               u = none: the first bytes decide
 * client   ---a------|     a = GET /, or the preface of HTTP/2
 * read     ^--!            the look,
 *          ---^------!     and the chain that it decided on
 *
 * alpn     --?             ? = an id that nobody serves
 * faults   --f             unknown-protocol
 * wire     --!             the flow is closed, never leaked
 * ```
 */
import { delay, map, type Observable, of, throwError, timer } from 'rxjs';
import { alpn, type Chains, type Flow, ProtocolError, text } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';

const UNKNOWN = { code: 'unknown-protocol', scope: 'connection', initiator: 'peer', answerable: false } as const;

describe('the service', () => {
  it('serves HTTP/1.1 where ALPN chose it', () =>
    httpTest(({ flow, serve, h1, expectWire, expectRequests, expectSubscriptions }) => {
      const client = flow('-a-|', { a: h1.get('/') });
      const service = serve(client, () => text('ok'), { alpn: 'http/1.1', scheme: 'https' });
      expectRequests(service).toBe('-a', { a: { scheme: 'https', version: '1.1' } });
      expectWire(client).toBe('     -x-|', { x: h1.response(200, 'ok') });
      expectSubscriptions(client).toBe('^--!');
    }));

  it('serves HTTP/2 where ALPN chose it: the server begins at once', () =>
    httpTest(({ flow, serve, h2, expectWire, expectSubscriptions, expectFaults }) => {
      const client = flow('-a-|', { a: [h2.preface, h2.settings(), h2.settingsAck] });
      const service = serve(client, () => text('ok'), { alpn: 'h2' });
      expectWire(client).toBe('sa-|', { s: h2.serverPreface, a: h2.settingsAck });
      expectSubscriptions(client).toBe('^--!');
      expectFaults(service).toBe('');
    }));

  it('serves HTTP/2 where the preface comes without ALPN', () =>
    httpTest(({ flow, serve, h2, fragment, expectWire, expectSubscriptions }) => {
      const client = flow('-a-|', { a: [h2.preface, h2.settings(), h2.settingsAck] }, fragment(5));
      serve(client, () => text('ok'));
      expectWire(client).toBe('-s-|', { s: [h2.serverPreface, h2.settingsAck] });
      expectSubscriptions(client).toBe(['^!', '-^-!']);
    }));

  it('serves HTTP/1.1 where there was no ALPN, having looked at the first bytes', () =>
    httpTest(({ flow, serve, h1, expectWire, expectSubscriptions, expectCredit }) => {
      const client = flow('-a-|', { a: h1.get('/') });
      serve(client, () => text('ok'));
      expectWire(client).toBe('-x-|', { x: h1.response(200, 'ok') });
      expectSubscriptions(client).toBe(['^!', '-^-!']);
      expectCredit(client).toBe('-a', { a: 'GET / HTTP/1.1\r\nhost: test\r\n\r\n'.length });
    }));

  it('looks no further than it has to', () =>
    httpTest(({ flow, serve, h1, expectWire, expectRequests, expectSubscriptions }) => {
      // Bytes that begin as the preface does may still be HTTP/1.1.
      const client = flow('-a--b-|', { a: 'PR', b: 'OPFIND / HTTP/1.1\r\nhost: test\r\n\r\n' });
      const service = serve(client, () => text('ok'));
      expectSubscriptions(client).toBe(['^---!', '----^-!']);
      expectRequests(service).toBe('----a', { a: 'PROPFIND /' });
      expectWire(client).toBe('     ----x-|', { x: h1.response(200, 'ok') });
    }));

  it('closes a connection that ends before it says anything, without a fault', () =>
    httpTest(({ flow, serve, expectWire, expectFaults, expectServed }) => {
      const client = flow('--|');
      const service = serve(client, () => text('ok'));
      expectWire(client).toBe('   --|');
      expectFaults(service).toBe('');
      expectServed(service).toBe('--|');
    }));

  it('refuses an unknown protocol: a fault, and the flow is closed', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults, expectRequests, expectServed }) => {
      const client = flow('-a-|', { a: h1.get('/') });
      const service = serve(client, () => text('ok'), { alpn: 'spdy/3.1' });
      expectFaults(service).toBe('  f', { f: UNKNOWN });
      expectWire(client).toBe('     !');
      expectRequests(service).toBe('');
      expectServed(service).toBe('  |');
    }));

  it('is not misled by names that every object has', () =>
    httpTest(({ flow, serve, expectWire, expectFaults }) => {
      const client = flow('-');
      const service = serve(client, () => text('ok'), { alpn: 'constructor' });
      expectFaults(service).toBe('f', { f: UNKNOWN });
      expectWire(client).toBe('   !');
    }));

  it('waits for a late ALPN result, and reads nothing meanwhile', () =>
    httpTest(({ flow, serve, h1, cold, expectWire, expectSubscriptions }) => {
      const handshake = cold('    ---h', { h: 'http/1.1' });
      const client = flow('       -a---|', { a: h1.get('/') });
      serve(client, () => text('ok'), { alpn: handshake });
      expectWire(client).toBe('   ---x-|', { x: h1.response(200, 'ok') });
      expectSubscriptions(client).toBe('   ---^-!');
      expectSubscriptions(handshake).toBe('^--!');
    }));

  it('takes a handshake that fails for a fault of its own scope, and closes the flow', () =>
    httpTest(({ flow, serve, h1, cold, expectWire, expectFaults }) => {
      const client = flow('-a---|', { a: h1.get('/') });
      const service = serve(client, () => text('ok'), {
        alpn: cold('--#', undefined, new Error('bad cipher')),
      });
      expectFaults(service).toBe('--f', { f: { code: 'handshake-failed', scope: 'handshake', message: 'bad cipher' } });
      expectWire(client).toBe('   --!');
    }));

  it('takes one without a result for a fault, too', () =>
    httpTest(({ flow, serve, h1, cold, expectWire, expectFaults, expectServed }) => {
      const client = flow('-a---|', { a: h1.get('/') });
      const service = serve(client, () => text('ok'), { alpn: cold('--|') });
      expectFaults(service).toBe('--f', { f: { code: 'handshake-failed', scope: 'handshake' } });
      expectWire(client).toBe('   --!');
      expectServed(service).toBe('--|');
    }));

  it('takes the first result of several', () =>
    httpTest(({ flow, serve, h1, cold, expectWire }) => {
      const client = flow('a---|', { a: h1.get('/') });
      serve(client, () => text('ok'), { alpn: cold('-h-x', { h: 'http/1.1', x: 'spdy/3.1' }) });
      expectWire(client).toBe('-x--|', { x: h1.response(200, 'ok') });
    }));
});

describe('concurrent connections', () => {
  it('are served at once: one switches nothing of another', () =>
    httpTest(({ flow, serve, hot, h1, expectWire, expectServed }) => {
      const one = flow('a-----|', { a: h1.get('/1') });
      const two = flow('--a---|', { a: h1.get('/2') });
      const service = serve(hot('1-2|', { 1: one, 2: two }), ({ path }) => of(text(path)).pipe(delay(3)));
      expectWire(one).toBe('---x--|', { x: h1.response(200, '/1') });
      expectWire(two).toBe('-----y|', { y: h1.response(200, '/2') });
      expectServed(service).toBe('---a-b|', { a: { peer: 'flow 1' }, b: { peer: 'flow 2' } });
    }));

  it('fail alone', () =>
    httpTest(({ flow, serve, h1, cold, expectWire, expectFaults, expectServed }) => {
      const unknown = flow('-');
      const failed = flow('-');
      const reset = flow('a--#', { a: h1.get('/') });
      const good = flow('-----a-|', { a: h1.get('/') });
      const failing = cold('-#', undefined, new Error('bad cipher'));
      const service = serve(
        [unknown, failed, reset, good],
        () =>
          timer(1).pipe(
            delay(4),
            map(() => text('ok')),
          ),
        {
          alpn: (flow) => (flow === unknown ? 'spdy/3.1' : flow === failed ? failing : undefined),
        },
      );
      expectFaults(service).toBe('uf', { u: 'unknown-protocol', f: 'handshake-failed' });
      expectWire(unknown).toBe('!');
      expectWire(failed).toBe(' -!');
      expectWire(reset).toBe('');
      expectWire(good).toBe('----------(x|)', { x: h1.response(200, 'ok', { connection: 'close' }) });
      expectServed(service).toBe('---a------(g|)', { a: { outcome: 'aborted', error: 'connection-reset' }, g: '200' });
    }));

  it('fail alone where the info of one throws', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const bad = flow('-');
      const good = flow('-a-|', { a: h1.get('/') });
      const service = serve([bad, good], () => text('ok'), {
        alpn: (flow) => {
          if (flow === bad) throw new Error('no such socket');
          return undefined;
        },
      });
      expectFaults(service).toBe('f', { f: { scope: 'connection', message: 'no such socket' } });
      expectWire(bad).toBe('     !');
      expectWire(good).toBe('    -x-|', { x: h1.response(200, 'ok') });
    }));
});

describe('the alpn operator', () => {
  const chains: Chains<string> = {
    'http/1.1': (flow) => told(flow, 'h1'),
    h2: (flow) => told(flow, 'h2'),
  };
  const told = (flow: Flow, name: string): Observable<string> =>
    flow.pipe(map((chunk) => `${name} ${Buffer.from(chunk).toString()}`));

  it('switches to the chain of the protocol', () =>
    httpTest(({ flow, cold, expectObservable }) => {
      const values = { x: 'h1 a', y: 'h2 a' };
      expectObservable(cold('(i|)', { i: 'http/1.1' }).pipe(alpn(flow('-a-|'), chains))).toBe('-x-|', values);
      expectObservable(cold('(i|)', { i: 'http/1.0' }).pipe(alpn(flow('-a-|'), chains))).toBe('-x-|', values);
      expectObservable(cold('--(i|)', { i: 'h2' }).pipe(alpn(flow('-a-|'), chains))).toBe('    --y|', values);
    }));

  it('knows HTTP/2 with prior knowledge by its preface, and gives the chain all of it', () =>
    httpTest(({ flow, fragment, h2, expectObservable, expectSubscriptions }) => {
      const client = flow('-a-b|', { a: h2.preface, b: 'more' });
      expectObservable(of(undefined).pipe(alpn(client, chains))).toBe('-x-y|', {
        x: `h2 ${PREFACE}`,
        y: 'h2 more',
      });
      expectSubscriptions(client).toBe(['^!', '-^--!']);
      const slow = flow('-a|', { a: [h2.preface, 'more'] }, fragment(10));
      expectObservable(of(undefined).pipe(alpn(slow, chains))).toBe('-x|', { x: `h2 ${PREFACE}more` });
    }));

  it('has a fault, and closes the flow, where there is no chain', () =>
    httpTest(({ flow, expectObservable, expectWire, h2 }) => {
      const noH2: Chains<string> = { 'http/1.1': chains['http/1.1'] };
      const chosen = flow('-a', { a: h2.preface });
      const known = flow('-a', { a: h2.preface });
      const words = 'no chain for the protocol "h2": add one under its id';
      const error = new ProtocolError('unknown-protocol', words, { scope: 'connection' });
      expectObservable(of('h2').pipe(alpn(chosen, noH2))).toBe('      #', {}, error);
      expectObservable(of(undefined).pipe(alpn(known, noH2))).toBe('-#', {}, error);
      expectWire(chosen).toBe('!');
      expectWire(known).toBe(' -!');
    }));

  it('passes on an ALPN result that fails', () =>
    httpTest(({ flow, expectObservable, expectSubscriptions }) => {
      const client = flow('-a');
      const failed = throwError(() => new Error('bad cipher'));
      expectObservable(failed.pipe(alpn(client, chains))).toBe('#', {}, new Error('bad cipher'));
      expectSubscriptions(client).toBe([]);
    }));

  it('lets go of the flow when it is left', () =>
    httpTest(({ flow, expectObservable, expectSubscriptions }) => {
      const looking = flow('----a');
      const speaking = flow('-a---a');
      expectObservable(of(undefined).pipe(alpn(looking, chains)), ' ^--!').toBe('');
      expectObservable(of(undefined).pipe(alpn(speaking, chains)), '^--!').toBe('-x', { x: 'h1 a' });
      expectSubscriptions(looking).toBe('^--!');
      expectSubscriptions(speaking).toBe(['^!', '-^-!']);
    }));
});

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
