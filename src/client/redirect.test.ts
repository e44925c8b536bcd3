import { fc } from '../../test/kits/properties.js';
import { of } from 'rxjs';
import { Body } from '../body/body.js';
import { ClientError } from '../errors.js';
import { Fields, type FieldsInit } from '../http/fields.js';
import { isRepeatable, type Redirect, type RedirectedRequest, redirectOf } from './redirect.js';
import { parseTarget } from './target-url.js';

const request = (method = 'GET', url = 'https://example.org/a/b?c', headers?: FieldsInit): RedirectedRequest => ({
  method,
  target: parseTarget(url),
  headers: Fields.from(headers),
});

const to = (location: string | readonly string[] | undefined, status = 302): { status: number; headers: Fields } => ({
  status,
  headers: Fields.from({ location }),
});

const follow = (location: string, from = request(), status = 302): Redirect => redirectOf(to(location, status), from)!;

const errorOf = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

describe('which responses redirect (RFC 9110 section 15.4)', () => {
  it.each([301, 302, 303, 307, 308])('%d does', (status) => {
    expect(follow('/x', request(), status).target.url).toBe('https://example.org/x');
  });

  it.each([200, 201, 300, 304, 305, 306, 400, 503])('%d does not, whatever its Location', (status) => {
    expect(redirectOf(to('/x', status), request())).toBeUndefined();
  });

  it('none does without a Location', () => {
    expect(redirectOf(to(undefined), request())).toBeUndefined();
  });
});

describe('method and content (RFC 9110 sections 15.4.2 to 15.4.9)', () => {
  it.each([
    [301, 'GET', 'GET'],
    [301, 'HEAD', 'HEAD'],
    [301, 'POST', 'GET'],
    [301, 'PUT', 'PUT'],
    [301, 'DELETE', 'DELETE'],
    [301, 'post', 'post'], // methods are case-sensitive
    [302, 'GET', 'GET'],
    [302, 'POST', 'GET'],
    [302, 'PATCH', 'PATCH'],
    [303, 'GET', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'DELETE', 'GET'],
    [303, 'OPTIONS', 'GET'],
    [307, 'POST', 'POST'],
    [307, 'HEAD', 'HEAD'],
    [308, 'POST', 'POST'],
    [308, 'PUT', 'PUT'],
  ])('%d: %s becomes %s', (status, method, next) => {
    expect(follow('/x', request(method), status)).toMatchObject({ method: next, keepsContent: next === method });
  });

  const described = {
    accept: '*/*',
    'content-type': 'text/plain',
    'content-length': '5',
    'content-encoding': 'gzip',
    'content-language': 'en',
    'content-location': '/a',
    'content-disposition': 'inline',
    'content-digest': 'sha-256=:x:',
    'repr-digest': 'sha-256=:x:',
    digest: 'x',
    'last-modified': 'Sun, 06 Nov 1994 08:49:37 GMT',
    expect: '100-continue',
    trailer: 'x-sum',
    'transfer-encoding': 'chunked',
    'x-mine': '1',
  };

  it('loses what describes the content with the content', () => {
    expect(follow('/x', request('POST', undefined, described)).headers.toObject()).toEqual({
      accept: '*/*',
      'x-mine': '1',
    });
  });

  it.each([307, 308])('keeps it with the content: %d', (status) => {
    const from = request('POST', undefined, described);
    expect(follow('/x', from, status).headers).toBe(from.headers);
  });
});

describe('Location (RFC 9110 section 10.2.2)', () => {
  it.each([
    ['/x', 'https://example.org/x', ''],
    ['x', 'https://example.org/a/x', ''],
    ['?x', 'https://example.org/a/b?x', ''],
    ['', 'https://example.org/a/b?c', ''],
    ['#x', 'https://example.org/a/b?c', '#x'],
    ['//other.example', 'https://other.example/', ''],
    ['http://other.example:80/x#y', 'http://other.example/x', '#y'],
    ['HTTP://OTHER.example/%7e', 'http://other.example/%7e', ''],
    ['../../../x', 'https://example.org/x', ''],
    ['/a b', 'https://example.org/a%20b', ''],
  ])('%j against the URL of the request', (location, url, fragment) => {
    expect(follow(location).target).toMatchObject({ url, fragment });
  });

  it.each([
    ['/x', '#old'],
    ['/x#new', '#new'],
    ['/x#', '#'],
  ])('%s inherits the fragment where it has none', (location, fragment) => {
    const target = parseTarget('https://example.org/a#old');
    expect(follow(location, { ...request(), target }).target.fragment).toBe(fragment);
  });

  it.each([
    ['UTF-8', Buffer.from('/ü?ü#ü').toString('latin1'), '/%C3%BC?%C3%BC', '#%C3%BC'],
    ['what is no UTF-8', '/\xfc', '/%FC', ''],
    ['a host in UTF-8', Buffer.from('//bücher.example/').toString('latin1'), '/', ''],
  ])('takes bytes above ASCII for what they are: %s', (_name, location, path, fragment) => {
    expect(follow(location).target).toMatchObject({ path, fragment });
  });

  it('makes a host in UTF-8 one in ASCII', () => {
    expect(follow(Buffer.from('//bücher.example/').toString('latin1')).target.host).toBe('xn--bcher-kva.example');
  });

  it('takes the same line twice for one', () => {
    expect(redirectOf(to(['/x', '/x']), request())?.target.path).toBe('/x');
  });

  it.each([
    ['several', ['/x', '/y']],
    ['no URL', 'http://'],
    ['no host', 'https://\xfc\xff/'],
    ['a port that is none', 'http://example.org:99999/'],
    ['a file', 'file:///etc/passwd'],
    ['a script', 'javascript:alert(1)'],
    ['data', 'data:,x'],
    ['another protocol', 'ftp://example.org/'],
    ['a user', 'https://user@example.org/'],
    ['a password', 'https://:secret@example.org/'],
  ])('refuses %s', (_name, location) => {
    const error = errorOf(() => redirectOf(to(location), request()));
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ code: 'invalid-redirect', retryable: false });
  });
});

