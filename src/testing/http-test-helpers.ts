/** The words that a test is written in. */
import type { Observable } from 'rxjs';
import type { RunHelpers } from 'rxjs/testing';
import type { HttpRequest } from '../drive/request.js';
import type { Chain } from '../alpn/index.js';
import type { Served, ServerFault, Service } from '../server/index.js';
import type { Expectation } from './expectations.js';
import type { h1 } from './h1-builders.js';
import type { h2 } from './h2-builders.js';
import type { ws } from './ws-builders.js';
import type { WsFrame } from './ws-frame-reader.js';
import type { H2Frame } from './h2-frame-reader.js';
import type { Probe } from './probe.js';
import type { Subscribed, SubscriptionExpectation } from './subscription-rows.js';
import type { ConnectOptions, ClientRequest } from '../client/index.js';
import type { Outcome, TestClient, TestExchange, TestRequestOptions } from './test-client.js';
import type { TestCall, TestCallInit, TestResponse } from './test-call.js';
import type { TestChain, TestChainOptions } from './test-chain.js';
import type { TestFaults } from './test-faults.js';
import type { TestFlow } from './test-flow.js';
import type { TestConnections, TestFlows, TestHandler, TestService, TestServeOptions } from './test-service.js';
import type { delayed, dropAt, FlowTrait, fragment, halfCloseAt, resetAt, slowPeer, stallAt } from './flow-traits.js';
import type { Part } from './value-rows.js';
import type { Wire } from './byte-rows.js';
import type { WiredFlow } from './wired-flow.js';
import type { TestPair, TestPairOptions } from './test-pair.js';

