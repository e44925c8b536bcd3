/** WINDOW_UPDATE (RFC 9113 section 6.9). */
import { connectionError, streamError } from '../errors.js';
import { FRAME, readUint31, writeUint32 } from './frame.js';
import type { FrameWriter } from './writer.js';

/** The increment. Zero is an error of the stream, or of the connection on stream 0. */
export function parseWindowUpdate(streamId: number, bytes: Uint8Array, start: number, end: number): number {
  if (end - start !== 4) throw connectionError('FRAME_SIZE_ERROR', `WINDOW_UPDATE of ${end - start} octets`);
  const increment = readUint31(bytes, start);
  if (increment > 0) return increment;
  const failure = streamId === 0 ? connectionError : streamError;
  throw failure('PROTOCOL_ERROR', 'a WINDOW_UPDATE of 0');
}

export function writeWindowUpdate(writer: FrameWriter, streamId: number, increment: number): void {
  writer.header(4, FRAME.WINDOW_UPDATE, 0, streamId);
  writeUint32(writer, increment);
}
