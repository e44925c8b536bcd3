/**
 * Deadlines, by the hundred thousand and without a timer for each.
 *
 * A time limit has one length for all connections of a service, so the deadlines of one limit form a queue that is in order by
 * itself. Starting and stopping a deadline moves a node of a linked list, and each queue has one action on the scheduler, however
 * many connections there are. A request costs no timer.
 */
import type { Subscription } from 'rxjs';

/** Something that waits for a time limit. */
export interface Expiring {
  /** The time limit is over; `deadline` has been stopped. */
  onDeadline(deadline: Deadline): void;
}

/** One wait of one connection or exchange, started again and again. */
export class Deadline {
  due = 0;
  queue: DeadlineQueue | undefined = undefined;
  previous: Deadline | undefined = undefined;
  next: Deadline | undefined = undefined;

  constructor(readonly owner: Expiring) {}

  stop(): void {
    this.queue?.remove(this);
  }
}

/** The clock, as far as deadlines need it. */
export interface Timers {
  /** How often the clock has been set, as far as it was noticed. */
  readonly sets: number;
  schedule(delay: number, work: () => void): Subscription;
  /** The time of a timer that fired, and was to fire at `due`, an estimate from when `sets` had this value. */
  fired(due: number, sets: number): number;
  /** The set of timers has changed. */
  look(): void;
}

/** All deadlines of one length, soonest first. */
export class DeadlineQueue {
  private first: Deadline | undefined = undefined;
  private last: Deadline | undefined = undefined;
  private action: Subscription | undefined = undefined;
  /** When the action is to fire; `Infinity` if there is no deadline. */
  wakes = Infinity;
  private sets = 0;

  constructor(
    private readonly timers: Timers,
    /** ms; `Infinity`: never. */
    readonly length: number,
  ) {}

  /** Starts `deadline`, from `now` on; or restarts it. */
  start(deadline: Deadline, now: number): void {
    if (deadline.queue !== undefined) deadline.queue.remove(deadline);
    if (this.length === Infinity) return;
    deadline.due = now + this.length;
    deadline.queue = this;
    deadline.previous = this.last;
    if (this.last === undefined) this.first = deadline;
    else this.last.next = deadline;
    this.last = deadline;
    this.wake(this.length, now);
  }

  remove(deadline: Deadline): void {
    const { previous, next } = deadline;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
    deadline.previous = undefined;
    deadline.next = undefined;
    deadline.queue = undefined;
  }

  /** Cancels the action on the scheduler: no connection is left that could wait. */
  rest(): void {
    this.action?.unsubscribe();
    this.action = undefined;
    this.wakes = Infinity;
  }

  /** Checks the deadlines in `delay`, unless it does so before. */
  private wake(delay: number, now: number): void {
    if (this.action !== undefined) return;
    const wait = Math.min(delay, LONGEST);
    this.wakes = now + wait;
    this.sets = this.timers.sets;
    this.action = this.timers.schedule(wait, this.expire);
  }

  private readonly expire = (): void => {
    const now = this.timers.fired(this.wakes, this.sets);
    this.action = undefined;
    this.wakes = Infinity;
    this.timers.look();
    for (let deadline = this.first; deadline !== undefined && deadline.due <= now; deadline = this.first) {
      this.remove(deadline);
      deadline.owner.onDeadline(deadline);
    }
    if (this.first !== undefined) this.wake(this.first.due - now, now);
  };
}

/** A timer of Node cannot be longer, ms; the queue looks again and waits for the rest. */
const LONGEST = 0x7fffffff;
