import { didYouMean } from './option-checks.js';

/**
 * Every limit of a server, with its unit, the reason for it, and the effect of exceeding it. The defaults are safe on the open Internet.
 * Byte counts are bytes; times are milliseconds; `Infinity` switches a time limit off.
 */
export interface Limits {
  /** ms for ALPN or the TLS handshake to end. Past it: fault (handshake), close. A stalled handshake holds a socket. */
  readonly handshakeTimeout: number;
  /** ms for a request head to be complete, from its first byte. Past it: 408, close. Against slowloris. */
  readonly headTimeout: number;
  /** ms that a connection may be idle between requests. Past it: close, GOAWAY on h2. */
  readonly idleTimeout: number;
  /** ms without a byte of a request body that is being read. Past it: 408 or reset. */
  readonly bodyTimeout: number;
  /**
   * ms in which the program takes no byte of a body, while that holds its sender up, or all of it has come and no response has begun. Past
   * it: fault (`reader-timeout`), the exchange is aborted: 500, or reset. Against a stage that never releases its chunks: a forgotten
   * release, a branch of `tee` that nobody reads. Off unless set: work on one chunk may take any time.
   */
  readonly readerTimeout: number;
  /** ms in which a peer takes no waiting byte. Past it: close, reset on h2. Against slow readers, and those that have disconnected. */
  readonly writeTimeout: number;
  /**
   * ms, on HTTP/1.1, that an exchange has once its client has ended its side: most clients that do have disconnected. Sending response
   * bytes starts it again. Past it: the exchange is aborted, close. `halfClose` puts `writeTimeout` in its place.
   */
  readonly halfCloseTimeout: number;
  /**
   * ms between two looks whether the peer of an h2 connection is still there, while an exchange is under way. If nothing came since the
   * last look, a PING is sent; if nothing comes until the next one: connection-reset, close. Against peers that vanish, also beyond a proxy
   * that keeps its own connection. Off unless set: TCP keep-alive finds a peer that vanished on the way.
   */
  readonly pingInterval: number;
  /** ms that open exchanges have after `stop`. Past it: close. */
  readonly drainTimeout: number;
  /** ms that a client's request waits for a connection, or for a stream. Past it: `queue-timeout`. */
  readonly queueTimeout: number;
  /**
   * ms, on HTTP/1.1, that an idle connection stays open after `stop`: a request that is on its way is still served, and its response carries
   * `Connection: close`. Past it: close.
   */
  readonly lameDuckTimeout: number;
  /**
   * ms after which a connection begins its graceful end (GOAWAY, or `Connection: close`). Exchanges under way have no time limit for it. Off
   * unless set: for clients that must look for new instances from time to time.
   */
  readonly connectionAge: number;
  /** Requests after which a connection begins its graceful end, as for `connectionAge`. Off unless set. */
  readonly connectionRequests: number;
  /** ms to go on reading, and to discard, after the last response before a close (RFC 9112 section 9.6). */
  readonly lingerTimeout: number;
  /** Bytes of a request target. Past it: 414 (RFC 9110 section 15.5.15). */
  readonly requestTarget: number;
  /** Bytes of an h1 header section. Past it: 431 (RFC 6585 section 5). */
  readonly headerSection: number;
  /** Bytes of an h2 header list, as SETTINGS_MAX_HEADER_LIST_SIZE counts them (RFC 9113 section 6.5.2). Past it: 431. */
  readonly headerList: number;
  /** Field lines of a header or trailer section. Past it: 431; never dropped in silence. */
  readonly headerFields: number;
  /** Bytes of a request's chunk extensions and trailer section together. Past it: 400, or 431. */
  readonly chunkOverhead: number;
  /** Bytes of an unread request body that are discarded to keep an h1 connection. Past it: close. */
  readonly discardedBody: number;
  /** h1 requests that may wait for the response before theirs. Past it: stop reading. */
  readonly pipelinedRequests: number;
  /** Bytes of a body that may wait for its reader, W. On h2 also the stream window. Past it: stop reading; on h2 FLOW_CONTROL_ERROR. */
  readonly bodyWindow: number;
  /** Bytes on an h2 connection that may wait for their readers. Past it: FLOW_CONTROL_ERROR. */
  readonly connectionWindow: number;
  /** h2 streams open at once (SETTINGS_MAX_CONCURRENT_STREAMS). Past it: REFUSED_STREAM. */
  readonly concurrentStreams: number;
  /** h2 resets that may come in one burst: the peer's, and ours that it provokes. Past it: ENHANCE_YOUR_CALM. */
  readonly resetBurst: number;
  /** h2 resets a second that a peer may go on with after a burst. */
  readonly resetRate: number;
  /** h2 control frames that may wait to be written. Past it: ENHANCE_YOUR_CALM. */
  readonly queuedControlFrames: number;
  /** h2 frames in a row that carry nothing. Past it: ENHANCE_YOUR_CALM. */
  readonly emptyFrames: number;
  /** CONTINUATION frames of one field block. Past it: ENHANCE_YOUR_CALM. */
  readonly continuationFrames: number;
  /** ms for the h2 preface and first SETTINGS, and for a SETTINGS acknowledgement. Past it: GOAWAY, close. */
  readonly settingsTimeout: number;
}

