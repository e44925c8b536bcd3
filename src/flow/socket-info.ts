import type { ObservableInput } from 'rxjs';
import type { ProtocolError } from '../errors.js';
import type { Flow } from './flow.js';

/**
 * What a service has to know of an accepted socket, whatever a socket is: its ALPN result, its peer, and the flow of its bytes.
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
  /** `https` where the flow is protected: what the requests' scheme is. Unless given, `http`. */
  scheme?(socket: Socket): 'http' | 'https';
  /** What failed instead of a socket being accepted: a fault, of its scope. Unless given, all sockets are sockets. */
  failure?(socket: Socket): ProtocolError | undefined;
}
