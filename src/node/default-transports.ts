import type { Observable } from 'rxjs';
import type { Context } from '../flow/context.js';
import type { Flow } from '../flow/flow.js';
import { resolve as resolveAmong } from '../flow/resolve.js';
import { Transports } from '../flow/transports.js';
import { tcp } from './tcp-transport.js';
import { tls } from './tls-transport.js';
import { unix } from './unix-transport.js';

/**
 * The transports of Node: {@link tls}, {@link unix} and {@link tcp}. At most one of them applies to a context, so that none is the fallback
 * of another. A request for `https` is never tried in cleartext, and one for a unix socket is not tried over the network.
 */
export const nodeTransports: Transports = Transports.EMPTY.register(tls).register(unix).register(tcp);

/**
 * The first flow that a transport can make in `context`. Cold: each subscription tries again, an endpoint only when the one before it has
 * failed. Unsubscribing cancels the attempt; a flow that was emitted belongs to the subscriber.
 *
 * Errors: `ClientError`, with the error of each endpoint in `errors`. The code is `no-transport` if there is no endpoint, and else the code
 * that all of them have (`connect-failed`, `connect-timeout`, `handshake-failed`, ...). If their codes differ, it is `connect-failed`.
 *
 * @param transports - those of Node unless given.
 *
 * @example
 * ```ts
 * const context = Context.EMPTY.add(SCHEME, 'https').add(HOST, 'example.com');
 * resolve(context).subscribe((flow) => console.log(`connected, and ${flow.alpn} was chosen`));
 * ```
 */
export function resolve(context: Context, transports: Transports = nodeTransports): Observable<Flow> {
  return resolveAmong(context, transports);
}
