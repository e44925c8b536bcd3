/** How a connection ended: the same for both roles. */
import type { H2ErrorCode } from '../errors.js';

/** GOAWAY, as it was sent or received (RFC 9113 section 6.8). */
export interface Goaway {
  /** The side that sent it. */
  readonly initiator: 'peer' | 'local';
  readonly code: H2ErrorCode;
  /** The last stream that its sender will act on. */
  readonly lastStream: number;
  /** The text of its sender about it; '' without one. */
  readonly debugData: string;
}

/** How a connection ended. */
export interface ConnectionEnd {
  /** Why it ended before its time; undefined if it ended well. */
  readonly error: Error | undefined;
  /** The GOAWAY that explains the end best, of either side: one with an error before one without. */
  readonly goaway: Goaway | undefined;
}

/**
 * The GOAWAY that explains the end of a connection best: the peer's, unless only the local one has an error.
 * @internal
 */
export function decisiveGoaway(
  received: Goaway | undefined,
  sent: { readonly reason: H2ErrorCode; readonly lastStream: number; readonly debugData: string } | undefined,
): Goaway | undefined {
  if (received !== undefined && (sent === undefined || received.code !== 'NO_ERROR' || sent.reason === 'NO_ERROR')) {
    return received;
  }
  if (sent === undefined) return undefined;
  const { reason, lastStream, debugData } = sent;
  return { initiator: 'local', code: reason, lastStream, debugData };
}
