/**
 * The length of a message's content (RFC 9112 section 6): three framings as one sum type, and a fourth case for a length that cannot be
 * determined. Each refusal stands beside the sentence of the RFC that requires or allows it. Request smuggling needs two recipients that
 * differ here (RFC 9112 section 11.2), so the strictest reading is always taken.
 */
import { listOf, parseDecimal } from './character-tables.js';
import { failure } from './read-failure.js';
import type { ReadFailure } from './read-failure.js';

export type MessageBodyLength =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close-delimited' }
  | { readonly kind: 'invalid'; readonly failure: ReadFailure };

/** The fields of a head that decide the length. */
export interface FramingFields {
  readonly minorVersion: number;
  /** undefined: there was no such field. Several field lines are joined by commas, as RFC 9110 section 5.3 has it. */
  readonly contentLength: string | undefined;
  readonly transferEncoding: string | undefined;
}

const NONE: MessageBodyLength = { kind: 'none' };
const CHUNKED: MessageBodyLength = { kind: 'chunked' };
const CLOSE_DELIMITED: MessageBodyLength = { kind: 'close-delimited' };

function invalid(code: ReadFailure['code'], status: number, message: string): MessageBodyLength {
  return { kind: 'invalid', failure: failure(code, status, message) };
}

/** The content of a request (RFC 9112 section 6.3). */
export function requestBodyLength(method: string, framing: FramingFields): MessageBodyLength {
  // "If this is a request message and none of the above are true, then the message body length is zero" (rule 7).
  if (framing.contentLength === undefined && framing.transferEncoding === undefined) return NONE;
  const length = declaredLength(framing, 'malformed-request', 'malformed-request');
  // "A CONNECT request message does not have content" (RFC 9110 section 9.3.6): the bytes after the head belong to the tunnel. A sender
  // that counts them as content is refused.
  if (method === 'CONNECT' && (length.kind === 'chunked' || (length.kind === 'length' && length.length > 0))) {
    return invalid('malformed-request', 400, 'a CONNECT request has no content');
  }
  return length.kind === 'length' && length.length === 0 ? NONE : length;
}

/** The content of a response to a request with `method` (RFC 9112 section 6.3). */
export function responseBodyLength(method: string, status: number, framing: FramingFields): MessageBodyLength {
  // A response to HEAD, or with a 1xx, 204 or 304 status code, "is always terminated by the first empty line after the header fields"
  // (rule 1).
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return NONE;
  // "Any 2xx (Successful) response to a CONNECT request implies that the connection will become a tunnel [...]. A client
  // MUST ignore any Content-Length or Transfer-Encoding header fields received in such a message" (rule 2).
  if (method === 'CONNECT' && status < 300) return NONE;
  // "Otherwise, [...] the message body length is determined by the number of octets received prior to the server closing the connection"
  // (rule 8).
  if (framing.contentLength === undefined && framing.transferEncoding === undefined) return CLOSE_DELIMITED;
  const length = declaredLength(framing, 'malformed-response', 'content-length-mismatch');
  return length.kind === 'length' && length.length === 0 ? NONE : length;
}

/** The length in the fields, for both roles alike. */
function declaredLength(
  framing: FramingFields,
  code: ReadFailure['code'],
  lengthCode: ReadFailure['code'],
): MessageBodyLength {
  const { contentLength, transferEncoding, minorVersion } = framing;
  if (transferEncoding !== undefined) {
    // "A server MAY reject a request that contains both Content-Length and Transfer-Encoding" (section 6.1); such a
    // message "ought to be handled as an error" (section 6.3 rule 3).
    if (contentLength !== undefined) {
      return invalid(code, 400, 'a message with Transfer-Encoding must not have Content-Length');
    }
    // "A server or client that receives an HTTP/1.0 message containing a Transfer-Encoding header field MUST treat the
    // message as if the framing is faulty" (section 6.1).
    if (minorVersion === 0) return invalid(code, 400, 'Transfer-Encoding in an HTTP/1.0 message');
    return codedLength(transferEncoding, code);
  }
  // Without Transfer-Encoding, an invalid Content-Length makes the message framing "invalid and the recipient MUST treat it as an
  // unrecoverable error" (rule 5). The exception for a list of equal numbers is a MAY that other recipients read differently, so it is not
  // used.
  const length = parseDecimal(contentLength ?? '');
  return length < 0 ? invalid(lengthCode, 400, 'Content-Length is not one number') : { kind: 'length', length };
}

function codedLength(transferEncoding: string, code: ReadFailure['code']): MessageBodyLength {
  const codings = listOf(transferEncoding);
  if (codings.length === 1 && codings[0] === 'chunked') return CHUNKED;
  if (codings.includes('')) return invalid(code, 400, 'Transfer-Encoding has an empty member');
  // If chunked "is not the final encoding, the message body length cannot be determined reliably; the server MUST respond with the 400 (Bad
  // Request) status code" and close (rule 4). "A sender MUST NOT apply the chunked transfer coding more than once" (section 6.1), and
  // chunked has no parameters (section 7.1).
  const misplaced = codings.some((coding, index) =>
    coding === 'chunked' ? index < codings.length - 1 : /^chunked[\t ]*;/.test(coding),
  );
  if (misplaced) return invalid(code, 400, 'chunked is not the last transfer coding, or is not alone');
  // "A server that receives a request message with a transfer coding it does not understand SHOULD respond with 501 (Not
  // Implemented)" (section 6.1).
  return invalid('unsupported-transfer-coding', 501, 'unsupported transfer coding');
}
