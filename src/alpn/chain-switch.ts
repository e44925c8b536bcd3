import type { Observable, Subscriber } from 'rxjs';
import { EndSubscriber } from '../demand/end-subscriber.js';
import { OperatorSubscriber } from '../demand/operator-subscriber.js';

/**
 * The second half of a flow's `switchMap`: the chain of the latest protocol. It works as `switchMap` does, but keeps only the chain once no
 * further protocol can come. A connection lives for hours after one choice, and RxJS would keep 1.2 KB for each to wait for the next.
 * @internal
 */
export class ChainSwitch<P, T> extends OperatorSubscriber<P, T> {
  private chain: ChainSubscriber<T> | undefined = undefined;

  constructor(
    to: Subscriber<T>,
    private readonly select: (protocol: P) => Observable<T>,
  ) {
    super(to);
  }

  protected override _next(protocol: P): void {
    this.chain?.unsubscribe();
    let chosen: Observable<T>;
    try {
      chosen = this.select(protocol);
    } catch (error) {
      this.error(error);
      return;
    }
    const chain = new ChainSubscriber(this.to);
    this.chain = chain;
    chosen.subscribe(chain);
  }

  protected override _complete(): void {
    const { chain, to } = this;
    this.chain = undefined;
    this.unsubscribe();
    if (chain === undefined || chain.closed) return to.complete();
    chain.last = true;
    // In the place of this: of the two, a connection keeps but one.
    to.add(chain);
  }

  protected override onFinalize(): void {
    this.chain?.unsubscribe();
  }
}

/** Passes on the values of a chain; its end is the flow's, if it is the last one. */
class ChainSubscriber<T> extends EndSubscriber<T> {
  last = false;

  constructor(private readonly to: Subscriber<T>) {
    super();
  }

  protected override _next(value: T): void {
    this.to.next(value);
  }

  protected override _error(error: unknown): void {
    this.unsubscribe();
    this.to.error(error);
  }

  protected override _complete(): void {
    this.unsubscribe();
    if (this.last) this.to.complete();
  }
}
