import { Subscriber } from 'rxjs';

/**
 * The base of the operators here: takes values, and gives its own to `to`. RxJS keeps its like to itself.
 *
 * Leases are given back in `onFinalize`, after the source has been unsubscribed. Otherwise a source that writes when it gets credit would
 * find a reader that takes everything and keeps nothing.
 * @internal
 */
export abstract class OperatorSubscriber<T, R> extends Subscriber<T> {
  private readonly constructed: boolean;

  constructor(protected readonly to: Subscriber<R>) {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the one way to be an operator without a closure a value
    super(to);
    this.constructed = true;
  }

  override unsubscribe(): void {
    if (this.closed) return;
    super.unsubscribe();
    // One that is closed at its birth, because `to` is, has taken nothing.
    if (this.constructed) this.onFinalize();
  }

  /** The subscription is over, by any end: called once, when the source has been unsubscribed. */
  protected onFinalize(): void {
    // Nothing to give back.
  }
}
