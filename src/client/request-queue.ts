/** Requests that wait for room: in order, bounded, and each can leave at any time. */
import { ClientError } from '../errors.js';
import type { Delivery } from '../demand/lease.js';
import type { OutgoingRequest } from './outgoing-request.js';
import type { ResponseSink } from './response.js';

/** An exchange that has begun, as far as the request needs it. */
export interface StartedExchange {
  /** The response is not wanted any more: the exchange ends on the wire, too. */
  cancel(): void;
}

/** A connection, as far as the requests need it that are sent there, or wait to be. */
export interface RequestConnection {
  /** Whether `request` could go out now. */
  takes(request: OutgoingRequest): boolean;
  /** Begins an exchange: it `takes` the request. */
  begin(request: OutgoingRequest, sink: ResponseSink): StartedExchange | undefined;
  /** Begins an exchange for `queued`, now or when there is room. */
  enqueue(queued: QueuedRequest): void;
  enter(): Delivery | undefined;
  leave(delivery: Delivery | undefined): void;
}

/** A request that waits for a connection. */
export interface QueuedRequest {
  readonly request: OutgoingRequest;
  /** The queue it waits in, while it waits, and its neighbours there. */
  queue: RequestQueue | undefined;
  earlier: QueuedRequest | undefined;
  later: QueuedRequest | undefined;
  /** Its turn has come. */
  begin(connection: RequestConnection): void;
  /** Its turn will not come. */
  refuse(error: ClientError): void;
}

/**
 * A list whose links are its members'. Requests come and go by the thousand, and each is taken out in one step. A removed member's links
 * are cut, or the garbage collector would keep it for its neighbours' sake.
 * @internal
 */
export class RequestQueue {
  private first: QueuedRequest | undefined = undefined;
  private last: QueuedRequest | undefined = undefined;
  private count = 0;

  /** @param onLeft - called when a request is removed before its turn. */
  constructor(
    private readonly limit: number,
    private readonly onLeft: () => void = () => undefined,
  ) {}

  get isEmpty(): boolean {
    return this.first === undefined;
  }

  get size(): number {
    return this.count;
  }

  /** @param coming - how many of those that wait will soon have a connection: they do not count. */
  add(queued: QueuedRequest, coming = 0): void {
    const { limit } = this;
    if (this.count >= limit + coming) {
      return queued.refuse(new ClientError('queue-full', `${limit} requests wait already`, { retryable: true }));
    }
    queued.queue = this;
    queued.earlier = this.last;
    if (this.last === undefined) this.first = queued;
    else this.last.later = queued;
    this.last = queued;
    this.count++;
  }

  /** `queued` is cancelled. */
  leave(queued: QueuedRequest): void {
    this.delete(queued);
    this.onLeft();
  }

  private delete(queued: QueuedRequest): void {
    const { earlier, later } = queued;
    if (earlier === undefined) this.first = later;
    else earlier.later = later;
    if (later === undefined) this.last = earlier;
    else later.earlier = earlier;
    queued.queue = undefined;
    queued.earlier = undefined;
    queued.later = undefined;
    this.count--;
  }

  /** Begins the requests that `connection` takes now, all in one turn of the connection. */
  begin(connection: RequestConnection): void {
    if (this.next(connection) === undefined) return;
    const delivery = connection.enter();
    try {
      for (let queued = this.next(connection); queued !== undefined; queued = this.next(connection)) {
        this.delete(queued);
        queued.begin(connection);
      }
    } finally {
      connection.leave(delivery);
    }
  }

  /** The next request that can begin on `connection`. */
  private next(connection: RequestConnection): QueuedRequest | undefined {
    return this.first !== undefined && connection.takes(this.first.request) ? this.first : undefined;
  }

  /** No turn will come. */
  refuse(error: ClientError): void {
    const all: QueuedRequest[] = [];
    for (let queued = this.first; queued !== undefined; queued = queued.later) all.push(queued);
    // Requests that come back at once wait for something else.
    for (const queued of all) {
      if (queued.queue !== this) continue;
      this.delete(queued);
      queued.refuse(error);
    }
  }
}
