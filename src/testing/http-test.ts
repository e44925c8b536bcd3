/** The test itself: virtual time, the helpers bound to it, and the checks when time is over. */
import { config, isObservable, type Observable } from 'rxjs';
import { type RunHelpers, TestScheduler } from 'rxjs/testing';
import type { HttpRequest } from '../drive/request.js';
import type { Served, ServerFault } from '../server/index.js';
import { durationOf, parseDiagram } from './diagram.js';
import { type Split, splitFailure, splitsOf } from './every-split.js';
import { codeOf } from './equality.js';
import { Expectations } from './expectations.js';
import { h1 } from './h1-builders.js';
import { h2 } from './h2-builders.js';
import { ws } from './ws-builders.js';
import { tellWsFrame, type WsFrame, wsFramesOf } from './ws-frame-reader.js';
import { framesOf, type H2Frame, tellFrame } from './h2-frame-reader.js';
import { told } from './mismatch.js';
import { makeProbe } from './probe.js';
import { type Recording, Row } from './recorded-row.js';
import { subscriptionExpectation } from './subscription-rows.js';
import { TestCall, type TestResponse } from './test-call.js';
import { TestChain } from './test-chain.js';
import { type Outcome, runOnce, TestClient, type TestExchange } from './test-client.js';
import { TestFaults } from './test-faults.js';
import { TestFlow } from './test-flow.js';
import { SERVE_OPTIONS, type TestServeOptions, TestService, servingBy, servingWith } from './test-service.js';
import { delayed, dropAt, fragment, halfCloseAt, resetAt, slowPeer, stallAt } from './flow-traits.js';
import { partLanguage, sizeLanguage, valueLanguage } from './value-rows.js';
import { Escapes, LeftVirtualTime } from './virtual-time.js';
import { unframed } from './chunk-normalizer.js';
import { byteLanguage } from './byte-rows.js';
import { PAIR_OPTIONS, PairFlow } from './test-pair.js';
import { booleanValue, checkOptions, numberOf, type OptionTable } from '../option-checks.js';
import type { HttpTest } from './http-test-helpers.js';

/** A program that goes on for ever is cut off here. */
const HOUR = 3_600_000;

/** How a test is run. */
export interface HttpTestOptions {
  /**
   * Virtual time that passes: ms, or a diagram that is so long (`'---'`, `'5s'`). An hour unless set, in which idle connections
   * come to their end: a test that is over before that need not draw it.
   */
  readonly duration?: number | string;
}

const OPTIONS: OptionTable<HttpTestOptions> = {
  duration: (name, value) => (typeof value === 'string' ? undefined : numberOf(0, 'ms, or a diagram')(name, value)),
};

const WIRE = { '|': 'our FIN', '!': 'our close' };
const BODY = { '|': 'its end', '#': 'its error' };

/**
 * Runs a test of HTTP in virtual time: bytes in and bytes out as marble diagrams, no socket, no waiting, any test framework. It is
 * synchronous: it returns if all is as drawn, and throws otherwise.
 *
 * @throws SyntaxError for a diagram that cannot be read; DiagramMismatch if the result differs from the diagram; `TypeError` if nothing was
 * expected. {@link LeftVirtualTime} if the test waits for something outside virtual time, for example a Promise. Errors that the test
 * throws, or that were thrown in it and not handled, pass through.
 *
 * @example
 * ```ts
 * test('answers a request', () =>
 *   httpTest(({ flow, serve, h1, expectWire }) => {
 *     const client = flow('-a--|', { a: h1.get('/') });
 *     serve(client, () => text('ok'));
 *     expectWire(client).toBe('-x--|', { x: h1.response(200, 'ok') });
 *   }));
 * ```
 */
export function httpTest(test: (words: HttpTest) => void, options: HttpTestOptions = {}): void {
  runSplits(test, options, false);
}

/**
 * As `httpTest`, with each flow of the test cut in all ways: see `fragment`.
 *
 * @example
 * ```ts
 * test('reads a request, however it comes', () =>
 *   httpTest.everySplit(({ flow, serve, h1, expectRequests }) => {
 *     const service = serve(flow('-a--|', { a: h1.post('/', 'body') }), () => text('ok'));
 *     expectRequests(service).toBe('-a', { a: 'POST /' });
 *   }));
 * ```
 */
httpTest.everySplit = (test: (words: HttpTest) => void, options: HttpTestOptions = {}): void =>
  runSplits(test, options, true);

