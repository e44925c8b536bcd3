/**
 * Middleware of a client: functions around the sending of a request, as those of a server are around its handler. They are an option of
 * the client and not a function around it, so that `get`, `json`, `tunnel` and all the others go through them.
 */
import { from, map, type Observable } from 'rxjs';
import type { HttpRequest } from '../drive/request.js';
import { ClientError } from '../errors.js';
import type { Fields } from '../http/fields.js';
import type { ClientRequestInit } from './request.js';
import { ClientResponse } from './response.js';

/**
 * A request on its way through the middleware. Pass on another one to change it: `next({ ...request, headers })`.
 */
export interface ClientServiceRequest extends ClientRequestInit {
  /** Absolute: `baseUrl` has been applied. */
  readonly url: string;
  readonly method: string;
  /**
   * The request's fields, over those that the client sends by default. The fields that are passed on are sent, and nothing is added to
   * them.
   */
  readonly headers: Fields;
  /** The request that came in, if it is forwarded; `headers` is then without its hop-by-hop fields. */
  readonly forwarded?: HttpRequest | undefined;
}

/**
 * Sends a request, and emits its response: cold, and cancelled by unsubscribing. Retries and redirects are inside of it.
 */
export type ClientService = (request: ClientServiceRequest) => Observable<ClientResponse>;

/**
 * Wraps the sending of requests. Compose several with the `pipe` of RxJS; the last one is the outermost.
 *
 * @example
 * ```ts
 * const bearer =
 *   (token: string): ClientMiddleware =>
 *   (next) =>
 *   (request) =>
 *     next({ ...request, headers: request.headers.with('authorization', `Bearer ${token}`) });
 * const logged: ClientMiddleware = (next) => (request) =>
 *   next(request).pipe(tap(({ status }) => console.log(request.method, request.url, status)));
 * const http = client({ middleware: pipe(bearer('secret'), logged) });
 * ```
 */
export type ClientMiddleware = (next: ClientService) => ClientService;

/**
 * `service` within `middleware`, whose results are checked.
 *
 * @throws TypeError for a middleware that is not a function, or returns something else.
 * @internal
 */
export function withMiddleware(middleware: ClientMiddleware, service: ClientService): ClientService {
  if (typeof middleware !== 'function') {
    throw new TypeError(
      `middleware: expected a function (next) => (request) => next(request), got ${kind(middleware)}`,
    );
  }
  const wrapped = middleware(service);
  if (typeof wrapped !== 'function') {
    throw new TypeError(`middleware: it returned ${kind(wrapped)}: return a function (request) => next(request)`);
  }
  return (request) => responsesOf(wrapped(request));
}

/** The result of a middleware for a request. */
function responsesOf(result: Observable<unknown>): Observable<ClientResponse> {
  let responses: Observable<unknown>;
  try {
    responses = from(result);
  } catch (cause) {
    throw invalid(result, cause);
  }
  return responses.pipe(
    map((response) => {
      if (response instanceof ClientResponse) return response;
      throw invalid(response);
    }),
  );
}

function invalid(given: unknown, cause?: unknown): ClientError {
  const hint = 'return next(request), or an Observable of a response that came from it';
  return new ClientError('invalid-middleware', `a middleware gave ${kind(given)}: ${hint}`, { cause });
}

function kind(value: unknown): string {
  return value === undefined || value === null
    ? 'nothing'
    : typeof value === 'object'
      ? 'an object'
      : `a ${typeof value}`;
}
