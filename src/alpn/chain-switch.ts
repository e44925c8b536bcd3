import type { Observable, Subscriber } from 'rxjs';
import { OperatorSubscriber } from '../demand/operator-subscriber.js';

/**
 * The second half of a flow's `switchMap`: the chain of the protocol that was chosen last. It does as `switchMap` does, but
 * when no further protocol can come it lets go of all but the chain: a connection lives for hours behind one choice, and what
 * RxJS keeps for the next one was 1.2 KB of each.
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
    this.chain = new ChainSubscriber(this.to);
    this.select(protocol).subscribe(this.chain);
  }

  protected override _complete(): void {
    const { chain, to } = this;
    if (chain === undefined || chain.closed) to.complete();
    else chain.last = true;
    this.unsubscribe();
  }
}

/** Passes on what a chain gives; its end is the flow's, if it is the last one. */
class ChainSubscriber<T> extends OperatorSubscriber<T, T> {
  last = false;

  protected override _next(value: T): void {
    this.to.next(value);
  }

  protected override _complete(): void {
    this.unsubscribe();
    if (this.last) this.to.complete();
  }
}
