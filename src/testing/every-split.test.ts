import { map, take } from 'rxjs';
import { bytes, response, text } from '../index.js';
import { httpTest, type Wire } from './index.js';
import { failureOf, mismatchOf } from '../../test/kits/units/http-tests.js';

describe('fragment()', () => {
  it('runs the test whole, split after each byte, and byte by byte', () => {
    const runs: string[][] = [];
    httpTest(({ flow, fragment, expectBody }) => {
      const chunks: string[] = [];
      runs.push(chunks);
      const peer = flow('-a-b|', { a: 'abc', b: 'de' }, fragment());
      const body = peer.pipe(
        map((chunk) => {
          chunks.push(Buffer.from(chunk).toString());
          return chunk;
        }),
      );
      expectBody(body).toBe('-a-b|', { a: 'abc', b: 'de' });
    });
    expect(runs.map((chunks) => chunks.join(' '))).toEqual(['abc de', 'a bc de', 'ab c de', 'abc d e', 'a b c d e']);
  });

  it('cuts one flow at a time, those that have it', () => {
    let runs = 0;
    httpTest(({ flow, fragment, expectBody }) => {
      runs++;
      expectBody(flow('a|', { a: 'abc' }, fragment())).toBe('a|', { a: 'abc' });
      expectBody(flow('a|', { a: 'abcdef' })).toBe('a|', { a: 'abcdef' });
      expectBody(flow('a|', { a: 'ab' }, fragment())).toBe('a|', { a: 'ab' });
    });
    expect(runs).toBe(1 + (2 + 1) + (1 + 1));
  });

  it('wants the same of both protocols, however their bytes come', () => {
    httpTest(({ flow, serve, fragment, h1, expectWire, expectRequests, expectFaults }) => {
      const client = flow('-a--|', { a: [h1.post('/', 'body', { te: 'trailers' }), h1.get('/next')] }, fragment());
      const service = serve(client, ({ body }) => body.text().pipe(map((content) => text(`<${content}>`))));
      expectRequests(service).toBe('-(ab)', { a: 'POST /', b: 'GET /next' });
      expectWire(client).toBe('-x--|', { x: [h1.response(200, '<body>'), h1.response(200, '<>')] });
      expectFaults(service).toBe('');
    });
    httpTest.everySplit(({ flow, serve, h2, expectFrames, expectRequests }) => {
      const client = flow('-a---|', { a: [h2.start(), h2.post(1, '/', 'body')] });
      const service = serve(client, ({ body }) => body.text().pipe(map((content) => text(`<${content}>`))));
      expectRequests(service).toBe('-r', { r: 'POST /' });
      expectFrames(client).toBe('-(hd)|', { h: 'HEADERS 1 200', d: 'DATA 1 "<body>" END_STREAM' });
    });
  });

  it('does not mind how an echo is cut into chunks and frames: it says the same', () => {
    const chunked = { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' };
    httpTest.everySplit(({ flow, serve, h1, expectWire }) => {
      const client = flow('-a-b|', { a: h1.post('/', 'body'), b: h1.post('/', 'next') });
      serve(client, ({ body }) => bytes(body));
      const echo = (content: string): Wire => [h1.responseHead(200, chunked), h1.chunked(content)];
      expectWire(client).toBe('-x-y|', { x: echo('body'), y: echo('next') });
    });
    httpTest.everySplit(({ flow, serve, h2, expectFrames }) => {
      const client = flow('-a---|', { a: [h2.start(), h2.post(1, '/', 'body')] });
      serve(client, ({ body }) => response(200, {}, body), { alpn: 'h2' });
      expectFrames(client).toBe('-(hd)|', { h: 'HEADERS 1 200', d: 'DATA 1 "body" END_STREAM' });
    });
  });

  it('minds what it says', () => {
    const message = mismatchOf(({ flow, serve, fragment, h1, expectWire }) => {
      const client = flow('-a|', { a: h1.post('/', 'body') }, fragment());
      let pieces = 0;
      serve(client, ({ body }) => bytes(body.pipe(map((piece) => (pieces++ > 0 ? piece.subarray(1) : piece)))));
      const head = h1.responseHead(200, {
        'content-type': 'application/octet-stream',
        'transfer-encoding': 'chunked',
      });
      expectWire(client).toBe('-x|', { x: [head, h1.chunked('body')] });
    });
    expect(message).toMatch(/^with the input of flow 1 split after byte 51 of 54/);
    expect(message).toMatch(/ {4}- 4\n {4}\+ 3\n {6}\^\n {4}- body\n {4}\+ bdy\n/);
  });

  it('reports at which split it fails', () => {
    const message = mismatchOf(({ flow, fragment, expectBody }) => {
      // Takes the first chunk for the whole.
      const line = flow('--a-|', { a: 'hello world' }, fragment()).pipe(take(1));
      expectBody(line).toBe('--(a|)', { a: 'hello world' });
    });
    expect(message).toMatchInlineSnapshot(`
     "with the input of flow 1 split after byte 1 of 11, between "h" and "ello world", unlike in one piece:
     body: a was expected at 2 ms, but A came

       expected  --(a|)
       actual    --(A|)
                    ^ 2 ms

       - expected a, + actual A: the first difference is byte 2: 11 bytes expected, only 1 came

         - hello world
         + h
            ^"
    `);
  });

  it('adds the split to any failure', () => {
    const failure = failureOf(({ flow, fragment, expectBody }) => {
      let chunks = 0;
      const peer = flow('a|', { a: '\r\nab' }, fragment());
      peer.subscribe(() => {
        if (++chunks > 3) throw new RangeError('too many');
      });
      expectBody(flow('')).toBe('');
    });
    expect([failure.name, failure.message]).toEqual([
      'RangeError',
      'with the input of flow 1 byte by byte, unlike in one piece:\ntoo many',
    ]);
    expect(failure.stack).toMatch(/^RangeError: with the input of flow 1 byte by byte/);
  });

  it('refuses what would take for ever', () => {
    const failure = failureOf(({ flow, fragment, expectBody }) => {
      expectBody(flow('a', { a: Buffer.alloc(9000) }, fragment())).toBe('a', { a: Buffer.alloc(9000) });
    });
    expect(failure.message).toMatch(/^flow 1: 9000 bytes are too many to be cut at each of them/);
    expect(failureOf(({ fragment }) => fragment(0)).message).toBe('fragment: expected bytes above zero, got 0');
  });
});
