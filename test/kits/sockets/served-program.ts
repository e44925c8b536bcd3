/** The server that real-sockets.test.ts runs in a process of its own; it reports over IPC what it holds. */
import { readdirSync } from 'node:fs';
import {
  defer,
  finalize,
  interval,
  map,
  merge,
  NEVER,
  type Observable,
  reduce,
  ReplaySubject,
  take,
  timer,
  toArray,
} from 'rxjs';
import { fromPull } from '../../../src/body/index.js';
import { consume } from '../../../src/demand/index.js';
import type { HttpRequest } from '../../../src/drive/request.js';
import type { HttpResponse } from '../../../src/drive/response.js';
import { bytes, json, text } from '../../../src/drive/response-builders.js';
import { listen, type ListenAddress, nodeInfo } from '../../../src/node/index.js';
import { certificate } from '../units/node-sockets.js';
import { service } from '../../../src/server/service.js';

/** What the process holds, when asked. */
export interface Report {
  readonly descriptors: number;
  /** Handlers and response bodies that are subscribed to. */
  readonly live: number;
  readonly timers: number;
  readonly sockets: number;
  /** Bytes, the most since the last report: sampled, after which a collection is made. */
  readonly peak: number;
  readonly resident: number;
  /** Bytes of response bodies that were made. */
  readonly made: number;
  readonly served: number;
  readonly faults: number;
}

let live = 0;
let made = 0;
let served = 0;
let faults = 0;

/** Counts the subscriptions that are alive. */
const counted = <T>(source: Observable<T>): Observable<T> =>
  defer(() => {
    live++;
    return source.pipe(finalize(() => live--));
  });

const PIECE = Buffer.alloc(64 * 1024, 'x');

function* pieces(size: number): Generator<Uint8Array> {
  for (let left = size; left > 0; left -= PIECE.length) {
    const piece = PIECE.subarray(0, Math.min(left, PIECE.length));
    made += piece.length;
    yield piece;
  }
}

/** Takes `rate` bytes a second. */
const slowly = (request: HttpRequest, rate: number): Observable<HttpResponse> =>
  request.body.pipe(
    consume((chunk) => timer((chunk.length / rate) * 1000).pipe(map(() => chunk.length))),
    reduce((total, size) => total + size, 0),
    map((total) => text(String(total))),
  );

const withTrailers = (request: HttpRequest): Observable<HttpResponse> =>
  merge(request.body.text(), request.trailers).pipe(
    toArray(),
    map((got) => ({
      ...json(got),
      body: defer(() => [Buffer.from(JSON.stringify(got))]),
      trailers: [{ 'x-sum': '42' }],
    })),
  );

function handle(request: HttpRequest): HttpResponse | Observable<HttpResponse> {
  const [, name, parameter] = request.path.split('/');
  switch (name) {
    case '':
      return text('hello');
    case 'bytes':
      return bytes(counted(fromPull(pieces(Number(parameter)))), { headers: { 'content-length': parameter! } });
    case 'echo':
      return bytes(counted(request.body));
    case 'slow':
      return counted(slowly(request, Number(parameter)));
    case 'late':
      return counted(timer(300).pipe(map(() => bytes(counted(fromPull(pieces(1e6)))))));
    case 'ticks':
      return bytes(counted(timer(0, 100).pipe(map((tick) => `${tick}\n`))));
    case 'never':
      return counted(NEVER);
    case 'trailers':
      return withTrailers(request);
    default:
      return text('not found', { status: 404 });
  }
}

let peak = 0;
const sample = (): number => (peak = Math.max(peak, process.memoryUsage.rss()));
interval(20).subscribe(sample);

function report(): Report {
  const resources = process.getActiveResourcesInfo();
  const many = (pattern: RegExp): number => resources.filter((resource) => pattern.test(resource)).length;
  const result = {
    descriptors: readdirSync('/proc/self/fd').length,
    live,
    timers: many(/^Timeout$/),
    sockets: many(/^(TCPSocketWrap|TLSWrap)$/),
    peak: sample(),
    resident: process.memoryUsage.rss(),
    made,
    served,
    faults,
  };
  (globalThis as { gc?: () => void }).gc?.();
  peak = 0;
  return result;
}

const opened = new ReplaySubject<ListenAddress>();
const listening = (address: ListenAddress): void => opened.next(address);
merge(
  listen({ port: 0, host: '127.0.0.1', listening }),
  listen({ port: 0, host: '127.0.0.1', listening, tls: await certificate('localhost') }),
)
  .pipe(service(nodeInfo, { request: handle, error: (all) => all.pipe(map(() => faults++)) }))
  .subscribe(() => served++);
opened.pipe(take(2), toArray()).subscribe((addresses) => {
  const port = (scheme: string): number => addresses.find(({ url }) => url.startsWith(`${scheme}:`))!.port!;
  process.send!({ plain: port('http'), secure: port('https') });
});
process.on('message', () => process.send!(report()));
process.on('disconnect', () => process.exit());
