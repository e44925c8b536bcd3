/**
 * The lawful differences between our HTTP/1.1 readers and llhttp. Most rows state that we refuse a message that llhttp accepts. That cannot
 * hide a boundary, because a reader that refuses reads nothing more. The other rows state why we may accept a message.
 */
import type { H1Row, MessageText } from './judge.js';

export const anything = /^/;

/** Frames content by more than one plain number, or `chunked` alone. */
export function isOddlyFramed(message: MessageText): boolean {
  const lengths = message.values('content-length');
  const codings = message.values('transfer-encoding');
  if (lengths.length + codings.length > 1) return true;
  return (
    lengths.some((value) => !/^\d{1,15}$/.test(value)) || codings.some((value) => value.toLowerCase() !== 'chunked')
  );
}

export const OF_FRAMING = /^HPE_(?:INVALID|UNEXPECTED)_(?:TRANSFER_ENCODING|CONTENT_LENGTH)/;

const EXTENSIONS = {
  section: 'RFC 9112 section 7.1.1',
  sentence: 'A recipient MUST ignore unrecognized chunk extensions.',
} as const;

export const SEPARATELY =
  'Trailer fields ought to be processed and stored separately from the fields in the header section to avoid contradicting message semantics known at the time the header section was complete.';

export const BARE_CR =
  'A recipient of such a bare CR MUST consider that element to be invalid or replace each bare CR with SP before processing the element or forwarding the message.';

/** An HTTP/1.0 message, with no other one after it, that names both options. */
const KEPT_AND_CLOSED =
  /HTTP\/1\.0[^\r\n]*\r\n(?=(?:[^\r\n]+\r\n)*connection:[^\r\n]*\bkeep-alive)(?=(?:[^\r\n]+\r\n)*connection:[^\r\n]*\bclose)(?:(?!HTTP\/1)[^])*$/i;

export const TRANSFER_ENCODING_OF_1_0: H1Row = {
  name: 'Transfer-Encoding in an HTTP/1.0 message',
  section: 'RFC 9112 section 6.1',
  sentence:
    'A server or client that receives an HTTP/1.0 message containing a Transfer-Encoding header field MUST treat the message as if the framing is faulty, even if a Content-Length is present, and close the connection after processing the message.',
  kind: 'we-refuse',
  reason: /^Transfer-Encoding in an HTTP\/1.0 message$/,
  shows: ({ startLine }) => startLine.includes('HTTP/1.0'),
};

export const TRANSFER_ENCODING_BESIDE_LENGTH: H1Row = {
  name: 'Transfer-Encoding, even an empty one, beside Content-Length',
  section: 'RFC 9112 section 6.1',
  sentence:
    'A server MAY reject a request that contains both Content-Length and Transfer-Encoding or process such a request in accordance with the Transfer-Encoding alone.',
  kind: 'we-refuse',
  reason: /^a message with Transfer-Encoding must not have Content-Length$/,
  shows: isOddlyFramed,
};

export const INVALID_LENGTH: H1Row = {
  name: 'Content-Length that is not one number',
  section: 'RFC 9112 section 6.3',
  sentence:
    'If a message is received without Transfer-Encoding and with an invalid Content-Length header field, then the message framing is invalid and the recipient MUST treat it as an unrecoverable error',
  kind: 'we-refuse',
  reason: /^Content-Length is not one number$/,
  shows: isOddlyFramed,
};

