import { map, type Observable, reduce, takeUntil, timer } from 'rxjs';
import { bytes, consume, type Exchange, fromPull, type NodePeer, type HttpRequest, type HttpResponse, text } from 'rxpaf';
import { interrupted } from '../../support/here.js';
import { gauge } from './gauge.js';

type Answer = HttpResponse | Observable<HttpResponse>;

/** By method and path; what is in brackets is given to the answer. */
const ROUTES: readonly (readonly [
  RegExp,
  (request: HttpRequest, found: string, exchange: Exchange<NodePeer>) => Answer,
])[] = [
  [/^GET \/hello()$/, (_request, _found, { protocol }) => text(`hello over ${protocol}\n`)],
  [/^GET \/download\/(\d{1,10})$/, (_request, size) => download(Number(size))],
  [/^POST \/echo()$/, (request) => bytes(request.body)],
  [/^PUT \/slow()$/, slowly],
  [/^GET \/events()$/, events],
  [/^GET \/error()$/, mistake],
];

export function route(request: HttpRequest, exchange: Exchange<NodePeer>): Answer {
  const target = `${request.method} ${request.path.split('?', 1)[0]!}`;
  for (const [pattern, answer] of ROUTES) {
    const [, found] = pattern.exec(target) ?? [];
    if (found !== undefined) return answer(request, found, exchange);
  }
  return text('not found\n', { status: 404 });
}

const PIECE = Buffer.alloc(64 * 1024, 'rxpaf.  ');

function* pieces(size: number): Generator<Uint8Array> {
  for (let left = size; left > 0; left -= PIECE.length) yield left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
}

/** Each piece is made when the one before has been taken: the client's pace is the generator's. */
function download(size: number): HttpResponse {
  const body = fromPull(pieces(size)).pipe(gauge(`GET /download/${size}`));
  return bytes(body, { headers: { 'content-length': String(size) } });
}

/** Takes a mebibyte a second, however fast it is sent: `consume` holds each chunk until its work is done. */
function slowly(request: HttpRequest): Observable<HttpResponse> {
  return request.body.pipe(
    gauge('PUT /slow'),
    consume((chunk) => timer(chunk.length / 1024).pipe(map(() => chunk.length))),
    reduce((total, size) => total + size, 0),
    map((total) => text(`took ${total} bytes\n`)),
  );
}

/** Server-sent events, for as long as the client listens and the server runs. */
function events(): HttpResponse {
  const ticks = timer(0, 1000).pipe(
    map((tick) => `event: tick\ndata: ${tick}\n\n`),
    takeUntil(interrupted),
  );
  return bytes(ticks, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } });
}

/** What a handler throws goes to the error stream, which answers it. */
function mistake(): never {
  throw Object.assign(new Error('this handler is broken'), { status: 503 });
}