/** The helpers of a test. All times are virtual: ms since the test began. */
export interface HttpTest {
  /**
   * A flow whose peer is drawn. The notation is that of RxJS's marble diagrams in run mode, and the same wherever this kit draws:
   *
   * | in a diagram | is                                                                                               |
   * | ------------ | ------------------------------------------------------------------------------------------------ |
   * | `-`          | 1 ms in which nothing happens                                                                    |
   * | a letter     | 1 ms, at whose beginning a value comes: of a flow, one chunk of its transport                    |
   * | `\|`         | the end: of what the peer sends, its FIN; on the wire out, our FIN; of a body or service, its completion |
   * | `#`          | the breaking off: of what the peer sends, its reset; of a body, its error                        |
   * | `!`          | on the wire out, our close, where it cuts something off; of a subscription, its end              |
   * | `^`          | of a subscription, its beginning                                                                 |
   * | `(ab\|)`     | several in one ms, in this order; it is as wide as it is drawn, so that `(ab)` lasts 4 ms        |
   * | `60s`        | time that passes, between spaces or at either end: `ms`, `s` or `m`, also `1.5s`                 |
   * | a space      | nothing: it puts one diagram's letters below another's                                           |
   *
   * Any other character is a letter. The values have its meaning; of bytes, a letter without an entry stands for itself. Times count from
   * the beginning of the test.
   *
   * @param values - the letters' bytes: text (UTF-8), bytes, what `h1` and `h2` build, or several of those in a row.
   * @param traits - the behaviour of the peer: `slowPeer`, `fragment`; and faults on the way: `delayed`, `dropAt`, `halfCloseAt`,
   * `resetAt`, `stallAt`, applied in their order.
   * @throws SyntaxError for a group that does not close or holds a time, for a time that goes back, and for a mark without a meaning here.
   * RangeError for a fault at an offset that the peer does not reach.
   *
   * @example
   * ```ts
   * const client = flow('-a-b 60s |', { a: h1.requestHead('POST', '/', { 'content-length': 4 }), b: 'body' }, resetAt(40));
   * ```
   */
  readonly flow: (
    diagram: string,
    values?: Readonly<Record<string, Wire>>,
    ...traits: readonly FlowTrait[]
  ) => TestFlow;
  /**
   * Serves flows at once.
   *
   * @example
   * ```ts
   * const service = serve(client, (request) => text(request.path), { alpn: 'h2', limits: { idleTimeout: 5000 } });
   * ```
   */
  readonly serve: (flows: TestFlows, handler: TestHandler, options?: TestServeOptions) => TestService;
  /**
   * Serves flows by the result of `use` for their connections: requests as a stream of exchanges. Finished exchanges that it emits are
   * drawn by `expectServed`, all else by `expectObservable`.
   *
   * @example
   * ```ts
   * const service = serveConnections(client, (connections) =>
   *   connections.pipe(
   *     mergeMap((connection) => connection.exchanges),
   *     consume((exchange) => exchange.respond(app), { concurrency: 2 }),
   *   ),
   * );
   * expectRequests(service).toBe('-ab', { a: 'GET /1', b: 'GET /2' });
   * ```
   */
  readonly serveConnections: <T = never>(
    flows: TestFlows,
    use: TestConnections<T>,
    options?: TestServeOptions<T>,
  ) => TestService;
  /**
   * Runs the chain of a protocol on a flow: `h1()` or `h2()` of `rxpaf`, one of your own, or the dispatch to several. `expectObservable`
   * draws the values that it emits; `expectServed` draws finished exchanges.
   *
   * @example
   * ```ts
   * const client = flow('-a-b|');
   * const echo = chain(client, (flow) => flow.pipe(tap((chunk) => flow.next(chunk))));
   * expectWire(client).toBe('-a-b|');
   * expectObservable(echo).toBe('-a-b|', { a: Buffer.from('a'), b: Buffer.from('b') });
   * ```
   */
  readonly chain: <T>(flow: WiredFlow, chain: Chain<T>, options?: TestChainOptions) => TestChain;
  /**
   * Calls a service, or one inside middleware, with a made-up request: there is no flow and no connection.
   *
   * @example
   * ```ts
   * const guarded = guard('Bearer', (request) => request.headers.has('authorization'));
   * const called = call(guarded(() => text('secret')), { path: '/admin' });
   * expectResponses(called).toBe('r', { r: { status: 401 } });
   * expectBody(called).toBe('(b|)', { b: 'unauthorized\n' });
   * ```
   */
  readonly call: (service: Service<string>, request?: TestCallInit) => TestCall;
  /**
   * An error stream that is recorded, for services and chains that share one.
   *
   * @example
   * ```ts
   * const faults = faultStream();
   * chain(client, h2({ faults }));
   * serve(other, app, { faults });
   * expectFaults(faults).toBe('-a-b', { a: 'malformed-frame', b: 'exception' });
   * ```
   */
  readonly faultStream: () => TestFaults;
  /**
   * A client's connection on a flow, whose peer is a drawn server, or one end of a `pair`.
   *
   * @example
   * ```ts
   * const server = flow('---a|', { a: h1.response(200, 'ok') });
   * const client = connect(server);
   * const get = client.request({ url: 'http://test/' }, { subscription: '-^' });
   * expectWire(server).toBe('-x--|', { x: h1.get('/') });
   * expectResponses(client).toBe('---(a|)', { a: '200' });
   * expectBody(get).toBe('---(b|)', { b: 'ok' });
   * ```
   */
  readonly connect: (flow: WiredFlow, options?: ConnectOptions) => TestClient;
  /**
   * Sends one request on a flow: the connection ends after it. As `connect`, with nothing else on it.
   *
   * @example
   * ```ts
   * const get = request(flow('--a|', { a: h1.response(200, 'ok') }), { url: 'http://test/' });
   * expectResponses(get).toBe('--a', { a: { status: 200, headers: { 'content-length': 2 } } });
   * ```
   */
  readonly request: (
    flow: WiredFlow,
    request: ClientRequest,
    options?: ConnectOptions & TestRequestOptions,
  ) => TestExchange;
  /**
   * Our client and our server, connected: two flows, each the other's peer, in virtual time. The bytes that each writes can be expected.
   *
   * @param options - `latency`: ms from a write to its arrival. `fragment`: bytes that arrive in one piece. `capacity`: bytes that may be
   * on their way before the writer has to wait. `alpn`: the protocol of both.
   *
   * @example
   * ```ts
   * const { client, server } = pair({ latency: 2, alpn: 'h2' });
   * serve(server, () => text('ok'));
   * const get = request(client, { url: 'http://test/' });
   * expectFrames(client).toBe('h', { h: 'HEADERS 1 GET / END_STREAM' });
   * expectFrames(server).toBe('--(hd)', { h: 'HEADERS 1 200', d: 'DATA 1 "ok" END_STREAM' });
   * expectResponses(get).toBe('----a', { a: '200' });
   * ```
   */
  readonly pair: (options?: TestPairOptions) => TestPair;
  /** Builders of HTTP/1.1 bytes. */
  readonly h1: typeof h1;
  /** Builders of HTTP/2 bytes. */
  readonly h2: typeof h2;
  /** Builders of WebSockets. */
  readonly ws: typeof ws;
  /** A peer that takes written bytes only when the diagram has letters. */
  readonly slowPeer: typeof slowPeer;
  /** A peer whose chunks arrive in pieces; without a size, in all pieces that there are: the test is run for each. */
  readonly fragment: typeof fragment;
  /** A peer all of whose bytes come later. */
  readonly delayed: typeof delayed;
  /** Bytes of the peer are lost. */
  readonly dropAt: typeof dropAt;
  /** The peer ends its side in the midst of its bytes. */
  readonly halfCloseAt: typeof halfCloseAt;
  /** The peer resets the connection in the midst of its bytes, or of those that are written to it. */
  readonly resetAt: typeof resetAt;
  /** The peer falls silent in the midst of its bytes, or takes no more of those that are written to it. */
  readonly stallAt: typeof stallAt;
  /** An operator that records the values that pass it. */
  readonly probe: <T = Uint8Array>() => Probe<T>;
  /**
   * The bytes that are written to a flow: a letter is all bytes of one ms, `|` our FIN, `!` our close.
   *
   * @param options - `coalesce: false`: a letter is the bytes of one write.
   *
   * @example
   * ```ts
   * expectWire(client).toBe('-x-|', { x: h1.response(200, 'ok') });
   * expectWire(client, { coalesce: false }).toBe('-(ab)-|', { a: h1.responseHead(200, { 'content-length': 3 }), b: 'abc' });
   * ```
   */
  readonly expectWire: (flow: WiredFlow, options?: { readonly coalesce?: boolean }) => Expectation<Wire>;
  /**
   * The HTTP/2 frames that are written to a flow, a letter each: in a line (`'HEADERS 1 200'`, `'DATA 1 "ok" END_STREAM'`), or
   * by their properties; `|` our FIN, `!` our close.
   *
   * @param options - `beginning`: with the first frames of every connection, SETTINGS and its like, which are left out otherwise.
   *
   * @example
   * ```ts
   * const client = flow('(sa)|', { s: h2.start(), a: h2.get(1, '/') });
   * serve(client, () => response(200, {}, 'ok'), { alpn: 'h2' });
   * expectFrames(client).toBe('(hd|)', { h: 'HEADERS 1 200', d: { stream: 1, says: '"ok"', endStream: true } });
   * ```
   */
  readonly expectFrames: (flow: WiredFlow, options?: { readonly beginning?: boolean }) => Expectation<Part<H2Frame>>;
  /**
   * The WebSocket frames that are written to a flow, a letter each, after the head that opened the WebSocket. A frame is a line (`'TEXT "hello"'`,
   * `'CLOSE 1000'`), or by their properties; `|` our FIN, `!` our close.
   *
   * @example `expectWebSocket(client).toBe('-u-a', { u: 'HTTP/1.1 101', a: 'TEXT "hello"' })`
   */
  readonly expectWebSocket: (flow: WiredFlow) => Expectation<Part<WsFrame>>;
  /**
   * The requests that came to the handler, as `'GET /path'` or by their properties.
   *
   * @example `expectRequests(service).toBe('-a', { a: { method: 'GET', authority: 'test' } })`
   */
  readonly expectRequests: (service: TestService) => Expectation<Part<HttpRequest>>;
  /**
   * The outcomes of a client's requests, or of a call: responses, by their status or their properties, and errors, by their code. Of a
   * connection, `|` is its end, and `#` that it broke.
   *
   * @example `expectResponses(client).toBe('--ab|', { a: { status: 200, protocol: 'h2' }, b: 'connection-reset' })`
   */
  readonly expectResponses: {
    (client: TestClient | TestExchange): Expectation<Part<Outcome>>;
    (called: TestCall): Expectation<Part<TestResponse | Error>>;
  };
  /**
   * Finished exchanges, by their status (`'200'`, `'aborted'` if it did not go out whole) or their properties, an error by its code. `|` is
   * the end of the service or chain, `#` its error.
   *
   * @example `expectServed(service).toBe('-a-b|', { a: { status: 200, sent: 2 }, b: { outcome: 'aborted', error: 'stream-reset' } })`
   */
  readonly expectServed: (service: Pick<TestService, 'served'>) => Expectation<Part<Served>>;
  /**
   * Faults, as their code (`'malformed-request'`) or by their properties.
   *
   * @example `expectFaults(service).toBe('-a', { a: { code: 'truncated', scope: 'exchange' } })`
   */
  readonly expectFaults: (service: Pick<TestService, 'faults'>) => Expectation<Part<ServerFault>>;
  /**
   * Bytes or text that pass a probe, or that an Observable emits; it is subscribed to as `expectObservable` does.
   *
   * @example `expectBody(upload).toBe('-a-b-|', { a: 'hel', b: 'lo' })`
   */
  readonly expectBody: (
    source: Observable<Uint8Array | string> | Pick<Probe<Uint8Array | string>, 'passed'>,
    subscription?: string,
  ) => Expectation<Wire>;
  /**
   * Bytes that are given back, ms by ms: to a flow, or through a probe. A digit stands for itself.
   *
   * @example `expectCredit(upload).toBe('--a-5', { a: 1024 })`
   */
  readonly expectCredit: (source: Pick<Probe<unknown>, 'credits'>) => Expectation<number>;
  /**
   * Values of an Observable, from the subscription diagram's `^` (the beginning, unless given) to its `!`. Also the values that pass a
   * probe, and those that a chain or a service emits besides finished exchanges.
   *
   * @example `expectObservable(flow.drained, '--^---!').toBe('---d', { d: undefined })`
   */
  readonly expectObservable: (
    source: Observable<unknown> | Pick<Probe<unknown>, 'passed'>,
    subscription?: string,
  ) => Expectation<unknown>;
  /**
   * Subscriptions to a cold or hot Observable, to a probe, or to a flow.
   *
   * @example `expectSubscriptions(upload).toBe(['-^--!'])`
   */
  readonly expectSubscriptions: (target: Subscribed | WiredFlow) => SubscriptionExpectation;
  /** Errors that RxJS reported as unhandled. Unless a test expects them, they fail it. */
  readonly expectUnhandled: () => Expectation<unknown>;
  /** As in RxJS's TestScheduler. */
  readonly cold: RunHelpers['cold'];
  /** As in RxJS's TestScheduler. */
  readonly hot: RunHelpers['hot'];
  /** The ms up to the `|` of a diagram. */
  readonly time: RunHelpers['time'];
}
