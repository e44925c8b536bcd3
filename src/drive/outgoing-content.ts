/**
 * The content of a message that goes out: a source's chunks go to the engine by reference, and the source's deliveries are held
 * while more should wait. A source that cannot be held is stopped at a limit, a peer that takes nothing by the write timeout.
 */
import { from, type Observable, type ObservableInput } from 'rxjs';
import { noPiece } from '../body/type-name.js';
import { utf8, withoutMostRest } from '../bytes.js';
import { scope } from '../demand/lease.js';
import { Gate } from '../demand/write-gate.js';
import { ProgramSubscriber } from '../demand/program-subscriber.js';
import { reportUnhandled } from '../demand/unhandled-error.js';
import { BodyOverflow, ProtocolError } from '../errors.js';
import { Fields, type FieldsInit } from '../http/fields.js';
import { limitWords } from '../limits.js';
import type { Expiring } from './deadline.js';
import type { AnyConnection } from './connection.js';
import { WriteDeadline } from './write-deadline.js';

/** Bytes of one message that may wait unsent before a source that does not listen is stopped. */
const OVERFLOW = 16 * 64 * 1024;

/**
 * ms that the head of a response waits for the first content, for the end, or for a failure, which can still be responded to. So a file
 * that cannot be opened is a 500, and a stream of events that has none yet opens all the same.
 */
const HEAD_WAIT = 50;

/**
 * Bytes of content that wait with the head while the source is being subscribed to. So a source that fails, or ends too soon, in the
 * call that subscribes to it can still be responded to.
 */
const FIRST_CONTENT = 16 * 1024;

/** The exchange that the content belongs to. */
export interface OutgoingHost {
  readonly connection: AnyConnection;
  readonly stream: number;
  /** The source failed, or wrote too much: the message cannot be completed. */
  onOutgoingFailed(error: unknown): void;
  /**
   * The head, which waited for the content, goes out. The connection has been entered.
   *
   * @param size - bytes of the whole content, if all of it is known.
   * @returns whether the content may follow.
   */
  sendHeldHead?(size: number | undefined): boolean;
  /** The trailers were left out: the framing has no place for them. */
  onTrailersLost(): void;
  /** A teardown of the source threw. Without this method, it is an unhandled error. */
  tell?(error: unknown): void;
}

/** @internal */
export class OutgoingMessageContent extends ProgramSubscriber<Uint8Array | string> implements Expiring {
  /** Bytes that were given to the engine. */
  sent = 0;
  private readonly gate = new Gate();
  private ending: TrailersSubscriber | undefined = undefined;
  private wait: WriteDeadline | undefined = undefined;
  /** The head waits for the content. */
  private holdsHead = false;
  /** The content that came while the source is being subscribed to. Undefined at any other time. */
  private first: FirstContent | undefined = undefined;

  constructor(
    private readonly host: OutgoingHost,
    private readonly trailers: ObservableInput<FieldsInit> | undefined,
  ) {
    super();
  }

  /** Subscribes to `source`. The head goes out with its first content. */
  begin(source: Observable<Uint8Array | string>): void {
    this.holdsHead = true;
    const first = (this.first = new FirstContent());
    source.subscribe(this);
    this.first = undefined;
    if (!this.isWaiting()) return;
    if (first.isEmpty) this.awaitContent();
    else this.sendFirst(first);
  }

  /** The head goes out in one turn with the content that came with it. */
  private sendFirst(first: FirstContent): void {
    this.first = undefined;
    const { connection, stream } = this.host;
    let more = true;
    const delivery = connection.enter();
    try {
      if (!this.sendHead(first.isWhole ? first.size : undefined)) return;
      for (const chunk of first.chunks) {
        this.sent += chunk.length;
        more = connection.engine.sendData(stream, chunk);
        if (this.isReleased()) return;
      }
    } finally {
      connection.leave(delivery);
    }
    if (this.isReleased()) return;
    this.pace(more, first.size);
    if (first.isWhole && !this.isReleased()) this.endContent();
  }

  private isReleased(): boolean {
    return this.closed;
  }

  private isWaiting(): boolean {
    return this.holdsHead && !this.closed;
  }

  private awaitContent(): void {
    const { timeLimits } = this.host.connection;
    this.wait = new WriteDeadline(this);
    timeLimits.clock.deadlines(HEAD_WAIT).start(this.wait, timeLimits.clock.now());
  }

  /** @returns whether the content may follow: it has not been given up. */
  private sendHead(size?: number): boolean {
    this.holdsHead = false;
    this.wait?.stop();
    const { connection } = this.host;
    const delivery = connection.enter();
    try {
      const follows = this.host.sendHeldHead!(size);
      if (!follows) this.release();
      return !this.closed;
    } catch (error) {
      this.fail(error);
      return false;
    } finally {
      connection.leave(delivery);
    }
  }

  /** The engine has room again. */
  resume(): void {
    this.gate.reopen();
  }

  /** A whole message of `size` bytes was given to the engine, where it waits: the peer has the write time to take some of it. */
  watchWhole(size: number): void {
    this.sent = size;
    this.watch(this.host.connection.engine.queued(this.host.stream));
  }

  /** The exchange is over: the source is let go. */
  release(): void {
    this.wait?.stop();
    this.ending?.unsubscribe();
    // Before the gate: a source that is pulled would go on at once, and an endless one for ever.
    this.unsubscribe();
    this.gate.end();
  }

