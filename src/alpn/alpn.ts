/**
 * The dispatch: the ALPN result of a flow (RFC 7301) switches it to the chain of that protocol. One flow, one `switchMap`; concurrent
 * connections are merged, never switched.
 */
import {
  identity,
  type MonoTypeOperatorFunction,
  Observable,
  type ObservableInput,
  type ObservedValueOf,
  from,
  of,
  type OperatorFunction,
  switchMap,
  throwError,
} from 'rxjs';
import { ProtocolError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import type { Protocol } from '../http/head.js';
import { ChainSwitch } from './chain-switch.js';
import { sniff } from './preface-sniffing.js';

/** Speaks one protocol on a flow, to its end. The dispatch emits the values of the chain. */
export type Chain<T> = (flow: Flow) => ObservableInput<T>;

/** Chains by ALPN protocol id: `http/1.1`, `h2`, and any of your own. A flow whose id has no chain is refused. */
export type Chains<T = unknown> = Readonly<Record<string, Chain<T> | undefined>>;

/** The values that the chains emit. */
export type ChainOutput<C extends Chains> = {
  [Id in keyof C]: NonNullable<C[Id]> extends (flow: Flow) => infer R
    ? R extends ObservableInput<unknown>
      ? ObservedValueOf<R>
      : never
    : never;
}[keyof C];

/** Ids that stand for a protocol of another id (RFC 7301 section 6). */
const SYNONYMS: Readonly<Record<string, Protocol>> = {
  'http/1.0': 'http/1.1',
  // Cleartext, after `Upgrade` (RFC 7540 section 3.2).
  h2c: 'h2',
};

/**
 * Switches `flow` to a chain, by the ALPN result that is piped in. `undefined` is a connection without ALPN: HTTP/1.1, unless the
 * first bytes are the HTTP/2 preface (prior knowledge, RFC 9113 section 3.3).
 *
 * Errors: `ProtocolError` `unknown-protocol` for an id without a chain, and the error of a chain. The flow has been closed then.
 *
 * @param chains - by protocol id; `h1()` and `h2()` are those of HTTP.
 * @param sniffing - applied to the look at the first bytes, for example a timeout.
 *
 * @example
 * ```ts
 * listen({ port: 8443, tls }).pipe(
 *   mergeMap((socket) => {
 *     if (socket instanceof ListenFailure) return EMPTY; // a handshake that failed
 *     const flow = nodeInfo.injection(socket);
 *     const chains = { 'http/1.1': h1(), h2: h2(), 'echo/1': (flow) => echo(flow) };
 *     // Without catchError, an id without a chain would end all connections.
 *     return of(nodeInfo.alpn(socket)).pipe(alpn(flow, chains), catchError(() => EMPTY));
 *   }),
 * );
 * ```
 */
export function alpn<C extends Chains>(
  flow: Flow,
  chains: C,
  sniffing: MonoTypeOperatorFunction<Protocol> = identity,
): OperatorFunction<string | undefined, ChainOutput<C>> {
  const selector: ChainSelector<ChainOutput<C>> = {
    chainOf: (id) => (Object.hasOwn(chains, id) ? (chains[id] as Chain<ChainOutput<C>> | undefined) : undefined),
  };
  return switchChains(flow, selector, sniffing);
}

/**
 * Finds the chain of a protocol id.
 * @internal
 */
export interface ChainSelector<T> {
  chainOf(id: string): Chain<T> | undefined;
}

/**
 * As `alpn`, for chains that are looked up.
 * @internal
 */
export function switchChains<T>(
  flow: Flow,
  selector: ChainSelector<T>,
  sniffing: MonoTypeOperatorFunction<Protocol> = identity,
): OperatorFunction<string | undefined, T> {
  const select = (id: string): Observable<T> => {
    const chain = selector.chainOf(id) ?? (Object.hasOwn(SYNONYMS, id) ? selector.chainOf(SYNONYMS[id]!) : undefined);
    if (chain === undefined) return refuse(flow, id);
    try {
      return from(chain(flow));
    } catch (error) {
      flow.error();
      throw error;
    }
  };
  return (ids) =>
    new Observable(
      (subscriber) =>
        void ids
          .pipe(switchMap((id): Observable<string> => (id === undefined ? sniff(flow).pipe(sniffing) : of(id))))
          .subscribe(new ChainSwitch(subscriber, select)),
    );
}

function refuse(flow: Flow, id: string): Observable<never> {
  return throwError(() => {
    flow.error();
    const words = `no chain for the protocol ${JSON.stringify(id.slice(0, 255))}: add one under its id`;
    return new ProtocolError('unknown-protocol', words, { scope: 'connection' });
  });
}