describe('what another origin is not to see (RFC 9110 section 15.4; Fetch, HTTP-redirect fetch)', () => {
  const headers = {
    accept: '*/*',
    authorization: 'Bearer x',
    cookie: 'a=1',
    'proxy-authorization': 'Basic x',
    host: 'virtual.example',
    referer: 'https://example.org/',
  };
  const kept = (location: string): string[] =>
    Object.keys(follow(location, request('GET', undefined, headers)).headers.toObject());

  it.each(['/x', 'https://example.org/x', 'https://EXAMPLE.org:443/x'])('the same origin sees all: %s', (location) => {
    expect(kept(location)).toEqual(Object.keys(headers));
  });

  it.each(['https://other.example/', 'https://www.example.org/', 'https://example.org:8443/'])(
    'another one sees no credentials: %s',
    (location) => {
      expect(kept(location)).toEqual(['accept', 'referer']);
    },
  );

  it('without TLS not where it came from either', () => {
    expect(kept('http://example.org/')).toEqual(['accept']);
  });

  it('is gone for good, also where the way leads back', () => {
    const away = follow('https://other.example/', request('GET', undefined, headers));
    const back = follow('https://example.org/', { ...away });
    expect([...back.headers].map(([name]) => name)).toEqual(['accept', 'referer']);
  });
});

describe('isRepeatable', () => {
  it.each([
    ['nothing', undefined, true],
    ['text', 'x', true],
    ['no text', '', true],
    ['bytes', new Uint8Array(1), true],
    ['a Buffer', Buffer.from('x'), true],
    ['a list', ['a', 'b'], true],
    ['what makes content', () => of('x'), true],
    ['an Observable', of('x'), false],
    ['a Body', new Body(), false],
    ['an iterator', ['a'].values(), false],
  ])('%s: %p', (_name, content, repeatable) => {
    expect(isRepeatable(content)).toBe(repeatable);
  });
});

describe('laws', () => {
  const names = fc.constantFrom(
    ...['accept', 'authorization', 'cookie', 'content-type', 'content-length', 'host', 'referer', 'x-mine', 'expect'],
  );
  const headers = fc.array(fc.tuple(names, fc.constantFrom('1', '2')), { maxLength: 12 });
  const locations = fc.constantFrom(
    '/x',
    'https://example.org/y',
    'http://example.org/',
    'https://other.example/',
    '#z',
  );
  const hops = fc.array(fc.tuple(fc.constantFrom(301, 302, 303, 307, 308), locations), { maxLength: 8 });

  it('fields only ever go, in order; a request never leaves HTTP; what was another origin’s matter stays unseen', () => {
    fc.assert(
      fc.property(fc.constantFrom('GET', 'HEAD', 'POST', 'PUT'), headers, hops, (method, fields, way) => {
        const first = request(method, 'https://example.org/', fields);
        let current = first;
        let left = false;
        for (const [status, location] of way) {
          const next = follow(location, current, status);
          left ||= next.target.origin !== current.target.origin;
          const before = [...current.headers].map(String);
          expect(before.filter((line) => [...next.headers].map(String).includes(line))).toEqual(
            [...next.headers].map(String),
          );
          expect(next.keepsContent).toBe(next.method === current.method);
          expect(left && (next.headers.has('cookie') || next.headers.has('authorization'))).toBe(false);
          expect(next.target.url).toMatch(/^https?:/);
          current = next;
        }
      }),
    );
  });

  it('any bytes are a target or a typed error', () => {
    const bytes = fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)) });
    fc.assert(
      fc.property(bytes, (location) => {
        const headers = Fields.ofLines(['location', location]);
        const result = errorOf(() => redirectOf({ status: 302, headers }, request()));
        if (result instanceof Error) expect(result).toMatchObject({ code: 'invalid-redirect' });
        else expect((result as Redirect).target.path).toMatch(/^\/[!-"$-~]*$/);
      }),
    );
  });
});
