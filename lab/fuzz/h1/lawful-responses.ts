/** Lawful differences of responses: ours beside llhttp's. */
import { isFieldValue } from '../../../src/http/fields.js';
import type { LawfulRow } from '../target.js';
import type { H1Row, MessageText } from './judge.js';
import {
  anything,
  BARE_CR,
  INVALID_LENGTH,
  isOddlyFramed,
  OF_BOTH,
  OF_FRAMING,
  TRANSFER_ENCODING_BESIDE_LENGTH,
  TRANSFER_ENCODING_OF_1_0,
} from './lawful.js';

function status({ startLine }: MessageText): string {
  return /^HTTP\/\d\.\d (\d{3})(?: |$)/.exec(startLine)?.[1] ?? '';
}

/** Whatever its fields say, such a response has no content. */
function hasNoContent(message: MessageText): boolean {
  const { answers } = message;
  return (
    answers === 'HEAD' ||
    /^(?:1|204|304)/.test(status(message)) ||
    (answers === 'CONNECT' && /^2/.test(status(message)))
  );
}

/** The message before is an interim response. */
const INTERIM_BEFORE = /(?:^|\r\n\r\n)HTTP\/\d\.\d 1(?!01)\d\d[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n$/;

/** As `REQUEST_ROWS`, of responses. */
export const RESPONSE_ROWS: readonly H1Row[] = [
  ...OF_BOTH,
  {
    name: 'a response without a request',
    section: 'RFC 9112 section 9.2',
    sentence:
      "If a client receives data on a connection that doesn't have outstanding requests, the client MUST NOT consider that data to be a valid response",
    kind: 'we-refuse',
    reason: /^bytes came that belong to no request$/,
    shows: ({ text, before }) => text !== '' && before !== '',
  },
  {
    name: 'bytes after the last response of a connection',
    section: 'RFC 9112 section 9.6',
    sentence:
      'A client that receives a "close" connection option MUST cease sending requests on that connection and close the connection after reading the response message containing the "close" connection option.',
    kind: 'they-refuse',
    reason: /^HPE_CLOSED_CONNECTION: /,
    other: 'nothing',
    shows: ({ text }) => text !== '',
  },
  {
    name: 'a folded field line (obs-fold), which llhttp refuses and we unfold',
    section: 'RFC 9112 section 5.2',
    sentence:
      'A user agent that receives an obs-fold in a response message that is not within a "message/http" container MUST replace each received obs-fold with one or more SP octets prior to interpreting the field value.',
    kind: 'they-refuse',
    reason: /^HPE_INVALID_HEADER_TOKEN: (?:Unexpected whitespace after header value|Invalid header value char)$/,
    shows: ({ text }) => /\n[ \t]/.test(text),
  },
  {
    name: 'a response after an interim one with close, or of HTTP/1.0',
    section: 'RFC 9110 section 15.2',
    sentence:
      'A client MUST be able to parse one or more 1xx responses received prior to a final response, even if the client does not expect one.',
    kind: 'they-refuse',
    reason: /^HPE_CLOSED_CONNECTION: /,
    shows: ({ before }) => INTERIM_BEFORE.test(before),
  },
  {
    name: 'framing fields of a response without content',
    section: 'RFC 9112 section 6.3',
    sentence:
      'Any response to a HEAD request and any response with a 1xx (Informational), 204 (No Content), or 304 (Not Modified) status code is always terminated by the first empty line after the header fields, regardless of the header fields present in the message, and thus cannot contain a message body or trailer section.',
    kind: 'they-refuse',
    reason: OF_FRAMING,
    shows: hasNoContent,
  },
  {
    name: 'CONNECT without a successful response',
    section: 'RFC 9110 section 9.3.6',
    sentence: 'Any response other than a successful response indicates that the tunnel has not yet been formed.',
    kind: 'they-switch',
    reason: anything,
    shows: (message) => message.answers === 'CONNECT' && !/^2/.test(status(message)),
  },
  {
    name: 'CONNECT without a successful response, whose content is refused',
    section: 'RFC 9110 section 9.3.6',
    sentence: 'Any response other than a successful response indicates that the tunnel has not yet been formed.',
    kind: 'we-refuse',
    reason: /chunk|Transfer-Encoding|transfer coding|Content-Length/,
    other: 'message',
    shows: (message) => message.answers === 'CONNECT' && !/^2/.test(status(message)),
  },
  {
    name: '101 that was not asked for',
    section: 'RFC 9110 section 7.8',
    sentence:
      "A server MUST NOT switch to a protocol that was not indicated by the client in the corresponding request's Upgrade header field.",
    kind: 'we-refuse',
    reason: /^a switch of protocols that was not asked for$/,
    shows: (message) => status(message) === '101' && message.answers !== 'UPGRADE',
  },
  {
    name: '101 that does not name the protocol',
    section: 'RFC 9110 section 15.2.2',
    sentence:
      "The 101 (Switching Protocols) status code indicates that the server understands and is willing to comply with the client's request, via the Upgrade header field (Section 7.8), for a change in the application protocol being used on this connection.",
    kind: 'we-switch',
    reason: anything,
    shows: (message) =>
      status(message) === '101' &&
      message.answers === 'UPGRADE' &&
      !(message.values('upgrade').length > 0 && /\bupgrade\b/i.test(message.values('connection').join())),
  },
  {
    name: 'no HTTP version where a status line should be',
    section: 'RFC 9112 section 4',
    sentence:
      'The first line of a response message is the status-line, consisting of the protocol version, a space (SP), the status code, and another space and ending with an OPTIONAL textual phrase describing the status code.',
    kind: 'we-refuse',
    reason: /^no HTTP version$/,
    shows: ({ text }) => !/^HTTP\/\d\.\d/.test(text),
  },
  {
    name: 'an invalid status code',
    section: 'RFC 9110 section 15',
    sentence: 'Values outside the range 100..599 are invalid.',
    kind: 'we-refuse',
    reason: /^no status code$/,
    shows: (message) => !/^[1-9]/.test(status(message)),
  },
  {
    name: 'a reason phrase with control characters',
    section: 'RFC 9112 section 4',
    sentence: 'reason-phrase = 1*( HTAB / SP / VCHAR / obs-text )',
    kind: 'we-refuse',
    reason: /^the status line does not end in CRLF$/,
    // Not `trimEnd`, to which a form feed is a space as well.
    shows: ({ startLine }) => !isFieldValue(startLine.replace(/[ \t]+$/, '')),
  },
  {
    name: 'a bare CR after the status line',
    section: 'RFC 9112 section 2.2',
    sentence: BARE_CR,
    kind: 'we-refuse',
    reason: /^the status line does not end in CRLF$/,
    shows: ({ text }) => /^[^\r\n]*\r(?!\n)/.test(text),
  },
  {
    name: 'a transfer coding that was not requested, or is meaningless',
    section: 'RFC 9112 section 7.4',
    sentence:
      'The TE field (Section 10.1.4 of [HTTP]) is used in HTTP/1.1 to indicate what transfer codings, besides chunked, the client is willing to accept in the response and whether the client is willing to preserve trailer fields in a chunked transfer coding.',
    kind: 'we-refuse',
    reason: /^(?:unsupported transfer coding|chunked is not the last|Transfer-Encoding has an empty member)/,
    shows: isOddlyFramed,
  },
  TRANSFER_ENCODING_OF_1_0,
  TRANSFER_ENCODING_BESIDE_LENGTH,
  INVALID_LENGTH,
];

/** What the target itself looks for: llhttp does not take this for chunked. */
export const TAB_BEHIND_CHUNKED = 'a tab after the field value `chunked`';

/** The rows that are reported, and not looked for in the table. */
export const TOLD_ROWS: readonly LawfulRow[] = [
  {
    name: TAB_BEHIND_CHUNKED,
    section: 'RFC 9110 section 5.5',
    sentence: 'A field value does not include leading or trailing whitespace.',
  },
];
