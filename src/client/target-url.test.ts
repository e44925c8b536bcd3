import { fc } from '../../test/kits/properties.js';
import { ClientError } from '../errors.js';
import { parseTarget, type TargetUrl } from './target-url.js';

const codeOf = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error instanceof ClientError ? error.code : error;
  }
};

const base = new URL('https://example.org:8443/a/b?c#d');

describe('an http URL taken apart (RFC 9110 section 4.2)', () => {
  it('has all its parts', () => {
    expect(parseTarget('HTTPS://Example.ORG:8443/a/../b?c=d#e')).toEqual<TargetUrl>({
      url: 'https://example.org:8443/b?c=d',
      scheme: 'https',
      origin: 'https://example.org:8443',
      authority: 'example.org:8443',
      host: 'example.org',
      port: 8443,
      path: '/b?c=d',
      fragment: '#e',
    });
  });

  it.each([
    ['http://example.org', 'http://example.org', 'example.org', 'example.org', 80, '/', ''],
    ['http://example.org:80/', 'http://example.org', 'example.org', 'example.org', 80, '/', ''],
    ['https://example.org:443/', 'https://example.org', 'example.org', 'example.org', 443, '/', ''],
    ['https://example.org:80/', 'https://example.org:80', 'example.org:80', 'example.org', 80, '/', ''],
    ['http://example.org?', 'http://example.org', 'example.org', 'example.org', 80, '/?', ''],
    ['http://example.org?q#', 'http://example.org', 'example.org', 'example.org', 80, '/?q', '#'],
    ['http://[::1]:8080/x', 'http://[::1]:8080', '[::1]:8080', '::1', 8080, '/x', ''],
    ['http://[2001:DB8:0::1]', 'http://[2001:db8::1]', '[2001:db8::1]', '2001:db8::1', 80, '/', ''],
    ['http://bücher.example/ü?ü#ü', ...idn('http'), 80, '/%C3%BC?%C3%BC', '#%C3%BC'],
    ['http://0x7f.1/', 'http://127.0.0.1', '127.0.0.1', '127.0.0.1', 80, '/', ''],
    ['http://a/b c/%zz', 'http://a', 'a', 'a', 80, '/b%20c/%zz', ''],
    ['http://@a/', 'http://a', 'a', 'a', 80, '/', ''],
    ['http://a/@b:c', 'http://a', 'a', 'a', 80, '/@b:c', ''],
  ])('%s', (url, origin, authority, host, port, path, fragment) => {
    expect(parseTarget(url)).toEqual({
      url: `${origin}${path}`,
      scheme: url.slice(0, url.indexOf(':')),
      ...{ origin, authority, host, port, path, fragment },
    });
  });

  it.each([
    ['x', 'https://example.org:8443/a/x'],
    ['/x', 'https://example.org:8443/x'],
    ['', 'https://example.org:8443/a/b?c'],
    ['?x', 'https://example.org:8443/a/b?x'],
    ['//other.example/x', 'https://other.example/x'],
    ['http://other.example', 'http://other.example/'],
  ])('%p against a base is %s', (url, whole) => {
    expect(parseTarget(url, base).url).toBe(whole);
  });

  it('takes a URL', () => {
    expect(parseTarget(new URL('http://example.org/#x'))).toMatchObject({ url: 'http://example.org/', fragment: '#x' });
  });
});

function idn(scheme: string): [string, string, string] {
  const host = 'xn--bcher-kva.example';
  return [`${scheme}://${host}`, host, host];
}

describe('what a client does not ask for', () => {
  it.each([
    ['', undefined],
    ['/path', undefined],
    ['example.org', undefined],
    ['http://', undefined],
    ['http://a b/', undefined],
    ['http://a:99999/', undefined],
    ['http://[::1', undefined],
    ['//', base],
    ['ftp://example.org/', undefined],
    ['ws://example.org/', undefined],
    ['file:///etc/passwd', base],
    ['data:,x', undefined],
  ])('%p', (url, against) => {
    expect(codeOf(() => parseTarget(url, against))).toBe('invalid-request');
  });

  it.each(['http://user@example.org/', 'http://user:secret@example.org/', 'http://:secret@example.org/'])(
    'user information, which no message repeats (RFC 9110 section 4.2.4): %s',
    (url) => {
      expect(codeOf(() => parseTarget(url))).toBe('invalid-request');
      expect(codeOf(() => parseTarget('/', new URL(url)))).toBe('invalid-request');
      expect(() => parseTarget(url)).toThrow(/^(?!.*secret).*user information/);
    },
  );
});

describe('what is remembered', () => {
  it('is one target for one string and base', () => {
    expect(parseTarget('http://example.org/same')).toBe(parseTarget('http://example.org/same'));
    expect(parseTarget('same', new URL(base))).toBe(parseTarget('same', base));
  });

  it('is not taken for what it is not', () => {
    expect(parseTarget('/b', new URL('http://a/')).path).toBe('/b');
    expect(parseTarget('http://a/\n/b').path).toBe('//b');
    expect(parseTarget('x', new URL('http://a/')).origin).toBe('http://a');
    expect(parseTarget('x', new URL('http://b/')).origin).toBe('http://b');
  });

  it('follows a base that changes', () => {
    const moving = new URL('http://a/');
    expect(parseTarget('x', moving).url).toBe('http://a/x');
    moving.host = 'b';
    expect(parseTarget('x', moving).url).toBe('http://b/x');
  });

  it('is bounded, in number and in length', () => {
    const first = parseTarget('http://example.org/first');
    for (let index = 0; index < 600; index++) parseTarget(`http://example.org/${index}`);
    expect(parseTarget('http://example.org/first')).not.toBe(first);
    const long = `http://example.org/${'x'.repeat(2000)}`;
    expect(parseTarget(long)).not.toBe(parseTarget(long));
  });
});

describe('laws', () => {
  const hosts = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().map((address) => `[${address}]`),
  );
  const urls = fc
    .tuple(
      fc.constantFrom('http', 'https'),
      hosts,
      fc.option(fc.nat(65535)),
      fc.webPath(),
      fc.option(fc.webQueryParameters()),
      fc.option(fc.webFragments()),
    )
    .map(([scheme, host, port, path, query, fragment]) =>
      [
        `${scheme}://${host}`,
        port !== null && `:${port}`,
        path,
        query !== null && `?${query}`,
        fragment !== null && `#${fragment}`,
      ]
        .filter((part) => part !== false)
        .join(''),
    );

  it('the parts are the whole, and its own normal form', () => {
    fc.assert(
      fc.property(urls, (url) => {
        const target = parseTarget(url);
        expect(target.url).toBe(target.origin + target.path);
        expect(target.origin).toBe(`${target.scheme}://${target.authority}`);
        expect(target.url + target.fragment).toBe(new URL(url).href);
        expect(parseTarget(target.url + target.fragment)).toEqual(target);
      }),
    );
  });

  it('the path is what can be sent: visible ASCII without a fragment', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (path) => {
        expect(parseTarget(`http://example.org/${path}`).path).toMatch(/^\/[!-"$-~]*$/);
      }),
    );
  });
});
