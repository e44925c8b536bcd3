/** A request of a pooled client: its attempts and its redirects, up to the response that is emitted. */
import type { Subscriber, Subscription } from 'rxjs';
import { Body } from '../body/body.js';
import { ClientError } from '../errors.js';
import { RequestAttempt } from './request-attempt.js';
import type { ClientSettings } from './client-options.js';
import type { OriginPool } from './connection-pool.js';
import { decoded } from './content-decoding.js';
import { discardResponse } from './discarded-response.js';
import { forwardedResponse } from './forwarded-message.js';
import { tunnelResponse } from './forwarded-tunnel.js';
import { ClientResponse } from './response.js';
import { outgoingRequestOf, type RequestPlan, redirected } from './request-plan.js';
import { isRepeatable, redirectOf } from './redirect.js';
import { backoff, type Failure, mayRetry, resending, retryAfter } from './retry.js';
import type { ConnectionDriver } from './connection-driver.js';
import { thrown } from './error-translation.js';
import type { Proxy } from './proxy-routes.js';
import { ProxyRefused } from './proxy-tunnel.js';
import type { TargetUrl } from './target-url.js';

/** The client of a request, as far as the request needs it. */
export interface PooledRequestHost {
  readonly settings: ClientSettings;
  /** Whether nothing is to be sent any more. */
  readonly isClosed: boolean;
  poolFor(target: TargetUrl): OriginPool;
  /** The proxy that gets a request to `target` in absolute form: undefined without one. */
  proxyFor(target: TargetUrl): Proxy | undefined;
  /** `request` begins to wait for its next attempt, or ends its wait. */
  onRetryWait(request: PooledRequest, waits: boolean): void;
}

/** Statuses that another attempt would get again, or that ask for fewer attempts and not for more. */
const FINAL: ReadonlySet<string> = new Set([
  ...[
    'aborted',
    'handshake-failed',
    'no-transport',
    'unknown-protocol',
    'protocol-mismatch',
    'proxy-refused',
    'queue-full',
    'queue-timeout',
  ],
]);

/**
 * How often a request is sent again at once, and is not counted, where it had been sent too soon. More often than that no honest
 * server brings it about.
 */
const TOO_SOON = 16;

/** How often a forwarded request that was refused is sent again at once: a server that goes away refuses it once. */
const REFUSALS = 2;

/** @internal */
export class PooledRequest extends RequestAttempt {
  private retries = 0;
  private tooSoon = 0;
  private redirects = 0;
  /** The proxy that has the request in absolute form. */
  private proxy: Proxy | undefined = undefined;
  /** Whether the content has been begun to be sent. */
  private begun = false;
  /** Whether any of this attempt has been sent. */
  private sent = false;
  private timer: Subscription | undefined = undefined;

  constructor(
    private readonly host: PooledRequestHost,
    private readonly subscriber: Subscriber<ClientResponse>,
    private plan: RequestPlan,
  ) {
    super();
  }

  /** Begins an attempt. */
  start(): void {
    if (!this.listenTo(this.plan.watch?.signal)) return;
    const { host, plan } = this;
    let pool: OriginPool;
    try {
      const request = outgoingRequestOf(plan);
      // A tunnel through a proxy is a tunnel to the origin, and a tunnel through that.
      const direct = plan.target.scheme === 'https' || plan.tunnel || plan.method === 'CONNECT';
      this.proxy = direct ? undefined : host.proxyFor(plan.target);
      this.request = this.proxy === undefined ? request : this.proxy.absolute(request);
      pool = this.proxy === undefined ? host.poolFor(plan.target) : this.proxy.pool;
    } catch (error) {
      return this.fail(thrown(error));
    }
    this.sent = false;
    this.dispatch(pool);
  }

  override begin(connection: ConnectionDriver): void {
    this.begun = true;
    this.sent = true;
    super.begin(connection);
  }

  override unsubscribe(): void {
    this.stopRetryWait();
    super.unsubscribe();
  }

  /** There is no next attempt. */
  giveUp(error: ClientError): void {
    this.stopRetryWait();
    this.subscriber.error(error);
  }

