/** The routes that the guide has commands for. */
import { concat, map, type Observable, reduce, take, takeUntil, throwError, timer } from 'rxjs';
import {
  bytes,
  consume,
  type Exchange,
  fromPull,
  type HttpRequest,
  type HttpResponse,
  type NodePeer,
  text,
} from 'rxpaf';
import { countBytes } from './byte-counter.js';

/** A route's handler; `parameter` is what the parentheses of its pattern matched. */
type Route = (
  request: HttpRequest,
  parameter: string,
  exchange: Exchange<NodePeer>,
) => HttpResponse | Observable<HttpResponse>;

/** @param stop - ends the responses that have no end of their own. */
export function routes(
  stop: Observable<unknown>,
): (request: HttpRequest, exchange: Exchange<NodePeer>) => HttpResponse | Observable<HttpResponse> {
  const table: readonly (readonly [RegExp, Route])[] = [
    [/^GET \/hello()$/, (_request, _parameter, { protocol }) => text(`hello over ${protocol}\n`)],
    [/^GET \/download\/(\d{1,10})$/, (_request, size) => download(Number(size))],
    [/^POST \/echo()$/, (request) => bytes(request.body)],
    [/^PUT \/slow()$/, slowUpload],
    [/^GET \/events()$/, () => events(stop)],
    [/^GET \/error()$/, brokenHandler],
    [/^GET \/error\/halfway()$/, failsHalfway],
  ];
  return (request, exchange) => {
    const target = `${request.method} ${request.path.split('?', 1)[0]!}`;
    for (const [pattern, route] of table) {
      const [, parameter] = pattern.exec(target) ?? [];
      if (parameter !== undefined) return route(request, parameter, exchange);
    }
    return text('not found\n', { status: 404 });
  };
}

const CHUNK = Buffer.alloc(64 * 1024, 'rxpaf.  ');

function* chunks(size: number): Generator<Uint8Array> {
  for (let left = size; left > 0; left -= CHUNK.length) yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
}

/** The generator makes the next chunk when the client has taken the last one: the client sets its pace. */
function download(size: number): HttpResponse {
  const body = fromPull(chunks(size)).pipe(countBytes(`GET /download/${size}`));
  return bytes(body, { headers: { 'content-length': String(size) } });
}

/** Reads one MiB a second, however fast the client sends: `consume` holds each chunk until its timer has ended. */
function slowUpload(request: HttpRequest): Observable<HttpResponse> {
  return request.body.pipe(
    countBytes('PUT /slow'),
    consume((chunk) => timer(chunk.length / 1024).pipe(map(() => chunk.length))),
    reduce((total, size) => total + size, 0),
    map((total) => text(`read ${total} bytes\n`)),
  );
}

/** Server-sent events, until the client disconnects or the server shuts down. */
function events(stop: Observable<unknown>): HttpResponse {
  const ticks = timer(0, 1000).pipe(
    map((tick) => `event: tick\ndata: ${tick}\n\n`),
    takeUntil(stop),
  );
  return bytes(ticks, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } });
}

/** An error that the handler throws becomes a fault on the error stream, which sends the response. */
function brokenHandler(): never {
  throw Object.assign(new Error('this handler is broken'), { status: 503 });
}

/** The response has begun, so the error stream cannot replace it: HTTP/1.1 closes the connection, HTTP/2 resets the stream. */
function failsHalfway(): HttpResponse {
  const begun = timer(0, 250).pipe(
    take(3),
    map((index) => `part ${index + 1} of 6\n`),
  );
  return bytes(
    concat(
      begun,
      throwError(() => new Error('this response failed halfway')),
    ),
    { headers: { 'content-type': 'text/plain' } },
  );
}
