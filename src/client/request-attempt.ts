/* eslint-disable @typescript-eslint/unbound-method -- methods are called with their `this`, in an async context */
/** One request of one subscriber: it waits for its turn, is sent, and comes to a response or an error. */
import type { Unsubscribable } from 'rxjs';
import { type AsyncContext, asyncContexts } from '../demand/async-context.js';
import type { Deadline } from '../drive/deadline.js';
import type { ClientError } from '../errors.js';
import { type Abortable, abortedBy, AbortListener, type RequestWatch } from './request-watch.js';
import type { ClientResponse, ResponseSink } from './response.js';
import type { OutgoingRequest } from './outgoing-request.js';
import type { StartedExchange, QueuedRequest, RequestConnection, RequestQueue } from './request-queue.js';

/**
 * One attempt at a request.
 * @internal
 */
export abstract class RequestAttempt implements QueuedRequest, ResponseSink, Unsubscribable, Abortable {
  request!: OutgoingRequest;
  /** That of the subscriber: it gets the response in it. */
  readonly context: AsyncContext | undefined = asyncContexts.current?.capture();
  private exchange: StartedExchange | undefined = undefined;
  queue: RequestQueue | undefined = undefined;
  earlier: QueuedRequest | undefined = undefined;
  later: QueuedRequest | undefined = undefined;
  wait: Deadline | undefined = undefined;
  /** Nothing is under way: not begun, or come to its end. */
  protected settled = true;

  private abort: AbortListener | undefined = undefined;

  /** Begins to listen to the signal of the request. @returns false if it was aborted before: the request has failed. */
  protected listenTo(signal: AbortSignal | undefined): boolean {
    if (signal === undefined || this.abort !== undefined) return true;
    if (signal.aborted) {
      this.onFailed(abortedBy(signal));
      return false;
    }
    this.abort = new AbortListener(signal, this);
    return true;
  }

  onAborted(error: ClientError): void {
    this.cancel();
    this.onFailed(error);
  }

  /** Begins it on `connection`, now or in its turn. */
  protected sendOn(connection: RequestConnection): void {
    this.settled = false;
    this.exchange = undefined;
    connection.enqueue(this);
  }

  /** The exchange has begun already: that of a push. */
  follow(exchange: StartedExchange): void {
    this.settled = false;
    this.exchange = exchange;
  }

  begin(connection: RequestConnection): void {
    const exchange = connection.begin(this.request, this);
    // It may have come to its end meanwhile, and the next attempt have begun.
    if (!this.settled && this.exchange === undefined && this.queue === undefined) this.exchange = exchange;
  }

  refuse(error: ClientError): void {
    this.onFailed(error);
  }

  onDeadline(): void {
    this.queue?.expire(this);
  }

  onInterim(response: ClientResponse): void {
    if (this.context === undefined) this.interim(response);
    else this.context.runInAsyncScope(this.interim, this, response);
  }

  onResponse(response: ClientResponse): void {
    this.settle();
    if (this.context === undefined) this.responded(response);
    else this.context.runInAsyncScope(this.responded, this, response);
  }

  onFailed(error: ClientError, tooSoon = false): void {
    this.settle();
    if (this.context === undefined) this.failed(error, tooSoon);
    else this.context.runInAsyncScope(this.failed, this, error, tooSoon);
  }

  /** The response is not wanted any more: the exchange is cancelled. */
  unsubscribe(): void {
    this.abort?.stop();
    this.cancel();
  }

  /** The response goes to the program, which may observe it. */
  protected observed(response: ClientResponse, watch: RequestWatch | undefined): ClientResponse {
    if (watch !== undefined) response.exchange.watch(watch, response.headers);
    return response;
  }

  private cancel(): void {
    const { settled, exchange, queue } = this;
    if (settled) return;
    this.settle();
    queue?.leave(this);
    exchange?.cancel();
  }

  protected abstract interim(response: ClientResponse): void;
  protected abstract responded(response: ClientResponse): void;
  protected abstract failed(error: ClientError, tooSoon: boolean): void;

  private settle(): void {
    this.settled = true;
    this.exchange = undefined;
  }
}
