/** The time limits of a connection, each as the queue of the deadlines of its length. */
import type { Limits } from '../limits.js';
import type { Clock } from './clock.js';
import type { DeadlineQueue } from './deadline.js';

/** How often a writer is checked within the write timeout. A stall is noticed after 1 to 1.125 times the timeout. */
export const WRITE_CHECKS = 8;

/** The limits and the clock that all connections of a service or a client share. */
export class TimeLimits {
  readonly settings: DeadlineQueue;
  readonly head: DeadlineQueue;
  readonly idle: DeadlineQueue;
  readonly body: DeadlineQueue;
  readonly reader: DeadlineQueue;
  readonly write: DeadlineQueue;
  /** A fraction of the write timeout: see `WriteDeadline`. */
  readonly writeCheck: DeadlineQueue;
  readonly halfClose: DeadlineQueue;
  readonly linger: DeadlineQueue;
  readonly drain: DeadlineQueue;
  readonly queue: DeadlineQueue;
  readonly lameDuck: DeadlineQueue;
  readonly age: DeadlineQueue;
  readonly ping: DeadlineQueue;

  constructor(
    readonly clock: Clock,
    readonly limits: Limits,
  ) {
    this.settings = clock.deadlines(limits.settingsTimeout);
    this.head = clock.deadlines(limits.headTimeout);
    this.idle = clock.deadlines(limits.idleTimeout);
    this.body = clock.deadlines(limits.bodyTimeout);
    this.reader = clock.deadlines(limits.readerTimeout);
    this.write = clock.deadlines(limits.writeTimeout);
    this.writeCheck = clock.deadlines(limits.writeTimeout / WRITE_CHECKS);
    this.halfClose = clock.deadlines(limits.halfCloseTimeout);
    this.linger = clock.deadlines(limits.lingerTimeout);
    this.drain = clock.deadlines(limits.drainTimeout);
    this.queue = clock.deadlines(limits.queueTimeout);
    this.lameDuck = clock.deadlines(limits.lameDuckTimeout);
    this.age = clock.deadlines(limits.connectionAge);
    this.ping = clock.deadlines(limits.pingInterval);
  }
}
