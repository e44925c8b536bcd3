/**
 * HTTP/2 on the wire, for diagrams: frames by hand, as a peer of any behaviour would send them (RFC 9113 section 4). Field
 * blocks use no dynamic table, so a letter means the same wherever a diagram has it.
 */
import { concat, utf8 } from '../bytes.js';
import { H2_ERROR_CODES, type H2ErrorCode } from '../errors.js';
import { FLAG, FRAME } from '../h2/frame/frame.js';
import { writeInteger } from '../h2/hpack/integer.js';
import { SETTING } from '../h2/settings.js';

/** Settings by their identifiers (RFC 9113 section 6.5.1). */
export const SETTINGS = SETTING;

/** What a SETTINGS frame says, in the order it says it. */
type SettingValues = { readonly [name in keyof typeof SETTINGS]?: number };

/** Field lines, in the order they are given; names in lower case. */
type H2Fields = Readonly<Record<string, string | number>>;

/** Whether a frame ends its side of the stream. */
interface End {
  readonly end?: boolean;
}

/** Octets that a DATA frame carries at most (SETTINGS_MAX_FRAME_SIZE, by default). */
const FRAME_SIZE = 16_384;

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

function settingsPayload(values: SettingValues): Uint8Array {
  const entries = (Object.keys(values) as (keyof SettingValues)[]).map((name) => {
    const entry = Buffer.alloc(6);
    entry.writeUInt16BE(SETTINGS[name], 0);
    entry.writeUInt32BE(values[name]!, 2);
    return entry;
  });
  return concat(entries, 6 * entries.length);
}

function settings(values: SettingValues = {}): Uint8Array {
  return frame(FRAME.SETTINGS, 0, 0, settingsPayload(values));
}

/** A string literal without Huffman code (RFC 7541 section 5.2). */
function literal(text: string): Uint8Array {
  const bytes = utf8(text);
  const room = { bytes: Buffer.alloc(6), position: 0 };
  writeInteger(room, 0, 7, bytes.length);
  return concat([room.bytes.subarray(0, room.position), bytes]);
}

/** Each field as a literal that is not indexed (RFC 7541 section 6.2.2). */
function fieldBlock(fields: H2Fields): Uint8Array {
  return concat(
    Object.entries(fields).flatMap(([name, value]) => [Uint8Array.of(0), literal(name), literal(String(value))]),
  );
}

function headers(streamId: number, fields: H2Fields, { end = false }: End = {}): Uint8Array {
  return frame(FRAME.HEADERS, FLAG.END_HEADERS | (end ? FLAG.END_STREAM : 0), streamId, fieldBlock(fields));
}

function request(streamId: number, method: string, path: string, fields: H2Fields, end: boolean): Uint8Array {
  const pseudo = { ':method': method, ':scheme': 'http', ':authority': 'test', ':path': path };
  return headers(streamId, { ...pseudo, ...fields }, { end });
}

/** DATA, in as many frames as it takes: at least one. */
function data(
  streamId: number,
  content: string | Uint8Array,
  { end = false, padding }: End & { readonly padding?: number } = {},
): Uint8Array {
  const bytes = typeof content === 'string' ? utf8(content) : content;
  const frames: Uint8Array[] = [];
  let from = 0;
  do {
    const part = bytes.subarray(from, from + FRAME_SIZE);
    from += FRAME_SIZE;
    const flags = end && from >= bytes.length ? FLAG.END_STREAM : 0;
    if (padding === undefined) frames.push(frame(FRAME.DATA, flags, streamId, part));
    else {
      const padded = concat([Uint8Array.of(padding), part, new Uint8Array(padding)]);
      frames.push(frame(FRAME.DATA, flags | FLAG.PADDED, streamId, padded));
    }
  } while (from < bytes.length);
  return concat(frames);
}

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const SETTINGS_ACK = frame(FRAME.SETTINGS, FLAG.ACK, 0);

/**
 * Builders of HTTP/2 bytes. A builder of requests gives the whole of one; those of frames, one frame each.
 *
 * @example
 * ```ts
 * const client = flow('(sa)|', { s: h2.start(), a: h2.get(1, '/') });
 * serve(client, () => response(200, {}, 'ok'), { alpn: 'h2' });
 * expectFrames(client).toBe('(hd|)', { h: 'HEADERS 1 200', d: 'DATA 1 "ok" END_STREAM' });
 * ```
 */
