/** A pushed response (RFC 9113 section 8.4): offered to the program, and declined unless it is taken at once. */
import { Observable, type Subscriber } from 'rxjs';
import { ClientError, type H2ErrorCode } from '../errors.js';
import type { RequestHead } from '../http/head.js';
import { urlOf } from './outgoing-request.js';
import type { StartedExchange } from './request-queue.js';
import type { ClientResponse, ResponseSink, ServerPush } from './response.js';
import { SingleRequest } from './single-request.js';

/** A connection, as far as a push needs it. */
export interface PushConnection {
  readonly engine: { abort(stream: number, reason: H2ErrorCode): void };
  /** The response of a push is wanted. */
  accept(stream: number, head: RequestHead, sink: ResponseSink): StartedExchange;
}

/**
 * A push that is offered: the first that subscribes to the response while it is offered takes it.
 * @internal
 */
export class OfferedPush implements ServerPush {
  readonly request: ServerPush['request'];
  readonly response: Observable<ClientResponse>;
  private open = true;

  constructor(
    private readonly connection: PushConnection,
    private readonly stream: number,
    private readonly head: RequestHead,
  ) {
    const { method, headers } = head;
    this.request = { method, url: urlOf(head), headers };
    this.response = new Observable((subscriber) => this.takenBy(subscriber));
  }

  declineUnlessTaken(): void {
    if (!this.open) return;
    this.open = false;
    this.connection.engine.abort(this.stream, 'CANCEL');
  }

  private takenBy(subscriber: Subscriber<ClientResponse>): void {
    if (!this.open) return subscriber.error(new ClientError('closed', 'the push was declined, or has been taken'));
    this.open = false;
    const request = new SingleRequest(subscriber);
    subscriber.add(request);
    request.follow(this.connection.accept(this.stream, this.head, request));
  }
}
