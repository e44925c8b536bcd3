/** The requests of a client: the same for both protocols. */
import type { ObservableInput } from 'rxjs';
import type { Content } from '../drive/content.js';
import type { FieldsInit } from '../http/fields.js';
import type { ProgressObserver } from './request-watch.js';

/** How urgently a response is wanted (RFC 9218 section 4). */
export interface RequestPriority {
  /** 0 is the most urgent, 7 the least; 3 unless set. */
  readonly urgency?: number;
  /** Whether the response is of use in parts: it then shares its turn with others of the same urgency. */
  readonly incremental?: boolean;
}

/** The properties of a request besides its URL. */
export interface HttpRequestInit {
  /** Case-sensitive (RFC 9110 section 9.1): GET unless set. */
  readonly method?: string;
  readonly headers?: FieldsInit;
  /**
   * The content: text (UTF-8), bytes and a URLSearchParams are sent whole. A FormData, a Blob, a Body to write to, any Observable, and
   * sources that are pulled are streamed, with backpressure. A function is called once per attempt, so that a request can be repeated or
   * redirected with its content.
   */
  readonly body?: Content | (() => Content) | undefined;
  /** Sent as JSON, in place of a `body`, with Content-Type `application/json` unless the headers have another one. */
  readonly json?: unknown;
  /** Subscribed to when the body has ended; its last value is sent (RFC 9110 section 6.5). */
  readonly trailers?: ObservableInput<FieldsInit> | undefined;
  /** The protocol that an extended CONNECT asks for (`:protocol`, RFC 8441): on HTTP/2 only, unless `tunnel` is set. */
  readonly protocol?: string | undefined;
  /** The target of a CONNECT, `host:port`: the URL's own unless set. The URL is that of the proxy then. */
  readonly authority?: string | undefined;
  /**
   * Whether `tunnel()` asks: a middleware sees it here. On HTTP/1.1 a CONNECT with a `protocol` then becomes a GET with `Upgrade`, which
   * means the same.
   */
  readonly tunnel?: boolean;
  /** Sent as the Priority field (RFC 9218 section 5). */
  readonly priority?: RequestPriority;
  /**
   * Whether interim responses (1xx, RFC 9110 section 15.2) are emitted before the response. Not unless set. 100 (Continue) is waited for if
   * the headers have `expect: 100-continue`, with or without this option.
   */
  readonly interim?: boolean;
  /**
   * Ends the request, or its response until all of its content has arrived, in `aborted`. The reason of the signal is the `cause`. Use it
   * if a signal exists already: unsubscribing has the same effect.
   */
  readonly signal?: AbortSignal | undefined;
  /** ms for the head of the response, in place of `limits.headTimeout`. Past it: `headers-timeout`. */
  readonly headTimeout?: number | undefined;
  /** ms for a body that does not go on, or that nobody reads, in place of `limits.bodyTimeout`. Past it: `body-timeout`. */
  readonly bodyTimeout?: number | undefined;
  /** Receives the progress of the request's content, from 0 for each attempt. A chunk counts once the connection has accepted it. */
  readonly uploadProgress?: ProgressObserver | undefined;
  /** Receives the progress of the response's content, as it arrives. */
  readonly downloadProgress?: ProgressObserver | undefined;
}

/**
 * A request. A `HttpRequest` that a server received is one, too: a proxy passes it on.
 *
 * @example
 * ```ts
 * const request: ClientRequest = { url: 'http://example.com/rows', method: 'POST', body: file };
 * ```
 */
export interface ClientRequest extends HttpRequestInit {
  /** Absolute: scheme, host and path. Of a CONNECT, `http://host:port` of the end of the tunnel. */
  readonly url: string | URL;
}

/** The options of one request of a client. */
export interface ClientRequestInit extends HttpRequestInit {
  /** Redirects that are followed, in place of the client's number. */
  readonly redirects?: number;
}

/** How a tunnel is asked for. */
export interface TunnelRequestInit {
  /**
   * The protocol to switch to, `websocket` for one: HTTP/1.1 asks for it by `Upgrade`, HTTP/2 by extended CONNECT. Unless set, the tunnel
   * is that of CONNECT: to a host and a port, through the server.
   */
  readonly protocol?: string;
  /** The target of a tunnel by CONNECT, `host:port`: the URL's own unless set. The URL is that of the proxy then. */
  readonly authority?: string;
  readonly headers?: FieldsInit;
  /** Cancels the request until the tunnel is open: from then on the flow is the program's. */
  readonly signal?: AbortSignal | undefined;
}

/** A tunnel that is asked for on a connection, or over a flow. */
export interface TunnelRequest extends TunnelRequestInit {
  /** Absolute: scheme, host and path; `http://host:port` of a CONNECT. */
  readonly url: string | URL;
}
