/** Sockets in, connections out: requests are a stream, and a connection is a value. */
import type { OperatorFunction } from 'rxjs';
import type { Info } from '../flow/socket-info.js';
import { checkOptions } from '../option-checks.js';
import { accepting, CONNECTIONS_OPTIONS, type ConnectionsOptions } from './accepting.js';
import type { HttpConnection } from './http-connection.js';

/**
 * Emits each accepted connection once its protocol is known. Its requests are `connection.exchanges`, in demand: a stage that retains
 * an exchange keeps the connection from reading on. The result completes when the sockets have ended and all connections have closed;
 * unsubscribing closes them.
 *
 * @throws RangeError for a limit that is out of its range.
 *
 * @example
 * ```ts
 * listen({ port: 8080 }).pipe(
 *   connections(nodeInfo, { faults }),
 *   mergeMap((connection) => connection.exchanges),
 *   consume((exchange) => exchange.respond(app), { concurrency: 1000 }), // admission control
 * ).subscribe((served) => log(served));
 * ```
 */
export function connections<Socket, Peer, T = never>(
  info: Info<Socket, Peer>,
  options: ConnectionsOptions<NoInfer<Peer>, T> = {},
): OperatorFunction<Socket, HttpConnection<Peer> | T> {
  checkOptions('connections', options, CONNECTIONS_OPTIONS);
  return accepting(info, options, undefined);
}
