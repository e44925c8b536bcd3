/** WebSockets on the wire, for diagrams: the handshake of HTTP/1.1, and frames of both sides (RFC 6455 section 5.2). */
import { utf8 } from '../bytes.js';
import { booleanValue, checkOptions, oneOf, type OptionTable } from '../option-checks.js';
import { h1 } from './h1-builders.js';
import type { Wire } from './byte-rows.js';

/** What makes a frame a special one: each is lawful unless set. */
export interface WsFrameInit {
  /** Whether it is the last of its message: unless set. */
  readonly fin?: boolean;
  /** Whether it is compressed (RSV1, RFC 7692 section 6): not unless set. */
  readonly compressed?: boolean;
  /** The sender: `client` unless set. Its frames are masked. */
  readonly from?: 'client' | 'server';
}

const FRAME_OPTIONS: OptionTable<WsFrameInit> = {
  fin: booleanValue,
  compressed: booleanValue,
  from: oneOf('client', 'server'),
};

const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** The mask of every frame: any will do, and a test shows the same bytes each time. */
const MASK = [0x37, 0xfa, 0x21, 0x3d];

type Content = string | Uint8Array;

function frame(opcode: number, content: Content = '', init: WsFrameInit = {}): Uint8Array {
  checkOptions('a frame of ws', init, FRAME_OPTIONS);
  const payload = typeof content === 'string' ? utf8(content) : content;
  const { length } = payload;
  const isMasked = init.from !== 'server';
  const form = length < 126 ? length : length < 65536 ? 126 : 127;
  const head = Buffer.alloc(2 + (form === 126 ? 2 : form === 127 ? 8 : 0));
  head[0] = (init.fin === false ? 0 : 0x80) | (init.compressed === true ? 0x40 : 0) | opcode;
  head[1] = (isMasked ? 0x80 : 0) | form;
  if (form === 126) head.writeUInt16BE(length, 2);
  if (form === 127) head.writeBigUInt64BE(BigInt(length), 2);
  if (!isMasked) return Buffer.concat([head, payload]);
  return Buffer.concat([head, Buffer.from(MASK), payload.map((octet, index) => octet ^ MASK[index % 4]!)]);
}

function closeFrame(code?: number, reason = '', init: WsFrameInit = {}): Uint8Array {
  if (code === undefined) return frame(OPCODES.close, '', init);
  return frame(OPCODES.close, Buffer.concat([Buffer.of(code >> 8, code & 0xff), utf8(reason)]), init);
}

/** A key, and what it is responded to with: those of RFC 6455 section 1.3. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/**
 * Builders of WebSockets.
 *
 * @example
 * ```ts
 * const client = flow('-u-a-', { u: ws.upgrade('/'), a: ws.text('hello') });
 * serve(client, (request, exchange) => accept(request, exchange).pipe(tap((socket) => socket.subscribe(socket)), ignoreElements()));
 * expectWebSocket(client).toBe('-u-a', { u: 'HTTP/1.1 101', a: 'TEXT "hello"' });
 * ```
 */
export const ws = Object.freeze({
  /** The request of a handshake on HTTP/1.1. */
  upgrade: (target: string, headers: Readonly<Record<string, string>> = {}): string =>
    h1.get(target, {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': KEY,
      ...headers,
    }),
  /** The response to it. */
  accepted: (headers: Readonly<Record<string, string>> = {}): Wire =>
    h1.responseHead(101, { ...headers, 'sec-websocket-accept': ACCEPT, connection: 'upgrade', upgrade: 'websocket' }),
  /**
   * The headers of a handshake on HTTP/2, as further fields of `h2.connect`.
   *
   * @example `h2.connect(1, { path: '/', protocol: 'websocket' }, ws.headers)`
   */
  headers: Object.freeze({ 'sec-websocket-version': '13' }),
  /**
   * A frame of text: a whole message, or its first fragment.
   *
   * @example `[ws.text('hel', { fin: false }), ws.continuation('lo')]`
   */
  text: (content: Content, init?: WsFrameInit): Uint8Array => frame(OPCODES.text, content, init),
  /** A frame of bytes. */
  binary: (content: Content, init?: WsFrameInit): Uint8Array => frame(OPCODES.binary, content, init),
  /** A further fragment of a message. */
  continuation: (content: Content, init?: WsFrameInit): Uint8Array => frame(OPCODES.continuation, content, init),
  ping: (content?: Content, init?: WsFrameInit): Uint8Array => frame(OPCODES.ping, content, init),
  pong: (content?: Content, init?: WsFrameInit): Uint8Array => frame(OPCODES.pong, content, init),
  /**
   * A Close frame.
   *
   * @example `ws.close(1000, 'bye')`
   */
  close: closeFrame,
});
