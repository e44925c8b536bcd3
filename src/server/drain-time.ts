/** The drain time of a connection that left HTTP: a protocol of the program's, or the tunnel of a gateway. */
import { Deadline, type Expiring } from '../drive/deadline.js';
import type { Stoppable } from './graceful-shutdown.js';
import type { ServerRuntime } from './server-runtime.js';

/** @internal */
export class DrainTime implements Stoppable, Expiring {
  place = 0;
  private deadline: Deadline | undefined = undefined;

  constructor(
    private readonly runtime: Pick<ServerRuntime<unknown>, 'clock' | 'timing'>,
    private readonly onOver: () => void,
  ) {}

  shutdown(): void {
    const { clock, timing } = this.runtime;
    clock.acquire();
    this.deadline = new Deadline(this);
    timing.drain.start(this.deadline, clock.now());
  }

  stop(): void {
    if (this.deadline === undefined) return;
    this.deadline.stop();
    this.deadline = undefined;
    this.runtime.clock.release();
  }

  onDeadline(): void {
    this.onOver();
  }
}
