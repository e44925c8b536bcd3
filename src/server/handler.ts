/** What a program gives to a service, and what it gets with each request. */
import type { Observable, ObservableInput } from 'rxjs';
import type { Request, Response } from '../drive/message.js';
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

/** What a handler gets with a request; `protocol` tells the compiler what else there is. */
export type Exchange<Peer = unknown> = H1Exchange<Peer>;

/** What a service does. */
export interface Handler<Peer = unknown> {
  /**
   * Answers a request: with a response, or an Observable (or Promise, or iterable) that gives one; interim responses (103) may come
   * before it. It is unsubscribed when the exchange is over: when the answer is out, or the client has gone. What it throws is
   * a fault; a `status` of 400 to 599 on the error sets that of the answer.
   */
  request(request: Request, exchange: Exchange<Peer>): Response | ObservableInput<Response>;
  /** Gets every fault, on one stream that never ends of itself. A fault that it does not answer gets the default answer. */
  error?(faults: Observable<ServerFault<Peer>>): ObservableInput<unknown>;
}
