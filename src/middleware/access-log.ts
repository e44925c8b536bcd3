import { checkFunction } from '../option-checks.js';
import type { Middleware, Served } from '../server/index.js';

/**
 * Calls `log` with each exchange that passes here, once it has ended: whole, aborted, or with a fault.
 *
 * @param log - an error that it throws is a fault.
 * @throws TypeError if `log` is not a function.
 *
 * @example
 * ```ts
 * const app = pipe(accessLog(({ request, status, duration }) => console.log(request.path, status, duration)))(service);
 * ```
 */
export function accessLog<Peer = unknown>(log: (served: Served<Peer>) => void): Middleware<Peer> {
  checkFunction('log', log);
  return (next) => (request, exchange) => {
    exchange.closed.subscribe(log);
    return next(request, exchange);
  };
}
