/** The results of a client: a response, and the connection that it came on. */
import type { Observable } from 'rxjs';
import type { Body } from '../body/body.js';
import type { AsyncContext } from '../demand/async-context.js';
import type { ConnectionEnd } from '../drive/connection-end.js';
import type { IncomingContent } from '../drive/incoming-content.js';
import { INCOMING } from '../drive/response.js';
import type { Flow } from '../flow/flow.js';
import type { Fields } from '../http/fields.js';
import type { Protocol, ResponseHead } from '../http/head.js';
import type { ClientRequest, RequestPriority, TunnelRequest } from './request.js';
import type { RequestWatch } from './request-watch.js';
import { ClientError } from '../errors.js';
import type { OfferedFlow } from './offered-flow.js';

/**
 * A response that came in. A handler may return it unchanged.
 *
 * @example
 * ```ts
 * client().get('http://localhost:8080/').pipe(mergeMap((response) => response.body.text()));
 * ```
 */
export class ClientResponse {
  /** Of an interim response 100 to 199; 101, and any other last one, is the response (RFC 9110 section 15). */
  readonly status: number;
  readonly headers: Fields;
  readonly protocol: Protocol;
  /** @internal */
  constructor(
    head: ResponseHead,
    /** @internal */
    readonly exchange: ResponseExchange,
    /** @internal */
    readonly offered?: OfferedFlow,
  ) {
    this.status = head.status;
    this.headers = head.headers;
    this.protocol = exchange.protocol;
  }

  /**
   * The tunnel, after 101, and after 2xx to a CONNECT without content: bytes in both directions, with backpressure (RFC 9110 sections 7.8
   * and 9.3.6, RFC 9113 section 8.5). On HTTP/1.1 it is the connection's flow, on HTTP/2 that of the stream. It is the program's own once
   * it has been read from here; a tunnel that is not taken within `bodyTimeout` is aborted.
   */
  get flow(): Flow | undefined {
    return this.offered?.take();
  }

  /** The content: paused until it is subscribed to, once. Unsubscribing before its end cancels the exchange. */
  get body(): Body {
    return this.exchange.body;
  }

  /** The trailer section (RFC 9110 section 6.5): emits once, after the body's end; without field lines if the response has no trailers. */
  get trailers(): Observable<Fields> {
    return this.exchange.trailers;
  }

  /** Whose response it is: the request's URL, or that of the last redirect, without fragment. */
  get url(): string {
    return this.exchange.url;
  }

  /** The connection that it came on, for more requests, and for the other operations of its protocol. */
  get connection(): H1ClientConnection | H2ClientConnection {
    return this.exchange.clientConnection;
  }

  /** @internal */
  get [INCOMING](): true {
    return true;
  }

  /** Whether the status is 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** Asks for this response sooner or later than others (RFC 9218 section 7.1). HTTP/1.1 has no word for it. */
  prioritize(priority: RequestPriority): void {
    this.exchange.prioritize(priority);
  }

  /** Throws the content away, so that nothing waits for it. The rest of an upload is not sent. A tunnel that nobody has taken is aborted. */
  discard(): void {
    this.offered?.refuse();
    this.body.subscribe().unsubscribe();
    this.exchange.giveUpRequest();
  }
}

/** The response that opened a tunnel: 101, or 2xx to CONNECT. */
export type TunnelResponse = ClientResponse & {
  /**
   * The tunnel, the program's own from here on. `complete` ends the writing side (FIN; END_STREAM on HTTP/2), `error` aborts both
   * (RST; RST_STREAM), and backpressure holds in both directions. A flow that is not taken within `bodyTimeout` is aborted.
   */
  readonly flow: Flow;
};

/**
 * The exchange of a response.
 * @internal
 */
export interface ResponseExchange extends IncomingContent {
  readonly protocol: Protocol;
  readonly clientConnection: H1ClientConnection | H2ClientConnection;
  /** The URL of the request. */
  readonly url: string;
  prioritize(priority: RequestPriority): void;
  /** The program that gets the response observes it: from here to the end of its content. */
  watch(watch: RequestWatch, headers: Fields): void;
  /** The response is complete, and nothing more of it is wanted: the rest of the request is not sent. */
  giveUpRequest(): void;
}

/**
 * The receiver of a response.
 * @internal
 */
export interface ResponseSink {
  /** The context of its subscriber, where stores are in use. */
  readonly context?: AsyncContext | undefined;
  /** An interim response, where they are wanted. */
  onInterim(response: ClientResponse): void;
  /** The response: the last that the sink hears. */
  onResponse(response: ClientResponse): void;
  /**
   * There will be no response: the last that the sink hears.
   *
   * @param tooSoon - the server did not take it only because this side sent it before it could know that it should not.
   */
  onFailed(error: ClientError, tooSoon?: boolean): void;
}

/** The operations of both protocols' connections. */
interface AnyClientConnection {
  /** How many exchanges could begin now: 0 while the server's limit is reached, and once the connection is ending. */
  readonly capacity: number;
  /** `https` if the connection is secured, according to its options. */
  readonly scheme: 'http' | 'https';
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
  /** Emits how the connection ended, and completes. A connection whose flow was handed over to a tunnel has ended, too. */
  readonly closed: Observable<ConnectionEnd>;
  /**
   * Sends `request`: cold, each subscription is an exchange of its own. Emits the response when its head has come, and completes.
   * Until then unsubscribing cancels the exchange (RST_STREAM, or the end of an HTTP/1.1 connection); from then on the response's
   * body does.
   *
   * Errors: `ClientError`.
   */
  request(request: ClientRequest): Observable<ClientResponse>;
  /**
   * Opens a tunnel: cold, and cancelled by unsubscribing before the response has come. Emits the response that opened it, whose `flow` is
   * the tunnel, and completes. On HTTP/1.1 the tunnel is the connection, on which no other exchange begins then; on HTTP/2 it is a stream.
   *
   * Errors: `TunnelRefused` where the server responds with anything else; `protocol-mismatch` where a `protocol` is asked for on HTTP/2
   * and the server has not sent SETTINGS_ENABLE_CONNECT_PROTOCOL; another `ClientError`.
   */
  tunnel(request: TunnelRequest): Observable<TunnelResponse>;
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
   * The server's pushes (RFC 9113 section 8.4). While it is subscribed to, and only then, the server may push. A push whose response is not
   * subscribed to by the end of its delivery is declined.
   */
  readonly pushes: Observable<ServerPush>;
  /** Asks for a sign of life (RFC 9113 section 6.7): emits the round-trip time in ms, and completes. */
  ping(): Observable<number>;
}

/** The compiler knows the other members by `protocol`. */
export type ClientConnection = H1ClientConnection | H2ClientConnection;

/** The response to a request that was not made yet. */
export interface ServerPush {
  /** The request that the server expects. */
  readonly request: { readonly method: string; readonly url: string; readonly headers: Fields };
  /** Its response. Unsubscribing before it has come declines the push (RST_STREAM with CANCEL). */
  readonly response: Observable<ClientResponse>;
}
