/** What the connections of one subscribed service share: the handler, the clock, the limits, and the error stream. */
import { from, Observable, type SchedulerLike, Subject, type Subscription } from 'rxjs';
import { scope } from '../demand/lease.js';
import { reportUnhandled } from '../demand/unhandled-error.js';
import { Clock } from '../drive/clock.js';
import { TimeLimits } from '../drive/time-limits.js';
import type { Limits } from '../limits.js';
import { Fault, type FaultOrigin } from './faults.js';
import type { Handler } from './handler.js';

/** @internal */
export class ServerRuntime<Peer> {
  readonly clock: Clock;
  readonly timing: TimeLimits;
  private readonly faults = new Subject<Fault<Peer>>();
  private handling: Subscription | undefined = undefined;
  private stopped = false;
  /** The handler of faults failed: the next fault subscribes it again. */
  private unwatched = false;
  /** Faults whose handler has retained them, and has not answered yet. */
  private readonly retained = new Set<Fault<Peer>>();

  constructor(
    readonly handler: Handler<Peer>,
    readonly limits: Limits,
    scheduler: SchedulerLike | undefined,
  ) {
    this.clock = new Clock(scheduler);
    this.timing = new TimeLimits(this.clock, limits);
    this.watchFaults();
  }

  /** Delivers a fault; who retains it, answers later. Until then it is to be `forgotten` where no answer is possible any more. */
  report(thrown: unknown, origin: FaultOrigin<Peer>): Fault<Peer> {
    if (this.unwatched) this.watchFaults();
    const fault = new Fault(thrown, origin);
    const outer = scope.current;
    scope.current = fault;
    try {
      this.faults.next(fault);
    } catch (error) {
      // A teardown of its own: the fault, and whose it is, know nothing of it.
      reportUnhandled(error);
    } finally {
      scope.current = outer;
      fault.delivered();
    }
    if (fault.answerable && !this.unwatched) this.retained.add(fault);
    else fault.creditBack();
    return fault;
  }

  /** Nobody can answer it any more. */
  forget(fault: Fault<Peer>): void {
    this.retained.delete(fault);
  }

  stop(): void {
    this.stopped = true;
    this.faults.complete();
    this.handling?.unsubscribe();
  }

  /**
   * A handler of faults that fails would leave the rest unseen: it is subscribed again. With the next fault, and not before: one
   * that fails at once would do so for ever.
   */
  private watchFaults(): void {
    const { handler } = this;
    if (handler.error === undefined) return;
    this.unwatched = false;
    const handled = new Observable<unknown>((subscriber) =>
      from(handler.error!(this.faults.asObservable())).subscribe(subscriber),
    );
    this.handling = handled.subscribe({
      error: (error: unknown) => {
        if (this.stopped) return;
        this.unwatched = true;
        this.answerRetained();
        // RxJS reports what nobody handles: on a timer of its own, with the process's means.
        throw error;
      },
    });
  }

  /** A handler of faults that has failed is not going to answer what it retained. */
  private answerRetained(): void {
    const retained = [...this.retained];
    this.retained.clear();
    for (const fault of retained) fault.creditBack();
  }
}
