import { Observable } from 'rxjs';
import { HttpRequest } from '../drive/request.js';
import type { Flow } from '../flow/flow.js';
import { type ConnectOptions, connectionSettings, connectionDrivers } from './connect.js';
import type { ConnectionSettings } from './connection-settings.js';
import type { ConnectionDriver, ConnectionOwner } from './connection-driver.js';
import type { ClientResponse, TunnelResponse } from './response.js';
import type { ClientRequest, TunnelRequest } from './request.js';
import { checkRequest, CONNECTION_REQUEST_OPTIONS, TUNNEL_OPTIONS } from './request-options.js';
import { tunnelRequest, tunnels } from './tunnel.js';

/** Ends the connection after its last exchange. */
const ONCE: ConnectionOwner = {
  onTurn: (connection: ConnectionDriver) => {
    if (connection.exchangesOpen === 0 && connection.exchangesBegun > 0) connection.shutdown();
  },
};

/**
 * Sends one request over a flow, by the protocol that ALPN chose for it. The response's `connection` has further operations, such as more
 * requests, as long as an exchange is under way: after the last one it ends.
 *
 * Errors: `ClientError`: `unknown-protocol`, `protocol-mismatch`, and every error of a request.
 *
 * @throws RangeError for an invalid limit.
 *
 * @example
 * ```ts
 * run(fromDuplex(socket), { url: 'https://localhost/' }, { alpn: socket.alpnProtocol || undefined, scheme: 'https' })
 *   .pipe(mergeMap((response) => response.body.text()))
 *   .subscribe(console.log);
 * ```
 */
export function run(flow: Flow, request: ClientRequest, options: ConnectOptions = {}): Observable<ClientResponse> {
  if (!(request instanceof HttpRequest)) checkRequest(request, CONNECTION_REQUEST_OPTIONS);
  return runWith(flow, request, options, connectionSettings(options));
}

/**
 * Opens a tunnel over a flow, as `run` sends a request: by the protocol that ALPN chose for it. Emits the response that opened it, whose
 * `flow` is the tunnel; unsubscribing before that ends the flow.
 *
 * Errors: `TunnelRefused` if the server responds with anything else, and the `ClientError`s of `run`.
 *
 * @throws RangeError for an invalid limit.
 *
 * @example
 * ```ts
 * tunnel(proxyFlow, { url: 'http://example.com:443' }).subscribe(({ flow }) => flow.next(clientHello));
 * ```
 */
export function tunnel(flow: Flow, request: TunnelRequest, options: ConnectOptions = {}): Observable<TunnelResponse> {
  checkRequest(request, TUNNEL_OPTIONS);
  const settings = connectionSettings(options);
  return tunnels(() => runWith(flow, tunnelRequest(request), options, settings), settings.timeLimits);
}

function runWith(
  flow: Flow,
  request: ClientRequest,
  options: ConnectOptions,
  settings: ConnectionSettings,
): Observable<ClientResponse> {
  return new Observable((subscriber) => {
    let responded = false;
    const subscription = connectionDrivers(flow, options, settings, ONCE).subscribe({
      next: (connection) =>
        subscriber.add(
          connection.request(request).subscribe({
            next: (response) => {
              responded = response.status >= 200 || response.offered !== undefined;
              subscriber.next(response);
            },
            error: (error: unknown) => subscriber.error(error),
            complete: () => subscriber.complete(),
          }),
        ),
      error: (error: unknown) => subscriber.error(error),
    });
    return () => {
      // The program has the response's body: its end is that of the connection.
      if (!responded) subscription.unsubscribe();
    };
  });
}
