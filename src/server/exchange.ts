/* eslint-disable @typescript-eslint/unbound-method -- methods are called with their `this`, in an async context */
/**
 * One exchange on the server: the handler is called with its request, and its result is sent. Each error is a fault, once. While no
 * response has begun, the fault can still get one.
 */
import { from, Observable, of, type Subscriber, Subscription } from 'rxjs';
import type { Body } from '../body/body.js';
import type { AsyncContext, HandlerContext } from '../demand/async-context.js';
import {
  EMPTY_BODY,
  type IncomingContent,
  IncomingMessageContent,
  type IncomingHost,
} from '../drive/incoming-content.js';
import { joined } from '../drive/joined-flows.js';
import { HttpRequest } from '../drive/request.js';
import type { HttpResponse } from '../drive/response.js';
import { type H2ErrorCode, ProtocolError, toError } from '../errors.js';
import type { DefaultedKey, Key } from '../flow/context.js';
import type { Flow } from '../flow/flow.js';
import { Fields } from '../http/fields.js';
import { numberValue, objectValue, tableOf } from '../option-checks.js';
import type { Protocol, RequestHead } from '../http/head.js';
import type { ExchangeConnection } from './exchange-connection.js';
import { ExchangeExtras } from './exchange-extras.js';
import { ExchangeFaults } from './exchange-faults.js';
import type { Exchange, TunnelInit } from './exchange-interface.js';
import { ResponseError } from './faults.js';
import type { Served } from './finished-exchange.js';
import { type HandlerResult, notAResponse, type Service } from './handler.js';
import { disposeResponse, HandlerSubscriber, isResponse, isSource } from './handler-result.js';

const NO_TRAILERS = of(Fields.EMPTY);

/** @internal */
export const TUNNEL_OPTIONS = tableOf<TunnelInit>({ status: numberValue, headers: objectValue });

/** @internal */
export abstract class ServerExchange<Peer> extends ExchangeFaults<Peer> implements IncomingContent, IncomingHost {
  abstract override readonly protocol: Protocol;
  override readonly request: HttpRequest | undefined;
  context: AsyncContext | undefined = undefined;
  private readonly incoming: IncomingMessageContent | undefined;
  private extras: ExchangeExtras<Peer> | undefined = undefined;
  /** The tunnel of the response, joined with that of the request. */
  private joining: Subscription | undefined = undefined;
  /** How it ended, once it has. */
  private record: Served<Peer> | undefined = undefined;

  constructor(connection: ExchangeConnection<Peer>, stream: number, head: RequestHead | undefined, end: boolean) {
    super(connection, stream);
    this.request = head === undefined ? undefined : new HttpRequest(head, this);
    this.incoming = end ? undefined : new IncomingMessageContent(this);
  }

  get peer(): Peer {
    return this.connection.peer;
  }

  get body(): Body {
    return this.incoming === undefined ? EMPTY_BODY : this.incoming.body;
  }

  get trailers(): Observable<Fields> {
    return this.incoming === undefined ? NO_TRAILERS : this.incoming.trailers;
  }

  /** Parts that most exchanges do not need. */
  private get more(): ExchangeExtras<Peer> {
    return (this.extras ??= new ExchangeExtras(this.record));
  }

  /** Emits how the exchange ended, and completes. */
  get closed(): Observable<Served<Peer>> {
    return this.more.closed;
  }

  get signal(): AbortSignal {
    return this.more.signal;
  }

  get<T>(key: DefaultedKey<T>): T;
  get<T>(key: Key<T>): T | undefined;
  get<T>(key: Key<T>): T | undefined {
    return this.extras === undefined ? key.default : this.extras.get(key);
  }

  set<T>(key: Key<T>, value: NoInfer<T>): void {
    this.more.set(key, value);
  }

  /** Whether a response has begun, or is being prepared. */
  get isClaimed(): boolean {
    return this.over || this.isResponded;
  }

  private get isResponded(): boolean {
    return this.answer !== 'none' || this.handling !== undefined || this.tookOver;
  }

  /** Whether the request's content is still to come, or coming. */
  protected get receiving(): boolean {
    return this.incoming?.open ?? false;
  }

  // The events of the engine.

  onData(chunk: Uint8Array): void {
    this.incoming?.data(chunk);
  }

  onEnd(trailers: Fields): void {
    this.incoming?.end(trailers);
    this.finishIfDone();
  }

  onSent(): void {
    if (this.tookOver) return;
    this.answer = 'sent';
    this.finishIfDone();
  }

  onReset(error: ProtocolError): void {
    if (this.over) return;
    this.finish('aborted', error);
    if (error.scope !== 'connection') this.report(error);
    else if (!this.isFaulted) this.connection.reportFailure(error, this);
  }

  /** The rest of the request cannot be understood: its reader gets the error, and may respond before the fault does. */
  onInvalid(error: ProtocolError): void {
    this.incoming?.truncate(error);
    if (!this.over) this.report(error);
  }

