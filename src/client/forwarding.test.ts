/** What a gateway changes of a request that it forwards. */
import { of } from 'rxjs';
import { Body } from '../body/body.js';
import { EMPTY_BODY } from '../drive/incoming-content.js';
import { HttpRequest } from '../drive/request.js';
import { ClientError } from '../errors.js';
import { Fields } from '../http/fields.js';
import type { HttpVersion, RequestHead } from '../http/head.js';
import { ClientSettings } from './client-options.js';
import { FORWARD_OPTIONS, type ForwardInit } from './forward-init.js';
import { withForwardedFields } from './forwarded-fields.js';
import { checkRequest } from './request-options.js';
import { outgoingRequestOf, planOfService, planRequest, type RequestPlan, serviceRequest } from './request-plan.js';

const SETTINGS = new ClientSettings({ baseUrl: 'http://origin/app/', decompress: false, random: () => 0 });

interface Incoming extends Partial<Omit<RequestHead, 'headers'>> {
  readonly headers?: Record<string, string>;
  readonly body?: Body;
}

function incoming({ headers = {}, body = EMPTY_BODY, ...head }: Incoming = {}): HttpRequest {
  const version: HttpVersion = head.version ?? '1.1';
  return new HttpRequest(
    {
      ...{ method: 'GET', scheme: 'http', authority: 'front', path: '/a?b', protocol: undefined, ...head },
      ...{ version, headers: Fields.from(headers) },
    },
    { body, trailers: of(Fields.from({ 'x-sum': '1' })) },
  );
}

const planned = (init: ForwardInit, request: Incoming = {}): RequestPlan =>
  planRequest(incoming(request), init, SETTINGS);
const fieldsOf = (init: ForwardInit, headers: Record<string, string> = {}): Record<string, string> =>
  planned(init, { headers }).headers.without('via').toObject();
const VIA = { via: '1.1 rxpaf' };

