/** Errors of the wire, in a client's words. */
import { ClientError, type ClientErrorCode, ProtocolError, type ProtocolErrorCode, toError } from '../errors.js';

/** Codes that have another name here. Any other code means that the server's bytes were not a valid response. */
const CODES: Readonly<Partial<Record<ProtocolErrorCode, ClientErrorCode>>> = {
  'header-section-too-large': 'header-section-too-large',
  'too-many-fields': 'header-section-too-large',
  'content-length-mismatch': 'invalid-response-body-length',
  truncated: 'truncated',
  'head-timeout': 'headers-timeout',
  'body-timeout': 'body-timeout',
  'reader-timeout': 'reader-timeout',
  'write-timeout': 'write-timeout',
  'handshake-timeout': 'handshake-timeout',
  'handshake-failed': 'handshake-failed',
  'unknown-protocol': 'unknown-protocol',
  'connection-reset': 'connection-reset',
  'stream-reset': 'protocol-error',
  'protocol-error': 'protocol-error',
  'enhance-your-calm': 'protocol-error',
  refused: 'refused',
  'going-away': 'closed',
  closed: 'closed',
};

/**
 * `error` as a `ClientError`.
 *
 * @param untouched - whether the server has sent nothing at all for the request.
 */
export function clientError(error: unknown, untouched = false): ClientError {
  if (error instanceof ClientError) return error;
  if (!(error instanceof ProtocolError)) return thrown(error);
  const { code, initiator, reason, message } = error;
  if (code === 'content-length-mismatch' && initiator === 'local') {
    return new ClientError('invalid-request', message, { cause: error });
  }
  if (reason === 'REFUSED_STREAM' || code === 'refused')
    return new ClientError('refused', message, { retryable: true, reason, cause: error });
  const retryable = untouched && (code === 'closed' || code === 'connection-reset');
  return new ClientError(CODES[code] ?? 'malformed-response', message, { retryable, reason, cause: error });
}

/** An error of the program's own side of an exchange. */
export function thrown(error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  const cause = toError(error);
  if (cause instanceof ProtocolError) return clientError(cause);
  const code = cause instanceof TypeError ? 'invalid-request' : 'exception';
  return new ClientError(code, cause.message, { cause });
}
