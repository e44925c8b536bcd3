// The conformance target: what outside tools are pointed at. Default limits, nothing special-cased.
//   PORT=8080 npm run --silent example echo
//   GET|HEAD /          a short text
//   POST     /echo      the request body, streamed back as it comes
//   GET|HEAD /bytes/N   N bytes, streamed
//   GET|HEAD /headers   the received headers, as JSON
import { bytes, json, type HttpRequest, type HttpResponse, text } from 'rxpaf';
import { target } from '../support/target.js';

const PIECE = Buffer.alloc(64 * 1024, 'rxpaf.  ');

/** `size` bytes, a piece at a time: the next one is made when the last one has been taken. */
function* pieces(size: number): Generator<Uint8Array> {
  for (let left = size; left > 0; left -= PIECE.length) yield left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
}

function route(request: HttpRequest): HttpResponse {
  const reading = request.method === 'GET' || request.method === 'HEAD';
  const path = request.path.split('?', 1)[0]!;
  if (path === '/' && reading)
    return text('rxpaf: HTTP as RxJS streams\n', { headers: { 'content-type': 'text/plain' } });
  if (path === '/echo' && request.method === 'POST') {
    return bytes(request.body, {
      headers: { 'content-type': request.headers.get('content-type') ?? 'application/octet-stream' },
    });
  }
  if (path === '/headers' && reading) return json(request.headers);
  const sized = /^\/bytes\/(\d{1,10})$/.exec(path);
  if (sized !== null && reading) {
    const size = Number(sized[1]);
    return bytes(pieces(size), { headers: { 'content-length': String(size) } });
  }
  return text('not found\n', { status: 404 });
}

await target({ request: route });
