/** Requests and responses with observed bodies. */
import { defer, isObservable, type Observable, tap } from 'rxjs';
import { type Body, fromPull, type HttpRequest, type HttpResponse, tee } from 'rxpaf';

/** Receives the sizes of the chunks of both bodies. */
export interface BodyWatcher {
  /** Bytes of the request arrived. */
  cameIn(size: number): void;
  /** The handler subscribed to the request body; `untaken` returns the bytes that arrived and that it has not consumed. */
  reading(untaken: () => number): void;
  /** Bytes of the response were sent. */
  wentOut(size: number): void;
}

/** The same request with an observed body, which is made only when the handler uses it. */
export function watchedRequest(request: HttpRequest, watcher: BodyWatcher): HttpRequest {
  let body: Body | undefined;
  const begin = (): Body => {
    // `tee` with one branch is a body in between: it knows how much is unacknowledged, and it keeps backpressure.
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

/** Responses without content on the wire (RFC 9110 section 6.4.1): they stay as they are. */
const hasNoContent = (method: string, status: number): boolean =>
  method === 'HEAD' || status < 200 || status === 204 || status === 304;

/** The same response with an observed body. */
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
