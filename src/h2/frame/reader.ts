/**
 * Octets become frames (RFC 9113 section 4.1), however they were cut on the way.
 *
 * A payload that lies wholly in one chunk is reported where it lies. One that is cut is put together first, at most SETTINGS_MAX_FRAME_SIZE
 * octets of it. DATA is never put together: its content goes on as it comes, so that a large frame streams. An unknown frame is reported by
 * its header, and its payload is discarded.
 */
import { asBuffer } from '../../bytes.js';
import { connectionError } from '../errors.js';
import { dataPadding } from './data.js';
import { DEFAULT_MAX_FRAME_SIZE, FLAG, FRAME, FRAME_HEADER_SIZE, isKnownFrame, readUint31 } from './frame.js';

/** Receives the frames. The payload of `onFrame` is valid only during the call. */
export interface FrameSink {
  /** A whole frame other than DATA: its payload is `bytes[start, end)`. Of an unknown frame: nothing. */
  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, start: number, end: number): void;
  /** A DATA frame begins. `length`: the octets that flow control counts, padding included (RFC 9113 section 6.9.1). */
  onDataFrame(streamId: number, flags: number, length: number): void;
  /** Content of the DATA frame that has begun: never empty. */
  onDataContent(streamId: number, chunk: Buffer): void;
  /** The DATA frame is over; `padding` octets of it, the Pad Length field included, were none of its content. */
  onDataFrameEnd(streamId: number, flags: number, padding: number): void;
}

type Mode = 'header' | 'payload' | 'pad-length' | 'data' | 'padding' | 'skip' | 'stopped';

const EMPTY = Buffer.alloc(0);

export class FrameReader {
  private readonly sink: FrameSink;
  private mode: Mode;
  private readonly maxFrameSize: number;
  /** The frame being read. */
  private type: number;
  private flags: number;
  private streamId: number;
  /** Octets of this header, payload or padding still to come. */
  private missing: number;
  private padding: number;
  /** A header or payload that came in several chunks. */
  private partial: Buffer;
  private filled: number;

  constructor(sink: FrameSink, maxFrameSize = DEFAULT_MAX_FRAME_SIZE) {
    this.sink = sink;
    this.mode = 'header';
    this.maxFrameSize = maxFrameSize;
    this.type = 0;
    this.flags = 0;
    this.streamId = 0;
    this.missing = 0;
    this.padding = 0;
    this.partial = EMPTY;
    this.filled = 0;
  }

  /** The type of the frame that is cut off so far; undefined between frames, and inside a frame's header. */
  get unfinished(): number | undefined {
    return this.mode === 'header' || this.mode === 'stopped' ? undefined : this.type;
  }

  /** Reads nothing more. */
  stop(): void {
    this.mode = 'stopped';
    this.partial = EMPTY;
  }

  /** @throws ProtocolError for a frame whose size or padding ends the connection. */
  receive(chunk: Uint8Array): void {
    const bytes = asBuffer(chunk);
    const end = bytes.length;
    let at = 0;
    while (at < end) {
      switch (this.mode) {
        case 'header':
          if (this.filled === 0 && end - at >= FRAME_HEADER_SIZE) {
            this.begin(bytes, at);
            at += FRAME_HEADER_SIZE;
          } else {
            at += this.collect(bytes, at, FRAME_HEADER_SIZE);
            if (this.filled < FRAME_HEADER_SIZE) break;
            this.filled = 0;
            this.begin(this.partial, 0);
          }
          // If all of it is here, `begin` leaves `payload` to be read at once.
          if ((this.mode as Mode) !== 'payload' || end - at < this.missing) break;
          at += this.missing;
          this.mode = 'header';
          this.sink.onFrame(this.type, this.flags, this.streamId, bytes, at - this.missing, at);
          break;
        case 'payload': {
          at += this.collect(bytes, at, this.missing);
          if (this.filled < this.missing) break;
          const payload = this.partial;
          this.partial = EMPTY;
          this.filled = 0;
          this.mode = 'header';
          this.sink.onFrame(this.type, this.flags, this.streamId, payload, 0, this.missing);
          break;
        }
        case 'pad-length':
          this.padding = dataPadding(bytes[at++]!, this.missing);
          this.missing -= 1 + this.padding;
          this.content();
          break;
        case 'data': {
          const size = Math.min(this.missing, end - at);
          this.missing -= size;
          this.sink.onDataContent(this.streamId, bytes.subarray(at, at + size));
          at += size;
          if (this.missing === 0) this.content();
          break;
        }
        case 'padding':
        case 'skip': {
          const size = Math.min(this.missing, end - at);
          at += size;
          this.missing -= size;
          if (this.missing > 0) break;
          if (this.mode === 'padding') this.endData();
          else this.mode = 'header';
          break;
        }
        case 'stopped':
          return;
      }
    }
  }

  private begin(bytes: Uint8Array, at: number): void {
    const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    const type = bytes[at + 3]!;
    const flags = bytes[at + 4]!;
    const streamId = readUint31(bytes, at + 5);
    // RFC 9113 section 4.2 lets a frame that cannot change the connection's state end its stream alone. No such frame exists: DATA changes
    // the connection's window, and the others are either short or change its state.
    if (length > this.maxFrameSize) throw connectionError('FRAME_SIZE_ERROR', `a frame of ${length} octets`);
    this.type = type;
    this.flags = flags;
    this.streamId = streamId;
    this.missing = length;
    if (type === FRAME.DATA) this.beginData(length);
    else if (isKnownFrame(type)) this.beginPayload(length);
    else {
      this.mode = length === 0 ? 'header' : 'skip';
      this.sink.onFrame(type, flags, streamId, EMPTY, 0, 0);
    }
  }

  private beginPayload(length: number): void {
    if (length > 0) {
      this.mode = 'payload';
      return;
    }
    this.mode = 'header';
    this.sink.onFrame(this.type, this.flags, this.streamId, EMPTY, 0, 0);
  }

  private beginData(length: number): void {
    const padded = (this.flags & FLAG.PADDED) !== 0;
    if (padded && length === 0) throw connectionError('FRAME_SIZE_ERROR', 'padded DATA without a Pad Length');
    this.padding = -1;
    this.mode = padded ? 'pad-length' : 'data';
    this.sink.onDataFrame(this.streamId, this.flags, length);
    if (length === 0) this.content();
  }

  /** The next part of a DATA frame of which `missing` octets of content are to come. */
  private content(): void {
    if (this.mode === 'stopped') return;
    if (this.missing > 0) this.mode = 'data';
    else if (this.padding > 0 && this.mode !== 'padding') {
      this.mode = 'padding';
      this.missing = this.padding;
    } else this.endData();
  }

  private endData(): void {
    this.mode = 'header';
    this.missing = 0;
    this.sink.onDataFrameEnd(this.streamId, this.flags, this.padding + 1);
  }

  /** Takes as many of `size` octets as are here, if they came in pieces. Returns how many were taken. */
  private collect(bytes: Buffer, at: number, size: number): number {
    if (this.filled === 0 && this.partial.length < size) this.partial = Buffer.allocUnsafe(size);
    const copied = bytes.copy(this.partial, this.filled, at, Math.min(bytes.length, at + size - this.filled));
    this.filled += copied;
    return copied;
  }
}
