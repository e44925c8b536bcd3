// Compression, both ways: `through` sends a body through any Node transform, and keeps its backpressure.
//   npm run example gzip
//   gzip -c package-lock.json | curl --compressed -H 'Content-Encoding: gzip' --data-binary @- http://127.0.0.1:8080/
import { createGunzip, createGzip } from 'node:zlib';
import type { Observable } from 'rxjs';
import { bytes, type HttpRequest, type HttpResponse, serve, text, through } from 'rxpaf';
import { failed, here } from '../support/here.js';

/** The content of a request, decoded. */
function decoded({ body, headers }: HttpRequest): Observable<Uint8Array> {
  return headers.get('content-encoding') === 'gzip' ? body.pipe(through(() => createGunzip())) : body;
}

/** `content` as the client likes it best. */
function encoded(content: Observable<Uint8Array>, { headers }: HttpRequest): HttpResponse {
  const vary = { 'content-type': 'text/plain', vary: 'Accept-Encoding' };
  const wanted = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(headers.get('accept-encoding') ?? '');
  if (!wanted) return bytes(content, { headers: vary });
  return bytes(content.pipe(through(() => createGzip())), { headers: { ...vary, 'content-encoding': 'gzip' } });
}

serve(here, {
  request: (request) =>
    request.method === 'POST'
      ? encoded(decoded(request), request)
      : text('POST something\n', { status: 405, headers: { allow: 'POST' } }),
}).subscribe({ error: failed });
