/**
 * The graceful shutdown (RFC 9113 section 6.8): which streams of the peer's still count, and when the connection may end.
 *
 * Requests that the peer began before it learned of the shutdown must not be lost. So the first GOAWAY of a server names the highest stream
 * there can be. Once a PING has gone there and back, the next GOAWAY names the last stream that came.
 */
import type { H2ErrorCode } from '../errors.js';
import { type Goaway, writeGoaway } from './frame/goaway.js';
import { writePing } from './frame/ping.js';
import type { FrameWriter } from './frame/writer.js';
import { LAST_STREAM } from './roles.js';
import type { Role } from './roles.js';

/** The PING between the two GOAWAYs. */
const SHUTDOWN_PING = Buffer.from('shutdown', 'latin1');

export class GracefulShutdown {
  /** The peer sent GOAWAY: we begin no stream. */
  peerLeaves: boolean;
  /** The last GOAWAY of this side. */
  sent: Goaway | undefined;
  private readonly writer: FrameWriter;
  /** Streams of the peer above this one are ignored: our last GOAWAY named it. */
  private acceptedUpTo: number;
  private pinged: boolean;
  /** This side has begun it. */
  begun: boolean;

  constructor(writer: FrameWriter) {
    this.writer = writer;
    this.acceptedUpTo = LAST_STREAM;
    this.pinged = false;
    this.begun = false;
    this.peerLeaves = false;
    this.sent = undefined;
  }

  /** Whether the PING is under way. */
  get waits(): boolean {
    return this.pinged;
  }

  /** Whether the connection may end with its last stream. A server waits for the PING, unless the peer leaves as well. */
  get mayEnd(): boolean {
    return !this.pinged || this.peerLeaves;
  }

  /** Whether a stream that the peer begins is to be acted on. */
  accepts(streamId: number): boolean {
    return streamId <= this.acceptedUpTo;
  }

  /** The last stream of the peer's that was acted on. GOAWAY never names a higher one than before. */
  lastAccepted(lastPeerStream: number): number {
    return Math.min(lastPeerStream, this.acceptedUpTo);
  }

  begin(role: Role, lastPeerStream: number): void {
    this.begun = true;
    if (role === 'client') return this.sendGoaway(this.lastAccepted(lastPeerStream));
    this.sendGoaway(LAST_STREAM);
    this.pinged = true;
    writePing(this.writer, false, SHUTDOWN_PING);
  }

  /** Sends the second GOAWAY, if the PING acknowledgement at `bytes[start]` is the awaited one. Returns whether it is. */
  ponged(bytes: Uint8Array, start: number, lastPeerStream: number): boolean {
    if (!this.pinged) return false;
    for (let index = 0; index < SHUTDOWN_PING.length; index++) {
      if (bytes[start + index] !== SHUTDOWN_PING[index]) return false;
    }
    this.pinged = false;
    this.sendGoaway(this.lastAccepted(lastPeerStream));
    return true;
  }

  /** The connection ends. The peer gets GOAWAY, unless it knows. */
  end(lastPeerStream: number): void {
    if (this.sent !== undefined && this.acceptedUpTo <= lastPeerStream) return;
    this.sendGoaway(this.lastAccepted(lastPeerStream));
  }

  /** The connection ends with an error, for `reason`. */
  fail(lastPeerStream: number, reason: H2ErrorCode): void {
    this.write(this.lastAccepted(lastPeerStream), reason);
  }

  private sendGoaway(lastStream: number): void {
    this.acceptedUpTo = lastStream;
    this.write(lastStream, 'NO_ERROR');
  }

  private write(lastStream: number, reason: H2ErrorCode): void {
    this.sent = { lastStream, reason, debugData: '' };
    writeGoaway(this.writer, lastStream, reason);
  }
}
