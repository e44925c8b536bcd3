/**
 * Where our HTTP/1.1 readers and llhttp differ, and may. Most rows say that we refuse what llhttp takes: that can hide no
 * boundary, since a reader who refuses reads nothing on. The others say why what we take is ours to take.
 */
import { METHODS } from 'node:http';
import { isFieldValue } from '../../src/http/fields.js';
import type { LawfulRow } from '../target.js';
import type { H1Row, MessageText } from './judge.js';

const anything = /^/;

function target({ startLine }: MessageText): string {
  return startLine.split(' ')[1] ?? '';
}

/** Host as nobody could misread it. */
const PLAIN_HOST = /^(?:[a-z0-9.-]*|\[::1?\])(?::(?:\d{0,4}|[0-5]\d{4}))?$/i;

/** Frames content by more than one plain number, or `chunked` alone. */
function isOddlyFramed(message: MessageText): boolean {
  const lengths = message.values('content-length');
  const codings = message.values('transfer-encoding');
  if (lengths.length + codings.length > 1) return true;
  return (
    lengths.some((value) => !/^\d{1,15}$/.test(value)) || codings.some((value) => value.toLowerCase() !== 'chunked')
  );
}

const BODY_LENGTH_RULES = {
  section: 'RFC 9112 section 6.3',
  sentence:
    'If a Transfer-Encoding header field is present in a request and the chunked transfer coding is not the final encoding, the message body length cannot be determined reliably; the server MUST respond with the 400 (Bad Request) status code and then close the connection.',
} as const;

const OF_FRAMING = /^HPE_(?:INVALID|UNEXPECTED)_(?:TRANSFER_ENCODING|CONTENT_LENGTH)/;

const EXTENSIONS = {
  section: 'RFC 9112 section 7.1.1',
  sentence: 'A recipient MUST ignore unrecognized chunk extensions.',
} as const;

const SEPARATELY =
  'Trailer fields ought to be processed and stored separately from the fields in the header section to avoid contradicting message semantics known at the time the header section was complete.';

const BARE_CR =
  'A recipient of such a bare CR MUST consider that element to be invalid or replace each bare CR with SP before processing the element or forwarding the message.';

/** An HTTP/1.0 message, no other one behind it, that names both options. */
const KEPT_AND_CLOSED =
  /HTTP\/1\.0[^\r\n]*\r\n(?=(?:[^\r\n]+\r\n)*connection:[^\r\n]*\bkeep-alive)(?=(?:[^\r\n]+\r\n)*connection:[^\r\n]*\bclose)(?:(?!HTTP\/1)[^])*$/i;

const TRANSFER_ENCODING_OF_1_0: H1Row = {
  name: 'Transfer-Encoding in an HTTP/1.0 message',
  section: 'RFC 9112 section 6.1',
  sentence:
    'A server or client that receives an HTTP/1.0 message containing a Transfer-Encoding header field MUST treat the message as if the framing is faulty, even if a Content-Length is present, and close the connection after processing the message.',
  kind: 'we-refuse',
  reason: /^Transfer-Encoding in an HTTP\/1.0 message$/,
  shows: ({ startLine }) => startLine.includes('HTTP/1.0'),
};

const TRANSFER_ENCODING_BESIDE_LENGTH: H1Row = {
  name: 'Transfer-Encoding, even an empty one, beside Content-Length',
  section: 'RFC 9112 section 6.1',
  sentence:
    'A server MAY reject a request that contains both Content-Length and Transfer-Encoding or process such a request in accordance with the Transfer-Encoding alone.',
  kind: 'we-refuse',
  reason: /^a message with Transfer-Encoding must not have Content-Length$/,
  shows: isOddlyFramed,
};

const INVALID_LENGTH: H1Row = {
  name: 'Content-Length that is not one number',
  section: 'RFC 9112 section 6.3',
  sentence:
    'If a message is received without Transfer-Encoding and with an invalid Content-Length header field, then the message framing is invalid and the recipient MUST treat it as an unrecoverable error',
  kind: 'we-refuse',
  reason: /^Content-Length is not one number$/,
  shows: isOddlyFramed,
};

