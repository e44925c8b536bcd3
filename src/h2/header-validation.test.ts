import { fc } from '../../test/kits/properties.js';
import { ProtocolError } from '../errors.js';
import { readRequest, readResponse, readTrailers } from './header-validation.js';

const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'example.com', ':path', '/'];
const MALFORMED = expect.objectContaining({ scope: 'exchange', reason: 'PROTOCOL_ERROR', status: 400 }) as Error;

function headersOf(...lines: string[]): readonly string[] {
  return readRequest([...GET, ...lines], 'https').head.headers.lines;
}

describe('a request (RFC 9113 section 8.3.1)', () => {
  it('is made of its pseudo-header fields and its fields', () => {
    const { head } = readRequest([...GET, 'accept', '*/*'], 'https');
    expect({ ...head, headers: head.headers.lines }).toEqual({
      method: 'GET',
      scheme: 'https',
      authority: 'example.com',
      path: '/',
      protocol: undefined,
      version: '2.0',
      headers: ['accept', '*/*'],
    });
  });

  it('takes its authority from Host where :authority is missing', () => {
    const list = [':method', 'GET', ':scheme', 'http', ':path', '/', 'host', 'h:80'];
    expect(readRequest(list, 'http').head.authority).toBe('h:80');
  });

  it('may ask for * with OPTIONS', () => {
    const list = [':method', 'OPTIONS', ':scheme', 'http', ':path', '*', ':authority', 'h'];
    expect(readRequest(list, 'http').head.path).toBe('*');
  });

  it.each<[string, string[]]>([
    ['without :method', GET.slice(2)],
    ['without :scheme', [...GET.slice(0, 2), ...GET.slice(4)]],
    ['without :path', GET.slice(0, 6)],
    ['without :authority and Host', [...GET.slice(0, 4), ...GET.slice(6)]],
    ['with an empty :path', [...GET.slice(0, 6), ':path', '']],
    ['with a :path that does not begin with /', [...GET.slice(0, 6), ':path', 'x']],
    [
      'with a :scheme in capitals, and a :path that no http URI has',
      [':method', 'GET', ':scheme', 'HTTP', ':authority', 'h', ':path', 'x'],
    ],
    ['with a :scheme in capitals, and no authority', [':method', 'GET', ':scheme', 'HTTPS', ':path', '/']],
    ['with a space in :path', [...GET.slice(0, 6), ':path', '/a b']],
    ['with * and GET', [...GET.slice(0, 6), ':path', '*']],
    ['with an empty :method', [':method', '', ...GET.slice(2)]],
    ['with an empty :authority', [...GET.slice(0, 4), ':authority', '', ':path', '/']],
    ['with userinfo', [...GET.slice(0, 4), ':authority', 'u@h', ':path', '/']],
    ['with :path twice', [...GET, ':path', '/']],
    ['with an unknown pseudo-header field', [...GET, ':test', 'x']],
    ['with a pseudo-header field of responses', [...GET, ':status', '200']],
    ['with a pseudo-header field behind a field', [':method', 'GET', 'a', 'b', ':path', '/']],
    ['with a Host that differs from :authority', [...GET, 'host', 'other']],
    ['with two Hosts', [...GET, 'host', 'example.com', 'host', 'example.com']],
  ])('is malformed %s', (_, list) => {
    expect(() => readRequest(list, 'https')).toThrow(MALFORMED);
  });
});

describe('fields (RFC 9113 section 8.2)', () => {
  it.each([
    ['an upper-case name (8.2.1)', 'Accept', 'x'],
    ['an empty name (8.2.1)', '', 'x'],
    ['a space in a name (8.2.1)', 'a b', 'x'],
    ['an octet above 127 in a name (8.2.1)', 'a\xe9', 'x'],
    ['a colon in a name (8.2.1)', 'a:b', 'x'],
    ['CR in a value (8.2.1)', 'a', 'x\ry'],
    ['LF in a value (8.2.1)', 'a', 'x\ny'],
    ['NUL in a value (8.2.1)', 'a', 'x\0y'],
    ['a space before a value (8.2.1)', 'a', ' x'],
    ['a tab behind a value (8.2.1)', 'a', 'x\t'],
    ['Connection (8.2.2)', 'connection', 'close'],
    ['Keep-Alive (8.2.2)', 'keep-alive', 'timeout=5'],
    ['Proxy-Connection (8.2.2)', 'proxy-connection', 'keep-alive'],
    ['Transfer-Encoding (8.2.2)', 'transfer-encoding', 'chunked'],
    ['Upgrade (8.2.2)', 'upgrade', 'h2c'],
    ['TE other than trailers (8.2.2)', 'te', 'trailers, gzip'],
    ['a Content-Length with a sign', 'content-length', '+1'],
    ['a Content-Length list', 'content-length', '1, 1'],
    ['an empty Content-Length', 'content-length', ''],
    ['a Content-Length that no number holds', 'content-length', '99999999999999999999'],
  ])('%s makes a message malformed', (_, name, value) => {
    expect(() => headersOf(name, value)).toThrow(MALFORMED);
    expect(() => readResponse([':status', '200', name, value])).toThrow(MALFORMED);
    expect(() => readTrailers([name, value], 'malformed-request')).toThrow(MALFORMED);
  });

  it('takes TE: trailers', () => {
    expect(headersOf('te', 'trailers')).toEqual(['te', 'trailers']);
  });

  it('takes a value of any visible octets, spaces and tabs inside', () => {
    expect(headersOf('a', 'x\ty \xff', 'b', '')).toEqual(['a', 'x\ty \xff', 'b', '']);
  });

  it('joins the crumbs of a cookie where the first one stood (8.2.3)', () => {
    expect(headersOf('cookie', 'a=b', 'x', 'y', 'cookie', 'c=d', 'cookie', 'e=f')).toEqual([
      ...['cookie', 'a=b; c=d; e=f'],
      ...['x', 'y'],
    ]);
  });

  it('takes Content-Length once, as on HTTP/1.1: not even the same twice (RFC 9110 section 8.6)', () => {
    expect(readRequest([...GET, 'content-length', '5'], 'https').contentLength).toBe(5);
    expect(headersOf('content-length', '5')).toEqual(['content-length', '5']);
    expect(() => headersOf('content-length', '5', 'content-length', '5')).toThrow(MALFORMED);
    expect(() => headersOf('content-length', '5', 'content-length', '6')).toThrow(MALFORMED);
    expect(readRequest(GET, 'https').contentLength).toBe(-1);
  });

  it('reads Priority and Expect', () => {
    const section = readRequest([...GET, 'priority', 'u=1', 'priority', 'i', 'expect', '100-Continue'], 'https');
    expect(section.priority).toEqual({ urgency: 1, incremental: true });
    expect(section.expectsContinue).toBe(true);
    expect(readRequest(GET, 'https').priority).toBeUndefined();
  });
});

