/** The test itself: virtual time, the words bound to it, and what is looked at when time is over. */
import { config, isObservable, type Observable } from 'rxjs';
import { type RunHelpers, TestScheduler } from 'rxjs/testing';
import type { Request } from '../drive/message.js';
import type { Served, ServerFault } from '../server/index.js';
import { parseDiagram } from './diagram.js';
import { type Split, splitFailure, splitsOf } from './every-split.js';
import { Expectations } from './expectations.js';
import { h1 } from './h1.js';
import { h2 } from './h2.js';
import { framesOf, type H2Frame, tellFrame } from './h2-frames.js';
import { told } from './mismatch.js';
import { makeProbe } from './probe.js';
import { type Recording, Row } from './row.js';
import { subscriptionExpectation } from './subscriptions.js';
import { TestFlow } from './test-flow.js';
import { TestService } from './test-service.js';
import { delayed, dropAt, fragment, halfCloseAt, resetAt, slowPeer, stallAt } from './traits.js';
import { partLanguage, sizeLanguage, valueLanguage } from './values.js';
import { Escapes, LeftVirtualTime } from './virtual-time.js';
import { byteLanguage } from './wire.js';
import type { HttpTest } from './words.js';

/** Virtual time ends after an hour: what goes on for ever is cut off. */
const HOUR = 3_600_000;

const WIRE = { '|': 'our FIN', '!': 'our close' };
const BODY = { '|': 'its end', '#': 'its error' };

/**
 * Runs a test of HTTP in virtual time: bytes in and bytes out as marble diagrams, no socket, no waiting, any test framework. It
 * is synchronous: it returns where all is as drawn, and throws where it is not.
 *
 * @throws DiagramMismatch where something else happened than was drawn; {@link LeftVirtualTime} where the test waits for what
 * virtual time does not see, a Promise say; `TypeError` where nothing was expected; what the test throws, and what was thrown in
 * it with nobody to handle it.
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
  runSplits(test, false);
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
httpTest.everySplit = (test: (words: HttpTest) => void): void => runSplits(test, true);

/** Runs the test as it is drawn, then for each split that it asks for. */
function runSplits(test: (words: HttpTest) => void, all: boolean): void {
  const flows = new Run(undefined).run(test);
  for (const split of splitsOf(flows, all)) {
    try {
      new Run(split).run(test);
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
  /** Services whose faults the test looks at. */
  private readonly known = new Set<TestService>();
  private unhandledExpected = false;

  constructor(private readonly split: Split | undefined) {
    this.expectations = new Expectations(split !== undefined);
  }

  /** @returns the flows that the test made. */
  run(test: (words: HttpTest) => void): readonly TestFlow[] {
    const { onUnhandledError } = config;
    config.onUnhandledError = (error) => this.unhandled.value(error);
    try {
      this.escapes.watch(() =>
        this.scheduler.run((helpers) => {
          this.scheduler.maxFrames = HOUR;
          // What is typed as void may give anything.
          this.escapes.check(test(this.words(helpers)), 'what the test function itself gave');
          if (this.expectations.isEmpty) throw new TypeError('the test expects nothing');
        }),
      );
    } finally {
      config.onUnhandledError = onUnhandledError;
    }
    this.verify();
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
      const unanswered = this.services.map((service) => service.unanswered).find((each) => each !== undefined);
      if (suspicion === undefined || unanswered === undefined) return;
      throw new LeftVirtualTime(`${unanswered}, and may wait for something outside of virtual time.\n${suspicion}`);
    }
    const trouble = this.services.map((service) => (this.known.has(service) ? undefined : service.trouble));
    const notes = [...trouble, suspicion].filter((note) => note !== undefined);
    throw told(first, { message: [...messages, ...notes].join('\n\n') });
  }

  private words({ cold, hot, time }: RunHelpers): HttpTest {
    const { scheduler, expectations } = this;
    const recordingOf = <T>(source: Observable<T> | { passed: Recording<T> }, subscription?: string): Recording<T> =>
      isObservable(source) ? this.record(source, subscription) : source.passed;
    return {
      ...{ h1, h2, cold, hot, time },
      ...{ slowPeer, fragment, delayed, dropAt, halfCloseAt, resetAt, stallAt },
      flow: (diagram, values = {}, ...traits) => {
        const { flows, split } = this;
        const cut = split?.flow === flows.length ? split.cut : undefined;
        const flow = new TestFlow(`flow ${flows.length + 1}`, scheduler, diagram, values, traits, cut);
        flows.push(flow);
        return flow;
      },
      serve: (flows, handler, options = {}) => {
        const service = new TestService(scheduler, flows, handler, options, this.escapes);
        this.services.push(service);
        return service;
      },
      probe: () => makeProbe(scheduler),
      expectWire: ({ wire, writes, name }, { coalesce = true } = {}) =>
        expectations.of(coalesce ? wire : writes, byteLanguage(`wire of ${name}`, WIRE)),
      expectFrames: ({ wire, name }, { beginning = false } = {}) =>
        expectations.of(
          framesOf(wire, beginning),
          partLanguage<H2Frame>(`frames of ${name}`, WIRE, tellFrame, ['length', 'fields']),
        ),
      expectRequests: ({ requests }) => expectations.of(requests, REQUESTS),
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
        subscriptionExpectation(expectations, target instanceof TestFlow ? target.reads : target, 'subscriptions'),
      expectUnhandled: () => {
        this.unhandledExpected = true;
        return expectations.of(this.unhandled, valueLanguage('unhandled errors'));
      },
    };
  }

  /** What `source` emits to a subscriber that is drawn. */
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

const REQUESTS = partLanguage<Request>('requests', {}, ({ method, path }) => `${method} ${path}`, [
  ...(['method', 'authority', 'path', 'version'] as const),
]);

const SERVED = partLanguage<Served>(
  'served',
  { '|': "the service's end" },
  ({ status, outcome }) => (outcome === 'complete' ? String(status) : outcome),
  ['protocol', 'peer', 'status', 'outcome', 'received', 'sent', 'duration'],
);

const FAULTS = partLanguage<ServerFault>('faults', {}, ({ code }) => code, [
  ...(['kind', 'code', 'message', 'status', 'scope', 'initiator', 'peer', 'protocol'] as const),
]);