/** Runs the test as it is drawn, then for each split that it asks for. */
function runSplits(test: (words: HttpTest) => void, options: HttpTestOptions, all: boolean): void {
  checkOptions('httpTest', options, OPTIONS);
  const { duration = HOUR } = options;
  const length = typeof duration === 'number' ? duration : durationOf(duration);
  const flows = new Run(undefined, length).run(test);
  for (const split of splitsOf(flows, all)) {
    try {
      new Run(split, length).run(test);
    } catch (error) {
      throw splitFailure(error, flows[split.flow]!, split.cut);
    }
  }
}

/** One run of a test. */
class Run {
  private readonly scheduler = new TestScheduler(() => undefined);
  private readonly expectations: Expectations;
  private readonly unhandled = new Row<unknown>(this.scheduler);
  private readonly escapes = new Escapes();
  private readonly flows: TestFlow[] = [];
  private readonly services: TestService[] = [];
  private readonly chains: TestChain[] = [];
  private readonly clients: (TestClient | TestExchange | TestCall)[] = [];
  private pairs = 0;
  /** Services whose faults the test looks at. */
  private readonly known = new Set<unknown>();
  private unhandledExpected = false;

  constructor(
    private readonly split: Split | undefined,
    private readonly duration: number,
  ) {
    this.expectations = new Expectations(split !== undefined);
  }

  /** @returns the flows that the test made. */
  run(test: (words: HttpTest) => void): readonly TestFlow[] {
    const { onUnhandledError } = config;
    config.onUnhandledError = (error) => this.unhandled.value(error);
    try {
      this.escapes.watch(() =>
        this.scheduler.run((helpers) => {
          this.scheduler.maxFrames = this.duration;
          // A function that is typed as void may return anything.
          this.escapes.check(test(this.words(helpers)), 'what the test function itself gave');
          if (this.expectations.isEmpty) throw new TypeError('the test expects nothing');
        }),
      );
    } finally {
      config.onUnhandledError = onUnhandledError;
    }
    try {
      this.verify();
    } finally {
      // A value that a Promise or a native timer gives later would go on in real time.
      for (const each of [...this.services, ...this.chains, ...this.clients]) each.end();
    }
    return this.flows;
  }

  private verify(): void {
    const failures = this.expectations.failures();
    const messages = failures.map(({ message }) => message);
    const left = this.escapes.failure;
    if (left !== undefined) throw new LeftVirtualTime([left.message, ...messages].join('\n\n'));
    if (!this.unhandledExpected) for (const { value } of this.unhandled.happenings) throw value;
    const { suspicion } = this.escapes;
    const [first] = failures;
    if (first === undefined) {
      const sides = [...this.services, ...this.clients];
      const unanswered = sides.map((side) => side.unanswered).find((each) => each !== undefined);
      if (suspicion === undefined || unanswered === undefined) return;
      throw new LeftVirtualTime(`${unanswered}, and may wait for something outside of virtual time.\n${suspicion}`);
    }
    const trouble = this.services.map((service) => (this.known.has(service) ? undefined : service.trouble));
    const failed = this.chains.map((chain) => chain.trouble);
    const notes = [...trouble, ...failed, suspicion].filter((note) => note !== undefined);
    throw told(first, { message: [...messages, ...notes].join('\n\n') });
  }

