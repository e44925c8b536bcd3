// Files, whole or in part (Range, RFC 9110 section 14). A file is read chunk by chunk, at the pace of the client.
//   FOLDER=. npm run example file
//   curl -r 0-99 http://127.0.0.1:8080/package.json
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { catchError, defer, finalize, from, fromEvent, map, merge, type Observable, of, switchMap, take } from 'rxjs';
import { fromPull, type HttpRequest, type HttpResponse, response, serve, text } from 'rxpaf';

const { HOST = '127.0.0.1', PORT = '8080', FOLDER = '.' } = process.env;

// Ctrl-C or SIGTERM starts a graceful shutdown. A second signal ends the process immediately.
const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1));

interface ByteRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** Opens the file on subscription, which does not happen for HEAD, and closes it however the response ends. */
function contentOf(path: string, range: ByteRange): Observable<Uint8Array> {
  return defer(() => open(path)).pipe(
    switchMap((file) => fromPull(file, range).pipe(finalize(() => void file.close()))),
  );
}

/** Parses one range for a file of `size` bytes: undefined without a range, null for a range outside of the file. */
function parseRange(header: string | undefined, size: number): ByteRange | undefined | null {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  return start < end ? { start, end } : null;
}

function respond(request: HttpRequest, path: string, size: number): HttpResponse {
  const range = request.method === 'GET' ? parseRange(request.headers.get('range'), size) : undefined;
  if (range === null) return response(416, { 'content-range': `bytes */${size}` });
  const { start, end } = range ?? { start: 0, end: size };
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': end - start,
    'accept-ranges': 'bytes',
    'content-range': range && `bytes ${start}-${end - 1}/${size}`,
  };
  return response(range ? 206 : 200, headers, contentOf(path, { start, end }));
}

const NOT_FOUND = text('not found\n', { status: 404 });

function route(request: HttpRequest): HttpResponse | Observable<HttpResponse> {
  // One plain name: no folders, no `..`, no hidden files.
  const [, name] = /^\/([\w-][\w.-]*)(?:\?.*)?$/.exec(request.path) ?? [];
  if (name === undefined || !['GET', 'HEAD'].includes(request.method)) return NOT_FOUND;
  const path = join(FOLDER, name);
  return from(stat(path)).pipe(
    map((found) => (found.isFile() ? respond(request, path, found.size) : NOT_FOUND)),
    catchError(() => of(NOT_FOUND)),
  );
}

serve(
  { host: HOST, port: Number(PORT), stop, listening: ({ url }) => console.log(`listening on ${url}`) },
  { request: route },
).subscribe({
  error: (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
});
