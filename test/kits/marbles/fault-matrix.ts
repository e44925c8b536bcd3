/**
 * One scene for all faults, and the checks of it: a service of two connections, with a fault in one exchange. The outcome of that exchange
 * is in words; the conditions of all the rest are always checked.
 */
import {
  asyncScheduler,
  config,
  map,
  Observable,
  type SchedulerAction,
  type SchedulerLike,
  type Subscription,
  timer,
} from 'rxjs';
import { type Handler, type Limits, type HttpRequest, ProtocolError, text } from 'rxpaf';
import { type FlowTrait, h1, h2, httpTest, type TestFlow, type TestService, type Wire } from 'rxpaf/testing';
import { framesOf } from '../../../src/testing/h2-frame-reader.js';

export type Version = 'HTTP/1.1' | 'HTTP/2';

/** What goes wrong, in a scene that is otherwise a good one. */
export interface Injection {
  /** The handler of `POST /fault`. */
  readonly request?: (watch: Watch, request: HttpRequest) => ReturnType<Handler<string>['request']>;
  readonly error?: (watch: Watch) => Handler<string>['error'];
  /** What becomes of the connection of that request. */
  readonly traits?: readonly FlowTrait[];
  readonly limits?: Partial<Limits>;
  /** What the scheduler's clock is set by, 8 ms from the beginning. */
  readonly clock?: number;
}

/** What came of it. */
export interface Seen {
  /** The client's response to `POST /fault`: a status, `broken` if the response is not whole; or nothing. */
  readonly gets: string;
  /** Whether a later request on the same connection gets a response. */
  readonly then: 'goes on' | 'ends';
  /** The codes of the error stream. */
  readonly faults: string;
  /** Why exchanges were aborted: the code of the error of each such `Served`, or its message where it has none. */
  readonly aborted: string;
  /** What reached RxJS's hook for errors that nobody handles. */
  readonly unhandled: string;
}

/** Counts what the program's Observables hold. */
export class Watch {
  live = 0;

  source<T>(inner: Observable<T>): Observable<T> {
    return new Observable((subscriber) => {
      this.live++;
      subscriber.add(() => this.live--);
      return inner.subscribe(subscriber);
    });
  }
}

/** A scheduler that knows what is still on it, and whose clock can be set. */
export class Clockwork implements SchedulerLike {
  readonly pending = new Set<object>();
  ahead = 0;

  now(): number {
    return asyncScheduler.now() + this.ahead;
  }

  schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay?: number, state?: T): Subscription {
    const token = {};
    const { pending } = this;
    pending.add(token);
    const done = (): boolean => pending.delete(token);
    const action = asyncScheduler.schedule<T>(
      function (next) {
        done();
        work.call(this, next);
      },
      delay,
      state,
    );
    action.add(done);
    return action;
  }
}

/** Of the client with the fault: a request before, the one it is about at 5 ms, one after it at 40 ms, and its end. */
const SAYS: Readonly<Record<Version, Readonly<Record<string, Wire>>>> = {
  'HTTP/1.1': {
    a: h1.get('/good'),
    f: h1.post('/fault', 'content'),
    z: h1.get('/good'),
    s: h1.get('/slow'),
  },
  'HTTP/2': {
    a: [h2.start(), h2.get(1, '/slow')],
    f: h2.post(3, '/fault', 'content'),
    z: h2.get(5, '/good'),
    s: [h2.start(), h2.get(1, '/slow')],
  },
};

/** How long `POST /fault` is, in octets, and where it begins in what its client says. */
export const FAULTY: Readonly<Record<Version, { readonly begin: number; readonly size: number }>> = {
  'HTTP/1.1': { begin: sizeOf(SAYS['HTTP/1.1']['a']!), size: sizeOf(SAYS['HTTP/1.1']['f']!) },
  'HTTP/2': { begin: sizeOf(SAYS['HTTP/2']['a']!), size: sizeOf(SAYS['HTTP/2']['f']!) },
};

function sizeOf(wire: Wire): number {
  if (typeof wire === 'string') return Buffer.byteLength(wire);
  if (wire instanceof Uint8Array) return wire.length;
  return (wire as readonly Wire[]).reduce((size, part) => size + sizeOf(part), 0);
}

/**
 * Plays the scene.
 *
 * @throws unless the other connection, and the other stream of HTTP/2 if its connection lives on, get their normal responses. Each request
 * must be served once, and nothing must be left: no subscription, no timer, no flow that is read.
 */
