/**
 * The state that all parts of a connection share: its streams, its windows and settings, and its end. `FrameHandling` reads and
 * `MessageSending` writes; neither knows the other.
 *
 * Open streams are in a table. A stream leaves it when it closes, and only its identifier is remembered for a while. So the cost of a step
 * does not depend on the number of streams. The exceptions concern all of them: a change of INITIAL_WINDOW_SIZE, and the end.
 */
import type { EngineState } from '../engine.js';
import { ProtocolError } from '../errors.js';
import type { H2ErrorCode } from '../errors.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import type { Limits } from '../limits.js';
import { StreamTable } from '../streams.js';
import { AbuseLimits } from './abuse-limits.js';
import { ClosedStreams } from './closed-streams.js';
import type { Goaway } from './frame/goaway.js';
import { writeRstStream } from './frame/rst-stream.js';
import { writeWindowUpdate } from './frame/window-update.js';
import { FrameWriter } from './frame/writer.js';
import type { H2Events, H2Options } from './engine-contract.js';
import { calmError } from './errors.js';
import { GracefulShutdown } from './graceful-shutdown.js';
import { HpackEncoder } from './hpack/encoder.js';
import { firstStream, initiates, LAST_STREAM, otherRole } from './roles.js';
import type { Role } from './roles.js';
import { SendScheduler } from './send-scheduler.js';
import { PeerSettings } from './settings.js';
import type { H2Stream } from './stream.js';
import { transition } from './stream-state.js';
import type { ClosedState, StreamEvent, StreamState } from './stream-state.js';
import { DEFAULT_WINDOW, MAX_WINDOW, ReceiveWindow } from './flow-control-window.js';

/** Each engine reports heads of one kind. This state is the same for both roles, so it accepts either. */
type AnyEvents = H2Events<RequestHead | ResponseHead>;

/** Looks after which a stream is reset that lingers, and whose peer has no window left: time for the peer to read the response. */
const EXHAUSTED_LOOKS = 2;

export class ConnectionState {
  readonly role: Role;
  readonly scheme: string;
  /** Whether extended CONNECT is served (RFC 8441). */
  readonly connectProtocol: boolean;
  readonly limits: Limits;
  readonly events: AnyEvents;
  state: EngineState;
  /** When the latest bytes came. */
  now: number;
  readonly writer: FrameWriter;
  readonly encoder: HpackEncoder;
  readonly peer: PeerSettings;
  readonly abuse: AbuseLimits;
  readonly streams: StreamTable<H2Stream>;
  readonly closed: ClosedStreams;
  readonly scheduler: SendScheduler<H2Stream>;
  /** Octets of DATA that the peer takes, over all streams. */
  sendWindow: number;
  readonly receiveWindow: ReceiveWindow;
  /** Octets that a new stream of the peer's may send: our setting, once the peer has acknowledged it. */
  initialReceiveWindow: number;
  /** The highest stream that the peer has begun, and how many of its streams are open. */
  lastPeerStream: number;
  peerStreams: number;
  /** The next stream that we begin, and how many of ours are open. */
  nextStream: number;
  localStreams: number;
  /** After `Upgrade: h2c`, until the client's preface: a client has little room for bytes that come right after 101 (curl: 32 KiB). */
  holdsContent: boolean;
  /** How many streams only linger. */
  lingering: number;
  /** Streams whose message went to the writer with its end, in this turn. */
  readonly sent: number[];
  private readonly gracefulShutdown: GracefulShutdown;
  private receivedGoaway: Goaway | undefined;

