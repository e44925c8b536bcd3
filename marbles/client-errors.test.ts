/**
 * Each code of a client's errors, what provoked it, and whether it is safe to send the request again.
 *
 * ```
 * wire       x--------
 * server     --a|             a = half of a head: truncated
 * server     --b              b = garbage: malformed-response
 * response   --e              before the head has come the response is the error,
 *
 * server     --hc|            h = a head, c = less than its Content-Length
 * response   --o
 * content    ---(c#)          and behind it the content: what came, then the error
 * ```
 */
import { catchError, mergeMap, type Observable, of, timer } from 'rxjs';
import { type Client, type ClientError, type ClientErrorCode, type ClientRequest } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';
import { contentOf, drawnClient, outcomeOf } from '../test/kits/marbles/client.js';

const URL = 'http://test/';
const GET: ClientRequest = { url: URL };
const H2 = { alpn: 'h2' };
const SHORTLY = { duration: '20s' };

describe('before the head of the response, on HTTP/1.1', () => {
  it.each<[code: ClientErrorCode, what: string, bytes: string]>([
    ['malformed-response', 'garbage', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['malformed-response', 'a status that is none', 'HTTP/1.1 099 No\r\n\r\n'],
    ['malformed-response', 'a version that is not spoken', 'HTTP/3.0 200 OK\r\n\r\n'],
    ['malformed-response', 'a field name that is none', 'HTTP/1.1 200 OK\r\nna me: x\r\n\r\n'],
    ['malformed-response', 'a switch that was not asked for', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
    ['malformed-response', 'interim responses without end', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(33)],
    [
      'invalid-response-body-length',
      'two different lengths',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    ],
    ['header-section-too-large', 'a header section without end', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(16_384)}`],
    ['header-section-too-large', 'too many fields', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(2001)}\r\n`],
  ])('%s: %s', (code, _what, bytes) =>
    httpTest(({ flow, connect, h1, expectResponses, expectWire }) => {
      const server = flow('--a-|', { a: bytes });
      const client = connect(server);
      client.request(GET);
      expectResponses(client).toBe('--(e|)', { e: { code, status: 502, retryable: false } });
      // At once: a server that goes on has nobody to wait for it.
      expectWire(server).toBe('x-!', { x: h1.get('/') });
    }),
  );

  it.each<[code: ClientErrorCode, what: string, diagram: string, outcome: string]>([
    ['truncated', 'the server ends within the head', '-a|', '--(e|)'],
    ['closed', 'the server ends before it says anything', '--|', '--(e|)'],
    ['connection-reset', 'the server resets the connection', '--#', '--(e#)'],
  ])('%s: %s. A first request is not safe to send again', (code, _what, diagram, outcome) =>
    httpTest(({ flow, connect, expectResponses }) => {
      const client = connect(flow(diagram, { a: 'HTTP/1.1 200' }));
      client.request(GET);
      expectResponses(client).toBe(outcome, { e: { code, status: 502, retryable: false } });
    }),
  );

  it.each<[code: ClientErrorCode, diagram: string, retryable: boolean]>([
    ['closed', '-a-|', true],
    ['connection-reset', '-a-#', true],
    ['truncated', '-ab|', false],
  ])('%s on a used connection: it is where nothing has come', (code, diagram, retryable) =>
    httpTest(({ flow, connect, h1, expectResponses }) => {
      const client = connect(flow(diagram, { a: h1.response(200), b: 'HTTP/1.1 2' }));
      client.request(GET);
      client.request({ ...GET, method: 'POST', body: 'x' });
      expectResponses(client).toBe(diagram.endsWith('#') ? '-a-(e#)' : '-a-(e|)', { a: '200', e: { code, retryable } });
    }),
  );
});

describe('before the head of the response, on HTTP/2', () => {
  it('malformed-response, PROTOCOL_ERROR: a head without status; the connection goes on', () =>
    httpTest(({ flow, connect, h2, expectResponses, expectFrames }) => {
      const server = flow('s----ab', { s: h2.startServer(), a: h2.headers(1, { a: 'b' }), b: h2.response(3, 204) });
      const client = connect(server, H2);
      client.request(GET, { subscription: '-^' });
      client.request(GET, { subscription: '-^' });
      expectResponses(client).toBe('-----eb', {
        e: { code: 'malformed-response', reason: 'PROTOCOL_ERROR', retryable: false },
        b: '204',
      });
      expectFrames(server).toBe('-(ab)r', { a: { stream: 1 }, b: { stream: 3 }, r: 'RST_STREAM 1 PROTOCOL_ERROR' });
    }, SHORTLY));

  it('protocol-error: a frame that breaks a rule of the connection ends it, with what is under way', () =>
    httpTest(({ flow, connect, h2, expectResponses, expectFrames }) => {
      const server = flow('s------b----|', { s: h2.startServer(), b: h2.frame(0x4, 0, 0, Buffer.alloc(5)) });
      const client = connect(server, H2);
      client.request(GET, { subscription: '-^' });
      client.request(GET, { subscription: '-^' });
      expectResponses(client).toBe('-------(ef)-#', {
        e: { code: 'protocol-error', reason: 'FRAME_SIZE_ERROR' },
        f: { code: 'protocol-error', reason: 'FRAME_SIZE_ERROR' },
      });
      expectFrames(server).toBe('-(ab)--(g|)', { a: { stream: 1 }, b: { stream: 3 }, g: 'GOAWAY 0 FRAME_SIZE_ERROR' });
    }, SHORTLY));

  it('header-section-too-large: more than was allowed', () =>
    httpTest(({ flow, connect, h2, expectResponses }) => {
      const server = flow('s--a', { s: h2.startServer(), a: h2.responseHead(1, 200, { x: 'x'.repeat(9000) }) });
      const client = connect(server, { ...H2, limits: { headerList: 8192 } });
      client.request(GET, { subscription: '-^' });
      expectResponses(client).toBe('---e', { e: { code: 'header-section-too-large' } });
    }, SHORTLY));

  it('connection-reset, with all that is under way', () =>
    httpTest(({ flow, connect, h2, expectResponses }) => {
      const client = connect(flow('s--#', { s: h2.startServer() }), H2);
      client.request(GET, { subscription: '-^' });
      client.request(GET, { subscription: '-^' });
      const lost = { code: 'connection-reset', retryable: false } as const;
      expectResponses(client).toBe('---(ef#)', { e: lost, f: lost });
    }));

  it('protocol-error: the server speaks HTTP/1.1', () =>
    httpTest(({ flow, connect, h1, expectResponses, expectFrames }) => {
      const server = flow('---a|', { a: h1.response(400) });
      const client = connect(server, H2);
      client.request(GET, { subscription: '-^' });
      expectResponses(client).toBe('---e#', { e: { code: 'protocol-error', reason: 'FRAME_SIZE_ERROR' } });
      expectFrames(server).toBe('-a-(g|)', { a: { stream: 1 }, g: { type: 'GOAWAY' } });
    }));
});

describe('after the head of the response: the error is its content’s', () => {
  it('truncated, on HTTP/1.1: what came, then the error; by Content-Length, and chunked', () =>
    httpTest(({ flow, connect, h1, expectBody }) => {
      const sized = flow('-ab|', { a: h1.responseHead(200, { 'content-length': 9 }), b: 'half' });
      expectBody(connect(sized).request(GET)).toBe('--b#', { b: 'half' });
      const chunked = flow('-ab|', {
        a: h1.responseHead(200, { 'transfer-encoding': 'chunked' }),
        b: h1.chunk('half'),
      });
      expectBody(connect(chunked).request(GET)).toBe('--b#', { b: 'half' });
    }));

  it('... also for a reader that comes later; after a reset nothing is left', () =>
    httpTest(({ flow, connect, h1, expectBody }) => {
      const values = { a: h1.responseHead(200, { 'content-length': 9 }), b: 'half' };
      const late = { read: (body: Observable<Uint8Array>) => timer(5).pipe(mergeMap(() => body)) };
      expectBody(connect(flow('-ab|', values)).request(GET, late)).toBe('------(b#)', { b: 'half' });
      expectBody(connect(flow('-ab#', values)).request(GET, late)).toBe('------#');
    }));

  it('... but content that the end of the connection delimits is whole', () =>
    httpTest(({ flow, connect, h1, expectBody }) => {
      expectBody(connect(flow('-ab|', { a: h1.responseHead(200), b: 'whole' })).request(GET)).toBe('--b|', {
        b: 'whole',
      });
    }));

  it.each<[code: ClientErrorCode, what: string, content: string, end: string]>([
    ['truncated', 'the connection ends', 'half', '|'],
    ['malformed-response', 'a chunk that is none', 'zz\r\n', '-'],
    ['connection-reset', 'the connection is reset', 'half', '#'],
  ])('%s: %s', (code, _what, content, end) =>
    httpTest(({ flow, h1, expectObservable }) => {
      const framing = code === 'malformed-response' ? { 'transfer-encoding': 'chunked' } : { 'content-length': 9 };
      const server = flow(`--a-b${end}`, { a: h1.responseHead(200, framing), b: content });
      const http = drawnClient([server]);
      expectObservable(contentOf(http.get(URL))).toBe(end === '-' ? '----(e|)' : '-----(e|)', { e: code });
    }, SHORTLY),
  );

  it.each([
    ['less', 'ab'],
    ['more', 'abcd'],
  ])('invalid-response-body-length, on HTTP/2: %s than its Content-Length (RFC 9113 section 8.1.1)', (_what, content) =>
    httpTest(({ flow, h2, expectObservable, expectFrames }) => {
      const server = flow('s-a-b', {
        s: h2.startServer(),
        a: h2.responseHead(1, 200, { 'content-length': 3 }),
        b: h2.data(1, content, { end: true }),
      });
      const http = drawnClient([server], { protocols: ['h2'] });
      expectObservable(contentOf(http.get(URL))).toBe('----(e|)', { e: 'invalid-response-body-length' });
      expectFrames(server).toBe('h---r', { h: { stream: 1 }, r: 'RST_STREAM 1 PROTOCOL_ERROR' });
    }, SHORTLY),
  );

  it.each(['-1', '1x', '9'.repeat(20)])('invalid-response-body-length: a Content-Length of %s, on HTTP/1.1', (length) =>
    httpTest(({ flow, connect, expectResponses }) => {
      const client = connect(flow('-a-|', { a: `HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n` }));
      client.request(GET);
      expectResponses(client).toBe('-(e|)', { e: { code: 'invalid-response-body-length', retryable: false } });
    }),
  );

  it('body-too-large: more than its collector accepts; the rest is cancelled', () =>
    httpTest(({ flow, h1, h2, expectObservable, expectWire, expectFrames }) => {
      const gathered = (http: Client): Observable<unknown> =>
        http.text(URL, { limit: 4 }).pipe(catchError((error: unknown) => of((error as ClientError).code)));
      const first = flow('-abb', { a: h1.responseHead(200, { 'content-length': 99 }), b: 'abc' });
      expectObservable(gathered(drawnClient([first]))).toBe('---(e|)', { e: 'body-too-large' });
      expectWire(first).toBe('x--!', { x: h1.get('/') });
      const second = flow('s-abb', { s: h2.startServer(), a: h2.responseHead(1, 200), b: h2.data(1, 'abc') });
      expectObservable(gathered(drawnClient([second], { protocols: ['h2'] }))).toBe('----(e|)', {
        e: 'body-too-large',
      });
      expectFrames(second).toBe('h---r', { h: { stream: 1 }, r: 'RST_STREAM 1 CANCEL' });
    }, SHORTLY));

  it('truncated, on HTTP/2: the stream is reset', () =>
    httpTest(({ flow, h2, expectObservable }) => {
      const server = flow('s-a-r', { s: h2.startServer(), a: h2.responseHead(1, 200), r: h2.rst(1, 'INTERNAL_ERROR') });
      expectObservable(contentOf(drawnClient([server], { protocols: ['h2'] }).get(URL))).toBe('----(e|)', {
        e: 'protocol-error',
      });
    }, SHORTLY));
});

describe('this side', () => {
  it('exception: content that fails; on HTTP/1.1 the connection ends, never what looks complete', () =>
    httpTest(({ flow, connect, h1, cold, expectResponses, expectWire }) => {
      const server = flow('');
      const client = connect(server);
      client.request({ ...GET, method: 'PUT', body: cold('--a-#', undefined, new Error('disk')) });
      expectResponses(client).toBe('----(|e)', { e: { code: 'exception', message: 'disk', retryable: false } });
      expectWire(server).toBe('x-a-!', {
        x: h1.requestHead('PUT', '/', { 'transfer-encoding': 'chunked' }),
        a: h1.chunk('a'),
      });
    }));

  it('exception: content that fails; on HTTP/2 its stream is reset', () =>
    httpTest(({ flow, connect, h2, cold, expectResponses, expectFrames }) => {
      const server = flow('s', { s: h2.startServer() });
      const client = connect(server, H2);
      client.request({ ...GET, method: 'PUT', body: cold('--a-#', undefined, new Error('disk')) });
      expectResponses(client).toBe('----e', { e: { code: 'exception', message: 'disk', retryable: false } });
      expectFrames(server).toBe('h-a-r', {
        h: { stream: 1 },
        a: 'DATA 1 "a"',
        r: 'RST_STREAM 1 INTERNAL_ERROR',
      });
    }, SHORTLY));

  it.each<[what: string, request: Partial<ClientRequest>]>([
    ['a URL that is none', { url: 'rows' }],
    ['another scheme', { url: 'ftp://test/' }],
    ['user information', { url: 'http://me:secret@test/' }],
    ['a method that is no token', { method: 'GET /' }],
    ['a field that would split the message', { headers: { a: 'b\r\nc: d' } }],
    ['an urgency that there is not', { priority: { urgency: 8 } }],
    ['another Content-Length than its content has', { method: 'PUT', headers: { 'content-length': 5 }, body: 'four' }],
  ])('invalid-request: %s; nothing of it goes out', (_what, request) =>
    httpTest(
      ({ flow, connect, expectResponses, expectFrames }) => {
        const server = flow('');
        const client = connect(server, H2);
        client.request({ ...GET, ...request }, { subscription: '-^' });
        expectResponses(client).toBe('-e', { e: { code: 'invalid-request', retryable: false } });
        expectFrames(server).toBe('');
      },
      { duration: 5 },
    ),
  );

  it('closed: the connection ends, on this side', () =>
    httpTest(({ flow, connect, expectResponses }) => {
      const client = connect(flow(''));
      client.request(GET);
      client.connection.subscribe((connection) => connection.close());
      client.request(GET, { subscription: '-----^' });
      expectResponses(client).toBe('(e|)-f', {
        e: { code: 'closed', retryable: false },
        f: { code: 'closed', retryable: true },
      });
    }));

  it('connect-failed where nobody is there; bad-status where only success will do', () =>
    httpTest(({ flow, h1, expectObservable }) => {
      expectObservable(outcomeOf(drawnClient([], { retry: false }).get(URL))).toBe('(e|)', { e: 'connect-failed!' });
      const http = drawnClient([flow('-a', { a: h1.response(404, 'no') })]);
      expectObservable(http.text(URL).pipe(catchError((error: unknown) => of((error as ClientError).code)))).toBe(
        '-(e|)',
        { e: 'bad-status' },
      );
    }, SHORTLY));
});