/** Rows that are true of requests and responses. */
const OF_BOTH: readonly H1Row[] = [
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
      "Many fields cannot be processed outside the header section because their evaluation is necessary prior to receiving the content, such as those that describe message framing, routing, authentication, request modifiers, response controls, or content format. A sender MUST NOT generate a trailer field unless the sender knows the corresponding header field name's definition permits sending a trailer.",
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
    section: 'RFC 9110 section 6.5.1',
    sentence: SEPARATELY,
    kind: 'they-refuse',
    reason: OF_FRAMING,
    shows: ({ behind }) => /\n(?:transfer-encoding|content-length):/i.test(behind),
  },
  {
    name: 'a tab behind a framing field, which llhttp takes for a part of its value',
    section: 'RFC 9112 section 5',
    sentence:
      'A field line value might be preceded and/or followed by optional whitespace (OWS); a single SP preceding the field line value is preferred for consistent readability by humans.',
    kind: 'they-refuse',
    reason: OF_FRAMING,
    shows: ({ head }) => /^(?:content-length|transfer-encoding):[^\r\n]*\t *\r$/im.test(head),
  },
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
      /^(?:too many field lines|the field lines are too many bytes|the reason phrase is too long|chunk extensions are too many bytes)$/,
    shows: ({ text }) => text.length > 16_384 || text.split('\n').length > 128,
  },
];

