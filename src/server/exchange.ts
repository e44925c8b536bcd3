/* eslint-disable @typescript-eslint/unbound-method -- methods are called with their `this`, in an async context */
/**
 * One exchange on the server: the handler is called with its request, and what it returns is sent. Whatever fails is a fault,
 * once; and while no answer has begun, the fault can still be answered.
 */
import { EMPTY, from, isObservable, Observable, type ObservableInput, of, type Subscriber } from 'rxjs';
import { Body } from '../body/body.js';
import { fromPull } from '../body/from-pull.js';
import { NO_BYTES } from '../bytes.js';
import type { AsyncContext, HandlerContext } from '../demand/async-context.js';
import { EMPTY_BODY, IncomingMessageContent, type IncomingHost } from '../drive/incoming-content.js';
import { HttpRequest } from '../drive/request.js';
import { type IncomingContent } from '../drive/incoming-content.js';
import { type HttpResponse } from '../drive/response.js';
import { type Content, OutgoingMessageContent, type OutgoingHost } from '../drive/outgoing-content.js';
import type { Connection } from '../drive/connection.js';
import type { Engine } from '../engine.js';
import { type H2ErrorCode, ProtocolError, toError } from '../errors.js';
import { Fields, type FieldsInit } from '../http/fields.js';
import type { DefaultedKey, Key } from '../flow/context.js';
import type { Protocol, RequestHead, ResponseHead } from '../http/head.js';
import {
  Fault,
  type FaultAnswerer,
  faultBody,
  type FaultBody,
  isDisconnect,
  NOWHERE,
  promisedLength,
  publicReason,
  ResponseError,
  type ServerFault,
} from './faults.js';
import type { Exchange } from './exchange-interface.js';
import { ExchangeExtras } from './exchange-extras.js';
import { type HandlerResult, notAResponse, type Service } from './handler.js';
import { dispose, HandlerSubscriber, isResponse, isSource } from './handler-result.js';
import type { Served } from './finished-exchange.js';
import type { HttpConnection } from './http-connection.js';
import type { ServerRuntime } from './server-runtime.js';

/**
 * How far the answer is.
 * - `held`: it is there, but its turn has not come (pipelining).
 * - `waiting`: its head waits for the first content.
 * - `begun`: it is on the wire; from here on a failure can only break it off.
 */
type Answer = 'none' | 'held' | 'waiting' | 'begun' | 'sent';

/** Responses without content (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5). */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 205, 304]);

const NO_TRAILERS = of(Fields.EMPTY);

/** The connection of an exchange, as far as the exchange needs it. */
export interface ExchangeConnection<Peer> extends Connection<Engine<ResponseHead>>, HttpConnection<Peer> {
  readonly runtime: ServerRuntime<Peer>;
  readonly received: number;
  readonly sent: number;
  /** Whether this turn runs in a context that no handler has set a store in. */
  readonly isContextFree: boolean;
  /** Whether a handler may run as it is: no store is in use. */
  needsNoContext(): boolean;
  /** The context of this turn, if a handler has set a store in it: what follows in the turn is not to see it. */
  takeUsedContext(): AsyncContext | undefined;
  /** The connection itself failed, and took `exchange` along. */
  reportFailure(error: ProtocolError, exchange: ServerExchange<Peer> | undefined): void;
  /** Puts a fault on the error stream. */
  report(error: unknown, exchange: ServerExchange<Peer> | undefined): Fault<Peer>;
  /** An exchange is over. */
  forget(stream: number): void;
  /** An exchange that had a request has ended. */
  onExchangeEnded(served: Served<Peer>): void;
}

/** @internal */
export abstract class ServerExchange<Peer> implements IncomingContent, IncomingHost, OutgoingHost, FaultAnswerer {
  abstract readonly protocol: Protocol;
  readonly request: HttpRequest | undefined;
  context: AsyncContext | undefined = undefined;
  private answer: Answer = 'none';
  private over = false;
  /** The handler has failed, or a fault has been answered in its place: what it still gives comes too late. */
  private dismissed = false;
  private faulted = false;
  private fault: Fault<Peer> | undefined = undefined;
  protected status: number | undefined = undefined;
  private sent = 0;
  private heldResponse: HttpResponse | undefined = undefined;
  private readonly incoming: IncomingMessageContent | undefined;
  private outgoing: OutgoingMessageContent | undefined = undefined;
  private handling: HandlerSubscriber | undefined = undefined;
  private extras: ExchangeExtras<Peer> | undefined = undefined;
  /** How it ended, once it has. */
  private record: Served<Peer> | undefined = undefined;
  /** Why it failed. */
  private failure: Error | undefined = undefined;
  private readonly begin: number;
  /** ms from the request's head to that of the response; -1 before. */
  private firstByte = -1;

