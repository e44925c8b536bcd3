import { isObservable, map, type Observable } from 'rxjs';
import { limitsWith } from '../limits.js';
import type { ListenTlsOptions } from '../node/certificate-renewal.js';
import { listen, type ListenOptions } from '../node/listen.js';
import { nodeInfo } from '../node/node-info.js';
import type { NodePeer } from '../node/node-peer.js';
import type { Served } from './finished-exchange.js';
import type { Handler } from './handler.js';
import { service, type ServiceOptions } from './service.js';

/** Where to listen, and how to serve. */
export interface ServeOptions extends ListenOptions, ServiceOptions {}

/**
 * Listens and serves, in one call.
 *
 * Errors: `ListenError` where it cannot listen.
 *
 * @example
 * ```ts
 * serve({ port: 8443, tls: { key, cert } }, { request: () => text('hello') }).subscribe();
 * ```
 */
export function serve(options: ServeOptions, handler: Handler<NodePeer>): Observable<Served<NodePeer>> {
  const { handshakeTimeout } = limitsWith(options.limits);
  const bounded = (tls: ListenTlsOptions): ListenTlsOptions => ({ handshakeTimeout, ...tls });
  const { tls } = options;
  const listening: ListenOptions =
    tls === undefined ? options : { ...options, tls: isObservable(tls) ? tls.pipe(map(bounded)) : bounded(tls) };
  return listen(listening).pipe(service(nodeInfo, handler, options));
}
