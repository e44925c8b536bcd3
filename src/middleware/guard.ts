import { first, from, mergeMap, type ObservableInput } from 'rxjs';
import type { HttpRequest } from '../drive/request.js';
import { text } from '../drive/response-builders.js';
import { Fields } from '../http/fields.js';
import { checkFunction } from '../option-checks.js';
import { type Exchange, type HandlerResult, type Middleware, responses } from '../server/index.js';

/** Whether a request may pass: now, or when it is known. */
export type Allows<Peer = unknown> = (
  request: HttpRequest,
  exchange: Exchange<Peer>,
) => boolean | ObservableInput<boolean>;

/**
 * Lets a request pass only if `allows` agrees; else it responds with 401 and `challenge` (RFC 9110 section 11.6.1). The service is not
 * called, and the content of the request is not read.
 *
 * @param challenge - the value of WWW-Authenticate, such as `Basic realm="reports"`.
 * @param allows - an error that it throws, or its Observable, is a fault of the exchange: nothing passes.
 * @throws TypeError for a challenge that no field can have, and if `allows` is not a function.
 *
 * @example
 * ```ts
 * const secured = guard('Bearer', (request) => tokens.has(request.headers.get('authorization') ?? ''));
 * serve({ port: 8080 }, secured(app)).subscribe();
 * ```
 */
export function guard<Peer = unknown>(challenge: string, allows: Allows<Peer>): Middleware<Peer> {
  checkFunction('allows', allows);
  const refused = text('unauthorized\n', { status: 401, headers: Fields.from({ 'www-authenticate': challenge }) });
  return (next) => (request, exchange) => {
    const allowed = allows(request, exchange);
    const decide = (passes: boolean): HandlerResult => (passes ? next(request, exchange) : refused);
    if (typeof allowed === 'boolean') return decide(allowed);
    return from(allowed).pipe(
      first(),
      mergeMap((passes) => responses(decide(passes))),
    );
  };
}
