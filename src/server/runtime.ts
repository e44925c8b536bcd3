/** What the connections of one subscribed service share: the handler, the clock, the limits, and the error stream. */
import { from, Observable, type SchedulerLike, Subject, type Subscription } from 'rxjs';
import { scope } from '../demand/lease.js';
import { Clock } from '../drive/clock.js';
import { Timing } from '../drive/connection.js';
import type { Limits } from '../limits.js';
import { Fault, type FaultOrigin } from './faults.js';
import type { Handler } from './handler.js';

/** @internal */
export class ServerRuntime<Peer> {
  readonly clock: Clock;
  readonly timing: Timing;
  private readonly faults = new Subject<Fault<Peer>>();
  private handling: Subscription | undefined = undefined;
  /** The fault that is being delivered, and whether the handler of faults failed meanwhile. */
  private stopped = false;

  constructor(
    readonly handler: Handler<Peer>,
    readonly limits: Limits,
    scheduler: SchedulerLike | undefined,
  ) {
    this.clock = new Clock(scheduler);
    this.timing = new Timing(this.clock, limits);
    this.watchFaults();
  }

  /** Delivers a fault; who retains it, answers later. */
  report(thrown: unknown, origin: FaultOrigin<Peer>): void {
    const fault = new Fault(thrown, origin);
    const outer = scope.current;
    scope.current = fault;
    try {
      this.faults.next(fault);
    } finally {
      scope.current = outer;
      fault.delivered();
    }
  }

  stop(): void {
    this.stopped = true;
    this.faults.complete();
    this.handling?.unsubscribe();
  }

  /** A handler of faults that fails or ends would leave the rest unseen: it is subscribed again. */
  private watchFaults(): void {
    const { handler } = this;
    if (handler.error === undefined) return;
    const handled = new Observable<unknown>((subscriber) =>
      from(handler.error!(this.faults.asObservable())).subscribe(subscriber),
    );
    this.handling = handled.subscribe({
      error: (error: unknown) => {
        if (this.stopped) return;
        this.watchFaults();
        // RxJS reports what nobody handles: on a timer of its own, with the process's means.
        throw error;
      },
    });
  }
}
