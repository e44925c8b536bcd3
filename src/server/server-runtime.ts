/** The shared parts of the connections of a service, or of a chain: the clock, the limits, and the way of a fault. */
import { from, Observable, type SchedulerLike, type Subscription } from 'rxjs';
import { asyncContexts, type HandlerContext } from '../demand/async-context.js';
import { scope } from '../demand/lease.js';
import { reportUnhandled } from '../demand/unhandled-error.js';
import { Clock } from '../drive/clock.js';
import { TimeLimits } from '../drive/time-limits.js';
import type { Limits } from '../limits.js';
import { Faults, type FaultTarget } from './error-stream.js';
import { Fault, FaultHandlerError, type FaultOrigin, NOWHERE, printFault } from './faults.js';
import type { FaultHandler } from './handler.js';

/** @internal */
export class ServerRuntime<Peer> {
  readonly clock: Clock;
  readonly timing: TimeLimits;
  /** The stream of `handler.error`, which is this service's alone. */
  private readonly own: Faults<Peer> | undefined;
  private handling: Subscription | undefined = undefined;
  private stopped = false;
  private context: HandlerContext | undefined = undefined;
  /** The handler of faults failed: the next fault subscribes it again. */
  private unwatched = false;
  /** Faults that a subscriber has retained, and that have no response yet. */
  private readonly retained = new Set<Fault<Peer>>();

  constructor(
    readonly limits: Limits,
    scheduler: SchedulerLike | undefined,
    private readonly shared: FaultTarget<Peer> | undefined,
    private readonly handler?: FaultHandler<Peer>,
  ) {
    this.clock = new Clock(scheduler);
    this.timing = new TimeLimits(this.clock, limits);
    this.own = handler === undefined ? undefined : new Faults();
    if (handler !== undefined) this.watchFaults(handler);
  }

  private get observed(): boolean {
    return this.own?.observed === true || this.shared?.observed === true;
  }

  /**
   * Delivers a fault. A subscriber that retains it responds later; until then it is to be `forgotten` where no response is possible
   * any more.
   */
  report(thrown: unknown, origin: FaultOrigin<Peer>): Fault<Peer> {
    if (this.unwatched) this.watchFaults(this.handler!);
    const fault = new Fault(thrown, origin);
    if (!this.observed) printFault(fault);
    this.deliver(fault);
    if (fault.answerable && this.observed) this.retained.add(fault);
    else fault.creditBack();
    return fault;
  }

  private deliver(fault: Fault<Peer>): void {
    const outer = scope.current;
    scope.current = fault;
    try {
      this.own?.next(fault);
      this.shared?.next(fault);
    } catch (error) {
      // A teardown of its own: the fault, and its exchange, know nothing of it.
      reportUnhandled(error);
    } finally {
      scope.current = outer;
      fault.delivered();
    }
  }

  /** A context for a handler to run in; undefined if there is no more. */
  takeContext(): HandlerContext | undefined {
    const { context } = this;
    if (context === undefined) return asyncContexts.current?.forHandler();
    this.context = undefined;
    return context;
  }

  /** The next handler has it, unless a store was set in it. */
  giveBackContext(context: HandlerContext): void {
    if (!context.used) this.context = context;
  }

  /** A response to it is no longer possible. */
  forget(fault: Fault<Peer>): void {
    this.retained.delete(fault);
  }

  stop(): void {
    this.stopped = true;
    this.own?.complete();
    this.handling?.unsubscribe();
  }

  /**
   * A handler of faults that fails would leave the rest unseen: it is subscribed again. With the next fault, and not before: one
   * that fails at once would do so for ever.
   */
  private watchFaults(handler: FaultHandler<Peer>): void {
    this.unwatched = false;
    const own = this.own!;
    const handled = new Observable<unknown>((subscriber) => from(called(handler, own)).subscribe(subscriber));
    this.handling = handled.subscribe({
      error: (error: unknown) => {
        if (this.stopped) return;
        this.unwatched = true;
        this.onHandlerFailed(error);
      },
    });
  }

  private onHandlerFailed(error: unknown): void {
    const fault = new Fault<Peer>(new FaultHandlerError(error), NOWHERE);
    // The handler has ended: only the shared stream may still have subscribers.
    if (this.shared?.observed === true) this.shared.next(fault);
    else printFault(fault);
    this.respondToRetained();
  }

  /** A handler of faults that has failed is not going to respond to the faults that it retained. */
  private respondToRetained(): void {
    const retained = [...this.retained];
    this.retained.clear();
    for (const fault of retained) fault.creditBack();
  }
}

/** The result of the handler of faults. */
function called<Peer>(handler: FaultHandler<Peer>, faults: Faults<Peer>): ReturnType<FaultHandler<Peer>> {
  const result: unknown = handler(faults.asObservable());
  if (result === undefined || result === null) {
    throw new TypeError('it returned nothing: return an Observable, such as faults.pipe(tap(...))');
  }
  return result as ReturnType<FaultHandler<Peer>>;
}
