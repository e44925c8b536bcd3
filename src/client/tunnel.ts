/**
 * Tunnels: bytes in both directions, in place of a response's content. A server switches to them after `Upgrade` (101, RFC 9110 section
 * 7.8) or CONNECT (2xx, section 9.3.6) on HTTP/1.1. On HTTP/2 it does so after CONNECT (RFC 9113 section 8.5) or extended CONNECT (RFC
 * 8441).
 */
import { Observable } from 'rxjs';
import type { TimeLimits } from '../drive/time-limits.js';
import { ClientError } from '../errors.js';
import { isToken } from '../http/fields.js';
import { discardResponse } from './discarded-response.js';
import type { ClientRequest, TunnelRequest } from './request.js';
import type { ClientResponse, TunnelResponse } from './response.js';

/**
 * The server did not open the tunnel: it responded with something else, which is the `response`. Subscribe to its body within the delivery
 * of this error if you want it; otherwise it is discarded.
 *
 * @example
 * ```ts
 * client()
 *   .tunnel('http://localhost:8080/chat', { protocol: 'websocket' })
 *   .subscribe({ error: (error) => error instanceof TunnelRefused && console.error(error.response.status) });
 * ```
 */
export class TunnelRefused extends ClientError {
  declare readonly response: ClientResponse;

  constructor(response: ClientResponse) {
    super('tunnel-refused', `${response.url} responded with ${response.status}, and opened no tunnel`, { response });
  }
}

/**
 * The request that asks for a tunnel.
 *
 * @throws ClientError `invalid-request`.
 * @internal
 */
export function tunnelRequest({ url, protocol, authority, headers = {}, signal }: TunnelRequest): ClientRequest {
  if (protocol !== undefined && !isToken(protocol)) {
    throw new ClientError('invalid-request', `the protocol of a tunnel is a token, got ${JSON.stringify(protocol)}`);
  }
  const end = authority === undefined ? {} : { authority };
  return { url, method: 'CONNECT', protocol, headers, tunnel: true, signal, ...end };
}

/**
 * Emits the response that opens the tunnel, or fails with the one that does not.
 * @internal
 */
export function tunnels(
  responses: () => Observable<ClientResponse>,
  timeLimits: TimeLimits,
): Observable<TunnelResponse> {
  return new Observable((subscriber) =>
    responses().subscribe({
      next: (response) => {
        if (isTunnel(response)) return subscriber.next(response);
        subscriber.error(new TunnelRefused(response));
        if (!response.body.observed) discardResponse(response, timeLimits);
      },
      error: (error: unknown) => subscriber.error(error),
      complete: () => subscriber.complete(),
    }),
  );
}

function isTunnel(response: ClientResponse): response is TunnelResponse {
  return response.offered !== undefined;
}
