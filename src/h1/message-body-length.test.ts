import { requestBodyLength, responseBodyLength } from './message-body-length.js';
import type { MessageBodyLength } from './message-body-length.js';

function fields(contentLength?: string, transferEncoding?: string, minorVersion = 1) {
  return { contentLength, transferEncoding, minorVersion };
}

function said(length: MessageBodyLength): string {
  if (length.kind === 'length') return `length ${length.length}`;
  return length.kind === 'invalid' ? `${length.failure.status} ${length.failure.code}` : length.kind;
}

describe('message body length (RFC 9112 section 6.3)', () => {
  it.each([
    ['nothing', fields(), 'none'],
    ['Content-Length', fields('5'), 'length 5'],
    ['Content-Length with leading zeros', fields('005'), 'length 5'],
    ['Content-Length of nothing', fields('0'), 'none'],
    ['the greatest exact number', fields('9007199254740991'), 'length 9007199254740991'],
    ['a greater one', fields('9007199254740992'), '400 malformed-request'],
    ['an empty Content-Length', fields(''), '400 malformed-request'],
    ['a signed one', fields('+5'), '400 malformed-request'],
    ['a negative one', fields('-5'), '400 malformed-request'],
    ['a hexadecimal one', fields('0x5'), '400 malformed-request'],
    ['a fraction', fields('5.0'), '400 malformed-request'],
    ['an exponent', fields('1e1'), '400 malformed-request'],
    ['two equal ones', fields('5, 5'), '400 malformed-request'],
    ['two different ones', fields('5, 6'), '400 malformed-request'],
    ['a space within', fields('1 2'), '400 malformed-request'],
    ['chunked', fields(undefined, 'chunked'), 'chunked'],
    ['chunked in capitals', fields(undefined, 'Chunked'), 'chunked'],
    ['chunked and Content-Length', fields('5', 'chunked'), '400 malformed-request'],
    ['chunked in HTTP/1.0', fields(undefined, 'chunked', 0), '400 malformed-request'],
    ['chunked twice', fields(undefined, 'chunked, chunked'), '400 malformed-request'],
    ['chunked first', fields(undefined, 'chunked, gzip'), '400 malformed-request'],
    ['chunked with parameters', fields(undefined, 'chunked;a=b'), '400 malformed-request'],
    ['chunked and an empty member', fields(undefined, 'chunked,'), '400 malformed-request'],
    ['an empty Transfer-Encoding', fields(undefined, ''), '400 malformed-request'],
    ['gzip, chunked', fields(undefined, 'gzip, chunked'), '501 unsupported-transfer-coding'],
    ['identity', fields(undefined, 'identity'), '501 unsupported-transfer-coding'],
    ['something like chunked', fields(undefined, 'xchunked'), '501 unsupported-transfer-coding'],
    ['chunked after a no-break space', fields(undefined, '\u00a0chunked'), '501 unsupported-transfer-coding'],
  ])('of a request with %s', (_title, framing, expected) => {
    expect(said(requestBodyLength('POST', framing))).toBe(expected);
  });

  it('of a CONNECT: none, and none may be declared (RFC 9110 section 9.3.6)', () => {
    expect(said(requestBodyLength('CONNECT', fields('0')))).toBe('none');
    expect(said(requestBodyLength('CONNECT', fields('1')))).toBe('400 malformed-request');
    expect(said(requestBodyLength('CONNECT', fields(undefined, 'chunked')))).toBe('400 malformed-request');
  });

  it.each([
    ['HEAD', 200, fields('5'), 'none'],
    ['GET', 204, fields('5'), 'none'],
    ['GET', 304, fields(undefined, 'chunked'), 'none'],
    ['CONNECT', 200, fields('5', 'chunked'), 'none'],
    ['CONNECT', 407, fields('5'), 'length 5'],
    ['GET', 200, fields(), 'close-delimited'],
    ['GET', 200, fields('5'), 'length 5'],
    ['GET', 200, fields('x'), '400 content-length-mismatch'],
    ['GET', 200, fields('5', 'chunked'), '400 malformed-response'],
    ['GET', 200, fields(undefined, 'gzip'), '501 unsupported-transfer-coding'],
  ])('of a response to %s, %d', (method, status, framing, expected) => {
    expect(said(responseBodyLength(method, status, framing))).toBe(expected);
  });
});
