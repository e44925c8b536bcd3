/** Every row of the h1 tables is hit by an input of its own, and none of them hides two readings of one message. */
import type { Case } from '../target.js';
import { h1Client } from './client-target.js';
import { compare } from './compare.js';
import { judgeDifference } from './judge.js';
import { REQUEST_ROWS } from './lawful-requests.js';
import { RESPONSE_ROWS, TOLD_ROWS } from './lawful-responses.js';
import type { Message, Reading } from './reading.js';
import { h1 } from './server-target.js';

const HOST = 'Host: a\r\n';
const CHUNKED = `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`;

const REQUESTS: readonly (readonly [row: string, input: string])[] = [
  ['trailers that steer are left out', `${CHUNKED}0\r\nCookie: a\r\n\r\n`],
  ['chunk extensions that llhttp does not understand', `${CHUNKED}0; a\r\n\r\n`],
  [
    'framing fields in a trailer section, which llhttp refuses and we leave out',
    `${CHUNKED}0\r\nTransfer-Encoding: a\r\n\r\n`,
  ],
  [
    'a tab after a framing field, which llhttp takes for a part of its value',
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 0\t\r\n\r\n`,
  ],
  [
    'a tab after the connection option `close`, which llhttp takes for a part of it',
    `GET / HTTP/1.1\r\n${HOST}Connection: close\t\r\n\r\nGET / HTTP/1.1\r\n${HOST}\r\n`,
  ],
  [
    'a tab after the connection option `close`, which llhttp takes for a part of it',
    `GET / HTTP/1.1\r\n${HOST}Connection: a,close \t\r\n\r\nno request\r\n`,
  ],
  ['a higher minor version', `GET / HTTP/1.9\r\n${HOST}\r\n`],
  ['another major version', 'GET / HTTP/0.9\r\n\r\n'],
  ['a chunk size past what can be counted', `${CHUNKED}${'0'.repeat(20)}\r\n\r\n`],
  ['a field section past its limit', `GET / HTTP/1.1\r\n${HOST}${'a: b\r\n'.repeat(200)}\r\n`],
  [
    'close beside keep-alive in an HTTP/1.0 message, which llhttp takes for keep-alive',
    'GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\nGET / HTTP/1.0\r\n\r\n',
  ],
  ['not one valid Host', 'GET / HTTP/1.1\r\n\r\n'],
  ['not one valid Host', `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`],
  ['not one valid Host', 'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n'],
  ['a form of target that the method does not have', `GET * HTTP/1.1\r\n${HOST}\r\n`],
  ['a target of characters that no URI has, or without a version', 'GET /\r\n\r\n'],
  ['a target past its limit', `GET /${'a'.repeat(9000)} HTTP/1.1\r\n${HOST}\r\n`],
  ['whitespace in a request line that is not one space', `GET /  HTTP/1.1\r\n${HOST}\r\n`],
  ['a line feed alone, where a request line should be', `\nGET / HTTP/1.1\r\n${HOST}\r\n`],
  ['a bare CR, where a request line should be', `\rGET / HTTP/1.1\r\n${HOST}\r\n`],
  ['more empty lines than four before a request line', `${'\r\n'.repeat(5)}GET / HTTP/1.1\r\n${HOST}\r\n`],
  ['an invalid expectation', `GET / HTTP/1.1\r\n${HOST}Expect: a\r\n\r\n`],
  ['CONNECT with content', `CONNECT a:1 HTTP/1.1\r\n${HOST}Content-Length: 1\r\n\r\na`],
  ['an invalid transfer coding, or one that is not the last', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: \r\n\r\n`],
  ['Transfer-Encoding in an HTTP/1.0 message', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  [
    'Transfer-Encoding, even an empty one, beside Content-Length',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding:\r\nContent-Length: 0\r\n\r\n`,
  ],
  ['Content-Length that is not one number', `POST / HTTP/1.1\r\n${HOST}Content-Length: 9007199254740992\r\n\r\n`],
  [
    'bytes after the last request of a connection',
    `GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\nGET / HTTP/1.1\r\n${HOST}\r\n`,
  ],
  [
    'Connection: close in a trailer section, which llhttp obeys and we leave out',
    `${CHUNKED}0\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n${HOST}\r\n`,
  ],
  ['a CR, and no more, where a request line should be', `GET / HTTP/1.1\r\n${HOST}\r\n\r`],
  ['a method that node does not know', `BREW / HTTP/1.1\r\n${HOST}\r\n`],
  ['a scheme with other characters than letters', `GET a0://a HTTP/1.1\r\n${HOST}\r\n`],
  [
    'Upgrade in an HTTP/1.0 request, or beside content',
    `POST / HTTP/1.1\r\n${HOST}Upgrade: a\r\nConnection: upgrade\r\nContent-Length: 1\r\n\r\na`,
  ],
];

const RESPONSES: readonly (readonly [row: string, method: string, input: string])[] = [
  ['a response without a request', 'GET', 'HTTP/1.1 204 \r\n\r\n\r\n'],
  ['bytes after the last response of a connection', 'GET', 'HTTP/1.1 204 \r\nConnection: close\r\n\r\na'],
  ['a response after an interim one with close, or of HTTP/1.0', 'GET', 'HTTP/1.0 100 \r\n\r\nHTTP/1.1 204 \r\n\r\n'],
  ['a folded field line (obs-fold), which llhttp refuses and we unfold', 'GET', 'HTTP/1.0 200\r\na: b\r\n c\r\n\r\n'],
  ['framing fields of a response without content', 'HEAD', 'HTTP/1.1 200 \r\nContent-Length: a\r\n\r\n'],
  ['CONNECT without a successful response', 'CONNECT', 'HTTP/1.1 404 \r\nContent-Length: 1\r\n\r\na'],
  [
    'CONNECT without a successful response, whose content is refused',
    'CONNECT',
    'HTTP/1.1 404 \r\nTransfer-Encoding: a\r\n\r\n',
  ],
  ['101 that was not asked for', 'GET', 'HTTP/1.1 101 \r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n'],
  ['101 that does not name the protocol', 'UPGRADE', 'HTTP/1.1 101 \r\n\r\n'],
  ['no HTTP version where a status line should be', 'GET', '\nHTTP/1.1 204 \r\n\r\n'],
  ['an invalid status code', 'GET', 'HTTP/1.1 000 \r\n\r\n'],
  ['a reason phrase with control characters', 'GET', 'HTTP/1.1 204 \x7f\r\n\r\n'],
  ['a reason phrase with control characters', 'POST', 'HTTP/1.0 204 \f\r\n\r\n'],
  ['a bare CR after the status line', 'GET', 'HTTP/1.1 204\r\r\r\n\r\n'],
  [
    'a transfer coding that was not requested, or is meaningless',
    'GET',
    'HTTP/1.1 200 \r\nTransfer-Encoding: gzip\r\n\r\n',
  ],
  [
    'a tab after the field value `chunked`',
    'GET',
    'HTTP/1.1 200 \r\nTransfer-Encoding: chunked\t\r\n\r\n1\r\na\r\n0\r\n\r\n',
  ],
];

function asCase(input: string, context = ''): Case {
  return { bytes: Buffer.from(input, 'latin1'), context };
}

it.each(REQUESTS)('%s', async (name, input) => {
  expect(await h1.judge([asCase(input)])).toEqual([{ kind: 'lawful', name }]);
});

it.each(RESPONSES)('%s (in a response to %s)', async (name, method, input) => {
  expect(await h1Client.judge([asCase(input, method)])).toEqual([{ kind: 'lawful', name }]);
});

it('has an input here for each row', () => {
  const hit = new Set([...REQUESTS, ...RESPONSES].map(([name]) => name));
  const rows = [...REQUEST_ROWS, ...RESPONSE_ROWS, ...TOLD_ROWS].map(({ name }) => name);
  expect(rows.filter((name) => !hit.has(name))).toEqual([]);
});

describe('no row is about two readings of one message', () => {
  const message: Message = { start: 'POST / 1.1', fields: ['host', 'a'], body: 'abc', trailers: [], complete: true };
  const other: Message = { ...message, body: 'xyz' };
  const of = (...messages: Message[]): Reading => ({ messages, end: 'open', reason: '', leftover: '' });

  it.each<[string, Reading, Reading]>([
    ['the end of the content', of(message), of({ ...message, body: 'ab' })],
    ['the content', of(message), of(other)],
    ['a field', of(message), of({ ...message, fields: ['host', 'b'] })],
    ['the target', of(message), of({ ...message, start: 'POST /a 1.1' })],
    ['how many there are', of(message, message), of(message)],
    ['the end of one that is not whole', of({ ...message, complete: false }), of(message, message)],
    [
      'a message in front of one that is refused',
      of(message),
      { ...of(other), end: 'refused', reason: 'HPE_CLOSED_CONNECTION: x' },
    ],
    ['a trailer that only we have', of({ ...message, trailers: ['a', 'b'] }), of(message)],
  ])('%s', (_, ours, theirs) => {
    const difference = compare(ours, theirs);
    expect(difference).toBeDefined();
    // The text of a case that, were it refused, would be in many rows.
    const text =
      'CONNECT * HTTP/1.0\r\nConnection: keep-alive, close\r\nTransfer-Encoding: a\r\nContent-Length: a\r\n\r\n0\r\n\r\n';
    for (const rows of [REQUEST_ROWS, RESPONSE_ROWS]) {
      for (const start of [0, text.length]) {
        expect(judgeDifference(rows, difference!, asCase(text), start, ours, theirs).kind).toBe('finding');
      }
    }
  });
});
