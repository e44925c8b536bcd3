/** The handlers that a program gives to a service. */
import { from, Observable, type ObservableInput, of } from 'rxjs';
import type { HttpRequest } from '../drive/request.js';
import type { HttpResponse } from '../drive/response.js';
import type { Exchange } from './exchange-interface.js';
import { ResponseError, type ServerFault } from './faults.js';
import { described, isResponse, isSource } from './handler-result.js';

/** The result of a handler: a response, or an Observable, Promise or iterable that gives one; interim responses may come first. */
export type HandlerResult = HttpResponse | ObservableInput<HttpResponse>;

/**
 * The one shape of a handler: a request in, a response out. It is unsubscribed when the exchange is over: when the response is out, or
 * when the client has disconnected. An error that it throws is a fault; a `status` of 400 to 599 on the error is that of the response.
 */
export type Service<Peer = unknown> = (request: HttpRequest, exchange: Exchange<Peer>) => HandlerResult;

/**
 * Wraps a service in another one. Compose several with the `pipe` of RxJS; the last one is the outermost.
 *
 * @example
 * ```ts
 * const secured: Middleware = (next) => (request, exchange) =>
 *   request.headers.has('authorization') ? next(request, exchange) : text('unauthorized', { status: 401 });
 * serve({ port: 8080 }, pipe(secured, logged)(app)).subscribe();
 * ```
 */
export type Middleware<Peer = unknown> = (next: Service<Peer>) => Service<Peer>;

/** Gets the faults of one service, on a stream that never ends by itself. */
export type FaultHandler<Peer = unknown> = (faults: Observable<ServerFault<Peer>>) => ObservableInput<unknown>;

/** A service with a handler of its faults. A bare function is a handler as well. */
export interface Handler<Peer = unknown> {
  /** Responds to a request. */
  readonly request: Service<Peer>;
  /** Gets every fault of this service. A fault without a response gets the default one. */
  readonly error?: FaultHandler<Peer>;
}

/**
 * The handler that a service was given, in its long form.
 *
 * @throws TypeError for anything else than a function or an object with a `request` function.
 * @internal
 */
export function handlerOf<Peer>(handler: Service<Peer> | Handler<Peer>): Handler<Peer> {
  if (typeof handler === 'function') return { request: handler };
  if (typeof (handler as Partial<Handler> | null | undefined)?.request !== 'function') {
    throw new TypeError('a handler is a function, or an object with a `request` function');
  }
  return handler;
}

/**
 * The result of a handler, as an Observable of its responses: middleware needs only this.
 *
 * Errors: `ResponseError` `invalid-response` if the handler returned nothing, or neither a response nor an Observable.
 *
 * @example
 * ```ts
 * const timed: Middleware = (next) => (request, exchange) => responses(next(request, exchange)).pipe(timeout(5000));
 * ```
 */
export function responses(result: HandlerResult): Observable<HttpResponse> {
  if (isResponse(result)) return of(result);
  if (!isSource(result)) return new Observable((subscriber) => subscriber.error(notAResponse(result)));
  try {
    return from(result);
  } catch (error) {
    return new Observable((subscriber) => subscriber.error(notAResponse(result, error)));
  }
}

/** The error of a handler that returned `result`, or whose Observable, Promise or iterable gave it. */
export function notAResponse(result: unknown, cause?: unknown): ResponseError {
  return new ResponseError('invalid-response', `the handler returned ${described(result)}`, cause);
}
