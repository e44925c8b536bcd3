import type { HttpRequest } from '../drive/request.js';
import type { ServerExchange } from './exchange.js';
import type { Served } from './finished-exchange.js';
import type { Service } from './handler.js';

/**
 * The destination of the exchanges of a connection: a service handles them at once, `connection.exchanges` emits them.
 * @internal
 */
export interface ExchangeSink<Peer> {
  /** A request came. */
  begin(exchange: ServerExchange<Peer>, request: HttpRequest): void;
  /** An exchange that had a request is over. */
  ended(served: Served<Peer>): void;
}

/**
 * The fast path of `service`: one object for all connections, and no Observable for an exchange. It has the same effect as
 * `mergeMap((exchange) => exchange.respond(handler))` over `connection.exchanges`.
 * @internal
 */
export class ServiceSink<Peer> implements ExchangeSink<Peer> {
  constructor(
    private readonly service: Service<Peer>,
    private readonly served: (served: Served<Peer>) => void,
  ) {}

  begin(exchange: ServerExchange<Peer>, request: HttpRequest): void {
    exchange.run(this.service, request);
  }

  ended(served: Served<Peer>): void {
    this.served(served);
  }
}
