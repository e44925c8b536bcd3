/**
 * Frames on their way out (RFC 6455 section 5.2), each in one piece or as a head and a payload by reference. A server's ASCII text becomes
 * one latin1 string with its head: the frames of a turn join to one write.
 */
import { copyMasked, writeMask } from './masking.js';
import { OPCODE } from './frame-reader.js';

/** Payloads up to this are copied after their head: two pieces cost more. */
const JOINED = 2048;

/** A frame whose payload goes out by reference. @internal */
export interface SplitFrame {
  readonly head: Buffer;
  readonly payload: Uint8Array;
}

/** A frame: text whose every character is one byte, one piece, or two. @internal */
export type OutgoingFrame = string | Buffer | SplitFrame;

/** Makes masks: unpredictable ones (RFC 6455 section 10.3). @internal */
export type MaskSource = () => number;

/** Bytes of a frame. @internal */
export function frameSize(frame: OutgoingFrame): number {
  return typeof frame === 'string' || Buffer.isBuffer(frame) ? frame.length : frame.head.length + frame.payload.length;
}

/** @internal */
export class FrameWriter {
  constructor(
    /** Of a client, whose frames are masked; undefined of a server. */
    private readonly masks: MaskSource | undefined,
  ) {}

  /** A whole message of text. */
  text(text: string): OutgoingFrame {
    const size = Buffer.byteLength(text);
    if (this.masks !== undefined) {
      const frame = Buffer.allocUnsafe(headLength(size, true) + size);
      const at = writeHead(frame, 0x80 | OPCODE.text, size, true) + 4;
      frame.write(text, at);
      return this.masked(frame, at);
    }
    if (size === text.length && size < 65536) return asciiHead(size) + text;
    const frame = Buffer.allocUnsafe(headLength(size, false) + size);
    frame.write(text, writeHead(frame, 0x80 | OPCODE.text, size, false));
    return frame;
  }

  /** A frame of bytes. The payload of a server's frame may go out by reference. */
  bytes(opcode: number, fin: boolean, rsv1: boolean, payload: Uint8Array): OutgoingFrame {
    const { length } = payload;
    const first = opcode | (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0);
    const { masks } = this;
    if (masks === undefined && length > JOINED) {
      const head = Buffer.allocUnsafe(headLength(length, false));
      writeHead(head, first, length, false);
      return { head, payload };
    }
    const isMasked = masks !== undefined;
    const frame = Buffer.allocUnsafe(headLength(length, isMasked) + length);
    const at = writeHead(frame, first, length, isMasked);
    if (!isMasked) {
      frame.set(payload, at);
      return frame;
    }
    const mask = masks();
    writeMask(frame, at, mask);
    copyMasked(payload, 0, length, mask, frame, at + 4);
    return frame;
  }

  /** Masks the payload of `frame`, which begins at `at`, in place. */
  private masked(frame: Buffer, at: number): Buffer {
    const mask = this.masks!();
    writeMask(frame, at - 4, mask);
    copyMasked(frame, at, frame.length, mask, frame, at);
    return frame;
  }
}

function headLength(size: number, isMasked: boolean): number {
  return (size < 126 ? 2 : size < 65536 ? 4 : 10) + (isMasked ? 4 : 0);
}

/** Writes the head but for the mask. @returns where it ends. */
function writeHead(frame: Buffer, first: number, size: number, isMasked: boolean): number {
  const maskBit = isMasked ? 0x80 : 0;
  frame[0] = first;
  if (size < 126) {
    frame[1] = maskBit | size;
    return 2;
  }
  if (size < 65536) {
    frame[1] = maskBit | 126;
    frame[2] = size >>> 8;
    frame[3] = size & 0xff;
    return 4;
  }
  frame[1] = maskBit | 127;
  frame.writeUInt32BE(Math.floor(size / 0x100000000), 2);
  frame.writeUInt32BE(size >>> 0, 6);
  return 10;
}

/** The head of an unmasked text, as latin1. */
function asciiHead(size: number): string {
  return size < 126 ? SHORT_HEADS[size]! : String.fromCharCode(0x81, 126, size >>> 8, size & 0xff);
}

const SHORT_HEADS: readonly string[] = Array.from({ length: 126 }, (_, size) => String.fromCharCode(0x81, size));
