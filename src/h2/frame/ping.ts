/** PING (RFC 9113 section 6.7). */
import { connectionError } from '../errors.js';
import { FLAG, FRAME } from './frame.js';
import type { FrameWriter } from './writer.js';

export const PING_SIZE = 8;

/** @throws ProtocolError for a PING on a stream, or not of eight octets. */
export function checkPing(streamId: number, start: number, end: number): void {
  if (streamId !== 0) throw connectionError('PROTOCOL_ERROR', 'PING on a stream');
  if (end - start !== PING_SIZE) throw connectionError('FRAME_SIZE_ERROR', `PING of ${end - start} octets`);
}

/** A PING, or the acknowledgement of one, with the eight octets at `bytes[start]`. */
export function writePing(writer: FrameWriter, ack: boolean, bytes: Uint8Array, start = 0): void {
  writer.header(PING_SIZE, FRAME.PING, ack ? FLAG.ACK : 0, 0);
  for (let index = 0; index < PING_SIZE; index++) writer.bytes[writer.position++] = bytes[start + index]!;
}
