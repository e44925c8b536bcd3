/** Integers with a prefix (RFC 7541 section 5.1). */
import { compressionError } from '../errors.js';

/** A place in bytes that are being read. */
export interface Cursor {
  bytes: Uint8Array;
  position: number;
  end: number;
}

/** A place in bytes that are being written. The writer has made sure that there is room. */
export interface Room {
  bytes: Buffer;
  position: number;
}

/** The most octets that an integer takes here, and the most it may be: section 5.1 asks for such limits. */
export const MAX_INTEGER_OCTETS = 6;
export const MAX_INTEGER = 0x7fff_ffff;

/**
 * The integer whose first octet, already read, is `first`; its low `prefix` bits belong to the integer.
 *
 * @throws ProtocolError COMPRESSION_ERROR if it is cut off, too long or too large.
 */
export function readInteger(cursor: Cursor, first: number, prefix: number): number {
  const full = (1 << prefix) - 1;
  const low = first & full;
  return low < full ? low : readContinuation(cursor, full);
}

function readContinuation(cursor: Cursor, full: number): number {
  const { bytes, end } = cursor;
  let position = cursor.position;
  let value = full;
  let weight = 1;
  for (let octets = 1; octets < MAX_INTEGER_OCTETS; octets++) {
    if (position >= end) throw compressionError('an HPACK integer is cut off');
    const octet = bytes[position++]!;
    value += (octet & 0x7f) * weight;
    if (value > MAX_INTEGER) throw compressionError('an HPACK integer is too large');
    if (octet < 0x80) {
      cursor.position = position;
      return value;
    }
    weight *= 128;
  }
  throw compressionError('an HPACK integer is too long');
}

/** Writes `value` after the pattern bits of `first`. */
export function writeInteger(room: Room, first: number, prefix: number, value: number): void {
  const { bytes } = room;
  let position = room.position;
  const full = (1 << prefix) - 1;
  if (value < full) {
    bytes[position++] = first | value;
  } else {
    bytes[position++] = first | full;
    let rest = value - full;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes[position++] = (rest % 128) | 0x80;
    bytes[position++] = rest;
  }
  room.position = position;
}
