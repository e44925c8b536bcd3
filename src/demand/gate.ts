import { Observable, Subject } from 'rxjs';
import { type Delivery, type Lease, scope } from './lease.js';

/**
 * The writer's side of a Subject with backpressure: open while more is welcome.
 *
 * A write made inside another delivery, while the gate is shut, holds that delivery until the gate opens: this is how a
 * relay (`request.body` into a response body, one flow into another) slows its sender down with nothing to wire.
 * @internal
 */
export class Gate {
  private isOpen = true;
  private ended = false;
  private held: Lease[] | undefined = undefined;
  private openings: Subject<void> | undefined = undefined;

  get open(): boolean {
    return this.isOpen;
  }

  /** Shuts the gate, and holds the current delivery unless it is `own`: a Subject that waited for itself would for ever. */
  shut(own?: Delivery): void {
    this.isOpen = false;
    const { current } = scope;
    if (current === undefined || current === own || this.ended) return;
    (this.held ??= []).push(current.lease().hold());
  }

  /** More is welcome: what was held goes on. */
  reopen(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.releaseAll();
    if (this.isOpen) this.openings?.next();
  }

  /** Nothing more will be written, or read: nobody is to wait any longer. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.isOpen = true;
    this.releaseAll();
    this.openings?.complete();
  }

  /** Emits when more is welcome: at once if it is already, and each time it is again. Completes at the end. */
  readonly drained: Observable<void> = new Observable((subscriber) => {
    if (this.ended) return subscriber.complete();
    if (this.isOpen) subscriber.next();
    this.openings ??= new Subject();
    return this.openings.subscribe(subscriber);
  });

  private releaseAll(): void {
    const { held } = this;
    if (held === undefined) return;
    this.held = undefined;
    for (const lease of held) lease.release();
  }
}
