/** The common parts of all frames (RFC 9113 sections 4.1 and 6): the header of nine octets, types and flags. */
import type { Room } from '../hpack/integer.js';

export const FRAME_HEADER_SIZE = 9;

/** SETTINGS_MAX_FRAME_SIZE before any SETTINGS, and the least it may be (RFC 9113 section 6.5.2). */
export const DEFAULT_MAX_FRAME_SIZE = 16_384;

export const FRAME = {
  DATA: 0x00,
  HEADERS: 0x01,
  PRIORITY: 0x02,
  RST_STREAM: 0x03,
  SETTINGS: 0x04,
  PUSH_PROMISE: 0x05,
  PING: 0x06,
  GOAWAY: 0x07,
  WINDOW_UPDATE: 0x08,
  CONTINUATION: 0x09,
  /** RFC 9218 section 7.1. */
  PRIORITY_UPDATE: 0x10,
} as const;

export const FLAG = {
  END_STREAM: 0x01,
  ACK: 0x01,
  END_HEADERS: 0x04,
  PADDED: 0x08,
  PRIORITY: 0x20,
} as const;

/** Whether this side knows what a frame of `type` is; others are ignored (RFC 9113 section 4.1). */
export function isKnownFrame(type: number): boolean {
  return type <= FRAME.CONTINUATION || type === FRAME.PRIORITY_UPDATE;
}

/** 31 bits; the reserved bit in front of them is ignored (RFC 9113 section 4.1). */
export function readUint31(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! & 0x7f) << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

export function writeUint32(room: Room, value: number): void {
  const { bytes, position } = room;
  bytes[position] = value >>> 24;
  bytes[position + 1] = value >>> 16;
  bytes[position + 2] = value >>> 8;
  bytes[position + 3] = value;
  room.position = position + 4;
}

/** Writes a frame header at `at`, wherever `room.position` is: the length of a field block is known afterwards. */
export function writeHeaderAt(
  bytes: Uint8Array,
  at: number,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): void {
  bytes[at] = length >>> 16;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length;
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  bytes[at + 5] = streamId >>> 24;
  bytes[at + 6] = streamId >>> 16;
  bytes[at + 7] = streamId >>> 8;
  bytes[at + 8] = streamId;
}
