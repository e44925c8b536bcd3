/**
 * Servers that send unlawful HTTP/1.1. Each request ends in a typed error, or in the part of the response that can be trusted, whether it
 * comes in one piece or byte by byte.
 */
import { asked, dribble, hostileServer, outcome } from '../kits/attacks/hostile-server.js';

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

type Row = readonly [what: string, answer: string, outcome: string];

/** The outcome of `answer`, after which the server closes. */
async function toldAtOnce(answer: string): Promise<string> {
  return outcome(await hostileServer(asked((socket) => socket.end(answer, 'latin1'))));
}

/** The same, by the byte. */
async function dribbled(answer: string): Promise<string> {
  const bytes = Buffer.from(answer, 'latin1');
  return outcome(await hostileServer(asked((socket) => void dribble(socket, bytes).then(() => socket.end()))));
}

function each(rows: readonly Row[]): void {
  it.each(rows)('%s', async (_, answer, expected) => {
    expect([await toldAtOnce(answer), await dribbled(answer)]).toEqual([expected, expected]);
  });
}

describe('RFC 9112 section 4: invalid status lines', () => {
  each([
    ['nothing', '', 'closed'],
    ['its beginning', 'HTTP/1.', 'truncated'],
    ['garbage', '\x00\xff\x80garbage\r\n\r\n', 'malformed-response'],
    ['an answer of SMTP', '220 mail.example.com ESMTP\r\n', 'malformed-response'],
    ['an alert of TLS', '\x15\x03\x03\x00\x02\x02\x46', 'malformed-response'],
    ['a preface of HTTP/2', '\x00\x00\x00\x04\x00\x00\x00\x00\x00', 'malformed-response'],
    ['a request', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', 'malformed-response'],
    ['another version', 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n', 'malformed-response'],
    ['another protocol', 'ICY 200 OK\r\nContent-Length: 0\r\n\r\n', 'malformed-response'],
    ['a status below 100', 'HTTP/1.1 099 ?\r\nContent-Length: 0\r\n\r\n', 'malformed-response'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n', 'malformed-response'],
    ['a status of letters', 'HTTP/1.1 two OK\r\nContent-Length: 0\r\n\r\n', 'malformed-response'],
    ['a status with a sign', 'HTTP/1.1 -20 OK\r\nContent-Length: 0\r\n\r\n', 'malformed-response'],
    ['NUL in the reason', 'HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n', 'malformed-response'],
    ['a bare CR in the reason', 'HTTP/1.1 200 O\rK\r\nContent-Length: 0\r\n\r\n', 'malformed-response'],
  ]);
});

describe('RFC 9112 section 5: invalid header sections', () => {
  each([
    ['it is cut off', `${OK}Content-Le`, 'truncated'],
    ['it is cut off before its empty line', `${OK}Content-Length: 0\r\n`, 'truncated'],
    ['a line without a colon', `${OK}garbage\r\nContent-Length: 0\r\n\r\n`, 'malformed-response'],
    ['a name that is none', `${OK}a b: c\r\nContent-Length: 0\r\n\r\n`, 'malformed-response'],
    ['no name', `${OK}: c\r\nContent-Length: 0\r\n\r\n`, 'malformed-response'],
    ['a blank before the colon', `${OK}Content-Length : 0\r\n\r\n`, 'malformed-response'],
    ['a fold with a control character', `${OK}a: b\r\n \0\r\nContent-Length: 0\r\n\r\n`, 'malformed-response'],
    ['a length that a fold makes a list', `${OK}Content-Length: 1\r\n 0\r\n\r\n`, 'invalid-response-body-length'],
    ['a first line that is a blank', `${OK} a: b\r\nContent-Length: 0\r\n\r\n`, 'malformed-response'],
    ['NUL in a value', `${OK}a: \0\r\nContent-Length: 0\r\n\r\n`, 'malformed-response'],
    ['a bare CR in a value', `${OK}a: b\rContent-Length: 9\r\nContent-Length: 0\r\n\r\n`, 'malformed-response'],
    ['too many fields', `${OK}${'a: b\r\n'.repeat(2001)}Content-Length: 0\r\n\r\n`, 'header-section-too-large'],
    ['too long a field', `${OK}a: ${'b'.repeat(16_381)}injected: 1\r\n\r\n`, 'header-section-too-large'],
  ]);
});

describe('RFC 9112 section 6: lengths that cannot be determined', () => {
  each([
    ['two lengths', `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, 'invalid-response-body-length'],
    ['two lengths in a line', `${OK}Content-Length: 1, 2\r\n\r\nab`, 'invalid-response-body-length'],
    ['a negative length', `${OK}Content-Length: -1\r\n\r\n`, 'invalid-response-body-length'],
    ['a length with a sign', `${OK}Content-Length: +1\r\n\r\na`, 'invalid-response-body-length'],
    ['a length in hex', `${OK}Content-Length: 0x1\r\n\r\na`, 'invalid-response-body-length'],
    ['an empty length', `${OK}Content-Length: \r\n\r\n`, 'invalid-response-body-length'],
    ['a length past all numbers', `${OK}Content-Length: 99999999999999999999\r\n\r\n`, 'invalid-response-body-length'],
    ['an unknown coding', `${OK}Transfer-Encoding: x\r\n\r\n`, 'malformed-response'],
    ['chunked twice', `${OK}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`, 'malformed-response'],
    ['chunked in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'malformed-response'],
    [
      'chunked, and a length',
      `${OK}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      'malformed-response',
    ],
    ['the same length twice', `${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`, 'invalid-response-body-length'],
    ['too little content', `${OK}Content-Length: 5\r\n\r\nabc`, '200 "abc" truncated'],
    ['no content at all', `${OK}Content-Length: 5\r\n\r\n`, '200 truncated'],
    ['content of 204', 'HTTP/1.1 204 No Content\r\n\r\nabc', '204 ""'],
    ['content of 304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\nabc', '304 ""'],
  ]);
});

describe('RFC 9112 section 7.1: invalid chunks', () => {
  each([
    ['cut off before the first', CHUNKED, '200 truncated'],
    ['cut off in a size', `${CHUNKED}5`, '200 truncated'],
    ['cut off in a chunk', `${CHUNKED}5\r\nabc`, '200 "abc" truncated'],
    ['cut off behind a chunk', `${CHUNKED}3\r\nabc\r\n`, '200 "abc" truncated'],
    ['cut off before the trailer section', `${CHUNKED}3\r\nabc\r\n0\r\n`, '200 "abc" truncated'],
    ['cut off in the trailer section', `${CHUNKED}3\r\nabc\r\n0\r\na: b\r\n`, '200 "abc" truncated'],
    ['garbage for a size', `${CHUNKED}garbage\r\n`, '200 malformed-response'],
    ['an empty size', `${CHUNKED}\r\nabc`, '200 malformed-response'],
    ['a negative size', `${CHUNKED}-1\r\nabc`, '200 malformed-response'],
    ['a size in the C manner', `${CHUNKED}0x3\r\nabc\r\n0\r\n\r\n`, '200 malformed-response'],
    ['a size past all numbers', `${CHUNKED}ffffffffffffffffff\r\nabc`, '200 malformed-response'],
    ['a chunk longer than its size', `${CHUNKED}3\r\nabcdef\r\n0\r\n\r\n`, '200 "abc" malformed-response'],
    ['a bare LF behind a size', `${CHUNKED}3\nabc\r\n0\r\n\r\n`, '200 malformed-response'],
    ['a bare LF behind a chunk', `${CHUNKED}3\r\nabc\n0\r\n\r\n`, '200 "abc" malformed-response'],
    ['NUL in an extension', `${CHUNKED}3;\0\r\nabc\r\n0\r\n\r\n`, '200 malformed-response'],
    ['a trailer that is none', `${CHUNKED}3\r\nabc\r\n0\r\na b: c\r\n\r\n`, '200 "abc" malformed-response'],
    ['a trailer with the length', `${CHUNKED}3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n`, '200 "abc"'],
  ]);
});

describe('RFC 9110 section 15.2: interim responses', () => {
  const interim = 'HTTP/1.1 103 Early Hints\r\n\r\n';
  each([
    ['and nothing behind', interim, 'closed'],
    ['and half an answer behind', `${interim}HTTP/1.1 200`, 'truncated'],
    ['one more than anybody needs', `${interim.repeat(33)}${OK}Content-Length: 0\r\n\r\n`, 'malformed-response'],
    ['with content', `HTTP/1.1 103 Early Hints\r\nContent-Length: 3\r\n\r\nabc${OK}\r\n`, 'malformed-response'],
    ['100 that nobody waits for', `HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`, '200 "ok"'],
    ['101 that was not asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n', 'malformed-response'],
  ]);
});
