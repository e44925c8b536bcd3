import { fc } from '../../test/kits/properties.js';
import { Fields, type FieldsInit } from '../http/fields.js';
import { forwardedRequest, forwardedResponse, type ForwardRequestOptions } from './forwarded-message.js';

const request = (
  headers: FieldsInit,
  options: Partial<ForwardRequestOptions> = {},
): Record<string, string> | undefined =>
  forwardedRequest(Fields.from(headers), { method: 'GET', protocol: '1.1', ...options })?.toObject();
const response = (headers: FieldsInit): Record<string, string> =>
  forwardedResponse(Fields.from(headers), { protocol: 'http/1.1' }).toObject();
const via = '1.1 rxpaf';

describe('Connection and what it nominates (RFC 9110 section 7.6.1)', () => {
  it.each<[string, FieldsInit, Record<string, string>]>([
    ['nothing', {}, {}],
    ['an option that is no field', { connection: 'close', a: '1' }, { a: '1' }],
    ['keep-alive, as it is mostly', { connection: 'keep-alive', 'keep-alive': 'timeout=5' }, {}],
    ['a field', { connection: 'x-hop', 'x-hop': '1', a: '1' }, { a: '1' }],
    [
      'fields, in any case and spacing',
      { connection: 'close ,X-Hop,\t, y-hop', 'x-hop': '1', 'Y-Hop': '2', z: '3' },
      { z: '3' },
    ],
    ['on several lines', { connection: ['x-hop', 'Y-Hop'], 'x-hop': ['1', '2'], 'y-hop': '3', z: '4' }, { z: '4' }],
    ['no part of a name', { connection: 'x-hop', 'x-hop-2': '1', 'x-ho': '2' }, { 'x-hop-2': '1', 'x-ho': '2' }],
    ['itself, and what is no name', { connection: 'connection, , ;', a: '1' }, { a: '1' }],
  ])('%s', (_name, headers, kept) => {
    expect(request(headers)).toEqual({ ...kept, via });
    expect(response(headers)).toEqual({ ...kept, via });
  });
});

describe('fields of one connection', () => {
  it.each([
    ['Keep-Alive', 'timeout=5'],
    ['Proxy-Connection', 'keep-alive'],
    ['Transfer-Encoding', 'chunked'],
    ['Upgrade', 'websocket'],
    ['HTTP2-Settings', 'AAMAAABk'],
    ['TE', 'gzip'],
    ['Proxy-Authorization', 'Basic eDp5'],
    ['Proxy-Authenticate', 'Basic realm="x"'],
    ['Proxy-Authentication-Info', 'nextnonce="x"'],
  ])('%s goes no further, nominated or not', (name, value) => {
    expect(request({ [name]: value, a: '1' })).toEqual({ a: '1', via });
    expect(response({ [name]: value, a: '1' })).toEqual({ a: '1', via });
  });

  it.each([
    ['Trailer', 'x-sum'],
    ['Authorization', 'Bearer x'],
    ['WWW-Authenticate', 'Basic realm="x"'],
    ['Expect', '100-continue'],
    ['Content-Length', '5'],
    ['Cache-Control', 'no-store'],
    ['Host', 'example.org'],
    ['Alt-Svc', 'h2=":443"'],
  ])('%s goes on', (name, value) => {
    expect(request({ [name]: value })).toEqual({ [name.toLowerCase()]: value, via });
    expect(response({ [name]: value })).toEqual({ [name.toLowerCase()]: value, via });
  });

  it('keeps several lines apart, and in order', () => {
    const lines = ['set-cookie', 'a=1', 'x', '1', 'set-cookie', 'b=2'];
    expect(forwardedResponse(Fields.ofLines(lines), { protocol: 'h2' }).lines).toEqual([...lines, 'via', '2 rxpaf']);
  });
});

describe('TE (RFC 9110 section 10.1.4)', () => {
  it.each([
    ['trailers', true],
    ['Trailers', true],
    ['gzip;q=0.5, trailers', true],
    ['trailers, deflate', true],
    ['gzip', false],
    ['', false],
    ['x-trailers', false],
  ])('%j says that trailers are taken: %p', (te, trailers) => {
    expect(request({ te, connection: 'TE' })).toEqual({ ...(trailers ? { te: 'trailers' } : {}), via });
  });

  it('says it once', () => {
    expect(request({ te: ['trailers', 'trailers, gzip'] })).toEqual({ te: 'trailers', via });
  });
});

