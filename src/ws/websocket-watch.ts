/**
 * The time limits of a WebSocket: of a silent peer, its pong, missing messages, a peer that takes nothing, and a close that is not
 * completed. They are deadlines, so that ten thousand idle sockets have one timer.
 */
import type { Clock } from '../drive/clock.js';
import { WRITE_CHECKS } from '../drive/time-limits.js';
import { Deadline, type DeadlineQueue, type Expiring } from '../drive/deadline.js';
import type { Flow } from '../flow/flow.js';
import type { WebSocketLimits } from './engine/websocket-limits.js';

/** What is watched. @internal */
export interface Watched {
  readonly flow: Pick<Flow, 'progress'>;
  /** Whether nothing is being read at the moment. */
  readonly isHeld: boolean;
  sendPing(): void;
  /** Nothing came after a ping. */
  onSilent(): void;
  /** No message went either way. */
  onIdle(): void;
  /** The peer took nothing. */
  onStalled(): void;
  /** The close was not completed. */
  onCloseTimeout(): void;
}

/** @internal */
export class WebSocketWatch implements Expiring {
  private readonly alive: Deadline;
  private readonly pingQueue: DeadlineQueue;
  private isPinged = false;
  private idle: Deadline | undefined = undefined;
  private write: Deadline | undefined = undefined;
  private writeMark = -1;
  /** Checks in a row that saw no progress. */
  private stalledChecks = 0;
  private close: Deadline | undefined = undefined;
  private begun = false;

  constructor(
    private readonly watched: Watched,
    private readonly clock: Clock,
    private readonly limits: WebSocketLimits,
  ) {
    this.alive = new Deadline(this);
    this.pingQueue = clock.deadlines(limits.pingInterval);
  }

  begin(): void {
    this.begun = true;
    this.clock.acquire();
    this.heard();
    if (this.limits.idleTimeout === Infinity) return;
    this.idle = new Deadline(this);
    this.active();
  }

  /** Something came from the peer. */
  heard(): void {
    // Not while it closes, or is over.
    if (this.close !== undefined || !this.begun) return;
    this.isPinged = false;
    this.pingQueue.start(this.alive, this.clock.now());
  }

  /** A message came or goes. */
  active(): void {
    if (this.idle !== undefined) this.clock.deadlines(this.limits.idleTimeout).start(this.idle, this.clock.now());
  }

  /** The peer does not keep up. */
  writing(): void {
    if (this.write?.queue !== undefined) return;
    this.write ??= new Deadline(this);
    this.checkProgress(this.write, this.watched.flow.progress);
  }

  /** The peer has caught up. */
  written(): void {
    this.write?.stop();
  }

  /** A Close frame is on its way: the peer's is waited for. */
  closing(): void {
    this.close ??= new Deadline(this);
    this.alive.stop();
    this.idle?.stop();
    this.start(this.close, this.limits.closeTimeout);
  }

  /** Both are done: the end of the flow is waited for. */
  ending(): void {
    this.write?.stop();
    this.closing();
  }

  end(): void {
    this.alive.stop();
    this.idle?.stop();
    this.write?.stop();
    this.close?.stop();
    if (this.begun) this.clock.release();
    this.begun = false;
  }

  onDeadline(deadline: Deadline): void {
    const { watched, limits } = this;
    if (deadline === this.alive) return this.onQuiet();
    if (deadline === this.close) return watched.onCloseTimeout();
    if (deadline === this.idle) return watched.onIdle();
    const { progress } = watched.flow;
    if (progress !== this.writeMark) return this.checkProgress(deadline, progress);
    if (++this.stalledChecks >= WRITE_CHECKS) return watched.onStalled();
    this.start(deadline, limits.writeTimeout / WRITE_CHECKS);
  }

  /** The peer has taken as much as `mark`: from here on it is given the write timeout. */
  private checkProgress(deadline: Deadline, mark: number): void {
    this.writeMark = mark;
    this.stalledChecks = 0;
    this.start(deadline, this.limits.writeTimeout / WRITE_CHECKS);
  }

  private onQuiet(): void {
    const { watched, limits } = this;
    if (this.isPinged && !watched.isHeld) return watched.onSilent();
    this.isPinged = true;
    this.start(this.alive, limits.pongTimeout);
    watched.sendPing();
  }

  private start(deadline: Deadline, time: number): void {
    this.clock.deadlines(time).start(deadline, this.clock.now());
  }
}
