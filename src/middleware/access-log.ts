import type { Middleware, Served } from '../server/index.js';

/**
 * Calls `log` with each exchange that passes here, once it has ended: whole, aborted, or with a fault.
 *
 * @param log - an error that it throws is a fault.
 *
 * @example
 * ```ts
 * const app = pipe(accessLog(({ request, status, duration }) => console.log(request.path, status, duration)))(service);
 * ```
 */
export function accessLog<Peer = unknown>(log: (served: Served<Peer>) => void): Middleware<Peer> {
  return (next) => (request, exchange) => {
    exchange.closed.subscribe(log);
    return next(request, exchange);
  };
}
