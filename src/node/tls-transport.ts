/** TLS for clients, over TCP or a unix socket. */
import { switchMap } from 'rxjs';
import { CONNECT_TIMEOUT, HOST, PORT, SCHEDULER } from '../flow/context-keys.js';
import { needs, optional, provided, required } from '../flow/endpoint-needs.js';
import type { Transport } from '../flow/transports.js';
import { type Address, dial, type Patience } from './connect-socket.js';
import { LOCAL_ADDRESS, LOOKUP, tlsWanted, UNIX_PATH } from './context-keys.js';
import { HTTPS_PORT, secured, tlsOptionsIn } from './tls-over.js';

/** An endpoint of {@link tls}. */
export interface TlsEndpoint extends Patience {
  readonly address: Address;
}

/**
 * TLS over TCP, to HOST and PORT (443 unless set), or over the unix socket UNIX_PATH. It applies if the scheme is `https`, or if there are
 * TLS options and no scheme. The flow's `alpn` is the ALPN result.
 *
 * Errors: `connect-failed`, `connect-timeout`, `handshake-failed` (a certificate that is not trusted, or of another name, too),
 * `handshake-timeout`.
 *
 * @example
 * ```ts
 * const context = Context.EMPTY.add(SCHEME, 'https').add(HOST, 'example.com').add(TLS_OPTIONS, { minVersion: 'TLSv1.3' });
 * resolve(context, Transports.EMPTY.register(tls)).subscribe(({ alpn }) => console.log(alpn)); // h2
 * ```
 */
export const tls: Transport<TlsEndpoint> = {
  name: 'tls',
  endpoints: needs(
    {
      tlsWanted,
      addressed: provided('host or unix path', (context) => context.has(HOST) || context.has(UNIX_PATH)),
      host: optional(HOST),
      path: optional(UNIX_PATH),
      port: optional(PORT),
      localAddress: optional(LOCAL_ADDRESS),
      lookup: optional(LOOKUP),
      timeout: required(CONNECT_TIMEOUT),
      scheduler: required(SCHEDULER),
    },
    ({ host = '', path, port = HTTPS_PORT, localAddress, lookup, timeout, scheduler }) => ({
      address: path === undefined ? { host, port, localAddress, lookup } : { path },
      timeout,
      scheduler,
    }),
  ),
  connect: (endpoint, context) =>
    dial(endpoint.address, endpoint).pipe(switchMap((socket) => secured(socket, tlsOptionsIn(context)))),
};
