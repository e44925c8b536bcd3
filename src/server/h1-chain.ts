/** The h1 chain of a server. */
import { Observable, type Subscriber } from 'rxjs';
import type { Flow } from '../flow/flow.js';
import { createH1Server, type H1ServerEngine } from '../h1/index.js';
import { Fields } from '../http/fields.js';
import type { DeadlineQueue } from '../drive/deadline.js';
import type { H2ErrorCode, ProtocolError } from '../errors.js';
import type { HttpRequest } from '../drive/request.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import type { ChainContext } from './chain-context.js';
import { ServerConnection } from './connection.js';
import { DrainTime } from './drain-time.js';
import { ServerExchange, TUNNEL_OPTIONS } from './exchange.js';
import type { H1Exchange, TunnelInit } from './exchange-interface.js';
import type { HttpConnection } from './http-connection.js';
import { checkOften } from '../option-checks.js';

/**
 * Serves HTTP/1.1 on `flow`: emits the connection, and completes when it has closed.
 * @internal
 */
export function h1Chain<Peer>(flow: Flow, context: ChainContext<Peer>): Observable<HttpConnection<Peer>> {
  return new Observable((subscriber) => {
    const connection = new H1ServerConnection(flow, context, subscriber);
    subscriber.add(connection);
    connection.begin();
  });
}

class H1ServerConnection<Peer> extends ServerConnection<Peer> {
  readonly protocol = 'http/1.1';
  declare engine: H1ServerEngine;
  private upgrading: H1ServerExchange<Peer> | undefined = undefined;

  /** The request that asked for HTTP/2, while 101 is being written. */
  private switching: RequestHead | undefined = undefined;
  /** Of a tunnel that this side has joined with another one. */
  private drain: DrainTime | undefined = undefined;

  constructor(flow: Flow, context: ChainContext<Peer>, subscriber: Subscriber<HttpConnection<Peer>>) {
    super(flow, context, subscriber);
    const { limits, clock } = context.runtime;
    this.engine = createH1Server({ scheme: context.scheme, limits, date: clock.date }, this);
  }

  /** A head that has begun late is responded to with 408; a connection that was never used ends. */
  override begin(): void {
    super.begin();
    if (!this.context.isLate || !this.running) return;
    const delivery = this.enter();
    this.engine.timeout(this.engine.awaiting);
    this.leave(delivery);
  }

  protected override halfCloseTimeout(): DeadlineQueue {
    const { write, halfClose } = this.timeLimits;
    return this.context.halfClose ? write : halfClose;
  }

  /** Requests that are on their way to an idle connection are still served. */
  protected override shutDownEngine(): void {
    this.engine.shutdown(this.takesExchanges);
  }

  protected override idleTimeout(): DeadlineQueue {
    const { idle, lameDuck } = this.timeLimits;
    return this.draining ? lameDuck : idle;
  }

  protected exchangeWindow(): number {
    return 1;
  }

  holdExchanges(on: boolean): void {
    const delivery = this.enter();
    try {
      this.engine.pauseHeads(on);
    } finally {
      this.leave(delivery);
    }
  }

  protected makeExchange(stream: number, head: RequestHead | undefined, end: boolean): H1ServerExchange<Peer> {
    return new H1ServerExchange(this, stream, head, end);
  }

  /** The switch is to be written for `exchange`. */
  upgrade(exchange: H1ServerExchange<Peer>, head: ResponseHead): void {
    this.upgrading = exchange;
    try {
      this.engine.sendHead(exchange.stream, head, undefined);
    } catch (error) {
      this.upgrading = undefined;
      throw error;
    }
  }

  override onHead(stream: number, head: RequestHead, end: boolean): void {
    const mayAsk = end && this.context.h2cUpgrade;
    if (!mayAsk || !asksForH2(head) || !this.engine.canSend(stream)) return super.onHead(stream, head, end);
    this.switching = head;
    this.engine.sendHead(stream, SWITCH_TO_H2, undefined);
  }

  protected onUpgraded(flow: Flow): void {
    this.context.unregister(this);
    const { switching } = this;
    if (switching !== undefined) {
      this.switching = undefined;
      this.completeStreams();
      const headers = switching.headers.without('connection', 'upgrade', 'http2-settings');
      this.context.switchToH2(switching.headers.get('http2-settings')!, { ...switching, version: '2.0', headers });
      return;
    }
    const exchange = this.upgrading;
    this.upgrading = undefined;
    // A switch that nobody asked for has nobody to end its flow.
    if (exchange === undefined) flow.error();
    else exchange.handOver(flow);
    if (exchange?.isJoined === true) this.drainTunnel(exchange);
  }