/** Rows that are true of requests and responses. */
export const OF_BOTH: readonly H1Row[] = [
  ...(['we-stop', 'they-refuse'] as const).map((kind): H1Row => ({
    name: 'close beside keep-alive in an HTTP/1.0 message, which llhttp takes for keep-alive',
    section: 'RFC 9112 section 9.3',
    sentence:
      'If the "close" connection option is present (Section 9.6), the connection will not persist after the current response',
    kind,
    reason: anything,
    shows: ({ before }) => KEPT_AND_CLOSED.test(before),
  })),
  {
    name: 'trailers that steer are left out',
    section: 'RFC 9110 section 6.5.1',
    sentence:
      "Many fields cannot be processed outside the header section because their evaluation is necessary prior to receiving the content, such as those that describe message framing, routing, authentication, request modifiers, response controls, or content format. A sender MUST NOT generate a trailer field unless the sender knows the corresponding header field name's definition permits the field to be sent in trailers.",
    kind: 'we-drop',
    reason:
      /^(?:(?:cookie|te|trailer|date|keep-alive|proxy-connection|host|connection|content-length|transfer-encoding|upgrade|expect|age|vary|range),?)+$/,
    shows: ({ behind }) => behind !== '',
  },
  {
    name: 'chunk extensions that llhttp does not understand',
    ...EXTENSIONS,
    kind: 'they-refuse',
    reason: /^HPE_(?:STRICT: Invalid character in chunk ext|INVALID_CHUNK_SIZE)/,
    shows: ({ behind }) => /(?:^|\n)[0-9a-f]+[ \t]*;[^\r\n]*\r\n/i.test(behind),
  },
  {
    name: 'framing fields in a trailer section, which llhttp refuses and we leave out',
    section: 'RFC 9110 section 6.5',
    sentence: SEPARATELY,
    kind: 'they-refuse',
    reason: OF_FRAMING,
    shows: ({ behind }) => /\n(?:transfer-encoding|content-length):/i.test(behind),
  },
  {
    name: 'a tab after a framing field, which llhttp takes for a part of its value',
    section: 'RFC 9112 section 5',
    sentence:
      'A field line value might be preceded and/or followed by optional whitespace (OWS); a single SP preceding the field line value is preferred for consistent readability by humans.',
    kind: 'they-refuse',
    reason: OF_FRAMING,
    shows: ({ head }) => /^(?:content-length|transfer-encoding):[^\r\n]*\t *\r$/im.test(head),
  },
  ...(['we-stop', 'they-refuse'] as const).map((kind): H1Row => ({
    name: 'a tab after the connection option `close`, which llhttp takes for a part of it',
    section: 'RFC 9110 section 5.5',
    sentence: 'A field value does not include leading or trailing whitespace.',
    kind,
    reason: anything,
    // No other message follows it.
    shows: ({ before }) => /\nconnection:(?:[^\r\n]*,)?[ \t]*close *\t[ \t]*\r\n(?:(?!HTTP\/1)[^])*$/i.test(before),
  })),
  {
    name: 'a higher minor version',
    section: 'RFC 9110 section 2.5',
    sentence:
      'A recipient that receives a message with a major version number that it implements and a minor version number higher than what it implements SHOULD process the message as if it was in the highest minor version within that major version to which the recipient is conformant.',
    kind: 'they-refuse',
    reason: /^HPE_INVALID_VERSION: Invalid HTTP version$/,
    shows: ({ startLine }) => /HTTP\/1\.[2-9](?: |$)/.test(startLine),
  },
  {
    name: 'another major version',
    section: 'RFC 9110 section 15.6.6',
    sentence:
      'The 505 (HTTP Version Not Supported) status code indicates that the server does not support, or refuses to support, the major version of HTTP that was used in the request message.',
    kind: 'we-refuse',
    reason: /^not HTTP\/1$/,
    shows: ({ startLine }) => /HTTP\/[02-9]\.\d/.test(startLine),
  },
  {
    name: 'a chunk size past what can be counted',
    section: 'RFC 9112 section 7.1',
    sentence:
      'Recipients MUST anticipate potentially large hexadecimal numerals and prevent parsing errors due to integer conversion overflows or precision loss due to integer representation.',
    kind: 'we-refuse',
    reason: /^a chunk size is too great$/,
    shows: ({ behind }) => /(?:^|\n)[0-9a-f]{14,}/i.test(behind),
  },
  {
    name: 'a field section past its limit',
    section: 'RFC 6585 section 5',
    sentence:
      'The 431 status code indicates that the server is unwilling to process the request because its header fields are too large.',
    kind: 'we-refuse',
    reason:
      /^(?:too many field lines|the field lines are too many bytes|the reason phrase is too long|chunk extensions are too many bytes): /,
    shows: ({ text }) => text.length > 16_384 || text.split('\n').length > 128,
  },
];
