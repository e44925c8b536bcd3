/** `service`, written with public parts only: what its fast path has to equal. */
import { from, mergeMap, Observable, of, type OperatorFunction } from 'rxjs';
import type { Info } from '../../../src/flow/index.js';
import {
  connections,
  Faults,
  type FaultTarget,
  type Handler,
  type HttpConnection,
  type Served,
  type Service,
  type ServiceOptions,
} from '../../../src/server/index.js';

/** As `service`, over `connections`. */
export function composedService<Socket, Peer, T = never>(
  info: Info<Socket, Peer>,
  given: Service<Peer> | Handler<Peer>,
  options: ServiceOptions<Peer, T> = {},
): OperatorFunction<Socket, Served<Peer> | T> {
  const handler: Handler<Peer> = typeof given === 'function' ? { request: given } : given;
  return (sockets) =>
    new Observable((subscriber) => {
      const { error: handleFaults } = handler;
      let { faults } = options;
      if (handleFaults !== undefined) {
        const own = new Faults<Peer>();
        faults = both(own, options.faults);
        // It outlives the connections: the last of their faults comes with their end.
        const handling = from(handleFaults(own.asObservable())).subscribe();
        subscriber.add(() => {
          own.complete();
          handling.unsubscribe();
        });
      }
      const accepted = sockets.pipe(
        connections(info, { ...options, ...(faults === undefined ? {} : { faults }) }),
        mergeMap((value) =>
          isConnection(value)
            ? value.exchanges.pipe(mergeMap((exchange) => exchange.respond(handler.request)))
            : of(value),
        ),
      );
      subscriber.add(accepted.subscribe(subscriber));
    });
}

function both<Peer>(own: Faults<Peer>, shared: FaultTarget<Peer> | undefined): FaultTarget<Peer> {
  return {
    get observed() {
      return own.observed || shared?.observed === true;
    },
    next: (fault) => {
      own.next(fault);
      shared?.next(fault);
    },
  };
}

function isConnection<Peer>(value: unknown): value is HttpConnection<Peer> {
  return typeof value === 'object' && value !== null && 'exchanges' in value;
}
