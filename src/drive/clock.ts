/**
 * The time that connections see. All of it comes from one RxJS scheduler, so virtual time sees it.
 *
 * A system's clock can be set, hours forth or back, and timers do not notice. `Date.now`, which `asyncScheduler` uses, is such a clock. So
 * time here has no jumps. When a timer fires, the time is the one it was set for. In between, the scheduler's clock gives the time that has
 * passed, unless it goes back, or past a timer that has not fired.
 */
import { asyncScheduler, type SchedulerLike, type Subscription } from 'rxjs';
import { callForAll } from '../demand/async-context.js';
import { DateField } from '../http/date.js';
import { DeadlineQueue, type Timers } from './deadline.js';

/** So late a timer may be, ms, before the clock is taken to have been set: on a machine that is busy they are late. */
const LATE = 1000;

/** Queues of single requests from which on unused ones are dropped. */
const MOST_BRIEF = 64;

export class Clock implements Timers {
  private readonly queues = new Map<number, DeadlineQueue>();
  /** The queues of single requests, whose lengths may be any: those in use, and a few more. */
  private readonly brief = new Map<number, DeadlineQueue>();
  private users = 0;
  /** The last reading of the scheduler's clock. */
  private told = 0;
  /** The difference between the clock's time and the scheduler's. */
  private offset = 0;
  private latest = -Infinity;
  /** The scheduler's clock cannot be past this: a timer would have fired. */
  private horizon = Infinity;
  /** How often the clock has been set, as far as it was noticed. */
  sets = 0;
  private readonly dateField = new DateField();

  constructor(private readonly scheduler: SchedulerLike = asyncScheduler) {}

  /** ms since some time: that of the scheduler, but for its jumps. It never goes back. */
  now(): number {
    this.told = this.scheduler.now();
    const now = this.told + this.offset;
    return now < this.latest || now > this.horizon ? this.set(this.latest) : (this.latest = now);
  }

  /** The last reading of the scheduler's clock: the wall clock of this turn. */
  get lastWall(): number {
    return this.told;
  }

  /** ms since the epoch, or since virtual time began, jumps and all, to compare with a date of the peer's. */
  wall(): number {
    return this.scheduler.now();
  }

  /**
   * The time of a timer that fired, and was to fire at `due`, an estimate from when `sets` had this value.
   *
   * Changes of the clock since then do not matter, if no code has seen them. Else some time went unseen. Deadlines that began later must
   * not come earlier for that, so the earlier ones come later.
   */
  fired(due: number, sets: number): number {
    if (sets !== this.sets) return this.now();
    this.told = this.scheduler.now();
    const now = this.told + this.offset;
    return now < due || now > due + LATE ? this.set(Math.max(due, this.latest)) : (this.latest = now);
  }

  /** The set of timers has changed. */
  look(): void {
    this.horizon = Infinity;
    for (const { wakes } of this.queues.values()) this.horizon = Math.min(this.horizon, wakes + LATE);
    for (const { wakes } of this.brief.values()) this.horizon = Math.min(this.horizon, wakes + LATE);
  }

  /** The scheduler's clock has been set; it goes on from `now`. */
  private set(now: number): number {
    this.sets++;
    this.offset = now - this.told;
    return (this.latest = now);
  }

  /** The value of a Date field, as the scheduler's clock had it at the last `now()`. */
  readonly date = (): string => this.dateField.at(this.told);

  /** The queue of the deadlines that are `length` ms long. */
  deadlines(length: number): DeadlineQueue {
    let queue = this.queues.get(length);
    if (queue === undefined) {
      queue = new DeadlineQueue(this, length);
      this.queues.set(length, queue);
    }
    return queue;
  }

  /** The queue of the deadlines of single requests that are `length` ms long. */
  briefDeadlines(length: number): DeadlineQueue {
    const { brief } = this;
    let queue = this.queues.get(length) ?? brief.get(length);
    if (queue === undefined) {
      if (brief.size >= MOST_BRIEF) for (const [known, { wakes }] of brief) if (wakes === Infinity) brief.delete(known);
      queue = new DeadlineQueue(this, length);
      brief.set(length, queue);
    }
    return queue;
  }

  schedule(delay: number, work: () => void): Subscription {
    this.look();
    // A timer serves many: it is not to run, nor to be kept alive, in the context of the exchange that was the first to wait.
    return callForAll(() => this.scheduler.schedule(work, delay));
  }

  /** A connection begins: deadlines may keep the scheduler busy. */
  acquire(): void {
    this.users++;
  }

  /** A connection has gone, its deadlines stopped. With the last one nothing is left on the scheduler. */
  release(): void {
    if (--this.users > 0) return;
    for (const queue of this.queues.values()) queue.rest();
    for (const queue of this.brief.values()) queue.rest();
    this.brief.clear();
    this.look();
  }
}
