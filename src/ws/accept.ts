/** The server's side of the opening handshake, on HTTP/1.1 (RFC 6455 section 4.2) and HTTP/2 (RFC 8441). */
import { Observable } from 'rxjs';
import type { HttpRequest } from '../drive/request.js';
import { text } from '../drive/response-builders.js';
import { acceptOf } from '../node/websocket-secrets.js';
import { checkOptions, functionValue, objectValue, type OptionCheck, type OptionTable } from '../option-checks.js';
import type { Exchange } from '../server/index.js';
import { accessOf, type ExchangeAccess } from '../server/exchange-access.js';
import { isWebSocketRequest, readHandshake, type ServerHandshake } from './engine/handshake.js';
import { type WebSocketLimits, webSocketLimitsWith } from './engine/websocket-limits.js';
import type { WebSocket } from './websocket.js';
import { WebSocketConnection } from './websocket-connection.js';
import {
  deflateOf,
  type DeflateOptions,
  deflateValue,
  deflateWishes,
  masks,
  thresholdOf,
} from './websocket-options.js';

/** Chooses a subprotocol: one of those that the client offers, or none. */
export type ChooseSubprotocol = (offered: readonly string[]) => string | undefined;

/** How a WebSocket is accepted. */
export interface AcceptOptions {
  /** The subprotocols that this server speaks, the best first; or what chooses among those that the client offers. None unless set. */
  readonly protocols?: readonly string[] | ChooseSubprotocol;
  /**
   * The origins whose pages may connect, such as `https://example.com`, or what decides (RFC 6455 section 10.2). A request without Origin
   * does not come from a browser, and passes a list. All unless set. Past it: 403.
   */
  readonly origins?: readonly string[] | ((origin: string | undefined) => boolean);
  /** Whether messages are compressed if the client offers it (RFC 7692): not unless set. */
  readonly deflate?: boolean | DeflateOptions;
  /** The limits that are not to be the default. */
  readonly limits?: Partial<WebSocketLimits>;
}

const listOrFunction: OptionCheck = (name, value) => {
  if (Array.isArray(value)) return;
  functionValue(name, value);
};

const OPTIONS: OptionTable<AcceptOptions> = {
  protocols: listOrFunction,
  origins: listOrFunction,
  deflate: deflateValue,
  limits: objectValue,
};

/**
 * Whether `request` asks for a WebSocket: by `Upgrade: websocket` on HTTP/1.1, by extended CONNECT on HTTP/2.
 *
 * @example
 * ```ts
 * const service: Service = (request, exchange) =>
 *   isWebSocket(request) ? accept(request, exchange).pipe(tap((socket) => socket.subscribe(socket)), ignoreElements()) : text('hello');
 * ```
 */
export function isWebSocket(request: HttpRequest): boolean {
  return isWebSocketRequest(request);
}

/**
 * Accepts a WebSocket when it is subscribed to: emits it, and completes when it is over. A request that is not a valid handshake gets its
 * response (400, 403, 405, 426, 501), and the result completes without a value. Unsubscribing aborts the connection.
 *
 * Errors: `WebSocketError`, if the WebSocket does not end by its closing handshake. As the handler's error it is a fault of the kind
 * `bad-request`, and no fault where the client has disconnected.
 *
 * @throws RangeError or TypeError for an invalid option.
 *
 * @example
 * ```ts
 * const echo: Service = (request, exchange) =>
 *   accept(request, exchange, { protocols: ['echo'], deflate: true }).pipe(
 *     tap((socket) => socket.subscribe(socket)),
 *     ignoreElements(),
 *   );
 * serve({ port: 8080, connectProtocol: true }, echo).subscribe();
 * ```
 */
export function accept(request: HttpRequest, exchange: Exchange, options: AcceptOptions = {}): Observable<WebSocket> {
  checkOptions('accept()', options, OPTIONS);
  const limits = webSocketLimitsWith(options.limits);
  const access = accessOf(exchange);
  return new Observable((subscriber) => {
    const handshake = handshakeOf(request, options, access);
    if (handshake === undefined) return subscriber.complete();
    const { key, subprotocol } = handshake;
    const headers =
      key === undefined ? handshake.headers : { ...handshake.headers, 'sec-websocket-accept': acceptOf(key) };
    // No operator stays between the two: thousands of sockets wait for their end.
    const opening = exchange.tunnel({ headers }).subscribe({
      next: (flow) => {
        const connection = new WebSocketConnection({
          flow,
          clock: access.clock,
          limits,
          role: 'server',
          subprotocol: subprotocol ?? '',
          deflate: deflateOf(handshake.deflate, true),
          threshold: thresholdOf(options.deflate),
          masks,
        });
        connection.runFor(subscriber, access);
      },
      error: (error: unknown) => subscriber.error(error),
    });
    subscriber.add(opening);
  });
}

/** The handshake; undefined if it was declined, with its response. */
function handshakeOf(
  request: HttpRequest,
  options: AcceptOptions,
  access: ExchangeAccess,
): ServerHandshake | undefined {
  const handshake = readHandshake(request, {
    choose: chooserOf(options.protocols),
    deflate: deflateWishes(options.deflate),
  });
  if ('status' in handshake) {
    const { status, headers, message } = handshake;
    access.respond(text(`${message}\n`, { status, headers }));
    return undefined;
  }
  if (!isAllowed(request.headers.get('origin'), options.origins)) {
    access.respond(text('pages of this origin may not connect\n', { status: 403 }));
    return undefined;
  }
  return handshake;
}

function chooserOf(protocols: AcceptOptions['protocols']): ChooseSubprotocol {
  if (protocols === undefined) return () => undefined;
  if (typeof protocols === 'function') return protocols;
  return (offered) => protocols.find((protocol) => offered.includes(protocol));
}

function isAllowed(origin: string | undefined, origins: AcceptOptions['origins']): boolean {
  if (origins === undefined) return true;
  if (typeof origins === 'function') return origins(origin);
  return origin === undefined || origins.includes(origin);
}