  constructor(role: Role, options: H2Options, events: AnyEvents, connectProtocol: boolean) {
    const { limits } = options;
    this.role = role;
    this.scheme = options.scheme;
    this.connectProtocol = connectProtocol;
    this.limits = limits;
    this.events = events;
    this.state = 'open';
    this.now = 0;
    this.writer = new FrameWriter();
    this.encoder = new HpackEncoder();
    this.peer = new PeerSettings();
    this.abuse = new AbuseLimits(limits);
    this.streams = new StreamTable();
    this.closed = new ClosedStreams();
    this.scheduler = new SendScheduler();
    this.sendWindow = DEFAULT_WINDOW;
    // A connection's window can be made larger, not smaller (RFC 9113 section 6.9.2).
    this.receiveWindow = new ReceiveWindow(windowOf(limits.connectionWindow));
    // Until it has our settings, a peer may send as much as the RFC allows.
    this.initialReceiveWindow = windowOf(limits.bodyWindow);
    this.lastPeerStream = 0;
    this.peerStreams = 0;
    this.nextStream = firstStream(role);
    this.localStreams = 0;
    this.holdsContent = false;
    this.lingering = 0;
    this.sent = [];
    this.gracefulShutdown = new GracefulShutdown(this.writer);
    this.receivedGoaway = undefined;
  }

  /** The last GOAWAY that this side has written. */
  get sentGoaway(): Goaway | undefined {
    return this.gracefulShutdown.sent;
  }

  /** Whether this side has begun the graceful end. */
  get isShutDown(): boolean {
    return this.gracefulShutdown.begun;
  }

  /** Whether this side may begin a stream, as far as GOAWAY is concerned. */
  get mayBegin(): boolean {
    return this.state === 'open' && !this.gracefulShutdown.peerLeaves && this.nextStream <= LAST_STREAM;
  }

  /** Whether a stream that the peer begins is to be acted on. */
  accepts(streamId: number): boolean {
    return this.gracefulShutdown.accepts(streamId);
  }

  isPeers(streamId: number): boolean {
    return initiates(otherRole(this.role), streamId);
  }

  /** The state of any stream, known or not. */
  stateOf(streamId: number): StreamState {
    const stream = this.streams.get(streamId);
    if (stream !== undefined) return stream.state;
    const idle = this.isPeers(streamId) ? streamId > this.lastPeerStream : streamId >= this.nextStream;
    return idle ? 'idle' : this.closed.causeOf(streamId);
  }

  add(stream: H2Stream): void {
    this.streams.add(stream.id, stream);
    if (this.isPeers(stream.id)) this.peerStreams++;
    else this.localStreams++;
  }

  /** Moves `stream` along its diagram, and removes it if that closes it. */
  advance(stream: H2Stream, event: StreamEvent): void {
    const state = transition(stream.state, event);
    if (state === undefined) return;
    stream.state = state;
    if (state === 'closed-ended') this.remove(stream, state);
  }

  /** `stream` is over, for any cause: nothing more of it is sent. */
  remove(stream: H2Stream, cause: ClosedState): void {
    if (!this.streams.delete(stream.id)) return;
    if (stream.lingers) this.lingering--;
    stream.state = cause;
    stream.incoming = 'discarded';
    stream.outgoing = 'sent';
    if (stream.queue !== undefined) {
      this.scheduler.remove(stream);
      stream.queue = undefined;
    }
    this.closed.remember(stream.id, cause);
    if (this.isPeers(stream.id)) this.peerStreams--;
    else this.localStreams--;
    if (this.state === 'draining' && this.streams.size === 0) this.finishDraining();
  }

  /**
   * The response of `stream` is complete, and the rest of the request is discarded. RFC 9113 section 8.1 lets a server reset it with
   * NO_ERROR at once, but some clients (curl 7.88) then lose the response that came just before. So the peer may send as much as its window
   * holds: usually that is the whole rest. A peer that has sent all that it may, or has stopped to send and waits for the end of the stream,
   * gets it from `resetQuiet`.
   */
  linger(stream: H2Stream): void {
    if (this.state === 'closing' || this.gracefulShutdown.peerLeaves) return this.reset(stream, 'NO_ERROR');
    stream.lingers = true;
    this.lingering++;
  }

