/**
 * The connections to one origin, and the requests that wait for one. HTTP/2 has one connection, which all share. It has further ones only if
 * the program allows it and all streams are taken. HTTP/1.1 has as many as are needed, up to a bound. Of the idle ones, the one that was used
 * last is used again: the others may come to their end.
 */
import { defer, type Subscription, Subscription as Connecting } from 'rxjs';
import { Deadline, type Expiring } from '../drive/deadline.js';
import { callForAll } from '../demand/async-context.js';
import type { ClientError } from '../errors.js';
import type { Context } from '../flow/context.js';
import type { Flow } from '../flow/flow.js';
import { resolve } from '../flow/resolve.js';
import type { Protocol } from '../http/head.js';
import { ALPN_OFFER } from '../node/context-keys.js';
import { connectionDrivers } from './connect.js';
import { clientError } from './error-translation.js';
import type { ConnectionDriver, ConnectionOwner } from './connection-driver.js';
import type { ClientSettings } from './client-options.js';
import type { PoolState } from './pool-state.js';
import type { TargetUrl } from './target-url.js';
import { type QueuedRequest, RequestQueue } from './request-queue.js';

/** ms between a failed attempt to connect, beside open connections, and the next one. */
const RECONNECT_WAIT = 250;

const HTTP1: readonly Protocol[] = ['http/1.1'];

/** @internal */
export class OriginPool implements ConnectionOwner, Expiring {
  private readonly open = new Set<ConnectionDriver>();
  /** All of them: those too that end after their exchanges under way. */
  private readonly connections = new Set<ConnectionDriver>();
  private readonly idle: ConnectionDriver[] = [];
  /** The connections that requests share: those of HTTP/2, the oldest first. */
  private readonly shared: ConnectionDriver[] = [];
  private readonly connecting = new Set<Subscription>();
  private readonly subscriptions = new Set<Subscription>();
  private readonly waiting: RequestQueue;
  /** The protocol of the last connection: unknown before the first. */
  private protocol: Protocol | undefined;
  /** The server requires HTTP/1.1. */
  private http1Only = false;
  private ended = false;
  private readonly reconnecting = new Deadline(this);

  constructor(
    private readonly target: TargetUrl,
    private readonly settings: ClientSettings,
    private readonly onUnused: () => void,
    /** Connections end when no request waits for them. */
    private draining: boolean,
    /** The numbers of connections and requests may have changed. */
    private readonly onChange: (pool: OriginPool) => void = () => undefined,
  ) {
    this.waiting = new RequestQueue(settings.queue, settings.connectionSettings.timeLimits, () => this.onRequestLeft());
    const { protocols } = settings;
    this.protocol = protocols.length === 1 ? protocols[0] : target.scheme === 'http' ? 'http/1.1' : undefined;
  }

  /** Begins an exchange for `queued`, now or in its turn. */
  dispatch(queued: QueuedRequest): void {
    const connection = this.waiting.isEmpty ? this.available(queued) : undefined;
    if (connection !== undefined) queued.begin(connection);
    else {
      this.waiting.add(queued, this.coming);
      // A request that comes as another one ends may have its connection, at the end of this turn.
      if (!this.inTurn) this.connectIfNeeded();
    }
    this.onChange(this);
  }

  get state(): PoolState {
    const { connections, connecting, waiting, protocol, target } = this;
    let busy = 0;
    for (const { exchangesOpen } of connections) if (exchangesOpen > 0) busy++;
    const idle = connections.size - busy;
    return { origin: target.origin, protocol, idle, busy, connecting: connecting.size, waiting: waiting.size };
  }

  /** Ends the idle HTTP/1.1 connections: one of them turned out to be closed. */
  endIdle(): void {
    for (const connection of this.idle.splice(0)) {
      connection.idle = false;
      connection.shutdown();
    }
  }

