/* eslint-disable @typescript-eslint/unbound-method -- methods are called with their `this`, in an async context */
/**
 * The requests of a connection as a stream of exchanges, with demand.
 *
 * Each exchange is a delivery (see ../demand/lease.ts): a subscriber that neither responds to it within the delivery nor retains it has
 * dropped it. While more than `window` exchanges wait or are retained, the connection holds the next ones.
 */
import { type Observable, type Subscriber } from 'rxjs';
import { asyncContexts } from '../demand/async-context.js';
import { DemandObservable } from '../demand/demand-observable.js';
import { type Creditor, type Delivery, Lease, scope } from '../demand/lease.js';
import { Fifo } from '../demand/fifo.js';
import { BodyAlreadySubscribed } from '../errors.js';
import type { ServerExchange } from './exchange.js';
import type { Exchange } from './exchange-interface.js';
import type { ExchangeSink } from './exchange-sink.js';

/** The operations that the stream needs of its connection. */
export interface ExchangeSource {
  /** No further exchange may begin, or may again. */
  holdExchanges(on: boolean): void;
  /** The subscriber unsubscribed: later exchanges get no response. */
  onExchangesLeft(): void;
}

/** @internal */
export class ExchangeStream<Peer> implements ExchangeSink<Peer> {
  readonly exchanges: Observable<Exchange<Peer>>;
  private readonly waiting = new Fifo<ServerExchange<Peer>>();
  private reader: Subscriber<Exchange<Peer>> | undefined = undefined;
  private subscribed = false;
  private over = false;
  private delivering = false;
  /** Exchanges that wait or are retained. */
  private pending = 0;
  /** Whether the connection holds further exchanges: it begins so. */
  private held = true;

  constructor(
    private readonly source: ExchangeSource,
    private readonly window: number,
  ) {
    this.exchanges = new DemandObservable((subscriber) => this.subscribe(subscriber));
  }

  begin(exchange: ServerExchange<Peer>): void {
    this.pending++;
    // The subscriber has unsubscribed: there will be no response.
    if (this.subscribed && this.reader === undefined) return this.refuse(exchange);
    this.waiting.push(exchange);
    this.deliverWaiting();
    this.update();
  }

  ended(): void {
    // The subscriber of the response gets its end.
  }

  /** The connection has ended: waiting exchanges are over as well. */
  complete(): void {
    this.over = true;
    this.deliverWaiting();
  }

  private subscribe(subscriber: Subscriber<Exchange<Peer>>): void {
    if (this.subscribed) return subscriber.error(new BodyAlreadySubscribed());
    this.subscribed = true;
    this.reader = subscriber;
    subscriber.add(() => this.left());
    this.deliverWaiting();
    this.update();
  }

  private left(): void {
    this.reader = undefined;
    if (this.over) return;
    while (this.waiting.size > 0) this.refuse(this.waiting.shift()!);
    this.source.onExchangesLeft();
  }

  private refuse(exchange: ServerExchange<Peer>): void {
    this.pending--;
    exchange.refuse();
  }

  private drop(exchange: ServerExchange<Peer>): void {
    this.pending--;
    exchange.dropped();
  }

  /** A loop, not a recursion: an exchange may end, and the next one begin, within a delivery. */
  private deliverWaiting(): void {
    if (this.delivering) return;
    this.delivering = true;
    try {
      while (this.reader !== undefined && this.waiting.size > 0) this.deliver(this.reader, this.waiting.shift()!);
    } finally {
      this.delivering = false;
    }
    if (this.over && this.waiting.size === 0) this.reader?.complete();
  }

  private deliver(reader: Subscriber<Exchange<Peer>>, exchange: ServerExchange<Peer>): void {
    const outer = scope.current;
    const delivery = new ExchangeDelivery(exchange, this);
    scope.current = delivery;
    try {
      // Not in the context of the exchange before, whose end let this one begin.
      if (asyncContexts.current === undefined) reader.next(exchange.face());
      else asyncContexts.current.nobody.runInAsyncScope(reader.next, reader, exchange.face());
    } finally {
      scope.current = outer;
      delivery.end();
    }
  }

  /** @internal A delivery is over, with all that retained it. */
  released(exchange: ServerExchange<Peer>): void {
    this.drop(exchange);
    this.update();
  }

  private update(): void {
    const hold = !this.over && (this.pending >= this.window || (this.reader === undefined && !this.subscribed));
    if (hold === this.held) return;
    this.held = hold;
    this.source.holdExchanges(hold);
  }

  /** Whether another exchange may begin. */
  get hasRoom(): boolean {
    return this.pending < this.window;
  }

  /** Whether its subscriber has unsubscribed. */
  get isLeft(): boolean {
    return this.subscribed && this.reader === undefined;
  }

  get isRead(): boolean {
    return this.reader !== undefined;
  }
}

/** The delivery of one exchange. */
class ExchangeDelivery<Peer> implements Delivery, Creditor {
  private leased: Lease | undefined = undefined;

  constructor(
    private readonly exchange: ServerExchange<Peer>,
    private readonly stream: ExchangeStream<Peer>,
  ) {}

  lease(): Lease {
    return (this.leased ??= new Lease(this, 0));
  }

  creditBack(): void {
    this.stream.released(this.exchange);
  }

  end(): void {
    if (this.leased === undefined) this.creditBack();
    else this.leased.release();
  }
}
