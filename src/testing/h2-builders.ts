/**
 * HTTP/2 on the wire, for diagrams: frames by hand, as a peer of any behaviour would send them (RFC 9113 section 4). Field
 * blocks use no dynamic table, so a letter means the same wherever a diagram has it.
 */
import { concat, utf8 } from '../bytes.js';
import { H2_ERROR_CODES, type H2ErrorCode } from '../errors.js';
import { FLAG, FRAME } from '../h2/frame/frame.js';
import { writeInteger } from '../h2/hpack/integer.js';
import { SETTING } from '../h2/settings.js';
import { booleanValue, checkNames, checkOptions, integerBetween, type OptionTable } from '../option-checks.js';

/** Settings by their identifiers (RFC 9113 section 6.5.1). */
export const SETTINGS = SETTING;

/** The content of a SETTINGS frame, in its order: by names, or as pairs of identifier and value, also invalid ones. */
type SettingValues = { readonly [name in keyof typeof SETTINGS]?: number } | readonly (readonly [number, number])[];

/** Field lines, in the order they are given; names in lower case. */
type H2Fields = Readonly<Record<string, string | number>>;

/** Whether a frame ends its side of the stream. */
interface End {
  readonly end?: boolean;
}

/** How a field block is framed. */
interface HeadersOptions extends End {
  /** False: CONTINUATION is to follow. */
  readonly endHeaders?: boolean;
  /** Octets that pad the frame. */
  readonly padding?: number;
}

/** The place of a stream in the tree of RFC 7540 section 5.3, which RFC 9113 has given up. */
interface Dependency {
  readonly on?: number;
  /** 1 to 256; 16 unless given. */
  readonly weight?: number;
  readonly exclusive?: boolean;
}

/** The length of the padding is one octet (RFC 9113 section 6.1). */
const DATA = { end: booleanValue, padding: integerBetween(0, 255) };
const HEADERS: OptionTable<HeadersOptions> = { ...DATA, endHeaders: booleanValue };
const PRIORITY: OptionTable<Dependency> = {
  on: integerBetween(0, 0x7fff_ffff),
  weight: integerBetween(1, 256),
  exclusive: booleanValue,
};
const settingValue = integerBetween(0, 0xffff_ffff);

/** A code by its name, or any number. */
type Code = H2ErrorCode | number;

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
  if (!isPairs(values)) {
    checkNames('SETTINGS', values, Object.keys(SETTINGS));
    for (const [name, value] of Object.entries(values)) settingValue(name, value);
  }
  const pairs = isPairs(values)
    ? values
    : Object.entries(values).map(([name, value]) => [SETTINGS[name as keyof typeof SETTINGS], value] as const);
  const entries = pairs.map(([identifier, value]) => {
    const entry = Buffer.alloc(6);
    entry.writeUInt16BE(identifier, 0);
    entry.writeUInt32BE(value, 2);
    return entry;
  });
  return concat(entries, 6 * entries.length);
}

