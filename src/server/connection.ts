/** A server's connection: engine events become exchanges, and exchanges that end become `Served`. */
import type { Subscriber } from 'rxjs';
import { RoutingConnection } from '../drive/exchange-routing.js';
import type { Engine, EngineEvents } from '../engine.js';
import type { ProtocolError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import type { Protocol, RequestHead, ResponseHead } from '../http/head.js';
import type { ChainContext } from './chain-context.js';
import type { ServerExchange } from './exchange.js';
import type { Served } from './finished-exchange.js';
import type { Fault, FaultOrigin } from './faults.js';
import type { ServerRuntime } from './error-stream.js';

/** @internal */
export abstract class ServerConnection<Peer>
  extends RoutingConnection<Engine<ResponseHead>, ServerExchange<Peer>>
  implements EngineEvents<RequestHead>, Pick<FaultOrigin<Peer>, 'peer' | 'protocol'>
{
  abstract readonly protocol: Protocol;
  place = 0;
  /** Whether it has been told that the connection failed. */
  private failureTold = false;

  constructor(
    flow: Flow,
    protected readonly context: ChainContext<Peer>,
    private readonly subscriber: Subscriber<Served<Peer>>,
  ) {
    super(flow, context.runtime.timing);
  }

  get runtime(): ServerRuntime<Peer> {
    return this.context.runtime;
  }

  get peer(): Peer {
    return this.context.peer;
  }

  begin(): void {
    this.context.register(this);
    this.open();
  }

  protected abstract makeExchange(stream: number, head: RequestHead | undefined, end: boolean): ServerExchange<Peer>;

  /** The exchanges that are under way; a copy, which may be walked while they end. */
  protected exchangesOpen(): ServerExchange<Peer>[] {
    return this.exchanges.all();
  }

  onHead(stream: number, head: RequestHead, end: boolean): void {
    this.restartWatch();
    const exchange = this.makeExchange(stream, head, end);
    this.exchanges.add(exchange.stream, exchange);
    exchange.run(exchange.request!);
  }

  /** An exchange that the client did not begin. */
  protected adopt(exchange: ServerExchange<Peer>): void {
    this.exchanges.add(exchange.stream, exchange);
  }

  protected onStrayReset(error: ProtocolError): void {
    this.report(error, undefined);
  }

  onInvalid(stream: number, error: ProtocolError): void {
    let exchange = this.exchanges.get(stream);
    if (exchange === undefined) {
      exchange = this.makeExchange(stream, undefined, true);
      this.exchanges.add(exchange.stream, exchange);
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
   * The connection itself failed, and took `exchange` along, maybe with others: one fault, whatever their number. That of a client
   * which leaves a hundred streams is not a hundred faults; each of them is told by its `Served`.
   */
  reportFailure(error: ProtocolError, exchange: ServerExchange<Peer> | undefined): void {
    if (this.failureTold) return;
    this.failureTold = true;
    const alone = this.exchangesOpen().length === 0;
    this.report(error, alone ? exchange : undefined);
  }

  /** Puts a fault on the error stream. */
  report(error: unknown, exchange: ServerExchange<Peer> | undefined): Fault<Peer> {
    return this.runtime.report(error, {
      peer: this.peer,
      protocol: this.protocol,
      request: exchange?.request,
      answerer: exchange,
    });
  }

  /** An exchange that had a request is over. */
  served(served: Served<Peer>): void {
    this.subscriber.next(served);
  }

  /** The flow broke: a fault, where it took an exchange with it; a connection that was idle may go. */
  protected onBroken(error: ProtocolError): void {
    const open = this.exchangesOpen();
    for (const exchange of open) exchange.onReset(error);
    if (open.length === 0 && error.code !== 'connection-reset' && error.code !== 'going-away')
      this.reportFailure(error, undefined);
  }

  protected onEnded(): void {
    this.context.unregister(this);
    for (const exchange of this.exchangesOpen()) exchange.cancel();
    this.subscriber.complete();
  }

  protected completeSubscriber(): void {
    this.subscriber.complete();
  }
}
