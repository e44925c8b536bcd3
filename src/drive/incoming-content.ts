/**
 * The content of an incoming message. Engine events become a Body, and the Body's credit goes back to the engine. A peer that stops sending
 * content while it is being read runs into the body timeout. A reader that stops taking bytes runs into the reader timeout, if one is set.
 */
import { AsyncSubject, type Observable } from 'rxjs';
import { Body, type BodyOwner } from '../body/body.js';
import { reportUnhandled } from '../demand/unhandled-error.js';
import { ProtocolError } from '../errors.js';
import { Fields } from '../http/fields.js';
import { limitWords } from '../limits.js';
import { Deadline, type DeadlineQueue, type Expiring } from './deadline.js';
import type { AnyConnection } from './connection.js';

/** The content after a head. It is made when it is asked for: the body of a request has no cost until it is read. */
export interface IncomingContent {
  readonly body: Body;
  readonly trailers: Observable<Fields>;
}

/** The exchange that the content belongs to. */
export interface IncomingHost {
  readonly connection: AnyConnection;
  readonly stream: number;
  /**
   * Nothing came for as long as the body timeout, or nothing was taken for as long as the reader timeout; the body's reader has the error.
   */
  onBodyTimeout(error: ProtocolError): void;
  /** The body's reader unsubscribed before the end. */
  onBodyCancelled(): void;
  /** The body's reader unsubscribed before it had all, though all has come: a client need not send the rest of its request. */
  giveUpRequest?(): void;
  /** `error`, in the words of this role, for the body's reader. */
  bodyError(error: ProtocolError): Error;
  /** Whether nothing goes on before the reader has taken all, though all has come. */
  readonly awaitsReader?: boolean;
  /** How long the body may not go on, if that is not the limit of the connection. */
  readonly bodyTime?: DeadlineQueue | undefined;
  /** A teardown of the reader threw. Without this method, it is an unhandled error. */
  tell?(error: unknown): void;
}

/** @internal */
export class IncomingMessageContent implements BodyOwner, Expiring {
  readonly body: Body;
  /** Bytes that came. */
  received = 0;
  /** Whether more is to come. */
  open = true;
  private discarding = false;
  private unlimited = false;
  private read = false;
  private receivedTrailers: Fields | undefined = undefined;
  private trailersSubject: AsyncSubject<Fields> | undefined = undefined;
  private wait: Deadline | undefined = undefined;
  /** Made when a reader holds its sender up, and that has a time limit. */
  private readerWait: Deadline | undefined = undefined;

  constructor(private readonly host: IncomingHost) {
    this.body = new Body({
      window: host.connection.timeLimits.limits.bodyWindow,
      limit: Infinity,
      owner: this,
      joins: true,
    });
  }

  get trailers(): Observable<Fields> {
    if (this.trailersSubject === undefined) {
      this.trailersSubject = new AsyncSubject();
      if (!this.open) this.giveTrailers(this.receivedTrailers);
    }
    return this.trailersSubject.asObservable();
  }

  /** Content came. */
  data(chunk: Uint8Array): void {
    const { connection, stream } = this.host;
    this.received += chunk.length;
    if (this.discarding || !this.open) return connection.engine.credit(stream, chunk.length);
    // Without a reader, bytes that trickle in do not make the wait longer.
    if (this.wait !== undefined && this.read) this.bodyTime.start(this.wait, connection.time());
    try {
      this.body.next(chunk);
    } catch (error) {
      this.readerThrew(error);
    }
    if (this.isFull) this.watchReader();
  }

  /** The message is complete. */
  end(trailers: Fields): void {
    this.stop();
    // First: a program may ask for them as the body completes.
    this.receivedTrailers = trailers;
    try {
      this.body.complete();
    } catch (error) {
      this.readerThrew(error);
    }
    this.giveTrailers(trailers);
    if (this.holdsUp) this.watchReader();
    else this.readerWait?.stop();
  }

  /** The message breaks off: its reader gets the bytes that came, then the error. */
  truncate(error: Error): void {
    if (!this.open) return;
    this.stop();
    this.readerWait?.stop();
    this.breakOff(error);
    this.giveTrailers(undefined);
  }

  /** The exchange is over: waiting chunks are dropped. */
  reset(error: Error): void {
    if (!this.open) return;
    this.stop();
    this.readerWait?.stop();
    try {
      this.body.error(error);
    } catch (thrown) {
      this.readerThrew(thrown);
    }
    this.giveTrailers(undefined);
  }

  /** There is no time limit for the bytes from here on. */
  keepOpen(): void {
    this.unlimited = true;
    this.stopWaiting();
    this.wait = undefined;
    this.readerWait = undefined;
  }

  /** The exchange is over, or has no time limits any more. */
  stopWaiting(): void {
    this.wait?.stop();
    this.readerWait?.stop();
  }

  /** The body has no subscriber yet: a program that never subscribes must not keep the exchange for ever. */
  awaitReader(): void {
    if (this.open && !this.discarding && this.wait === undefined) this.startWait();
  }

