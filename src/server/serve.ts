import { isObservable, map, type Observable } from 'rxjs';
import { limitsWith } from '../limits.js';
import { checkOptions, optionsOf, type OptionTable } from '../option-checks.js';
import { CONNECTIONS_OPTIONS } from './accepting.js';
import { ALPN_PROTOCOLS } from '../node/context-keys.js';
import { listen } from '../node/listen.js';
import { LISTEN_OPTIONS, type ListenOptions } from '../node/listen-options.js';
import { nodeInfo } from '../node/node-info.js';
import type { NodePeer } from '../node/node-peer.js';
import type { ListenTlsOptions } from '../node/tls-options.js';
import type { Served } from './finished-exchange.js';
import type { Handler, Service } from './handler.js';
import { service, type ServiceOptions } from './service.js';

/** Where to listen, and how to serve. */
export interface ServeOptions<T = never> extends ListenOptions, ServiceOptions<NodePeer, T> {}

/**
 * Listens and serves, in one call.
 *
 * Errors: `ListenError` where it cannot listen.
 *
 * @example
 * ```ts
 * serve({ port: 8443, tls: { key, cert } }, () => text('hello')).subscribe();
 * ```
 */
export function serve<T = never>(
  options: ServeOptions<T>,
  handler: Service<NodePeer> | Handler<NodePeer>,
): Observable<Served<NodePeer> | T> {
  checkOptions('serve', options, SERVE_OPTIONS);
  const { handshakeTimeout } = limitsWith(options.limits);
  // Ids of your own come first: a client that offers one asks for it.
  const ALPNProtocols = [...Object.keys(options.protocols ?? {}), ...ALPN_PROTOCOLS];
  const bounded = (tls: ListenTlsOptions): ListenTlsOptions => ({
    handshakeTimeout,
    ...(tls.ALPNCallback === undefined ? { ALPNProtocols } : {}),
    ...tls,
  });
  const { tls } = options;
  const address: ListenOptions = optionsOf(options, LISTEN_OPTIONS);
  const listening: ListenOptions =
    tls === undefined ? address : { ...address, tls: isObservable(tls) ? tls.pipe(map(bounded)) : bounded(tls) };
  return listen(listening).pipe(service(nodeInfo, handler, optionsOf(options, CONNECTIONS_OPTIONS)));
}

const SERVE_OPTIONS: OptionTable<ServeOptions> = { ...LISTEN_OPTIONS, ...CONNECTIONS_OPTIONS };
