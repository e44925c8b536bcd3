/** A tunnel through a proxy (CONNECT, RFC 9110 section 9.3.6), with TLS inside if the scheme needs it. */
import { catchError, map, type Observable, switchMap, throwError } from 'rxjs';
import { ClientError } from '../errors.js';
import type { Context } from '../flow/context.js';
import { CONNECT_TIMEOUT, SCHEDULER } from '../flow/context-keys.js';
import { within } from '../flow/first-value-timeout.js';
import type { Flow } from '../flow/flow.js';
import { type Challenge, parseChallenges } from '../http/challenge.js';
import { isProtected } from '../node/context-keys.js';
import { tlsOptionsIn, tlsOver } from '../node/tls-over.js';
import type { ClientOptions } from './client-options.js';
import type { ProxySettings } from './proxy-options.js';
import type { TunnelRequestInit } from './request.js';
import type { ClientResponse, TunnelResponse } from './response.js';
import { TunnelRefused } from './tunnel.js';

/**
 * A proxy refused the request, or the tunnel for it: `response` has its status and fields. Subscribe to the body of the response within the
 * delivery of this error if you want it; otherwise it is discarded.
 *
 * @example
 * ```ts
 * client({ proxy: 'http://localhost:3128' })
 *   .get('https://example.com/')
 *   .subscribe({ error: (error) => error instanceof ProxyRefused && console.error(error.challenges) });
 * ```
 */
export class ProxyRefused extends ClientError {
  /** The ways to authenticate that the proxy offers (407, RFC 9110 section 11.7.1). */
  readonly challenges: readonly Challenge[];

  declare readonly response: ClientResponse;

  constructor(response: ClientResponse, what: string) {
    const { status, headers } = response;
    const hint = status === 407 ? ': it needs credentials, which its URL or `headers` can have' : '';
    super('proxy-refused', `the proxy responded to ${what} with ${status}${hint}`, { response });
    this.challenges = parseChallenges(headers.get('proxy-authenticate') ?? '');
  }
}

/** A client for one proxy, as far as a tunnel needs it. */
export interface TunnelClient {
  tunnel(url: string | URL, init: TunnelRequestInit): Observable<TunnelResponse>;
}

/** The end of a tunnel. */
export interface TunnelEndpoint {
  readonly host: string;
  /** That of the scheme by default. */
  readonly port: number | undefined;
}

/**
 * A flow to `endpoint` through the proxy. The tunnel has the time of a connection, as the connection to the proxy has.
 * @internal
 */
export function tunnelThrough(
  { target, headers }: ProxySettings,
  client: TunnelClient,
  { host, port }: TunnelEndpoint,
  context: Context,
): Observable<Flow> {
  const inTls = isProtected(context);
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port ?? (inTls ? 443 : 80)}`;
  const time = context.get(CONNECT_TIMEOUT);
  return client.tunnel(target.url, { authority, headers }).pipe(
    catchError((error: unknown) => throwError(() => refusal(error, authority))),
    map(({ flow }) => flow),
    within(time * 2, context.get(SCHEDULER), () => {
      const message = `the proxy made no tunnel to ${authority} in ${time * 2} ms`;
      return new ClientError('connect-timeout', message, { retryable: true });
    }),
    switchMap((flow) => (inTls ? tlsOver(flow, tlsOptionsIn(context)) : [flow])),
  );
}

function refusal(error: unknown, authority: string): unknown {
  return error instanceof TunnelRefused ? new ProxyRefused(error.response, `CONNECT ${authority}`) : error;
}

/**
 * The options of a client for the proxy alone. Retries are those of the client that uses the proxy.
 * @internal
 */
export function proxyClientOptions({ options }: ProxySettings, given: ClientOptions): ClientOptions {
  const { tls, protocols, transports = given.transports } = options;
  const { connections, pipelining, queue, connectTimeout, limits, scheduler } = given;
  return Object.fromEntries(
    Object.entries({
      ...{ tls, protocols, transports, connections, pipelining, queue, connectTimeout, limits, scheduler },
      ...{ retry: false, redirects: 0, decompress: false },
    }).filter(([, value]) => value !== undefined),
  );
}
