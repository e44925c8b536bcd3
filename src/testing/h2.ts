/** HTTP/2 on the wire, for diagrams: frames by hand, as a peer of any behaviour would send them (RFC 9113 section 4). */
import { concat, utf8 } from '../bytes.js';
import { H2_ERROR_CODES, type H2ErrorCode } from '../errors.js';

/** Settings by their identifiers (RFC 9113 section 6.5.1). */
const SETTINGS = {
  HEADER_TABLE_SIZE: 0x1,
  ENABLE_PUSH: 0x2,
  MAX_CONCURRENT_STREAMS: 0x3,
  INITIAL_WINDOW_SIZE: 0x4,
  MAX_FRAME_SIZE: 0x5,
  MAX_HEADER_LIST_SIZE: 0x6,
  ENABLE_CONNECT_PROTOCOL: 0x8,
  NO_RFC7540_PRIORITIES: 0x9,
} as const;

/** What a SETTINGS frame says, in the order it says it. */
type SettingValues = { readonly [name in keyof typeof SETTINGS]?: number };

function frame(type: number, flags: number, streamId: number, payload: Uint8Array = new Uint8Array()): Uint8Array {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(streamId, 5);
  return concat([header, payload]);
}

function numbers(...values: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
  return bytes;
}

function settings(values: SettingValues = {}): Uint8Array {
  const entries = (Object.keys(values) as (keyof SettingValues)[]).map((name) => {
    const entry = Buffer.alloc(6);
    entry.writeUInt16BE(SETTINGS[name], 0);
    entry.writeUInt32BE(values[name]!, 2);
    return entry;
  });
  return frame(0x4, 0, 0, concat(entries, 6 * entries.length));
}

/**
 * Builders of HTTP/2 bytes.
 *
 * @example
 * ```ts
 * serve(flow('a--|', { a: [h2.preface, h2.settings()] }), handler, { alpn: 'h2' });
 * ```
 */
export const h2 = Object.freeze({
  /** What a client's connection begins with, before its SETTINGS (RFC 9113 section 3.4). */
  preface: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  /** Any frame: its payload as it is. */
  frame,
  /** SETTINGS. */
  settings,
  /** The acknowledgement of SETTINGS. */
  settingsAck: frame(0x4, 0x1, 0),
  /** WINDOW_UPDATE; of stream 0, the connection's. */
  windowUpdate: (streamId: number, increment: number): Uint8Array => frame(0x8, 0, streamId, numbers(increment)),
  /** RST_STREAM. */
  reset: (streamId: number, code: H2ErrorCode): Uint8Array => frame(0x3, 0, streamId, numbers(H2_ERROR_CODES[code])),
  /** GOAWAY. */
  goaway: (lastStreamId: number, code: H2ErrorCode, debugData = ''): Uint8Array =>
    frame(0x7, 0, 0, concat([numbers(lastStreamId, H2_ERROR_CODES[code]), utf8(debugData)])),
  /** What this server begins with, its limits being the defaults. */
  serverPreface: concat([
    settings({
      MAX_CONCURRENT_STREAMS: 128,
      INITIAL_WINDOW_SIZE: 256 * 1024,
      MAX_HEADER_LIST_SIZE: 64 * 1024,
      NO_RFC7540_PRIORITIES: 1,
      ENABLE_CONNECT_PROTOCOL: 1,
    }),
    frame(0x8, 0, 0, numbers(1024 * 1024 - 65_535)),
  ]),
});
