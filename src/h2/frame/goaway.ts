/** GOAWAY (RFC 9113 section 6.8). */
import { asBuffer } from '../../bytes.js';
import { H2_ERROR_CODES } from '../../errors.js';
import type { H2ErrorCode } from '../../errors.js';
import { connectionError, reasonOf } from '../errors.js';
import { FRAME, readUint31, readUint32, writeUint32 } from './frame.js';
import type { FrameWriter } from './writer.js';

export interface Goaway {
  /** No stream above this one was, or will be, acted on. */
  readonly lastStream: number;
  readonly reason: H2ErrorCode;
  /** For people, not for programs; '' where there is nothing. */
  readonly debugData: string;
}

/** Octets of debug data that are kept, or sent. */
const DEBUG_DATA = 256;

export function parseGoaway(streamId: number, bytes: Uint8Array, start: number, end: number): Goaway {
  if (streamId !== 0) throw connectionError('PROTOCOL_ERROR', 'GOAWAY on a stream');
  if (end - start < 8) throw connectionError('FRAME_SIZE_ERROR', `GOAWAY of ${end - start} octets`);
  const debugData = asBuffer(bytes).toString('utf8', start + 8, Math.min(end, start + 8 + DEBUG_DATA));
  return { lastStream: readUint31(bytes, start), reason: reasonOf(readUint32(bytes, start + 4)), debugData };
}

export function writeGoaway(writer: FrameWriter, lastStream: number, reason: H2ErrorCode): void {
  writer.header(8, FRAME.GOAWAY, 0, 0);
  writeUint32(writer, lastStream);
  writeUint32(writer, H2_ERROR_CODES[reason]);
}
