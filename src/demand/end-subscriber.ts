import { type Observer, Subscriber, Subscription, type TeardownLogic, type Unsubscribable } from 'rxjs';

/**
 * A subscriber at the end of a chain: its events go to `observer`, or to the methods of a subclass. RxJS would wrap an observer in closures
 * there, and catch its errors; a connection has several for hours, and throws nothing. Its first teardown has a field of its own: an array
 * for it, as RxJS has, is 180 bytes.
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
  override add(teardown: TeardownLogic): void {
    if (teardown === this || (teardown !== undefined && teardown === this.teardown)) return;
    if (typeof teardown === 'object' && !this.closed && isOver(this.teardown)) this.teardown = teardown;
    else super.add(teardown);
  }

  override remove(teardown: Exclude<TeardownLogic, void>): void {
    if (teardown === this.teardown) this.teardown = undefined;
    else super.remove(teardown);
  }

  override unsubscribe(): void {
    if (this.closed) return;
    super.unsubscribe();
    const { teardown } = this;
    this.teardown = undefined;
    teardown?.unsubscribe();
  }
}

/** Whether it is undefined, or has nothing left to do. */
function isOver(teardown: Unsubscribable | undefined): boolean {
  return teardown === undefined || (teardown instanceof Subscription && teardown.closed);
}
