/** The time limits of a connection, each as the queue of the deadlines of its length. */
import type { Limits } from '../limits.js';
import type { Clock } from './clock.js';
import type { DeadlineQueue } from './deadline.js';

/** How often a stalled stream is looked at within the write timeout. */
export const WRITE_CHECKS = 4;

/** What all connections of a service or a client share. */
export class TimeLimits {
  readonly settings: DeadlineQueue;
  readonly head: DeadlineQueue;
  readonly idle: DeadlineQueue;
  readonly body: DeadlineQueue;
  readonly reader: DeadlineQueue;
  readonly write: DeadlineQueue;
  /** A part of the write timeout: a stall is noticed that much later than it is over, at most. */
  readonly writeCheck: DeadlineQueue;
  readonly halfClose: DeadlineQueue;
  readonly linger: DeadlineQueue;
  readonly drain: DeadlineQueue;
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
    this.ping = clock.deadlines(limits.pingInterval);
  }
}
