import { Subscriber } from 'rxjs';
import type { Lease } from './lease.js';

/**
 * Passes each value on inside the delivery that it was made of.
 *
 * @param leaseOf - names that delivery; it is asked once a value.
 * @param afterwards - called when the value has been passed on.
 * @internal
 */
export class ResumingSubscriber<T> extends Subscriber<T> {
  constructor(
    private readonly to: Subscriber<T>,
    private readonly leaseOf: () => Lease | undefined,
    private readonly afterwards?: (lease: Lease) => void,
  ) {
    super(to);
  }

  protected override _next(value: T): void {
    const lease = this.leaseOf();
    if (lease === undefined) return this.to.next(value);
    try {
      lease.resume(() => this.to.next(value));
    } finally {
      this.afterwards?.(lease);
    }
  }
}
