/** Why a TLS handshake failed, for either side: the errors of OpenSSL and Node, in words. */
import { ClientError, ProtocolError } from '../errors.js';

/** The message of OpenSSL contains a place in its sources; `reason` is the reason alone. */
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

/** What a client does wrong in a handshake, or says by failing, by the codes of OpenSSL and of Node. */
const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  ERR_SSL_HTTP_REQUEST: 'the client sent HTTP in cleartext to a port that speaks TLS: use https: in its URL',
  ERR_SSL_HTTPS_PROXY_REQUEST: 'the client sent a CONNECT request in cleartext to a port that speaks TLS',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the client sent something else than TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the client sent something else than TLS',
  ERR_SSL_RECORD_LENGTH_MISMATCH: 'the client sent something else than TLS',
  ERR_SSL_UNEXPECTED_MESSAGE: 'the client sent a TLS message that is not allowed at this point',
  ERR_SSL_UNEXPECTED_RECORD: 'the client sent a TLS record that is not allowed at this point',
  ERR_SSL_UNEXPECTED_EOF_WHILE_READING: 'the client closed the connection before the end of the handshake',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the client speaks no version of TLS that is allowed here: see minVersion',
  ERR_SSL_VERSION_TOO_LOW: 'the client speaks no version of TLS that is allowed here: see minVersion',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'the client allows no version of TLS that this server speaks',
  ERR_SSL_INAPPROPRIATE_FALLBACK: 'the client fell back to an older version of TLS than it has to (RFC 7507)',
  ERR_SSL_NO_SHARED_CIPHER: 'no cipher suite in common: see ciphers, and the kind of key that the certificate has',
  ERR_SSL_NO_SHARED_GROUPS: 'no group for the key exchange in common: see ecdhCurve',
  ERR_SSL_NO_SUITABLE_KEY_SHARE: 'no group for the key exchange in common: see ecdhCurve',
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM:
    'no signature algorithm in common: see sigalgs, and the kind of key of the certificate',
  ERR_SSL_NO_SHARED_SIGNATURE_ALGORITHMS:
    'no signature algorithm in common: see sigalgs, and the kind of key of the certificate',
  ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY: 'the client asks for stronger cipher suites',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'the client accepts nothing of what this server offers',
  ERR_SSL_SSLV3_ALERT_ILLEGAL_PARAMETER: 'the client refuses a parameter of the handshake',
  ERR_SSL_NO_APPLICATION_PROTOCOL: 'the client offers no protocol by ALPN that is served here',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "the client does not trust the authority of this server's certificate",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "the client refuses this server's certificate",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    "the client refuses this server's certificate: to the client, it has expired",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: "the client refuses this server's certificate: it was revoked",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    "the client refuses this server's certificate, such as by its authority or its name",
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: "the client does not support the kind of this server's certificate",
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: "the client refuses this server's certificate",
  ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR: 'the client could not verify the handshake of this server',
  ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR: 'the client reports an error of its own',
  ERR_SSL_TLSV1_ALERT_USER_CANCELLED: 'the client cancelled the handshake',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'the client showed no certificate, and requestCert asks for one',
  ERR_SSL_CERTIFICATE_VERIFY_FAILED: "the client's certificate is refused",
  ERR_SSL_BAD_SIGNATURE: "the client's certificate is not its own: its signature is wrong",
  ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC: 'the client sent a record that cannot be decrypted',
  ERR_SSL_DIGEST_CHECK_FAILED: 'the client sent a handshake that does not match that of this server',
  ERR_SSL_RENEGOTIATION_MISMATCH: 'the client renegotiates another handshake',
  ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED: 'the client does not support secure renegotiation (RFC 5746)',
  ERR_SSL_BAD_EXTENSION: 'the client sent an extension of TLS that is malformed',
  ERR_SSL_LENGTH_MISMATCH: 'the client sent a handshake of a wrong length',
  ERR_SSL_CLIENTHELLO_TLSEXT: 'the client sent an extension of TLS that is malformed',
  ERR_SSL_PSK_IDENTITY_NOT_FOUND: 'the identity of the pre-shared key is unknown',
  EPIPE: 'the client closed the connection before the end of the handshake',
};

/**
 * The error of a server's handshake, on `socket`.
 * @internal
 */
