/** Messages whose bodies are looked at as they go by. */
import { defer, isObservable, type Observable, tap } from 'rxjs';
import { type Body, fromPull, type HttpRequest, type HttpResponse, tee } from 'rxpaf';

/** What a body's pieces are told to. */
export interface BodyWatcher {
  /** Bytes of the request came. */
  cameIn(size: number): void;
  /** The request's content is being read; `untaken`: bytes of it that came, and that its reader is not done with. */
  reading(untaken: () => number): void;
  /** Bytes of the response go out. */
  wentOut(size: number): void;
}

/** The same request, with a body that tells what passes. It costs what a body costs, and only if it is asked for. */
export function watchedRequest(request: HttpRequest, watcher: BodyWatcher): HttpRequest {
  let body: Body | undefined;
  const begin = (): Body => {
    // One branch: a body of our own in the middle, which knows what has been taken of it, and keeps the demand.
    const [branch] = tee(1)(
      defer(() => {
        watcher.reading(() => branch!.unacked);
        return request.body.pipe(tap((chunk) => watcher.cameIn(chunk.length)));
      }),
    );
    return branch!;
  };
  return Object.create(request, { body: { get: () => (body ??= begin()) } }) as HttpRequest;
}

/** Answers whose body nobody may read: they stay as they are, and whoever sends them lets go of what they hold. */
const hasNoContent = (method: string, status: number): boolean =>
  method === 'HEAD' || status < 200 || status === 204 || status === 304;

/** The same response, with a body that tells what passes. */
export function watchedResponse(response: HttpResponse, method: string, watcher: BodyWatcher): HttpResponse {
  const { body, status } = response;
  if (body === undefined || hasNoContent(method, status)) return response;
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const size = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    if (size > 0) watcher.wentOut(size);
    return response;
  }
  const content: Observable<Uint8Array | string> = isObservable(body) ? body : fromPull(body);
  return {
    ...response,
    body: content.pipe(
      tap((piece) => watcher.wentOut(typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length)),
    ),
  };
}
