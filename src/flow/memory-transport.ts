/** A transport in one process: the client gets one end of a pair of flows, and a server the other. */
import { type NextObserver, Observable } from 'rxjs';
import { ClientError } from '../errors.js';
import type { Context } from './context.js';
import type { MemoryFlow, MemoryPairOptions } from './memory-pair.js';
import { MEMORY_PAIR_OPTIONS, memoryPair } from './memory-pair.js';
import { checkOptions, functionValue, type OptionTable, textValue } from '../option-checks.js';
import { provided, needs } from './endpoint-needs.js';
import type { Transport } from './transports.js';

/** Options of a transport in memory, and of the pairs that it makes. */
export interface MemoryTransportOptions extends MemoryPairOptions {
  /** How it is called in errors: `memory` unless set. */
  readonly name?: string;
  /** The contexts that it makes flows for: all of them unless set. */
  readonly when?: (context: Context) => boolean;
}

const OPTIONS: OptionTable<MemoryTransportOptions> = {
  ...MEMORY_PAIR_OPTIONS,
  name: textValue,
  when: functionValue,
};

/**
 * Connects to a server in the same process, which takes the flows that are given to `accept`: a Subject of them is the source of a service.
 *
 * Errors: `connect-failed` if `accept` is a Subject without subscribers.
 *
 * @throws RangeError for an option that is out of its range, or does not exist; TypeError for one of another type.
 *
 * @example
 * ```ts
 * const accepted = new Subject<MemoryFlow>();
 * accepted.pipe(service(memoryInfo, handler)).subscribe();
 * resolve(Context.EMPTY, Transports.EMPTY.register(memoryTransport(accepted))).subscribe((flow) => ...);
 * ```
 */
export function memoryTransport(
  accept: NextObserver<MemoryFlow> & { readonly observed?: boolean },
  options: MemoryTransportOptions = {},
): Transport<object> {
  checkOptions('memoryTransport', options, OPTIONS);
  const { name = 'memory', when = () => true, ...pair } = options;
  return {
    name,
    endpoints: needs({ wanted: provided('a context that it is for', when) }),
    connect: () =>
      new Observable((subscriber) => {
        if (accept.observed === false) {
          return subscriber.error(new ClientError('connect-failed', 'nobody accepts', { retryable: true }));
        }
        const [server, client] = memoryPair(pair);
        accept.next(server);
        subscriber.next(client);
        subscriber.complete();
      }),
  };
}
