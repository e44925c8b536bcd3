/**
 * A connection of a client, of either protocol. It begins exchanges while its engine has room, and keeps further requests waiting. Turn by
 * turn, it reports to its owner that there may be room again.
 */
import { Observable, ReplaySubject, type Subscriber } from 'rxjs';
import type { Clock } from '../drive/clock.js';
import type { ConnectionEnd, Goaway } from '../drive/connection-end.js';
import { RoutingConnection } from '../drive/exchange-routing.js';
import { HttpRequest } from '../drive/request.js';
import type { ClientEngine, EngineEvents } from '../engine.js';
import { ClientError, type H2ErrorCode, type ProtocolError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import type { Protocol, ResponseHead } from '../http/head.js';
import type { ClientConnection, ClientResponse, ResponseSink, TunnelResponse } from './response.js';
import { ClientExchange } from './exchange.js';
import { clientError, thrown } from './error-translation.js';
import type { ClientRequest, RequestPriority, TunnelRequest } from './request.js';
import { checkRequest, CONNECTION_REQUEST_OPTIONS, TUNNEL_OPTIONS } from './request-options.js';
import type { OutgoingRequest } from './outgoing-request.js';
import { SingleRequest } from './single-request.js';
import { tunnelRequest, tunnels } from './tunnel.js';
import type { ConnectionSettings } from './connection-settings.js';
import { type QueuedRequest, RequestQueue } from './request-queue.js';

/** The owner of a connection: a pool, or a program. */
export interface ConnectionOwner {
  /** A turn is over: exchanges may have ended, and others may begin. */
  onTurn(connection: ConnectionDriver): void;
}

/** The surroundings of a connection, besides its flow. */
export interface ConnectionContext extends ConnectionSettings {
  readonly scheme: 'http' | 'https';
  readonly owner: ConnectionOwner;
  /** Gets the connection, and its end. */
  readonly subscriber: Subscriber<ConnectionDriver>;
}

/** @internal */
export abstract class ConnectionDriver
  extends RoutingConnection<ClientEngine, ClientExchange>
  implements EngineEvents<ResponseHead>
{
  abstract readonly protocol: Protocol;
  abstract readonly clientConnection: ClientConnection;
  readonly scheme: 'http' | 'https';
  readonly opened: number;
  exchangesBegun = 0;
  exchangesOpen = 0;
  /** How often something has come. */
  heard = 0;
  /** In a pool: among the idle ones. */
  idle = false;
  private readonly queue: RequestQueue;
  private fault: ClientError | undefined = undefined;
  private closedSubject: ReplaySubject<ConnectionEnd> | undefined = undefined;

  private readonly owner: ConnectionOwner;
  private readonly subscriber: Subscriber<ConnectionDriver>;

  constructor(flow: Flow, { timeLimits, scheme, queue, owner, subscriber }: ConnectionContext) {
    super(flow, timeLimits);
    this.scheme = scheme;
    this.opened = timeLimits.clock.wall();
    this.queue = new RequestQueue(queue, timeLimits);
    this.owner = owner;
    this.subscriber = subscriber;
  }

  /** Begins to speak. */
  start(): void {
    this.open();
    if (!this.ended) this.subscriber.next(this);
  }

  override next(chunk: Uint8Array): void {
    this.heard++;
    super.next(chunk);
  }

  get clock(): Clock {
    return this.timeLimits.clock;
  }

  get capacity(): number {
    return this.running ? this.engine.capacity : 0;
  }

  /** Whether no exchange will begin here any more. */
  get leaving(): boolean {
    return !this.running || this.engine.state !== 'open';
  }

  /** Whether it has been idle for so long that the server may be closing it. */
  get isStale(): boolean {
    return false;
  }

  /** Whether a request goes out after others, on a connection that the server may have closed meanwhile. */
  abstract get isReused(): boolean;
  /** Whether no other exchange stands between this one and its response. */
  abstract isFirst(exchange: ClientExchange): boolean;
  /** Whether `request` could go out now. */
  abstract takes(request: OutgoingRequest): boolean;
  /** An exchange is over on this side: so it is to be on the wire. The connection has been entered. */
  abstract giveUp(exchange: ClientExchange, reason: H2ErrorCode): void;
  /** Whether `error` only means that this side sent the request before it could know that it should not. */
  abstract wasTooSoon(stream: number, error: ProtocolError): boolean;
  abstract prioritize(stream: number, priority: RequestPriority): void;
  /** @throws ClientError if this protocol cannot express `request`. */
  protected abstract check(request: OutgoingRequest): void;

  get closed(): Observable<ConnectionEnd> {
    if (this.closedSubject === undefined) {
      this.closedSubject = new ReplaySubject(1);
      if (this.ended) this.emitClosed(this.closedSubject);
    }
    return this.closedSubject.asObservable();
  }

  /** The GOAWAY that explains the end best; HTTP/1.1 has none. */
  protected get goaway(): Goaway | undefined {
    return undefined;
  }

  request(request: ClientRequest): Observable<ClientResponse> {
    if (!(request instanceof HttpRequest)) checkRequest(request, CONNECTION_REQUEST_OPTIONS);
    return new Observable((subscriber) => {
      const single = new SingleRequest(subscriber);
      subscriber.add(single);
      single.send(request, this);
    });
  }

  tunnel(request: TunnelRequest): Observable<TunnelResponse> {
    checkRequest(request, TUNNEL_OPTIONS);
    return tunnels(() => this.request(tunnelRequest(request)), this.timeLimits);
  }

  /** Begins an exchange: it `takes` the request. */
  begin(request: OutgoingRequest, sink: ResponseSink): ClientExchange | undefined {
    const delivery = this.enter();
    try {
      this.check(request);
      const exchange = new ClientExchange(this, this.engine.open(), request.head, sink, request.interim);
      this.adopt(exchange);
      try {
        exchange.send(request);
        if (this.exchangesBegun >= this.timeLimits.limits.connectionRequests) this.retire();
      } catch (error) {
        exchange.cancel();
        throw error;
      }
      return exchange;
    } catch (error) {
      sink.onFailed(thrown(error));
      return undefined;
    } finally {
      this.leave(delivery);
    }
  }

  protected adopt(exchange: ClientExchange): void {
    this.exchangesBegun++;
    this.exchangesOpen++;
    this.streams.add(exchange.stream, exchange);
  }

  override forget(stream: number): void {
    this.exchangesOpen--;
    super.forget(stream);
  }

  /** Begins an exchange for `queued`, now or when there is room. */
  enqueue(queued: QueuedRequest): void {
    if (this.leaving) return queued.refuse(ending());
    if (this.queue.isEmpty && this.takes(queued.request)) return queued.begin(this);
    this.queue.add(queued);
  }

  protected override onTurnOver(): void {
    const { queue } = this;
    if (!queue.isEmpty) {
      if (this.leaving) queue.refuse(ending());
      else queue.begin(this);
    }
    this.owner.onTurn(this);
  }

  close(): void {
    this.abort();
  }

  // The engine's events.

  onHead(stream: number, head: ResponseHead, end: boolean): void {
    this.streams.get(stream)?.onHead(head, end);
  }

  onInformational(stream: number, head: ResponseHead): void {
    this.streams.get(stream)?.onInformational(head);
  }

  onInvalid(stream: number, error: ProtocolError): void {
    this.onReset(stream, error);
  }

  protected onStrayReset(): void {
    // An error of an exchange that has ended here.
  }

  onError(error: ProtocolError): void {
    this.fault = clientError(error);
  }

  // The end.

  protected onBroken(error: ProtocolError): void {
    this.fault = clientError(error);
    for (const exchange of this.streams.all()) exchange.onReset(error);
  }

  protected onEnded(): void {
    for (const exchange of this.streams.all()) {
      exchange.lose(new ClientError('closed', 'the connection was closed by this side'));
    }
    this.conclude();
  }

  /** Nothing is left of it. */
  protected conclude(): void {
    this.queue.refuse(ending());
    if (this.closedSubject !== undefined) this.emitClosed(this.closedSubject);
    if (this.fault === undefined) this.subscriber.complete();
    else this.subscriber.error(this.fault);
  }

  /** A server that explains the end of a connection does so whether or not an exchange was under way. */
  private get goawayError(): ClientError | undefined {
    const { goaway } = this;
    if (goaway === undefined || goaway.code === 'NO_ERROR' || goaway.initiator === 'local') return undefined;
    const { code: reason, debugData } = goaway;
    const words = debugData === '' ? reason : `${reason} (${debugData})`;
    return new ClientError('protocol-error', `the peer ended the connection: ${words}`, { reason });
  }

  private emitClosed(subject: ReplaySubject<ConnectionEnd>): void {
    subject.next({ error: this.fault ?? this.goawayError, goaway: this.goaway });
    subject.complete();
  }
}

function ending(): ClientError {
  return new ClientError('closed', 'the connection is ending', { retryable: true });
}
