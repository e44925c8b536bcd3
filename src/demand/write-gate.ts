import { Observable, Subject } from 'rxjs';
import { type Creditor, type Delivery, type Lease, scope } from './lease.js';

/**
 * The writer's side of a Subject with backpressure: open while more is welcome.
 *
 * A write inside another delivery, while the gate is shut, holds that delivery until the gate opens. This is how a relay (`request.body`
 * into a response body, one flow into another) slows its sender down without any wiring.
 * @internal
 */
export class Gate {
  private isOpen = true;
  private ended = false;
  private held: Lease[] | undefined = undefined;
  private openings: Subject<void> | undefined = undefined;

  /** False after the end too: a loop that writes while it may must come to its end. */
  get open(): boolean {
    return this.isOpen;
  }

  /**
   * Shuts the gate, and holds the current delivery.
   *
   * @param own - whose deliveries are not held: a queue that waited for itself would for ever.
   */
  shut(own?: Creditor & Delivery): void {
    if (this.ended) return;
    this.isOpen = false;
    const { current } = scope;
    if (current === undefined || current === own) return;
    const lease = current.lease();
    if (own !== undefined && lease.owes(own)) return;
    const held = (this.held ??= []);
    // Many writes in one delivery hold it once.
    if (held[held.length - 1] !== lease) held.push(lease.hold());
  }

  /** More is welcome: the held deliveries go on. */
  reopen(): void {
    if (this.isOpen || this.ended) return;
    this.isOpen = true;
    this.releaseAll();
    // A writer that went on may have shut it again.
    if (this.open) this.openings?.next();
  }

  /** Nothing more will be written, or read: no writer waits any longer. */
  end(): void {
    this.ended = true;
    this.isOpen = false;
    this.releaseAll();
    this.openings?.complete();
  }

  /** Emits when more is welcome: at once if it is already, and each time it is again. Completes at the end. */
  get drained(): Observable<void> {
    return new Observable((subscriber) => {
      if (this.ended) return subscriber.complete();
      // Subscribed to before the first value: a write that it causes may shut and open the gate.
      this.openings ??= new Subject();
      subscriber.add(this.openings.subscribe(subscriber));
      if (this.isOpen) subscriber.next();
    });
  }

  private releaseAll(): void {
    const { held } = this;
    if (held === undefined) return;
    this.held = undefined;
    for (const lease of held) lease.release();
  }
}
