/** The behaviour of a client: the options, and values that are made of them once. */
import { asyncScheduler, type SchedulerLike } from 'rxjs';
import { Clock } from '../drive/clock.js';
import { TimeLimits } from '../drive/time-limits.js';
import { Context } from '../flow/context.js';
import { CONNECT_TIMEOUT, HOST, PORT, SCHEDULER, SCHEME } from '../flow/context-keys.js';
import type { Transports } from '../flow/transports.js';
import { Fields, type FieldsInit } from '../http/fields.js';
import type { Protocol } from '../http/head.js';
import { type Limits, limitsWith } from '../limits.js';
import { ACCEPT_ENCODING } from '../node/content-coding.js';
import {
  ALPN_OFFER,
  type ClientTlsOptions,
  HANDSHAKE_TIMEOUT,
  SERVERNAME,
  TLS_OPTIONS,
  TLS_SESSIONS,
} from '../node/context-keys.js';
import { clientTlsValue } from '../node/tls-options.js';
import { unrefScheduler } from '../node/unref-scheduler.js';
import { nodeTransports } from '../node/default-transports.js';
import { checkConnectionOptions, type ConnectionSettings } from './connection-settings.js';
import type { ClientMiddleware } from './middleware.js';
import type { ProxyOptions, ProxySelector } from './proxy-options.js';
import { type RetryPolicy, retryPolicyWith } from './retry.js';
import { parseTarget, type TargetUrl } from './target-url.js';
import {
  anyValue,
  booleanValue,
  checkOptions,
  functionValue,
  integerOf,
  objectValue,
  type OptionCheck,
  type OptionTable,
  protocolsValue,
  textValue,
  timeValue,
  urlValue,
} from '../option-checks.js';

/** How a client behaves. All of it is optional. */
export interface ClientOptions {
  /** The base of relative URLs, and the target of forwarded requests. */
  readonly baseUrl?: string | URL;
  /** Sent with each request that does not set them itself. */
  readonly headers?: FieldsInit;
  /** The protocols that ALPN offers, in order of preference: `h2`, `http/1.1` unless set. `['h2']` is prior knowledge on cleartext. */
  readonly protocols?: readonly Protocol[];
  /**
   * Wraps the sending of each request, those of `json`, `tunnel` and all the others too. Compose several with the `pipe` of RxJS. An error
   * of the middleware is the error of the request.
   */
  readonly middleware?: ClientMiddleware;
  /** How TLS is spoken: `ca`, `cert`, `key`, ... Certificates are verified, unless `rejectUnauthorized` is false. */
  readonly tls?: ClientTlsOptions;
  /** Further keys for the transports: a unix socket, a proxy, a local address, keys of your own. */
  readonly context?: Context;
  /** The ways to an origin: those of Node unless set. */
  readonly transports?: Transports;
  /**
   * The proxy: its URL, its options, or a function that selects it for an origin. `https` and tunnels go through it by CONNECT, `http` in
   * absolute form. `proxyFromEnvironment()` selects by HTTP_PROXY, HTTPS_PROXY and NO_PROXY. An error of the proxy is never a reason to
   * connect directly.
   */
  readonly proxy?: string | URL | ProxyOptions | ProxySelector | undefined;
  /** HTTP/1.1 connections to one origin: 64 unless set. */
  readonly connections?: number;
  /**
   * HTTP/2 connections to one origin: 1 unless set (RFC 9113 section 9.1). A further one is made when requests wait because all streams that
   * the server allows are taken.
   */
  readonly h2Connections?: number;
  /** HTTP/1.1 requests that may be under way on one connection: 1 unless set (see `ConnectOptions.pipelining`). */
  readonly pipelining?: number;
  /** Requests to one origin that may wait for a connection: 1000 unless set. Past it: `queue-full`. */
  readonly queue?: number;
  /** Redirects that are followed: 10 unless set; 0 follows no redirect. Past it: `too-many-redirects`. */
  readonly redirects?: number;
  /** When a request is sent again; `false`: never. */
  readonly retry?: Partial<RetryPolicy> | false;
  /** Whether content codings are asked for, and removed from responses: true unless set. */
  readonly decompress?: boolean;
  /** ms for a connection to be made, TLS apart: 10,000 unless set. Past it: `connect-timeout`. */
  readonly connectTimeout?: number;
  /** The name of this client in the Via of forwarded requests (RFC 9110 section 7.6.3): `rxpaf` unless set. */
  readonly via?: string;
  /**
   * Limits that replace the defaults. For a client, `handshakeTimeout` covers TLS, and `headTimeout` the time from the end of a request to
   * the head of its response. `bodyTimeout` is for a body that does not go on, or that nobody reads. `idleTimeout`, 30 s unless set, is for
   * connections in the pool.
   */
  readonly limits?: Partial<Limits>;
  /** The clock of all time limits, and of the waits between attempts: unless set, one that keeps no process alive. */
  readonly scheduler?: SchedulerLike;
  /** Numbers from 0 to 1, for the length of waits: `Math.random` unless set. */
  readonly random?: () => number;
}

/** @internal */
export function checkClientOptions(options: ClientOptions): void {
  checkOptions('client', options, CLIENT_OPTIONS);
}

/**
 * The proxies of a client, as far as a connection needs them.
 * @internal
 */
