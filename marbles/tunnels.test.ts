/**
 * Tunnels: a response that is a flow, the same on both protocols.
 *
 * ```
 * client   -u--a-b--|        u = Upgrade or CONNECT, then bytes
 * handler  -t                exchange.tunnel() emits a flow; here it is an echo
 * wire     -o--a-b--|        o = 101 or 200; FIN is FIN, or END_STREAM
 * idle     --- 1h ---        a tunnel has no body timeout
 * ```
 */
import { ignoreElements, mergeMap, Subject, tap, timer } from 'rxjs';
import { consume, type Flow, type Service, type TunnelInit } from 'rxpaf';
import { type HttpTest, httpTest, type Wire } from 'rxpaf/testing';

/** Sends back what comes, with backpressure. */
const echo =
  (init?: TunnelInit): Service<string> =>
  (_request, exchange) =>
    exchange.tunnel(init).pipe(
      tap((flow) => flow.subscribe(flow)),
      ignoreElements(),
    );

/** Does `act` with the flow of the tunnel. */
const tunnelled =
  (act: (flow: Flow) => void): Service<string> =>
  (_request, exchange) =>
    exchange.tunnel().pipe(tap(act), ignoreElements());

describe.each([
  ['Upgrade', { headers: { upgrade: 'echo' } }, 101],
  ['CONNECT', {}, 200],
] as const)('HTTP/1.1 %s', (way, init, status) => {
  /** The request, and what opens the tunnel. */
  const wires = ({ h1 }: HttpTest): { readonly u: Wire; readonly o: Wire } =>
    way === 'Upgrade'
      ? {
          u: h1.get('/', { connection: 'upgrade', upgrade: 'echo' }),
          o: h1.responseHead(status, { upgrade: 'echo', connection: 'upgrade' }),
        }
      : { u: h1.requestHead('CONNECT', 'test:80'), o: h1.responseHead(status) };

  it('has bytes both ways, and FIN is FIN', () =>
    httpTest((words) => {
      const { flow, serve, expectWire, expectServed, expectFaults } = words;
      const { u, o } = wires(words);
      const client = flow('  -u--a-b--|', { u, a: 'hello', b: 'again' });
      const service = serve(client, echo(init));
      expectWire(client).toBe('-o--a-b--|', { o, a: 'hello', b: 'again' });
      expectServed(service).toBe('-(s|)', { s: { status, outcome: 'complete' } });
      expectFaults(service).toBe('');
    }));

  it('begins with the bytes that came with the request', () =>
    httpTest((words) => {
      const { flow, serve, expectWire } = words;
      const { u, o } = wires(words);
      const client = flow('-u---|', { u: [u, 'early'] });
      serve(client, echo(init));
      expectWire(client, { coalesce: false }).toBe('-(oe)|', { o, e: 'early' });
    }));

  it('slows the client down to the reader', () =>
    httpTest((words) => {
      const { flow, serve, expectCredit } = words;
      const { u } = wires(words);
      const client = flow('-u--(abc)------------', { u, a: '1', b: '22', c: '333' });
      serve(client, (_request, exchange) =>
        exchange.tunnel(init).pipe(
          mergeMap((tunnel) => tunnel.pipe(consume(() => timer(4)))),
          ignoreElements(),
        ),
      );
      expectCredit(client).toBe('-u------1---2---3', { u: Buffer.byteLength(u as string) });
    }));

  it('is aborted by an error, and by a client that resets it', () =>
    httpTest((words) => {
      const { flow, serve, expectWire, expectObservable } = words;
      const { u, o } = wires(words);
      const log = new Subject<string>();
      expectObservable(log).toBe('------r', { r: 'connection-reset' });
      const ours = flow('-u------', { u });
      const theirs = flow('-u----#', { u });
      serve([ours, theirs], (_request, exchange) =>
        exchange.tunnel(init).pipe(
          tap((tunnel) => {
            if (exchange.peer === 'flow 1') timer(3).subscribe(() => tunnel.error());
            else tunnel.subscribe({ error: ({ code }: { code: string }) => log.next(code) });
          }),
          ignoreElements(),
        ),
      );
      expectWire(ours).toBe('-o--!', { o });
      expectWire(theirs).toBe('-o', { o });
    }));

  it('outlives the body timeout and the idle timeout', () =>
    httpTest((words) => {
      const { flow, serve, expectWire, expectFaults } = words;
      const { u, o } = wires(words);
      const client = flow('-u 30m a|', { u });
      const service = serve(client, echo(init));
      expectWire(client).toBe('-o 30m a|', { o });
      expectFaults(service).toBe('');
    }));

  it('is closed with the service, while its handler runs', () =>
    httpTest((words) => {
      const { flow, serve, expectWire, expectServed, expectFaults } = words;
      const { u, o } = wires(words);
      const client = flow('-u-----', { u });
      const service = serve(
        client,
        (_request, exchange) =>
          exchange.tunnel(init).pipe(
            mergeMap((tunnel) => tunnel),
            ignoreElements(),
          ),
        { unsubscribe: '----!' },
      );
      expectWire(client).toBe('-o--!', { o });
      expectServed(service).toBe('');
      expectFaults(service).toBe('');
    }));
});

