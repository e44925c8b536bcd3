import { EMPTY_BODY } from '../drive/incoming-content.js';
import { HttpRequest } from '../drive/request.js';
import { ClientError } from '../errors.js';
import { Body } from '../body/body.js';
import { Fields } from '../http/fields.js';
import { EMPTY } from 'rxjs';
import { type ClientOptions, ClientSettings } from './client-options.js';
import { outgoingRequestOf, type RequestPlan, planRequest, redirected } from './request-plan.js';
import type { ClientRequestInit } from './request.js';
import { parseTarget } from './target-url.js';

const plan = (url: string, init: ClientRequestInit = {}, options: ClientOptions = {}): RequestPlan =>
  planRequest(url, init, new ClientSettings({ decompress: false, ...options }));

/** A request that came in. */
function incoming(path: string, headers: Record<string, string> = {}, body = EMPTY_BODY): HttpRequest {
  const head = { method: 'GET', scheme: 'http', authority: 'front', path, protocol: undefined } as const;
  return new HttpRequest({ ...head, version: '1.1', headers: Fields.from(headers) }, { body, trailers: EMPTY });
}

const forwarding = (request: HttpRequest, options: ClientOptions = {}): RequestPlan =>
  planRequest(request, {}, new ClientSettings(options));

describe('what is asked for', () => {
  it('is resolved against the base', () => {
    const base = { baseUrl: 'http://test/app/' };
    expect(plan('rows?a', {}, base).target.url).toBe('http://test/app/rows?a');
    expect(plan('/rows', {}, base).target.url).toBe('http://test/rows');
    expect(plan('http://other/', {}, base).target.url).toBe('http://other/');
    expect(() => plan('rows')).toThrow(ClientError);
  });

  it('has the client’s headers, where it does not set them itself', () => {
    const options = { headers: { accept: 'text/plain', 'user-agent': 'me' } };
    const { headers } = plan('http://test/', { headers: { accept: '*/*' } }, options);
    expect(Object.fromEntries(headers)).toEqual({ accept: '*/*', 'user-agent': 'me' });
    expect(Object.fromEntries(plan('http://test/', {}, options).headers)).toEqual(options.headers);
  });

  it('is decoded where the client asked for codings, and not where the program did', () => {
    const asked = { decompress: true };
    expect(plan('http://test/', {}, asked).decodes).toBe(true);
    expect(plan('http://test/', { headers: { 'accept-encoding': 'gzip' } }, asked).decodes).toBe(false);
    expect(plan('http://test/', { headers: { range: 'bytes=0-1' } }, asked).headers.get('accept-encoding')).toBe(
      'identity',
    );
  });

  it('makes its content once per attempt', () => {
    let count = 0;
    const made = plan('http://test/', { method: 'PUT', body: () => `${++count}` });
    expect([outgoingRequestOf(made).content, outgoingRequestOf(made).content]).toEqual(['1', '2']);
  });

  it('of CONNECT is a host and a port', () => {
    expect(outgoingRequestOf(plan('http://test', { method: 'CONNECT' })).head).toMatchObject({
      ...{ authority: 'test:80', path: '' },
    });
  });
});

describe('a redirect of it', () => {
  const before = plan('http://test/', { method: 'PUT', body: 'x', trailers: [{ a: 'b' }] });
  const elsewhere = { target: parseTarget('http://other/b'), headers: Fields.EMPTY };

  it('keeps its content', () => {
    const next = redirected(before, { ...elsewhere, method: 'PUT', keepsContent: true });
    expect(next).toMatchObject({ method: 'PUT', path: '/b', body: 'x', trailers: [{ a: 'b' }] });
    expect(outgoingRequestOf(next).head.authority).toBe('other');
  });

  it('or not, nor its trailers then', () => {
    const next = redirected(before, { ...elsewhere, method: 'GET', keepsContent: false });
    expect(next).toMatchObject({ method: 'GET', body: undefined, trailers: undefined });
  });
});

describe('a request that came in', () => {
  it('goes to the base, below its path; or to its own target', () => {
    const where = (path: string, options?: ClientOptions): string => {
      const { target, path: below } = forwarding(incoming(path), options);
      return target.origin + below;
    };
    expect(where('/a?b', { baseUrl: 'http://origin/app/' })).toBe('http://origin/app/a?b');
    expect(where('/a', { baseUrl: 'http://origin' })).toBe('http://origin/a');
    expect(where('/a')).toBe('http://front/a');
  });

  it('makes no other host of a path that begins with two slashes', () => {
    const { target, path } = forwarding(incoming('//evil/a'), { baseUrl: 'http://origin/' });
    expect([target.host, path]).toEqual(['origin', '//evil/a']);
  });

  it('is neither redirected, repeated nor decoded, and its interim responses are wanted', () => {
    expect(forwarding(incoming('/'))).toMatchObject({ redirects: 0, forwarded: true, decodes: false, interim: true });
  });

  it('has content, and trailers, only where it has any', () => {
    expect(forwarding(incoming('/'))).toMatchObject({ body: undefined, trailers: undefined });
    const body = new Body();
    expect(forwarding(incoming('/', {}, body)).body).toBe(body);
  });

  it('leaves out hop-by-hop fields, and names this proxy in Via', () => {
    const { headers } = forwarding(incoming('/', { connection: 'x-hop', 'x-hop': '1', accept: '*/*' }), {
      via: 'edge',
    });
    expect(Object.fromEntries(headers)).toEqual({ accept: '*/*', via: '1.1 edge' });
  });
});
