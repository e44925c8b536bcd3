/**
 * Limits of size and number on HTTP/1.1 (docs/limits.md): each at the limit, and one past it.
 *
 * ```
 * limits   { headerFields: 3 }
 *
 * at it    client  -a-|        a = GET / with three field lines
 *          wire    -x-|        x: 200, the connection goes on
 *
 * past it  client  -a---|      a = GET / with four
 *          wire    -(x|)       x: 431 with Connection: close, and our end
 *          faults  -f          too-many-fields, once
 * ```
 *
 * A limit on reading causes no response: the bytes past it are not read, as the row of credit shows.
 */
import { delay, endWith, ignoreElements, map, mergeMap, NEVER, of, take, timer } from 'rxjs';
import { collect, DEFAULT_LIMITS, type Handler, type Limits, text } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';

const close = { connection: 'close' };
/** Responds when the content is there, with its size. */
const sized: Handler['request'] = ({ body }) => body.bytes().pipe(map((content) => text(String(content.length))));

/** A head with these field lines after Host. */
const head = (target: string, ...lines: string[]): string =>
  [`GET ${target} HTTP/1.1`, 'host: test', ...lines, '', ''].join('\r\n');
/** Content in chunks, as it is on the wire. */
const chunked = (...lines: string[]): string =>
  ['POST / HTTP/1.1', 'host: test', 'transfer-encoding: chunked', '', ...lines, ''].join('\r\n');
/** Bytes of field lines `host: test` and `a: bbb`, as many as `size` together. */
const field = (size: number): string => `a: ${'b'.repeat(size - 'host: test\r\n'.length - 'a: \r\n'.length)}`;

/** A request within the limits gets the response `said`. */
function served(wire: string, said: string, limits: Partial<Limits> = {}): void {
  httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
    const client = flow('-a-|', { a: wire });
    const service = serve(client, sized, { limits });
    expectWire(client).toBe('-x-|', { x: h1.response(200, said) });
    expectFaults(service).toBe('');
  });
}

/** A request past a limit causes one fault, its default response, and the end of the connection. */
function refused(wire: string, status: number, code: string, reason: string, limits: Partial<Limits> = {}): void {
  httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
    const client = flow('-a---|', { a: wire });
    const service = serve(client, sized, { limits });
    expectFaults(service).toBe('-f', { f: { kind: 'bad-request', scope: 'exchange', code, status } });
    expectWire(client).toBe('   -(x|)', { x: h1.response(status, `${status} ${reason}\n`, close) });
  });
}

describe('requestTarget, 8 KiB', () => {
  const target = (size: number): string => head(`/${'a'.repeat(size - 1)}`);

  it('at the limit is served', () => served(target(8192), '0'));

  it('a byte past it is 414', () =>
    refused(target(8193), 414, 'target-too-long', 'the target is too long: requestTarget is 8192'));
});

describe('headerSection, 16 KiB', () => {
  it('at the limit is served', () => served(head('/', field(16_384)), '0'));

  it('a byte past it is 431', () =>
    refused(
      head('/', field(16_385)),
      431,
      'header-section-too-large',
      'the field lines are too many bytes: headerSection is 16384',
    ));
});

describe('headerFields, 128', () => {
  const lines = (count: number): string[] => Array.from({ length: count - 1 }, (_, index) => `a${index}: b`);

  it('at the limit are served', () => served(head('/', ...lines(128)), '0'));

  it('one more is 431: none is dropped in silence', () =>
    refused(head('/', ...lines(129)), 431, 'too-many-fields', 'too many field lines: headerFields is 128'));
});

