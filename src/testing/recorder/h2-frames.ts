/** HTTP/2 frames in bytes that are all there, with their field blocks decoded (RFC 9113 section 4, RFC 7541). */
import { concat } from '../../bytes.js';
import { FLAG, FRAME, FRAME_HEADER_SIZE, readUint31 } from '../../h2/frame/frame.js';
import { HpackDecoder } from '../../h2/hpack/decoder.js';

/** A frame, or a field block with all of its frames. */
export interface WireFrame {
  readonly start: number;
  readonly end: number;
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  /** Without padding and priority. */
  readonly payload: Buffer;
  /** Octets of padding, where the frame is padded. */
  readonly padding: number | undefined;
  /** Of HEADERS and PUSH_PROMISE: names and values in turn; `invalid` where the block cannot be decoded. */
  readonly lines?: readonly string[] | 'invalid';
}

const NO_LIMITS = { headerList: 1 << 30, headerFields: 1 << 20 };
/** Of a dynamic table, as large as either side may have allowed. */
const ANY_TABLE = 1 << 24;

/** The frames of one direction, from `offset` on; an incomplete one is left out. */
export function framesFrom(bytes: Buffer, offset: number): WireFrame[] {
  const decoder = new HpackDecoder(NO_LIMITS);
  decoder.setTableLimit(ANY_TABLE);
  const decode = (block: Uint8Array): readonly string[] | 'invalid' => {
    try {
      return decoder.decode(block);
    } catch {
      return 'invalid';
    }
  };
  const frames: WireFrame[] = [];
  let block: { first: WireFrame; parts: Uint8Array[] } | undefined;
  for (let start = offset; start + FRAME_HEADER_SIZE <= bytes.length;) {
    const end = start + FRAME_HEADER_SIZE + bytes.readUIntBE(start, 3);
    if (end > bytes.length) break;
    const frame = frameOf(bytes, start, end);
    start = end;
    const opens = frame.type === FRAME.HEADERS || frame.type === FRAME.PUSH_PROMISE;
    if (opens) block = { first: frame, parts: [fragmentOf(frame)] };
    else if (frame.type === FRAME.CONTINUATION && block !== undefined) block.parts.push(frame.payload);
    else {
      frames.push(frame);
      continue;
    }
    if ((frame.flags & FLAG.END_HEADERS) === 0) continue;
    frames.push({ ...block.first, end, lines: decode(concat(block.parts)) });
    block = undefined;
  }
  return frames;
}

function fragmentOf({ type, payload }: WireFrame): Uint8Array {
  return type === FRAME.PUSH_PROMISE ? payload.subarray(4) : payload;
}

function frameOf(bytes: Buffer, start: number, end: number): WireFrame {
  const [type, flags] = [bytes[start + 3]!, bytes[start + 4]!];
  let payload = bytes.subarray(start + FRAME_HEADER_SIZE, end);
  const carriesMessage = type === FRAME.DATA || type === FRAME.HEADERS || type === FRAME.PUSH_PROMISE;
  let padding: number | undefined;
  if (carriesMessage && (flags & FLAG.PADDED) !== 0 && payload.length > 0) {
    padding = payload[0]!;
    payload = payload.subarray(1, Math.max(1, payload.length - padding));
  }
  // Priorities are obsolete (RFC 9113 section 5.3), and ignored here.
  if (type === FRAME.HEADERS && (flags & FLAG.PRIORITY) !== 0) payload = payload.subarray(5);
  return { start, end, type, flags, stream: readUint31(bytes, start + 5), payload, padding };
}
