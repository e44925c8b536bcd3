/** Frames as bytes, and bytes as frames (RFC 9113 section 4.1): none of it is the engine's own code. */

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export const TYPE = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

/** Names of error codes by their number (RFC 9113 section 7). */
const ERRORS = [
  ...['NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR', 'SETTINGS_TIMEOUT', 'STREAM_CLOSED'],
  ...['FRAME_SIZE_ERROR', 'REFUSED_STREAM', 'CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR', 'ENHANCE_YOUR_CALM'],
];

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([header, payload]);
}

/** The whole frames in `bytes`. */
export function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + 9 <= bytes.length;) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    if (end > bytes.length) break;
    const stream = bytes.readUInt32BE(at + 5) & 0x7fff_ffff;
    frames.push({ type: bytes[at + 3]!, flags: bytes[at + 4]!, stream, payload: bytes.subarray(at + 9, end) });
    at = end;
  }
  return frames;
}

/** The end of each input: once it is acknowledged, all input before it has been read. */
export const LAST_PING = frame(TYPE.PING, 0, 0, Buffer.from('the end!'));

/** `bytes` without the frame that is cut off at their end: one may judge it by its header, and the other wait for the rest. */
export function wholeFrames(bytes: Buffer): Buffer {
  let end = PREFACE.length;
  while (end + 9 <= bytes.length) {
    const next = end + 9 + bytes.readUIntBE(end, 3);
    if (next > bytes.length) break;
    end = next;
  }
  return bytes.subarray(0, end);
}

export function errorName(code: number): string {
  return ERRORS[code] ?? `error ${code}`;
}

/** The code of GOAWAY, or of RST_STREAM. */
export function errorOf({ type, payload }: Frame): string {
  return errorName(payload.readUInt32BE(type === TYPE.GOAWAY ? 4 : 0));
}
