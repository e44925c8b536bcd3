/**
 * The ways of a client through proxies: `https`, and tunnels, by CONNECT; `http` in absolute form (RFC 9112 section 3.2.2). Each proxy has
 * a client of its own, so that both share its connections: one connection over HTTP/2.
 */
import type { Observable } from 'rxjs';
import { type Context, key, type Key } from '../flow/context.js';
import { HOST, PORT } from '../flow/context-keys.js';
import { needs, optional, required } from '../flow/endpoint-needs.js';
import type { Flow } from '../flow/flow.js';
import type { Transport, Transports } from '../flow/transports.js';
import type { Fields } from '../http/fields.js';
import type { ClientOptions, ProxyContexts } from './client-options.js';
import type { OriginPool } from './connection-pool.js';
import { absoluteForm, type OutgoingRequest } from './outgoing-request.js';
import {
  PROXY_OPTIONS,
  type ProxyOptions,
  type ProxySelector,
  type ProxySettings,
  proxySettings,
} from './proxy-options.js';
import { proxyClientOptions, type TunnelClient, type TunnelEndpoint, tunnelThrough } from './proxy-tunnel.js';
import type { TargetUrl } from './target-url.js';

/** The client of one proxy. */
export interface ProxyClient extends TunnelClient {
  poolFor(target: TargetUrl): OriginPool;
  drain(): void;
  close(): void;
}

/** One proxy. */
export class Proxy {
  readonly headers: Fields;
  readonly tunnelsAll: boolean;

  constructor(
    private readonly settings: ProxySettings,
    readonly client: ProxyClient,
  ) {
    this.headers = settings.headers;
    this.tunnelsAll = (settings.options as ProxyOptions).tunnel === true;
  }

  /** Connections that take requests in absolute form. */
  get pool(): OriginPool {
    return this.client.poolFor(this.settings.target);
  }

  /** `request` as the proxy gets it. */
  absolute(request: OutgoingRequest): OutgoingRequest {
    return absoluteForm(request, this.headers);
  }

  connect(endpoint: TunnelEndpoint, context: Context): Observable<Flow> {
    return tunnelThrough(this.settings, this.client, endpoint, context);
  }
}

/** The proxy that a tunnel goes through. */
const PROXY: Key<Proxy> = key('proxy');

const transport: Transport<TunnelEndpoint & { readonly proxy: Proxy }> = {
  name: 'proxy',
  endpoints: needs({ proxy: required(PROXY), host: required(HOST), port: optional(PORT) }),
  connect: ({ proxy, host, port }, context) => proxy.connect({ host, port }, context),
};

/** @internal */
export class ProxyRoutes implements ProxyContexts {
  private readonly proxies = new Map<string, Proxy>();
  private readonly select: ProxySelector;

  /** @throws ClientError, RangeError or TypeError for an invalid proxy. */
  constructor(
    private readonly options: ClientOptions,
    private readonly makeClient: (options: ClientOptions) => ProxyClient,
  ) {
    const { proxy } = options;
    if (typeof proxy === 'function') this.select = proxy;
    else {
      this.select = () => proxy;
      // An invalid one is an error now.
      this.proxyOf(proxy!);
    }
  }

  /** `transports`, with the way through a proxy before all others. */
  transportsWith(transports: Transports): Transports {
    return transports.register(transport, { priority: Number.MAX_SAFE_INTEGER, exclusive: true });
  }

  /** The proxy for requests to `target`; undefined if the requests go to `target` itself. */
  proxyFor(target: TargetUrl): Proxy | undefined {
    const selected = this.select(new URL(target.origin));
    return selected === undefined ? undefined : this.proxyOf(selected);
  }

  /** `context` for `target`, with its proxy. */
  contextFor(target: TargetUrl, context: Context): Context {
    const proxy = this.proxyFor(target);
    return proxy === undefined ? context : context.replace(PROXY, proxy);
  }

  /** One for each URL, whatever object names it: a selector may make one each time. */
  private proxyOf(selected: string | URL | ProxyOptions): Proxy {
    const options = typeof selected === 'string' || selected instanceof URL ? { url: selected } : selected;
    const name = String((options as Partial<ProxyOptions>).url);
    let proxy = this.proxies.get(name);
    if (proxy === undefined) {
      const settings = proxySettings('proxy', options, PROXY_OPTIONS);
      proxy = new Proxy(settings, this.makeClient(proxyClientOptions(settings, this.options)));
      this.proxies.set(name, proxy);
    }
    return proxy;
  }

  /** Connections to proxies end if nothing uses them. */
  drain(): void {
    for (const { client } of this.proxies.values()) client.drain();
  }

  close(): void {
    for (const { client } of this.proxies.values()) client.close();
  }
}
