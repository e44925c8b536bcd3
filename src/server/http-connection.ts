/** A connection, as a program sees it: its properties, its counters, and the ways to end it. */
import type { Observable } from 'rxjs';
import type { ConnectionEnd } from '../drive/connection-end.js';
import type { Protocol } from '../http/head.js';
import type { TlsDetails } from '../node/index.js';
import type { Exchange } from './exchange-interface.js';

/** An accepted connection whose protocol is known. */
export interface HttpConnection<Peer = unknown> {
  readonly protocol: Protocol;
  /** The client, as `Info.peer` describes it. */
  readonly peer: Peer;
  /** `https` where the connection is secured. */
  readonly scheme: 'http' | 'https';
  /** The TLS of a Node socket; undefined on a cleartext connection and on other transports. */
  readonly tls: TlsDetails | undefined;
  /** ms since the epoch. */
  readonly opened: number;
  /** Bytes that came, framing included. */
  readonly received: number;
  /** Bytes that went out, framing included. */
  readonly sent: number;
  /** Exchanges so far, those under way included. */
  readonly exchangesBegun: number;
  /** Exchanges under way. */
  readonly exchangesOpen: number;
  /**
   * The requests of this connection, as exchanges: unicast, and paused until it is subscribed to. Respond to each within its delivery,
   * or retain it (`consume`, `hold`, `retain`): an exchange that is neither is the fault `no-response`.
   *
   * While an exchange is retained, an HTTP/1.1 connection reads no further request. An HTTP/2 connection takes as many as
   * `limits.concurrentStreams`, and refuses the rest.
   */
  readonly exchanges: Observable<Exchange<Peer>>;
  /** Emits how the connection ended, and completes. */
  readonly closed: Observable<ConnectionEnd>;
  /** Begins the graceful shutdown: GOAWAY, or `Connection: close`; exchanges under way have the drain time. */
  shutdown(): void;
  /** Ends the connection at once; exchanges under way are aborted. */
  close(): void;
}

/** The events of connections: enough for a gauge and a log. */
export type ConnectionEvent<Peer = unknown> = {
  /** Connections that are open now, this one included unless it has closed. */
  readonly open: number;
  /** Connections that were accepted so far. */
  readonly accepted: number;
  readonly peer: Peer;
} & (
  | { readonly type: 'opened' }
  | { readonly type: 'protocol'; readonly protocol: string; readonly connection: HttpConnection<Peer> | undefined }
  | {
      readonly type: 'closed';
      readonly connection: HttpConnection<Peer> | undefined;
      readonly error: Error | undefined;
    }
);
