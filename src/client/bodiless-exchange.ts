/** The exchange of a response without content of its own: an interim response, or the one that opened a tunnel. */
import { of } from 'rxjs';
import { EMPTY_BODY } from '../drive/incoming-content.js';
import { Fields } from '../http/fields.js';
import type { Protocol } from '../http/head.js';
import type { RequestPriority } from './request.js';
import type { ClientConnection, ResponseExchange } from './response.js';

/** @internal */
export const NO_TRAILERS = of(Fields.EMPTY);

/** @internal */
export class BodilessExchange implements ResponseExchange {
  readonly body = EMPTY_BODY;
  readonly trailers = NO_TRAILERS;

  constructor(private readonly exchange: Omit<ResponseExchange, 'body' | 'trailers'>) {}

  get protocol(): Protocol {
    return this.exchange.protocol;
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

  watch(): void {
    // There is nothing to come. A tunnel is the program's own.
  }

  giveUpRequest(): void {
    // Its response is not complete, or a tunnel.
  }
}
