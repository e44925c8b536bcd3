import { asyncScheduler, type SchedulerAction, type SchedulerLike, type Subscription } from 'rxjs';

/** What `asyncScheduler` schedules: with the timer of Node in it, unless time is virtual. */
type TimerAction = Subscription & { readonly id?: { readonly unref?: () => unknown } };

/**
 * `asyncScheduler`, but its timers keep no process alive: a client's idle connections, and all that only waits for them to have
 * been idle long enough, are no reason for a program to go on.
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