describe('chunkOverhead, 16 bytes here', () => {
  const limits = { chunkOverhead: 16 };

  it('extensions at the limit are read', () => served(chunked(`1;${'e'.repeat(15)}`, 'x', '0', ''), '1', limits));

  it('a byte more of them is 400', () =>
    refused(
      chunked(`1;${'e'.repeat(16)}`, 'x', '0', ''),
      400,
      'malformed-body',
      'chunk extensions are too many bytes: chunkOverhead is 16',
      limits,
    ));

  it('a trailer section at the limit is read', () => served(chunked('0', `name: ${'v'.repeat(8)}`, ''), '0', limits));

  it('a byte more of it is 431', () =>
    refused(
      chunked('0', `name: ${'v'.repeat(9)}`, ''),
      431,
      'header-section-too-large',
      'the field lines are too many bytes: chunkOverhead is 16',
      limits,
    ));

  it('counts both together', () => {
    served(chunked(`1;${'e'.repeat(7)}`, 'x', '0', 'na: 12', ''), '1', limits);
    refused(
      chunked(`1;${'e'.repeat(7)}`, 'x', '0', 'na: 123', ''),
      431,
      'header-section-too-large',
      'the field lines are too many bytes: chunkOverhead is 16',
      limits,
    );
  });
});

describe('a request body, which has no limit but that of who gathers it', () => {
  const gather: Handler['request'] = ({ body }) =>
    body.pipe(
      collect({ limit: 4 }),
      map((content) => text(String(content.length))),
    );

  it('at that of collect() is gathered', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const client = flow('-a-|', { a: h1.post('/', '1234') });
      serve(client, gather);
      expectWire(client).toBe('-x-|', { x: h1.response(200, '4') });
    }));

  it('a byte past it is 413', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults }) => {
      const client = flow('-a-|', { a: h1.post('/', '12345') });
      const service = serve(client, gather);
      expectFaults(service).toBe('-f', { f: { code: 'body-too-large', kind: 'bad-request', status: 413 } });
      expectWire(client).toBe('-(x|)', {
        x: h1.response(413, '413 the body is larger than 4 bytes\n', close),
      });
    }));
});

describe('pipelinedRequests, 32', () => {
  const request = 'GET / HTTP/1.1\r\nhost: test\r\n\r\n';

  it('at the limit wait for the response that is under way', () =>
    httpTest(({ flow, serve, h1, expectRequests }) => {
      const client = flow('a', { a: Array.from({ length: 33 }, () => h1.get('/')) });
      const service = serve(client, () => NEVER);
      expectRequests(service).toBe(`(${'a'.repeat(33)})`, { a: 'GET /' });
    }));

  it('one more is not read before the first response has been sent', () =>
    httpTest(({ flow, serve, h1, expectRequests, expectFaults, expectCredit }) => {
      const client = flow('(ab)', { a: Array.from({ length: 33 }, () => h1.get('/')), b: h1.get('/late') });
      const service = serve(client, ({ path }) => (path === '/late' ? text('') : of(text('')).pipe(delay(40))));
      expectRequests(service).toBe(`(${'a'.repeat(33)})-----b`, { a: 'GET /', b: 'GET /late' });
      expectCredit(client).toBe('a 39ms b', { a: 33 * request.length, b: request.length + 'late'.length });
      expectFaults(service).toBe('');
    }));

  it('go on as responses are sent', () =>
    httpTest(({ flow, serve, h1, expectRequests, expectWire, expectCredit }) => {
      const client = flow('(aaaaa) 20ms |', { a: h1.get('/') });
      const service = serve(client, () => of(text('ok')).pipe(delay(8)), { limits: { pipelinedRequests: 2 } });
      const ok = h1.response(200, 'ok');
      expectRequests(service).toBe('(aaa)---(aa)', { a: 'GET /' });
      expectWire(client).toBe('     --------x-------y 10ms |', { x: [ok, ok, ok], y: [ok, ok] });
      expectCredit(client).toBe('   a-------b', { a: 3 * request.length, b: 2 * request.length });
    }));
});