describe('a forwarded request', () => {
  it('goes on as it came without changes', () => {
    const traced = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', tracestate: 'a=1' };
    const { headers, method, path, body } = planned({}, { headers: { ...traced, host: 'front' } });
    expect(headers.toObject()).toEqual({ ...traced, ...VIA });
    expect([method, path, body]).toEqual(['GET', '/app/a?b', undefined]);
  });

  it('has another method, or another path below that of the base', () => {
    const { method, path } = planned({ method: 'PUT', path: '/c/../d?e' });
    expect([method, path]).toEqual(['PUT', '/app/c/../d?e']);
  });

  it('has fields in place of those with their names; undefined removes one', () => {
    const headers = { 'x-a': '1', 'x-b': '2', 'x-c': '3' };
    expect(fieldsOf({ headers: { 'X-A': 'one', 'x-b': undefined, 'x-d': ['4', '5'] } }, headers)).toEqual({
      ...{ 'x-a': 'one', 'x-c': '3', 'x-d': '4, 5' },
    });
    expect(fieldsOf({ headers: [['x-a', 'one']] }, headers)).toEqual({ ...headers, 'x-a': 'one' });
    expect(fieldsOf({ headers: Fields.from({ 'x-c': 'three' }) }, headers)).toEqual({ ...headers, 'x-c': 'three' });
  });

  it.each([
    ['that of the upstream', undefined, 'origin'],
    ['that of the upstream', false, 'origin'],
    ['that of the client', true, 'front'],
    ['one of its own', 'other:8080', 'other:8080'],
  ] as const)('has a Host: %s (%s)', (_, host, authority) => {
    const plan = planned(host === undefined ? {} : { host }, { headers: { host: 'front' } });
    expect(outgoingRequestOf(plan).head.authority).toBe(authority);
  });

  it('of a client of HTTP/1.0 without Host has that of the upstream', () => {
    const plan = planned({ host: true }, { authority: '', version: '1.0' });
    expect(outgoingRequestOf(plan).head.authority).toBe('origin');
  });

  it('has other content, of another length and without the trailers of the one before', () => {
    const body = new Body();
    const before = { headers: { 'content-length': '3' }, body };
    expect(planned({}, before)).toMatchObject({ body, trailers: expect.anything() as unknown });
    const after = planned({ body: 'other' }, before);
    expect(after).toMatchObject({ body: 'other', trailers: undefined });
    expect(after.headers.has('content-length')).toBe(false);
    const trailers = [{ a: 'b' }];
    expect(planned({ trailers }, before)).toMatchObject({ body, trailers });
  });

  it('has a priority, follows redirects, and leaves interim responses out', () => {
    const plan = planned({ priority: { urgency: 1 }, redirects: 2, interim: false });
    expect(plan).toMatchObject({ redirects: 2, interim: false });
    expect(plan.headers.get('priority')).toBe('u=1');
  });

  it.each<[string, object, string]>([
    ['an unknown name', { header: {} }, 'has no option "header": did you mean "headers"?'],
    ['a method', { method: 'G T' }, 'method: expected a token'],
    ['a path', { path: 'a' }, 'path: expected a path that begins with a slash'],
    ['a path', { path: '/a b' }, 'path: expected a path'],
    ['a host', { host: 'a/b' }, 'host: expected true, false or a host and a port'],
    ['a host', { host: '' }, 'host: expected'],
    ['a protocol', { upgrade: ['web socket'] }, 'upgrade: expected names of protocols'],
    ['upgrade', { upgrade: 'websocket' }, 'upgrade: expected true or false'],
    ['a field', { headers: { 'x-a': 'a\r\nb' } }, 'invalid value of field x-a'],
    ['forwarded', { forwarded: { peer: {}, trusted: true } }, 'forwarded has no option "trusted"'],
    ['forwarded', { forwarded: { peer: {}, fields: 'x' } }, 'fields: expected x-forwarded or forwarded or both'],
    ['CONNECT of a GET', { method: 'CONNECT' }, 'method: a CONNECT is passed on as one'],
  ])('is checked: %s', (_, init, words) => {
    expect(() => {
      checkRequest(init, FORWARD_OPTIONS);
      planned(init);
    }).toThrow(words);
  });

  it.each<[string, Incoming, number]>([
    ['a CONNECT', { method: 'CONNECT', authority: 'far:70', path: '' }, 501],
    ['an extended CONNECT', { method: 'CONNECT', protocol: 'websocket', version: '2.0' }, 501],
    ['TRACE that goes no further', { method: 'TRACE', headers: { 'max-forwards': '0' } }, 501],
  ])('%s is refused', (_, request, status) => {
    expect(statusOf(() => planned({}, request))).toBe(status);
  });

  it('is 400 where it names no server, and the client has no base', () => {
    const settings = new ClientSettings({});
    expect(statusOf(() => planRequest(incoming({ authority: '' }), {}, settings))).toBe(400);
  });

  it('keeps its changes within a middleware', () => {
    const init: ForwardInit = { host: 'other', path: '/c/../d', interim: false, redirects: 1, headers: { 'x-a': '1' } };
    const { passesOn: _, target: __, ...plan } = planned(init);
    expect(planOfService(serviceRequest(incoming(), init, SETTINGS), SETTINGS)).toMatchObject(plan);
    const options = incoming({ method: 'OPTIONS', path: '*' });
    expect(planOfService(serviceRequest(options, {}, SETTINGS), SETTINGS).path).toBe('*');
  });
});

function statusOf(work: () => unknown): number | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof ClientError ? error.status : NaN;
  }
}

