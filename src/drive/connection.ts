/**
 * Runs an engine over a flow, for any protocol and role. Bytes go in, and bytes go out once a turn. "Stop reading" is a held delivery. It
 * also keeps the time limits of the connection, and ends it. A subclass handles the events.
 *
 * Every call into the engine stands between `enter` and `leave`. The outermost `leave` settles: it writes the output of the turn, and
 * checks what the engine waits for, and whether it is done.
 */
import type { Subscription } from 'rxjs';
import { Output } from '../bytes.js';
import { EndSubscriber } from '../demand/end-subscriber.js';
import { type Delivery, type Lease, scope } from '../demand/lease.js';
import type { Awaiting, Engine } from '../engine.js';
import { ProtocolError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import { limitWords } from '../limits.js';
import { Deadline, type DeadlineQueue, type Expiring } from './deadline.js';
import { LingeringClose } from './lingering-close.js';
import type { TimeLimits } from './time-limits.js';
import { WriteDeadline } from './write-deadline.js';

/** About as many bytes are pulled from an engine before the flow is asked again whether it is ready. */
const PULL_BUDGET = 64 * 1024;

/** One Output is enough for all connections, except when a write makes another connection write. */
let spareOutput: Output | undefined = new Output();

/**
 * - `running`: the engine decides.
 * - `lingering`: our side has ended; further input is discarded until the peer ends too (RFC 9112 section 9.6).
 * - `ended`: nothing is left of the connection.
 */
type Phase = 'running' | 'lingering' | 'ended';

/** Any connection, for code that needs only the parts that both roles share. */
export type AnyConnection = Connection<Engine<RequestHead> | Engine<ResponseHead>>;

/** @internal */
export abstract class Connection<E extends Engine<RequestHead> | Engine<ResponseHead>> implements Expiring {
  readonly flow: Flow;
  readonly timeLimits: TimeLimits;
  /** Set by the subclass, before `open`. */
  engine!: E;
  private phase: Phase = 'running';
  private depth = 0;
  private turn: number | undefined = undefined;
  private watched: Awaiting | 'nothing' = 'nothing';
  private peerEnded = false;
  /** The graceful end has begun on this side. */
  protected draining = false;
  private halfCloseMark = -1;
  private held: Lease[] | undefined = undefined;
  private reader: Subscription | undefined = undefined;
  private drained: Subscription | undefined = undefined;
  private readonly waiting = new Deadline(this);
  private writing: WriteDeadline | undefined = undefined;
  private drainLimit: Deadline | undefined = undefined;
  private ageLimit: Deadline | undefined = undefined;
  private closing: LingeringClose | undefined = undefined;
  /** Bytes that came, and that went out, framing included. */
  received = 0;
  sent = 0;
  /** Whether this turn is that of an event of the flow, and not of something that the program did. */
  protected isFlowsTurn = false;

  constructor(flow: Flow, timeLimits: TimeLimits) {
    this.flow = flow;
    this.timeLimits = timeLimits;
  }

  /** The connection has ended: the subclass releases everything. Called once. */
  protected abstract onEnded(): void;
  /** The flow broke, with `error`: the exchanges are lost. */
  protected abstract onBroken(error: ProtocolError): void;
  /** The flow is handed over: the engine has written the switch, and nothing of this connection reads or writes any more. */
  protected abstract onUpgraded(flow: Flow): void;

  /** A turn is over, and its output is written. */
  protected onTurnOver(): void {
    // For subclasses that have more to begin.
  }

  /** Begins to read. The subclass has set the engine. */
  protected open(): void {
    const { clock, age } = this.timeLimits;
    clock.acquire();
    if (age.length !== Infinity) age.start((this.ageLimit = new Deadline(this)), clock.now());
    this.reader = this.flow.subscribe(new EndSubscriber<Uint8Array>(this));
    if (this.depth === 0 && this.phase === 'running') this.leave(this.enter());
  }

  /** The time of this turn: asked for once, however many events a chunk holds. */
  time(): number {
    if (this.depth === 0) return this.timeLimits.clock.now();
    return (this.turn ??= this.timeLimits.clock.now());
  }

  /** The wall clock of this turn, ms since the epoch. */
  wallTime(): number {
    return this.timeLimits.clock.lastWall;
  }

  get ended(): boolean {
    return this.phase === 'ended';
  }

  /** Whether the engine is at work: not after its end, and not while it learns that the flow broke. */
  get running(): boolean {
    return this.phase === 'running';
  }

  /** Whether this is within one of its turns. */
  get entered(): boolean {
    return this.depth > 0;
  }

  /** Goes before any call into the engine; its result goes to `leave`. No delivery is current in between. */
  enter(): Delivery | undefined {
    const delivery = scope.current;
    scope.current = undefined;
    this.depth++;
    return delivery;
  }

  leave(delivery: Delivery | undefined): void {
    try {
      if (--this.depth === 0) {
        if (this.phase === 'running') this.settle();
        this.turn = undefined;
        this.onTurnOver();
      }
    } finally {
      scope.current = delivery;
    }
  }

  /** Bytes from the flow. */
  next(chunk: Uint8Array): void {
    if (this.phase !== 'running') return;
    this.received += chunk.length;
    const delivery = this.enter();
    this.isFlowsTurn = this.depth === 1;
    try {
      this.engine.receive(chunk, this.time());
    } finally {
      this.leave(delivery);
      this.isFlowsTurn = false;
    }
    if (!this.engine.wantsInput && this.running && delivery !== undefined)
      (this.held ??= []).push(delivery.lease().hold());
  }

  /** The peer's FIN. */
  complete(): void {
    this.peerEnded = true;
    if (this.phase === 'lingering') return this.closing?.onPeerEnded();
    if (this.phase !== 'running') return;
    const delivery = this.enter();
    try {
      this.engine.receiveEof(this.time());
      this.restartWatch();
    } finally {
      this.leave(delivery);
    }
  }

  /** The flow broke. */
  error(cause: unknown): void {
    if (this.phase === 'ended') return;
    const error =
      cause instanceof ProtocolError
        ? cause
        : new ProtocolError('connection-reset', 'the connection broke', { scope: 'connection', cause });
    if (this.phase === 'running') {
      this.phase = 'lingering';
      this.onBroken(error);
    }
    this.end();
  }

  /** Begins the graceful end; exchanges have the drain time for theirs. */
  shutdown(): void {
    if (this.phase !== 'running') return;
    if (this.drainLimit === undefined) {
      this.drainLimit = new Deadline(this);
      this.timeLimits.drain.start(this.drainLimit, this.timeLimits.clock.now());
    }
    this.retire();
  }

  /** Begins the graceful end, with no time limit for exchanges. */
  protected retire(): void {
    if (this.draining || this.phase !== 'running') return;
    this.draining = true;
    if (this.watched === 'idle') this.restartWatch();
    const delivery = this.enter();
    this.shutDownEngine();
    this.leave(delivery);
  }

  protected shutDownEngine(): void {
    this.engine.shutdown();
  }

  /** How long the connection may be idle. */
  protected idleTimeout(): DeadlineQueue {
    return this.timeLimits.idle;
  }

  /** Ends at once, both ways. */
  abort(): void {
    if (this.phase === 'ended') return;
    this.end();
  }

  /** A message head came whole, so the next one has the whole time again. */
  protected restartWatch(): void {
    this.watched = 'nothing';
  }

  onDeadline(deadline: Deadline): void {
    if (deadline === this.ageLimit) return this.retire();
    if (deadline === this.drainLimit)
      return this.breakOff(
        'going-away',
        `the drain time is over: ${limitWords(this.timeLimits.limits, 'drainTimeout')}`,
        'local',
      );
    if (deadline === this.writing) return this.onWriteDeadline(this.writing);
    if (this.phase !== 'running') return;
    const delivery = this.enter();
    const { watched } = this;
    this.watched = 'nothing';
    if (watched === 'exchange') this.onHalfClosedDeadline();
    else if (watched !== 'nothing') this.engine.timeout(watched);
    this.leave(delivery);
  }

  /** How long an exchange may go on without a byte for a peer that has ended its side. */
  protected halfCloseTimeout(): DeadlineQueue {
    return this.timeLimits.write;
  }

  private watchHalfClosed(): void {
    this.halfCloseMark = this.flow.progress;
    this.halfCloseTimeout().start(this.waiting, this.time());
  }

  /**
   * The peer ended its side and has been sent nothing since. It may have disconnected, which only a write would show. A peer that is still
   * taking bytes is there; one that takes nothing runs into the write timeout.
   */
  private onHalfClosedDeadline(): void {
    if (!this.flow.ready || this.flow.progress !== this.halfCloseMark) {
      this.watched = 'exchange';
      return this.watchHalfClosed();
    }
    this.breakOff('connection-reset', 'the peer has ended its side, and was sent nothing since', 'peer');
  }

  /** A turn is over. */
  private settle(): void {
    this.flush();
    const { engine } = this;
    if (this.held !== undefined && engine.wantsInput) this.readOn();
    if (!this.running) return;
    if (!engine.hasOutput) {
      if (engine.state === 'closing') return engine.torn ? this.end() : this.finish();
      if (engine.state === 'upgraded') return this.handOver();
    }
    this.watch(engine.awaiting);
  }

  /** Writes the engine's output, while the flow takes it. Events of the engine may bring more: a loop, not a recursion. */
  private flush(): void {
    const { engine, flow } = this;
    this.depth++;
    const output = spareOutput ?? new Output();
    spareOutput = undefined;
    try {
      while (engine.hasOutput && flow.ready && this.running) {
        engine.pull(output, PULL_BUDGET);
        if (output.size === 0) break;
        this.write(output);
        output.clear();
        if (this.peerEnded) this.restartWatch();
      }
    } finally {
      output.clear();
      spareOutput = output;
      this.depth--;
    }
    if (!flow.ready) this.waitForDrain();
  }

  /** A transport that throws violates its contract, and counts as broken: exchanges must not wait for it. */
  private write({ pieces, size }: Output): void {
    this.sent += size;
    try {
      this.flow.write(pieces);
    } catch (cause) {
      const details = { scope: 'connection', initiator: 'local', cause } as const;
      this.error(new ProtocolError('connection-reset', 'the transport failed', details));
    }
  }

  private waitForDrain(): void {
    if (this.writing?.queue !== undefined || !this.running) return;
    this.writing ??= new WriteDeadline(this);
    this.writing.begin(this.flow.progress, this.timeLimits);
    this.drained ??= this.flow.drained.subscribe({
      next: () => {
        this.writing?.stop();
        this.leave(this.enter());
      },
      complete: () => this.onUnwritable(),
    });
  }

  /**
   * The flow takes no more. Its reader gets the error, unless it had all there was to read: a peer that ended its side, and disconnected.
   */
  private onUnwritable(): void {
    if (this.peerEnded && this.running) this.breakOff('connection-reset', 'the peer has gone', 'peer');
  }

  /** A slow peer has taken something since the last check, a stalled one nothing. */
  private onWriteDeadline(writing: WriteDeadline): void {
    if (!writing.isOver(this.flow.progress, this.timeLimits)) return;
    this.breakOff(
      'write-timeout',
      `the peer takes nothing: ${limitWords(this.timeLimits.limits, 'writeTimeout')}`,
      'peer',
    );
  }

  private breakOff(
    code: 'write-timeout' | 'going-away' | 'connection-reset',
    message: string,
    initiator: 'peer' | 'local',
  ): void {
    this.error(new ProtocolError(code, message, { scope: 'connection', initiator }));
  }

  /** Lets the flow read again. The bytes that it delivers now may make the engine full again. */
  private readOn(): void {
    const held = this.held!;
    this.held = undefined;
    for (const lease of held) lease.release();
  }

  private watch(awaiting: Awaiting): void {
    // A message in between restarts the wait (`restartWatch`); PING and its like do not.
    if (awaiting === this.watched) return;
    this.watched = awaiting;
    const { timeLimits } = this;
    switch (awaiting) {
      case 'exchange':
        // How long the program takes is its own business, as long as the peer is there.
        return this.peerEnded ? this.watchHalfClosed() : this.waiting.stop();
      case 'idle':
        return this.idleTimeout().start(this.waiting, this.time());
      case 'head':
        return timeLimits.head.start(this.waiting, this.time());
      case 'preface':
        return timeLimits.settings.start(this.waiting, this.time());
    }
  }

  /** Whether a peer that knows of the graceful end should end the connection first, if it does so soon. */
  protected yieldsEnd(): boolean {
    return false;
  }

  /** Our side is done: sends FIN, waits for the peer's, and discards further input. */
  private finish(): void {
    this.phase = 'lingering';
    this.writing?.stop();
    this.drained?.unsubscribe();
    this.drained = undefined;
    if (this.held !== undefined) this.readOn();
    this.waiting.stop();
    this.closing = new LingeringClose(this.flow, this.timeLimits, this.peerEnded, () => this.end());
    this.closing.begin(this.yieldsEnd());
  }

  private handOver(): void {
    const { flow } = this;
    const leftover = this.engine.leftover();
    this.phase = 'lingering';
    this.reader?.unsubscribe();
    this.reader = undefined;
    flow.unread(leftover);
    if (this.held !== undefined) this.readOn();
    this.letGo();
    this.onUpgraded(flow);
  }

  /** Nothing is left to wait for: the flow is closed, in any state. */
  private end(): void {
    if (this.phase === 'ended') return;
    this.letGo();
    this.reader?.unsubscribe();
    this.reader = undefined;
    if (this.held !== undefined) this.readOn();
    this.flow.error();
    this.onEnded();
  }

  /** Nothing of this connection reads, writes or waits any more. */
  protected letGo(): void {
    this.phase = 'ended';
    this.waiting.stop();
    this.writing?.stop();
    this.drainLimit?.stop();
    this.ageLimit?.stop();
    this.drained?.unsubscribe();
    this.closing?.stop();
    this.timeLimits.clock.release();
  }
}
