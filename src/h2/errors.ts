/**
 * Errors of an HTTP/2 connection, by what they end (RFC 9113 section 5.4): a connection error ends all of it with
 * GOAWAY, a stream error ends one exchange with RST_STREAM. Both are the one `ProtocolError`, tagged by its `scope`;
 * `reason` is the error code that goes onto the wire.
 */
import { H2_ERROR_CODES, ProtocolError } from '../errors.js';
import type { H2ErrorCode, ProtocolErrorCode } from '../errors.js';

const REASONS = Object.keys(H2_ERROR_CODES) as H2ErrorCode[];

/** The name of an error code; an unknown one is to be taken as INTERNAL_ERROR (RFC 9113 section 7). */
export function reasonOf(code: number): H2ErrorCode {
  return REASONS[code] ?? 'INTERNAL_ERROR';
}

/** The peer broke a rule that ends the connection (RFC 9113 section 5.4.1). */
export function connectionError(
  reason: H2ErrorCode,
  message: string,
  code: ProtocolErrorCode = 'protocol-error',
): ProtocolError {
  return new ProtocolError(code, message, { scope: 'connection', reason });
}

/** The peer broke a rule that ends one stream (RFC 9113 section 5.4.2). */
export function streamError(
  reason: H2ErrorCode,
  message: string,
  code: ProtocolErrorCode = 'protocol-error',
): ProtocolError {
  return new ProtocolError(code, message, { scope: 'exchange', reason });
}

/** Too many actions that cost this side more than the peer (RFC 9113 section 10.5). */
export function calmError(message: string): ProtocolError {
  return connectionError('ENHANCE_YOUR_CALM', message, 'enhance-your-calm');
}

/** HPACK state is lost, and with it the connection (RFC 9113 section 4.3). */
export function compressionError(message: string): ProtocolError {
  return connectionError('COMPRESSION_ERROR', message);
}
