/** PRIORITY (RFC 9113 section 6.3), of which only the rules are left, and PRIORITY_UPDATE (RFC 9218 section 7.1). */
import { asBuffer } from '../../bytes.js';
import { connectionError, streamError } from '../errors.js';
import { FRAME, readUint31, writeUint32 } from './frame.js';
import type { FrameWriter } from './writer.js';

/**
 * Checks PRIORITY, and ignores its value.
 *
 * @throws ProtocolError of the stream if its length is wrong or it depends on itself (RFC 7540 section 5.3.1).
 */
export function checkPriority(streamId: number, bytes: Uint8Array, start: number, end: number): void {
  if (streamId === 0) throw connectionError('PROTOCOL_ERROR', 'PRIORITY on stream 0');
  if (end - start !== 5) throw streamError('FRAME_SIZE_ERROR', `PRIORITY of ${end - start} octets`);
  if (readUint31(bytes, start) === streamId) throw selfDependency(streamId);
}

export function selfDependency(streamId: number): Error {
  return streamError('PROTOCOL_ERROR', `stream ${streamId} depends on itself`);
}

/** The stream that PRIORITY_UPDATE is about. The new priority is `priorityUpdateValue`. */
export function parsePriorityUpdate(streamId: number, bytes: Uint8Array, start: number, end: number): number {
  if (streamId !== 0) throw connectionError('PROTOCOL_ERROR', 'PRIORITY_UPDATE on a stream');
  if (end - start < 4) throw connectionError('FRAME_SIZE_ERROR', `PRIORITY_UPDATE of ${end - start} octets`);
  const prioritized = readUint31(bytes, start);
  if (prioritized === 0) throw connectionError('PROTOCOL_ERROR', 'PRIORITY_UPDATE of stream 0');
  return prioritized;
}

export function priorityUpdateValue(bytes: Uint8Array, start: number, end: number): string {
  return asBuffer(bytes).toString('latin1', start + 4, end);
}

export function writePriorityUpdate(writer: FrameWriter, prioritized: number, value: string): void {
  writer.header(4 + value.length, FRAME.PRIORITY_UPDATE, 0, 0);
  writeUint32(writer, prioritized);
  writer.position += writer.bytes.write(value, writer.position, 'latin1');
}
