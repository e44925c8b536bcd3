/** The view that building blocks of this library have of an exchange, beside the public one. */
import type { Clock } from '../drive/clock.js';
import type { HttpResponse } from '../drive/response.js';
import { ServerExchange } from './exchange.js';
import type { Exchange } from './exchange-interface.js';
import type { Stoppable } from './graceful-shutdown.js';

/** @internal */
export interface ExchangeAccess {
  /** The clock of the service. */
  readonly clock: Clock;
  /** Makes what takes the exchange over known to the service, for its graceful end. */
  register(stoppable: Stoppable): void;
  unregister(stoppable: Stoppable): void;
  /** Responds in place of what the handler returns, which may complete without a response. */
  respond(response: HttpResponse): void;
}

/**
 * @throws TypeError for an exchange that is not one of this library's.
 * @internal
 */
export function accessOf(exchange: Exchange): ExchangeAccess {
  if (!(exchange instanceof ServerExchange)) {
    throw new TypeError('expected the exchange of a request: pass what the service was called with');
  }
  const { connection } = exchange;
  return {
    clock: connection.runtime.clock,
    register: (stoppable) => connection.registerTakeover(stoppable),
    unregister: (stoppable) => connection.unregisterTakeover(stoppable),
    respond: (response) => exchange.give(response),
  };
}
