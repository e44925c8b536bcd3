/** A request on one connection, which is sent once: no retry, no redirect. */
import type { Subscriber } from 'rxjs';
import type { ClientError } from '../errors.js';
import { thrown } from './error-translation.js';
import { outgoingRequest } from './outgoing-request.js';
import { RequestAttempt } from './request-attempt.js';
import type { ClientRequest } from './request.js';
import type { RequestWatch } from './request-watch.js';
import type { RequestConnection } from './request-queue.js';
import type { ClientResponse } from './response.js';

/** @internal */
export class SingleRequest extends RequestAttempt {
  private watch: RequestWatch | undefined = undefined;

  constructor(private readonly subscriber: Subscriber<ClientResponse>) {
    super();
  }

  send(request: ClientRequest, connection: RequestConnection): void {
    try {
      this.request = outgoingRequest(request);
    } catch (error) {
      return this.subscriber.error(thrown(error));
    }
    this.watch = this.request.watch;
    if (this.listenTo(this.watch?.signal)) this.sendOn(connection);
  }

  protected interim(response: ClientResponse): void {
    this.subscriber.next(response);
  }

  protected responded(response: ClientResponse): void {
    this.subscriber.next(this.observed(response, this.watch));
    this.subscriber.complete();
  }

  protected failed(error: ClientError): void {
    this.subscriber.error(error);
  }
}