function isPairs(values: SettingValues): values is readonly (readonly [number, number])[] {
  return Array.isArray(values);
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

function headers(streamId: number, fields: H2Fields | Uint8Array, options: HeadersOptions = {}): Uint8Array {
  checkOptions('h2.headers', options, HEADERS);
  const { end = false, endHeaders = true, padding } = options;
  const flags = (endHeaders ? FLAG.END_HEADERS : 0) | (end ? FLAG.END_STREAM : 0);
  const block = fields instanceof Uint8Array ? fields : fieldBlock(fields);
  return padded(FRAME.HEADERS, flags, streamId, block, padding);
}

/** A frame, with octets of zero after its content if it has padding. */
function padded(type: number, flags: number, streamId: number, content: Uint8Array, padding?: number): Uint8Array {
  if (padding === undefined) return frame(type, flags, streamId, content);
  return frame(type, flags | FLAG.PADDED, streamId, concat([Uint8Array.of(padding), content, new Uint8Array(padding)]));
}

function codeOf(code: Code): number {
  return typeof code === 'number' ? code : H2_ERROR_CODES[code];
}

function request(streamId: number, method: string, path: string, fields: H2Fields, end: boolean): Uint8Array {
  const pseudo = { ':method': method, ':scheme': 'http', ':authority': 'test', ':path': path };
  return headers(streamId, { ...pseudo, ...fields }, { end });
}

/** DATA, in as many frames as it takes: at least one. */
function data(
  streamId: number,
  content: string | Uint8Array,
  options: End & { readonly padding?: number } = {},
): Uint8Array {
  checkOptions('h2.data', options, DATA);
  const { end = false, padding } = options;
  const bytes = typeof content === 'string' ? utf8(content) : content;
  const frames: Uint8Array[] = [];
  let from = 0;
  do {
    const part = bytes.subarray(from, from + FRAME_SIZE);
    from += FRAME_SIZE;
    const flags = end && from >= bytes.length ? FLAG.END_STREAM : 0;
    frames.push(padded(FRAME.DATA, flags, streamId, part, padding));
  } while (from < bytes.length);
  return concat(frames);
}

/** The beginning of a client's connection (RFC 9113 section 3.4). */
export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
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
  /** The beginning of a client's connection, before its SETTINGS (RFC 9113 section 3.4). */
  preface: PREFACE,
  /**
   * All frames of a client before its first request: the preface, its SETTINGS, and the acknowledgement of the server's.
   *
   * @example `flow('(sa)', { s: h2.start({ INITIAL_WINDOW_SIZE: 4 }), a: h2.get(1, '/') })`
   */
  start: (values?: SettingValues): Uint8Array => concat([utf8(PREFACE), settings(values), SETTINGS_ACK]),
  /**
   * All frames of a server before its first response: its SETTINGS, and the acknowledgement of the client's.
   *
   * @example `flow('(sa)', { s: h2.startServer({ MAX_CONCURRENT_STREAMS: 1 }), a: h2.response(1, 200, 'ok') })`
   */
  startServer: (values?: SettingValues): Uint8Array => concat([settings(values), SETTINGS_ACK]),
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
   * CONNECT: a tunnel, whose bytes follow in `data`.
   *
   * @param to - host and port; or the path and the protocol of an extended CONNECT (RFC 8441).
   * @example `[h2.connect(1, 'test:80'), h2.data(1, 'bytes')]`
   * @example `h2.connect(1, { path: '/chat', protocol: 'websocket' })`
   */
  connect: (
    streamId: number,
    to: string | { readonly path: string; readonly protocol: string },
    fields: H2Fields = {},
  ): Uint8Array => {
    if (typeof to === 'string') return headers(streamId, { ':method': 'CONNECT', ':authority': to, ...fields });
    return request(streamId, 'CONNECT', to.path, { ':protocol': to.protocol, ...fields }, false);
  },
  /**
   * A whole response, with its Content-Length; of text unless the fields name a type.
   *
   * @example `h2.response(1, 200, 'ok')`
   */
  response: (streamId: number, status: number, body: string | Uint8Array = '', fields: H2Fields = {}): Uint8Array => {
    const length = Buffer.byteLength(body);
    const typed = length === 0 || 'content-type' in fields ? {} : { 'content-type': 'text/plain; charset=utf-8' };
    const sized = status === 204 || status === 304 ? {} : { 'content-length': length };
    const head = headers(streamId, { ':status': status, ...typed, ...sized, ...fields }, { end: length === 0 });
    return length === 0 ? head : concat([head, data(streamId, body, { end: true })]);
  },
  /**
   * A response's head, with exactly these fields, whose content follows in `data`; of 1xx, an interim response.
   *
   * @example `[h2.responseHead(1, 200), h2.data(1, 'content', { end: true })]`
   */
  responseHead: (streamId: number, status: number, fields: H2Fields = {}, options: End = {}): Uint8Array => {
    checkOptions('h2.responseHead', options, { end: booleanValue });
    return headers(streamId, { ':status': status, ...fields }, options);
  },
  /**
   * HEADERS with these fields and no others: a head of any kind, or trailers. Instead of fields, a piece of a field block.
   *
   * @param options - `end`: it ends the stream's side; `endHeaders: false`: CONTINUATION follows; `padding`: octets that pad it.
   * @example `h2.headers(1, { checksum: '1' }, { end: true })`
   */
  headers,
  /**
   * A field block, which can be cut for `headers` and `continuation`: literals that are not indexed (RFC 7541 section 6.2.2).
   *
   * @example `h2.fieldBlock({ ':status': 200 })`
   */
  fieldBlock,
  /**
   * CONTINUATION: a piece of a field block.
   *
   * @param options - `endHeaders: false`: another follows.
   * @example `[h2.headers(1, block.subarray(0, 9), { endHeaders: false }), h2.continuation(1, block.subarray(9))]`
   */
  continuation: (streamId: number, block: Uint8Array, options: { readonly endHeaders?: boolean } = {}): Uint8Array => {
    checkOptions('h2.continuation', options, { endHeaders: booleanValue });
    return frame(FRAME.CONTINUATION, options.endHeaders === false ? 0 : FLAG.END_HEADERS, streamId, block);
  },
  /**
   * PUSH_PROMISE: a request to which the server responds unasked.
   *
   * @example `h2.pushPromise(1, 2, '/style.css')`
   */
  pushPromise: (streamId: number, promised: number, path: string, fields: H2Fields = {}): Uint8Array => {
    const pseudo = { ':method': 'GET', ':scheme': 'http', ':authority': 'test', ':path': path };
    const block = fieldBlock({ ...pseudo, ...fields });
    return frame(FRAME.PUSH_PROMISE, FLAG.END_HEADERS, streamId, concat([numbers(promised), block]));
  },
  /**
   * DATA; content of more than 16 KiB in several frames.
   *
   * @param options - `end`: it ends the stream's side; `padding`: octets that pad each frame.
   * @example `h2.data(1, 'content', { end: true, padding: 5 })`
   */
  data,
  /**
   * Any frame: its payload as it is. Use it for malformed frames: a SETTINGS frame of five octets, an unknown type.
   *
   * @example `h2.frame(0x4, 0, 0, Buffer.alloc(5))`
   */
  frame,
  /**
   * The nine octets in front of any payload.
   *
   * @param length - the announced length of the payload: it need not be true.
   * @example `[h2.frameHeader(100, 0x0, 0, 1), 'not a hundred octets']`
   */
  frameHeader: (length: number, type: number, flags: number, streamId: number): Uint8Array => {
    const header = Buffer.from(frame(type, flags, streamId));
    header.writeUIntBE(length, 0, 3);
    return header;
  },
  /**
   * PRIORITY, of RFC 7540 section 5.3: a peer may ignore it.
   *
   * @example `h2.priority(3, { on: 1, weight: 256 })`
   */
  priority: (streamId: number, options: Dependency = {}): Uint8Array => {
    checkOptions('h2.priority', options, PRIORITY);
    const { on = 0, weight = 16, exclusive = false } = options;
    const parent = exclusive ? (on | 0x8000_0000) >>> 0 : on;
    return frame(FRAME.PRIORITY, 0, streamId, concat([numbers(parent), Uint8Array.of(weight - 1)]));
  },
  /**
   * SETTINGS, by names; or as pairs of identifier and value, for those that have no name.
   *
   * @example `h2.settings({ INITIAL_WINDOW_SIZE: 0 })`
   * @example `h2.settings([[0xfafa, 1]])`
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
   * PING, or its acknowledgement.
   *
   * @param opaque - eight octets, as text.
   * @example `h2.ping('shutdown', { ack: true })`
   */
  ping: (opaque: string, options: { readonly ack?: boolean } = {}): Uint8Array => {
    checkOptions('h2.ping', options, { ack: booleanValue });
    return frame(FRAME.PING, options.ack === true ? FLAG.ACK : 0, 0, utf8(opaque));
  },
  /**
   * RST_STREAM.
   *
   * @param code - by its name, or any number.
   * @example `h2.rst(1, 'CANCEL')`
   */
  rst: (streamId: number, code: Code): Uint8Array => frame(FRAME.RST_STREAM, 0, streamId, numbers(codeOf(code))),
  /**
   * GOAWAY.
   *
   * @param code - by its name, or any number.
   * @example `h2.goaway(0, 'NO_ERROR')`
   */
  goaway: (lastStreamId: number, code: Code, debugData = ''): Uint8Array =>
    frame(FRAME.GOAWAY, 0, 0, concat([numbers(lastStreamId, codeOf(code)), utf8(debugData)])),
  /**
   * PRIORITY_UPDATE (RFC 9218 section 7.1).
   *
   * @example `h2.priorityUpdate(3, 'u=0, i')`
   */
  priorityUpdate: (streamId: number, value: string): Uint8Array =>
    frame(FRAME.PRIORITY_UPDATE, 0, 0, concat([numbers(streamId), utf8(value)])),
  /** The beginning of this server's connection, with the default limits. */
  serverPreface: concat([
    settings({
      MAX_CONCURRENT_STREAMS: 128,
      INITIAL_WINDOW_SIZE: 256 * 1024,
      MAX_HEADER_LIST_SIZE: 64 * 1024,
      NO_RFC7540_PRIORITIES: 1,
    }),
    frame(FRAME.WINDOW_UPDATE, 0, 0, numbers(1024 * 1024 - 65_535)),
  ]),
});
