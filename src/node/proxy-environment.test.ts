import { ClientError } from '../errors.js';
import { proxyFromEnvironment } from './proxy-environment.js';

const HTTP = 'http://proxy:3128';
const select = (environment: Record<string, string>, url: string): string | undefined =>
  proxyFromEnvironment(environment)(new URL(url));

describe('proxyFromEnvironment', () => {
  it.each<[Record<string, string>, string, string | undefined]>([
    [{}, 'http://a/', undefined],
    [{ HTTP_PROXY: HTTP }, 'http://a/', HTTP],
    [{ HTTP_PROXY: HTTP }, 'https://a/', undefined],
    [{ HTTPS_PROXY: HTTP }, 'https://a/', HTTP],
    [{ HTTPS_PROXY: HTTP }, 'http://a/', undefined],
    [{ http_proxy: HTTP, HTTP_PROXY: 'http://other' }, 'http://a/', HTTP],
    [{ http_proxy: '', HTTP_PROXY: HTTP }, 'http://a/', undefined],
    [{ HTTP_PROXY: 'proxy:3128' }, 'http://a/', HTTP],
    [{ HTTP_PROXY: ' https://me:secret@proxy ' }, 'http://a/', 'https://me:secret@proxy'],
    [{ HTTP_PROXY: HTTP, REQUEST_METHOD: 'GET' }, 'http://a/', undefined],
    [{ http_proxy: HTTP, REQUEST_METHOD: 'GET' }, 'http://a/', HTTP],
  ])('%j: %s goes to %s', (environment, url, proxy) => {
    expect(select(environment, url)).toBe(proxy);
  });

  it.each<[string, string, boolean]>([
    ['*', 'http://a/', true],
    ['example.com', 'http://example.com/', true],
    ['example.com', 'http://EXAMPLE.com./', true],
    ['Example.COM', 'http://www.example.com/', true],
    ['example.com', 'http://badexample.com/', false],
    ['.example.com', 'http://example.com/', true],
    ['.example.com', 'http://www.example.com/', true],
    ['*.example.com', 'http://a.b.example.com/', true],
    ['example.com', 'http://example.org/', false],
    ['a, b  c', 'http://c/', true],
    ['example.com:8080', 'http://example.com:8080/', true],
    ['example.com:8080', 'http://example.com/', false],
    ['example.com:80', 'http://example.com/', true],
    ['127.0.0.1', 'http://127.0.0.1:99/', true],
    ['127.0.0.1:99', 'http://127.0.0.1:99/', true],
    ['127.0.0.1:98', 'http://127.0.0.1:99/', false],
    ['10.0.0.0/8', 'http://10.1.2.3/', true],
    ['10.0.0.0/8', 'http://11.1.2.3/', false],
    ['10.0.0.0/99', 'http://10.1.2.3/', false],
    ['::1', 'http://[::1]/', true],
    ['[::1]', 'http://[::1]/', true],
    ['[::1]:99', 'http://[::1]:99/', true],
    ['[::1]:99', 'http://[::1]/', false],
    ['fd00::/8', 'http://[fd12::1]/', true],
    ['fd00::/8', 'http://[fe80::1]/', false],
    ['0.0.1', 'http://127.0.0.1/', false],
    ['.', 'http://a/', false],
    ['', 'http://a/', false],
  ])('NO_PROXY=%j: %s is excluded: %s', (list, url, excluded) => {
    expect(select({ HTTP_PROXY: HTTP, NO_PROXY: list }, url)).toBe(excluded ? undefined : HTTP);
    expect(select({ HTTP_PROXY: HTTP, no_proxy: list, NO_PROXY: '*' }, url)).toBe(excluded ? undefined : HTTP);
  });

  it.each(['socks5://me:secret@proxy', 'http://me:secret@:x', 'http://'])(
    'does not accept %s, nor repeat it',
    (value) => {
      let error: unknown;
      try {
        proxyFromEnvironment({ HTTPS_PROXY: value });
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(ClientError);
      expect((error as ClientError).message).toMatch(/^HTTPS_PROXY /);
      expect((error as ClientError).message).not.toContain('secret');
    },
  );

  it('reads the variables of the process by default, once', () => {
    const before = process.env['http_proxy'];
    process.env['http_proxy'] = HTTP;
    const proxy = proxyFromEnvironment();
    delete process.env['http_proxy'];
    expect(proxy(new URL('http://a/'))).toBe(HTTP);
    if (before !== undefined) process.env['http_proxy'] = before;
  });
});
