import type { ObservableInput } from 'rxjs';
import type { ProtocolError } from '../errors.js';
import type { Flow } from './flow.js';

/**
 * The facts that a service needs of an accepted socket of any kind: its ALPN result, its peer, and the flow of its bytes.
 *
 * @example
 * ```ts
 * const memoryInfo: Info<MemoryFlow, string> = {
 *   alpn: () => undefined,
 *   peer: () => 'memory',
 *   injection: (flow) => flow,
 * };
 * ```
 */
export interface Info<Socket, Peer> {
  /**
   * The ALPN result (RFC 7301): a protocol id, or `undefined` where ALPN was not used. If the handshake is still under way, an Observable
   * of it: its error is a fault of scope `handshake`.
   */
  alpn(socket: Socket): string | undefined | ObservableInput<string | undefined>;
  /** The peer: the other end. */
  peer(socket: Socket): Peer;
  /** The bytes. Called once a socket. */
  injection(socket: Socket): Flow;
  /** The scheme of the requests: `https` if the flow is protected. Unless given, `http`. */
  scheme?(socket: Socket): 'http' | 'https';
  /** The error of a socket that was not accepted: a fault, of its scope. Unless given, all sockets are accepted ones. */
  failure?(socket: Socket): ProtocolError | undefined;
}