  protected interim(response: ClientResponse): void {
    // 100 (Continue) was between this side and the server: our own client gets our own (RFC 9110 section 10.1.1).
    if (!this.plan.forwarded) this.subscriber.next(response);
    else if (response.status !== 100) this.subscriber.next(this.passedOn(response));
  }

  protected responded(response: ClientResponse): void {
    const { status } = response;
    // Only a proxy responds so (RFC 9110 section 15.5.8): with a tunnel, it is the same error.
    if (status === 407 && this.proxy !== undefined) return this.refusedByProxy(response);
    if (status >= 300 && this.goesElsewhere(response)) return;
    if (status >= 400 && this.retriesAfter(response)) return;
    const { subscriber, plan, host } = this;
    this.observed(response, plan.watch);
    if (plan.forwarded) return this.passOn(response);
    subscriber.next(plan.decodes && host.settings.decompress ? decoded(response) : response);
    subscriber.complete();
  }

  /** The response of a forwarded request goes back. */
  private passOn(response: ClientResponse): void {
    const { subscriber } = this;
    let passed: ClientResponse;
    try {
      passed = this.passedOn(response);
    } catch (error) {
      response.discard();
      return subscriber.error(error);
    }
    subscriber.next(passed);
    subscriber.complete();
  }

  /** Without its hop-by-hop fields. */
  private passedOn(response: ClientResponse): ClientResponse {
    const { status, headers, protocol, exchange, offered } = response;
    const { passesOn } = this.plan;
    const forwarded = forwardedResponse(headers, { protocol, name: this.host.settings.via });
    const head =
      passesOn === undefined || (status < 200 && offered === undefined)
        ? { status, headers: forwarded }
        : tunnelResponse(passesOn, response, forwarded, this.plan.headers);
    return new ClientResponse(head, exchange, offered);
  }

  protected failed(error: ClientError, tooSoon: boolean): void {
    if (tooSoon && this.tooSoon < TOO_SOON && this.mayBegin) {
      this.tooSoon++;
      return this.start();
    }
    if (error.reason === 'HTTP_1_1_REQUIRED') return this.overHttp1(error);
    if (FINAL.has(error.code)) return this.fail(error);
    if (this.wasClosedBefore(error)) return this.startAfresh();
    if (this.plan.forwarded) return this.failedForwarded(error);
    if (!this.mayRetry(error)) return this.fail(error);
    this.retryIn(this.backoff());
  }

  /** Whether the server had closed a used connection before the request came. That is not one of the retries, as long as there are any. */
  private wasClosedBefore({ code, retryable }: ClientError): boolean {
    const isClosed = retryable && this.sent && (code === 'closed' || code === 'connection-reset');
    const { retry } = this.host.settings;
    return isClosed && !this.plan.forwarded && retry.attempts > 0 && this.tooSoon < TOO_SOON && this.mayBegin;
  }

  /** Connections that have been idle for longer than the one that was closed are most likely closed, too. */
  private startAfresh(): void {
    this.tooSoon++;
    (this.proxy?.pool ?? this.host.poolFor(this.plan.target)).endIdle();
    this.start();
  }

  /** The server wants the request on HTTP/1.1: that is not one of the retries. */
  private overHttp1(error: ClientError): void {
    const pool = this.proxy?.pool ?? this.host.poolFor(this.plan.target);
    if (this.mayBegin && pool.requireHttp1()) this.start();
    else this.fail(error);
  }

  private refusedByProxy(response: ClientResponse): void {
    this.fail(new ProxyRefused(response, `${this.plan.method} ${this.plan.target.origin}`));
    if (!response.body.observed) discardResponse(response, this.host.settings.connectionSettings.timeLimits);
  }

  /** Sends a forwarded request again if that is safe, and the content has not begun. */
  private failedForwarded(error: ClientError): void {
    const { plan, host, sent, retries } = this;
    const { attempts } = host.settings.retry;
    const again = attempts === 0 || !this.mayBegin ? 'never' : resending(error, methodOf(plan), sent);
    if (again === 'never') return this.fail(error);
    // A server that refuses again and again has too much to do.
    const refused = error.code === 'refused';
    if (again === 'at-once' && this.tooSoon < (refused ? REFUSALS : TOO_SOON)) {
      this.tooSoon++;
      // Connections that have been idle for longer than the one that was closed are most likely closed, too.
      if (!refused) (this.proxy?.pool ?? host.poolFor(plan.target)).endIdle();
      return this.start();
    }
    if (retries >= attempts) return this.fail(error);
    this.retryIn(this.backoff());
  }

