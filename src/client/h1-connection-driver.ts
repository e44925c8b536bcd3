/** A client's HTTP/1.1 connection. */
import { ClientError, type H2ErrorCode, type ProtocolError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import { createH1Client } from '../h1/index.js';
import type { ResponseHead } from '../http/head.js';
import { isIdempotent } from '../http/method.js';
import type { H1ClientConnection, ResponseSink } from './response.js';
import type { ClientExchange } from './exchange.js';
import { ConnectionDriver, type ConnectionContext } from './connection-driver.js';
import { type OutgoingRequest, upgradeRequest } from './outgoing-request.js';

/** @internal */
export class H1ConnectionDriver extends ConnectionDriver implements H1ClientConnection {
  readonly protocol = 'http/1.1';
  /** ms that the server keeps an idle connection, less the time of a request's way to it; and the time at which it became idle. */
  private keptFor = Infinity;
  private idleSince = 0;
  /** A request is under way that must not be pipelined, or that no request may be pipelined after. */
  private alone = false;

  constructor(flow: Flow, context: ConnectionContext) {
    super(flow, context);
    const { timeLimits, pipelining, scheme } = context;
    this.engine = createH1Client({ scheme, limits: timeLimits.limits, date: timeLimits.clock.date, pipelining }, this);
  }

  get clientConnection(): H1ClientConnection {
    return this;
  }

  get isReused(): boolean {
    return this.exchangesBegun > 1;
  }

  override get isStale(): boolean {
    return this.keptFor !== Infinity && this.clock.now() - this.idleSince >= this.keptFor;
  }

  isFirst({ stream }: ClientExchange): boolean {
    return this.streams.all().every((other) => other.stream >= stream);
  }

  takes(request: OutgoingRequest): boolean {
    return this.capacity > 0 && (this.exchangesOpen === 0 || (!this.alone && mayPipeline(request)));
  }

  override begin(request: OutgoingRequest, sink: ResponseSink): ClientExchange | undefined {
    this.alone = !mayPipeline(request);
    return super.begin(request.tunnel ? upgradeRequest(request) : request, sink);
  }

  protected check({ head }: OutgoingRequest): void {
    if (head.protocol === undefined) return;
    throw new ClientError('protocol-mismatch', 'extended CONNECT is a matter of HTTP/2');
  }

  /**
   * Reading the rest of the exchange is the only way to find the next response. So the connection ends with it, unless other requests wait
   * on it for their responses.
   */
  giveUp({ stream }: ClientExchange, reason: H2ErrorCode): void {
    if (this.exchangesOpen > 0) return this.engine.discard(stream);
    this.engine.abort(stream, reason);
    this.abort();
  }

  /** The head of a response that has been cancelled. */
  override onHead(stream: number, head: ResponseHead, end: boolean): void {
    if (this.exchangesBegun === 1) this.keptFor = keptFor(head);
    if (!end && this.streams.get(stream) === undefined) this.engine.discard(stream);
    else super.onHead(stream, head, end);
  }

  override forget(stream: number): void {
    super.forget(stream);
    if (this.keptFor !== Infinity) this.idleSince = this.time();
    if (this.exchangesOpen > 0) (this.streams.get(stream + 1) ?? this.streams.all()[0])?.onTurn();
  }

  /** It was pipelined after a request whose response ends the connection. */
  wasTooSoon(_stream: number, { code }: ProtocolError): boolean {
    return code === 'refused';
  }

  prioritize(): void {
    // There is one response at a time.
  }

  protected onUpgraded(flow: Flow): void {
    const [exchange] = this.streams.all();
    this.conclude();
    if (exchange === undefined) flow.error();
    else exchange.onUpgraded(flow);
  }
}

/** The time in `Keep-Alive: timeout=5`, less a second. */
function keptFor({ headers }: ResponseHead): number {
  const timeout = /(?:^|[\t ,])timeout=([0-9]{1,9})(?:$|[\t ,])/.exec(headers.get('keep-alive') ?? '');
  return timeout === null ? Infinity : Math.max(0, Number(timeout[1]) - 1) * 1000;
}

/**
 * RFC 9112 section 9.3.2: a request can be pipelined if it can be sent again after the connection ends. Content would keep later requests
 * waiting.
 */
function mayPipeline({ head, content }: OutgoingRequest): boolean {
  return content === undefined && isIdempotent(head.method) && !head.headers.has('upgrade');
}
