import type { Observable } from 'rxjs';
import type { Body } from '../body/body.js';
import { EMPTY_BODY } from '../drive/incoming-content.js';
import type { Fields } from '../http/fields.js';
import type { Protocol } from '../http/head.js';
import { decodedBody, isDecodable } from '../node/content-coding.js';
import { type ClientConnection, ClientResponse, type ResponseExchange } from './response.js';
import type { RequestPriority } from './request.js';
import type { RequestWatch } from './request-watch.js';

/**
 * `response` without its content codings (RFC 9110 section 8.4); as it came if one of them is unknown.
 * @internal
 */
export function decoded(response: ClientResponse): ClientResponse {
  const codings = response.headers.get('content-encoding');
  if (codings === undefined || response.exchange.body === EMPTY_BODY || !isDecodable(codings)) return response;
  const headers = response.headers.without('content-encoding', 'content-length');
  return new ClientResponse({ status: response.status, headers }, new DecodedExchange(response.exchange, codings));
}

class DecodedExchange implements ResponseExchange {
  private decodedBody: Body | undefined = undefined;

  constructor(
    private readonly exchange: ResponseExchange,
    private readonly codings: string,
  ) {}

  get body(): Body {
    return (this.decodedBody ??= decodedBody(this.exchange.body, this.codings));
  }

  get protocol(): Protocol {
    return this.exchange.protocol;
  }

  get trailers(): Observable<Fields> {
    return this.exchange.trailers;
  }

  get clientConnection(): ClientConnection {
    return this.exchange.clientConnection;
  }

  get url(): string {
    return this.exchange.url;
  }

  prioritize(priority: RequestPriority): void {
    this.exchange.prioritize(priority);
  }

  watch(watch: RequestWatch, headers: Fields): void {
    this.exchange.watch(watch, headers);
  }

  giveUpRequest(): void {
    this.exchange.giveUpRequest();
  }
}
