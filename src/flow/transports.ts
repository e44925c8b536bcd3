/**
 * Transports: each makes flows to endpoints of its own kind, and finds the endpoints in a context. A registry of them has an order, and is
 * immutable: two clients of one process share no state.
 */
import { type ObservableInput, throwError } from 'rxjs';
import type { Context } from './context.js';
import type { Flow } from './flow.js';
import type { Endpoints } from './endpoint-needs.js';
import { booleanValue, checkOptions, numberOf, type OptionTable } from '../option-checks.js';

/**
 * A way to get a flow to an endpoint.
 *
 * @example
 * ```ts
 * const pipes: Transport<{ readonly command: string }> = {
 *   name: 'pipes',
 *   endpoints: needs({ command: required(COMMAND) }),
 *   connect: ({ command }) => [fromDuplex(Duplex.from(spawn(command)))],
 * };
 * ```
 */
export interface Transport<Endpoint> {
  /** How it is called in errors. */
  readonly name: string;
  /** The endpoints that it can make of a context, in the order in which to try them; none if it does not apply. */
  readonly endpoints: Endpoints<Endpoint>;
  /**
   * The flow to `endpoint`, once it can be written to: one value, or an error. Until then unsubscribing cancels the attempt. From then on
   * the flow belongs to the receiver, and unsubscribing must not touch it.
   */
  connect(endpoint: Endpoint, context: Context): ObservableInput<Flow>;
}

/** Where a transport stands among the others. */
export interface RegisterOptions {
  /** Those with a higher one are tried before: 0 unless set. Among equals the one that was registered first. */
  readonly priority?: number;
  /**
   * Whether no other is tried after it, if the context has an endpoint for it. A client must not bypass a proxy that does not respond, nor
   * replace a protected flow by an open one.
   */
  readonly exclusive?: boolean;
}

const REGISTER_OPTIONS: OptionTable<RegisterOptions> = {
  priority: numberOf(-Infinity, 'a number'),
  exclusive: booleanValue,
};

/**
 * Begins to connect to one endpoint.
 * @internal
 */
export type Connect = () => ObservableInput<Flow>;

/**
 * A transport whose type of endpoints stays inside.
 * @internal
 */
export interface Candidate {
  readonly name: string;
  readonly exclusive: boolean;
  /** The needs that the context does not meet. */
  readonly missing: (context: Context) => readonly string[];
  /** One for each endpoint. */
  readonly connections: (context: Context) => Iterable<Connect>;
}

/**
 * Transports in the order in which they are tried.
 *
 * @example
 * ```ts
 * const transports = nodeTransports.register(pipes, { priority: 10 });
 * resolve(context, transports).subscribe((flow) => ...);
 * ```
 */
export class Transports {
  /** No transport at all. */
  static readonly EMPTY: Transports = new Transports([]);

  private constructor(private readonly entries: readonly { candidate: Candidate; priority: number }[]) {}

  /**
   * A registry with `transport` besides those that are here.
   *
   * @throws TypeError if one of its name is here already, RangeError for a priority that is NaN.
   */
  register<Endpoint>(transport: Transport<Endpoint>, options: RegisterOptions = {}): Transports {
    checkOptions('register', options, REGISTER_OPTIONS);
    const { priority = 0, exclusive = false } = options;
    if (this.names.includes(transport.name)) throw new TypeError(`there is a transport "${transport.name}" already`);
    const entries = [...this.entries, { candidate: candidateOf(transport, exclusive), priority }];
    // Stable: those of one priority stay as they came.
    return new Transports(entries.sort((one, other) => other.priority - one.priority));
  }

  /** The names of the transports, in the order in which they are tried. */
  get names(): readonly string[] {
    return this.entries.map(({ candidate }) => candidate.name);
  }

  /** @internal */
  get candidates(): readonly Candidate[] {
    return this.entries.map(({ candidate }) => candidate);
  }
}

function candidateOf<Endpoint>(transport: Transport<Endpoint>, exclusive: boolean): Candidate {
  return {
    name: transport.name,
    exclusive,
    missing: (context) => transport.endpoints.missing?.(context) ?? [],
    *connections(context) {
      try {
        for (const endpoint of transport.endpoints(context)) yield () => transport.connect(endpoint, context);
      } catch (error) {
        // A transport whose `endpoints` throws has failed.
        yield () => throwError(() => error);
      }
    },
  };
}