export function serverHandshakeError(
  cause: TlsError,
  socket: { readonly authorizationError?: unknown },
): ProtocolError {
  if (cause.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return timeoutError(cause);
  // For a refused certificate, and a client that disconnects, Node's message is only "socket hang up".
  const refused = socket.authorizationError as Error | string | null | undefined;
  if (refused) return handshakeError(refusedCertificate(refused), cause);
  if (cause.code === 'ECONNRESET') return closedError(cause);
  const words = CLIENT_ERRORS[cause.code ?? ''];
  const told = cause.reason ?? cause.message;
  return handshakeError(words === undefined ? told : `${words} (${told})`, cause);
}

/** @internal */
export function closedError(cause: Error | undefined): ProtocolError {
  return handshakeError(CLIENT_ERRORS['EPIPE']!, cause);
}

/** @internal */
export function timeoutError(cause?: Error): ProtocolError {
  const message = 'the TLS handshake took longer than limits.handshakeTimeout';
  return new ProtocolError('handshake-timeout', message, { scope: 'handshake', cause });
}

function handshakeError(message: string, cause: Error | undefined): ProtocolError {
  return new ProtocolError('handshake-failed', `the TLS handshake failed: ${message}`, { scope: 'handshake', cause });
}

/** Node gives the code of X509_verify_cert, as text or in an error. */
function refusedCertificate(refused: Error | string): string {
  const code = typeof refused === 'string' ? refused : ((refused as TlsError).code ?? refused.message);
  const words = CERTIFICATE_ERRORS[code];
  return `the client's certificate is refused${words === undefined ? `: ${code}` : `, ${words} (${code})`}`;
}

/**
 * An error of TLS after its handshake, or of the transport below it, in words that name no file of OpenSSL.
 * @internal
 */
export function brokenTlsReason({ code = '', reason, message }: TlsError): string {
  if (!/^ERR_(?:SSL|TLS)_/.test(code)) return message;
  const words = RECORD_ERRORS[code];
  const told = reason ?? message;
  return words === undefined ? `TLS failed: ${told}` : `${words} (${told})`;
}

/** What goes wrong after a handshake, the same for both roles. */
const RECORD_ERRORS: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'the peer sent bytes that are not TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the peer sent bytes that are not TLS',
  ERR_SSL_HTTP_REQUEST: 'the peer sent HTTP in cleartext inside of TLS',
  ERR_SSL_BAD_RECORD_TYPE: 'the peer sent bytes that are not TLS',
  ERR_SSL_UNEXPECTED_EOF_WHILE_READING: 'the peer closed the connection without the end of TLS (close_notify)',
  ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC: 'the peer sent a record that cannot be decrypted',
  ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC: 'the peer could not decrypt a record',
  ERR_SSL_SSLV3_ALERT_UNEXPECTED_MESSAGE: 'the peer reports a message that is not allowed',
  ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR: 'the peer reports an error of its own',
  ERR_SSL_TLSV1_ALERT_NO_RENEGOTIATION: 'the peer asks for a renegotiation, which is refused',
  ERR_TLS_RENEGOTIATION_DISABLED: 'the peer asks for a renegotiation, which is refused',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'the peer asks for a certificate, and none was shown',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the peer does not trust the authority of the certificate that it was shown',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'the peer refuses the certificate that it was shown',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'the peer refuses the certificate that it was shown: it has expired',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: 'the peer refuses the certificate that it was shown: it was revoked',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'the peer refuses the certificate that it was shown',
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    'the peer does not support the kind of the certificate that it was shown',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'the peer accepts nothing of what was offered',
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: 'the peer refuses the certificate that it was shown',
};

/**
 * The alerts by which a peer refuses the certificate of this side, or its lack. On TLS 1.3 they come after this side's end of the handshake
 * (RFC 8446 section 4.4.2.4).
 */
const CERTIFICATE_ALERT =
  /^ERR_SSL_(?:TLSV13_ALERT_CERTIFICATE_REQUIRED|TLSV1_ALERT_(?:UNKNOWN_CA|ACCESS_DENIED)|SSLV3_ALERT_(?:HANDSHAKE_FAILURE|(?:BAD|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_\w+))$/;

/**
 * Whether `cause` is the peer's refusal of this side's certificate: the handshake failed, though this side had completed it.
 * @internal
 */
export function isCertificateAlert(cause: unknown): boolean {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' && CERTIFICATE_ALERT.test(code);
}