describe('a tunnel that is passed on', () => {
  const upgrade = { connection: 'keep-alive, Upgrade', upgrade: 'chat, websocket', 'sec-websocket-key': 'a' };

  it('by Upgrade is a CONNECT with the first protocol that is allowed', () => {
    const plan = planned({ upgrade: ['WebSocket'], redirects: 3 }, { headers: upgrade });
    expect(plan).toMatchObject({
      method: 'CONNECT',
      protocol: 'websocket',
      tunnel: true,
      path: '/app/a?b',
      redirects: 0,
    });
    expect(plan.passesOn).toEqual({ kind: 'upgrade', protocol: 'websocket' });
    expect(plan.headers.toObject()).toEqual({ 'sec-websocket-key': 'a', ...VIA });
    expect(planned({ upgrade: true }, { headers: upgrade }).protocol).toBe('chat');
  });

  it.each<[string, ForwardInit, Incoming]>([
    ['it is not asked for', {}, { headers: upgrade }],
    ['it is not wanted', { upgrade: false }, { headers: upgrade }],
    ['another protocol is wanted', { upgrade: ['echo'] }, { headers: upgrade }],
    ['it is h2c', { upgrade: true }, { headers: { ...upgrade, upgrade: 'h2c' } }],
    ['Connection does not name it', { upgrade: true }, { headers: { ...upgrade, connection: 'close' } }],
    ['the request has content', { upgrade: true }, { headers: upgrade, body: new Body() }],
    ['the request is one of HTTP/1.0', { upgrade: true }, { headers: upgrade, version: '1.0' }],
    ['the method is not GET', { upgrade: true }, { headers: upgrade, method: 'POST' }],
  ])('is an ordinary request where %s', (_, init, request) => {
    const { method, passesOn, protocol, tunnel, headers } = planned(init, request);
    expect([method, passesOn, protocol, tunnel]).toEqual([request.method ?? 'GET', undefined, undefined, false]);
    expect([headers.has('upgrade'), headers.has('connection')]).toEqual([false, false]);
  });

  it('by extended CONNECT has the key that HTTP/1.1 wants', () => {
    const request = { method: 'CONNECT', protocol: 'websocket', version: '2.0' } as const;
    const plan = planned({ upgrade: true }, request);
    expect(plan.headers.get('sec-websocket-key')).toBe('AAAAAAAAAAAAAAAAAAAAAA==');
    expect(planned({ upgrade: ['chat'] }, { ...request, protocol: 'chat' }).headers.has('sec-websocket-key')).toBe(
      false,
    );
    expect(() => planned({ upgrade: ['chat'] }, request)).toThrow('name it in `upgrade`');
  });

  it('by CONNECT goes to the base, which is a proxy', () => {
    const request = { method: 'CONNECT', authority: 'far:70', path: '' };
    const { head } = outgoingRequestOf(planned({ connect: true }, request));
    expect(head).toMatchObject({ method: 'CONNECT', authority: 'far:70' });
    expect(() => planRequest(incoming(request), { connect: true }, new ClientSettings({}))).toThrow('baseUrl');
  });

  it('stays one within a middleware', () => {
    const init = { upgrade: ['websocket'] };
    const request = serviceRequest(incoming({ headers: upgrade }), init, SETTINGS);
    const plan = planOfService(request, SETTINGS);
    expect(plan).toMatchObject({
      method: 'CONNECT',
      tunnel: true,
      passesOn: { kind: 'upgrade', protocol: 'websocket' },
    });
  });
});

describe('the fields about the client', () => {
  const FORGED = {
    'x-forwarded-for': '6.6.6.6',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil',
    'x-forwarded-port': '666',
    'x-real-ip': '6.6.6.6',
    forwarded: 'for=6.6.6.6',
  };
  const told = (
    init: Parameters<typeof withForwardedFields>[2],
    headers: Record<string, string> = {},
    request: Incoming = {},
  ): Record<string, string> => withForwardedFields(Fields.from(headers), incoming(request), init).toObject();
  const peer = { address: '192.0.2.1' };

  it('is X-Forwarded-For, -Proto and -Host, unless set', () => {
    expect(told({ peer })).toEqual({
      ...{ 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'front' },
    });
  });

  it('is Forwarded (RFC 7239), if the program wants it', () => {
    expect(told({ peer, fields: 'forwarded' })).toEqual({ forwarded: 'for=192.0.2.1;host="front";proto=http' });
    expect(Object.keys(told({ peer, fields: 'both' }))).toHaveLength(4);
  });

  it('is nothing that a client says which is not trusted', () => {
    expect(told({ peer }, { ...FORGED, accept: '*/*' })).toEqual({
      ...{ accept: '*/*', 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'front' },
    });
  });

  it('is what a trusted proxy says, and the proxy', () => {
    const trusted = { ...FORGED, 'x-forwarded-for': '198.51.100.7', forwarded: 'for=198.51.100.7' };
    expect(told({ peer, trustedProxy: ({ address }) => address === '192.0.2.1', fields: 'both' }, trusted)).toEqual({
      ...trusted,
      'x-forwarded-for': '198.51.100.7, 192.0.2.1',
      forwarded: 'for=198.51.100.7, for=192.0.2.1;host="front";proto=http',
    });
    expect(told({ peer, trustedProxy: () => false }, trusted)['x-forwarded-for']).toBe('192.0.2.1');
  });

  it.each([
    ['2001:db8::1', '2001:db8::1', '"[2001:db8::1]"'],
    ['fe80::1%eth0', 'fe80::1', '"[fe80::1]"'],
    [undefined, 'unknown', 'unknown'],
  ])('names the address %s', (address, plain, node) => {
    const fields = told({ peer: { address }, fields: 'both' });
    expect([fields['x-forwarded-for'], fields['forwarded']]).toEqual([plain, `for=${node};host="front";proto=http`]);
  });

  it('has no host where the request has none', () => {
    expect(told({ peer, fields: 'both' }, {}, { authority: '', scheme: 'https' })).toEqual({
      ...{ 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https', forwarded: 'for=192.0.2.1;proto=https' },
    });
  });
});
