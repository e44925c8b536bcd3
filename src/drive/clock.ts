/**
 * Time for connections: deadlines, the Date field, and now. All of it comes from one RxJS scheduler, so virtual time sees it.
 *
 * A time limit has one length for all connections of a service, so those who wait for it form a queue that is in order by
 * itself: starting and stopping a deadline is moving a node of a linked list, and each length has one action on the
 * scheduler, whatever the number of connections. A request costs no timer.
 *
 * A clock can be set, hours forth or back, and timers know nothing of it: `Date.now`, which is that of `asyncScheduler`, is such a
 * one. So time here has no jumps. Where a timer fires, it is the time that it was for; in between, the scheduler's clock tells how
 * much has gone by, unless it goes back, or past a timer that has not fired.
 */
import { asyncScheduler, type SchedulerLike, type Subscription } from 'rxjs';

/** Something that waits for a time limit. */
export interface Expiring {
  /** The time limit is over; `deadline` has been stopped. */
  onDeadline(deadline: Deadline): void;
}

/** One wait of one connection or exchange, started again and again. */
export class Deadline {
  due = 0;
  lane: Lane | undefined = undefined;
  previous: Deadline | undefined = undefined;
  next: Deadline | undefined = undefined;

  constructor(readonly owner: Expiring) {}

  stop(): void {
    this.lane?.remove(this);
  }
}

/** All the waits of one length, soonest first. */
export class Lane {
  private first: Deadline | undefined = undefined;
  private last: Deadline | undefined = undefined;
  private action: Subscription | undefined = undefined;
  /** When the action is to fire; `Infinity` where there is none. */
  wakes = Infinity;
  private sets = 0;

  constructor(
    private readonly clock: Clock,
    /** ms; `Infinity`: never. */
    readonly length: number,
  ) {}

  /** Starts `deadline`, from `now` on; if it was started, anew. */
  start(deadline: Deadline, now: number): void {
    if (deadline.lane !== undefined) deadline.lane.remove(deadline);
    if (this.length === Infinity) return;
    deadline.due = now + this.length;
    deadline.lane = this;
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
    deadline.lane = undefined;
  }

  /** Lets go of the scheduler: no connection is left that could wait. */
  rest(): void {
    this.action?.unsubscribe();
    this.action = undefined;
    this.wakes = Infinity;
  }

  /** Looks at what is due in `delay`, unless it does so before. */
  private wake(delay: number, now: number): void {
    if (this.action !== undefined) return;
    const wait = Math.min(delay, LONGEST);
    this.wakes = now + wait;
    this.sets = this.clock.sets;
    this.action = this.clock.schedule(wait, this.expire);
  }

  private readonly expire = (): void => {
    const now = this.clock.fired(this.wakes, this.sets);
    this.action = undefined;
    this.wakes = Infinity;
    this.clock.look();
    for (let deadline = this.first; deadline !== undefined && deadline.due <= now; deadline = this.first) {
      this.remove(deadline);
      deadline.owner.onDeadline(deadline);
    }
    if (this.first !== undefined) this.wake(this.first.due - now, now);
  };
}

/** A timer of Node cannot be longer, ms; the lane looks again and waits for the rest. */
const LONGEST = 0x7fffffff;

/** So late a timer may be, ms, before the clock is taken to have been set: on a machine that is busy they are late. */
const LATE = 1000;

export class Clock {
  private readonly lanes = new Map<number, Lane>();
  private users = 0;
  /** What the scheduler's clock said last. */
  private told = 0;
  /** What is to be added to that. */
  private offset = 0;
  private latest = -Infinity;
  /** The scheduler's clock cannot be past this: a timer would have fired. */
  private horizon = Infinity;
  /** How often the clock has been set, as far as anybody has seen. */
  sets = 0;
  private dateSecond = Number.NaN;
  private dateText = '';

  constructor(private readonly scheduler: SchedulerLike = asyncScheduler) {}

  /** ms since some time: that of the scheduler, but for its jumps. It never goes back. */
  now(): number {
    this.told = this.scheduler.now();
    const now = this.told + this.offset;
    return now < this.latest || now > this.horizon ? this.set(this.latest) : (this.latest = now);
  }

  /** What the scheduler's clock said when it was asked last: the wall clock of this turn. */
  get lastWall(): number {
    return this.told;
  }

  /** ms since the epoch, or since virtual time began, jumps and all: what is compared with a date of the peer's. */
  wall(): number {
    return this.scheduler.now();
  }

  /**
   * The time of a timer that fired, and was to fire at `due`: as said when `sets` was what it is.
   *
   * What the clock did since then does not matter, if nobody has seen it. Else some time went unseen, and who began to wait behind it
   * must not wait less for that: those before wait longer.
   */
  fired(due: number, sets: number): number {
    if (sets !== this.sets) return this.now();
    this.told = this.scheduler.now();
    const now = this.told + this.offset;
    return now < due || now > due + LATE ? this.set(Math.max(due, this.latest)) : (this.latest = now);
  }

  /** The timers are others now. */
  look(): void {
    this.horizon = Infinity;
    for (const { wakes } of this.lanes.values()) this.horizon = Math.min(this.horizon, wakes + LATE);
  }

  /** The scheduler's clock has been set; it goes on from `now`. */
  private set(now: number): number {
    this.sets++;
    this.offset = now - this.told;
    return (this.latest = now);
  }

  /** The value of a Date field (RFC 9110 section 6.6.1), as the scheduler's clock had it at the last `now()`; made once a second. */
  readonly date = (): string => {
    const second = Math.floor(this.told / 1000);
    if (second !== this.dateSecond) {
      this.dateSecond = second;
      this.dateText = new Date(second * 1000).toUTCString();
    }
    return this.dateText;
  };

  /** The queue of the waits that are `length` ms long. */
  lane(length: number): Lane {
    let lane = this.lanes.get(length);
    if (lane === undefined) {
      lane = new Lane(this, length);
      this.lanes.set(length, lane);
    }
    return lane;
  }

  schedule(delay: number, work: () => void): Subscription {
    this.look();
    return this.scheduler.schedule(work, delay);
  }

  /** A connection is there: lanes may keep the scheduler busy. */
  acquire(): void {
    this.users++;
  }

  /** A connection has gone, its deadlines stopped. With the last one nothing is left on the scheduler. */
  release(): void {
    if (--this.users > 0) return;
    for (const lane of this.lanes.values()) lane.rest();
    this.look();
  }
}
