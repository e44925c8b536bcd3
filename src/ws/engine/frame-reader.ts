/**
 * Frames (RFC 6455 section 5.2) out of bytes that are cut anywhere. The reader knows its role by one flag. It checks what a frame alone can
 * break; the order of frames is the business of `MessageAssembly`. The payload of a data frame is passed on as it comes, without a copy;
 * that of a control frame in one piece.
 */
import { WebSocketError } from '../../errors.js';
import { copyMasked, readMask, rotated } from './masking.js';

/** RFC 6455 section 11.8. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** What comes of the frames. Each call may throw a WebSocketError. @internal */
export interface FrameSink {
  /** A data frame begins, with `length` bytes of payload. */
  onDataFrame(opcode: number, fin: boolean, rsv1: boolean, length: number): void;
  /**
   * A part of its payload: `source` from `from` up to `to`, to be unmasked by `mask`. `last`: the frame is complete. Called once with an
   * empty part for a frame without payload.
   */
  onPayload(source: Buffer, from: number, to: number, mask: number, last: boolean): void;
  /** A control frame, complete: its payload is its own. */
  onControlFrame(opcode: number, payload: Buffer): void;
}

/** The longest head of a frame: two octets, eight of the length, four of the mask. */
const LONGEST_HEAD = 14;

/** The longest payload of a control frame (RFC 6455 section 5.5). */
const LONGEST_CONTROL = 125;

const NO_PAYLOAD = Buffer.alloc(0);

/** @internal */
export class FrameReader {
  /** The head of a frame that was cut, as far as it has come. */
  private cutHead: Buffer | undefined = undefined;
  private cutSize = 0;
  private opcode = 0;
  /** Bytes of payload that are still to come, once a head is complete. */
  private left = 0;
  private inPayload = false;
  private mask = 0;
  /** The payload of a control frame that was cut. */
  private control: Buffer | undefined = undefined;

  constructor(
    private readonly sink: FrameSink,
    /** Whether the peer is a client, whose frames are masked (RFC 6455 section 5.1). */
    private readonly masked: boolean,
    /** Whether an extension may set RSV1 (RFC 7692 section 6). */
    private readonly allowsRsv1: boolean,
  ) {}

  /** Whether the next byte is the first of a frame. */
  get isBetweenFrames(): boolean {
    return !this.inPayload && this.cutSize === 0;
  }

  /** Reads one frame, or what has come of it. @returns where the rest of `chunk` begins. */
  read(chunk: Buffer, from: number): number {
    if (this.inPayload) return this.readPayload(chunk, from);
    let at: number;
    if (this.cutSize > 0) {
      at = this.readCutHead(chunk, from);
      if (this.cutSize > 0) return at;
    } else {
      const size = headSize(chunk, from, chunk.length);
      if (from + size > chunk.length) return this.readCutHead(chunk, from);
      this.parseHead(chunk, from, size);
      at = from + size;
    }
    return this.readPayload(chunk, at);
  }

  /** A head, octet by octet: what is wrong with one is an error before the rest has come. */
  private readCutHead(chunk: Buffer, from: number): number {
    const head = (this.cutHead ??= Buffer.allocUnsafeSlow(LONGEST_HEAD));
    let at = from;
    while (at < chunk.length) {
      head[this.cutSize++] = chunk[at++]!;
      if (this.cutSize === 1) this.checkFirst(head[0]!);
      else if (this.cutSize === 2) this.checkSecond(head[0]!, head[1]!);
      const size = headSize(head, 0, this.cutSize);
      if (this.cutSize < size) continue;
      this.cutSize = 0;
      this.cutHead = undefined;
      this.parseHead(head, 0, size);
      return at;
    }
    return at;
  }

