import { ClientError } from '../errors.js';
import { Fields } from '../http/fields.js';
import { contentOf, expectsContinue, outgoingRequest, serializePriority, tunnelTo, urlOf } from './outgoing-request.js';
import { parseTarget } from './target-url.js';

/** The code of what `make` throws. */
function codeOf(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    return error instanceof ClientError ? error.code : String(error);
  }
  return 'none';
}

describe('a request on its way out', () => {
  it('is a GET of its URL, with nothing else', () => {
    const { head, content, trailers, interim } = outgoingRequest({ url: 'http://example.com:8080/a?b#c' });
    expect(head).toMatchObject({ method: 'GET', scheme: 'http', authority: 'example.com:8080', path: '/a?b' });
    expect(head.headers.size).toBe(0);
    expect([content, trailers, interim]).toEqual([undefined, undefined, false]);
  });

  it('takes a URL as an object, and other options', () => {
    const trailers = [{ a: 'b' }];
    const request = { url: new URL('https://example.com'), method: 'PUT', body: 'x', trailers, interim: true };
    const { head, ...rest } = outgoingRequest(request);
    expect(head).toMatchObject({ method: 'PUT', scheme: 'https', authority: 'example.com', path: '/' });
    expect(rest).toEqual({ content: 'x', trailers, interim: true, tunnel: false, forwarded: false });
  });

  it('CONNECT names host and port, whatever the scheme’s is (RFC 9110 section 9.3.6)', () => {
    expect(outgoingRequest({ url: 'http://example.com', method: 'CONNECT' }).head).toMatchObject({
      authority: 'example.com:80',
      path: '',
    });
    expect(tunnelTo(parseTarget('https://[::1]/'))).toBe('[::1]:443');
  });

  it('extended CONNECT has a path, too (RFC 8441 section 4)', () => {
    const { head } = outgoingRequest({ url: 'http://example.com/chat', method: 'CONNECT', protocol: 'websocket' });
    expect(head).toMatchObject({ authority: 'example.com', path: '/chat', protocol: 'websocket' });
  });

  it('has the Priority field that was asked for, unless the program has its own (RFC 9218 section 5)', () => {
    const request = { url: 'http://test/', priority: { urgency: 1, incremental: true } };
    expect(outgoingRequest(request).head.headers.get('priority')).toBe('u=1, i');
    expect(outgoingRequest({ ...request, headers: { priority: 'u=7' } }).head.headers.get('priority')).toBe('u=7');
    expect(serializePriority({})).toBe('u=3');
    expect(() => serializePriority({ urgency: 1.5 })).toThrow(TypeError);
  });

  it.each([
    { url: 'relative' },
    { url: 'http://test/', method: '' },
    { url: 'http://test/', method: 'GET\r\nX' },
    { url: 'http://test/', headers: { 'na me': 'x' } },
    { url: 'http://test/', headers: { name: 'x\ny' } },
  ])('is invalid: %j', (request) => {
    expect(codeOf(() => outgoingRequest(request))).toBe('invalid-request');
  });

  it('an error of making its content is an exception', () => {
    const body = (): string => {
      throw new Error('no such file');
    };
    expect(codeOf(() => outgoingRequest({ url: 'http://test/', body }))).toBe('exception');
  });
});

describe('its content', () => {
  it('is made by a function, called once per attempt', () => {
    let count = 0;
    const body = (): string => `${++count}`;
    expect([contentOf(body), contentOf(body), contentOf('x'), contentOf(undefined)]).toEqual([
      ...['1', '2', 'x', undefined],
    ]);
  });

  it('waits for 100 where the headers say so, in any case', () => {
    expect(expectsContinue(Fields.from({ expect: '100-Continue' }))).toBe(true);
    expect(expectsContinue(Fields.from({ expect: 'other' }))).toBe(false);
    expect(expectsContinue(Fields.EMPTY)).toBe(false);
  });
});

it('urlOf says what a request is for', () => {
  expect(urlOf(outgoingRequest({ url: 'http://test/a?b#c' }).head)).toBe('http://test/a?b');
});