  constructor(
    readonly connection: ExchangeConnection<Peer>,
    readonly stream: number,
    head: RequestHead | undefined,
    end: boolean,
  ) {
    this.request = head === undefined ? undefined : new HttpRequest(head, this);
    this.incoming = end ? undefined : new IncomingMessageContent(this);
    this.begin = connection.time();
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

  /** What most exchanges have no need of. */
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

  /** Whether a response has begun, or somebody is at work on one. */
  get isClaimed(): boolean {
    return this.over || this.answer !== 'none' || this.handling !== undefined || this.tookOver;
  }

  private get unanswered(): boolean {
    return this.answer === 'none';
  }

  /** Whether the request's content is still to come, or coming. */
  protected get receiving(): boolean {
    return this.incoming?.open ?? false;
  }

  // What the engine tells.

  onData(chunk: Uint8Array): void {
    this.incoming?.data(chunk);
  }

  onEnd(trailers: Fields): void {
    this.incoming?.end(trailers);
    this.finishIfDone();
  }

  onWritable(): void {
    if (this.answer !== 'held') {
      this.outgoing?.resume();
      return;
    }
    const { faulted } = this;
    const response = this.heldResponse!;
    this.heldResponse = undefined;
    this.answer = 'none';
    this.answerWith(response);
    // The response to a fault has failed itself: there is no other.
    if (faulted && this.unanswered && !this.over) this.abort('INTERNAL_ERROR', undefined);
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
    else if (!this.faulted) this.connection.reportFailure(error, this);
  }

  /** The rest of the request cannot be understood: its reader is told, and may answer before the fault does. */
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
    // The answer still goes out: what comes of the request is thrown away.
  }

  bodyError(error: ProtocolError): ProtocolError {
    return error;
  }

  onOutgoingFailed(error: unknown): void {
    if (!this.over) this.giveUp(error);
  }

  /** A tunnel may be silent: its content has no time limit. */
  protected keepOpen(): void {
    this.incoming?.keepOpen();
  }

  // The handler's side.

  /** What the handler gets as the exchange. */
  abstract face(): Exchange<Peer>;

  /** Whether the handler takes the flow: it is not going to answer. */
  protected get tookOver(): boolean {
    return false;
  }

  /** The handler that took the flow is done, with an error or without. */
  protected onTakeoverEnded(_error: unknown): void {
    // Only some protocols hand flows over.
  }

  /** Calls `service`, and responds with what it returns. */
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

