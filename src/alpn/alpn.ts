/**
 * The dispatch: what ALPN chose for a flow (RFC 7301) switches it to the chain of that protocol. One flow, one `switchMap`;
 * connections beside each other are merged, never switched.
 */
import {
  identity,
  type MonoTypeOperatorFunction,
  Observable,
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

/** Speaks one protocol on a flow, to its end. */
export type Chain<T> = (flow: Flow) => Observable<T>;

/** The chain of each protocol. Without one for `h2`, a flow that wants it is refused. */
export interface Chains<T> {
  readonly 'http/1.1': Chain<T>;
  readonly h2?: Chain<T> | undefined;
}

/** ALPN protocol ids (RFC 7301 section 6), and the protocols that they stand for. */
const PROTOCOL_IDS: Readonly<Record<string, Protocol>> = {
  'http/1.0': 'http/1.1',
  'http/1.1': 'http/1.1',
  h2: 'h2',
  // Cleartext, after `Upgrade` (RFC 7540 section 3.2).
  h2c: 'h2',
};

/**
 * Switches `flow` to a chain, by the ALPN result that is piped in. `undefined` is a connection without ALPN: HTTP/1.1, unless the
 * first bytes are the HTTP/2 preface (prior knowledge, RFC 9113 section 3.3).
 *
 * Errors: `ProtocolError` `unknown-protocol` for an id without a chain; the flow has been closed then.
 *
 * @param sniffing - what is applied to the look at the first bytes: a timeout, say.
 *
 * @example
 * ```ts
 * of(socket.alpnProtocol).pipe(alpn(flow, { 'http/1.1': serveH1, h2: serveH2 }));
 * ```
 */
export function alpn<T>(
  flow: Flow,
  chains: Chains<T>,
  sniffing: MonoTypeOperatorFunction<Protocol> = identity,
): OperatorFunction<string | undefined, T> {
  const select = (protocol: Protocol | undefined): Observable<T> => {
    if (protocol === undefined) return refuse(flow, protocol);
    return chains[protocol]?.(flow) ?? refuse(flow, protocol);
  };
  return (ids) =>
    new Observable(
      (subscriber) =>
        void ids
          .pipe(switchMap((id) => (id === undefined ? sniff(flow).pipe(sniffing) : of(protocolOf(id)))))
          .subscribe(new ChainSwitch(subscriber, select)),
    );
}

function protocolOf(id: string): Protocol | undefined {
  return Object.hasOwn(PROTOCOL_IDS, id) ? PROTOCOL_IDS[id] : undefined;
}

function refuse(flow: Flow, protocol: Protocol | undefined): Observable<never> {
  return throwError(() => {
    flow.error();
    return new ProtocolError(
      'unknown-protocol',
      protocol === undefined ? 'the protocol that ALPN chose is unknown' : `${protocol} is not served here`,
      { scope: 'connection' },
    );
  });
}
