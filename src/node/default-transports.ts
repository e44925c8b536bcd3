import type { Observable } from 'rxjs';
import type { Context } from '../flow/context.js';
import type { Flow } from '../flow/flow.js';
import { resolve as resolveAmong } from '../flow/resolve.js';
import { Transports } from '../flow/transports.js';
import { tcp } from './tcp-transport.js';
import { tls } from './tls-transport.js';
import { unix } from './unix-transport.js';

/**
 * The transports of Node: {@link tls}, {@link unix} and {@link tcp}. At most one of them applies to a context, so that none is the
 * fallback of another: what is `https` is never tried in cleartext, and what has a unix socket not over the network.
 */
export const nodeTransports: Transports = Transports.EMPTY.register(tls).register(unix).register(tcp);

/**
 * The first flow that a transport can make in `context`. Cold: each subscription tries anew, an endpoint only when the one before
 * it has failed. Unsubscribing undoes what is being made; a flow that was emitted belongs to the subscriber.
 *
 * Errors: `ClientError`, with what each endpoint failed with in `errors`: `no-transport` where there is no endpoint, the code
 * that all of them have (`connect-failed`, `connect-timeout`, `handshake-failed`, ...), and `connect-failed` where they differ.
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
