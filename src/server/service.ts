/** Sockets in, finished exchanges out: the operator that everything else is for. */
import type { OperatorFunction } from 'rxjs';
import type { Info } from '../flow/socket-info.js';
import { checkOptions } from '../option-checks.js';
import { accepting, CONNECTIONS_OPTIONS, type ConnectionsOptions } from './accepting.js';
import type { Served } from './finished-exchange.js';
import { type Handler, handlerOf, type Service } from './handler.js';

/** How a service behaves. */
export type ServiceOptions<Peer = unknown, T = never> = ConnectionsOptions<Peer, T>;

/**
 * Serves HTTP on accepted sockets: the ALPN result of each selects the protocol, the handler responds to the requests, and every
 * exchange that ends is emitted. Errors are values: none of them ends the stream; they go to `options.faults` and to `handler.error`.
 *
 * It is `connections` with `mergeMap((connection) => connection.exchanges)` and
 * `mergeMap((exchange) => exchange.respond(handler))`, without their price.
 *
 * @throws RangeError for a limit that is out of its range.
 * @throws RangeError for an option that does not exist, or is out of its range.
 * @throws TypeError for a handler that is not one, or an option of another kind.
 *
 * @example
 * ```ts
 * listen({ port: 8080 })
 *   .pipe(service(nodeInfo, (request) => text(`hello ${request.path}`)))
 *   .subscribe((served) => console.log(served.status, served.request.path));
 * ```
 */
export function service<Socket, Peer, T = never>(
  info: Info<Socket, Peer>,
  handler: Service<NoInfer<Peer>> | Handler<NoInfer<Peer>>,
  options: ServiceOptions<NoInfer<Peer>, T> = {},
): OperatorFunction<Socket, Served<Peer> | T> {
  checkOptions('service', options, CONNECTIONS_OPTIONS);
  return accepting(info, options, handlerOf(handler));
}
