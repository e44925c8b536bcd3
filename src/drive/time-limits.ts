/** The time limits of a connection, each as the lane of the clock in which all deadlines of its length wait. */
import type { Limits } from '../limits.js';
import type { Clock } from './clock.js';
import type { Lane } from './deadline.js';

/** What all connections of a service or a client share. */
export class TimeLimits {
  readonly settings: Lane;
  readonly head: Lane;
  readonly idle: Lane;
  readonly body: Lane;
  readonly write: Lane;
  readonly linger: Lane;
  readonly drain: Lane;

  constructor(
    readonly clock: Clock,
    readonly limits: Limits,
  ) {
    this.settings = clock.lane(limits.settingsTimeout);
    this.head = clock.lane(limits.headTimeout);
    this.idle = clock.lane(limits.idleTimeout);
    this.body = clock.lane(limits.bodyTimeout);
    this.write = clock.lane(limits.writeTimeout);
    this.linger = clock.lane(limits.lingerTimeout);
    this.drain = clock.lane(limits.drainTimeout);
  }
}
