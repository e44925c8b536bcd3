/** RST_STREAM (RFC 9113 section 6.4). */
import { H2_ERROR_CODES } from '../../errors.js';
import type { H2ErrorCode } from '../../errors.js';
import { connectionError, reasonOf } from '../errors.js';
import { FRAME, readUint32, writeUint32 } from './frame.js';
import type { FrameWriter } from './writer.js';

export function parseRstStream(streamId: number, bytes: Uint8Array, start: number, end: number): H2ErrorCode {
  if (streamId === 0) throw connectionError('PROTOCOL_ERROR', 'RST_STREAM on stream 0');
  if (end - start !== 4) throw connectionError('FRAME_SIZE_ERROR', `RST_STREAM of ${end - start} octets`);
  return reasonOf(readUint32(bytes, start));
}

export function writeRstStream(writer: FrameWriter, streamId: number, reason: H2ErrorCode): void {
  writer.header(4, FRAME.RST_STREAM, 0, streamId);
  writeUint32(writer, H2_ERROR_CODES[reason]);
}
