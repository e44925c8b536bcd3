/** The h2 chain of a server: each stream is an exchange. */
import { Observable, type ObservableInput, type Subscriber } from 'rxjs';
import { BodyFlow } from '../drive/body-flow.js';
import { Deadline } from '../drive/deadline.js';
import { decisiveGoaway, type Goaway } from '../drive/connection-end.js';
import { Body } from '../body/body.js';
import { Liveness } from '../drive/liveness.js';
import type { HttpRequest } from '../drive/request.js';
import type { HttpResponse } from '../drive/response.js';
import type { H2ErrorCode, ProtocolError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import { createH2Server, type H2Events, type H2ServerEngine } from '../h2/index.js';
import { Fields } from '../http/fields.js';
import type { RequestHead } from '../http/head.js';
import { ServerConnection } from './connection.js';
import { ServerExchange, TUNNEL_OPTIONS } from './exchange.js';
import type { H2Exchange, Priority, PushInit, TunnelInit } from './exchange-interface.js';
import { ExchangeStream } from './exchange-stream.js';
import type { HttpConnection } from './http-connection.js';
import type { ChainContext } from './chain-context.js';
import { checkOften, objectValue, stringValue, tableOf } from '../option-checks.js';

const PUSH = tableOf<PushInit>({ path: stringValue, method: stringValue, headers: objectValue });

/** A request that came on HTTP/1.1, with `Upgrade: h2c`, and gets its response as stream 1 (RFC 7540 section 3.2). */
export interface H2cUpgrade {
  /** The value of HTTP2-Settings. */
  readonly settings: string;
  readonly head: RequestHead;
}

/**
 * Serves HTTP/2 on `flow`: emits the connection, and completes when it has closed.
 * @internal
 */
export function h2Chain<Peer>(
  flow: Flow,
  context: ChainContext<Peer>,
  upgrade: H2cUpgrade | undefined,
): Observable<HttpConnection<Peer>> {
  return new Observable((subscriber) => {
    const connection = new H2ServerConnection(flow, context, subscriber);
    subscriber.add(connection);
    connection.begin(upgrade);
  });
}

/**
 * A stream whose response is complete before its request is ended after a second without DATA, at least. Clients such as curl stop to send at
 * an early response, and wait for the end of the stream. `QUIET_CHECK`: ms between two looks at such streams.
 */
const QUIET_CHECK = 250;
const QUIET_LOOKS = 5;

class H2ServerConnection<Peer> extends ServerConnection<Peer> implements H2Events<RequestHead> {
  readonly protocol = 'h2';
  declare engine: H2ServerEngine;
  /** While streams linger. */
  private quiet: Deadline | undefined = undefined;
  private liveness: Liveness | undefined = undefined;

  constructor(flow: Flow, context: ChainContext<Peer>, subscriber: Subscriber<HttpConnection<Peer>>) {
    super(flow, context, subscriber);
    const { limits, clock } = context.runtime;
    const { scheme, connectProtocol } = context;
    this.engine = createH2Server({ scheme, limits, connectProtocol, date: clock.date }, this);
  }

  protected exchangeWindow(): number {
    return this.runtime.limits.concurrentStreams;
  }

  holdExchanges(): void {
    // The window is that of concurrent streams: see `onHead`.
  }

  override onHead(stream: number, head: RequestHead, end: boolean): void {
    const { sink } = this;
    // Ended streams may still be retained: a client that resets the streams that it opens must not fill the memory.
    if (sink instanceof ExchangeStream && !sink.hasRoom) return this.engine.reset(stream, 'REFUSED_STREAM');
    super.onHead(stream, head, end);
  }

  override begin(upgrade?: H2cUpgrade): void {
    if (upgrade !== undefined) {
      const delivery = this.enter();
      try {
        this.engine.startFromUpgrade(upgrade.settings, upgrade.head);
      } finally {
        this.leave(delivery);
      }
    }
    super.begin();
    if (this.running) this.liveness = Liveness.of(this);
  }

  protected override onTurnOver(): void {
    if (this.engine.lingering > 0 && this.running && this.quiet?.queue === undefined) this.lookLater();
  }

  private lookLater(): void {
    this.quiet ??= new Deadline(this);
    const { clock } = this.timeLimits;
    clock.deadlines(QUIET_CHECK).start(this.quiet, clock.now());
  }

  override onDeadline(deadline: Deadline): void {
    if (deadline !== this.quiet) return super.onDeadline(deadline);
    const delivery = this.enter();
    this.engine.resetQuiet(QUIET_LOOKS);
    this.leave(delivery);
  }

  protected override onEnded(): void {
    this.quiet?.stop();
    this.liveness?.stop();
    super.onEnded();
  }

  /**
   * GOAWAY has asked the client to end the connection when it is done with it (RFC 9113 section 6.8). The client may still be reading, and
   * Node's client drops unread bytes when TLS ends under it.
   */
  protected override yieldsEnd(): boolean {
    return this.engine.isShutDown;
  }

  protected override get lastGoaway(): Goaway | undefined {
    return decisiveGoaway(this.goaway, this.engine.sentGoaway);
  }

  /** Begins the response to a request that the client is expected to make. */
  push(
    origin: H2ServerExchange<Peer>,
    head: RequestHead,
    response: HttpResponse | ObservableInput<HttpResponse>,
  ): boolean {
    const delivery = this.enter();
    try {
      const promised = this.engine.push(origin.stream, head);
      if (promised === 0) return false;
      const exchange = this.makeExchange(promised, head, true);
      this.adopt(exchange);
      origin.pushes(exchange);
      exchange.take(response);
      return true;
    } finally {
      this.leave(delivery);
    }
  }

  protected makeExchange(stream: number, head: RequestHead | undefined, end: boolean): H2ServerExchange<Peer> {
    return new H2ServerExchange(this, stream, head, end);
  }

  onFault(_stream: number, error: ProtocolError): void {
    this.report(error, undefined);
  }

  onGoaway(lastStream: number, code: H2ErrorCode, debugData: string): void {
    // Open streams go on, and the engine ends the connection after them.
    this.goaway = { initiator: 'peer', code, lastStream, debugData };
  }

  onPush(): void {
    // Only clients are pushed to.
  }

  onPriority(): void {
    // The engine's scheduler has it.
  }

  onPong(): void {
    // The graceful shutdown sends its own PING, and the engine waits for it. To `Liveness` any byte is a sign of life.
  }

  protected onUpgraded(): void {
    // HTTP/2 is not switched from.
  }
}

class H2ServerExchange<Peer> extends ServerExchange<Peer> implements H2Exchange<Peer> {
  readonly protocol = 'h2';
  declare readonly connection: H2ServerConnection<Peer>;

  declare readonly request: HttpRequest;

  private tunnelled: BodyFlow | undefined = undefined;

  face(): H2Exchange<Peer> {
    return this;
  }

  get streamId(): number {
    return this.stream;
  }

  get priority(): Priority {
    return this.connection.engine.priority(this.stream) ?? DEFAULT_PRIORITY;
  }

  prioritize({ urgency, incremental }: Priority): void {
    const { connection } = this;
    const delivery = connection.enter();
    try {
      connection.engine.prioritize(this.stream, urgency, incremental);
    } finally {
      connection.leave(delivery);
    }
  }

  push(init: PushInit, response: HttpResponse | ObservableInput<HttpResponse>): boolean {
    checkOften('push', init, PUSH);
    const { request } = this;
    const head: RequestHead = {
      method: init.method ?? 'GET',
      scheme: request.scheme,
      authority: request.authority,
      path: init.path,
      protocol: undefined,
      version: '2.0',
      headers: Fields.from(init.headers),
    };
    return this.connection.push(this, head, response);
  }

  tunnel(init: TunnelInit = {}): Observable<Flow> {
    checkOften('tunnel', init, TUNNEL_OPTIONS);
    return new Observable((subscriber) => {
      const { request } = this;
      if (!this.answerable) throw new TypeError('the exchange has a response already');
      if (request.method !== 'CONNECT') throw new TypeError('the request asks for no tunnel: it is not a CONNECT');
      const written = new Body();
      this.keepOpen();
      const flow = new BodyFlow(this.body, written, () => this.reset());
      this.tunnelled = flow;
      this.answerWith({ status: init.status ?? 200, headers: init.headers, body: written });
      subscriber.next(flow);
      subscriber.complete();
    });
  }

  override onSent(): void {
    this.tunnelled?.flushed();
    super.onSent();
  }

  /** It is safe to be sent again (RFC 9113 section 8.7). */
  override refuse(): void {
    this.abort('REFUSED_STREAM', undefined);
  }

  reset(reason: H2ErrorCode = 'CANCEL'): void {
    this.abort(reason, undefined);
  }
}

/** The priority of a stream without an announced one, as the engine has it: each shares its turn with the others. */
const DEFAULT_PRIORITY: Priority = { urgency: 3, incremental: true };
