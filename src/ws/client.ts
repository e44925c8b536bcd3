/** The client's side of the opening handshake: by `Upgrade` on HTTP/1.1 (RFC 6455 section 4.1), by extended CONNECT on HTTP/2 (RFC 8441). */
import { catchError, defer, mergeMap, type Observable, throwError } from 'rxjs';
import { client as newClient, type Client, type TunnelResponse } from '../client/index.js';
import { ClientError } from '../errors.js';
import { Fields, type FieldsInit, isToken } from '../http/fields.js';
import { acceptOf, newKey } from '../node/websocket-secrets.js';
import { checkOptions, objectValue, type OptionCheck, type OptionTable } from '../option-checks.js';
import { offerDeflate } from './engine/deflate-offers.js';
import { type ClientHandshake, readHandshakeResponse } from './engine/handshake.js';
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

/** How a client opens a WebSocket. */
export interface WebSocketOptions {
  /** The client that connects: its `tls`, proxy, transports, middleware and time limits. One that all share unless set. */
  readonly http?: Client;
  /** The subprotocols that are offered, the best first: none unless set. */
  readonly protocols?: readonly string[];
  /** Whether compression is offered (RFC 7692): not unless set. */
  readonly deflate?: boolean | DeflateOptions;
  /** Sent with the handshake: `origin`, `authorization`, cookies. */
  readonly headers?: FieldsInit;
  /** The limits that are not to be the default. */
  readonly limits?: Partial<WebSocketLimits>;
}

const subprotocols: OptionCheck = (name, value) => {
  if (!Array.isArray(value)) throw new TypeError(`${name}: expected an array of subprotocols`);
  const names: unknown[] = value;
  if (names.some((one) => typeof one !== 'string' || !isToken(one)) || new Set(names).size < names.length)
    throw new RangeError(`${name}: expected different tokens (RFC 6455 section 4.1)`);
};

const OPTIONS: OptionTable<WebSocketOptions> = {
  http: objectValue,
  protocols: subprotocols,
  deflate: deflateValue,
  headers: objectValue,
  limits: objectValue,
};

let sharedClient: Client | undefined;

/**
 * Opens a WebSocket when it is subscribed to, each time: emits it, completes when it has ended by its closing handshake, and fails
 * otherwise. So `retry` connects again, and `share` shares one. Unsubscribing closes it with 1000.
 *
 * It goes over HTTP/2 if the origin speaks it and offers extended CONNECT, else over HTTP/1.1; and through the proxy of the client.
 *
 * Errors: `TunnelRefused`, with its response, if the server declines; `ClientError` `malformed-response` for a response that is not
 * one of a handshake; another `ClientError`; `WebSocketError`.
 *
 * @param url - `ws:` or `wss:`, or `http:` or `https:`; a path for a client with a `baseUrl`.
 * @throws RangeError or TypeError for an invalid option.
 *
 * @example
 * ```ts
 * webSocket('wss://example.com/feed').pipe(
 *   switchMap((socket) => socket),
 *   retry({ delay: 1000 }),
 * ).subscribe((message) => console.log(message));
 * ```
 */
export function webSocket(url: string | URL, options: WebSocketOptions = {}): Observable<WebSocket> {
  checkOptions('webSocket()', options, OPTIONS);
  const limits = webSocketLimitsWith(options.limits);
  const target = httpUrl(url);
  return defer(() => {
    const http = options.http ?? (sharedClient ??= newClient());
    const key = newKey();
    const headers = handshakeFields(key, options);
    return opened(http, target, headers).pipe(
      mergeMap((response) => {
        const handshake = checked(response, key, options);
        const connection = new WebSocketConnection({
          flow: response.flow,
          clock: http.settings.connectionSettings.timeLimits.clock,
          limits,
          role: 'client',
          subprotocol: handshake.subprotocol,
          deflate: deflateOf(handshake.deflate, false),
          threshold: thresholdOf(options.deflate),
          masks,
        });
        return connection.run();
      }),
    );
  });
}

/** The tunnel, over HTTP/1.1 if the HTTP/2 of the origin has no extended CONNECT. */
function opened(http: Client, url: string | URL, headers: Fields): Observable<TunnelResponse> {
  const request = { protocol: 'websocket', headers };
  return http.tunnel(url, request).pipe(
    catchError((error: unknown) => {
      const other = isWithoutConnect(error) ? http.overHttp1 : undefined;
      return other === undefined ? throwError(() => error) : other.tunnel(url, request);
    }),
  );
}

function isWithoutConnect(error: unknown): boolean {
  return error instanceof ClientError && error.code === 'protocol-mismatch';
}

/** The same URL with the scheme of HTTP (RFC 6455 section 3). */
function httpUrl(url: string | URL): string | URL {
  const text = String(url);
  const scheme = /^ws(s?):/i.exec(text);
  return scheme === null ? url : `http${scheme[1]!.toLowerCase()}:${text.slice(scheme[0].length)}`;
}

function handshakeFields(key: string, { protocols = [], deflate, headers }: WebSocketOptions): Fields {
  const wishes = deflateWishes(deflate);
  return Fields.from([
    ...Fields.from(headers),
    ['sec-websocket-version', '13'],
    ['sec-websocket-key', key],
    ...(protocols.length === 0 ? [] : [['sec-websocket-protocol', protocols.join(', ')] as const]),
    ...(wishes === undefined ? [] : [['sec-websocket-extensions', offerDeflate(wishes)] as const]),
  ]);
}

/** What the server agreed to. A response that is not one of this handshake ends the connection (RFC 6455 section 4.1). */
function checked(response: TunnelResponse, key: string, options: WebSocketOptions): ClientHandshake {
  const handshake = readHandshakeResponse(response.protocol === 'h2', response.headers, {
    subprotocols: options.protocols ?? [],
    deflate: deflateWishes(options.deflate),
    accept: acceptOf(key),
  });
  if (typeof handshake !== 'string') return handshake;
  const error = new ClientError('malformed-response', `the handshake of a WebSocket failed: ${handshake}`);
  response.flow.error(error);
  throw error;
}
