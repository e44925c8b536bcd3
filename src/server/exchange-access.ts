/** The view that building blocks of this library have of an exchange, beside the public one. */
import type { Clock } from '../drive/clock.js';
import type { HttpResponse } from '../drive/response.js';
import { ServerExchange } from './exchange.js';
import type { Exchange } from './exchange-interface.js';
import type { Stoppable } from './graceful-shutdown.js';

/** @internal */
export class ExchangeAccess {
  constructor(private readonly exchange: ServerExchange<unknown>) {}

  /** The clock of the service. */
  get clock(): Clock {
    return this.exchange.connection.runtime.clock;
  }

  /** Makes what takes the exchange over known to the service, for its graceful end. */
  register(stoppable: Stoppable): void {
    this.exchange.connection.registerTakeover(stoppable);
  }

  unregister(stoppable: Stoppable): void {
    this.exchange.connection.unregisterTakeover(stoppable);
  }

  /** Responds in place of what the handler returns, which may complete without a response. */
  respond(response: HttpResponse): void {
    this.exchange.give(response);
  }
}

/**
 * @throws TypeError for an exchange that is not one of this library's.
 * @internal
 */
export function accessOf(exchange: Exchange): ExchangeAccess {
  if (exchange instanceof ServerExchange) return new ExchangeAccess(exchange as ServerExchange<unknown>);
  throw new TypeError('expected the exchange of a request: pass what the service was called with');
}