describe('discardedBody, 4 bytes here: of content that nobody reads', () => {
  const limits = { discardedBody: 4 };

  it('as much as the limit is read on, and the connection kept', () =>
    httpTest(({ flow, serve, h1, expectWire, expectServed }) => {
      const client = flow('a-b-c-d-|', {
        a: h1.requestHead('POST', '/', { 'transfer-encoding': 'chunked' }),
        b: h1.chunk('123'),
        c: [h1.chunk('4'), h1.lastChunk()],
        d: h1.get('/'),
      });
      const service = serve(client, () => text('ok'), { limits });
      expectWire(client).toBe('x-----x-|', { x: h1.response(200, 'ok') });
      expectServed(service).toBe('s-----s-|', { s: '200' });
    }));

  it('a byte more, and the connection ends after its response, without a fault', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults, expectServed }) => {
      const client = flow('a-b-c---|', {
        a: h1.requestHead('POST', '/', { 'transfer-encoding': 'chunked' }),
        b: h1.chunk('123'),
        c: h1.chunk('45'),
      });
      const service = serve(client, () => text('ok'), { limits });
      expectWire(client).toBe('x---|', { x: h1.response(200, 'ok') });
      expectFaults(service).toBe('');
      expectServed(service).toBe('s-------|', { s: '200' });
    }));

  it('known beforehand: 4 are waited for, 5 are not', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const four = flow('a----b|', { a: h1.requestHead('POST', '/', { 'content-length': 4 }), b: '1234' });
      const five = flow('a----b|', { a: h1.requestHead('POST', '/', { 'content-length': 5 }), b: '12345' });
      serve([four, five], () => text('ok'), { limits });
      expectWire(four).toBe('x-----|', { x: h1.response(200, 'ok') });
      expectWire(five).toBe('(x|)', { x: h1.response(200, 'ok') });
    }));

  it('unsubscribed in the middle: the response stands, and as much of the rest is read on', () => {
    const left = (size: number, expected: string): void =>
      httpTest(({ flow, serve, h1, probe, expectWire, expectBody, expectSubscriptions, expectFaults }) => {
        const head = h1.requestHead('POST', '/', { 'content-length': 2 + size });
        const client = flow('a-b---c-d-|', { a: head, b: '12', c: '3'.repeat(size), d: h1.get('/') });
        const upload = probe();
        const service = serve(
          client,
          ({ method, body }) => {
            if (method === 'POST') body.pipe(upload, take(1)).subscribe();
            return of(text('ok')).pipe(delay(method === 'POST' ? 4 : 0));
          },
          { limits },
        );
        expectBody(upload).toBe('--a', { a: '12' });
        expectSubscriptions(upload).toBe('^-!');
        expectWire(client).toBe(expected, { x: h1.response(200, 'ok') });
        expectFaults(service).toBe('');
      });
    left(4, '----x---x-|');
    left(5, '----(x|)');
  });
});

describe('bodyWindow, 4 bytes here: of a body that waits for its reader', () => {
  it('reading stops at the window, and goes on at half of it', () =>
    httpTest(({ flow, serve, h1, probe, expectCredit, expectBody, expectWire }) => {
      const client = flow('a-b-c-d--------|', {
        a: h1.requestHead('POST', '/', { 'content-length': 6 }),
        b: '12',
        c: '34',
        d: '56',
      });
      const upload = probe();
      serve(
        client,
        ({ body }) => timer(9).pipe(mergeMap(() => body.pipe(upload, ignoreElements(), endWith(text('ok'))))),
        { limits: { bodyWindow: 4 } },
      );
      expectBody(upload).toBe('---------(abc|)', { a: '12', b: '34', c: '56' });
      expectCredit(client).toBe('a-b------c-', { a: 50, b: 2, c: 4 });
      expectWire(client).toBe('---------x-----|', { x: h1.response(200, 'ok') });
    }));

  it('a byte below the window, and reading goes on', () =>
    httpTest(({ flow, serve, h1, expectCredit }) => {
      const client = flow('a-b-c-d', {
        a: h1.requestHead('POST', '/', { 'content-length': 6 }),
        b: '123',
        c: '4',
        d: '56',
      });
      serve(client, () => NEVER, { limits: { bodyWindow: 4 } });
      // The chunk that fills the window is held, and bytes after it are not read.
      expectCredit(client).toBe('a-b', { a: 50, b: 3 });
    }));
});

it('all of them are those of docs/limits.md, here at their defaults', () => {
  expect(DEFAULT_LIMITS).toMatchObject({
    requestTarget: 8192,
    headerSection: 16_384,
    headerFields: 128,
    chunkOverhead: 16_384,
    discardedBody: 262_144,
    pipelinedRequests: 32,
    bodyWindow: 262_144,
  });
});