describe('Via (RFC 9110 section 7.6.3)', () => {
  it.each([
    ['1.0', '1.0 rxpaf'],
    ['1.1', '1.1 rxpaf'],
    ['2.0', '2 rxpaf'],
    ['http/1.1', '1.1 rxpaf'],
    ['h2', '2 rxpaf'],
  ] as const)('names how the message came in: %s', (protocol, value) => {
    expect(request({}, { protocol })).toEqual({ via: value });
  });

  it('is added after those of earlier hops', () => {
    expect(request({ via: ['1.0 fred', '1.1 p.example.net'] })).toEqual({ via: `1.0 fred, 1.1 p.example.net, ${via}` });
  });

  it.each(['edge', 'proxy.example.org', 'proxy.example.org:8080', '_x'])('has the name %s', (name) => {
    expect(request({}, { name })).toEqual({ via: `1.1 ${name}` });
  });

  it.each(['', ' ', 'a b', 'a,b', 'a\r\nx: 1', ':80', 'a:', 'a:b', 'a:1:2', 'a:123456', 'ä'])(
    'has no name %j',
    (name) => {
      expect(() => request({}, { name })).toThrow(RangeError);
      expect(() => forwardedResponse(Fields.EMPTY, { protocol: 'h2', name })).toThrow(RangeError);
    },
  );

  it('has one name where nobody set any', () => {
    expect(request({}, { name: undefined })).toEqual({ via });
  });
});

describe('Max-Forwards (RFC 9110 section 7.6.2)', () => {
  it.each(['TRACE', 'OPTIONS'])('is counted down: %s', (method) => {
    expect(request({ 'max-forwards': '10' }, { method })).toEqual({ 'max-forwards': '9', via });
    expect(request({ 'max-forwards': '1' }, { method })).toEqual({ 'max-forwards': '0', via });
  });

  it.each(['TRACE', 'OPTIONS'])('at 0 the request is not forwarded: %s', (method) => {
    expect(request({ 'max-forwards': '0' }, { method })).toBeUndefined();
    expect(request({ 'max-forwards': '000' }, { method })).toBeUndefined();
  });

  it('means nothing to other methods', () => {
    expect(request({ 'max-forwards': '0' })).toEqual({ 'max-forwards': '0', via });
  });

  it.each(['', '-1', 'x', '1.5', ['1', '2']])('is kept if it is not a number: %j', (value) => {
    const kept = typeof value === 'string' ? value : value.join(', ');
    expect(request({ 'max-forwards': value }, { method: 'TRACE' })).toEqual({ 'max-forwards': kept, via });
  });

  it('is never more than can be counted', () => {
    const forwards = request({ 'max-forwards': '9'.repeat(30) }, { method: 'TRACE' })?.['max-forwards'];
    expect(forwards).toBe(String(Number.MAX_SAFE_INTEGER - 1));
  });
});

describe('laws', () => {
  const name = fc.constantFrom(
    ...['connection', 'keep-alive', 'te', 'upgrade', 'transfer-encoding', 'trailer', 'x-a', 'x-b', 'via', 'cookie'],
    ...['proxy-connection', 'http2-settings', 'max-forwards', 'proxy-authorization', 'content-length'],
  );
  const value = fc.oneof(name, fc.constantFrom('1', 'close', 'trailers', 'x-a, X-B', 'gzip;q=1,trailers', ',,'));
  const headers = fc.array(fc.tuple(name, value), { maxLength: 16 }).map((lines) => Fields.ofLines(lines.flat()));

  const gone = ['connection', 'keep-alive', 'upgrade', 'transfer-encoding', 'http2-settings'].concat([
    'proxy-connection',
    'proxy-authorization',
  ]);

  it('every hop-by-hop field is gone, the rest is as it was, and a second hop changes only Via', () => {
    fc.assert(
      fc.property(headers, (before) => {
        const after = forwardedResponse(before, { protocol: '1.1' });
        const nominated = (before.get('connection') ?? '').toLowerCase().split(/[, ]+/);
        const others = ([each]: readonly [string, string]): boolean => each !== 'te' && each !== 'via';
        const goesOn = ([each]: readonly [string, string]): boolean =>
          !gone.includes(each) && !nominated.includes(each);
        expect([...after].filter(others)).toEqual([...before].filter(others).filter(goesOn));
        expect([undefined, 'trailers']).toContain(after.get('te'));
        const twice = forwardedResponse(after, { protocol: '1.1' });
        expect(twice.without('via').toObject()).toEqual(after.without('via').toObject());
        expect(twice.getAll('via')).toEqual([...after.getAll('via'), via]);
      }),
    );
  });
});
