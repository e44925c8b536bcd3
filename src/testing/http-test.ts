/** The test itself: virtual time, and the words that a test is written in. */
import { config, isObservable, Observable } from 'rxjs';
import { type RunHelpers, TestScheduler } from 'rxjs/testing';
import type { Request } from '../drive/message.js';
import type { Served, ServerFault } from '../server/index.js';
import { h1 } from './h1.js';
import { h2 } from './h2.js';
import { framesOf, type H2Frame, tellFrame } from './h2-frames.js';
import { parseDiagram } from './diagram.js';
import { makeProbe, type Probe } from './probe.js';
import { type Expectation, Expectations, type Recording, Row } from './row.js';
import { type Subscribed, type SubscriptionExpectation, subscriptionExpectation } from './subscriptions.js';
import { fragment, type FlowTrait, slowPeer, TestFlow } from './test-flow.js';
import { type TestFlows, type TestHandler, TestService, type TestServeOptions } from './test-service.js';
import { type Part, partLanguage, valueLanguage } from './values.js';
import { byteLanguage, type Wire } from './wire.js';

/** What a test is written with. All times are virtual: ms since the test began. */
export interface HttpTest {
  /** A flow whose peer is drawn: letters are chunks, `|` its FIN, `#` its reset. Times count from the test's beginning. */
  readonly flow: (
    diagram: string,
    values?: Readonly<Record<string, Wire>>,
    ...traits: readonly FlowTrait[]
  ) => TestFlow;
  /** Serves flows at once. */
  readonly serve: (flows: TestFlows, handler: TestHandler, options?: TestServeOptions) => TestService;
  /** Builders of HTTP/1.1 bytes. */
  readonly h1: typeof h1;
  /** Builders of HTTP/2 bytes. */
  readonly h2: typeof h2;
  /** A peer that takes what is written only where the diagram has letters. */
  readonly slowPeer: typeof slowPeer;
  /** A peer whose chunks arrive in pieces. */
  readonly fragment: typeof fragment;
  /** An operator that records what passes it. */
  readonly probe: <T = Uint8Array>() => Probe<T>;
  /** What is written to a flow: letters are all bytes of a frame, `|` our FIN, `!` our close. */
  readonly expectWire: (flow: TestFlow) => Expectation<Wire>;
  /**
   * The HTTP/2 frames that are written to a flow, a letter each: in a line (`'HEADERS 1 200'`, `'DATA 1 "ok" END_STREAM'`), or
   * by their properties; `|` our FIN, `!` our close.
   *
   * @param options - `beginning`: with what every connection begins with, SETTINGS and its like, which is left out otherwise.
   *
   * @example
   * ```ts
   * const client = flow('(sa)|', { s: h2.start(), a: h2.get(1, '/') });
   * serve(client, () => response(200, {}, 'ok'), { alpn: 'h2' });
   * expectFrames(client).toBe('(hd|)', { h: 'HEADERS 1 200', d: { stream: 1, says: '"ok"', endStream: true } });
   * ```
   */
  readonly expectFrames: (flow: TestFlow, options?: { readonly beginning?: boolean }) => Expectation<Part<H2Frame>>;
  /** The requests that came to the handler, as `'GET /path'` or by their properties. */
  readonly expectRequests: (service: TestService) => Expectation<Part<Request>>;
  /** Finished exchanges, as their status (`'200'`, `'aborted'` where it did not go out whole) or by their properties; `|`: the service's end. */
  readonly expectServed: (service: TestService) => Expectation<Part<Served>>;
  /** Faults, as their code (`'malformed-request'`) or by their properties. */
  readonly expectFaults: (service: TestService) => Expectation<Part<ServerFault>>;
  /** Bytes or text that pass a probe, or that an Observable emits; it is subscribed to as `expectObservable` does. */
  readonly expectBody: (
    source: Observable<Uint8Array | string> | Pick<Probe<Uint8Array | string>, 'passed'>,
    subscription?: string,
  ) => Expectation<Wire>;
  /** Bytes that are given back, frame by frame: to a flow, or through a probe. */
  readonly expectCredit: (source: TestFlow | Pick<Probe<unknown>, 'credits'>) => Expectation<number>;
  /** Values of an Observable, from the subscription diagram's `^` (the beginning, unless given) to its `!`; or those that pass a probe. */
  readonly expectObservable: (
    source: Observable<unknown> | Pick<Probe<unknown>, 'passed'>,
    subscription?: string,
  ) => Expectation<unknown>;
  /** Subscriptions to a cold or hot Observable, to a probe, or to a flow. */
  readonly expectSubscriptions: (target: Subscribed | TestFlow) => SubscriptionExpectation;
  /** Errors that RxJS had nobody to give to. Unless a test expects them, they fail it. */
  readonly expectUnhandled: () => Expectation<unknown>;
  /** As in RxJS's TestScheduler. */
  readonly cold: RunHelpers['cold'];
  /** As in RxJS's TestScheduler. */
  readonly hot: RunHelpers['hot'];
  /** The ms up to the `|` of a diagram. */
  readonly time: RunHelpers['time'];
}

