/**
 * What is wrong with bytes that came, before anybody knows which exchange it concerns: readers return it as a value, and
 * the connection makes the `ProtocolError` of it, since only there is it known who can be answered.
 */
import { ProtocolError } from '../errors.js';
import type { ProtocolErrorCode } from '../errors.js';

export interface ReadFailure {
  readonly code: ProtocolErrorCode;
  /** What a server answers (RFC 9110 section 15.5). */
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
