/** What a program gives to a service, and what it gets with each request. */
import type { Observable, ObservableInput } from 'rxjs';
import type { HttpRequest } from '../drive/request.js';
import type { HttpResponse } from '../drive/response.js';
import type { H2ErrorCode } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import type { FieldsInit } from '../http/fields.js';
import type { ServerFault } from './faults.js';

/** What both protocols' exchanges have. */
interface AnyExchange<Peer> {
  /** Who asks, as `Info.peer` told it. */
  readonly peer: Peer;
  /** Completes when the exchange is over, however it ended. */
  readonly closed: Observable<void>;
}

/** How an upgrade is answered. */
export interface UpgradeInit {
  /** 101 unless set; 200 to a CONNECT. */
  readonly status?: number;
  readonly headers?: FieldsInit;
}

/** An exchange on HTTP/1.1. */
export interface H1Exchange<Peer = unknown> extends AnyExchange<Peer> {
  readonly protocol: 'http/1.1';
  /**
   * Switches protocols: when it is subscribed to, 101 (or 200 to a CONNECT) is sent, and the connection's flow is emitted, the
   * program's own from then on: nothing closes it but the program (RFC 9110 sections 7.8 and 9.3.6). The handler need not
   * give a response then.
   *
   * Errors: `TypeError` where the request asks for no switch, or its content has not been read to the end.
   *
   * @example
   * ```ts
   * request: (request, exchange) =>
   *   exchange.protocol === 'http/1.1' && request.headers.get('upgrade') === 'echo'
   *     ? exchange.upgrade({ headers: { upgrade: 'echo' } }).pipe(tap((flow) => flow.subscribe(flow)), ignoreElements())
   *     : text('hello')
   * ```
   */
  upgrade(init?: UpgradeInit): Observable<Flow>;
}

/** What is announced by a push (RFC 9113 section 8.4): a request that the client is expected to make. */
export interface PushInit {
  readonly path: string;
  /** A safe method without content: GET unless set. */
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: FieldsInit;
}

/** How a response's content stands in line with that of others (RFC 9218 section 4). */
export interface Priority {
  /** 0 is the most urgent, 7 the least; 3, and incremental, where nobody said. */
  readonly urgency: number;
  /** Whether it is of use in parts: it then shares its turn with others of the same urgency. */
  readonly incremental: boolean;
}

/** An exchange on HTTP/2: a stream. */
export interface H2Exchange<Peer = unknown> extends AnyExchange<Peer> {
  readonly protocol: 'h2';
  /** RFC 9113 section 5.1.1. */
  readonly streamId: number;
  /** What the client asked for, or `prioritize` made of it. */
  readonly priority: Priority;
  /** Puts the response before or behind others: a server may know better than its client (RFC 9218 section 8). */
  prioritize(priority: Priority): void;
  /**
   * Sends the answer to a request that the client has not made yet.
   *
   * @returns false where the client does not take it: nothing has been sent, and `response` is not subscribed to.
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

/** What a handler gets with a request; `protocol` tells the compiler what else there is. */
export type Exchange<Peer = unknown> = H1Exchange<Peer> | H2Exchange<Peer>;

/** What a service does. */
export interface Handler<Peer = unknown> {
  /**
   * Answers a request: with a response, or an Observable (or Promise, or iterable) that gives one; interim responses (103) may come
   * before it. It is unsubscribed when the exchange is over: when the answer is out, or the client has gone. What it throws is
   * a fault; a `status` of 400 to 599 on the error sets that of the answer.
   */
  request(request: HttpRequest, exchange: Exchange<Peer>): HttpResponse | ObservableInput<HttpResponse>;
  /** Gets every fault, on one stream that never ends of itself. A fault that it does not answer gets the default answer. */
  error?(faults: Observable<ServerFault<Peer>>): ObservableInput<unknown>;
}
