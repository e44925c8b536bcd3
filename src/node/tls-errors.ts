/** Why a TLS handshake failed, for either side: the errors of OpenSSL and Node, in words. */
import type { TLSSocket } from 'node:tls';
import { ClientError, ProtocolError } from '../errors.js';

/** OpenSSL's message contains a place in its sources; `reason` has the reason alone. */
export type TlsError = Error & { readonly code?: string; readonly reason?: string };

/** The errors of a certificate, by the codes of X509_verify_cert (and one of Node's). */
const CERTIFICATE_ERRORS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  CERT_REVOKED: 'it was revoked',
  CERT_REJECTED: 'it is not for this use',
  CERT_UNTRUSTED: 'its authority is not trusted',
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
  CERT_CHAIN_TOO_LONG: 'its chain is too long',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by itself, and not among the trusted ones',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not among the trusted ones',
  UNABLE_TO_GET_ISSUER_CERT: 'its authority is unknown',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is unknown',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is unknown',
  INVALID_CA: 'its authority may not sign certificates',
  INVALID_PURPOSE: 'it is not for this use',
  PATH_LENGTH_EXCEEDED: 'its chain is too long',
  HOSTNAME_MISMATCH: 'it is for another name',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another name',
};

/** The meaning of a server's failure, by the codes of OpenSSL. */
const SERVER_ERRORS: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the server does not speak TLS',
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: 'the server speaks none of the protocols that were offered',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'the server speaks no version of TLS that is allowed here',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the server speaks no version of TLS that is allowed here',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'the server accepts nothing of what was offered',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'the server does not know the name that it was asked for',
};

/**
 * The error of a client's handshake with `server`.
 * @internal
 */
export function clientHandshakeError(server: string, cause: TlsError): ClientError {
  return new ClientError('handshake-failed', `the TLS handshake with ${server} failed: ${reasonOf(cause)}`, {
    // No byte of a request was sent.
    retryable: true,
    cause,
  });
}

function reasonOf({ code = '', reason, message }: TlsError): string {
  const certificate = CERTIFICATE_ERRORS[code];
  // Node's message has the requested name, and the names of the certificate.
  const detail = code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? message : code;
  if (certificate !== undefined) return `its certificate is refused, ${certificate} (${detail})`;
  const server = SERVER_ERRORS[code];
  const told = reason ?? message;
  return server === undefined ? told : `${server} (${told})`;
}

/**
 * The error of a server's handshake, on `socket`.
 * @internal
 */
export function serverHandshakeError(cause: TlsError, socket: TLSSocket): ProtocolError {
  const details = { scope: 'handshake', cause } as const;
  if (cause.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') {
    return new ProtocolError('handshake-timeout', 'the TLS handshake took too long', details);
  }
  // For a refused certificate, Node's message is only "socket hang up".
  const refused = socket.authorizationError as Error | string | null | undefined;
  const message = refused ? `the client's certificate is refused: ${String(refused)}` : (cause.reason ?? cause.message);
  return new ProtocolError('handshake-failed', `the TLS handshake failed: ${message}`, details);
}
