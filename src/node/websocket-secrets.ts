/** The parts of Node's crypto for WebSockets: keys of the handshake, their digest, and masks that nobody can predict. */
import { createHash, randomBytes, randomFillSync } from 'node:crypto';

/** What a server appends to the key (RFC 6455 section 4.2.2). */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The Sec-WebSocket-Accept that `key` asks for (RFC 6455 section 4.2.2). */
export function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + GUID, 'latin1')
    .digest('base64');
}

/** A new Sec-WebSocket-Key: 16 random bytes (RFC 6455 section 4.1). */
export function newKey(): string {
  return randomBytes(16).toString('base64');
}

/**
 * The same, of numbers from 0 to below 1. A gateway takes those of its client: the key need not be secret, it shows that the response is not
 * an old one.
 */
export function keyOf(random: () => number): string {
  return Buffer.from(Array.from({ length: 16 }, () => Math.floor(random() * 256))).toString('base64');
}

/** Masks are taken from a pool: to ask for four random bytes at a time costs more than a small frame. */
const pool = new Int32Array(2048);
let used = pool.length;

/** A new mask: unpredictable (RFC 6455 section 10.3). */
export function randomMask(): number {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return pool[used++]!;
}