export const h2 = Object.freeze({
  /** What a client's connection begins with, before its SETTINGS (RFC 9113 section 3.4). */
  preface: PREFACE,
  /**
   * All that a client says before its first request: the preface, its SETTINGS, and that it has the server's.
   *
   * @example `flow('(sa)', { s: h2.start({ INITIAL_WINDOW_SIZE: 4 }), a: h2.get(1, '/') })`
   */
  start: (values?: SettingValues): Uint8Array => concat([utf8(PREFACE), settings(values), SETTINGS_ACK]),
  /**
   * A request without content.
   *
   * @example `h2.get(1, '/path', { priority: 'u=0' })`
   */
  get: (streamId: number, path: string, fields: H2Fields = {}): Uint8Array =>
    request(streamId, 'GET', path, fields, true),
  /**
   * A request for the head only.
   *
   * @example `h2.head(1, '/')`
   */
  head: (streamId: number, path: string, fields: H2Fields = {}): Uint8Array =>
    request(streamId, 'HEAD', path, fields, true),
  /**
   * A request with content, and its Content-Length.
   *
   * @example `h2.post(1, '/upload', 'content')`
   */
  post: (streamId: number, path: string, body: string | Uint8Array, fields: H2Fields = {}): Uint8Array =>
    concat([
      request(streamId, 'POST', path, { ...fields, 'content-length': Buffer.byteLength(body) }, false),
      data(streamId, body, { end: true }),
    ]),
  /**
   * A request's head, whose content follows in `data`.
   *
   * @example `[h2.requestHead(1, 'POST', '/'), h2.data(1, 'content', { end: true })]`
   */
  requestHead: (streamId: number, method: string, path: string, fields: H2Fields = {}): Uint8Array =>
    request(streamId, method, path, fields, false),
  /**
   * HEADERS with these fields and no others: a head of any kind, or trailers.
   *
   * @example `h2.headers(1, { checksum: '1' }, { end: true })`
   */
  headers,
  /**
   * DATA; content of more than 16 KiB in several frames.
   *
   * @param options - `end`: it ends the stream's side; `padding`: octets that pad each frame.
   * @example `h2.data(1, 'content', { end: true, padding: 5 })`
   */
  data,
  /**
   * Any frame: its payload as it is.
   *
   * @example `h2.frame(0xfa, 0, 0)`
   */
  frame,
  /**
   * SETTINGS.
   *
   * @example `h2.settings({ INITIAL_WINDOW_SIZE: 0 })`
   */
  settings,
  /** The acknowledgement of SETTINGS. */
  settingsAck: SETTINGS_ACK,
  /**
   * SETTINGS as the value of HTTP2-Settings (RFC 7540 section 3.2.1).
   *
   * @example `h1.get('/', { upgrade: 'h2c', connection: 'upgrade, http2-settings', 'http2-settings': h2.settingsField() })`
   */
  settingsField: (values: SettingValues = {}): string => Buffer.from(settingsPayload(values)).toString('base64url'),
  /**
   * WINDOW_UPDATE; of stream 0, the connection's.
   *
   * @example `h2.windowUpdate(1, 1024)`
   */
  windowUpdate: (streamId: number, increment: number): Uint8Array =>
    frame(FRAME.WINDOW_UPDATE, 0, streamId, numbers(increment)),
  /**
   * PING, or the answer to one.
   *
   * @param opaque - eight octets, as text.
   * @example `h2.ping('shutdown', { ack: true })`
   */
  ping: (opaque: string, { ack = false }: { readonly ack?: boolean } = {}): Uint8Array =>
    frame(FRAME.PING, ack ? FLAG.ACK : 0, 0, utf8(opaque)),
  /**
   * RST_STREAM.
   *
   * @example `h2.rst(1, 'CANCEL')`
   */
  rst: (streamId: number, code: H2ErrorCode): Uint8Array =>
    frame(FRAME.RST_STREAM, 0, streamId, numbers(H2_ERROR_CODES[code])),
  /**
   * GOAWAY.
   *
   * @example `h2.goaway(0, 'NO_ERROR')`
   */
  goaway: (lastStreamId: number, code: H2ErrorCode, debugData = ''): Uint8Array =>
    frame(FRAME.GOAWAY, 0, 0, concat([numbers(lastStreamId, H2_ERROR_CODES[code]), utf8(debugData)])),
  /**
   * PRIORITY_UPDATE (RFC 9218 section 7.1).
   *
   * @example `h2.priorityUpdate(3, 'u=0, i')`
   */
  priorityUpdate: (streamId: number, value: string): Uint8Array =>
    frame(FRAME.PRIORITY_UPDATE, 0, 0, concat([numbers(streamId), utf8(value)])),
  /** What this server begins with, its limits being the defaults. */
  serverPreface: concat([
    settings({
      MAX_CONCURRENT_STREAMS: 128,
      INITIAL_WINDOW_SIZE: 256 * 1024,
      MAX_HEADER_LIST_SIZE: 64 * 1024,
      NO_RFC7540_PRIORITIES: 1,
      ENABLE_CONNECT_PROTOCOL: 1,
    }),
    frame(FRAME.WINDOW_UPDATE, 0, 0, numbers(1024 * 1024 - 65_535)),
  ]),
});
