/** Replays: a recorded peer, a handler under test, virtual time, and the exchanges that come of it. */
import { concatMap, defer, from, map, of, timer } from 'rxjs';
import { type Handler, service, type ServiceOptions } from '../../server/index.js';
import { httpTest } from '../http-test.js';
import type { TestFlow } from '../test-flow.js';
import type { TestHandler } from '../test-service.js';
import type { HttpTest } from '../http-test-helpers.js';
import { type Exchange, type ExpectedExchange, expectationOf } from './exchange.js';
import { record, type RecordOptions, type RecordedConnection } from './recording.js';
import { bytesByLetter, lettersOf } from './timeline.js';
import { checkOptions, oneOf, type OptionTable, textValue } from '../../option-checks.js';
import { CONNECTIONS_OPTIONS } from '../../server/accepting.js';
import { checkRedaction } from './redaction.js';

/** How a recorded connection is served again. */
export interface ReplayOptions extends ServiceOptions, Pick<RecordOptions, 'redact'> {
  /** The ALPN result; none unless set. */
  readonly alpn?: string | undefined;
  /** Unless set, `https` where there is an ALPN result. */
  readonly scheme?: 'http' | 'https';
}

const REPLAY_OPTIONS: OptionTable<ReplayOptions> = {
  ...CONNECTIONS_OPTIONS,
  redact: checkRedaction,
  alpn: textValue,
  scheme: oneOf('http', 'https'),
};

/** When virtual time is as good as over: a minute before `httpTest` ends. */
const END = 59;

/** Serves `flow` as a connection of its own; the result is in the recording that is returned. */
function serveAgain(flow: TestFlow, given: TestHandler, options: ReplayOptions): () => readonly Exchange[] {
  checkOptions('replay', options, REPLAY_OPTIONS);
  const { alpn, scheme = alpn === undefined ? 'http' : 'https', redact = {}, ...rest } = options;
  const recorder = record(flow, { limit: Infinity, redact });
  const handler: Handler<string> = typeof given === 'function' ? { request: given } : given;
  of(flow)
    .pipe(
      service<TestFlow, string>(
        { alpn: () => alpn, peer: ({ name }) => name, injection: () => recorder.flow, scheme: () => scheme },
        handler,
        rest,
      ),
    )
    .subscribe();
  return () => recorder.recording().exchanges;
}

/** An expectation of exchanges. */
export interface ExchangesExpectation {
  /**
   * The exchanges of the connection, in the order of their requests; of each, the properties that must be the same.
   *
   * @throws DiagramMismatch at the end of the test, if others came.
   */
  toBe(exchanges: readonly ExpectedExchange[]): void;
}

/**
 * Serves `flow` with `handler` and expects exchanges, at any time: the form in which a recording is printed. The other helpers of
 * `httpTest` check the times.
 *
 * @example
 * ```ts
 * httpTest((words) => {
 *   const client = words.flow('a|', { a: words.h1.get('/') });
 *   expectExchanges(words, client, () => text('ok')).toBe([{ request: 'GET /', status: 200, body: 'ok' }]);
 * });
 * ```
 */
export function expectExchanges(
  words: Pick<HttpTest, 'expectObservable'>,
  flow: TestFlow,
  handler: TestHandler,
  options: ReplayOptions = {},
): ExchangesExpectation {
  const exchanges = serveAgain(flow, handler, options);
  return {
    toBe: (expected) => {
      const letters = lettersOf(expected.length);
      const told = defer(() =>
        from(exchanges().map((exchange, index) => likeness(expectationOf(exchange), expected[index]))),
      );
      words.expectObservable(timer(END * 60_000).pipe(concatMap(() => told))).toBe(
        `${END}m (${letters.join('')}|)`,
        // Copies: objects of another realm (a `vm` context) would not be equal to any of this one.
        Object.fromEntries(letters.map((letter, index) => [letter, { ...expected[index] }])),
      );
    },
  };
}

/** The properties of `exchange` that are named in `expected`, in their order. */
function likeness(exchange: ExpectedExchange, expected: ExpectedExchange | undefined): ExpectedExchange {
  if (expected === undefined) return exchange;
  const names = Object.keys(expected) as (keyof ExpectedExchange)[];
  return Object.fromEntries(names.map((name) => [name, exchange[name]])) as unknown as ExpectedExchange;
}

/**
 * Replays a recording in virtual time, as fast as it can be.
 *
 * @returns the exchanges that came of it: with the same handler, those of the recording.
 *
 * @example
 * ```ts
 * const exchanges = replay(recording, (request) => text(request.path));
 * console.log(exchanges.map(({ target, status }) => `${target} ${status}`));
 * ```
 */
export function replay(
  recording: RecordedConnection,
  handler: TestHandler,
  options: ReplayOptions = {},
): readonly Exchange[] {
  let replayed: readonly Exchange[] = [];
  httpTest(({ flow, expectObservable }) => {
    const exchanges = serveAgain(flow(recording.diagram, bytesByLetter(recording)), handler, {
      alpn: recording.alpn,
      ...options,
    });
    const read = map(() => {
      replayed = exchanges();
      return 'read';
    });
    expectObservable(timer(END * 60_000).pipe(read)).toBe(`${END}m (r|)`, { r: 'read' });
  });
  return replayed;
}