  /** All the streams of an HTTP/2 connection share its window. */
  get sharesWindow(): boolean {
    return this.host.connection.engine.protocol === 'h2';
  }

  onBodyStart(): void {
    this.read = true;
    if (this.holdsUp) this.watchReader();
    if (!this.open) return;
    const { connection, stream } = this.host;
    this.startWait();
    const delivery = connection.enter();
    connection.engine.sendContinue(stream);
    connection.leave(delivery);
  }

  onBodyCredit(size: number): void {
    const { connection, stream } = this.host;
    if (connection.ended) return;
    if (this.readerWait !== undefined) this.readerTook(this.readerWait);
    const delivery = connection.enter();
    connection.engine.credit(stream, size);
    connection.leave(delivery);
  }

  onBodyCancel(): void {
    this.discarding = true;
    this.stopWaiting();
    if (this.open) this.host.onBodyCancelled();
    else this.host.giveUpRequest?.();
  }

  /** Whether as much waits here, or is retained, as holds its sender up. */
  private get isFull(): boolean {
    return this.body.unacked * 2 > this.body.window;
  }

  /** Whether it is the reader's turn: its sender waits for it, or nothing more comes and there is no response. */
  private get holdsUp(): boolean {
    return this.open ? this.isFull : this.body.unacked > 0 && this.host.awaitsReader === true;
  }

  /** No byte came for a while. If as much waits here as may, that was not the peer's fault. */
  onDeadline(deadline: Deadline): void {
    if (deadline === this.readerWait) return this.onReaderDeadline();
    const { timeLimits } = this.host.connection;
    if (this.read && this.isFull) return this.bodyTime.start(deadline, timeLimits.clock.now());
    const message = `${this.read ? 'the body does not go on' : 'nobody reads the body'}: ${limitWords({ bodyTimeout: this.bodyTime.length }, 'bodyTimeout')}`;
    const error = new ProtocolError('body-timeout', message, { status: 408, reason: 'CANCEL' });
    this.breakOff(this.host.bodyError(error));
    this.host.onBodyTimeout(error);
  }

  /** No byte was taken for a while. */
  private onReaderDeadline(): void {
    if (!this.holdsUp) return;
    const limit = limitWords(this.host.connection.timeLimits.limits, 'readerTimeout');
    const words = `the program takes nothing of the body: a chunk is retained and not released, or a branch of tee() is not read (${limit})`;
    const error = new ProtocolError('reader-timeout', words, {
      initiator: 'local',
      status: 500,
      reason: 'INTERNAL_ERROR',
    });
    this.stopWaiting();
    try {
      this.body.error(this.host.bodyError(error));
    } catch (thrown) {
      this.readerThrew(thrown);
    }
    this.host.onBodyTimeout(error);
  }

  /** Starts the reader timeout, unless it runs. */
  private watchReader(): void {
    const { reader, clock } = this.host.connection.timeLimits;
    if (!this.read || this.unlimited || reader.length === Infinity) return;
    const wait = (this.readerWait ??= new Deadline(this));
    if (wait.queue === undefined) reader.start(wait, clock.now());
  }

  private readerTook(wait: Deadline): void {
    const { reader, clock } = this.host.connection.timeLimits;
    if (this.holdsUp) reader.start(wait, clock.now());
    else wait.stop();
  }

  private get bodyTime(): DeadlineQueue {
    return this.host.bodyTime ?? this.host.connection.timeLimits.body;
  }

  private startWait(): void {
    if (this.unlimited) return;
    const { connection } = this.host;
    this.wait ??= new Deadline(this);
    this.bodyTime.start(this.wait, connection.time());
  }

  private breakOff(error: Error): void {
    try {
      this.body.truncate(error);
    } catch (thrown) {
      this.readerThrew(thrown);
    }
  }

  /** RxJS catches the errors of a subscriber, except those of a teardown: that error goes to the code that ended the reader. */
  private readerThrew(error: unknown): void {
    const { host } = this;
    if (host.tell === undefined) reportUnhandled(error);
    else host.tell(error);
  }

  private stop(): void {
    this.open = false;
    this.wait?.stop();
  }

  private giveTrailers(trailers: Fields | undefined): void {
    this.receivedTrailers = trailers;
    if (trailers !== undefined) this.trailersSubject?.next(trailers);
    this.trailersSubject?.complete();
  }
}

/** The body of a message without content: complete, for any subscriber. */
class EmptyBody extends Body {
  constructor() {
    super();
    this.complete();
  }

  protected override mayBeSubscribed(): boolean {
    return true;
  }

  /** It is shared: nothing of one subscription is to be seen by another. */
  protected override _subscribe(subscriber: Parameters<Body['_subscribe']>[0]): void {
    subscriber.complete();
  }
}

/** One for all. */
export const EMPTY_BODY: Body = new EmptyBody();
