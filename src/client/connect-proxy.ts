/** A CONNECT proxy as a transport, for a registry of transports of the program's own. A client has the option `proxy` for it. */
import { defer, type SchedulerLike } from 'rxjs';
import type { Context } from '../flow/context.js';
import { CONNECT_TIMEOUT, HOST, PORT, SCHEDULER } from '../flow/context-keys.js';
import { needs, optional, required } from '../flow/endpoint-needs.js';
import type { Transport } from '../flow/transports.js';
import { type Client, client } from './client.js';
import { CONNECT_PROXY_OPTIONS, type ConnectProxyOptions, proxySettings } from './proxy-options.js';
import { proxyClientOptions, type TunnelEndpoint, tunnelThrough } from './proxy-tunnel.js';

/**
 * A transport through a proxy. Register it as `exclusive`: a client must not bypass a proxy that does not respond. Everything goes through
 * a tunnel, `http` too. Over HTTP/2, all tunnels share a connection to the proxy.
 *
 * Errors: `connect-failed`, ... if the proxy cannot be reached; `ProxyRefused` if it does not make the tunnel; the errors of TLS inside.
 *
 * @throws ClientError `invalid-request` for an invalid URL; RangeError or TypeError for an unknown option, or a value of another type.
 *
 * @example
 * ```ts
 * const proxy = connectProxy({ url: 'http://me:secret@localhost:3128' });
 * const http = client({ transports: nodeTransports.register(proxy, { priority: 1, exclusive: true }) });
 * ```
 */
export function connectProxy(options: ConnectProxyOptions): Transport<TunnelEndpoint> {
  const settings = proxySettings('connectProxy', options, CONNECT_PROXY_OPTIONS);
  const clients: { readonly scheduler: SchedulerLike; readonly time: number; readonly made: Client }[] = [];
  // The clock and the patience are those of the origin's context: hardly ever of more than one kind.
  const clientIn = (context: Context): Client => {
    const scheduler = context.get(SCHEDULER);
    const time = context.get(CONNECT_TIMEOUT);
    let known = clients.find((each) => each.scheduler === scheduler && each.time === time);
    if (known === undefined) {
      const given = { ...(context.has(SCHEDULER) ? { scheduler } : {}), connectTimeout: time };
      known = { scheduler, time, made: client(proxyClientOptions(settings, given)) };
      clients.push(known);
    }
    return known.made;
  };
  return {
    name: 'CONNECT proxy',
    endpoints: needs({ host: required(HOST), port: optional(PORT) }),
    connect: (endpoint, context) => defer(() => tunnelThrough(settings, clientIn(context), endpoint, context)),
  };
}
