import { didYouMean } from '../../option-checks.js';

/** The limits of a WebSocket. Byte counts are bytes; times are ms, and `Infinity` switches a time limit off. */
export interface WebSocketLimits {
  /** Bytes of a message, decompressed. Past it: close 1009. It bounds memory; a message that is read as a stream has no limit. */
  readonly message: number;
  /** Bytes of the payload of one frame. Past it: close 1009. That of `message` bounds it unless messages are streamed. */
  readonly frame: number;
  /** Frames of one message. Past it: close 1008. A message of empty frames would have no end. */
  readonly fragments: number;
  /** Pings that may wait for their pong to go out. Past it the oldest go without one (RFC 6455 section 5.5.3). */
  readonly unreadPings: number;
  /** Bytes of messages that may wait to be taken, W; each counts as 64 bytes more than it has. Past it: stop reading. */
  readonly window: number;
  /** Bytes that may wait to go out before `next` returns false, H. At 16 times as much the socket ends: see `overflow`. */
  readonly highWaterMark: number;
  /** ms without anything from the peer, after which it is pinged. A peer that has vanished, and proxies that end idle connections. */
  readonly pingInterval: number;
  /** ms after such a ping in which something must come. Past it: the connection is aborted. */
  readonly pongTimeout: number;
  /** ms without a message, either way. Past it: close 1001. Off unless set. */
  readonly idleTimeout: number;
  /** ms for the peer to complete the closing handshake, and then to end the connection. Past it: abort. */
  readonly closeTimeout: number;
  /** ms in which the peer takes nothing of what waits for it. Past it: abort. */
  readonly writeTimeout: number;
}

/** The limits of a WebSocket that sets none. */
export const DEFAULT_WEBSOCKET_LIMITS: WebSocketLimits = Object.freeze({
  message: 1024 * 1024,
  frame: Infinity,
  fragments: 1024 * 1024,
  unreadPings: 64,
  window: 64 * 1024,
  highWaterMark: 64 * 1024,
  pingInterval: 30_000,
  pongTimeout: 30_000,
  idleTimeout: Infinity,
  closeTimeout: 10_000,
  writeTimeout: 60_000,
});

/** Limits that need not be whole numbers. */
const TIMES = /(Interval|Timeout)$/;

/**
 * The defaults with `changes` in their place.
 *
 * @throws RangeError for an unknown name, or a value that is not a number above zero.
 */
export function webSocketLimitsWith(changes: Partial<WebSocketLimits> = {}): WebSocketLimits {
  const entries = Object.entries(changes) as [string, number | undefined][];
  if (entries.length === 0) return DEFAULT_WEBSOCKET_LIMITS;
  for (const [name, value] of entries) {
    if (!Object.hasOwn(DEFAULT_WEBSOCKET_LIMITS, name)) {
      const meant = didYouMean(name, Object.keys(DEFAULT_WEBSOCKET_LIMITS));
      throw new RangeError(`WebSockets have no limit named ${JSON.stringify(name)}${meant}`);
    }
    const isLawful =
      typeof value === 'number' && value > 0 && (TIMES.test(name) || value === Infinity || Number.isSafeInteger(value));
    if (!isLawful) throw new RangeError(`limit ${name}: expected a number above zero, got ${String(value)}`);
  }
  return Object.freeze({ ...DEFAULT_WEBSOCKET_LIMITS, ...changes });
}