export interface ProxyContexts {
  /** `context` for `target`, with its proxy. */
  contextFor(target: TargetUrl, context: Context): Context;
  /** `transports`, and the way through a proxy. */
  transportsWith(transports: Transports): Transports;
}

/**
 * The options of a client, checked.
 * @internal
 */
export class ClientSettings {
  readonly connectionSettings: ConnectionSettings;
  readonly base: URL | undefined;
  /** Where requests that came in go. */
  readonly upstream: TargetUrl | undefined;
  readonly headers: Fields;
  readonly protocols: readonly Protocol[];
  readonly transports: Transports;
  readonly connections: number;
  readonly h2Connections: number;
  readonly queue: number;
  readonly redirects: number;
  readonly retry: RetryPolicy;
  readonly decompress: boolean;
  readonly via: string | undefined;
  readonly random: () => number;
  /** The clock of the waits between attempts: they keep the process running. */
  readonly retryScheduler: SchedulerLike;
  private readonly context: Context;

  constructor(
    options: ClientOptions,
    private readonly proxies?: ProxyContexts,
  ) {
    const { scheduler, decompress = true } = options;
    const limits = limitsWith({ idleTimeout: IDLE, headerFields: HEADER_FIELDS, ...options.limits });
    const timeLimits = new TimeLimits(new Clock(scheduler ?? unrefScheduler), limits);
    this.connectionSettings = {
      ...checkConnectionOptions({ pipelining: options.pipelining, queue: undefined }),
      timeLimits,
    };
    this.base = options.baseUrl === undefined ? undefined : new URL(options.baseUrl);
    this.upstream = this.base === undefined ? undefined : parseTarget(this.base);
    this.decompress = decompress;
    this.headers = defaultHeaders(options.headers, decompress);
    this.protocols = options.protocols ?? ['h2', 'http/1.1'];
    if (this.protocols.length === 0) throw new RangeError('protocols: expected at least one');
    const transports = options.transports ?? nodeTransports;
    this.transports = proxies === undefined ? transports : proxies.transportsWith(transports);
    this.connections = count('connections', options.connections ?? 64, 1);
    this.h2Connections = count('h2Connections', options.h2Connections ?? 1, 1);
    this.queue = count('queue', options.queue ?? 1000, 0);
    this.redirects = count('redirects', options.redirects ?? 10, 0);
    this.retry = retryPolicyWith(options.retry === false ? { attempts: 0 } : options.retry);
    this.via = options.via;
    this.random = options.random ?? Math.random;
    this.retryScheduler = scheduler ?? asyncScheduler;
    this.context = contextOf(options, limits, this.protocols);
  }

  /** The context of the transports for `target`. */
  contextFor(target: TargetUrl): Context {
    const { scheme, host, port } = target;
    let { context } = this;
    context = context.replace(SCHEME, scheme);
    if (this.proxies !== undefined) context = this.proxies.contextFor(target, context);
    // A host in the context replaces that of the URL for the connection: the certificate must still match the URL's.
    if (context.has(HOST)) return context.has(SERVERNAME) ? context : context.add(SERVERNAME, host);
    context = context.add(HOST, host);
    return context.has(PORT) ? context : context.add(PORT, port);
  }
}

const proxyValue: OptionCheck = (name, value) => {
  if (typeof value === 'string' || typeof value === 'function' || (typeof value === 'object' && value !== null)) return;
  throw new TypeError(`${name}: expected a URL, the options of a proxy, or a function that selects one`);
};

const CLIENT_OPTIONS: OptionTable<ClientOptions> = {
  baseUrl: urlValue,
  headers: objectValue,
  protocols: protocolsValue,
  middleware: anyValue,
  tls: clientTlsValue,
  context: objectValue,
  transports: objectValue,
  proxy: proxyValue,
  connections: integerOf(1),
  h2Connections: integerOf(1),
  pipelining: integerOf(1),
  queue: integerOf(0),
  redirects: integerOf(0),
  retry: anyValue,
  decompress: booleanValue,
  connectTimeout: timeValue,
  via: textValue,
  limits: objectValue,
  scheduler: objectValue,
  random: functionValue,
};

/** As in Node: servers send many. */
const HEADER_FIELDS = 2000;
/** ms: shorter than the servers', so that it is mostly this side that closes. */
const IDLE = 30_000;

function contextOf(options: ClientOptions, limits: Limits, protocols: readonly Protocol[]): Context {
  let context = options.context ?? Context.EMPTY;
  const { tls, connectTimeout, scheduler } = options;
  context = context.replace(ALPN_OFFER, protocols).replace(HANDSHAKE_TIMEOUT, limits.handshakeTimeout);
  if (tls !== undefined) context = context.replace(TLS_OPTIONS, tls);
  if (connectTimeout !== undefined) context = context.replace(CONNECT_TIMEOUT, connectTimeout);
  if (scheduler !== undefined) context = context.replace(SCHEDULER, scheduler);
  return context.has(TLS_SESSIONS) ? context : context.add(TLS_SESSIONS, new Map<string, Buffer>());
}

function defaultHeaders(headers: FieldsInit | undefined, decompress: boolean): Fields {
  const fields = Fields.from(headers);
  return decompress && !fields.has('accept-encoding') ? fields.with('accept-encoding', ACCEPT_ENCODING) : fields;
}

function count(name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new RangeError(`${name}: expected a number of at least ${least}, got ${value}`);
}
