/**
 * Frames that carry field blocks: HEADERS, PUSH_PROMISE and CONTINUATION (RFC 9113 sections 6.2, 6.6, 6.10).
 */
import { connectionError } from '../errors.js';
import { FLAG, FRAME, FRAME_HEADER_SIZE, readUint31, writeHeaderAt } from './frame.js';
import type { FrameWriter } from './writer.js';

/** The place of a field block fragment, and the fields before it in its frame. */
export interface FieldBlockFragment {
  start: number;
  end: number;
  /** The stream that this one depends on, as announced; -1 for none. It matters only if a stream depends on itself. */
  dependency: number;
  /** Of PUSH_PROMISE: the stream that is promised. */
  promised: number;
}

/** One object for all: a frame is done with before the next is parsed. */
const fragment: FieldBlockFragment = { start: 0, end: 0, dependency: -1, promised: 0 };

/** The fragment in the payload `bytes[start, end)` of HEADERS. */
export function parseHeaders(
  flags: number,
  streamId: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): FieldBlockFragment {
  if (streamId === 0) throw connectionError('PROTOCOL_ERROR', 'HEADERS on stream 0');
  const priority = (flags & FLAG.PRIORITY) !== 0;
  unpad('HEADERS', flags, priority ? 5 : 0, bytes, start, end);
  fragment.dependency = -1;
  if (priority) {
    // The priority signal of RFC 7540 is deprecated, and skipped (RFC 9113 section 5.3.2).
    fragment.dependency = readUint31(bytes, fragment.start);
    fragment.start += 5;
  }
  return fragment;
}

/** The fragment in the payload of PUSH_PROMISE. */
export function parsePushPromise(
  flags: number,
  streamId: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): FieldBlockFragment {
  if (streamId === 0) throw connectionError('PROTOCOL_ERROR', 'PUSH_PROMISE on stream 0');
  unpad('PUSH_PROMISE', flags, 4, bytes, start, end);
  fragment.promised = readUint31(bytes, fragment.start);
  fragment.start += 4;
  fragment.dependency = -1;
  return fragment;
}

/** Sets `fragment` to the rest without padding: `fixed` octets of other fields, and the field block fragment. */
function unpad(name: string, flags: number, fixed: number, bytes: Uint8Array, start: number, end: number): void {
  const padded = (flags & FLAG.PADDED) !== 0;
  fragment.start = padded ? start + 1 : start;
  fragment.end = padded ? end - bytes[start]! : end;
  if (end < fragment.start + fixed) throw connectionError('FRAME_SIZE_ERROR', `${name} of ${end - start} octets`);
  // RFC 9113 section 6.2: the padding exceeds the room for the fragment.
  if (fragment.end < fragment.start + fixed) throw connectionError('PROTOCOL_ERROR', `${name} with too much padding`);
}

/** Octets that framing takes beside a field block of up to `bound` octets, in frames of `maxFrameSize`. */
export function framingBound(bound: number, maxFrameSize: number): number {
  return FRAME_HEADER_SIZE * (2 + Math.floor(bound / maxFrameSize)) + 4;
}

/**
 * Ends a field block that was written from `start` + 9 on, after any other fields of its frame. Writes the header of HEADERS or
 * PUSH_PROMISE at `start`, and CONTINUATION headers if the peer's frames are too small.
 */
export function finishFieldBlock(
  writer: FrameWriter,
  start: number,
  type: number,
  flags: number,
  streamId: number,
  maxFrameSize: number,
): void {
  const length = writer.position - start - FRAME_HEADER_SIZE;
  const { bytes } = writer;
  if (length <= maxFrameSize) {
    writeHeaderAt(bytes, start, length, type, flags | FLAG.END_HEADERS, streamId);
    return;
  }
  // Too long for one frame: the fragments move apart, the last one first, to make room for headers between them.
  const continuations = Math.ceil(length / maxFrameSize) - 1;
  for (let index = continuations; index > 0; index--) {
    const from = start + FRAME_HEADER_SIZE + index * maxFrameSize;
    const to = from + index * FRAME_HEADER_SIZE;
    const size = Math.min(maxFrameSize, length - index * maxFrameSize);
    bytes.copyWithin(to, from, from + size);
    const last = index === continuations ? FLAG.END_HEADERS : 0;
    writeHeaderAt(bytes, to - FRAME_HEADER_SIZE, size, FRAME.CONTINUATION, last, streamId);
  }
  writeHeaderAt(bytes, start, maxFrameSize, type, flags, streamId);
  writer.position += continuations * FRAME_HEADER_SIZE;
}