  private fail(error: unknown): void {
    const { forwarded } = this.plan;
    this.subscriber.error(forwarded ? unforwardable(error) : error);
  }

  /** Follows a redirect (RFC 9110 section 15.4). */
  private goesElsewhere(response: ClientResponse): boolean {
    const { plan, host } = this;
    const most = plan.redirects ?? host.settings.redirects;
    if (most === 0) return false;
    let next: RequestPlan | undefined;
    try {
      const redirect = redirectOf(response, { method: plan.method, target: plan.target, headers: plan.headers });
      if (redirect === undefined) return false;
      if (this.redirects++ === most) {
        throw new ClientError('too-many-redirects', `the server redirected more than ${most} times`);
      }
      if (redirect.keepsContent && !isRepeatable(plan.body)) {
        throw new ClientError(
          'body-not-repeatable',
          'the redirect wants the content again, which can be sent only once',
        );
      }
      next = redirected(plan, redirect);
    } catch (error) {
      discardResponse(response, this.host.settings.connectionSettings.timeLimits);
      this.subscriber.error(error);
      return true;
    }
    discardResponse(response, this.host.settings.connectionSettings.timeLimits);
    this.plan = next;
    this.begun = false;
    this.start();
    return true;
  }

  /** Sends the request again after a response that promises a better one later. */
  private retriesAfter(response: ClientResponse): boolean {
    const { settings } = this.host;
    // RFC 9110 section 10.1.1: to be repeated without the expectation.
    if (response.status === 417 && this.plan.headers.has('expect') && isRepeatable(this.plan.body)) {
      discardResponse(response, this.host.settings.connectionSettings.timeLimits);
      this.plan = { ...this.plan, headers: this.plan.headers.without('expect') };
      this.start();
      return true;
    }
    if (!this.mayRetry(response)) return false;
    const wait = retryAfter(response, settings.connectionSettings.timeLimits.clock.wall()) ?? this.backoff();
    if (wait > settings.retry.limit) return false;
    discardResponse(response, this.host.settings.connectionSettings.timeLimits);
    this.retryIn(wait);
    return true;
  }

  private mayRetry(failure: Failure): boolean {
    const { plan, retries, host } = this;
    const { retry } = host.settings;
    if (retries >= retry.attempts || plan.forwarded) return false;
    return mayRetry(failure, { method: plan.method }, retry) && this.mayBegin;
  }

  /** Whether there may be another attempt at all. */
  private get mayBegin(): boolean {
    const { body } = this.plan;
    return !this.host.isClosed && (!this.begun || isRepeatable(body) || (body instanceof Body && !body.wasRead));
  }

  private backoff(): number {
    const { retry, random } = this.host.settings;
    return backoff(this.retries + 1, retry, random);
  }

  private retryIn(wait: number): void {
    this.retries++;
    this.host.onRetryWait(this, true);
    this.timer = this.host.settings.retryScheduler.schedule(() => {
      this.stopRetryWait();
      this.start();
    }, wait);
  }

  private stopRetryWait(): void {
    if (this.timer === undefined) return;
    this.timer.unsubscribe();
    this.timer = undefined;
    this.host.onRetryWait(this, false);
  }

  private dispatch(pool: OriginPool): void {
    this.settled = false;
    pool.dispatch(this);
  }
}

/** What cannot be sent of a request that came in, its own client got wrong: the changes of the program have been looked at before. */
function unforwardable(error: unknown): unknown {
  if (!(error instanceof ClientError) || error.code !== 'invalid-request' || error.status < 500) return error;
  return new ClientError('invalid-request', error.message, { status: 400, cause: error });
}

/** An Upgrade is a GET, whatever it is planned as. */
function methodOf({ method, passesOn }: RequestPlan): string {
  return passesOn?.kind === 'upgrade' ? 'GET' : method;
}
