/**
 * Messages from the grammar of RFC 9112 in sequence, each part of them now and then a little wrong. Most are valid, so that an error comes
 * after something that was understood.
 */
import type { Random } from '../random.js';
import { contentOf, fieldsAndContent, hostLines, lineEnd, mostly } from './content.js';

const METHODS = [
  'GET',
  'GET',
  'POST',
  'POST',
  'HEAD',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'CONNECT',
  'TRACE',
  'QUERY',
];
const ODD_METHODS = [
  'get',
  'FOO',
  'M-SEARCH',
  'G\xc8T',
  '',
  'GET\t',
  'PRI',
  'SOURCE',
  'X'.repeat(40),
  '"GET"',
  'PROPFIND',
  'DESCRIBE',
];
const TARGETS = [
  '/',
  '/',
  '/a/b?c=d',
  '/%20',
  '*',
  'http://a',
  'http://a:80/b?c',
  'https://[::1]/',
  'a:1',
  'http://a?q',
  '/a|b{}^',
];
const ODD_TARGETS = [
  ...[
    '',
    'a',
    '//',
    '/ b',
    '/\t',
    '/\x80',
    '/#f',
    '/?#',
    'http://',
    'http:///',
    'http://u@a/',
    'a',
    'a:b',
    ':1',
    '[::1]:1',
  ],
  ...[
    '/\x7f',
    '/\0',
    '?a',
    'urn:a',
    'x://a/b',
    '/"<>',
    'a:99999',
    '[::1',
    'http://a:x/',
    `/${'p'.repeat(9000)}`,
    '*/',
    '/a\\b',
  ],
];
const VERSIONS = ['HTTP/1.1'];
const ODD_VERSIONS = [
  ...[
    'HTTP/1.0',
    'HTTP/1.0',
    'HTTP/1.0',
    'HTTP/1.2',
    'HTTP/2.0',
    'HTTP/0.9',
    'http/1.1',
    'HTTP/1.10',
    'HTTP/1',
    'HTTP/11.1',
    '',
  ],
  ...['HTTP/1.1 ', ' HTTP/1.1', 'HTTP/3.1', 'HTTP/1.9', 'ICE/1.0', 'RTSP/1.0', 'HTTP /1.1', 'HTTP/1.1\t'],
];

function request(random: Random): string {
  const method = mostly(random, METHODS, ODD_METHODS, 2);
  const target =
    method === 'CONNECT' && !random.chance(10)
      ? 'a:1'
      : method === 'OPTIONS'
        ? random.pick(['*', '/'])
        : mostly(random, TARGETS, ODD_TARGETS, 2);
  const space = mostly(random, [' '], ['  ', '\t', '', '\x0b', '\r'], 0.4);
  const before = random.chance(3)
    ? random.pick(['\r\n', '\r\n\r\n', '\n', '\r', ' ', '\r\n\r\n\r\n\r\n\r\n', '\t\r\n'])
    : '';
  const start = `${method}${space}${target}${space}${mostly(random, VERSIONS, ODD_VERSIONS, 5)}${lineEnd(random)}`;
  return before + start + fieldsAndContent(random, hostLines(random), 45);
}

/** Requests on one connection. */
export function requests(random: Random): string {
  return Array.from({ length: random.small(1, 4) }, () => request(random)).join('');
}

const STATUSES = [
  '200',
  '200',
  '204',
  '304',
  '404',
  '100',
  '103',
  '101',
  '500',
  '205',
  '206',
  '301',
  '102',
  '199',
  '299',
];
const ODD_STATUSES = ['099', '20', '2000', 'abc', '', '999', '000', '600', '-200', '2 0', '100'];
const REASONS = ['OK', '', 'Not Found', 'a\tb', '\xff'];
const ODD_REASONS = ['\0', '\x7f', 'a\rb', 'a\nb', '\x01', ' ', 'r'.repeat(17_000)];

function response(random: Random): string {
  const version = mostly(random, VERSIONS, ODD_VERSIONS, 4);
  const status = mostly(random, STATUSES, ODD_STATUSES, 2);
  const space = mostly(random, [' '], ['  ', '\t', '', '\r'], 0.5);
  const reason = random.chance(5) ? '' : `${space}${mostly(random, REASONS, ODD_REASONS, 2)}`;
  return `${version}${space}${status}${reason}${lineEnd(random)}${fieldsAndContent(random, '', 75)}`;
}

/** Possible responses to one request. */
export function responses(random: Random): string {
  const before = random.chance(2) ? random.pick(['\r\n', '\n', ' ', '\r']) : '';
  const behind = random.chance(20) ? contentOf(random, random.below(20)) : '';
  return before + Array.from({ length: random.small(1, 3) }, () => response(random)).join('') + behind;
}

/** The methods of the requests for the responses; UPGRADE is a GET that asks for another protocol. */
export const ANSWERED = ['GET', 'GET', 'GET', 'POST', 'HEAD', 'CONNECT', 'UPGRADE'];
