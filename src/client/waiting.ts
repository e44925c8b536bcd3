/** Requests that wait for room: in order, bounded, and each can leave at any time. */
import { ClientError } from '../errors.js';
import type { Link } from './link.js';
import type { Outbound } from './outbound.js';

/** Someone with a request, who waits for a connection. */
export interface Waiter {
  readonly request: Outbound;
  /** Where it waits, while it does. */
  queue: Waiting | undefined;
  /** It is its turn. */
  begin(link: Link): void;
  /** It will not be. */
  refuse(error: ClientError): void;
}

/** @internal */
export class Waiting {
  private readonly waiters = new Set<Waiter>();

  /** @param onLeft - told when somebody has left before their turn. */
  constructor(
    private readonly limit: number,
    private readonly onLeft: () => void = () => undefined,
  ) {}

  get isEmpty(): boolean {
    return this.waiters.size === 0;
  }

  get size(): number {
    return this.waiters.size;
  }

  private get first(): Waiter | undefined {
    for (const waiter of this.waiters) return waiter;
    return undefined;
  }

  /** @param coming - of those that wait, how many there is room being made for: they are not counted. */
  add(waiter: Waiter, coming = 0): void {
    const { limit } = this;
    if (this.waiters.size >= limit + coming) {
      return waiter.refuse(new ClientError('queue-full', `${limit} requests wait already`, { retryable: true }));
    }
    this.waiters.add(waiter);
    waiter.queue = this;
  }

  /** `waiter` has waited long enough. */
  leave(waiter: Waiter): void {
    this.delete(waiter);
    this.onLeft();
  }

  private delete(waiter: Waiter): void {
    this.waiters.delete(waiter);
    waiter.queue = undefined;
  }

  /** Begins what `link` takes now, all in one turn of its. */
  begin(link: Link): void {
    if (this.waiters.size === 0) return;
    const { first } = this;
    if (first === undefined || !link.takes(first.request)) return;
    const delivery = link.enter();
    try {
      for (const waiter of this.waiters) {
        if (!link.takes(waiter.request)) break;
        this.delete(waiter);
        waiter.begin(link);
      }
    } finally {
      link.leave(delivery);
    }
  }

  /** Nobody will have their turn. */
  refuse(error: ClientError): void {
    // Those who come back at once wait for something else.
    for (const waiter of [...this.waiters]) {
      if (waiter.queue !== this) continue;
      this.delete(waiter);
      waiter.refuse(error);
    }
  }
}
