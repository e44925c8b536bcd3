import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs';

/**
 * Real time, whose timers keep no process alive: a client's idle connections, and all that only waits for them to have been idle
 * long enough, are no reason for a program to go on.
 * @internal
 */
export const quietScheduler: SchedulerLike = {
  now: () => Date.now(),
  schedule: <T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription => {
    const action = new QuietAction<T>(work);
    return action.schedule(state, delay);
  },
};

class QuietAction<T> extends Subscription implements SchedulerAction<T> {
  private timer: NodeJS.Timeout | undefined = undefined;

  constructor(private readonly work: (this: SchedulerAction<T>, state?: T) => void) {
    super(() => clearTimeout(this.timer));
  }

  schedule(state?: T, delay = 0): Subscription {
    if (this.closed) return this;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.work.call(this, state), delay).unref();
    return this;
  }
}
