import type { ConnectionHosts } from '../flow/socket-info.js';
import type { RequestHead } from '../http/head.js';
import type { ServerRuntime } from './server-runtime.js';
import type { ExchangeSink } from './exchange-sink.js';
import type { Stoppable } from './graceful-shutdown.js';

/**
 * The argument that the chain of a protocol gets with a flow.
 * @internal
 */
export interface ChainContext<Peer> {
  readonly runtime: ServerRuntime<Peer>;
  readonly peer: Peer;
  readonly scheme: 'http' | 'https';
  /** The hosts that requests may be for; undefined: any. */
  readonly hosts: ConnectionHosts | undefined;
  /** Whether the client is a proxy of the program's, which may announce that its own connection is secured. */
  readonly isTrustedProxy: boolean;
  /** The handler of the exchanges of all connections; without it, each connection emits its own. */
  readonly sink: ExchangeSink<Peer> | undefined;
  /** The time for the first bytes of the connection is over. */
  readonly isLate: boolean;
  /** Whether a client that has ended its side may still wait for its response. */
  readonly halfClose: boolean;
  /** Whether extended CONNECT is served (RFC 8441). */
  readonly connectProtocol: boolean;
  /** Whether a request may ask for HTTP/2. */
  readonly h2cUpgrade: boolean;
  /** Makes the connection known to the service, for its graceful end. */
  register(connection: Stoppable): void;
  /** The connection has ended. */
  unregister(connection: Stoppable): void;
  /** The client asked for HTTP/2 with this request, and 101 is written: the flow is to be switched to the h2 chain. */
  switchToH2(settings: string, head: RequestHead): void;
}

/** @internal */
export function isTrusted<Peer>(trusted: boolean | ((peer: Peer) => boolean), peer: Peer): boolean {
  return typeof trusted === 'function' ? trusted(peer) : trusted;
}
