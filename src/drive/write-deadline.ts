/**
 * The write timeout of one writer: a message, a connection, or the last bytes of one. The writer is checked several times within the
 * timeout. So a stall that begins right after a check is noticed a fraction of the timeout late, and not a whole timeout.
 */
import { Deadline } from './deadline.js';
import { type TimeLimits, WRITE_CHECKS } from './time-limits.js';

/** @internal */
export class WriteDeadline extends Deadline {
  /** What the peer had taken at the last check that found progress; any count that changes with it. */
  taken = 0;
  /** How many checks in a row found no progress. */
  private stalls = 0;

  /** Starts the whole timeout. */
  begin(taken: number, timeLimits: TimeLimits): void {
    this.taken = taken;
    this.stalls = 0;
    this.checkLater(timeLimits);
  }

  /** A check, when this deadline is due. Returns whether the timeout is over; otherwise, the wait goes on. */
  isOver(taken: number, timeLimits: TimeLimits): boolean {
    if (taken !== this.taken) this.begin(taken, timeLimits);
    else if (++this.stalls >= WRITE_CHECKS) return true;
    else this.checkLater(timeLimits);
    return false;
  }

  /** Waits for the next check, without a result of this one. */
  checkLater({ writeCheck, clock }: TimeLimits): void {
    writeCheck.start(this, clock.now());
  }
}
