/**
 * The server of the fault matrix over real sockets: HTTP/1.1 and HTTP/2, on cleartext and on TLS. Its handlers do what they should not, and
 * its time limits are short. It reports over IPC everything that a fault could leave.
 */
import { closeSync, openSync, readdirSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import {
  bytes,
  fromPull,
  listen,
  type ListenAddress,
  nodeInfo,
  type HttpRequest,
  ProtocolError,
  type Served,
  type HttpResponse,
  response,
  service,
  text,
} from 'rxpaf';
import {
  concat,
  defer,
  delay,
  EMPTY,
  finalize,
  map,
  merge,
  mergeMap,
  NEVER,
  Observable,
  of,
  throwError,
  timer,
} from 'rxjs';
import { selfSigned } from '../certificate.js';

/** The resources of the process, and the events since the last report. */
export interface Report {
  /** The error stream, by `code`. */
  readonly faults: readonly string[];
  /** Records with an error that does not count as a fault, by outcome and code: those of clients that disconnect. */
  readonly records: readonly string[];
  readonly uncaught: readonly string[];
  /** Observables of the handlers that are subscribed to. */
  readonly live: number;
  readonly sockets: number;
  readonly timers: number;
  readonly descriptors: number;
  /** Bytes, after a collection. */
  readonly heap: number;
}

/** What the test asks for. */
export type Order =
  | 'report'
  /** That it says so when its event loop has turned: nothing is reported, and nothing is forgotten. */
  | 'turn'
  /** That the wall clock is so many ms ahead. */
  | { readonly ahead: number }
  /** That it takes all descriptors that it may have, or gives them back. */
  | { readonly exhausted: boolean };

let live = 0;
let faults: string[] = [];
let served: Served[] = [];
const causes = new WeakSet<Error>();
let uncaught: string[] = [];
process.on('uncaughtException', (error) => uncaught.push(error.message));
process.on('unhandledRejection', (reason) => uncaught.push(String(reason)));

const counted = <T>(source: Observable<T>): Observable<T> =>
  defer(() => {
    live++;
    return source.pipe(finalize(() => live--));
  });

const boom = (): never => {
  throw new Error('boom');
};
const later = <T>(value: T): Observable<T> => of(value).pipe(delay(20));
const failing = (): Observable<never> => timer(20).pipe(mergeMap(() => throwError(() => new Error('boom'))));
const part = (): Observable<string> => later('part');

function* pieces(size: number): Generator<Buffer> {
  for (let left = size; left > 0; left -= 65_536) yield Buffer.alloc(Math.min(left, 65_536), 'x');
}

const HANDLERS: Readonly<Record<string, (request: HttpRequest) => HttpResponse | Observable<HttpResponse>>> = {
  good: () => text('good'),
  slow: () => counted(timer(60).pipe(map(() => text('slow')))),
  echo: ({ body }) => bytes(counted(body)),
  size: ({ body }) => counted(body.bytes()).pipe(map(({ length }) => text(String(length)))),
  bytes: ({ path }) => bytes(counted(fromPull(pieces(Number(path.split('/')[2]))))),
  throws: boom,
  'fails-later': () => counted(failing()),
  'fails-behind-the-head': () => concat(of(bytes(counted(concat(part(), NEVER)))), timer(40).pipe(map(boom))),
  'fails-in-its-content': () => bytes(counted(concat(part(), failing()))),
  'gives-nothing': () => counted(EMPTY),
  never: () => counted(NEVER),
  'answers-twice': () => concat(of(bytes(counted(part().pipe(delay(100))))), later(text('two'))),
  'answers-with-no-status': () => response(1000),
  'answers-with-no-content': () => bytes(5 as unknown as string),
  'streams-no-content': () => bytes(counted(later(5 as unknown as string))),
  'streams-too-little': () => response(200, { 'content-length': 9 }, counted(part())),
  'streams-too-much': () => response(200, { 'content-length': 3 }, counted(part())),
  'leaves-the-content': ({ body }) => {
    body.subscribe().unsubscribe();
    return text('ok');
  },
  'never-reads': () => counted(later(text('ok'))),
  'tears-down-with-a-throw': () => counted(later(text('ok'))).pipe(finalize(boom)),
};

// Short enough to wait for, and long enough for a peer that sends octet by octet on a busy machine.
const limits = {
  headTimeout: 2500,
  bodyTimeout: 2500,
  writeTimeout: 3000,
  settingsTimeout: 2500,
  handshakeTimeout: 4000,
};
const listening = (address: ListenAddress): void => console.log(`listening on ${address.url}`);
const tls = { ...(await selfSigned()), handshakeTimeout: limits.handshakeTimeout, minVersion: 'TLSv1.2' as const };
merge(listen({ port: 0, host: '127.0.0.1', listening }), listen({ port: 0, host: '127.0.0.1', listening, tls }))
  .pipe(
    service(
      nodeInfo,
      {
        request: (request) => (HANDLERS[request.path.split('/')[1]!] ?? HANDLERS['good']!)(request),
        error: (all) =>
          all.pipe(
            map(({ code, cause }) => {
              causes.add(cause);
              faults.push(code);
            }),
          ),
      },
      { limits },
    ),
  )
  .subscribe((record) => served.push(record));

/** Those of records whose error is on no fault. */
function recordsOf(all: readonly Served[]): string[] {
  return all.flatMap(({ outcome, error }) => {
    if (error === undefined || causes.has(error)) return [];
    return `${outcome} ${error instanceof ProtocolError ? error.code : error.message}`;
  });
}

/** Descriptors that were taken, so that there are no others. */
const taken: number[] = [];

function exhaust(on: boolean): void {
  for (const descriptor of taken.splice(0)) closeSync(descriptor);
  try {
    while (on) taken.push(openSync('/dev/null', 'r'));
  } catch {
    // There are no more.
  }
}

function report(): Report {
  (globalThis as { gc?: () => void }).gc?.();
  const resources = process.getActiveResourcesInfo();
  const many = (pattern: RegExp): number => resources.filter((resource) => pattern.test(resource)).length;
  const told = { faults, records: recordsOf(served), uncaught };
  faults = [];
  served = [];
  uncaught = [];
  return {
    ...told,
    live,
    sockets: many(/^(TCPSocketWrap|TLSWrap)$/),
    timers: many(/^Timeout$/),
    // Looking takes one, too.
    descriptors: taken.length > 0 ? Infinity : readdirSync('/proc/self/fd').length,
    heap: getHeapStatistics().used_heap_size,
  };
}

const { now } = Date;
process.on('message', (order: Order) => {
  if (order === 'turn') return void process.send!('turned');
  if (typeof order === 'object') {
    if ('ahead' in order) Date.now = () => now() + order.ahead;
    else exhaust(order.exhausted);
  }
  process.send!(report());
});
process.on('disconnect', () => process.exit());