/** What opens a tunnel on HTTP/2. */
const opened = 'HEADERS 1 200';

describe.each([
  ['CONNECT', 'test:80', {}],
  ['extended CONNECT', { path: '/echo', protocol: 'echo' }, { connectProtocol: true }],
] as const)('HTTP/2 %s', (_way, to, options) => {
  const h2Options = { alpn: 'h2', ...options };

  it('has bytes both ways, and FIN is END_STREAM', () =>
    httpTest(({ flow, serve, h2, expectFrames, expectServed, expectFaults }) => {
      const values = {
        s: h2.start(),
        u: h2.connect(1, to),
        a: h2.data(1, 'hello'),
        b: h2.data(1, 'again'),
        e: h2.data(1, '', { end: true }),
      };
      const client = flow('     -(su)a-b--e---|', values);
      const service = serve(client, echo(), h2Options);
      expectFrames(client).toBe('  -o---a-b--e---|', {
        o: opened,
        a: 'DATA 1 "hello"',
        b: 'DATA 1 "again"',
        e: 'DATA 1 "" END_STREAM',
      });
      expectServed(service).toBe('----------s---|', {
        s: { status: 200, outcome: 'complete', received: 10, sent: 10 },
      });
      expectFaults(service).toBe('');
    }));

  it('is half open where one side has ended', () =>
    httpTest(({ flow, serve, h2, expectFrames }) => {
      const client = flow('-(su)e------|', { s: h2.start(), u: h2.connect(1, to), e: h2.data(1, '', { end: true }) });
      serve(
        client,
        tunnelled((tunnel) =>
          timer(6).subscribe(() => {
            tunnel.next(Buffer.from('late'));
            tunnel.complete();
          }),
        ),
        h2Options,
      );
      expectFrames(client).toBe('-o-----(le)-|', { o: opened, l: 'DATA 1 "late"', e: 'DATA 1 "" END_STREAM' });
    }));

  it('slows the client down to the reader', () =>
    httpTest(({ flow, serve, h2, expectFrames }) => {
      const half = Buffer.alloc(4, 'x');
      const client = flow('-(su)(ab)-----------|', {
        s: h2.start(),
        u: h2.connect(1, to),
        a: h2.data(1, half),
        b: h2.data(1, half),
      });
      serve(
        client,
        (_request, exchange) =>
          exchange.tunnel().pipe(
            mergeMap((tunnel) => tunnel.pipe(consume(() => timer(4)))),
            ignoreElements(),
          ),
        { ...h2Options, limits: { bodyWindow: 8 } },
      );
      expectFrames(client).toBe('-o-------w---w------|', { o: opened, w: 'WINDOW_UPDATE 1 4' });
    }));

  it('waits for the window of the client', () =>
    httpTest(({ flow, serve, h2, expectFrames }) => {
      const client = flow('-(su)---w----------|', {
        s: h2.start({ INITIAL_WINDOW_SIZE: 4 }),
        u: h2.connect(1, to),
        w: h2.windowUpdate(1, 100),
      });
      serve(
        client,
        tunnelled((tunnel) => tunnel.next(Buffer.from('window'))),
        h2Options,
      );
      expectFrames(client).toBe('-(oa)---b----------|', { o: opened, a: 'DATA 1 "wind"', b: 'DATA 1 "ow"' });
    }));

  it('is aborted with RST_STREAM', () =>
    httpTest(({ flow, serve, h2, expectFrames, expectFaults, expectServed }) => {
      const client = flow('-(su)----|', { s: h2.start(), u: h2.connect(1, to) });
      const service = serve(
        client,
        tunnelled((tunnel) => timer(5).subscribe(() => tunnel.error())),
        h2Options,
      );
      expectFrames(client).toBe('-o----r--|', { o: opened, r: 'RST_STREAM 1 CANCEL' });
      expectServed(service).toBe('------s--|', { s: { status: 200, outcome: 'aborted' } });
      expectFaults(service).toBe('');
    }));

  it('ends with the reset of the client: the flow has an error, and takes no more', () =>
    httpTest(({ flow, serve, h2, expectObservable, expectServed, expectFaults, expectFrames }) => {
      const client = flow('-(su)r---|', { s: h2.start(), u: h2.connect(1, to), r: h2.rst(1, 'CANCEL') });
      const log = new Subject<string>();
      expectObservable(log).toBe('-----(dr)', { r: 'stream-reset', d: 'drained' });
      const service = serve(
        client,
        tunnelled((tunnel) => {
          tunnel.subscribe({ error: ({ code }: { code: string }) => log.next(code) });
          tunnel.drained.subscribe({ complete: () => log.next('drained') });
          timer(6).subscribe(() => tunnel.next(Buffer.from('late')));
        }),
        h2Options,
      );
      expectServed(service).toBe('-----s---|', { s: { outcome: 'aborted', error: 'stream-reset' } });
      expectFaults(service).toBe('');
      expectFrames(client).toBe('-o-------|', { o: opened });
    }));

  it('outlives the body timeout', () =>
    httpTest(({ flow, serve, h2, expectFrames, expectFaults }) => {
      const client = flow('-(su) 30m (ae) -----|', {
        s: h2.start(),
        u: h2.connect(1, to),
        a: h2.data(1, 'a'),
        e: h2.data(1, '', { end: true }),
      });
      const service = serve(client, echo(), h2Options);
      expectFrames(client).toBe('-o--- 30m (ae) -----|', { o: opened, a: 'DATA 1 "a"', e: 'DATA 1 "" END_STREAM' });
      expectFaults(service).toBe('');
    }));

  it('is aborted with the service that is unsubscribed from', () =>
    httpTest(({ flow, serve, h2, expectObservable }) => {
      const client = flow('-(su)----', { s: h2.start(), u: h2.connect(1, to) });
      const log = new Subject<string>();
      expectObservable(log).toBe('------e', { e: 'closed' });
      serve(
        client,
        tunnelled((tunnel) => tunnel.subscribe({ error: ({ code }: { code: string }) => log.next(code) })),
        { ...h2Options, unsubscribe: '------!' },
      );
    }));
});

