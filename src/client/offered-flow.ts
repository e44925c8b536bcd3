/** The flow of a tunnel, until the program takes it: a flow that is never taken must not keep its connection for ever. */
import { Deadline, type Expiring } from '../drive/deadline.js';
import type { TimeLimits } from '../drive/time-limits.js';
import { ClientError } from '../errors.js';
import type { Flow } from '../flow/flow.js';

/** @internal */
export class OfferedFlow implements Expiring {
  private readonly wait = new Deadline(this);
  private waiting = true;

  constructor(
    private readonly flow: Flow,
    private readonly timeLimits: TimeLimits,
  ) {
    // The connection of an upgrade has ended, and released the clock.
    timeLimits.clock.acquire();
    timeLimits.body.start(this.wait, timeLimits.clock.now());
  }

  /** The flow is the program's: no time limit of this side ends it any more. */
  take(): Flow {
    this.stopWaiting();
    return this.flow;
  }

  /** Nobody is going to take it. */
  refuse(): void {
    if (this.waiting) this.take().error();
  }

  onDeadline(): void {
    this.stopWaiting();
    this.flow.error(new ClientError('body-timeout', 'nobody took the flow of the tunnel'));
  }

  private stopWaiting(): void {
    if (!this.waiting) return;
    this.waiting = false;
    this.wait.stop();
    this.timeLimits.clock.release();
  }
}