  /** As `run`, for what is there already: subscribing to it may set a store, too. */
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
    if (this.record !== undefined) {
      // It ended while it waited for its turn: the client disconnected, say.
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

  /** Nobody has seen it, or is going to. */
  refuse(): void {
    this.dropped();
  }

  /** Nobody responded, and nobody retained it. */
  dropped(): void {
    if (this.isClaimed || this.dismissed) return;
    const words =
      'nothing responded to the exchange: subscribe to exchange.respond() within its delivery, or retain it (consume, retain)';
    this.fail(new ResponseError('no-response', words));
  }

  /** Takes what is to be the response. */
  take(result: HandlerResult): void {
    if (isResponse(result)) {
      this.give(result);
      // An interim response alone is none.
      if (result.status < 200) this.handled();
      return;
    }
    if (!isSource(result)) return this.fail(notAResponse(result));
    this.handling = new HandlerSubscriber(this);
    try {
      from(result).subscribe(this.handling);
    } catch (error) {
      // What `from` does not take: a handler that forgot to return, say.
      this.fail(notAResponse(result, error));
    }
  }

  /** The handler gave a response. */
  give(response: HttpResponse): void {
    if (this.over || this.dismissed) return;
    if (this.answer !== 'none') {
      // The first one stands.
      return this.tell(new ResponseError('second-response', 'the handler gave a second response'));
    }
    if (!isResponse(response)) return this.fail(notAResponse(response));
    this.answerWith(response);
  }

  /** Begins the answer, or holds it until its turn comes. */
  private answerWith(response: HttpResponse): void {
    const { connection } = this;
    const delivery = connection.enter();
    try {
      this.send(response);
    } catch (error) {
      this.giveUp(lawless(error));
    } finally {
      connection.leave(delivery);
    }
  }

  /** The handler's Observable completed. */
  handled(): void {
    if (this.tookOver) return this.onTakeoverEnded(undefined);
    if (this.answer !== 'none') return;
    this.fail(new ResponseError('no-response', 'the handler completed without a response'));
  }

  /** The handler failed, or its response did: a fault, and the end of what it had begun. */
  fail(error: unknown): void {
    if (!this.over && !this.dismissed) this.giveUp(error);
  }

  /** The answer cannot be, or go on. What is lost with it is told of behind the fault that it was lost by. */
  private giveUp(error: unknown): void {
    const begun = this.answer === 'begun' && !this.tookOver;
    if (this.tookOver) this.onTakeoverEnded(error);
    else if (!begun) this.dismiss();
    this.report(error);
    // A peer that takes nothing is not an error of ours.
    const stalled = error instanceof ProtocolError && error.code === 'write-timeout';
    if (begun && !this.over) this.abort(stalled ? 'CANCEL' : 'INTERNAL_ERROR', undefined);
  }

  /** Nothing that the handler does matters any more. */
  private dismiss(): void {
    this.dismissed = true;
    this.answer = 'none';
    this.heldResponse = undefined;
    this.outgoing?.release();
    this.outgoing = undefined;
    this.handling?.unsubscribe();
  }

  /** Gives the exchange up, on the wire too. */
  protected abort(reason: H2ErrorCode, error: ProtocolError | undefined): void {
    const { connection } = this;
    const delivery = connection.enter();
    this.finish('aborted', error);
    connection.engine.abort(this.stream, reason);
    connection.leave(delivery);
  }

  private send(response: HttpResponse): void {
    const { body, status } = response;
    const { stream, connection } = this;
    const { engine } = connection;
    // The Date field is that of this turn.
    connection.time();
    const headers = Fields.from(response.headers);
    const head = { status, headers };
    if (status < 200) return engine.sendInformational(stream, status, headers);
    if (!engine.canSend(stream)) {
      this.answer = 'held';
      this.heldResponse = response;
      return;
    }
    const whole = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    if (whole && response.trailers === undefined) {
      const content = body ?? NO_BYTES;
      this.sent =
        this.request?.method === 'HEAD' ? 0 : typeof content === 'string' ? Buffer.byteLength(content) : content.length;
      this.begun(status);
      try {
        engine.sendMessage(stream, head, content);
      } catch (error) {
        this.notBegun();
        throw error;
      }
      // What does not fit into the window of its stream waits there.
      if (!this.over && engine.queued(stream) > 0)
        (this.outgoing = new OutgoingMessageContent(this, undefined)).watchWhole(this.sent);
      return;
    }
    this.sendStreamed(response, headers);
  }

  /**
   * A response whose content is streamed, or whose trailers are. Its head waits for the first content, unless there is to be none, or it
   * comes from a peer: a relay passes a head on at once.
   */
  private sendStreamed({ status, body, trailers }: HttpResponse, headers: Fields): void {
    const { stream, connection } = this;
    const { engine } = connection;
    const method = this.request?.method;
    // A streamed response may be made of the request, and 100 (Continue) can only come before it (RFC 9110 section 10.1.1).
    if (status < 300 && this.receiving) engine.sendContinue(stream);
    const outgoing = new OutgoingMessageContent(this, trailers);
    const relayed = body instanceof Body && body.isIncoming;
    if (relayed || method === 'HEAD' || method === 'CONNECT' || WITHOUT_CONTENT.has(status)) {
      this.begun(status);
      let follows: boolean;
      try {
        follows = engine.sendHead(stream, { status, headers }, undefined);
      } catch (error) {
        this.notBegun();
        throw error;
      }
      if (!follows) {
        if (body !== undefined) dispose(body);
        if (method !== 'HEAD' && trailers !== undefined && hasTrailers(trailers)) this.onTrailersLost();
        return;
      }
      if (this.over) return;
      this.outgoing = outgoing;
      sourceOf(body).subscribe(outgoing);
      return;
    }
    this.answer = 'waiting';
    this.heldResponse = { status, headers, body };
    this.outgoing = outgoing;
    outgoing.begin(sourceOf(body));
  }

  sendHeldHead(): boolean {
    const { status, headers, body } = this.heldResponse!;
    this.heldResponse = undefined;
    this.begun(status);
    try {
      const head = { status, headers: Fields.from(headers) };
      return this.connection.engine.sendHead(this.stream, head, promisedLength(body));
    } catch (error) {
      this.notBegun();
      throw lawless(error);
    }
  }

  onTrailersLost(): void {
    const words =
      'the trailers of the response were not sent: they need content of an unknown length, and a client of HTTP/1.1 or later';
    this.tell(new ResponseError('trailers-not-sent', words));
  }

  /** The head is given to the engine: from here on a failure can only break the response off. */
  private begun(status: number): void {
    this.answer = 'begun';
    this.status = status;
    this.firstByte = this.connection.time() - this.begin;
  }

  /** The engine refused the head: nothing went out. */
  private notBegun(): void {
    this.answer = 'none';
    this.status = undefined;
    this.firstByte = -1;
  }

  // Faults.

  get answerable(): boolean {
    // What is held of a handler that has been dismissed is the answer to a fault: it stands.
    return (
      !this.over &&
      (this.answer === 'none' || ((this.answer === 'held' || this.answer === 'waiting') && !this.dismissed)) &&
      !this.tookOver
    );
  }

  answerFault(_fault: ServerFault, status: number, headers: FieldsInit | undefined): FaultBody {
    const body = faultBody();
    this.answerInstead({ status, headers: Fields.from(headers), body });
    return body;
  }

  answerByDefault(fault: ServerFault): void {
    const { status } = fault;
    const reason = publicReason(fault);
    this.answerInstead({ status, headers: DEFAULT_ANSWER, body: `${status} ${reason}\n` });
  }

  /** Answers in place of the handler. */
  private answerInstead(response: {
    readonly status: number;
    readonly headers: Fields;
    readonly body: string | Body;
  }): void {
    this.dismiss();
    // A request that did not come whole, and that nobody will read: the connection cannot go on behind it.
    this.answerWith(this.receiving ? { ...response, headers: response.headers.with('connection', 'close') } : response);
  }

  /** A fault of this exchange, once: what follows from it is not another one. A client that disconnects is no fault. */
  private report(error: unknown): void {
    this.failure ??= toError(error);
    if (this.faulted) return;
    this.faulted = true;
    if (isDisconnect(error)) {
      if (this.answerable) this.answerByDefault(new Fault(error, NOWHERE));
      return;
    }
    this.fault = this.connection.report(error, this);
  }

  /** A fault that has no answer, and changes nothing of this exchange: a second response, a teardown that throws. */
  tell(error: unknown): void {
    const { protocol, peer, request, connection } = this;
    connection.runtime.report(error, { protocol, peer, request, answerer: undefined });
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
    this.heldResponse = undefined;
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
    if (this.fault !== undefined) connection.runtime.forget(this.fault);
    if (record === undefined) return;
    connection.onExchangeEnded(record);
    this.extras?.settle(record);
  }

  private recordOf(request: HttpRequest, outcome: Served['outcome'], error: Error | undefined): Served<Peer> {
    const { connection, firstByte } = this;
    const duration = connection.time() - this.begin;
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
      begin: connection.wallTime() - duration,
      firstByte: firstByte < 0 ? undefined : firstByte,
      duration,
    };
  }

  /** The connection is torn down from this side: no fault, the end. */
  cancel(): void {
    this.finish('aborted', undefined);
  }
}

/** The error of a response that the engine does not send. */
function lawless(error: unknown): unknown {
  return error instanceof TypeError ? new ResponseError('invalid-response', error.message, error) : error;
}

/** Content as a stream. */
function sourceOf(body: Content | undefined): Observable<Uint8Array | string> {
  if (body === undefined || body === '') return EMPTY;
  if (typeof body === 'string' || body instanceof Uint8Array) return of(body);
  return isObservable(body) ? body : fromPull(body);
}

/** Whether there are trailers, as far as that is known at once. */
function hasTrailers(trailers: ObservableInput<FieldsInit>): boolean {
  let last: FieldsInit | undefined;
  from(trailers)
    .subscribe({ next: (fields) => (last = fields), error: () => undefined })
    .unsubscribe();
  return Fields.from(last).size > 0;
}

const DEFAULT_ANSWER = Fields.from({ 'content-type': 'text/plain; charset=utf-8' });