  onBodyTimeout(error: ProtocolError): void {
    if (this.over) return;
    if (this.answer === 'begun') this.abort(error.reason ?? 'CANCEL', error);
    this.report(error);
  }

  /** Whether nothing goes on before the reader of the body does. */
  get awaitsReader(): boolean {
    return !this.over && !this.dismissed && this.answer === 'none';
  }

  onBodyCancelled(): void {
    // The response still goes out: the rest of the request is discarded.
  }

  bodyError(error: ProtocolError): ProtocolError {
    return error;
  }

  /** A tunnel may be silent: its content has no time limit. */
  protected keepOpen(): void {
    this.incoming?.keepOpen();
  }

  // The handler's side.

  /** The exchange that the handler gets. */
  abstract face(): Exchange<Peer>;

  abstract tunnel(init?: TunnelInit): Observable<Flow>;

  /** Whether the handler takes the flow: it is not going to respond. */
  protected get tookOver(): boolean {
    return false;
  }

  /** The handler that took the flow is done, with an error or without. */
  protected onTakeoverEnded(_error: unknown): void {
    // Only some protocols hand flows over.
  }

  /** Calls `service`, and responds with its result. */
  run(service: Service<Peer>, request: HttpRequest): void {
    const { connection } = this;
    // The turn has a context already, which no handler has set a store in.
    if (connection.isContextFree) {
      this.call(service, request);
      this.context = connection.takeUsedContext();
      return;
    }
    if (connection.needsNoContext()) return this.call(service, request);
    const context = connection.runtime.takeContext();
    if (context === undefined) return this.call(service, request);
    try {
      context.runInAsyncScope(this.call, this, service, request);
    } finally {
      this.keepIfUsed(context);
    }
  }

  /** As `run`, for a result that is there already: subscribing to it may set a store, too. */
  private takeInOwnContext(result: HandlerResult): void {
    const context = this.connection.runtime.takeContext();
    if (context === undefined) return this.take(result);
    try {
      context.runInAsyncScope(this.take, this, result);
    } finally {
      this.keepIfUsed(context);
    }
  }

  /** A context in which a store was set is that of this exchange from here on. */
  private keepIfUsed(context: HandlerContext): void {
    if (context.used) this.context = context;
    else this.connection.runtime.giveBackContext(context);
  }

  private call(service: Service<Peer>, request: HttpRequest): void {
    let result;
    try {
      result = service(request, this.face());
    } catch (error) {
      return this.fail(error);
    }
    this.take(result);
  }

  respond(result: HandlerResult | Service<Peer>): Observable<Served<Peer>> {
    return new Observable((subscriber) => this.respondFor(subscriber, result));
  }

  private respondFor(subscriber: Subscriber<Served<Peer>>, result: HandlerResult | Service<Peer>): void {
    if (this.record !== undefined && !this.isResponded) {
      // It ended while it waited for its turn: for example, the client disconnected.
      subscriber.next(this.record);
      return subscriber.complete();
    }
    if (this.isClaimed || this.dismissed) {
      const words = 'this exchange has a response already: call respond() once for each exchange';
      return subscriber.error(new ResponseError('second-response', words));
    }
    this.more.respondedBy(subscriber);
    subscriber.add(() => {
      if (!this.over) this.abort('CANCEL', undefined);
    });
    if (typeof result === 'function') this.run(result, this.request!);
    else this.takeInOwnContext(result);
  }

  /** This exchange pushed `pushed`. */
  pushes(pushed: ServerExchange<Peer>): void {
    if (this.extras !== undefined) pushed.more.pushedBy(this.extras);
  }

  /** No subscriber has seen it, or is going to. */
  refuse(): void {
    this.dropped();
  }

  /** Its subscriber neither responded nor retained it. */
  dropped(): void {
    if (this.isClaimed || this.dismissed) return;
    const words =
      'nothing responded to the exchange: subscribe to exchange.respond() within its delivery, or retain it (consume, retain)';
    this.fail(new ResponseError('no-response', words));
  }

  /** Takes the result that is to be the response. */
  take(result: HandlerResult): void {
    if (isResponse(result)) {
      this.give(result);
      // An interim response alone is not a response.
      if (result.status < 200) this.handled();
      return;
    }
    if (!isSource(result)) return this.fail(notAResponse(result));
    this.handling = new HandlerSubscriber(this);
    try {
      from(result).subscribe(this.handling);
    } catch (error) {
      // A result that `from` does not accept: for example, the handler forgot to return.
      this.fail(notAResponse(result, error));
    }
  }