  protected override _next(content: Uint8Array | string): void {
    const chunk = typeof content === 'string' ? utf8(content) : content;
    // A program in JavaScript, or a cast, can emit other values.
    if (!((chunk as unknown) instanceof Uint8Array)) return this.fail(noPiece(chunk));
    if (chunk.length === 0) return;
    if (this.first !== undefined && this.waitsWithHead(this.first, chunk)) return;
    if (this.holdsHead && !this.sendHead()) return;
    this.sendChunk(chunk);
  }

  /** Whether `chunk` waits with the head. If there is too much, the earlier chunks go out. */
  private waitsWithHead(first: FirstContent, chunk: Uint8Array): boolean {
    if (first.size + chunk.length <= FIRST_CONTENT) {
      first.add(chunk);
      return true;
    }
    this.sendFirst(first);
    return this.closed;
  }

  private sendChunk(content: Uint8Array): void {
    const { connection, stream } = this.host;
    // It waits for earlier chunks, and it may be a small part of a read from another peer.
    const waits = scope.current !== undefined && !(this.gate.open && connection.flow.ready);
    const chunk = waits ? withoutMostRest(content) : content;
    this.sent += chunk.length;
    const delivery = connection.enter();
    const more = connection.engine.sendData(stream, chunk);
    connection.leave(delivery);
    if (!this.closed) this.pace(more, chunk.length);
  }

  /** After `size` bytes: the source goes on, waits, or is stopped. */
  private pace(more: boolean, size: number): void {
    const { connection, stream } = this.host;
    const queued = connection.engine.queued(stream);
    if (queued > 0) this.watch(queued);
    // All has gone to the flow, or little waits: then the flow sets the pace.
    if (queued === 0 || more) return connection.flow.throttle();
    // One chunk may be of any size: it is there already. A source that writes more, after that much waits, does not listen.
    const before = queued - size;
    if (before > OVERFLOW) return this.fail(new BodyOverflow(before, OVERFLOW));
    this.gate.shut();
  }

  protected override _error(error: unknown): void {
    this.fail(error);
  }

  protected override _complete(): void {
    const { first } = this;
    if (first !== undefined) {
      first.isWhole = true;
      return;
    }
    if (this.holdsHead && !this.sendHead()) return;
    this.endContent();
  }

  private endContent(): void {
    this.gate.end();
    if (this.trailers === undefined) this.end(undefined);
    else {
      this.ending = new TrailersSubscriber(
        (trailers) => this.end(trailers),
        (error) => this.fail(error),
        (error) => this.onTeardownFailed(error),
      );
      try {
        from(this.trailers).subscribe(this.ending);
      } catch (error) {
        // A source that `from` does not accept.
        this.fail(error);
      }
    }
  }

  protected override onTeardownFailed(error: unknown): void {
    const { host } = this;
    if (host.tell === undefined) reportUnhandled(error);
    else host.tell(error);
  }

  private end(trailers: FieldsInit | undefined): void {
    const { connection, stream } = this.host;
    const delivery = connection.enter();
    try {
      if (!connection.engine.sendEnd(stream, Fields.from(trailers))) this.host.onTrailersLost();
    } catch (error) {
      this.fail(error);
    } finally {
      connection.leave(delivery);
    }
    this.unsubscribe();
  }

  private fail(error: unknown): void {
    this.release();
    this.host.onOutgoingFailed(error);
  }

  /** Waiting bytes, however few, hold the exchange open: the time starts again whenever the peer takes some. */
  private watch(queued: number): void {
    const taken = this.sent - queued;
    const wait = (this.wait ??= new WriteDeadline(this));
    if (wait.queue === undefined || taken !== wait.taken) wait.begin(taken, this.host.connection.timeLimits);
  }

  onDeadline(): void {
    if (this.holdsHead) return void this.sendHead();
    const { connection, stream } = this.host;
    const { flow, timeLimits } = connection;
    const queued = connection.engine.queued(stream);
    if (queued === 0) return;
    const taken = this.sent - queued;
    const wait = this.wait!;
    // While the flow takes nothing, the message waits for its turn. The connection has its own write timeout.
    if (!flow.ready && taken === wait.taken) return wait.checkLater(timeLimits);
    if (!wait.isOver(taken, timeLimits)) return;
    const words = `the peer takes nothing of the body: ${limitWords(timeLimits.limits, 'writeTimeout')}`;
    this.fail(new ProtocolError('write-timeout', words, { reason: 'CANCEL' }));
  }
}

/** Content that waits with its head. */
class FirstContent {
  readonly chunks: Uint8Array[] = [];
  size = 0;
  /** The source has completed. */
  isWhole = false;

  get isEmpty(): boolean {
    return this.size === 0 && !this.isWhole;
  }

  add(chunk: Uint8Array): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
  }
}

/** Waits for the last value. */
class TrailersSubscriber extends ProgramSubscriber<FieldsInit> {
  private last: FieldsInit | undefined = undefined;

  constructor(
    private readonly done: (trailers: FieldsInit | undefined) => void,
    private readonly failed: (error: unknown) => void,
    private readonly teardownFailed: (error: unknown) => void,
  ) {
    super();
  }

  protected override onTeardownFailed(error: unknown): void {
    this.teardownFailed(error);
  }

  protected override _next(trailers: FieldsInit): void {
    this.last = trailers;
  }

  protected override _error(error: unknown): void {
    this.unsubscribe();
    this.failed(error);
  }

  protected override _complete(): void {
    this.unsubscribe();
    this.done(this.last);
  }
}
