import { type Observer, Subscriber } from 'rxjs';

/**
 * A subscriber at the end of a chain: what comes goes to `observer`, or to what a subclass makes of it. What RxJS would put
 * there wraps an observer in closures, and catches what it throws; a connection has thousands, and throws nothing.
 * @internal
 */
export class EndSubscriber<T> extends Subscriber<T> {
  // eslint-disable-next-line @typescript-eslint/no-useless-constructor -- RxJS's own is deprecated; the one way to subscribe without closures
  constructor(observer?: Observer<T>) {
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    super(observer);
  }
}