describe('a tunnel', () => {
  it('that nobody asked for is an error of the handler: 500', () =>
    httpTest(({ flow, serve, h1, h2, expectFaults }) => {
      const first = flow('-a---|', { a: h1.get('/') });
      const second = flow('-(sa)|', { s: h2.start(), a: h2.get(1, '/') });
      const service = serve([first, second], echo());
      expectFaults(service).toBe('-(ab)', {
        a: { message: 'the request asks for no tunnel: it is not a CONNECT, and has no Upgrade' },
        b: { message: 'the request asks for no tunnel: it is not a CONNECT' },
      });
    }));

  it('has one response: after another one it is an error', () =>
    httpTest(({ flow, serve, h1, expectFaults, expectServed }) => {
      const client = flow('-a-----|', { a: h1.requestHead('CONNECT', 'test:80') });
      const service = serve(client, (_request, exchange) => {
        const twice = exchange.tunnel().pipe(mergeMap(() => exchange.tunnel()));
        return twice.pipe(ignoreElements());
      });
      expectFaults(service).toBe('-f', { f: { message: 'the exchange has a response already' } });
      expectServed(service).toBe('-(s|)', { s: 'aborted' });
    }));

  it('by extended CONNECT is announced only where it is asked for, and refused elsewhere', () =>
    httpTest(({ flow, serve, h2, expectFrames, expectServed, expectFaults }) => {
      const values = { s: h2.start(), u: h2.connect(1, { path: '/', protocol: 'echo' }) };
      const refused = flow('               ----(su)----|', values);
      const accepted = flow('              ----(su)----|', values);
      const service = serve(refused, echo(), { alpn: 'h2' });
      serve(accepted, echo(), { alpn: 'h2', connectProtocol: true, unsubscribe: '--------!' });
      const settings =
        'SETTINGS MAX_CONCURRENT_STREAMS=128 INITIAL_WINDOW_SIZE=262144 MAX_HEADER_LIST_SIZE=65536 NO_RFC7540_PRIORITIES=1';
      const window = 'WINDOW_UPDATE 0 983041';
      expectFrames(refused, { beginning: true }).toBe('(sw)(ar)----|', {
        s: settings,
        w: window,
        a: 'SETTINGS ACK',
        r: 'RST_STREAM 1 PROTOCOL_ERROR',
      });
      expectFrames(accepted, { beginning: true }).toBe('(sw)(ao)!', {
        s: `${settings} ENABLE_CONNECT_PROTOCOL=1`,
        w: window,
        a: 'SETTINGS ACK',
        o: opened,
      });
      expectFaults(service).toBe('----f', { f: { code: 'malformed-request', scope: 'exchange' } });
      expectServed(service).toBe('------------|');
    }));
});
