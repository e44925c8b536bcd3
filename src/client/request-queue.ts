/** Requests that wait for room: in order, bounded in number and in time, and each can leave at any time. */
import { Deadline, type Expiring } from '../drive/deadline.js';
import type { TimeLimits } from '../drive/time-limits.js';
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

/** A request that waits for a connection. When its time is over, it calls `expire` of its queue. */
export interface QueuedRequest extends Expiring {
  readonly request: OutgoingRequest;
  /** The queue it waits in, while it waits, and its neighbours there. */
  queue: RequestQueue | undefined;
  earlier: QueuedRequest | undefined;
  later: QueuedRequest | undefined;
  /** How long it waits. Made when it waits for the first time. */
  wait: Deadline | undefined;
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
    private readonly timeLimits: TimeLimits,
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
      return queued.refuse(
        new ClientError('queue-full', `${limit} requests wait already: queue is ${limit}`, { retryable: true }),
      );
    }
    queued.queue = this;
    this.startWait(queued);
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

  private startWait(queued: QueuedRequest): void {
    const { clock, queue } = this.timeLimits;
    clock.acquire();
    queued.wait ??= new Deadline(queued);
    queue.start(queued.wait, clock.now());
  }

  /** `queued` has waited for too long. */
  expire(queued: QueuedRequest): void {
    this.delete(queued);
    const { queueTimeout } = this.timeLimits.limits;
    const words = `the request has waited ${queueTimeout} ms for a connection: raise queueTimeout, or the number of connections`;
    queued.refuse(new ClientError('queue-timeout', words, { retryable: true }));
    this.onLeft();
  }

  private delete(queued: QueuedRequest): void {
    const { earlier, later } = queued;
    queued.wait?.stop();
    this.timeLimits.clock.release();
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

  /** The attempt to connect for the last request failed: no turn will come for it, while those before it wait for others. */
  refuseLast(error: ClientError): void {
    const { last } = this;
    if (last === undefined) return;
    this.delete(last);
    last.refuse(error);
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
