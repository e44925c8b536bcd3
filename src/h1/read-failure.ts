/**
 * An error in bytes whose exchange is not known yet. Readers return it as a value. The connection makes a `ProtocolError` of it, because
 * only the connection knows whether it can respond.
 */
import { ProtocolError } from '../errors.js';
import type { ProtocolErrorCode } from '../errors.js';

export interface ReadFailure {
  readonly code: ProtocolErrorCode;
  /** The status of a server's response (RFC 9110 section 15.5). */
  readonly status: number;
  readonly message: string;
}

export function failure(code: ProtocolErrorCode, status: number, message: string): ReadFailure {
  return { code, status, message };
}

/** The same as an error of the peer's, for the exchange that it ends. */
export function peerError({ code, status, message }: ReadFailure): ProtocolError {
  return new ProtocolError(code, message, { initiator: 'peer', status });
}
