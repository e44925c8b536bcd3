/** A client: requests to any origin, over connections that it keeps. */
import { catchError, defer, from, mergeMap, Observable, type ObservableInput, throwError } from 'rxjs';
import type { Body } from '../body/body.js';
import { HttpRequest } from '../drive/request.js';
import type { Content } from '../drive/content.js';
import { BodyError, ClientError } from '../errors.js';
import { clientError, thrown } from './error-translation.js';
import { FORWARD_OPTIONS, type ForwardedPeer, type ForwardInit, type ForwardSelectorInit } from './forward-init.js';
import { NO_INIT } from './outgoing-request.js';
import type { ClientRequestInit, TunnelRequestInit } from './request.js';
import {
  checkRequest,
  CONTENT_OPTIONS,
  REQUEST_OPTIONS,
  TUNNEL_OPTIONS,
  withContent,
  withMethod,
} from './request-options.js';
import type { ClientResponse, TunnelResponse } from './response.js';
import { checkClientOptions, type ClientOptions, ClientSettings } from './client-options.js';
import { OriginPool } from './connection-pool.js';
import { type PoolState, PoolStates } from './pool-state.js';
import { type ClientService, withMiddleware } from './middleware.js';
import { planOfService, planRequest, type RequestPlan, serviceRequest } from './request-plan.js';
import { type PooledRequestHost, PooledRequest } from './pooled-request.js';
import { type Proxy, type ProxyClient, ProxyRoutes } from './proxy-routes.js';
import type { TargetUrl } from './target-url.js';
import { tunnelRequest, tunnels } from './tunnel.js';

/** The result that `request` makes of its response. */
export interface SelectorInit<T> extends ClientRequestInit {
  /** Called with the response; the values of its result are emitted. Unsubscribing ends it, and with it the exchange. */
  readonly selector: (response: ClientResponse) => ObservableInput<T>;
}

/** A request whose content is wanted whole. */
export interface ContentInit extends ClientRequestInit {
  /**
   * Bytes of content, decoded, past which the request ends in `body-too-large`, and the response is cancelled: none unless set, as
   * of `body.text`.
   */
  readonly limit?: number;
}

/** The content of a request that is sent with a method of its own. */
type Sent = Content | (() => Content);

/**
 * A client. Every Observable that it gives is cold: each subscription is a request of its own. It emits the response when its head has
 * come, and completes. Until then unsubscribing cancels the exchange, and from then on unsubscribing the response's body does.
 */
export class Client implements PooledRequestHost, ProxyClient {
  /** @internal */
  readonly settings: ClientSettings;
  private readonly pools = new Map<string, OriginPool>();
  private readonly poolStates = new PoolStates(() => this.pools.values());
  /** Requests that wait for their next attempt. */
  private readonly awaitingRetry = new Set<PooledRequest>();
  /** The sending of a request within the middleware, where there is one. */
  private readonly service: ClientService | undefined;
  private readonly proxies: ProxyRoutes | undefined;
  private state: 'open' | 'draining' | 'closed' = 'open';

  /** The same client, over HTTP/1.1 only: made when it is asked for. */
  private http1: Client | undefined = undefined;

  /** @internal */
  constructor(private readonly initial: ClientOptions) {
    checkClientOptions(initial);
    const { middleware, proxy } = initial;
    this.proxies = proxy === undefined ? undefined : new ProxyRoutes(initial, (forProxy) => new Client(forProxy));
    this.settings = new ClientSettings(initial, this.proxies);
    this.service =
      middleware === undefined
        ? undefined
        : withMiddleware(middleware, (request) => this.send(() => planOfService(request, this.settings)));
  }

  /**
   * Sends a request. A `HttpRequest` that came in is forwarded (RFC 9110 section 7.6) to `baseUrl`, without its hop-by-hop fields. Interim
   * responses are passed on too. The request is not redirected or decoded on its way, and `init` can change it: see `ForwardInit`. It is
   * sent again only if the server has certainly not acted on it. So a reverse proxy is `{ request: (request) => upstream.request(request) }`.
   *
   * Errors: `ClientError`.
   *
   * @example
   * ```ts
   * const rows = client({ baseUrl: 'http://localhost:8080' });
   * rows.request('/rows', { selector: (response: ClientResponse) => response.body.json() }).subscribe(console.log);
   * ```
   */
  request(input: string | URL, init?: ClientRequestInit): Observable<ClientResponse>;
  request<T>(input: string | URL, init: SelectorInit<T>): Observable<T>;
  request<T, Peer extends ForwardedPeer>(input: HttpRequest, init: ForwardSelectorInit<T, Peer>): Observable<T>;
  request<Peer extends ForwardedPeer>(input: HttpRequest, init?: ForwardInit<Peer>): Observable<ClientResponse>;
  request(input: string | URL | HttpRequest): Observable<ClientResponse>;
  request<T>(
    input: string | URL | HttpRequest,
    init: ClientRequestInit | SelectorInit<T> | ForwardInit | ForwardSelectorInit<T> = NO_INIT,
  ): Observable<ClientResponse | T> {
    checkRequest(init, input instanceof HttpRequest ? FORWARD_OPTIONS : REQUEST_OPTIONS);
    const { service } = this;
    let responses =
      service === undefined
        ? this.send(() => planRequest(input, init, this.settings))
        : defer(() => service(serviceRequest(input, init, this.settings)));
    if ('upgrade' in init && input instanceof HttpRequest) {
      responses = responses.pipe(catchError((error: unknown) => this.upgradeOverHttp1(error, input, init)));
    }
    return 'selector' in init ? responses.pipe(mergeMap((response) => from(init.selector(response)))) : responses;
  }

