/** Requests that wait for room: in order, bounded, and each can leave at any time. */
import { ClientError } from '../errors.js';
import type { Delivery } from '../demand/lease.js';
import type { OutgoingRequest } from './outgoing-request.js';
import type { ResponseSink } from './response.js';

/** An exchange that has begun, as far as the request needs it. */
export interface BegunExchange {
  /** Nobody wants the response any more: the exchange ends on the wire, too. */
  cancel(): void;
}

/** A connection, as far as the requests need it that are sent there, or wait to be. */
export interface RequestConnection {
  /** Whether `request` could go out now. */
  takes(request: OutgoingRequest): boolean;
  /** Begins an exchange: it `takes` the request. */
  begin(request: OutgoingRequest, sink: ResponseSink): BegunExchange | undefined;
  /** Begins an exchange for `queued`, now or when there is room. */
  enqueue(queued: QueuedRequest): void;
  enter(): Delivery | undefined;
  leave(delivery: Delivery | undefined): void;
}

/** Someone with a request, who waits for a connection. */
export interface QueuedRequest {
  readonly request: OutgoingRequest;
  /** Where it waits, while it does, and who is before and behind it there. */
  queue: RequestQueue | undefined;
  earlier: QueuedRequest | undefined;
  later: QueuedRequest | undefined;
  /** It is its turn. */
  begin(link: RequestConnection): void;
  /** It will not be. */
  refuse(error: ClientError): void;
}

/**
 * A list whose links are its members': requests come and go by the thousand, and each is taken out in one step. Links are cut where one
 * leaves, or the garbage collector would keep it for its neighbours' sake.
 * @internal
 */
export class RequestQueue {
  private first: QueuedRequest | undefined = undefined;
  private last: QueuedRequest | undefined = undefined;
  private count = 0;

  /** @param onLeft - told when somebody has left before their turn. */
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

  /** @param coming - of those that wait, how many there is room being made for: they are not counted. */
  add(waiter: QueuedRequest, coming = 0): void {
    const { limit } = this;
    if (this.count >= limit + coming) {
      return waiter.refuse(new ClientError('queue-full', `${limit} requests wait already`, { retryable: true }));
    }
    waiter.queue = this;
    waiter.earlier = this.last;
    if (this.last === undefined) this.first = waiter;
    else this.last.later = waiter;
    this.last = waiter;
    this.count++;
  }

  /** `waiter` has waited long enough. */
  leave(waiter: QueuedRequest): void {
    this.delete(waiter);
    this.onLeft();
  }

  private delete(waiter: QueuedRequest): void {
    const { earlier, later } = waiter;
    if (earlier === undefined) this.first = later;
    else earlier.later = later;
    if (later === undefined) this.last = earlier;
    else later.earlier = earlier;
    waiter.queue = undefined;
    waiter.earlier = undefined;
    waiter.later = undefined;
    this.count--;
  }

  /** Begins what `link` takes now, all in one turn of its. */
  begin(link: RequestConnection): void {
    if (this.next(link) === undefined) return;
    const delivery = link.enter();
    try {
      for (let waiter = this.next(link); waiter !== undefined; waiter = this.next(link)) {
        this.delete(waiter);
        waiter.begin(link);
      }
    } finally {
      link.leave(delivery);
    }
  }

  /** Whose turn it is on `link`, if it takes them. */
  private next(link: RequestConnection): QueuedRequest | undefined {
    return this.first !== undefined && link.takes(this.first.request) ? this.first : undefined;
  }

  /** Nobody will have their turn. */
  refuse(error: ClientError): void {
    const waiters: QueuedRequest[] = [];
    for (let waiter = this.first; waiter !== undefined; waiter = waiter.later) waiters.push(waiter);
    // Those who come back at once wait for something else.
    for (const waiter of waiters) {
      if (waiter.queue !== this) continue;
      this.delete(waiter);
      waiter.refuse(error);
    }
  }
}
