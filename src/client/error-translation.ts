/** Errors of the wire, in a client's words. */
import { ClientError, type ClientErrorCode, ProtocolError, type ProtocolErrorCode, toError } from '../errors.js';
import type { ResponseHead } from '../http/head.js';
import { isCertificateAlert } from '../node/tls-errors.js';

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
  if (code === 'connection-reset' && isCertificateAlert(error.cause)) {
    const words = `the TLS handshake failed: ${message}`;
    // The server has not read a byte of the request.
    return new ClientError('handshake-failed', words, { retryable: true, cause: error });
  }
  if (reason === 'REFUSED_STREAM' || code === 'refused')
    return new ClientError('refused', message, { retryable: true, reason, cause: error });
  const retryable = reason === 'HTTP_1_1_REQUIRED' || (untouched && (code === 'closed' || code === 'connection-reset'));
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

/** `error` of the body of the response with `response`. Several exchanges may share an error of their connection. */
export function afterHead(error: ClientError, response: ResponseHead | undefined): ClientError {
  if (response === undefined || error.response !== undefined) return error;
  const { code, message, retryable, reason, errors, status, cause } = error;
  return new ClientError(code, message, { retryable, reason, errors, status, cause, response });
}

/**
 * The content of a request failed: it is that of a request which came in, say, and cannot go on. That the server takes nothing of it is an
 * error of the server.
 */
export function contentError(error: ProtocolError): ClientError {
  const { code, initiator, message, status = 400 } = error;
  if (code === 'write-timeout' || initiator === 'local') return clientError(error);
  return new ClientError('invalid-request', `the content of the request failed: ${message}`, { status, cause: error });
}

/** Errors at which a message just broke off: the bytes that came are still delivered. */
export const TRUNCATING: ReadonlySet<string> = new Set([
  'truncated',
  'malformed-body',
  'content-length-mismatch',
  'closed',
]);
