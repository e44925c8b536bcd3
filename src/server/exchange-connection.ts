/** The operations that an exchange needs of its connection. */
import type { AsyncContext } from '../demand/async-context.js';
import type { Connection } from '../drive/connection.js';
import type { HttpRequest } from '../drive/request.js';
import type { Engine } from '../engine.js';
import type { ProtocolError } from '../errors.js';
import type { ResponseHead } from '../http/head.js';
import type { Fault, FaultAnswerer } from './faults.js';
import type { Served } from './finished-exchange.js';
import type { Stoppable } from './graceful-shutdown.js';
import type { HttpConnection } from './http-connection.js';
import type { ServerRuntime } from './server-runtime.js';

/** An exchange that a fault is of. */
export interface FailedExchange extends FaultAnswerer {
  readonly request: HttpRequest | undefined;
}

/** The connection of an exchange, as far as the exchange needs it. */
export interface ExchangeConnection<Peer> extends Connection<Engine<ResponseHead>>, HttpConnection<Peer> {
  readonly runtime: ServerRuntime<Peer>;
  readonly received: number;
  readonly sent: number;
  /** Whether this turn runs in a context that no handler has set a store in. */
  readonly isContextFree: boolean;
  /** Whether a handler may run as it is: no store is in use. */
  needsNoContext(): boolean;
  /** The context of this turn, if a handler has set a store in it: later code in the turn must not see it. */
  takeUsedContext(): AsyncContext | undefined;
  /** The connection itself failed, and took `exchange` along. */
  reportFailure(error: ProtocolError, exchange: FailedExchange | undefined): void;
  /** Puts a fault on the error stream. */
  report(error: unknown, exchange: FailedExchange | undefined): Fault<Peer>;
  /** Registers the owner of an exchange that was taken over: the graceful end reaches it, even after the connection has ended. */
  registerTakeover(stoppable: Stoppable): void;
  unregisterTakeover(stoppable: Stoppable): void;
  /** An exchange is over. */
  forget(stream: number): void;
  /** An exchange that had a request has ended. */
  onExchangeEnded(served: Served<Peer>): void;
}
