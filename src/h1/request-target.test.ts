import { isAuthority } from '../http/authority.js';
import { parseRequestTarget } from './request-target.js';

describe('request-target (RFC 9112 section 3.2)', () => {
  it.each([
    ['GET', 'http://example.org/a?b', 'http', 'example.org', '/a?b'],
    ['GET', 'HTTPS://example.org:8443', 'https', 'example.org:8443', '/'],
    ['GET', 'http://example.org?q', 'http', 'example.org', '/?q'],
    ['OPTIONS', 'http://example.org', 'http', 'example.org', '*'],
    ['OPTIONS', '*', undefined, undefined, '*'],
    ['CONNECT', 'example.org:443', undefined, 'example.org:443', ''],
    ['CONNECT', '[::1]:443', undefined, '[::1]:443', ''],
  ])('%s %s', (method, target, scheme, authority, path) => {
    expect(parseRequestTarget(method, target)).toEqual({ scheme, authority, path });
  });

  it.each([
    ['GET', '*'],
    ['GET', 'example.org:80'],
    ['GET', 'path'],
    ['GET', 'http:///path'],
    ['GET', 'http://:80/'],
    ['GET', 'http://user@example.org/'],
    ['GET', 'http://example.org:99999/'],
    ['GET', 'mailto:a@b'],
    ['CONNECT', '/'],
    ['CONNECT', 'example.org'],
    ['CONNECT', 'example.org:'],
    ['CONNECT', 'example.org:0'],
    ['CONNECT', ':443'],
    ['CONNECT', 'http://example.org:443/'],
  ])('refuses %s %s', (method, target) => {
    expect(parseRequestTarget(method, target)).toBeUndefined();
  });
});

describe('uri-host [ ":" port ] (RFC 9110 section 7.2)', () => {
  it.each([
    '',
    'a',
    'example.org',
    'EXAMPLE.org:80',
    'a:',
    '127.0.0.1:8080',
    'a%20b',
    '[::1]',
    '[::1]:80',
    '[1:2:3:4:5:6:7:8]',
  ])('takes %p', (text) => expect(isAuthority(text)).toBe(true));
  it.each(['[::ffff:1.2.3.4]', '[v1.a:b]', "!$&'()*+,;=_~", 'x_y'])('takes %p', (text) =>
    expect(isAuthority(text)).toBe(true),
  );
  it.each([
    ...[
      'a b',
      'a/b',
      'a@b',
      'a:b',
      'a:80:80',
      'a:70000',
      'a:-1',
      'a%2',
      'a%zz',
      'a%',
      '[::1',
      '::1',
      '[::1]x',
      '[1::2::3]',
    ],
    ...[
      '[1:2:3:4:5:6:7]',
      '[1:2:3:4:5:6:7:8:9]',
      '[12345::]',
      '[::1.2.3]',
      '[::256.1.1.1]',
      '[]',
      'a\\b',
      'ex\u00e4mple',
      '"a"',
    ],
  ])('refuses %p', (text) => expect(isAuthority(text)).toBe(false));
});
