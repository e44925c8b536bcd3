/**
 * Asks an HTTP/2 peer for a sign of life while an exchange waits: a peer that has vanished, without power or network, stays silent. Any byte is a sign of life, so a peer that sends something is not asked. The time between two looks is a limit, and a look costs
 * two comparisons.
 */
import type { Delivery } from '../demand/lease.js';
import { ProtocolError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import { Deadline, type Expiring } from './deadline.js';
import type { TimeLimits } from './time-limits.js';

/** The eight octets of its PING (RFC 9113 section 6.7). */
const SIGN = Buffer.from('LIVENESS', 'latin1');

/** The connection that is watched. */
export interface WatchedConnection {
  readonly engine: { readonly awaiting: string; ping(opaque: Uint8Array): void };
  readonly flow: Pick<Flow, 'ready'>;
  readonly timeLimits: TimeLimits;
  readonly received: number;
  readonly running: boolean;
  enter(): Delivery | undefined;
  leave(delivery: Delivery | undefined): void;
  error(cause: ProtocolError): void;
}

/** @internal */
export class Liveness implements Expiring {
  private readonly deadline = new Deadline(this);
  private mark = -1;
  /** Whether a PING has gone out since the last byte came. */
  private asked = false;

  private constructor(private readonly connection: WatchedConnection) {}

  /** Watches `connection`, if a limit is set. */
  static of(connection: WatchedConnection): Liveness | undefined {
    const { limits } = connection.timeLimits;
    if (limits.pingInterval === Infinity) return undefined;
    const liveness = new Liveness(connection);
    liveness.lookLater();
    return liveness;
  }

  stop(): void {
    this.deadline.stop();
  }

  onDeadline(): void {
    const { connection } = this;
    if (!connection.running) return;
    const silent = connection.received === this.mark && connection.engine.awaiting === 'exchange';
    this.mark = connection.received;
    if (!silent) this.asked = false;
    else if (!this.asked) this.ask();
    // Bytes that wait to be written hold the PING up, and have the write timeout.
    else if (connection.flow.ready) return this.giveUp();
    this.lookLater();
  }

  private lookLater(): void {
    const { running, timeLimits } = this.connection;
    if (!running) return;
    const { ping, clock } = timeLimits;
    ping.start(this.deadline, clock.now());
  }

  private ask(): void {
    this.asked = true;
    const delivery = this.connection.enter();
    try {
      this.connection.engine.ping(SIGN);
    } finally {
      this.connection.leave(delivery);
    }
  }

  private giveUp(): void {
    const message = 'the peer has vanished: it sent nothing, and did not acknowledge a PING within pingInterval';
    this.connection.error(new ProtocolError('connection-reset', message, { scope: 'connection' }));
  }
}