/** Virtual time ends after an hour: what goes on for ever is cut off. */
const HOUR = 3_600_000;

/**
 * Runs a test of HTTP in virtual time: bytes in and bytes out as marble diagrams, no socket, no waiting, any test framework.
 *
 * @throws DiagramMismatch where something else happened than was drawn; `TypeError` where nothing was expected.
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
export function httpTest(test: (words: HttpTest) => void): void {
  const scheduler = new TestScheduler(() => undefined);
  const expectations = new Expectations();
  const unhandled = new Row<unknown>(scheduler);
  const expecting = { unhandled: false };
  const { onUnhandledError } = config;
  config.onUnhandledError = (error) => unhandled.value(error);
  try {
    scheduler.run((helpers) => {
      scheduler.maxFrames = HOUR;
      test(wordsOf(scheduler, helpers, expectations, unhandled, expecting));
      if (expectations.isEmpty) throw new TypeError('the test expects nothing');
    });
  } finally {
    config.onUnhandledError = onUnhandledError;
  }
  if (!expecting.unhandled) for (const { value } of unhandled.happenings) throw value;
  expectations.verify();
}

function wordsOf(
  scheduler: TestScheduler,
  { cold, hot, time }: RunHelpers,
  expectations: Expectations,
  unhandled: Row<unknown>,
  expecting: { unhandled: boolean },
): HttpTest {
  let flows = 0;
  const record = <T>(source: Observable<T>, subscription = '^'): Recording<T> => {
    const probe = makeProbe<T>(scheduler);
    for (const { frame, mark } of parseDiagram(subscription, '^!')) {
      if (mark === '^') scheduler.schedule(() => subscribe(), frame - scheduler.now());
      else scheduler.schedule(() => subscribed?.unsubscribe(), frame - scheduler.now());
    }
    let subscribed: { unsubscribe(): void } | undefined;
    const subscribe = (): void => {
      subscribed = probe(source).subscribe({ error: () => undefined });
    };
    return probe.passed;
  };
  return {
    flow: (diagram, values = {}, ...traits) => new TestFlow(`flow ${++flows}`, scheduler, diagram, values, traits),
    serve: (served, handler, options = {}) => new TestService(scheduler, served, handler, options),
    h1,
    h2,
    slowPeer,
    fragment,
    probe: () => makeProbe(scheduler),
    expectWire: ({ wire, name }) => expectations.of(wire, byteLanguage(`wire of ${name}`, '|!')),
    expectFrames: ({ wire, name }, { beginning = false } = {}) =>
      expectations.of(
        framesOf(wire, beginning),
        partLanguage<H2Frame>(`frames of ${name}`, '|!', tellFrame, ['length', 'fields']),
      ),
    expectRequests: ({ requests }) =>
      expectations.of(
        requests,
        partLanguage<Request>('requests', '', ({ method, path }) => `${method} ${path}`, [
          'method',
          'authority',
          'path',
          'version',
        ]),
      ),
    expectServed: ({ served }) =>
      expectations.of(
        served,
        partLanguage<Served>(
          'served',
          '|',
          ({ status, outcome }) => (outcome === 'complete' ? String(status) : outcome),
          [...(['protocol', 'peer', 'status', 'outcome', 'received', 'sent', 'duration'] as const)],
        ),
      ),
    expectFaults: ({ faults }) =>
      expectations.of(
        faults,
        partLanguage<ServerFault>('faults', '', ({ code }) => code, [
          ...(['kind', 'code', 'message', 'status', 'scope', 'initiator', 'peer', 'protocol'] as const),
        ]),
      ),
    expectBody: (source, subscription) =>
      expectations.of(isObservable(source) ? record(source, subscription) : source.passed, byteLanguage('body', '|#')),
    expectCredit: ({ credits }) =>
      expectations.of(credits, {
        title: 'credit',
        controls: '',
        matches: (expected, actual) => Number(expected) === actual,
        tellExpected: (expected) => `${expected} bytes`,
        tell: (actual) => `${actual} bytes`,
      }),
    expectObservable: (source, subscription) =>
      expectations.of(isObservable(source) ? record(source, subscription) : source.passed, valueLanguage('values')),
    expectSubscriptions: (target) =>
      subscriptionExpectation(expectations, target instanceof TestFlow ? target.reads : target, 'subscriptions'),
    expectUnhandled: () => {
      expecting.unhandled = true;
      return expectations.of(unhandled, valueLanguage('unhandled errors'));
    },
    cold,
    hot,
    time,
  };
}