/** Rows of requests. */
export const REQUEST_ROWS: readonly H1Row[] = [
  ...OF_BOTH,
  {
    name: 'not one valid Host',
    section: 'RFC 9112 section 3.2',
    sentence:
      'A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that lacks a Host header field and to any request message that contains more than one Host header field line or a Host header field with an invalid field value.',
    kind: 'we-refuse',
    reason: /^(?:not one Host|Host is no host and port)$/,
    shows(message) {
      const hosts = message.values('host');
      return hosts.length !== 1 || !PLAIN_HOST.test(hosts[0]!);
    },
  },
  {
    name: 'a form of target that the method does not have',
    section: 'RFC 9112 section 3',
    sentence:
      'Recipients of an invalid request-line SHOULD respond with either a 400 (Bad Request) error or a 301 (Moved Permanently) redirect with the request-target properly encoded.',
    kind: 'we-refuse',
    reason: /^no request target of this method$/,
    shows: (message) => message.startLine.startsWith('CONNECT ') || !target(message).startsWith('/'),
  },
  {
    name: 'a target of characters that no URI has, or without a version',
    section: 'RFC 9112 section 3',
    sentence:
      'Recipients of an invalid request-line SHOULD respond with either a 400 (Bad Request) error or a 301 (Moved Permanently) redirect with the request-target properly encoded.',
    kind: 'we-refuse',
    reason: /^the request target has a character that no URI has$/,
    shows: ({ startLine }) => !/^\S+ [!-"$-~]+ HTTP\/\d\.\d$/.test(startLine),
  },
  {
    name: 'a target past its limit',
    section: 'RFC 9110 section 15.5.15',
    sentence:
      'The 414 (URI Too Long) status code indicates that the server is refusing to service the request because the target URI is longer than the server is willing to interpret.',
    kind: 'we-refuse',
    reason: /^the request target is too long$/,
    shows: ({ startLine }) => startLine.length > 8192,
  },
  {
    name: 'whitespace in a request line that is not one space',
    section: 'RFC 9112 section 3',
    sentence:
      'Although the request-line grammar rules require that each of the component elements be separated by a single SP octet, recipients MAY instead parse on whitespace-delimited word boundaries',
    kind: 'we-refuse',
    reason: /^no HTTP version$/,
    shows: ({ startLine }) => !/^\S+ \S+ HTTP\/\d\.\d$/.test(startLine),
  },
  {
    name: 'a line feed alone, where a request line should be',
    section: 'RFC 9112 section 2.2',
    sentence:
      'Although the line terminator for the start-line and fields is the sequence CRLF, a recipient MAY recognize a single LF as a line terminator and ignore any preceding CR.',
    kind: 'we-refuse',
    reason: /^the method is not a token$/,
    shows: ({ text }) => /^(?:\r\n)*\n/.test(text),
  },
  {
    name: 'a bare CR, where a request line should be',
    section: 'RFC 9112 section 2.2',
    sentence: BARE_CR,
    kind: 'we-refuse',
    reason: /^a bare CR$/,
    shows: ({ text }) => /^(?:\r\n)*\r(?!\n)/.test(text),
  },
  {
    name: 'more empty lines than four before a request line',
    section: 'RFC 9112 section 2.2',
    sentence:
      'In the interest of robustness, a server that is expecting to receive and parse a request-line SHOULD ignore at least one empty line (CRLF) received prior to the request-line.',
    kind: 'we-refuse',
    reason: /^empty lines where a request line should be$/,
    shows: ({ text }) => /^(?:\r\n){5}/.test(text),
  },
  {
    name: 'an expectation that is none',
    section: 'RFC 9110 section 10.1.1',
    sentence:
      'A server that receives an Expect field value containing a member other than 100-continue MAY respond with a 417 (Expectation Failed) status code to indicate that the unexpected expectation cannot be met.',
    kind: 'we-refuse',
    reason: /^an expectation that cannot be met$/,
    shows: (message) => message.values('expect').join().toLowerCase() !== '100-continue',
  },
  {
    name: 'CONNECT with content',
    section: 'RFC 9110 section 9.3.6',
    sentence: 'A CONNECT request message does not have content.',
    kind: 'we-refuse',
    reason:
      /^(?:a CONNECT request has no content|unsupported transfer coding|chunked is not|Transfer-Encoding|a message with Transfer-Encoding|Content-Length is)/,
    shows: ({ startLine, head }) =>
      startLine.startsWith('CONNECT ') && /^(?:transfer-encoding|content-length):/im.test(head),
  },
  {
    name: 'a transfer coding that is none, or not the last',
    ...BODY_LENGTH_RULES,
    kind: 'we-refuse',
    reason: /^(?:unsupported transfer coding|chunked is not the last|Transfer-Encoding has an empty member)/,
    shows: isOddlyFramed,
  },
  TRANSFER_ENCODING_OF_1_0,
  TRANSFER_ENCODING_BESIDE_LENGTH,
  INVALID_LENGTH,
  {
    name: 'bytes behind the last request of a connection',
    section: 'RFC 9112 section 9.6',
    sentence: 'The server MUST NOT process any further requests received on that connection.',
    kind: 'they-refuse',
    reason: /^HPE_CLOSED_CONNECTION: /,
    other: 'nothing',
    shows: ({ text }) => text !== '',
  },
  {
    name: 'Connection: close in a trailer section, which llhttp heeds and we leave out',
    section: 'RFC 9110 section 6.5.1',
    sentence: SEPARATELY,
    kind: 'they-refuse',
    reason: /^HPE_CLOSED_CONNECTION: /,
    shows: ({ before }) =>
      /\n0[^\n]*\r\n(?:[^\r\n]+\r\n)*connection:[^\r\n]*close[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n$/i.test(before),
  },
  {
    name: 'a CR, and no more, where a request line should be',
    section: 'RFC 9112 section 2.2',
    sentence: BARE_CR,
    kind: 'we-refuse',
    reason: /^the connection ended within a head$/,
    other: 'nothing',
    shows: ({ text }) => /^(?:\r\n)*\r$/.test(text),
  },
  {
    name: 'a method that node does not know',
    section: 'RFC 9110 section 9.1',
    sentence:
      'An origin server that receives a request method that is unrecognized or not implemented SHOULD respond with the 501 (Not Implemented) status code.',
    kind: 'they-refuse',
    reason: /^HPE_INVALID_(?:METHOD|CONSTANT|VERSION: Expected HTTP\/2)/,
    shows: ({ startLine }) =>
      /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ /.test(startLine) && !METHODS.includes(startLine.split(' ')[0]!),
  },
  {
    name: 'a scheme with other characters than letters',
    section: 'RFC 9112 section 3.2.2',
    sentence:
      'A server MUST accept the absolute-form in requests even though most HTTP/1.1 clients will only send the absolute-form to a proxy.',
    kind: 'they-refuse',
    reason: /^HPE_INVALID_URL: Unexpected char in url schema$/,
    shows: (message) => /^[a-z][a-z0-9+.-]*:\/\//i.test(target(message)),
  },
  {
    name: 'Upgrade in an HTTP/1.0 request, or beside content',
    section: 'RFC 9110 section 7.8',
    sentence: 'A server MUST ignore an Upgrade header field that is received in an HTTP/1.0 request.',
    kind: 'they-switch',
    reason: anything,
    shows: (message) =>
      message.values('upgrade').length > 0 &&
      (message.startLine.endsWith('HTTP/1.0') || /^(?:transfer-encoding|content-length):/im.test(message.head)),
  },
];

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
    name: 'bytes that answer no request',
    section: 'RFC 9112 section 9.2',
    sentence:
      'A client that receives data on a connection that does not have outstanding requests MUST NOT consider that data to be a valid response',
    kind: 'we-refuse',
    reason: /^bytes came that answer no request$/,
    shows: ({ text, before }) => text !== '' && before !== '',
  },
  {
    name: 'bytes behind the last response of a connection',
    section: 'RFC 9112 section 9.6',
    sentence:
      'A client that receives a "close" connection option MUST cease sending requests on that connection and close the connection after reading the final response message containing the "close" connection option.',
    kind: 'they-refuse',
    reason: /^HPE_CLOSED_CONNECTION: /,
    other: 'nothing',
    shows: ({ text }) => text !== '',
  },
  {
    name: 'a response behind an interim one that says close, or is of HTTP/1.0',
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
    name: 'CONNECT that is not answered by success',
    section: 'RFC 9110 section 9.3.6',
    sentence: 'Any response other than a successful response indicates that the tunnel has not yet been formed.',
    kind: 'they-switch',
    reason: anything,
    shows: (message) => message.answers === 'CONNECT' && !/^2/.test(status(message)),
  },
  {
    name: 'CONNECT that is not answered by success, and whose content is refused',
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
    name: 'a status code that is none',
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
    shows: ({ startLine }) => !isFieldValue(startLine.trimEnd()),
  },
  {
    name: 'a bare CR behind the status line',
    section: 'RFC 9112 section 2.2',
    sentence: BARE_CR,
    kind: 'we-refuse',
    reason: /^the status line does not end in CRLF$/,
    shows: ({ text }) => /^[^\r\n]*\r(?!\n)/.test(text),
  },
  {
    name: 'a transfer coding that was not asked for, or makes no sense',
    section: 'RFC 9112 section 7.4',
    sentence:
      'The TE field is used in HTTP/1.1 to indicate what transfer codings, besides chunked, the client is willing to accept in the response and whether the client is willing to preserve trailer fields in a chunked transfer coding.',
    kind: 'we-refuse',
    reason: /^(?:unsupported transfer coding|chunked is not the last|Transfer-Encoding has an empty member)/,
    shows: isOddlyFramed,
  },
  TRANSFER_ENCODING_OF_1_0,
  TRANSFER_ENCODING_BESIDE_LENGTH,
  INVALID_LENGTH,
];

/** What the target itself looks for: llhttp does not take this for chunked. */
export const TAB_BEHIND_CHUNKED = 'a tab behind the field value `chunked`';

/** The rows that are told of, and not looked for in the table. */
export const TOLD_ROWS: readonly LawfulRow[] = [
  {
    name: TAB_BEHIND_CHUNKED,
    section: 'RFC 9110 section 5.5',
    sentence: 'A field value does not include leading or trailing whitespace.',
  },
];
