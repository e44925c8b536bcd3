/** Lawful differences of requests: ours beside llhttp's. */
import { METHODS } from 'node:http';
import type { H1Row, MessageText } from './judge.js';
import {
  anything,
  BARE_CR,
  INVALID_LENGTH,
  isOddlyFramed,
  OF_BOTH,
  SEPARATELY,
  TRANSFER_ENCODING_BESIDE_LENGTH,
  TRANSFER_ENCODING_OF_1_0,
} from './lawful.js';

function target({ startLine }: MessageText): string {
  return startLine.split(' ')[1] ?? '';
}

/** Host as nobody could misread it. */
const PLAIN_HOST = /^(?:[a-z0-9.-]*|\[::1?\])(?::(?:\d{0,4}|[0-5]\d{4}))?$/i;

const BODY_LENGTH_RULES = {
  section: 'RFC 9112 section 6.3',
  sentence:
    'If a Transfer-Encoding header field is present in a request and the chunked transfer coding is not the final encoding, the message body length cannot be determined reliably; the server MUST respond with the 400 (Bad Request) status code and then close the connection.',
} as const;

/** Rows of requests. */
export const REQUEST_ROWS: readonly H1Row[] = [
  ...OF_BOTH,
  {
    name: 'not one valid Host',
    section: 'RFC 9112 section 3.2',
    sentence:
      'A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that lacks a Host header field and to any request message that contains more than one Host header field line or a Host header field with an invalid field value.',
    kind: 'we-refuse',
    reason: /^(?:not one Host|Host is not a host and port)$/,
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
    reason: /^the target is too long: /,
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
    name: 'an invalid expectation',
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
    name: 'an invalid transfer coding, or one that is not the last',
    ...BODY_LENGTH_RULES,
    kind: 'we-refuse',
    reason: /^(?:unsupported transfer coding|chunked is not the last|Transfer-Encoding has an empty member)/,
    shows: isOddlyFramed,
  },
  TRANSFER_ENCODING_OF_1_0,
  TRANSFER_ENCODING_BESIDE_LENGTH,
  INVALID_LENGTH,
  {
    name: 'bytes after the last request of a connection',
    section: 'RFC 9112 section 9.6',
    sentence: 'The server MUST NOT process any further requests received on that connection.',
    kind: 'they-refuse',
    reason: /^HPE_CLOSED_CONNECTION: /,
    other: 'nothing',
    shows: ({ text }) => text !== '',
  },
  {
    name: 'Connection: close in a trailer section, which llhttp obeys and we leave out',
    section: 'RFC 9110 section 6.5',
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
