/** Requests and responses with observed bodies. */
import { defer, tap } from 'rxjs';
import { type Body, type HttpRequest, type HttpResponse, plainResponse, tee } from 'rxpaf';

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
  if (response.body === undefined || hasNoContent(method, response.status)) return response;
  const plain = plainResponse(response);
  const { body } = plain;
  if (body === undefined) return plain;
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const size = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    if (size > 0) watcher.wentOut(size);
    return plain;
  }
  return {
    ...plain,
    body: body.pipe(
      tap((piece) => watcher.wentOut(typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length)),
    ),
  };
}
