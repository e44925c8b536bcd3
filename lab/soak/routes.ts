/** The responses of the servers of a soak. The query has the number of the request, and whether it is meant to end abruptly. */
import { createHash } from 'node:crypto';
import { concat, map, mergeMap, type Observable, of, reduce, throwError, timer } from 'rxjs';
import { bytes, collect, type HttpRequest, type HttpResponse, text } from 'rxpaf';
import { digestOf, digestOfText, piecesOf } from './content.js';

const SMALL = 'rxpaf: HTTP as RxJS streams\n';

/** The response of `/text`. */
export const TEXT = { digest: digestOfText(SMALL) } as const;

/** Bytes that `/limited` takes. */
const LIMIT = 1024;

/** What a handler throws on purpose. */
export class Meant extends Error {
  constructor(readonly status: number) {
    super('it was meant to fail');
  }
}

/** What the query says: `?17` is request 17, `?17&abrupt` one that is not to end well. */
export function numberOf(path: string): { readonly id: number; readonly abrupt: boolean } {
  const [, id, abrupt] = /\?(\d+)(&abrupt)?$/.exec(path) ?? [];
  return { id: Number(id ?? Number.NaN), abrupt: abrupt !== undefined };
}

function sized(size: number, seed: number): HttpResponse {
  return bytes(piecesOf(size, seed), { headers: { 'content-length': String(size) } });
}

/** What came, as its hash. */
function sink(request: HttpRequest): Observable<HttpResponse> {
  return request.body.pipe(
    reduce((hash, chunk) => hash.update(chunk), createHash('sha256')),
    map((hash) => text(hash.digest('hex'))),
  );
}

/** Some bytes, and then an error: the response must not look complete. */
function broken(size: number): HttpResponse {
  const end = timer(10).pipe(mergeMap(() => throwError(() => new Meant(500))));
  return bytes(concat(of(...piecesOf(size, size)), end));
}

/** The response of a server, by its route. */
export function answer(request: HttpRequest): HttpResponse | Observable<HttpResponse> {
  const [, route, first, second] = request.path.split('?', 1)[0]!.split('/');
  switch (route) {
    case 'text':
      return text(SMALL);
    case 'bytes':
      return sized(Number(first), Number(second));
    case 'sink':
      return sink(request);
    case 'echo':
      return bytes(request.body);
    case 'late':
      return timer(Number(first)).pipe(map(() => text(SMALL)));
    case 'limited':
      return request.body.pipe(
        collect({ limit: LIMIT }),
        map((content) => text(digestOf(content.length, 0))),
      );
    case 'broken':
      return broken(Number(first));
    case 'throws':
      throw new Meant(500);
    case 'fails':
      return timer(5).pipe(mergeMap(() => throwError(() => new Meant(503))));
    default:
      return text('not found\n', { status: 404 });
  }
}