describe('CONNECT (RFC 9113 section 8.5)', () => {
  it('names an authority alone', () => {
    const { head } = readRequest([':method', 'CONNECT', ':authority', 'h:443'], 'https');
    expect([head.authority, head.path, head.scheme]).toEqual(['h:443', '', 'https']);
  });

  it.each([
    ['with :path', [':method', 'CONNECT', ':authority', 'h:443', ':path', '/']],
    ['with :scheme', [':method', 'CONNECT', ':authority', 'h:443', ':scheme', 'https']],
    ['without :authority', [':method', 'CONNECT']],
    ['without a port', [':method', 'CONNECT', ':authority', 'h']],
  ])('is malformed %s', (_, list) => {
    expect(() => readRequest(list, 'https')).toThrow(MALFORMED);
  });
});

describe('extended CONNECT (RFC 8441 section 4)', () => {
  const CONNECT = [':method', 'CONNECT', ...GET.slice(2)];

  it('has :protocol, and a target as other requests do', () => {
    const { head } = readRequest([...CONNECT, ':protocol', 'websocket'], 'https');
    expect([head.protocol, head.path, head.authority]).toEqual(['websocket', '/', 'example.com']);
  });

  it('is malformed without its target, or with another method', () => {
    expect(() => readRequest([...GET, ':protocol', 'websocket'], 'https')).toThrow(MALFORMED);
    expect(() => readRequest([...CONNECT.slice(0, 6), ':protocol', 'websocket'], 'https')).toThrow(MALFORMED);
    expect(() => readRequest([...CONNECT, ':protocol', ''], 'https')).toThrow(MALFORMED);
  });
});

describe('a response (RFC 9113 section 8.3.2)', () => {
  it('is made of :status and its fields', () => {
    const { head, contentLength } = readResponse([':status', '204', 'content-length', '0']);
    expect([head.status, head.headers.lines, contentLength]).toEqual([204, ['content-length', '0'], 0]);
  });

  it.each([
    ['without :status', ['a', 'b']],
    ['with :status twice', [':status', '200', ':status', '200']],
    ['with a :status of two digits', [':status', '20']],
    ['with a :status that is no number', [':status', 'abc']],
    ['with 101 (section 8.6)', [':status', '101']],
    ['with a pseudo-header field of requests', [':status', '200', ':path', '/']],
  ])('is malformed %s', (_, list) => {
    expect(() => readResponse(list)).toThrow(MALFORMED);
  });
});

describe('trailers (RFC 9113 section 8.1)', () => {
  it('have no pseudo-header fields', () => {
    expect(readTrailers(['a', 'b'], 'malformed-request').lines).toEqual(['a', 'b']);
    expect(() => readTrailers([':status', '200'], 'malformed-request')).toThrow(MALFORMED);
  });

  it('leave out what none may have, as on HTTP/1.1 (RFC 9110 section 6.5.1)', () => {
    const list = ['content-length', '5', 'a', 'b', 'host', 'x', 'te', 'trailers', 'set-cookie', 'c', 'etag', '"d"'];
    expect(readTrailers(list, 'malformed-request').lines).toEqual(['a', 'b', 'etag', '"d"']);
  });
});

it('reads any list without throwing anything but a ProtocolError', () => {
  const text = fc.oneof(fc.constantFrom(...GET, 'host', 'cookie', ':protocol', 'CONNECT', 'te'), fc.string());
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { maxLength: 8 }), (list) => {
      for (const read of [readRequest, readResponse, readTrailers]) {
        try {
          read(list.flat(), 'malformed-request');
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }
    }),
  );
});
