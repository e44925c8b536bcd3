/** From a flow to a connection: its ALPN result selects the protocol. */
import { catchError, Observable, of, type SchedulerLike, type Subscriber, throwError } from 'rxjs';
import { alpn, type Chain } from '../alpn/index.js';
import { Clock } from '../drive/clock.js';
import { TimeLimits } from '../drive/time-limits.js';
import { ClientError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import type { Protocol } from '../http/head.js';
import {
  numberOf,
  checkOptions,
  integerOf,
  objectValue,
  oneOf,
  type OptionTable,
  protocolsValue,
  stringValue,
} from '../option-checks.js';
import { type Limits, limitsWith } from '../limits.js';
import type { ClientConnection } from './response.js';
import { clientError } from './error-translation.js';
import { H1ConnectionDriver } from './h1-connection-driver.js';
import { H2ConnectionDriver } from './h2-connection-driver.js';
import type { ConnectionDriver, ConnectionContext, ConnectionOwner } from './connection-driver.js';
import { checkConnectionOptions, type ConnectionSettings } from './connection-settings.js';

/** How a connection is made of a flow. */
export interface ConnectOptions {
  /**
   * The ALPN result (RFC 7301): unless set, that of the flow. Without any, HTTP/1.1, or HTTP/2 if `protocols` is `['h2']` (prior knowledge,
   * RFC 9113 section 3.3).
   */
  readonly alpn?: string | undefined;
  /** The protocols that will do: both unless set. Another than these ends in `protocol-mismatch`. */
  readonly protocols?: readonly Protocol[];
  /** The `:scheme` of a request that does not state one (CONNECT): `http` unless set. */
  readonly scheme?: 'http' | 'https';
  /** The limits that are not to be the default. */
  readonly limits?: Partial<Limits>;
  /** The clock of all time limits: `asyncScheduler` unless set. */
  readonly scheduler?: SchedulerLike;
  /**
   * HTTP/1.1 requests that may be under way at once: 1 unless set. Only idempotent ones without content are pipelined (RFC 9112 section
   * 9.3.2).
   */
  readonly pipelining?: number;
  /** Requests that may wait for their turn: 1000 unless set. Past it: `queue-full`. */
  readonly queue?: number;
}

/**
 * Speaks HTTP on `flow`, as its client: emits the connection, and completes when that has ended. The subscription is the connection's
 * life: unsubscribing ends it at once, with all that is under way.
 *
 * Errors: `ClientError` `unknown-protocol`, `protocol-mismatch`, and the error that breaks the connection.
 *
 * @throws RangeError for an invalid limit.
 *
 * @example
 * ```ts
 * connect(flow).pipe(
 *   switchMap((connection) => connection.request({ url: 'http://localhost/' })),
 *   switchMap((response) => response.body.text()),
 * );
 * ```
 */
export function connect(flow: Flow, options: ConnectOptions = {}): Observable<ClientConnection> {
  const settings = connectionSettings(options);
  return new Observable((subscriber) =>
    connectionDrivers(flow, options, settings, IDLE_OWNER).subscribe({
      next: ({ clientConnection }) => subscriber.next(clientConnection),
      error: (error: unknown) => subscriber.error(error),
      complete: () => subscriber.complete(),
    }),
  );
}

const IDLE_OWNER: ConnectionOwner = {
  onTurn: () => undefined,
};

/** @internal */
export const CONNECT_OPTIONS: OptionTable<ConnectOptions> = {
  alpn: stringValue,
  protocols: protocolsValue,
  scheme: oneOf('http', 'https'),
  limits: objectValue,
  scheduler: objectValue,
  pipelining: integerOf(1),
  queue: numberOf(0, 'a number of requests'),
};

/** @internal */
export function connectionSettings(options: ConnectOptions): ConnectionSettings {
  checkOptions('a connection', options, CONNECT_OPTIONS);
  const { pipelining, queue } = options;
  const timeLimits = new TimeLimits(new Clock(options.scheduler), limitsWith(options.limits));
  return { ...checkConnectionOptions({ pipelining, queue }), timeLimits };
}

/**
 * Emits the connection that `flow` becomes; completes, or fails, when that ends.
 * @internal
 */
export function connectionDrivers(
  flow: Flow,
  { alpn: id = flow.alpn, protocols, scheme = 'http' }: ConnectOptions,
  settings: ConnectionSettings,
  owner: ConnectionOwner,
): Observable<ConnectionDriver> {
  const chain =
    (
      protocol: Protocol,
      Driver: new (flow: Flow, context: ConnectionContext) => ConnectionDriver,
    ): Chain<ConnectionDriver> =>
    (chosen) =>
      new Observable((subscriber: Subscriber<ConnectionDriver>) => {
        if (protocols !== undefined && !protocols.includes(protocol)) {
          chosen.error();
          const wanted = protocols.join(' or ');
          subscriber.error(new ClientError('protocol-mismatch', `ALPN chose ${protocol}, and not ${wanted}`));
          return;
        }
        const connection = new Driver(chosen, { ...settings, scheme, owner, subscriber });
        subscriber.add(connection);
        connection.start();
      });
  const chains = { 'http/1.1': chain('http/1.1', H1ConnectionDriver), h2: chain('h2', H2ConnectionDriver) };
  // Without ALPN, HTTP/2 is prior knowledge (RFC 9113 section 3.3).
  const known = protocols === undefined || protocols.includes('http/1.1') ? 'http/1.1' : 'h2';
  return of(id ?? known).pipe(
    alpn(flow, chains),
    catchError((error: unknown) => throwError(() => clientError(error))),
  );
}
