/**
 * One exchange on a client's connection: the request goes out, and its subscriber gets the response. An error before the response's head
 * goes to that subscriber; a later one, to the reader of the body.
 */
import type { Observable } from 'rxjs';
import { Body } from '../body/body.js';
import { NO_BYTES } from '../bytes.js';
import type { AsyncContext } from '../demand/async-context.js';
import { BodyFlow } from '../drive/body-flow.js';
import { Deadline, type DeadlineQueue, type Expiring } from '../drive/deadline.js';
import { EMPTY_BODY, IncomingMessageContent, type IncomingHost } from '../drive/incoming-content.js';
import { type PlainContent, sourceOf } from '../drive/content.js';
import { type OutgoingHost, OutgoingMessageContent } from '../drive/outgoing-content.js';
import type { Clock } from '../drive/clock.js';
import type { Connection } from '../drive/connection.js';
import type { RoutedExchange } from '../drive/exchange-routing.js';
import type { ClientEngine } from '../engine.js';
import { ClientError, type H2ErrorCode, ProtocolError, toError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import type { Fields } from '../http/fields.js';
import type { Protocol, RequestHead, ResponseHead } from '../http/head.js';
import { limitWords } from '../limits.js';
import { type ClientConnection, ClientResponse, type ResponseExchange, ResponseSink } from './response.js';
import { afterHead, clientError, contentError, TRUNCATING } from './error-translation.js';
import { BodilessExchange, NO_TRAILERS } from './bodiless-exchange.js';
import { OfferedFlow } from './offered-flow.js';
import type { RequestPriority } from './request.js';
import { type RequestWatch, ResponseWatch } from './request-watch.js';
import {
  checkPriority,
  checkTrailers,
  CONTINUE_WAIT,
  expectsContinue,
  type OutgoingRequest,
  urlOf,
} from './outgoing-request.js';

/** The connection of an exchange, as far as the exchange needs it. */
export interface ExchangeConnection extends Connection<ClientEngine> {
  readonly protocol: Protocol;
  readonly clientConnection: ClientConnection;
  readonly clock: Clock;
  /** How often something has come. */
  readonly heard: number;
  /** Whether a request goes out after others, on a connection that the server may have closed meanwhile. */
  readonly isReused: boolean;
  /** Whether no other exchange stands between this one and its response. */
  isFirst(exchange: ClientExchange): boolean;
  /** An exchange is over on this side: so it is to be on the wire. The connection has been entered. */
  giveUp(exchange: ClientExchange, reason: H2ErrorCode): void;
  /** Whether `error` only means that this side sent the request before it could know that it should not. */
  wasTooSoon(stream: number, error: ProtocolError): boolean;
  prioritize(stream: number, priority: RequestPriority): void;
  /** An exchange is over. */
  forget(stream: number): void;
}

/** @internal */
export class ClientExchange implements RoutedExchange, ResponseExchange, IncomingHost, OutgoingHost, Expiring {
  private sink: ResponseSink | undefined;
  readonly context: AsyncContext | undefined;
  private over = false;
  private received = false;
  /** Whether the server has sent anything. */
  private touched = false;
  private incoming: IncomingMessageContent | undefined = undefined;
  private outgoing: OutgoingMessageContent | undefined = undefined;
  /** The content, while it waits for 100 (Continue). */
  private withheld: OutgoingRequest | undefined = undefined;
  private wait: Deadline | undefined = undefined;
  /** How often the connection had been heard of when the wait began. */
  private heard = 0;
  /** Whether, at that time, the connection had more to take than it did. */
  private underWay = false;
  /** The content that waited is not wanted. */
  private abandoned = false;
  /** Of a CONNECT on HTTP/2: the bytes that are written to the tunnel; and the tunnel, once the server has opened it. */
  private tunnelled: Body | undefined = undefined;
  private tunnel: BodyFlow | undefined = undefined;
  /** The head of a response that switches protocols: it is given with the flow. */
  private switching: ResponseHead | undefined = undefined;
  private responseWatch: ResponseWatch | undefined = undefined;
  private responseHead: ResponseHead | undefined = undefined;
  /** Time limits of this request alone. */
  private headTime: DeadlineQueue | undefined = undefined;
  bodyTime: DeadlineQueue | undefined = undefined;

  constructor(
    readonly connection: ExchangeConnection,
    readonly stream: number,
    private readonly head: RequestHead,
    sink: ResponseSink,
    private readonly interim: boolean,
    /** Of a push: there is no request to send. */
    private sent = false,
  ) {
    this.sink = sink;
    this.context = sink.context;
  }

  get protocol(): Protocol {
    return this.connection.protocol;
  }

  get clientConnection(): ClientConnection {
    return this.connection.clientConnection;
  }

  get url(): string {
    return urlOf(this.head);
  }

  get body(): Body {
    return this.incoming === undefined ? EMPTY_BODY : this.incoming.body;
  }

  get trailers(): Observable<Fields> {
    return this.incoming === undefined ? NO_TRAILERS : this.incoming.trailers;
  }

  prioritize(priority: RequestPriority): void {
    checkPriority(priority);
    if (!this.over) this.connection.prioritize(this.stream, priority);
  }

  // The request.

  /** Sends the request: the connection has been entered. */
  send(request: OutgoingRequest): void {
    const { stream } = this;
    const { engine } = this.connection;
    const { head, content, watch } = request;
    if (watch?.headTimeout !== undefined) this.headTime = this.connection.clock.briefDeadlines(watch.headTimeout);
    if (watch?.bodyTimeout !== undefined) this.bodyTime = this.connection.clock.briefDeadlines(watch.bodyTimeout);
    if (content === undefined && head.method === 'CONNECT' && this.protocol === 'h2') return this.sendConnect(head);
    const whole = content === undefined || typeof content === 'string' || content instanceof Uint8Array;
    if (whole && request.trailers === undefined) {
      if (content !== undefined && content.length > 0 && expectsContinue(head.headers)) {
        const size = typeof content === 'string' ? Buffer.byteLength(content) : content.length;
        return this.withhold(request, size);
      }
      engine.sendMessage(stream, head, content ?? NO_BYTES);
      if (!this.over && engine.queued(stream) > 0) {
        (this.outgoing = new OutgoingMessageContent(this, undefined)).watchWhole((content ?? NO_BYTES).length);
      }
      return;
    }
    if (this.protocol === 'http/1.1') checkTrailers(request);
    if (expectsContinue(head.headers)) return this.withhold(request, undefined);
    if (engine.sendHead(stream, head, undefined)) this.sendContent(content ?? NO_BYTES, request);
  }

  /** CONNECT on HTTP/2: the stream stays open for the bytes of the tunnel (RFC 9113 section 8.5). */
  private sendConnect(head: RequestHead): void {
    const { engine } = this.connection;
    const written = new Body();
    this.tunnelled = written;
    engine.sendHead(this.stream, head, undefined);
    if (this.over) return;
    this.outgoing = new OutgoingMessageContent(this, undefined);
    written.subscribe(this.outgoing);
    this.awaitHead();
  }

  private withhold(request: OutgoingRequest, size: number | undefined): void {
    const { connection, stream } = this;
    if (!connection.engine.sendHead(stream, request.head, size) || this.over) return;
    this.withheld = request;
    this.wait = new Deadline(this);
    connection.clock.deadlines(CONTINUE_WAIT).start(this.wait, connection.clock.now());
  }

  /** The server wants the content, or has had time enough to refuse it. */
  private release(): void {
    const { withheld } = this;
    if (withheld === undefined) return;
    this.withheld = undefined;
    this.wait?.stop();
    this.sendContent(withheld.content!, withheld);
  }

  onTrailersLost(): void {
    // An intermediary may leave trailers out (RFC 9110 section 6.5.1); those of the program itself have been looked at before.
  }

  private sendContent(content: PlainContent, { trailers }: OutgoingRequest): void {
    if (this.over) return;
    this.outgoing = new OutgoingMessageContent(this, trailers);
    sourceOf(content).subscribe(this.outgoing);
  }

  onWritable(): void {
    this.outgoing?.resume();
  }

  onSent(): void {
    this.sent = true;
    this.tunnel?.flushed();
    if (this.received) this.finish();
    else this.awaitHead();
  }

  onOutgoingFailed(error: unknown): void {
    if (this.over) return;
    if (error instanceof ProtocolError) return this.fail(contentError(error), 'CANCEL');
    const cause = toError(error);
    this.fail(new ClientError('exception', cause.message, { cause }), 'INTERNAL_ERROR');
  }

  /** The request is out: the server has the head time for its response. */
  private awaitHead(): void {
    if (this.sink === undefined) return;
    const { connection } = this;
    this.wait ??= new Deadline(this);
    this.heard = connection.heard;
    this.underWay = !connection.flow.ready;
    (this.headTime ?? connection.timeLimits.head).start(this.wait, connection.time());
  }

  /** The requests before this one have their responses: its time begins. */
  onTurn(): void {
    if (this.sent) this.awaitHead();
  }

  onDeadline(): void {
    if (this.withheld !== undefined) return this.release();
    // The requests before this one take their time.
    if (!this.connection.isFirst(this)) return this.awaitHead();
    // So does a request that is still on its way, or just was: a server that takes nothing of it runs into the write time.
    if (this.underWay || !this.connection.flow.ready) return this.awaitHead();
    // Nothing at all has come meanwhile: the connection may be dead, and is not to be tried with others.
    if (this.heard === this.connection.heard) this.connection.shutdown();
    const words = `the response did not come in time: ${limitWords({ headTimeout: (this.headTime ?? this.connection.timeLimits.head).length }, 'headTimeout')}`;
    this.fail(new ClientError('headers-timeout', words, { reason: 'CANCEL' }), 'CANCEL');
  }

  // The response.

  onInformational(head: ResponseHead): void {
    this.touched = true;
    if (head.status === 100) this.release();
    if (this.interim && !this.over) this.sink?.onInterim(new ClientResponse(head, new BodilessExchange(this)));
  }

  onHead(head: ResponseHead, end: boolean): void {
    const { sink } = this;
    this.touched = true;
    this.responseHead = head;
    this.wait?.stop();
    if (this.connection.engine.state === 'upgraded') {
      this.switching = head;
      return;
    }
    if (end) this.received = true;
    else this.incoming = new IncomingMessageContent(this);
    this.sink = undefined;
    if (this.tunnelled !== undefined && head.status < 300) {
      sink?.onResponse(this.openTunnel(head, this.tunnelled));
      if (end && !this.over) this.complete();
      return;
    }
    sink?.onResponse(new ClientResponse(head, this));
    this.tunnelled?.complete();
    if (this.over) return;
    // A final response: the content that waited for 100 (Continue) is not wanted (RFC 9110 section 10.1.1).
    if (this.withheld !== undefined) {
      this.withheld = undefined;
      this.abandoned = true;
    }
    if (end) this.complete();
    else this.incoming!.awaitReader();
  }

  /** The bytes from here on belong to the tunnel, which may be silent for as long as it likes. */
  private openTunnel(head: ResponseHead, written: Body): ClientResponse {
    const { incoming, connection } = this;
    incoming?.keepOpen();
    this.tunnel = new BodyFlow(incoming?.body ?? EMPTY_BODY, written, () => this.abortTunnel());
    return new ClientResponse(head, new BodilessExchange(this), new OfferedFlow(this.tunnel, connection.timeLimits));
  }

  private abortTunnel(): void {
    if (this.over) return;
    this.leave('CANCEL');
    this.incoming?.reset(new ClientError('closed', 'the tunnel was aborted by this side'));
  }

  /** The flow is the program's: the connection has ended. */
  onUpgraded(flow: Flow): void {
    const { sink, switching } = this;
    this.sink = undefined;
    this.finish();
    if (sink === undefined || switching === undefined) return flow.error();
    sink.onResponse(new ClientResponse(switching, this, new OfferedFlow(flow, this.connection.timeLimits)));
  }

  onData(chunk: Uint8Array): void {
    this.incoming?.data(chunk);
    this.responseWatch?.received(chunk.length);
  }

  onEnd(trailers: Fields): void {
    this.received = true;
    this.incoming?.end(trailers);
    this.complete();
  }

  /**
   * The response is complete. Content that was announced and will not be sent: only the end of the stream, or of the connection, shows
   * that.
   */
  private complete(): void {
    if (this.sent) this.finish();
    else if (this.abandoned) this.leave('CANCEL');
  }

  // The end.

  onReset(error: ProtocolError): void {
    if (this.over) return;
    // The response is complete: it is not an error if the server does not want the rest of the request (RFC 9113 section 8.1).
    if (this.received) return this.finish();
    const failure = clientError(error, !this.touched && this.connection.isReused);
    this.failed(failure, TRUNCATING.has(error.code), this.connection.wasTooSoon(this.stream, error));
  }

  onBodyTimeout(): void {
    this.cancel();
  }

  onBodyCancelled(): void {
    this.cancel();
  }

  giveUpRequest(): void {
    if (!this.over && this.received && !this.sent) this.leave('CANCEL');
  }

  bodyError(error: ProtocolError): ClientError {
    return afterHead(clientError(error), this.responseHead);
  }

  /** The connection broke, or has ended. */
  lose(error: ClientError): void {
    if (!this.over) this.failed(error, false);
  }

  /** The response is not wanted any more: the exchange ends on the wire, too. */
  cancel(): void {
    if (this.over) return;
    this.sink = undefined;
    this.leave('CANCEL');
  }

  watch(watch: RequestWatch, headers: Fields): void {
    if (!this.over) this.responseWatch = new ResponseWatch(watch, headers, this.context, this);
  }

  /** The signal of the request was aborted after the head of the response. */
  onAborted(error: ClientError): void {
    if (!this.over) this.fail(error, 'CANCEL');
  }

  private fail(error: ClientError, reason: H2ErrorCode): void {
    const { sink, incoming } = this;
    this.sink = undefined;
    this.leave(reason);
    incoming?.reset(afterHead(error, this.responseHead));
    sink?.onFailed(error);
  }

  private leave(reason: H2ErrorCode): void {
    const { connection } = this;
    const delivery = connection.enter();
    this.finish();
    connection.giveUp(this, reason);
    connection.leave(delivery);
  }

  private failed(error: ClientError, truncating: boolean, tooSoon = false): void {
    const { sink, incoming } = this;
    this.sink = undefined;
    this.finish();
    if (truncating) incoming?.truncate(afterHead(error, this.responseHead));
    else incoming?.reset(afterHead(error, this.responseHead));
    sink?.onFailed(error, tooSoon);
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    this.withheld = undefined;
    this.wait?.stop();
    this.outgoing?.release();
    this.tunnel?.flushed();
    this.responseWatch?.end();
    this.connection.forget(this.stream);
  }
}
