import { type Observer, Subscriber, type Unsubscribable } from 'rxjs';

/**
 * A subscriber at the end of a chain: what comes goes to `observer`, or to what a subclass makes of it. What RxJS would put
 * there wraps an observer in closures, and catches what it throws; a connection has several for hours, and throws nothing.
 * Its one teardown has a field of its own: an array for it, as RxJS has, is 180 bytes.
 * @internal
 */
export class EndSubscriber<T> extends Subscriber<T> {
  private teardown: Unsubscribable | undefined;

  constructor(observer?: Observer<T>) {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the one way to subscribe without closures
    super(observer);
    this.teardown = undefined;
  }

  /** Sees to it that `teardown` ends with this. */
  own(teardown: Unsubscribable): void {
    if (this.closed) teardown.unsubscribe();
    else if (this.teardown === undefined) this.teardown = teardown;
    else this.add(teardown);
  }

  override unsubscribe(): void {
    if (this.closed) return;
    super.unsubscribe();
    const { teardown } = this;
    this.teardown = undefined;
    teardown?.unsubscribe();
  }
}

/**
 * Sees to it that `teardown` ends with `subscriber`.
 * @internal
 */
export function ownedBy(subscriber: Subscriber<unknown>, teardown: Unsubscribable): void {
  if (subscriber instanceof EndSubscriber) subscriber.own(teardown);
  else subscriber.add(teardown);
}
