import type { ObservableInput } from 'rxjs';
import type { ProtocolError } from '../errors.js';
import type { Flow } from './flow.js';

/** The hosts that the requests of a connection may be for. */
export interface ConnectionHosts {
  /** Whether `authority` (host and port, as in Host or `:authority`) is one of them. Called once a request. */
  covers(authority: string): boolean;
}

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
   * The ALPN result (RFC 7301): a protocol id, or `undefined` where ALPN was not used. If the handshake is still under way,
   * an Observable of it: its error is a fault of scope `handshake`.
   */
  alpn(socket: Socket): string | undefined | ObservableInput<string | undefined>;
  /** The peer at the other end. */
  peer(socket: Socket): Peer;
  /** The bytes. Called once a socket. */
  injection(socket: Socket): Flow;
  /** The scheme of the requests: `https` if the flow is protected. Unless given, `http`. */
  scheme?(socket: Socket): 'http' | 'https';
  /**
   * Which hosts the requests of this connection may be for: others are refused with 421 (RFC 9110 section 7.4). Unless given, or undefined,
   * any host.
   */
  hosts?(socket: Socket): ConnectionHosts | undefined;
  /** The error of a socket that was not accepted: a fault, of its scope. Unless given, all sockets are accepted ones. */
  failure?(socket: Socket): ProtocolError | undefined;
}