/** Interim responses to one request (RFC 9110 section 15.2). A response with more of them is malformed. */
export const INTERIM_RESPONSES = 32;

/** The limits of a server that sets none. */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  handshakeTimeout: 10_000,
  headTimeout: 30_000,
  idleTimeout: 65_000,
  bodyTimeout: 60_000,
  readerTimeout: Infinity,
  writeTimeout: 60_000,
  halfCloseTimeout: 1_000,
  pingInterval: Infinity,
  drainTimeout: 30_000,
  queueTimeout: 30_000,
  lameDuckTimeout: 1_000,
  connectionAge: Infinity,
  connectionRequests: Infinity,
  lingerTimeout: 5_000,
  requestTarget: 8 * 1024,
  headerSection: 16 * 1024,
  headerList: 64 * 1024,
  headerFields: 128,
  chunkOverhead: 16 * 1024,
  discardedBody: 256 * 1024,
  pipelinedRequests: 32,
  bodyWindow: 256 * 1024,
  connectionWindow: 1024 * 1024,
  concurrentStreams: 128,
  resetBurst: 1000,
  resetRate: 33,
  queuedControlFrames: 1000,
  emptyFrames: 100,
  continuationFrames: 8,
  settingsTimeout: 10_000,
});

/**
 * The defaults with `changes` in their place.
 *
 * @throws RangeError for an unknown name, or a value that is not a number above zero (`Infinity` is one, for a time).
 */
export function limitsWith(changes: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(changes)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) {
      const meant = didYouMean(name, Object.keys(DEFAULT_LIMITS));
      throw new RangeError(`there is no limit named ${JSON.stringify(name)}${meant}`);
    }
    const lawful =
      typeof value === 'number' && value > 0 && (isTime(name) || Number.isSafeInteger(value) || isOff(name, value));
    if (!lawful) throw new RangeError(`limit ${name}: expected a number above zero, got ${String(value)}`);
  }
  return Object.freeze({ ...DEFAULT_LIMITS, ...changes });
}

/** A limit as the message of an error names it: `headTimeout is 30000 ms`. */
export function limitWords(limits: Partial<Limits>, name: keyof Limits): string {
  return `${name} is ${limits[name]!}${name.endsWith('Timeout') ? ' ms' : ''}`;
}

function isTime(name: string): boolean {
  return name.endsWith('Timeout') || name === 'connectionAge' || name === 'pingInterval';
}

/** A number that is off unless set may be switched off in words. */
function isOff(name: string, value: number): boolean {
  return value === Infinity && DEFAULT_LIMITS[name as keyof Limits] === Infinity;
}
