// Compression in both directions: `through` pipes a body through any Node transform and keeps its backpressure.
// The server decodes what you post and sends it back, compressed if you accept gzip.
//   npm run example gzip
//   gzip -c package.json | curl --compressed -H 'Content-Encoding: gzip' --data-binary @- http://127.0.0.1:8080/
import { createGunzip, createGzip } from 'node:zlib';
import { fromEvent, merge, type Observable, take } from 'rxjs';
import { bytes, type HttpRequest, type HttpResponse, serve, text, through } from 'rxpaf';

const { HOST = '127.0.0.1', PORT = '8080' } = process.env;

// Ctrl-C or SIGTERM starts a graceful shutdown. A second signal ends the process immediately.
const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1));

function decode({ body, headers }: HttpRequest): Observable<Uint8Array> {
  return headers.get('content-encoding') === 'gzip' ? body.pipe(through(() => createGunzip())) : body;
}

function encode(content: Observable<Uint8Array>, request: HttpRequest): HttpResponse {
  const headers = { 'content-type': 'text/plain', vary: 'Accept-Encoding' };
  // `gzip;q=0` means: not gzip (RFC 9110 section 12.5.3).
  const acceptsGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(request.headers.get('accept-encoding') ?? '');
  if (!acceptsGzip) return bytes(content, { headers });
  return bytes(content.pipe(through(() => createGzip())), { headers: { ...headers, 'content-encoding': 'gzip' } });
}

serve(
  { host: HOST, port: Number(PORT), stop, listening: ({ url }) => console.log(`listening on ${url}`) },
  {
    request: (request) =>
      request.method === 'POST'
        ? encode(decode(request), request)
        : text('use POST\n', { status: 405, headers: { allow: 'POST' } }),
  },
).subscribe({
  error: (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
});
