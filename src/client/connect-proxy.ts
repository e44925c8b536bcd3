/** The way through a CONNECT proxy: a tunnel to the origin (RFC 9110 section 9.3.6), with TLS inside if the scheme requires it. */
import { map, type Observable, switchMap } from 'rxjs';
import { ClientError } from '../errors.js';
import { Context } from '../flow/context.js';
import type { Flow } from '../flow/flow.js';
import { CONNECT_TIMEOUT, HOST, PORT, SCHEDULER, SCHEME } from '../flow/context-keys.js';
import { needs, optional, required } from '../flow/endpoint-needs.js';
import { resolve } from '../flow/resolve.js';
import type { Transport, Transports } from '../flow/transports.js';
import type { FieldsInit } from '../http/fields.js';
import { anyValue, checkOptions, objectValue, type OptionTable } from '../option-checks.js';
import { ALPN_OFFER, type ClientTlsOptions, isProtected, TLS_OPTIONS } from '../node/context-keys.js';
import { clientTlsValue } from '../node/tls-options.js';
import { tlsOver } from '../node/tls-over.js';
import { tlsOptionsIn } from '../node/tls-over.js';
import { nodeTransports } from '../node/default-transports.js';
import { run } from './run.js';
import { parseTarget } from './target-url.js';

/** The address of the proxy, and the options for it. */
export interface ConnectProxyOptions {
  /** `http://host:port`, or `https://...` for one that is spoken to over TLS. */
  readonly url: string | URL;
  /** Sent with CONNECT, for example `proxy-authorization`. */
  readonly headers?: FieldsInit;
  /** The TLS options for the proxy itself. The connection inside the tunnel uses those of the context. */
  readonly tls?: ClientTlsOptions;
  /** The ways to the proxy: those of Node unless set. */
  readonly transports?: Transports;
}

/** Where a tunnel ends. */
export interface TunnelEndpoint {
  readonly host: string;
  /** That of the scheme by default. */
  readonly port: number | undefined;
}

const CONNECT_PROXY_OPTIONS: OptionTable<ConnectProxyOptions> = {
  url: anyValue,
  headers: objectValue,
  tls: clientTlsValue,
  transports: objectValue,
};

/**
 * A transport through a proxy. Register it as `exclusive`: a client must not bypass a proxy that does not respond.
 *
 * Errors: `connect-failed`, ... if the proxy cannot be reached; `proxy-refused` if it does not make the tunnel; the errors of TLS inside.
 *
 * @throws ClientError `invalid-request` for an invalid URL; RangeError or TypeError for an unknown option, or a value of another kind.
 *
 * @example
 * ```ts
 * const proxy = connectProxy({ url: 'http://localhost:3128', headers: { 'proxy-authorization': 'Basic ...' } });
 * const http = client({ transports: nodeTransports.register(proxy, { priority: 1, exclusive: true }) });
 * ```
 */
export function connectProxy(options: ConnectProxyOptions): Transport<TunnelEndpoint> {
  checkOptions('connectProxy', options, CONNECT_PROXY_OPTIONS);
  const { headers = {}, transports = nodeTransports } = options;
  const proxy = parseTarget(options.url);
  return {
    name: 'CONNECT proxy',
    endpoints: needs({ host: required(HOST), port: optional(PORT) }),
    connect: ({ host, port }, context) => {
      const inTls = isProtected(context);
      const authority = `${host.includes(':') ? `[${host}]` : host}:${port ?? (inTls ? 443 : 80)}`;
      return resolve(contextOf(proxy, options.tls, context), transports).pipe(
        switchMap((flow) => tunnel(flow, authority, headers, context)),
        switchMap((flow) => (inTls ? tlsOver(flow, tlsOptionsIn(context)) : [flow])),
      );
    },
  };
}

/** How the proxy itself is reached: of the origin's context the clock and the patience. */
function contextOf(
  { scheme, host, port }: ReturnType<typeof parseTarget>,
  tls: ClientTlsOptions | undefined,
  context: Context,
): Context {
  const way = Context.EMPTY.add(SCHEME, scheme)
    .add(HOST, host)
    .add(PORT, port)
    .add(ALPN_OFFER, ['http/1.1'])
    .add(CONNECT_TIMEOUT, context.get(CONNECT_TIMEOUT))
    .add(SCHEDULER, context.get(SCHEDULER));
  return tls === undefined ? way : way.add(TLS_OPTIONS, tls);
}

function tunnel(flow: Flow, authority: string, headers: FieldsInit, context: Context): Observable<Flow> {
  const options = {
    alpn: 'http/1.1',
    scheduler: context.get(SCHEDULER),
    limits: { headTimeout: context.get(CONNECT_TIMEOUT) },
  };
  return run(flow, { method: 'CONNECT', url: `http://${authority}`, headers }, options).pipe(
    map((response) => {
      if (response.flow !== undefined) return response.flow;
      response.connection.close();
      throw new ClientError('proxy-refused', `the proxy responded to CONNECT ${authority} with ${response.status}`);
    }),
  );
}
