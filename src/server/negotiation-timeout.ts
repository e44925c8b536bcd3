/** Waits that come before a connection has its protocol: bounded in time, and ended by `stop`. */
import { Observable, type MonoTypeOperatorFunction, type Subscriber } from 'rxjs';
import { OperatorSubscriber } from '../demand/operator-subscriber.js';
import { Deadline, type Expiring } from '../drive/deadline.js';
import type { ProtocolError } from '../errors.js';
import type { GracefulShutdown, Stoppable } from './graceful-shutdown.js';
import type { ServerRuntime } from './server-runtime.js';

/** The awaited result, the time for it, and the reaction. */
export interface Wait<T> {
  readonly limit: 'handshakeTimeout' | 'headTimeout';
  /** It takes too long. */
  onTimeout(waiting: Outcome<T>): void;
  /** The service stops meanwhile. */
  onStop(waiting: Outcome<T>): void;
}

/** How a wait ends before its value has come. */
export interface Outcome<T> {
  settle(value: T): void;
  fail(error: ProtocolError): void;
}

/**
 * Bounds the wait for the first value.
 * @internal
 */
export function bounded<T, Peer>(
  runtime: ServerRuntime<Peer>,
  running: GracefulShutdown,
  wait: Wait<T>,
): MonoTypeOperatorFunction<T> {
  return (source) =>
    new Observable((subscriber) => {
      const waiting = new Waiting(subscriber, wait);
      const { clock, limits } = runtime;
      clock.acquire();
      clock.deadlines(limits[wait.limit]).start(waiting.deadline, clock.now());
      running.add(waiting);
      waiting.add(() => {
        waiting.deadline.stop();
        running.delete(waiting);
        clock.release();
      });
      if (!waiting.closed) source.subscribe(waiting);
    });
}

class Waiting<T> extends OperatorSubscriber<T, T> implements Expiring, Stoppable {
  readonly deadline = new Deadline(this);
  place = 0;

  constructor(
    to: Subscriber<T>,
    private readonly wait: Wait<T>,
  ) {
    super(to);
  }

  settle(value: T): void {
    this.next(value);
  }

  fail(error: ProtocolError): void {
    this.error(error);
  }

  /** The wait is over before the next step begins: nothing of it is kept for the life of the connection. */
  protected override _next(value: T): void {
    const { to } = this;
    this.unsubscribe();
    to.next(value);
    to.complete();
  }

  onDeadline(): void {
    this.wait.onTimeout(this);
  }

  shutdown(): void {
    this.wait.onStop(this);
  }
}