  /** The handler gave a response. */
  give(response: HttpResponse): void {
    if (this.over || this.dismissed) {
      if (isResponse(response)) disposeResponse(response);
      return;
    }
    if (this.answer !== 'none' || this.joining !== undefined) {
      // The first one stands.
      if (isResponse(response)) disposeResponse(response);
      return this.tell(new ResponseError('second-response', 'the handler gave a second response'));
    }
    if (!isResponse(response)) return this.fail(notAResponse(response));
    // Reading it from a client's response takes it.
    const { flow } = response;
    if (flow === undefined) this.answerWith(response);
    else this.join(response, flow);
  }

  /** The response opens a tunnel: so is the request to have asked for one. The exchange ends with both flows. */
  private join({ status, headers }: HttpResponse, flow: Flow): void {
    const connecting = this.request?.method === 'CONNECT';
    if (connecting ? status < 200 || status > 299 : status !== 101) {
      flow.error();
      const words = `a response with a tunnel has the status ${connecting ? '200 to 299' : '101'} here`;
      return this.fail(new ResponseError('invalid-response', words));
    }
    // Before the flow comes, which it may do at once.
    this.joining = new Subscription();
    this.joining.add(
      joined(this.tunnel({ status, headers: Fields.from(headers) }), flow).subscribe({
        error: (error: unknown) => this.onJoinFailed(error),
        complete: () => {
          if (this.tookOver) this.onTakeoverEnded(undefined);
        },
      }),
    );
  }

  /** Before the tunnel has opened it is a fault; afterwards one of the two ends has disconnected. */
  private onJoinFailed(error: unknown): void {
    if (this.over) return;
    if (!this.isOpenTunnel)
      return this.fail(
        error instanceof TypeError ? new ResponseError('invalid-response', error.message, error) : error,
      );
    this.failure ??= toError(error);
    if (this.tookOver) this.onTakeoverEnded(error);
  }

  /** Whether its tunnel is joined with that of an upstream. */
  get isJoined(): boolean {
    return this.joining !== undefined && !this.over;
  }

  /** Whether the flow of a tunnel has been handed over. */
  protected get isOpenTunnel(): boolean {
    return this.answer !== 'none';
  }

  /** The handler's Observable completed. */
  handled(): void {
    if (this.joining !== undefined) return;
    if (this.tookOver) return this.onTakeoverEnded(undefined);
    if (this.answer !== 'none') return;
    this.fail(new ResponseError('no-response', 'the handler completed without a response'));
  }

  /** Gives the exchange up, on the wire too. */
  protected abort(reason: H2ErrorCode, error: ProtocolError | undefined): void {
    const { connection } = this;
    const delivery = connection.enter();
    this.finish('aborted', error);
    connection.engine.abort(this.stream, reason);
    connection.leave(delivery);
  }

  // The end.

  private finishIfDone(): void {
    if (this.answer !== 'sent' || this.over) return;
    const { receiving } = this;
    this.finish('complete', undefined);
    // RFC 9112 section 9.3: a server reads the rest of the request, or closes.
    if (receiving) this.connection.engine.discard(this.stream);
  }

  protected finish(outcome: Served['outcome'], error: ProtocolError | undefined): void {
    if (this.over) return;
    this.over = true;
    const { connection, request, incoming, extras } = this;
    connection.forget(this.stream);
    if (this.outgoing !== undefined) this.sent = this.outgoing.sent;
    this.disposeHeld();
    const record = request === undefined ? undefined : this.recordOf(request, outcome, error);
    this.record = record;
    if (record !== undefined && extras !== undefined) {
      try {
        extras.end(record);
      } catch (thrown) {
        this.tell(thrown);
      }
    }
    this.outgoing?.release();
    if (incoming?.open === true) {
      incoming.reset(error ?? new ProtocolError('closed', 'the exchange is over', { initiator: 'local' }));
    } else incoming?.stopWaiting();
    this.handling?.unsubscribe();
    this.joining?.unsubscribe();
    if (this.fault !== undefined) connection.runtime.forget(this.fault);
    if (record === undefined) return;
    connection.onExchangeEnded(record);
    this.extras?.settle(record);
  }

  private recordOf(request: HttpRequest, outcome: Served['outcome'], error: Error | undefined): Served<Peer> {
    const { connection, beginning, responseBeginning } = this;
    const duration = since(beginning, connection.time());
    return {
      protocol: this.protocol,
      peer: connection.peer,
      connection,
      request,
      status: this.status,
      outcome,
      error: error ?? this.failure,
      received: this.incoming?.received ?? 0,
      sent: this.sent,
      begin: duration === 0 ? connection.wallTime() : connection.wallTime() - duration,
      firstByte: responseBeginning === undefined ? undefined : since(beginning, responseBeginning),
      duration,
    };
  }

  /** The connection is torn down from this side: no fault, the end. */
  cancel(): void {
    this.finish('aborted', undefined);
  }
}

/** ms. Zero, which most are, needs no memory. */
function since(begin: number | undefined, end: number): number {
  return begin === undefined || begin === end ? 0 : end - begin;
}