  /** Resets the streams that linger, and on which no DATA came during the last `looks` calls, or can come. */
  resetQuiet(looks: number): void {
    for (const stream of this.streams.all()) {
      if (!stream.lingers) continue;
      const isExhausted = stream.receiveWindow !== undefined && stream.receiveWindow.remaining <= 0;
      if (++stream.quietLooks >= (isExhausted ? EXHAUSTED_LOOKS : looks)) this.reset(stream, 'NO_ERROR');
    }
  }

  /** The peer is about to end the connection: streams that linger are not waited for. */
  private stopLingering(): void {
    if (this.lingering === 0) return;
    for (const stream of this.streams.all()) if (stream.lingers) this.reset(stream, 'NO_ERROR');
  }

  /** Ends `stream` by RST_STREAM, in silence. A stream that the peer has not heard of is just forgotten. */
  reset(stream: H2Stream, reason: H2ErrorCode): void {
    if (stream.state !== 'idle') writeRstStream(this.writer, stream.id, reason);
    this.remove(stream, 'closed-reset-sent');
  }

  /** The peer broke a rule on one stream (RFC 9113 section 5.4.2). */
  streamFailed(streamId: number, error: ProtocolError): void {
    const stream = this.streams.get(streamId);
    // RST_STREAM cannot be sent on an idle stream (section 6.4).
    if (stream === undefined && this.stateOf(streamId) === 'idle') return this.fail(error);
    if (!this.abuse.allowsReset(this.now) || !this.abuse.allowsAnswer()) {
      return this.fail(calmError('too many streams had to be reset'));
    }
    if (stream === undefined) {
      writeRstStream(this.writer, streamId, error.reason ?? 'PROTOCOL_ERROR');
      this.closed.remember(streamId, 'closed-reset-sent');
      this.events.onFault(streamId, error);
      return;
    }
    this.reset(stream, error.reason ?? 'PROTOCOL_ERROR');
    if (stream.known && !stream.lingers) this.tellReset(streamId, error);
    else this.events.onFault(streamId, error);
  }

  /** A frame came that only asks for attention. False: it was one too many, and the connection ends. */
  talk(): boolean {
    if (this.abuse.allowsIdleTalk(this.now)) return true;
    this.fail(calmError('too many frames that only cost attention'));
    return false;
  }

  /** The connection is at fault: every stream is reset, GOAWAY has the reason, and nothing else follows (section 5.4.1). */
  fail(cause: ProtocolError): void {
    if (this.state === 'closing') return;
    const { code, message, initiator } = cause;
    const reason = cause.reason ?? 'PROTOCOL_ERROR';
    const error = new ProtocolError(code, message, { scope: 'connection', initiator, reason, cause: cause.cause });
    this.state = 'closing';
    this.resetAll(error);
    this.gracefulShutdown.fail(this.lastPeerStream, reason);
    this.events.onError(error);
  }

  /** The peer is gone, or has ended the connection: the exchanges under way are lost. The reason is that of its GOAWAY, if one came. */
  end(cause: ProtocolError): void {
    if (this.state === 'closing') return;
    const { receivedGoaway } = this;
    const error =
      receivedGoaway === undefined || receivedGoaway.reason === 'NO_ERROR' ? cause : goawayError(receivedGoaway);
    this.state = 'closing';
    this.resetAll(error);
  }

  /** Nothing is under way, and nothing will be: sends GOAWAY, and ends. */
  close(): void {
    if (this.state === 'closing') return;
    this.gracefulShutdown.end(this.lastPeerStream);
    this.state = 'closing';
  }

  /** Begins the graceful shutdown (section 6.8). */
  shutdown(): void {
    if (this.state !== 'open' || this.gracefulShutdown.waits) return;
    this.state = 'draining';
    this.gracefulShutdown.begin(this.role, this.lastPeerStream);
    if (this.role === 'client' && this.streams.size === 0) this.finishDraining();
  }

