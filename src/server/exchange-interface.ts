/** An exchange, as a program sees it. */
import type { Observable, ObservableInput } from 'rxjs';
import type { HttpRequest } from '../drive/request.js';
import type { HttpResponse } from '../drive/response.js';
import type { H2ErrorCode } from '../errors.js';
import type { DefaultedKey, Key } from '../flow/context.js';
import type { Flow } from '../flow/flow.js';
import type { FieldsInit } from '../http/fields.js';
import type { Served } from './finished-exchange.js';
import type { Service } from './handler.js';
import type { HttpConnection } from './http-connection.js';

/** The members that the exchanges of both protocols have. */
interface AnyExchange<Peer> {
  readonly request: HttpRequest;
  /** The client, as `Info.peer` describes it. */
  readonly peer: Peer;
  /** The connection that it is on. */
  readonly connection: HttpConnection<Peer>;
  /** Emits how the exchange ended, before any teardown of it runs, and completes. */
  readonly closed: Observable<Served<Peer>>;
  /** Aborted when the exchange ends without a whole response. Made when it is first asked for. */
  readonly signal: AbortSignal;
  /** The value that was set under `key`, or its default. */
  get<T>(key: DefaultedKey<T>): T;
  get<T>(key: Key<T>): T | undefined;
  /** Keeps a value for later code: a middleware, a fault handler, the access log. */
  set<T>(key: Key<T>, value: NoInfer<T>): void;
  /**
   * Responds, when it is subscribed to: with any result of a handler, or with the result of a service, which is called then. It emits the
   * finished exchange and completes; unsubscribing aborts the exchange. Errors of a service and of its result are faults: this Observable
   * never fails because of one. (If you call a service yourself, it throws at your call.)
   *
   * Errors: `ResponseError` `second-response` if this exchange has a response already.
   *
   * @example
   * ```ts
   * connection.exchanges.pipe(consume((exchange) => exchange.respond(app), { concurrency: 100 }));
   * ```
   */
  respond(result: HttpResponse | ObservableInput<HttpResponse> | Service<Peer>): Observable<Served<Peer>>;
  /**
   * Accepts a tunnel (RFC 9110 sections 7.8 and 9.3.6, RFC 8441). When it is subscribed to, the response goes out: 101 to an upgrade on
   * HTTP/1.1, 200 to CONNECT. The bytes that follow are emitted as a `Flow`, with backpressure both ways. The handler need not give a
   * response then.
   *
   * On HTTP/1.1 the flow is that of the connection, and the program's own from then on. On HTTP/2 it is that of the stream: FIN is
   * END_STREAM, an abort is RST_STREAM.
   *
   * Errors: `TypeError` if the request does not ask for a tunnel, or has content that has not been read to its end.
   *
   * @example
   * ```ts
   * const echo: Service = (request, exchange) =>
   *   exchange.tunnel({ headers: { upgrade: 'echo' } }).pipe(tap((flow) => flow.subscribe(flow)), ignoreElements());
   * ```
   */
  tunnel(init?: TunnelInit): Observable<Flow>;
}

/** How a tunnel is accepted. */
export interface TunnelInit {
  /** 101 unless set; 200 to CONNECT. */
  readonly status?: number;
  readonly headers?: FieldsInit;
}

/** An exchange on HTTP/1.1. */
export interface H1Exchange<Peer = unknown> extends AnyExchange<Peer> {
  readonly protocol: 'http/1.1';
}

/** The announced request of a push (RFC 9113 section 8.4): the client is expected to make it. */
export interface PushInit {
  readonly path: string;
  /** A safe method without content: GET unless set. */
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: FieldsInit;
}

/** How a response's content stands in line with that of others (RFC 9218 section 4). */
export interface Priority {
  /** 0 is the most urgent, 7 the least; 3, and incremental, without an announced priority. */
  readonly urgency: number;
  /** Whether it is of use in parts: it then shares its turn with others of the same urgency. */
  readonly incremental: boolean;
}

/** An exchange on HTTP/2: a stream. */
export interface H2Exchange<Peer = unknown> extends AnyExchange<Peer> {
  readonly protocol: 'h2';
  /** RFC 9113 section 5.1.1. */
  readonly streamId: number;
  /** The priority that the client asked for, or that `prioritize` set. */
  readonly priority: Priority;
  /** Puts the response before or after others: a server may know better than its client (RFC 9218 section 8). */
  prioritize(priority: Priority): void;
  /**
   * Sends the response to a request that the client has not made yet.
   *
   * @returns false if the client does not accept it: nothing has been sent, and `response` is not subscribed to.
   *
   * @example
   * ```ts
   * if (exchange.protocol === 'h2') exchange.push({ path: '/style.css' }, bytes(css));
   * ```
   */
  push(request: PushInit, response: HttpResponse | ObservableInput<HttpResponse>): boolean;
  /** Ends the stream at once, with RST_STREAM (RFC 9113 section 6.4); the handler is unsubscribed. */
  reset(reason?: H2ErrorCode): void;
}

/** The exchange that a handler gets with a request; `protocol` narrows it to the members of that protocol. */
export type Exchange<Peer = unknown> = H1Exchange<Peer> | H2Exchange<Peer>;