  /**
   * The server requires HTTP/1.1 (HTTP_1_1_REQUIRED, RFC 9113 section 7): the requests from here on get such connections. Those under way on
   * HTTP/2 may end there.
   *
   * @returns false if the program does not allow HTTP/1.1.
   */
  requireHttp1(): boolean {
    if (this.http1Only) return true;
    if (!this.settings.protocols.includes('http/1.1')) return false;
    this.http1Only = true;
    this.protocol = 'http/1.1';
    for (const attempt of this.connecting) attempt.unsubscribe();
    this.connecting.clear();
    for (const connection of [...this.shared]) connection.shutdown();
    this.shared.length = 0;
    return true;
  }

  /** Whether this is within the turn of a connection. */
  private get inTurn(): boolean {
    for (const connection of this.open) if (connection.entered) return true;
    return false;
  }

  private available({ request }: QueuedRequest): ConnectionDriver | undefined {
    const { shared, idle } = this;
    if (shared.length > 0) return shared.find((connection) => connection.takes(request));
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
      connection.idle = false;
      if (connection.isStale) connection.shutdown();
      else if (connection.takes(request)) return connection;
    }
    if (this.settings.connectionSettings.pipelining === 1 || this.open.size < this.settings.connections)
      return undefined;
    for (const connection of this.open) if (connection.takes(request)) return connection;
    return undefined;
  }

  // Connections.

  /** The connections that may be made besides the open ones: a request that will have one does not count as waiting. */
  private get coming(): number {
    const { shared, protocol, open, settings } = this;
    if (protocol === 'http/1.1') return Math.max(0, settings.connections - open.size);
    return Math.max(0, settings.h2Connections - shared.length);
  }

  private get wanted(): number {
    const { waiting, protocol, connecting, open, settings } = this;
    // The protocol shows with the first connection. HTTP/2 needs one more only if all streams are taken (RFC 9113 section 9.1).
    if (protocol !== 'http/1.1') return connecting.size === 0 && !waiting.isEmpty && this.isFull ? 1 : 0;
    return Math.min(waiting.size - connecting.size, settings.connections - open.size - connecting.size);
  }

  /** Whether no stream can begin on the connections of HTTP/2, and there may be one more. */
  private get isFull(): boolean {
    const { shared, settings } = this;
    return shared.length < settings.h2Connections && shared.every(({ capacity }) => capacity === 0);
  }

  private connectIfNeeded(): void {
    for (let more = this.wanted; more > 0 && !this.ended; more--) this.connect();
  }

  private get context(): Context {
    const context = this.settings.contextFor(this.target);
    return this.http1Only ? context.replace(ALPN_OFFER, HTTP1) : context;
  }

  private connect(): void {
    const { settings } = this;
    const attempt = new Connecting();
    this.connecting.add(attempt);
    let flow: Flow | undefined;
    attempt.add(
      // A connection outlives the request that it is made for, so it belongs to no request's async context.
      callForAll(() =>
        defer(() => resolve(this.context, settings.transports)).subscribe({
          next: (made) => (flow = made),
          error: (error: unknown) => this.onConnectFailed(attempt, clientError(error)),
          complete: () => this.speak(attempt, flow!),
        }),
      ),
    );
  }

  private speak(attempt: Subscription, flow: Flow): void {
    const { settings, target } = this;
    const options = { protocols: this.http1Only ? HTTP1 : settings.protocols, scheme: target.scheme };
    let made: ConnectionDriver | undefined;
    const subscription = new Connecting();
    this.subscriptions.add(subscription);
    const ended = (error?: ClientError): void => {
      this.subscriptions.delete(subscription);
      if (made !== undefined) this.onConnectionEnded(made);
      else this.onConnectFailed(attempt, error);
    };
    subscription.add(
      connectionDrivers(flow, options, settings.connectionSettings, this).subscribe({
        next: (connection) => {
          made = connection;
          this.onConnected(attempt, connection);
        },
        error: (error: unknown) => ended(clientError(error)),
        complete: () => ended(),
      }),
    );
  }

  private onConnected(attempt: Subscription, connection: ConnectionDriver): void {
    this.connecting.delete(attempt);
    this.protocol = connection.protocol;
    this.open.add(connection);
    this.connections.add(connection);
    if (connection.protocol === 'h2') this.shared.push(connection);
    this.onTurn(connection);
    // There may be fewer connections on their way than are needed now that it is known to be HTTP/1.1.
    this.connectIfNeeded();
  }

  /**
   * Without another connection or attempt, all that wait fail. Beside open connections of HTTP/1.1, one request fails for each failed attempt,
   * and the others wait on: the open connections may be busy for ever, or free in a moment. Streams of HTTP/2 become free.
   */
  private onConnectFailed(attempt: Subscription, error: ClientError | undefined): void {
    this.connecting.delete(attempt);
    if (error !== undefined) {
      if (this.open.size > 0) {
        if (this.shared.length === 0) this.waiting.refuseLast(error);
        this.connectLater();
      } else if (this.connecting.size === 0) this.waiting.refuse(error);
    }
    this.endIfUnused();
  }

  /** An attempt for those that still wait. */
  private connectLater(): void {
    if (this.waiting.isEmpty || this.reconnecting.queue !== undefined) return;
    const { clock } = this.settings.connectionSettings.timeLimits;
    clock.deadlines(RECONNECT_WAIT).start(this.reconnecting, clock.now());
  }

  onDeadline(): void {
    this.connectIfNeeded();
  }

  onTurn(connection: ConnectionDriver): void {
    if (this.open.has(connection)) this.onTurnOf(connection);
    this.onChange(this);
  }

  private onTurnOf(connection: ConnectionDriver): void {
    if (connection.leaving) return this.onLeaving(connection);
    this.waiting.begin(connection);
    this.connectIfNeeded();
    if (this.draining && this.waiting.isEmpty) return connection.shutdown();
    connection.flow.keepAwake(connection.exchangesOpen > 0);
    if (connection.protocol === 'h2' || connection.exchangesOpen > 0 || connection.idle) return;
    connection.idle = true;
    this.idle.push(connection);
  }

  /** No exchange begins there any more: those under way may end, while others get a new connection. */
  private onLeaving(connection: ConnectionDriver): void {
    this.open.delete(connection);
    remove(this.shared, connection);
    if (connection.idle) remove(this.idle, connection);
    this.connectIfNeeded();
    this.endIfUnused();
  }

  private onConnectionEnded(connection: ConnectionDriver): void {
    this.connections.delete(connection);
    if (this.open.has(connection)) this.onLeaving(connection);
    else this.endIfUnused();
  }

  /** No request waits any more, so the connection attempts are not needed. */
  private onRequestLeft(): void {
    if (!this.waiting.isEmpty) return this.onChange(this);
    if (this.draining) this.shutdown();
    else this.stopConnecting();
  }

  private stopConnecting(): void {
    for (const attempt of this.connecting) attempt.unsubscribe();
    this.connecting.clear();
    this.endIfUnused();
  }

  private endIfUnused(): void {
    this.onChange(this);
    if (this.open.size + this.connecting.size + this.subscriptions.size > 0 || !this.waiting.isEmpty) return;
    this.reconnecting.stop();
    this.onUnused();
  }

  // The end.

  /** Waiting requests still have their turn; a connection that no request waits for ends after its requests under way. */
  shutdown(): void {
    this.draining = true;
    if (!this.waiting.isEmpty) return;
    for (const connection of [...this.open]) connection.shutdown();
    this.stopConnecting();
  }

  close(error: ClientError): void {
    this.ended = true;
    this.reconnecting.stop();
    this.waiting.refuse(error);
    for (const attempt of this.connecting) attempt.unsubscribe();
    this.connecting.clear();
    for (const subscription of [...this.subscriptions]) subscription.unsubscribe();
    this.subscriptions.clear();
    this.open.clear();
    this.connections.clear();
    this.endIfUnused();
  }
}

function remove(list: ConnectionDriver[], connection: ConnectionDriver): void {
  const at = list.indexOf(connection);
  if (at >= 0) list.splice(at, 1);
}
