/** A client's connection, as a program sees it. */
import type { Observable } from 'rxjs';
import type { Fields } from '../http/fields.js';
import type { ClientRequest, ClientResponse } from './request-and-response.js';

/** What both protocols' connections have. */
interface AnyClientConnection {
  /** How many exchanges could begin now: 0 while the server's limit is reached, and once the connection is ending. */
  readonly capacity: number;
  /** How many exchanges are under way. */
  readonly pending: number;
  /** Completes when the connection has ended, or its flow has been handed over. */
  readonly closed: Observable<void>;
  /**
   * Sends `request`: cold, each subscription is an exchange of its own. Emits the response when its head has come, and completes.
   * Until then unsubscribing cancels the exchange (RST_STREAM, or the end of an HTTP/1.1 connection); from then on the response's
   * body does.
   *
   * Errors: `ClientError`.
   */
  request(request: ClientRequest): Observable<ClientResponse>;
  /** Begins the graceful end: no further exchange begins, those under way may end. */
  shutdown(): void;
  /** Ends the connection at once, with all that is under way. */
  close(): void;
}

/** A connection that speaks HTTP/1.1: one exchange at a time, unless it was asked to pipeline. */
export interface H1ClientConnection extends AnyClientConnection {
  readonly protocol: 'http/1.1';
}

/** A connection that speaks HTTP/2: as many exchanges at once as the server allows. */
export interface H2ClientConnection extends AnyClientConnection {
  readonly protocol: 'h2';
  /** Whether the server takes extended CONNECT (RFC 8441 section 3). */
  readonly extendedConnect: boolean;
  /**
   * What the server sends without having been asked (RFC 9113 section 8.4). While it is subscribed to, and only then, the server may
   * push. A push whose response is not subscribed to by the end of its delivery is declined.
   */
  readonly pushes: Observable<ServerPush>;
  /** Asks for a sign of life (RFC 9113 section 6.7): emits the round-trip time in ms, and completes. */
  ping(): Observable<number>;
}

/** `protocol` tells the compiler what else there is. */
export type ClientConnection = H1ClientConnection | H2ClientConnection;

/** The answer to a request that was not made yet. */
export interface ServerPush {
  /** The request that the server expects. */
  readonly request: { readonly method: string; readonly url: string; readonly headers: Fields };
  /** Its response. Unsubscribing before it has come declines the push (RST_STREAM with CANCEL). */
  readonly response: Observable<ClientResponse>;
}