  private words({ cold, hot, time }: RunHelpers): HttpTest {
    const { scheduler, expectations } = this;
    const recordingOf = <T>(source: Observable<T> | { passed: Recording<T> }, subscription?: string): Recording<T> =>
      isObservable(source) ? this.record(source, subscription) : source.passed;
    return {
      ...{ h1, h2, ws, cold, hot, time },
      ...{ slowPeer, fragment, delayed, dropAt, halfCloseAt, resetAt, stallAt },
      flow: (diagram, values = {}, ...traits) => {
        const { flows, split } = this;
        const cut = split?.flow === flows.length ? split.cut : undefined;
        const flow = new TestFlow(`flow ${flows.length + 1}`, scheduler, diagram, values, traits, cut);
        flows.push(flow);
        return flow;
      },
      serve: (flows, handler, options = {}) => {
        checkOptions('serve', options, SERVE_OPTIONS);
        const serving = servingWith(handler, options, this.escapes);
        const service = new TestService(scheduler, flows, serving, options, this.escapes);
        this.services.push(service);
        return service;
      },
      serveConnections: (flows, use, options = {}) => {
        checkOptions('serveConnections', options as TestServeOptions<never>, SERVE_OPTIONS);
        const service = new TestService(scheduler, flows, servingBy(use, options), options, this.escapes);
        this.services.push(service);
        return service;
      },
      chain: (flow, chain, options = {}) => {
        const running = new TestChain(scheduler, flow, chain, options, this.escapes);
        this.chains.push(running);
        return running;
      },
      call: (service, request = {}) => {
        const called = new TestCall(scheduler, service, request, this.escapes);
        this.clients.push(called);
        return called;
      },
      faultStream: () => new TestFaults(scheduler),
      connect: (flow, options = {}) => {
        const client = new TestClient(scheduler, flow, options, this.escapes);
        this.clients.push(client);
        return client;
      },
      request: (flow, request, options = {}) => {
        const exchange = runOnce(scheduler, flow, request, options, this.escapes);
        this.clients.push(exchange);
        return exchange;
      },
      pair: (given = {}) => {
        checkOptions('pair', given, PAIR_OPTIONS);
        const { alpn, ...options } = given;
        const number = ++this.pairs === 1 ? '' : ` ${this.pairs}`;
        const [client, server] = ['client', 'server'].map(
          (side) => new PairFlow(`${side}${number}`, scheduler, { ...options, scheduler }, alpn),
        ) as [PairFlow, PairFlow];
        client.connect(server);
        server.connect(client);
        return { client, server };
      },
      probe: () => makeProbe(scheduler),
      expectWire: ({ wire, writes, name }, options = {}) => {
        checkOptions('expectWire', options, { coalesce: booleanValue });
        return expectations.of(options.coalesce === false ? writes : wire, byteLanguage(`wire of ${name}`, WIRE));
      },
      expectFrames: ({ wire, name }, options = {}) => {
        checkOptions('expectFrames', options, { beginning: booleanValue });
        return expectations.of(
          framesOf(this.split === undefined ? wire : unframed(wire), options.beginning === true),
          partLanguage<H2Frame>(`frames of ${name}`, WIRE, tellFrame, ['length', 'fields']),
        );
      },
      expectWebSocket: ({ wire, name }) =>
        expectations.of(
          wsFramesOf(wire),
          partLanguage<WsFrame>(`WebSocket frames of ${name}`, WIRE, tellWsFrame, ['length', 'masked']),
        ),
      expectRequests: ({ requests }) => expectations.of(requests, REQUESTS),
      expectResponses: ({ responses }) => expectations.of(responses, RESPONSES),
      expectServed: ({ served }) => expectations.of(served, SERVED),
      expectFaults: (service) => {
        this.known.add(service);
        return expectations.of(service.faults, FAULTS);
      },
      expectBody: (source, subscription) =>
        expectations.of(recordingOf(source, subscription), byteLanguage('body', BODY)),
      expectCredit: ({ credits }) => expectations.of(credits, sizeLanguage('credit')),
      expectObservable: (source, subscription) =>
        expectations.of(recordingOf(source, subscription), valueLanguage('values')),
      expectSubscriptions: (target) =>
        subscriptionExpectation(expectations, 'reads' in target ? target.reads : target, 'subscriptions'),
      expectUnhandled: () => {
        this.unhandledExpected = true;
        return expectations.of(this.unhandled, valueLanguage('unhandled errors'));
      },
    };
  }

  /** The values that `source` emits to a subscriber that is drawn. */
  private record<T>(source: Observable<T>, subscription = '^'): Recording<T> {
    const { scheduler } = this;
    const probe = makeProbe<T>(scheduler);
    let subscribed: { unsubscribe(): void } | undefined;
    const subscribe = (): void => {
      subscribed = probe(source).subscribe({ error: () => undefined });
    };
    for (const { frame, mark } of parseDiagram(subscription, '^!')) {
      if (mark === '^') scheduler.schedule(subscribe, frame - scheduler.now());
      else scheduler.schedule(() => subscribed?.unsubscribe(), frame - scheduler.now());
    }
    return probe.passed;
  }
}

/** Its code, or its message. */
function errorInShort(error: Error): string {
  const code = codeOf(error);
  return typeof code === 'string' ? code : error.message;
}

const REQUESTS = partLanguage<HttpRequest>('requests', {}, ({ method, path }) => `${method} ${path}`, [
  ...(['method', 'authority', 'path', 'version'] as const),
]);

const RESPONSES = partLanguage<Outcome | TestResponse | Error>(
  'responses',
  { '|': "the connection's end", '#': 'it broke' },
  (outcome) => (outcome instanceof Error ? errorInShort(outcome) : String(outcome.status)),
  [...(['status', 'protocol', 'headers', 'code', 'message', 'retryable', 'reason'] as const)],
);

const SERVED = partLanguage<Served>(
  'served',
  { '|': "the service's end", '#': "the chain's error" },
  ({ status, outcome }) => (outcome === 'complete' ? String(status) : outcome),
  ['protocol', 'peer', 'status', 'outcome', 'error', 'received', 'sent', 'duration'],
);

const FAULTS = partLanguage<ServerFault>('faults', {}, ({ code }) => code, [
  ...(['kind', 'code', 'message', 'status', 'scope', 'initiator', 'peer', 'protocol'] as const),
]);