  /** A graceful shutdown waits for the tunnel as long as it does for an exchange. */
  private drainTunnel(exchange: H1ServerExchange<Peer>): void {
    this.drain = new DrainTime(this.runtime, () => {
      exchange.cancel();
      this.handedOver();
    });
    this.context.register(this.drain);
  }

  /** The handler that took the flow over is done, too: nothing is left for this connection. */
  handedOver(): void {
    this.stopDraining();
    this.completeSubscriber();
  }

  private stopDraining(): void {
    if (this.drain === undefined) return;
    this.drain.stop();
    this.context.unregister(this.drain);
    this.drain = undefined;
  }

  override abort(): void {
    super.abort();
    this.stopDraining();
    for (const exchange of this.exchangesUnderWay()) exchange.cancel();
  }
}

class H1ServerExchange<Peer> extends ServerExchange<Peer> implements H1Exchange<Peer> {
  readonly protocol = 'http/1.1';
  private taker: Subscriber<Flow> | undefined = undefined;
  private taken: Flow | undefined = undefined;

  declare readonly connection: H1ServerConnection<Peer>;

  declare readonly request: HttpRequest;

  face(): H1Exchange<Peer> {
    return this;
  }

  protected override get tookOver(): boolean {
    return this.taker !== undefined;
  }

  tunnel(init: TunnelInit = {}): Observable<Flow> {
    checkOften('tunnel', init, TUNNEL_OPTIONS);
    return new Observable((subscriber) => {
      const { request, connection } = this;
      if (this.taker !== undefined || !this.answerable) {
        throw new TypeError('the exchange has a response already');
      }
      const connecting = request.method === 'CONNECT';
      if (!connecting && !request.headers.has('upgrade'))
        throw new TypeError('the request asks for no tunnel: it is not a CONNECT, and has no Upgrade');
      if (this.receiving) throw new TypeError('the request has content: read it to its end before the tunnel begins');
      const delivery = connection.enter();
      this.taker = subscriber;
      try {
        const status = init.status ?? (connecting ? 200 : 101);
        const headers = Fields.from(init.headers);
        this.status = status;
        connection.upgrade(this, { status, headers });
      } catch (error) {
        this.taker = undefined;
        throw error;
      } finally {
        connection.leave(delivery);
      }
    });
  }

  /** The switch is written: the flow is the program's. */
  handOver(flow: Flow): void {
    const { taker } = this;
    if (taker === undefined || taker.closed) return flow.error();
    this.taken = flow;
    taker.next(flow);
    taker.complete();
  }

  protected override get isOpenTunnel(): boolean {
    return this.taken !== undefined;
  }

  protected override onTakeoverEnded(error: unknown): void {
    if (error !== undefined) this.taken?.error(error);
    // Otherwise the flow stays open: it is the program's.
    this.taken = undefined;
    this.finish(error === undefined ? 'complete' : 'aborted', undefined);
    this.connection.handedOver();
  }

  protected override abort(reason: H2ErrorCode, error: ProtocolError | undefined): void {
    const { taken } = this;
    super.abort(reason, error);
    taken?.error();
  }

  override cancel(): void {
    const { taken } = this;
    // First, so that the handler, whose reader of the flow would fail, is not at fault.
    super.cancel();
    taken?.error();
  }
}

const SWITCH_TO_H2: ResponseHead = { status: 101, headers: Fields.from({ upgrade: 'h2c' }) };

/** Whether an old client offers HTTP/2, as RFC 7540 section 3.2 has it: with its settings, once, and on cleartext only. */
function asksForH2({ headers, scheme, version }: RequestHead): boolean {
  const upgrade = headers.get('upgrade');
  if (upgrade === undefined || scheme !== 'http' || version !== '1.1') return false;
  const nominated = (headers.get('connection') ?? '').toLowerCase().split(/[\t ]*,[\t ]*/);
  return (
    upgrade.split(/[\t ]*,[\t ]*/).includes('h2c') &&
    headers.getAll('http2-settings').length === 1 &&
    // Both, or neither: if only one is nominated, an intermediary that does not know them has changed the request.
    ['upgrade', 'http2-settings'].every((name) => nominated.includes(name))
  );
}