export function inject(version: Version, injection: Injection): Seen {
  const watch = new Watch();
  const clockwork = new Clockwork();
  const unhandled: string[] = [];
  let faulty!: TestFlow;
  let other!: TestFlow;
  let service!: TestService;
  httpTest((words) => {
    // Errors that nobody handles are checked below.
    config.onUnhandledError = (error: Error) => unhandled.push(error.message);
    const said = SAYS[version];
    faulty = words.flow('a----f 34ms z 59ms |', said, ...(injection.traits ?? []));
    other = words.flow('s 99ms |', said);
    const error = injection.error?.(watch);
    const handler: Handler<string> = {
      ...(error && { error }),
      request: (request) => {
        if (request.path === '/fault') return (injection.request ?? answering)(watch, request);
        return watch.source(timer(request.path === '/slow' ? SLOW : 1).pipe(map(() => text(request.path))));
      },
    };
    service = words.serve([faulty, other], handler, {
      alpn: version === 'HTTP/2' ? 'h2' : 'http/1.1',
      scheduler: clockwork,
      ...(injection.limits && { limits: injection.limits }),
    });
    timer(8).subscribe(() => (clockwork.ahead += injection.clock ?? 0));
    words.expectSubscriptions(other).toBe('^ 99ms !');
  });
  expectRest(version, service, faulty, other);
  expect({ subscriptions: watch.live, timers: clockwork.pending.size }).toEqual({ subscriptions: 0, timers: 0 });
  const answers = answersIn(version, faulty);
  return {
    gets: answers.get(version === 'HTTP/2' ? 3 : 2) ?? '',
    then: answers.get(version === 'HTTP/2' ? 5 : 3) === '200' ? 'goes on' : 'ends',
    faults: service.faults.happenings.map(({ value }) => value!.code).join(' '),
    aborted: abortedOf(service).join(' '),
    unhandled: unhandled.join(', '),
  };
}

/** Why exchanges were aborted. */
function abortedOf({ served }: TestService): string[] {
  return served.happenings.flatMap(({ value }) => {
    if (value?.outcome !== 'aborted') return [];
    const { error } = value;
    return error instanceof ProtocolError ? error.code : (error?.message ?? 'no error');
  });
}

const answering: NonNullable<Injection['request']> = (watch, { body }) =>
  watch.source(body.text().pipe(map((content) => text(content))));

/** The time of the response to `GET /slow`, ms. */
const SLOW = 30;

/** The conditions of everything without a fault. */
function expectRest(
  version: Version,
  { faults, served, requests }: TestService,
  faulty: TestFlow,
  other: TestFlow,
): void {
  const answered = other.wire.happenings.filter(({ value }) => value !== undefined && value.length > 0);
  expect(answersIn(version, other).get(1)).toBe('200');
  expect(answered.at(-1)!.frame).toBe(SLOW);
  // On the same connection: what came before, or beside it.
  const broken =
    faults.happenings.some(({ frame, value }) => value!.scope === 'connection' && frame < SLOW) ||
    served.happenings.some(({ frame, value }) => isOfConnection(value?.error) && frame < SLOW);
  if (version === 'HTTP/1.1' || !broken) expect(answersIn(version, faulty).get(1)).toBe('200');
  const ends = served.happenings.flatMap(({ value }) => value?.request ?? []);
  expect(new Set(ends)).toEqual(new Set(requests.happenings.map(({ value }) => value)));
  expect(ends).toHaveLength(requests.happenings.length);
  expect(served.happenings.at(-1)!.mark).toBe('|');
  expect(faulty.reads.subscriptions.filter(({ unsubscribedFrame }) => unsubscribedFrame === Infinity)).toEqual([]);
}

/** A client that disconnects is not a fault: the records of its exchanges have the error. */
function isOfConnection(error: Error | undefined): boolean {
  return error instanceof ProtocolError && error.scope === 'connection';
}

/** The status of each final response that was begun, by stream, or by its number on HTTP/1.1; `broken` if it has no end. */
function answersIn(version: Version, flow: TestFlow): Map<number, string> {
  if (version === 'HTTP/2') return answersInFrames(flow);
  const wire = Buffer.concat(flow.wire.happenings.flatMap(({ value }) => value ?? [])).toString('latin1');
  const answers = new Map<number, string>();
  for (let at = 0; at < wire.length;) {
    const [head = '', status = ''] = /^HTTP\/1\.1 (\d+)[^]*?\r\n\r\n/.exec(wire.slice(at)) ?? [];
    const content = wire.slice(at + head.length);
    const length = contentLength(head, content);
    if (!status.startsWith('1')) answers.set(answers.size + 1, length === undefined ? `${status} broken` : status);
    if (length === undefined) break;
    at += head.length + length;
  }
  return answers;
}

/** The length of the content after `head`; undefined if it is not whole. */
function contentLength(head: string, content: string): number | undefined {
  if (/^transfer-encoding: chunked/im.test(head)) {
    const chunks = /^(?:[1-9a-f][0-9a-f]*\r\n[^\r]*\r\n)*0\r\n\r\n/.exec(content);
    return chunks?.[0].length;
  }
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
  return head !== '' && content.length >= length ? length : undefined;
}

function answersInFrames(flow: TestFlow): Map<number, string> {
  const answers = new Map<number, string>();
  for (const { value } of framesOf(flow.wire, false).happenings) {
    if (value === undefined || value.stream === 0) continue;
    const { stream, type, says, endStream } = value;
    if (type === 'HEADERS' && !says.startsWith('1')) answers.set(stream, `${says} broken`);
    if (endStream) answers.set(stream, answers.get(stream)!.replace(' broken', ''));
  }
  return answers;
}