  /** Whether this PING acknowledgement is the one that `shutdown` waits for. */
  shutdownPonged(bytes: Uint8Array, start: number): boolean {
    if (!this.gracefulShutdown.ponged(bytes, start, this.lastPeerStream)) return false;
    if (this.streams.size === 0) this.finishDraining();
    return true;
  }

  /** GOAWAY came. Streams of ours that the peer will not act on are free to be tried elsewhere. */
  peerGoaway({ lastStream, reason, debugData }: Goaway): void {
    this.gracefulShutdown.peerLeaves = true;
    this.receivedGoaway = { lastStream, reason, debugData };
    if (this.state === 'open') this.state = 'draining';
    this.stopLingering();
    const error = new ProtocolError('refused', `the peer goes away: ${described(reason, debugData)}`, {
      reason: 'REFUSED_STREAM',
    });
    for (const stream of this.streams.all()) {
      if (this.isPeers(stream.id) || stream.id <= lastStream) continue;
      this.remove(stream, 'closed-reset-received');
      this.tellReset(stream.id, error);
    }
    this.events.onGoaway(lastStream, reason, debugData);
    if (this.state === 'draining' && this.streams.size === 0) this.finishDraining();
  }

  /**
   * A DATA frame of `octets`, as flow control counts, came. The connection's window bounds the octets under way only: it opens again with
   * the next output, whether or not a reader has taken the content. So streams with unread content never hold up another one. The windows of the streams
   * bound the content that waits here.
   *
   * @returns false if the connection's window held less.
   */
  receive(octets: number): boolean {
    if (!this.receiveWindow.receive(octets)) return false;
    this.receiveWindow.gather(octets);
    return true;
  }

  /** Writes the WINDOW_UPDATE of the connection, if one is due. */
  announceWindow(): void {
    if (this.state !== 'closing' && this.receiveWindow.isDue)
      writeWindowUpdate(this.writer, 0, this.receiveWindow.announce());
  }

  /** `octets` of DATA on `stream` were taken. */
  credit(stream: H2Stream | undefined, octets: number): void {
    if (stream?.receiveWindow === undefined || stream.incoming !== 'content') return;
    const ofStream = stream.receiveWindow.credit(octets);
    if (ofStream > 0) writeWindowUpdate(this.writer, stream.id, ofStream);
  }

  /** Reports the whole messages that have gone out. */
  tellSent(): void {
    const { sent } = this;
    for (let index = 0; index < sent.length; index++) this.events.onSent(sent[index]!);
    sent.length = 0;
  }

  /** The last event of a stream, even if a message of it is still to go out. */
  tellReset(streamId: number, error: ProtocolError): void {
    this.forgetSent(streamId);
    this.events.onReset(streamId, error);
  }

  /** That a message of this stream went out is of no interest any more. */
  forgetSent(streamId: number): void {
    const at = this.sent.indexOf(streamId);
    if (at >= 0) this.sent.splice(at, 1);
  }

  private finishDraining(): void {
    if (this.gracefulShutdown.mayEnd) this.close();
  }

  private resetAll(error: ProtocolError): void {
    this.tellSent();
    for (const stream of this.streams.all()) {
      this.remove(stream, 'closed-reset-sent');
      if (!stream.lingers) this.events.onReset(stream.id, error);
    }
  }
}

/** A GOAWAY in words: its code, and its debug data. */
function described(reason: H2ErrorCode, debugData: string): string {
  return debugData === '' ? reason : `${reason} (${debugData})`;
}

/** The error of a connection that the peer ended with a GOAWAY of an error. */
function goawayError({ reason, debugData }: Goaway): ProtocolError {
  const words = `the peer ended the connection: ${described(reason, debugData)}`;
  return new ProtocolError('protocol-error', words, { scope: 'connection', reason });
}

/** A window of `limit` octets, as far as the RFC lets it be one from the start. */
function windowOf(limit: number): number {
  return Math.min(Math.max(limit, DEFAULT_WINDOW), MAX_WINDOW);
}
