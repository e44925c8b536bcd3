/** A client's HTTP/2 connection. */
import { Observable, Subject, type Subscriber } from 'rxjs';
import { ClientError, type H2ErrorCode, type ProtocolError } from '../errors.js';
import { decisiveGoaway, type Goaway } from '../drive/connection-end.js';
import { Liveness } from '../drive/liveness.js';
import type { Flow } from '../flow/flow.js';
import { createH2Client, type H2ClientEngine, type H2Events } from '../h2/index.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import type { H2ClientConnection, ResponseSink, ServerPush } from './response.js';
import { ClientExchange } from './exchange.js';
import { ConnectionDriver, type ConnectionContext } from './connection-driver.js';
import type { RequestPriority } from './request.js';
import { OfferedPush } from './server-push.js';
import { extendedConnectRequest, type OutgoingRequest } from './outgoing-request.js';

/** A PING that has not come back. */
interface Ping {
  readonly subscriber: Subscriber<number>;
  readonly begin: number;
}

/** @internal */
export class H2ConnectionDriver extends ConnectionDriver implements H2ClientConnection, H2Events<ResponseHead> {
  readonly protocol = 'h2';
  declare engine: H2ClientEngine;
  private pushSubject: Subject<ServerPush> | undefined = undefined;
  /** By their octets, as text. */
  private readonly pings = new Map<string, Ping>();
  private lastPing = 0;
  private liveness: Liveness | undefined = undefined;
  private receivedGoaway: Goaway | undefined = undefined;

  constructor(flow: Flow, context: ConnectionContext) {
    super(flow, context);
    const { timeLimits, scheme } = context;
    this.engine = createH2Client({ scheme, limits: timeLimits.limits, date: timeLimits.clock.date }, this);
  }

  override start(): void {
    super.start();
    if (this.running) this.liveness = Liveness.of(this);
  }

  get clientConnection(): H2ClientConnection {
    return this;
  }

  /** A server that goes away reports the requests that it has not acted on (RFC 9113 section 6.8). */
  get isReused(): boolean {
    return false;
  }

  get extendedConnect(): boolean {
    return this.engine.extendedConnect;
  }

  isFirst(): boolean {
    return true;
  }

  takes({ head }: OutgoingRequest): boolean {
    // Whether the server takes it is known with its SETTINGS (RFC 8441 section 3).
    return this.capacity > 0 && (head.protocol === undefined || this.engine.awaiting !== 'preface');
  }

  override begin(request: OutgoingRequest, sink: ResponseSink): ClientExchange | undefined {
    return super.begin(request.tunnel ? extendedConnectRequest(request) : request, sink);
  }

  protected check({ head }: OutgoingRequest): void {
    if (head.headers.has('upgrade')) {
      throw new ClientError('protocol-mismatch', 'Upgrade is a matter of HTTP/1.1 (RFC 9113 section 8.2.2)');
    }
    if (head.protocol !== undefined && !this.extendedConnect) {
      throw new ClientError('protocol-mismatch', 'the server takes no extended CONNECT (RFC 8441 section 3)');
    }
  }

  /** Streams past the server's limit are refused (RFC 9113 section 5.1.2). */
  wasTooSoon(stream: number, { code, reason }: ProtocolError): boolean {
    return code === 'stream-reset' && reason === 'REFUSED_STREAM' && this.engine.wasAssumed(stream);
  }

  giveUp({ stream }: ClientExchange, reason: H2ErrorCode): void {
    this.engine.abort(stream, reason);
  }

  prioritize(stream: number, { urgency = 3, incremental = false }: RequestPriority): void {
    const delivery = this.enter();
    try {
      this.engine.reprioritize(stream, urgency, incremental);
    } finally {
      this.leave(delivery);
    }
  }

  ping(): Observable<number> {
    return new Observable((subscriber) => {
      if (this.ended) return subscriber.error(new ClientError('closed', 'the connection has ended'));
      const opaque = Buffer.alloc(8);
      opaque.writeUInt32BE(++this.lastPing, 4);
      const name = opaque.toString('latin1');
      this.pings.set(name, { subscriber, begin: this.clock.now() });
      subscriber.add(() => this.pings.delete(name));
      const delivery = this.enter();
      this.engine.ping(opaque);
      this.leave(delivery);
    });
  }

  onPong(opaque: Uint8Array): void {
    const ping = this.pings.get(Buffer.from(opaque).toString('latin1'));
    ping?.subscriber.next(this.time() - ping.begin);
    ping?.subscriber.complete();
  }

  get pushes(): Observable<ServerPush> {
    return new Observable((subscriber) => {
      if (this.ended) return subscriber.complete();
      const subject = (this.pushSubject ??= new Subject());
      subscriber.add(subject.subscribe(subscriber));
      this.takePushes();
      subscriber.add(() => this.takePushes());
    });
  }

  /** The server may push while `pushes` has a subscriber. */
  private takePushes(): void {
    if (this.ended) return;
    const delivery = this.enter();
    this.engine.takePushes(this.pushSubject?.observed === true);
    this.leave(delivery);
  }

  /** The response of a push is wanted. */
  accept(stream: number, head: RequestHead, sink: ResponseSink): ClientExchange {
    const exchange = new ClientExchange(this, stream, head, sink, false, true);
    this.adopt(exchange);
    return exchange;
  }

  onPush(_stream: number, promised: number, head: RequestHead): void {
    const push = new OfferedPush(this, promised, head);
    this.pushSubject?.next(push);
    push.declineUnlessTaken();
  }

  onGoaway(lastStream: number, code: H2ErrorCode, debugData: string): void {
    // The engine ends the connection after the open streams, and has reset those that the server will not act on.
    this.receivedGoaway = { initiator: 'peer', code, lastStream, debugData };
  }

  protected override get goaway(): Goaway | undefined {
    return decisiveGoaway(this.receivedGoaway, this.engine.sentGoaway);
  }

  onFault(): void {
    // The engine has sent RST_STREAM; no request waits for it.
  }

  onPriority(): void {
    // Only servers receive priorities.
  }

  protected onUpgraded(): void {
    // HTTP/2 is not switched from.
  }

  protected override conclude(): void {
    this.liveness?.stop();
    for (const { subscriber } of this.pings.values()) {
      subscriber.error(new ClientError('closed', 'the connection has ended'));
    }
    this.pushSubject?.complete();
    super.conclude();
  }
}
