/** The end of a response that is not emitted: its request was redirected, or is repeated. */
import { EndSubscriber } from '../demand/end-subscriber.js';
import { Deadline, type Expiring } from '../drive/deadline.js';
import { EMPTY_BODY } from '../drive/incoming-content.js';
import type { TimeLimits } from '../drive/time-limits.js';
import type { ClientResponse } from './response.js';

/** Bytes of it that are read to keep its connection. */
const DRAINED = 64 * 1024;

/**
 * Reads the content of `response` to keep its connection, where that is short, and does not take longer than the linger time: past
 * either it is cancelled.
 * @internal
 */
export function discardResponse({ exchange }: ClientResponse, timeLimits: TimeLimits): void {
  const { body } = exchange;
  if (body === EMPTY_BODY) return exchange.giveUpRequest();
  body.subscribe(new Draining(timeLimits)).add(() => exchange.giveUpRequest());
}

class Draining extends EndSubscriber<Uint8Array> implements Expiring {
  private left = DRAINED;

  constructor({ linger, clock }: TimeLimits) {
    super();
    const time = new Deadline(this);
    linger.start(time, clock.now());
    this.add({ unsubscribe: () => time.stop() });
  }

  onDeadline(): void {
    this.unsubscribe();
  }

  protected override _next(chunk: Uint8Array): void {
    this.left -= chunk.length;
    if (this.left < 0) this.unsubscribe();
  }

  protected override _error(): void {
    this.unsubscribe();
  }

  protected override _complete(): void {
    this.unsubscribe();
  }
}
