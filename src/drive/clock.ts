/**
 * Time for connections: deadlines, the Date field, and now. All of it comes from one RxJS scheduler, so virtual time sees it.
 *
 * A time limit has one length for all connections of a service, so those who wait for it form a queue that is in order by
 * itself: starting and stopping a deadline is moving a node of a linked list, and each length has one action on the
 * scheduler, whatever the number of connections. A request costs no timer.
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
    this.action ??= this.clock.schedule(this.length, this.expire);
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
  }

  private readonly expire = (): void => {
    this.action = undefined;
    const now = this.clock.now();
    for (let deadline = this.first; deadline !== undefined && deadline.due <= now; deadline = this.first) {
      this.remove(deadline);
      deadline.owner.onDeadline(deadline);
    }
    if (this.first !== undefined) this.action ??= this.clock.schedule(this.first.due - now, this.expire);
  };
}

export class Clock {
  private readonly lanes = new Map<number, Lane>();
  private users = 0;
  private latest = 0;
  private dateSecond = Number.NaN;
  private dateText = '';

  constructor(private readonly scheduler: SchedulerLike = asyncScheduler) {}

  /** ms since the epoch, or since virtual time began. */
  now(): number {
    return (this.latest = this.scheduler.now());
  }

  /** The value of a Date field (RFC 9110 section 6.6.1), as of the last `now()`; made once a second. */
  readonly date = (): string => {
    const second = Math.floor(this.latest / 1000);
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
    // A timer of Node cannot be longer; the lane looks again and waits for the rest.
    return this.scheduler.schedule(work, Math.min(delay, 0x7fffffff));
  }

  /** A connection is there: lanes may keep the scheduler busy. */
  acquire(): void {
    this.users++;
  }

  /** A connection has gone, its deadlines stopped. With the last one nothing is left on the scheduler. */
  release(): void {
    if (--this.users === 0) for (const lane of this.lanes.values()) lane.rest();
  }
}
