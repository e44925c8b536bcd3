/** What a client sends, and what comes back: the same of both protocols. */
import type { Observable, ObservableInput } from 'rxjs';
import type { Body } from '../body/body.js';
import type { IncomingContent } from '../drive/incoming-content.js';
import type { Content } from '../drive/outgoing-content.js';
import type { Flow } from '../flow/flow.js';
import type { Fields, FieldsInit } from '../http/fields.js';
import type { Protocol, ResponseHead } from '../http/head.js';
import type { H1ClientConnection, H2ClientConnection } from './connection.js';

/** How urgently a response is wanted (RFC 9218 section 4). */
export interface RequestPriority {
  /** 0 is the most urgent, 7 the least; 3 unless set. */
  readonly urgency?: number;
  /** Whether the response is of use in parts: it then shares its turn with others of the same urgency. */
  readonly incremental?: boolean;
}

/** What a request has besides its URL. */
export interface HttpRequestInit {
  /** Case-sensitive (RFC 9110 section 9.1): GET unless set. */
  readonly method?: string;
  readonly headers?: FieldsInit;
  /**
   * The content: text (UTF-8) and bytes go out whole; a Body to write to, any Observable, and what is pulled are streamed, with
   * backpressure. A function makes the content anew for each attempt, so that a request can be repeated or redirected with it.
   */
  readonly body?: Content | (() => Content) | undefined;
  /** Subscribed to when the body has ended; its last value is sent (RFC 9110 section 6.5). */
  readonly trailers?: ObservableInput<FieldsInit> | undefined;
  /** The protocol that an extended CONNECT asks for (`:protocol`, RFC 8441): on HTTP/2 only. */
  readonly protocol?: string | undefined;
  /** Sent as the Priority field (RFC 9218 section 5). */
  readonly priority?: RequestPriority;
  /**
   * Whether interim responses (1xx, RFC 9110 section 15.2) are emitted before the response. Not unless set. 100 (Continue) is
   * waited for where the headers have `expect: 100-continue`, whether or not.
   */
  readonly interim?: boolean;
}

/**
 * A request. What a server gets as a `HttpRequest` is one, too: a proxy passes on what came in.
 *
 * @example
 * ```ts
 * const request: ClientRequest = { url: 'http://example.com/rows', method: 'POST', body: file };
 * ```
 */
export interface ClientRequest extends HttpRequestInit {
  /** Absolute: scheme, host and path. Of a CONNECT, `http://host:port` of where the tunnel ends. */
  readonly url: string | URL;
}

/**
 * A response that came in. It is what a handler may return, as it is.
 *
 * @example
 * ```ts
 * client().get('http://localhost:8080/').pipe(mergeMap((response) => response.body.text()));
 * ```
 */
export class ClientResponse {
  /** Of an interim response 100 to 199; 101, and what else comes last, is the response (RFC 9110 section 15). */
  readonly status: number;
  readonly headers: Fields;
  readonly protocol: Protocol;
  /**
   * After 101, and after 2xx to a CONNECT, on HTTP/1.1: the connection's flow, the program's own from here on (RFC 9110 sections
   * 7.8 and 9.3.6). Nothing closes it but the program.
   */
  readonly flow: Flow | undefined;

  /** @internal */
  constructor(
    head: ResponseHead,
    /** @internal */
    readonly exchange: ResponseExchange,
    flow?: Flow,
  ) {
    this.status = head.status;
    this.headers = head.headers;
    this.protocol = exchange.protocol;
    this.flow = flow;
  }

  /** The content: paused until it is subscribed to, once. Who leaves it before its end cancels the exchange. */
  get body(): Body {
    return this.exchange.body;
  }

  /** The trailer section (RFC 9110 section 6.5): emits once, after the body's end; without field lines where there is none. */
  get trailers(): Observable<Fields> {
    return this.exchange.trailers;
  }

  /** Whose response it is: the request's URL, or that of the last redirect, without fragment. */
  get url(): string {
    return this.exchange.url;
  }

  /** The connection that it came on: more requests go there, and what else its protocol has. */
  get connection(): H1ClientConnection | H2ClientConnection {
    return this.exchange.face;
  }

  /** Whether the status is 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** Asks for this response sooner or later than others (RFC 9218 section 7.1). HTTP/1.1 has no word for it. */
  prioritize(priority: RequestPriority): void {
    this.exchange.prioritize(priority);
  }

  /** Throws the content away, so that nothing waits for it. */
  discard(): void {
    this.body.subscribe().unsubscribe();
  }
}

/**
 * The exchange behind a response.
 * @internal
 */
export interface ResponseExchange extends IncomingContent {
  readonly protocol: Protocol;
  readonly face: H1ClientConnection | H2ClientConnection;
  /** What was asked for. */
  readonly url: string;
  prioritize(priority: RequestPriority): void;
}
