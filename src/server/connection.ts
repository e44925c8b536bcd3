/* eslint-disable @typescript-eslint/unbound-method -- a method is called with its `this`, in an async context */
/** A server's connection: engine events become exchanges, and it shows and ends itself as an `HttpConnection`. */
import { type Observable, ReplaySubject, type Subscriber } from 'rxjs';
import type { ConnectionEnd, Goaway } from '../drive/connection-end.js';
import { type AsyncContext, asyncContexts, type HandlerContext } from '../demand/async-context.js';
import { RoutingConnection } from '../drive/exchange-routing.js';
import type { Engine, EngineEvents } from '../engine.js';
import { ProtocolError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import type { Protocol, RequestHead, ResponseHead } from '../http/head.js';
import { NodePeer, type TlsDetails } from '../node/index.js';
import type { ChainContext } from './chain-context.js';
import type { ServerExchange } from './exchange.js';
import type { FailedExchange } from './exchange-connection.js';
import type { Exchange } from './exchange-interface.js';
import type { ExchangeSink } from './exchange-sink.js';
import type { Served } from './finished-exchange.js';
import { type ExchangeSource, ExchangeStream } from './exchange-stream.js';
import { type Fault, type FaultOrigin, isDisconnect } from './faults.js';
import type { Stoppable } from './graceful-shutdown.js';
import type { HttpConnection } from './http-connection.js';
import type { ServerRuntime } from './server-runtime.js';

/** @internal */
export abstract class ServerConnection<Peer>
  extends RoutingConnection<Engine<ResponseHead>, ServerExchange<Peer>>
  implements
    EngineEvents<RequestHead>,
    HttpConnection<Peer>,
    ExchangeSource,
    Pick<FaultOrigin<Peer>, 'peer' | 'protocol'>
{
  abstract readonly protocol: Protocol;
  place = 0;
  readonly opened: number;
  exchangesBegun = 0;
  readonly sink: ExchangeSink<Peer>;
  protected goaway: Goaway | undefined = undefined;
  /** Whether it has been reported that the connection failed. */
  private failureReported = false;
  private failure: Error | undefined = undefined;
  private turnContext: HandlerContext | undefined = undefined;
  /** Whether the turn before began many exchanges. */
  private hadMany = false;
  /** Whether no store was in use when this turn began, and no handler has run since. */
  private looked = false;
  private closedSubject: ReplaySubject<ConnectionEnd> | undefined = undefined;

  constructor(
    flow: Flow,
    protected readonly context: ChainContext<Peer>,
    private readonly subscriber: Subscriber<HttpConnection<Peer>>,
  ) {
    super(flow, context.runtime.timing);
    this.sink = context.sink ?? new ExchangeStream<Peer>(this, this.exchangeWindow());
    this.opened = this.timeLimits.clock.wall();
  }

  get runtime(): ServerRuntime<Peer> {
    return this.context.runtime;
  }

  get peer(): Peer {
    return this.context.peer;
  }

  get scheme(): 'http' | 'https' {
    return this.context.scheme;
  }

  get tls(): TlsDetails | undefined {
    const { peer } = this.context;
    return peer instanceof NodePeer ? peer.tls : undefined;
  }

  get exchangesOpen(): number {
    return this.streams.size;
  }

  get exchanges(): Observable<Exchange<Peer>> {
    if (this.sink instanceof ExchangeStream) return (this.sink as ExchangeStream<Peer>).exchanges;
    throw new TypeError('a service has the exchanges of this connection: use connections() to get them yourself');
  }

  get closed(): Observable<ConnectionEnd> {
    if (this.closedSubject === undefined) {
      this.closedSubject = new ReplaySubject(1);
      if (this.ended) this.emitClosed(this.closedSubject);
    }
    return this.closedSubject.asObservable();
  }

  close(): void {
    this.abort();
  }

  begin(): void {
    this.context.register(this);
    this.subscriber.next(this);
    if (this.sink instanceof ExchangeStream && !(this.sink as ExchangeStream<Peer>).isRead) this.holdExchanges(true);
    this.open();
  }

  /**
   * A turn runs in a context for handlers while stores are in use. While no store is in use, it only checks whether that is still so, which
   * costs a quarter. A turn that is likely to hold many requests has a context in any case, and they need not check.
   */
  override next(chunk: Uint8Array): void {
    const contexts = asyncContexts.current;
    if (contexts === undefined || this.turnContext !== undefined) return super.next(chunk);
    const begun = this.exchangesBegun;
    if (this.hadMany || contexts.inUse()) this.runInContext(chunk);
    else {
      this.looked = true;
      super.next(chunk);
      this.looked = false;
    }
    this.hadMany = this.exchangesBegun - begun > 1;
  }

  private runInContext(chunk: Uint8Array): void {
    const { runtime } = this;
    const context = runtime.takeContext()!;
    if (context.used) return super.next(chunk);
    this.turnContext = context;
    try {
      context.runInAsyncScope(super.next, this, chunk);
    } finally {
      this.turnContext = undefined;
      runtime.giveBackContext(context);
    }
  }

  /** Whether a handler may run as it is: in the turn of an event of the flow, while no store is in use. */
  needsNoContext(): boolean {
    if (!this.isFlowsTurn) return false;
    // The turn has looked. The handler of this request may be the first that uses a store, so the next one looks again.
    if (this.looked) {
      this.looked = false;
      return true;
    }
    return asyncContexts.current?.inUse() === false;
  }

  /** Whether this turn runs in a context that no handler has set a store in. */
  get isContextFree(): boolean {
    return this.turnContext?.used === false;
  }

  /** The context of this turn, if a handler has set a store in it: later code in the turn must not see it. */
  takeUsedContext(): AsyncContext | undefined {
    if (this.turnContext?.used !== true) return undefined;
    this.isFlowsTurn = false;
    return this.turnContext;
  }

  /** How many exchanges may wait for the subscriber of `exchanges`, or be retained. */
  protected abstract exchangeWindow(): number;
  abstract holdExchanges(on: boolean): void;

  /** Whether exchanges that begin now have a taker. */
  protected get takesExchanges(): boolean {
    return !(this.sink instanceof ExchangeStream) || !(this.sink as ExchangeStream<Peer>).isLeft;
  }

  onExchangesLeft(): void {
    this.shutdown();
  }

  protected abstract makeExchange(stream: number, head: RequestHead | undefined, end: boolean): ServerExchange<Peer>;

  /** The exchanges that are under way; a copy, which may be walked while they end. */
  protected exchangesUnderWay(): ServerExchange<Peer>[] {
    return this.streams.all();
  }

  onHead(stream: number, head: RequestHead, end: boolean): void {
    this.restartWatch();
    const exchange = this.makeExchange(stream, head, end);
    this.adopt(exchange);
    const misdirected = this.misdirection(head);
    if (misdirected === undefined) this.sink.begin(exchange, exchange.request!);
    else this.beginMisdirected(exchange, misdirected);
  }

  /** Why a request does not belong on this connection (RFC 9110 section 7.4). */
  private misdirection({ scheme, authority, method, protocol }: RequestHead): string | undefined {
    if (scheme !== this.scheme && scheme !== 'http') return OTHER_SCHEME;
    const { hosts } = this.context;
    if (hosts === undefined) return undefined;
    // An HTTP/1.0 request may name no host; a CONNECT names another server.
    if (authority === '' || (method === 'CONNECT' && protocol === undefined)) return undefined;
    return hosts.covers(authority) ? undefined : OTHER_HOST;
  }

  private beginMisdirected(exchange: ServerExchange<Peer>, words: string): void {
    try {
      if (!this.context.isTrustedProxy) {
        return exchange.onInvalid(new ProtocolError('misdirected-request', words, { status: 421 }));
      }
    } catch (error) {
      return exchange.fail(error);
    }
    this.sink.begin(exchange, exchange.request!);
  }

  /** Adds an exchange that either side began. */
  protected adopt(exchange: ServerExchange<Peer>): void {
    this.streams.add(exchange.stream, exchange);
    if (++this.exchangesBegun >= this.timeLimits.limits.connectionRequests) this.retire();
  }

  protected onStrayReset(error: ProtocolError): void {
    if (!isDisconnect(error)) this.report(error, undefined);
  }

  onInvalid(stream: number, error: ProtocolError): void {
    let exchange = this.streams.get(stream);
    if (exchange === undefined) {
      exchange = this.makeExchange(stream, undefined, true);
      this.streams.add(exchange.stream, exchange);
    }
    exchange.onInvalid(error);
  }

  onInformational(): void {
    // Only clients get interim responses.
  }

  onError(error: ProtocolError): void {
    this.reportFailure(error, undefined);
  }

  /**
   * The connection itself failed, and `exchange` with it, maybe others too: one fault in all. A client that disconnects is not a fault: the
   * `Served` of each exchange has the reason.
   */
  reportFailure(error: ProtocolError, exchange: FailedExchange | undefined): void {
    this.failure ??= error;
    if (this.failureReported || isDisconnect(error)) return;
    this.failureReported = true;
    const alone = this.exchangesUnderWay().length === 0;
    this.report(error, alone ? exchange : undefined);
  }

  registerTakeover(stoppable: Stoppable): void {
    this.context.register(stoppable);
  }

  unregisterTakeover(stoppable: Stoppable): void {
    this.context.unregister(stoppable);
  }

  onExchangeEnded(served: Served<Peer>): void {
    this.sink.ended(served);
  }

  /** Puts a fault on the error stream. */
  report(error: unknown, exchange: FailedExchange | undefined): Fault<Peer> {
    return this.runtime.report(error, {
      peer: this.peer,
      protocol: this.protocol,
      request: exchange?.request,
      answerer: exchange,
    });
  }

  /** The flow broke: a fault, where it took an exchange with it and the client did not disconnect. */
  protected onBroken(error: ProtocolError): void {
    this.failure ??= error;
    const open = this.exchangesUnderWay();
    for (const exchange of open) exchange.onReset(error);
    if (open.length === 0 && error.code !== 'going-away') this.reportFailure(error, undefined);
  }

  protected onEnded(): void {
    this.context.unregister(this);
    for (const exchange of this.exchangesUnderWay()) exchange.cancel();
    this.completeSubscriber();
  }

  protected completeSubscriber(): void {
    this.completeStreams();
    this.subscriber.complete();
  }

  /** No further exchange comes on this connection, even if its flow goes on. */
  protected completeStreams(): void {
    if (this.sink instanceof ExchangeStream) (this.sink as ExchangeStream<Peer>).complete();
    if (this.closedSubject !== undefined) this.emitClosed(this.closedSubject);
  }

  /** The GOAWAY that explains the end best; HTTP/1.1 has none. */
  protected get lastGoaway(): Goaway | undefined {
    return this.goaway;
  }

  /** Why the connection ended before its time. */
  get endError(): Error | undefined {
    return this.failure;
  }

  private emitClosed(subject: ReplaySubject<ConnectionEnd>): void {
    subject.next({ error: this.failure, goaway: this.lastGoaway });
    subject.complete();
  }
}

const OTHER_SCHEME =
  'the request is for a scheme that its connection does not have, and the client is not a trusted proxy';
const OTHER_HOST =
  'the request is for a host that the certificate of its connection, and the rules for clients that it began with, are not for';
