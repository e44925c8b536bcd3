/**
 * The end of a connection whose engine is done: FIN, and a wait for that of the peer. Input that comes meanwhile is discarded, so that a
 * reset does not destroy the last response (RFC 9112 section 9.6).
 */
import type { Subscription } from 'rxjs';
import type { Flow } from '../flow/flow.js';
import type { Expiring } from './deadline.js';
import type { TimeLimits } from './time-limits.js';
import { WriteDeadline } from './write-deadline.js';

/** @internal */
export class LingeringClose implements Expiring {
  private endSent = false;
  private flushed = false;
  private drained: Subscription | undefined = undefined;
  private readonly wait = new WriteDeadline(this);

  constructor(
    private readonly flow: Flow,
    private readonly timeLimits: TimeLimits,
    private peerEnded: boolean,
    /** Called once nothing is left to wait for. */
    private readonly done: () => void,
  ) {}

  /** Begins. `yields`: the peer is to end the connection first, if it does so soon. */
  begin(yields: boolean): void {
    if (!yields || this.peerEnded) this.sendEnd();
    else this.linger();
  }

  /** The peer's FIN. */
  onPeerEnded(): void {
    this.peerEnded = true;
    if (this.endSent) this.endWhenDone();
    else this.sendEnd();
  }

  stop(): void {
    this.wait.stop();
    this.drained?.unsubscribe();
  }

  /**
   * A peer that was to end first, and does not, is not waited for. A peer that is still taking our last bytes has more time; a peer that
   * only goes on sending does not.
   */
  onDeadline(): void {
    if (!this.endSent) this.sendEnd();
    else if (this.flushed || this.wait.isOver(this.flow.progress, this.timeLimits)) this.done();
  }

  private sendEnd(): void {
    this.endSent = true;
    this.awaitFlush();
    this.flow.complete();
    this.drained = this.flow.drained.subscribe({
      complete: () => {
        if (this.drained?.closed === true) return;
        this.flushed = true;
        this.linger();
        this.endWhenDone();
      },
    });
  }

  private endWhenDone(): void {
    if (this.flushed && this.peerEnded) this.done();
  }

  /** Our last bytes are on their way: the peer has as long for them as for any others. Then only its own end is waited for. */
  private awaitFlush(): void {
    this.wait.begin(this.flow.progress, this.timeLimits);
  }

  private linger(): void {
    this.timeLimits.linger.start(this.wait, this.timeLimits.clock.now());
  }
}
