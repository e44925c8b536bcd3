/** The h1 chain of a server. */
import { Observable, type Subscriber } from 'rxjs';
import type { Engine } from '../engine.js';
import type { Flow } from '../flow/flow.js';
import { createH1Server } from '../h1/index.js';
import { Fields } from '../http/fields.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import { ServerConnection } from './connection.js';
import { type Served, ServerExchange } from './exchange.js';
import type { H1Exchange, UpgradeInit } from './handler.js';
import type { ServerRuntime } from './runtime.js';

/**
 * Serves HTTP/1.1 on `flow`.
 * @internal
 */
export function h1Chain<Peer>(
  flow: Flow,
  runtime: ServerRuntime<Peer>,
  peer: Peer,
  scheme: 'http' | 'https',
  register: (connection: ServerConnection<Peer>) => () => void,
): Observable<Served<Peer>> {
  return new Observable((subscriber) => {
    const connection = new H1ServerConnection(flow, runtime, peer, scheme, subscriber);
    subscriber.add(register(connection));
    subscriber.add(() => connection.abort());
    connection.begin();
  });
}

class H1ServerConnection<Peer> extends ServerConnection<Peer> {
  readonly protocol = 'http/1.1';
  private upgrading: H1ServerExchange<Peer> | undefined = undefined;

  constructor(
    flow: Flow,
    runtime: ServerRuntime<Peer>,
    peer: Peer,
    scheme: 'http' | 'https',
    subscriber: Subscriber<Served<Peer>>,
  ) {
    super(flow, runtime, peer, subscriber);
    this.engine = createH1Server({ scheme, limits: runtime.limits, date: runtime.clock.date }, this);
  }

  begin(): void {
    this.open();
  }

  protected makeExchange(stream: number, head: RequestHead | undefined, end: boolean): H1ServerExchange<Peer> {
    return new H1ServerExchange(this, stream, head, end);
  }

  /** The switch is to be written for `exchange`. */
  upgrade(exchange: H1ServerExchange<Peer>, engine: Engine<ResponseHead>, head: ResponseHead): void {
    this.upgrading = exchange;
    try {
      engine.sendHead(exchange.stream, head, undefined);
    } catch (error) {
      this.upgrading = undefined;
      throw error;
    }
  }

  protected onUpgraded(flow: Flow): void {
    const exchange = this.upgrading;
    this.upgrading = undefined;
    exchange?.handOver(flow);
  }

  /** The handler that took the flow over is done, too: nothing is left for this connection. */
  handedOver(): void {
    this.completeSubscriber();
  }

  override abort(): void {
    super.abort();
    for (const exchange of this.exchangesOpen()) exchange.cancel();
  }
}

class H1ServerExchange<Peer> extends ServerExchange<Peer> implements H1Exchange<Peer> {
  readonly protocol = 'http/1.1';
  private taker: Subscriber<Flow> | undefined = undefined;
  private taken: Flow | undefined = undefined;

  declare readonly connection: H1ServerConnection<Peer>;

  protected face(): H1Exchange<Peer> {
    return this;
  }

  protected override get tookOver(): boolean {
    return this.taker !== undefined;
  }

  upgrade(init: UpgradeInit = {}): Observable<Flow> {
    return new Observable((subscriber) => {
      const { request, connection } = this;
      if (this.taker !== undefined || !this.answerable || request === undefined) {
        throw new TypeError('the exchange has been answered');
      }
      const connecting = request.method === 'CONNECT';
      if (!connecting && !request.headers.has('upgrade')) throw new TypeError('the request asks for no upgrade');
      if (this.receiving) throw new TypeError('the request has content that has not come whole');
      const delivery = connection.enter();
      this.taker = subscriber;
      try {
        const status = init.status ?? (connecting ? 200 : 101);
        const headers = Fields.from(init.headers);
        this.status = status;
        connection.upgrade(this, connection.engine, { status, headers });
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

  protected override onTakeoverEnded(error: unknown): void {
    if (error !== undefined) this.taken?.error(error);
    // Otherwise the flow stays open: it is the program's.
    this.taken = undefined;
    this.finish(error === undefined ? 'complete' : 'aborted', undefined);
    this.connection.handedOver();
  }

  override cancel(): void {
    this.taken?.error();
    super.cancel();
  }
}