  /** A forwarded Upgrade goes over HTTP/1.1 if the HTTP/2 of the upstream has no extended CONNECT. */
  private upgradeOverHttp1(error: unknown, request: HttpRequest, init: ForwardInit): Observable<ClientResponse> {
    const isWithoutConnect = error instanceof ClientError && error.code === 'protocol-mismatch';
    const other = isWithoutConnect ? this.overHttp1 : undefined;
    return other === undefined ? throwError(() => error) : other.request(request, init);
  }

  private send(plan: () => RequestPlan): Observable<ClientResponse> {
    return new Observable<ClientResponse>((subscriber) => {
      try {
        if (this.state !== 'open') throw new ClientError('closed', 'the client is closed');
        const request = new PooledRequest(this, subscriber, plan());
        subscriber.add(request);
        request.start();
      } catch (error) {
        subscriber.error(thrown(error));
      }
    });
  }

  /** GET (RFC 9110 section 9.3.1). */
  get(url: string | URL, init?: ClientRequestInit): Observable<ClientResponse> {
    return this.request(url, withMethod('GET', init));
  }

  /** HEAD (RFC 9110 section 9.3.2). */
  head(url: string | URL, init?: ClientRequestInit): Observable<ClientResponse> {
    return this.request(url, withMethod('HEAD', init));
  }

  /** OPTIONS (RFC 9110 section 9.3.7). */
  options(url: string | URL, init?: ClientRequestInit): Observable<ClientResponse> {
    return this.request(url, withMethod('OPTIONS', init));
  }

  /** POST (RFC 9110 section 9.3.3). */
  post(url: string | URL, body?: Sent, init?: ClientRequestInit): Observable<ClientResponse> {
    return this.request(url, withContent('POST', body, init));
  }

  /** PUT (RFC 9110 section 9.3.4). */
  put(url: string | URL, body?: Sent, init?: ClientRequestInit): Observable<ClientResponse> {
    return this.request(url, withContent('PUT', body, init));
  }

  /** PATCH (RFC 5789). */
  patch(url: string | URL, body?: Sent, init?: ClientRequestInit): Observable<ClientResponse> {
    return this.request(url, withContent('PATCH', body, init));
  }

  /** DELETE (RFC 9110 section 9.3.5). */
  delete(url: string | URL, init?: ClientRequestInit): Observable<ClientResponse> {
    return this.request(url, withMethod('DELETE', init));
  }

  /**
   * The content of the response, as text. Another status than 200 to 299 is `bad-status`, content of more than `limit` bytes
   * `body-too-large`.
   *
   * @example
   * ```ts
   * client().text('http://localhost:8080/', { limit: 64 * 1024 }).subscribe(console.log);
   * ```
   */
  text(url: string | URL, init?: ContentInit): Observable<string> {
    return this.content(url, init, (body, limit) => body.text(limit));
  }

  /** The content of the response, as JSON. The errors are those of `text`, and `malformed-response` for content that is not JSON. */
  json(url: string | URL, init?: ContentInit): Observable<unknown> {
    return this.content(url, init, (body, limit) => body.json(limit));
  }

  /** The content of the response, in one piece: the errors are those of `text`. */
  bytes(url: string | URL, init?: ContentInit): Observable<Uint8Array> {
    return this.content(url, init, (body, limit) => body.bytes(limit));
  }

  private content<T>(
    url: string | URL,
    given: ContentInit = NO_INIT,
    read: (body: Body, limit: number | undefined) => Observable<T>,
  ): Observable<T> {
    checkRequest(given, CONTENT_OPTIONS);
    const { limit, ...init } = given;
    return this.request(url, {
      ...init,
      selector: (response: ClientResponse) => read(successful(response).body, limit).pipe(catchError(unreadable)),
    });
  }