  private parseHead(bytes: Buffer, at: number, size: number): void {
    const first = bytes[at]!;
    const second = bytes[at + 1]!;
    this.checkFirst(first);
    this.checkSecond(first, second);
    this.opcode = first & 0x0f;
    this.left = this.payloadLength(bytes, at + 2, second & 0x7f);
    this.mask = this.masked ? readMask(bytes, at + size - 4) : 0;
    this.inPayload = true;
    if (this.opcode < OPCODE.close)
      this.sink.onDataFrame(this.opcode, (first & 0x80) !== 0, (first & 0x40) !== 0, this.left);
  }

  private checkFirst(first: number): void {
    const opcode = first & 0x0f;
    if ((first & 0x30) !== 0) throw broken('a frame has RSV2 or RSV3 set');
    if ((opcode > OPCODE.binary && opcode < OPCODE.close) || opcode > OPCODE.pong)
      throw broken(`a frame has the reserved opcode ${opcode}`);
    // RFC 7692 section 6: on the first frame of a message, and never on a control frame.
    if ((first & 0x40) !== 0 && (!this.allowsRsv1 || opcode === OPCODE.continuation || opcode >= OPCODE.close))
      throw broken('a frame has RSV1 set, where no extension allows it');
    if (opcode >= OPCODE.close && (first & 0x80) === 0) throw broken('a control frame is fragmented');
  }

  private checkSecond(first: number, second: number): void {
    const isMasked = (second & 0x80) !== 0;
    // RFC 6455 section 5.1.
    if (isMasked !== this.masked)
      throw broken(isMasked ? 'a frame of a server is masked' : 'a frame of a client is not masked');
    if ((first & 0x08) !== 0 && (second & 0x7f) > LONGEST_CONTROL)
      throw broken('the payload of a control frame is longer than 125 bytes');
  }

  /** RFC 6455 section 5.2: in as few octets as it takes, and below 2^63. */
  private payloadLength(bytes: Buffer, at: number, short: number): number {
    if (short < 126) return short;
    if (short === 126) {
      const length = bytes.readUInt16BE(at);
      if (length < 126) throw broken('the length of a frame is not in its shortest form');
      return length;
    }
    const high = bytes.readUInt32BE(at);
    const low = bytes.readUInt32BE(at + 4);
    if (high >= 0x80000000) throw broken('the length of a frame is 2^63 or more');
    if (high === 0 && low <= 0xffff) throw broken('the length of a frame is not in its shortest form');
    return high * 0x100000000 + low;
  }

  private readPayload(chunk: Buffer, from: number): number {
    const size = Math.min(this.left, chunk.length - from);
    // Nothing has come of it.
    if (size === 0 && this.left > 0) return from;
    const to = from + size;
    const { mask } = this;
    this.left -= size;
    const last = this.left === 0;
    if (last) this.inPayload = false;
    else this.mask = rotated(mask, size);
    if (this.opcode < OPCODE.close) this.sink.onPayload(chunk, from, to, mask, last);
    else this.readControl(chunk, from, to, mask, last);
    return to;
  }

  private readControl(chunk: Buffer, from: number, to: number, mask: number, last: boolean): void {
    const size = to - from;
    if (last && this.control === undefined && size === 0) return this.sink.onControlFrame(this.opcode, NO_PAYLOAD);
    const before = this.control;
    const had = before?.length ?? 0;
    const payload = Buffer.allocUnsafeSlow(had + size);
    if (before !== undefined) payload.set(before);
    copyMasked(chunk, from, to, mask, payload, had);
    this.control = last ? undefined : payload;
    if (last) this.sink.onControlFrame(this.opcode, payload);
  }
}

/** How long the head at `at` is, of which the bytes up to `end` have come. */
function headSize(bytes: Buffer, at: number, end: number): number {
  if (end - at < 2) return 2;
  const second = bytes[at + 1]!;
  const short = second & 0x7f;
  return 2 + (short < 126 ? 0 : short === 126 ? 2 : 8) + ((second & 0x80) === 0 ? 0 : 4);
}

function broken(message: string): WebSocketError {
  return new WebSocketError('protocol-error', message, 1002);
}
