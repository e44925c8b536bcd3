// Files, whole or in part (Range, RFC 9110 section 14): read a piece at a time, as the client takes them.
//   FOLDER=. npm run example file
//   curl -r 0-99 http://127.0.0.1:8080/package.json
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { catchError, defer, finalize, from, map, type Observable, of, switchMap } from 'rxjs';
import { fromPull, type HttpRequest, type HttpResponse, response, serve, text } from 'rxpaf';
import { failed, here } from '../support/here.js';

const FOLDER = process.env['FOLDER'] ?? '.';

interface Part {
  readonly start: number;
  /** The byte to stop before. */
  readonly end: number;
}

/** The file is opened when the body is subscribed to, which is never for HEAD, and closed whatever becomes of it. */
function contentOf(path: string, part: Part): Observable<Uint8Array> {
  return defer(() => open(path)).pipe(
    switchMap((file) => fromPull(file, part).pipe(finalize(() => void file.close()))),
  );
}

/** One range of a file of `size` bytes; undefined where none is asked for, null where it cannot be had. */
function rangeOf(header: string | undefined, size: number): Part | undefined | null {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  return start < end ? { start, end } : null;
}

function answer(request: HttpRequest, path: string, size: number): HttpResponse {
  const range = request.method === 'GET' ? rangeOf(request.headers.get('range'), size) : undefined;
  if (range === null) return response(416, { 'content-range': `bytes */${size}` });
  const part = range ?? { start: 0, end: size };
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': part.end - part.start,
    'accept-ranges': 'bytes',
    'content-range': range && `bytes ${range.start}-${range.end - 1}/${size}`,
  };
  return response(range ? 206 : 200, headers, contentOf(path, part));
}

const NOT_FOUND = text('not found\n', { status: 404 });

serve(here, {
  request: (request) => {
    const [, name] = /^\/([\w-][\w.-]*)(?:\?.*)?$/.exec(request.path) ?? [];
    if (name === undefined || !['GET', 'HEAD'].includes(request.method)) return NOT_FOUND;
    const path = join(FOLDER, name);
    return from(stat(path)).pipe(
      map((found) => (found.isFile() ? answer(request, path, found.size) : NOT_FOUND)),
      catchError(() => of(NOT_FOUND)),
    );
  },
}).subscribe({ error: failed });