  /**
   * Opens a tunnel: by `Upgrade` or CONNECT on HTTP/1.1, by CONNECT or extended CONNECT on HTTP/2, whichever the server speaks. Emits the
   * response that opened it, whose `flow` is the tunnel, and completes. Unsubscribing before that cancels it; from then on the flow is
   * the program's. On HTTP/1.1 it is a connection that is no longer the client's; on HTTP/2 a stream, which `close()` ends.
   *
   * It is not redirected. It is sent again only if the server has certainly not acted on it.
   *
   * Errors: `TunnelRefused`, with the response, if the server responds with anything else. `protocol-mismatch` if a `protocol` is asked for
   * and the server speaks HTTP/2 without extended CONNECT (`protocols: ['http/1.1']` asks by `Upgrade`). Another `ClientError`.
   *
   * @example
   * ```ts
   * const chat = client().tunnel('http://localhost:8080/chat', { protocol: 'chat' });
   * chat.subscribe(({ flow }) => flow.subscribe(flow)); // an echo
   * ```
   */
  tunnel(url: string | URL, init: TunnelRequestInit = {}): Observable<TunnelResponse> {
    checkRequest(init, TUNNEL_OPTIONS);
    const { timeLimits } = this.settings.connectionSettings;
    return tunnels(() => {
      const { url: target, ...request } = tunnelRequest({ ...init, url });
      return this.request(target, { ...request, redirects: 0 });
    }, timeLimits);
  }

  /**
   * A client with the same options that offers only HTTP/1.1: for upgrades at an origin whose HTTP/2 has no extended CONNECT. Undefined if
   * this client does not speak HTTP/1.1.
   *
   * @internal
   */
  get overHttp1(): Client | undefined {
    if (!this.settings.protocols.includes('http/1.1') || this.state !== 'open') return undefined;
    return (this.http1 ??= new Client({ ...this.initial, protocols: ['http/1.1'] }));
  }

  /**
   * The connections and the waiting requests, origin by origin: the present state of each when it is subscribed to, then each change. An
   * origin without any is forgotten after a last value, whose numbers are 0. The connections to proxies are not among them.
   *
   * @example
   * ```ts
   * http.pool.subscribe(({ origin, idle, busy, connecting, waiting }) => console.log(origin, idle, busy, connecting, waiting));
   * ```
   */
  get pool(): Observable<PoolState> {
    return this.poolStates.states;
  }

  /** Takes no more requests: those under way may end, and then the connections do. */
  shutdown(): void {
    if (this.state === 'closed') return;
    this.state = 'draining';
    this.drain();
  }

  /**
   * Ends the connections that nobody uses or waits for.
   * @internal
   */
  drain(): void {
    this.http1?.shutdown();
    for (const pool of [...this.pools.values()]) pool.shutdown();
    this.proxies?.drain();
  }

  /** Ends all connections at once, with their exchanges. */
  close(): void {
    this.state = 'closed';
    this.http1?.close();
    const error = new ClientError('closed', 'the client is closed');
    for (const pool of [...this.pools.values()]) pool.close(error);
    for (const request of this.awaitingRetry) request.giveUp(error);
    this.proxies?.close();
  }

  /** @internal */
  get isClosed(): boolean {
    return this.state === 'closed';
  }

  /** @internal */
  onRetryWait(request: PooledRequest, waits: boolean): void {
    if (waits) this.awaitingRetry.add(request);
    else this.awaitingRetry.delete(request);
  }

  /**
   * The proxy that gets a request to `target` in absolute form.
   * @internal
   */
  proxyFor(target: TargetUrl): Proxy | undefined {
    const proxy = this.proxies?.proxyFor(target);
    return proxy?.tunnelsAll === true ? undefined : proxy;
  }

  /** @internal */
  poolFor(target: TargetUrl): OriginPool {
    const name = target.origin;
    let pool = this.pools.get(name);
    if (pool === undefined) {
      pool = new OriginPool(
        target,
        this.settings,
        () => this.pools.delete(name),
        this.state === 'draining',
        (changed) => this.poolStates.look(changed),
      );
      this.pools.set(name, pool);
    }
    return pool;
  }
}

function successful(response: ClientResponse): ClientResponse {
  if (response.ok) return response;
  response.discard();
  const { status, headers, url } = response;
  throw new ClientError('bad-status', `${url} responded with ${status}`, { response: { status, headers } });
}

/**
 * Content that does not arrive whole is the server's fault: a gateway responds with 502, and not with the 413 or 400 of a request's
 * content.
 */
function unreadable(error: unknown): never {
  if (error instanceof BodyError && error.code === 'body-too-large') {
    throw new ClientError('body-too-large', error.message, { cause: error });
  }
  throw clientError(error);
}

/**
 * A client with connections of its own.
 *
 * @throws RangeError for an invalid option.
 *
 * @example
 * ```ts
 * const http = client({ headers: { 'user-agent': 'me' }, retry: { attempts: 4 } });
 * http.get('https://example.com/').pipe(mergeMap((response) => response.body.text())).subscribe(console.log);
 * ```
 */
export function client(options: ClientOptions = {}): Client {
  return new Client(options);
}
