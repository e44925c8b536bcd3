/** DATA (RFC 9113 section 6.1). */
import { connectionError } from '../errors.js';
import { FLAG, FRAME, FRAME_HEADER_SIZE, writeHeaderAt } from './frame.js';
import type { FrameWriter } from './writer.js';

/** @throws ProtocolError for DATA on stream 0. */
export function checkData(streamId: number): void {
  if (streamId === 0) throw connectionError('PROTOCOL_ERROR', 'DATA on stream 0');
}

/**
 * The padding of a DATA frame of `length` octets, from its Pad Length field.
 *
 * @throws ProtocolError if it leaves no room for that field.
 */
export function dataPadding(padLength: number, length: number): number {
  if (padLength >= length) throw connectionError('PROTOCOL_ERROR', 'DATA that is all padding, and more');
  return padLength;
}

/** The header of a DATA frame; its content, of `length` octets, is to be written after it. */
export function writeDataHeader(writer: FrameWriter, streamId: number, length: number, endStream: boolean): void {
  writer.reserve(FRAME_HEADER_SIZE);
  writeHeaderAt(writer.bytes, writer.position, length, FRAME.DATA, endStream ? FLAG.END_STREAM : 0, streamId);
  writer.position += FRAME_HEADER_SIZE;
}
