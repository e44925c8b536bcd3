import { asyncScheduler, type SchedulerAction, type SchedulerLike, type Subscription } from 'rxjs';

/** The result of `asyncScheduler.schedule`: with the timer of Node in it, unless time is virtual. */
type TimerAction = Subscription & { readonly id?: { readonly unref?: () => unknown } };

/**
 * `asyncScheduler`, but its timers do not keep the process alive. A client's idle connections, and timers that only wait for them, must not
 * keep a program running.
 * @internal
 */
export const unrefScheduler: SchedulerLike = {
  now: () => asyncScheduler.now(),
  schedule: <T>(work: (this: SchedulerAction<T>, state?: T) => void, delay?: number, state?: T): Subscription => {
    const action: TimerAction = asyncScheduler.schedule(work, delay, state);
    action.id?.unref?.();
    return action;
  },
};
