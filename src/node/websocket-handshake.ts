/** The two fields of a WebSocket handshake that need chance, or a hash (RFC 6455 section 1.3). */
import { createHash } from 'node:crypto';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * A value for Sec-WebSocket-Key. It need not be secret: it shows that the response is not an old one.
 *
 * @param random - from 0 to below 1, `Math.random` for one.
 */
export function webSocketKey(random: () => number): string {
  return Buffer.from(Array.from({ length: 16 }, () => Math.floor(random() * 256))).toString('base64');
}

/** The Sec-WebSocket-Accept that belongs to a Sec-WebSocket-Key. */
export function webSocketAccept(key: string): string {
  return createHash('sha1')
    .update(key + GUID, 'latin1')
    .digest('base64');
}
