import { delay, map, of, timer } from 'rxjs';
import { bytes, consume, response, text } from '../index.js';
import { failureOf, mismatchOf } from '../../test/kits/units/http-tests.js';

// The printed failure is the product: a reader who has not seen the test should understand each of these.
describe('what a failing test prints', () => {
  it('of a wire on which one header field is another', () => {
    const message = mismatchOf(({ flow, serve, h1, expectWire }) => {
      const client = flow('-a 60s b|', { a: h1.get('/'), b: h1.get('/') });
      serve(client, () => text('hello'));
      const other = { 'content-type': 'text/html' };
      expectWire(client).toBe('-x 60s y|', { x: h1.response(200, 'hello'), y: h1.response(200, 'hallo', other) });
    });
    expect(message).toMatchInlineSnapshot(`
     "wire of flow 1: y was expected at 60002 ms, but x came

       expected  -x 60s y|
       actual    -x 60s x|
                        ^ 60002 ms

       - expected y, + actual x: the first difference is byte 37 (105 bytes expected, 121 came): "h" 0x68 expected, "p" 0x70 came

           HTTP/1.1 200 OK
         - content-type: text/html
         + content-type: text/plain; charset=utf-8
                              ^
           content-length: 5
           date: Thu, 01 Jan 1970 00:01:00 GMT

         - hallo
         + hello"
    `);
  });

  it('of a wire in which only the line ends differ: they are seen then', () => {
    const message = mismatchOf(({ flow, serve, h1, expectWire }) => {
      const client = flow('-a--|', { a: h1.get('/') });
      const plain = { 'content-type': 'text/plain' };
      serve(client, () => response(200, plain, 'one\r\ntwo\r\n'));
      expectWire(client).toBe('-x--|', { x: h1.response(200, 'one\ntwo\n', { ...plain, 'content-length': 10 }) });
    });
    expect(message).toMatchInlineSnapshot(`
     "wire of flow 1: x was expected at 1 ms, but A came

       expected  -x--|
       actual    -A--|
                  ^ 1 ms

       - expected x, + actual A: the first difference is byte 106 (110 bytes expected, 112 came): 0x0a expected, 0x0d came

           HTTP/1.1 200 OK
           ... 1 more line
           content-length: 10
           date: Thu, 01 Jan 1970 00:00:00 GMT

         - one\\n
         + one\\r\\n
               ^
         - two\\n
         + two\\r\\n"
    `);
  });

  it('of HTTP/2 on the wire: frame by frame', () => {
    const message = mismatchOf(({ flow, serve, h2, expectWire }) => {
      const client = flow('(sa)|', { s: h2.start(), a: h2.get(1, '/') });
      serve(client, () => response(200, { server: 'test' }, 'hello'), { alpn: 'h2' });
      const answer = [h2.responseHead(1, 200, { server: 'test' }), h2.data(1, 'hel'), h2.data(1, 'lo', { end: true })];
      expectWire(client).toBe('x---|', { x: [h2.serverPreface, h2.settingsAck, answer] });
    });
    expect(message).toMatchInlineSnapshot(`
     "wire of flow 1: x was expected at 0 ms, but A came

       expected  x---|
       actual    A---|
                 ^ 0 ms

       - expected x, + actual A: the first difference is byte 58 (113 bytes expected, 111 came): 0x1a expected, "!" 0x21 came

           SETTINGS MAX_CONCURRENT_STREAMS=128 INITIAL_WINDOW_SIZE=262144 MAX_HEADER_LIST_SIZE=65536 NO_RFC7540_PRIORITIES=1
           WINDOW_UPDATE 0 983041
           SETTINGS ACK
         - HEADERS 1 200 server: test
         + HEADERS 1 200 server: test, content-length: 5, date: Thu, 01 Jan 1970 00:00:00 GMT
                                     ^
         - DATA 1 "hel" (3 bytes)
         - DATA 1 "lo" (2 bytes) END_STREAM
         + DATA 1 "hello" (5 bytes) END_STREAM"
    `);
  });

  it('of bytes that mean the same', () => {
    const message = mismatchOf(({ flow, expectWire, h2 }) => {
      const peer = flow('');
      // `:status: 200` as the eighth entry of the static table, and not spelled out.
      peer.next(h2.headers(1, Buffer.from([0x88]), { end: true }));
      expectWire(peer).toBe('x', { x: h2.headers(1, { ':status': 200 }, { end: true }) });
    });
    expect(message).toMatchInlineSnapshot(`
     "wire of flow 1: x was expected at 0 ms, but A came

       expected  x
       actual    A
                 ^ 0 ms

       - expected x, + actual A: the first difference is byte 3 (22 bytes expected, 10 came): 0x0d expected, 0x01 came

           HEADERS 1 200 END_STREAM
         Both read the same. A field block, say, can be written in more than one way: expectFrames compares what frames say."
    `);
  });

  it('of frames: another stream', () => {
    const message = mismatchOf(({ flow, serve, h2, expectFrames }) => {
      const client = flow('(sa)b|', { s: h2.start(), a: h2.get(1, '/'), b: h2.get(3, '/') });
      serve(client, () => text('ok'), { alpn: 'h2' });
      expectFrames(client).toBe('(hd)h|', { h: 'HEADERS 1 200', d: 'DATA 1 "ok" END_STREAM' });
    });
    expect(message).toMatchInlineSnapshot(`
     "frames of flow 1: h was expected at 4 ms, but A came

       expected  (hd)h   |
       actual    (hd)(AB)|
                      ^ 4 ms

       - expected h, + actual A

         - HEADERS 1 200
         + HEADERS 3 200
                   ^
         A has { length: 4, fields: {":status":"200","content-type":"text/plain; charset=utf-8","content-length":"2","date":"Thu, 01 Jan 1970 00:00:00 GMT"} }

       d  DATA 1 "ok" END_STREAM
       B  DATA 3 "ok" END_STREAM"
    `);
  });

  it('of frames: one too many', () => {
    const message = mismatchOf(({ flow, serve, h2, expectFrames }) => {
      const client = flow('(sap)---|', { s: h2.start(), a: h2.get(1, '/'), p: h2.ping('12345678') });
      serve(client, () => text('ok'), { alpn: 'h2' });
      expectFrames(client).toBe('(hd)---|', { h: 'HEADERS 1 200', d: 'DATA 1 "ok" END_STREAM' });
    });
    expect(message).toMatchInlineSnapshot(`
     "frames of flow 1: nothing was expected at 0 ms, but A came

       expected  (hd)---|-
       actual    (hdA)---|
                    ^ 0 ms

       actual A:

           PING ACK 12345678
         A has { length: 8 }

       h  HEADERS 1 200
       d  DATA 1 "ok" END_STREAM"
    `);
  });

  it('of credit: how much', () => {
    const message = mismatchOf(({ flow, serve, h1, probe, expectCredit }) => {
      const head = h1.requestHead('POST', '/', { 'content-length': 9 });
      const client = flow('a-b-c|', { a: head, b: 'hello', c: 'four' });
      const upload = probe();
      serve(client, ({ body }) =>
        body.pipe(
          upload,
          consume(() => timer(2)),
          map(() => text('ok')),
        ),
      );
      expectCredit(upload).toBe('----a', { a: 5 });
    });
    expect(message).toMatchInlineSnapshot(`
     "credit: a was expected at 4 ms, but A came

       expected  ----a
       actual    ----A
                     ^ 4 ms

       - expected a, + actual A

         - 5 bytes
         + 9 bytes
           ^"
    `);
  });

  it('of a body that is not text: in hex', () => {
    const message = mismatchOf(({ flow, serve, h1, probe, expectBody }) => {
      const content = Buffer.from(Array.from({ length: 20 }, (_, index) => index * 11));
      const client = flow('-a|', { a: h1.post('/', content) });
      const upload = probe();
      serve(client, ({ body }) => bytes(body.pipe(upload)));
      expectBody(upload).toBe('-(a|)', { a: [content.subarray(0, 18), 'x', content.subarray(19)] });
    });
    expect(message).toMatchInlineSnapshot(`
     "body: a was expected at 1 ms, but A came

       expected  -(a|)
       actual    -(A|)
                   ^ 1 ms

       - expected a, + actual A: the first difference is byte 19 of 20: "x" 0x78 expected, 0xc6 came

           0000  00 0b 16 21 2c 37 42 4d 58 63 6e 79 84 8f 9a a5  ...!,7BMXcny....
         - 0010  b0 bb 78 d1                                      ..x.
         + 0010  b0 bb c6 d1                                      ....
                       ^"
    `);
  });

  it('of subscriptions', () => {
    const message = mismatchOf(({ cold, expectSubscriptions }) => {
      const source = cold('--a|');
      source.subscribe();
      expectSubscriptions(source).toBe(['^----!', '-^']);
    });
    expect(message).toMatchInlineSnapshot(`
     "subscriptions: number 1 of 1 (2 expected) was expected to end at 5 ms, but ended at 3 ms

       expected  ^----!
       actual    ^--!--
                    ^ here, 3 ms"
    `);
  });

  it('of faults: with all that they say', () => {
    const message = mismatchOf(({ flow, serve, expectFaults }) => {
      const client = flow('-a-|', { a: 'GET / HTTP/3.0\r\n\r\n' });
      expectFaults(serve(client, () => text('ok'))).toBe('-f', { f: 'malformed-request' });
    });
    expect(message).toMatchInlineSnapshot(`
     "faults: f was expected at 1 ms, but A came

       expected  -f
       actual    -A
                  ^ 1 ms

       - expected f, + actual A

         - malformed-request
         + unsupported-version
           ^
         A has { kind: "bad-request", code: "unsupported-version", message: "not HTTP/1", status: 505, scope: "exchange", initiator: "peer", peer: "flow 1", protocol: "http/1.1" }"
    `);
  });

  it('of a response that comes a millisecond late', () => {
    const message = mismatchOf(({ flow, serve, h1, expectWire }) => {
      const client = flow('-a---|', { a: h1.get('/') });
      serve(client, () => of(text('ok')).pipe(delay(3)));
      expectWire(client).toBe('---x-|', { x: h1.response(200, 'ok') });
    });
    expect(message).toMatchInlineSnapshot(`
     "wire of flow 1: x was expected at 3 ms, but it came at 4 ms

       expected  ---x-|
       actual    ----x|
                    ^ 3 ms

       x  HTTP/1.1 200 OK ... (118 bytes)"
    `);
  });

  it('of a FIN that is missing, until a minute later: in little room', () => {
    const message = mismatchOf(({ flow, serve, h1, expectWire }) => {
      const client = flow('-a---', { a: h1.get('/') });
      serve(client, () => text('ok'));
      expectWire(client).toBe('-x---|', { x: h1.response(200, 'ok') });
    });
    expect(message).toMatchInlineSnapshot(`
     "wire of flow 1: | (our FIN) was expected at 5 ms, but it came at 65001 ms

       expected  -x---| 64995ms - 4999ms -
       actual    -x---- 64995ms | 4999ms !
                      ^ 5 ms

       x  HTTP/1.1 200 OK ... (118 bytes)"
    `);
  });

  it('of a handler that threw, where that was not expected: what and where', () => {
    const message = mismatchOf(({ flow, serve, h1, expectWire }) => {
      const client = flow('-a--|', { a: h1.get('/row') });
      serve(client, () => {
        throw new TypeError('row is undefined');
      });
      expectWire(client).toBe('-x--|', { x: h1.response(200, 'ok') });
    });
    expect(message.replace(/at \S+ \(.*mismatch\.test\.ts:.*\)/, 'at <the place>')).toMatchInlineSnapshot(`
     "wire of flow 1: x was expected at 1 ms, but A came

       expected  -x--|
       actual    -A--|
                  ^ 1 ms

       - expected x, + actual A: the first difference is byte 10 (118 bytes expected, 150 came): "2" 0x32 expected, "5" 0x35 came

         - HTTP/1.1 200 OK
         + HTTP/1.1 500 Internal Server Error
                    ^
           content-type: text/plain; charset=utf-8
         - content-length: 2
         + content-length: 14
           date: Thu, 01 Jan 1970 00:00:00 GMT

         - ok
         + 500 exception

     The service reported:
       at 1 ms: exception (GET /row): row is undefined, at <the place>"
    `);
  });
});

describe('a mismatch', () => {
  const failing = (): Error =>
    failureOf(({ cold, expectObservable }) => {
      expectObservable(cold('a-b')).toBe('a-c');
    });

  it('has both sides for tools that show two texts, and asks runners for no difference of their own', () => {
    const error = failing() as Error & Record<string, unknown>;
    expect([error['expected'], error['actual']]).toEqual(['a-c\na\n  "a"\nc\n  "c"', 'a-A\na\n  "a"\nA\n  "b"']);
    expect(error['showDiff']).toBe(false);
    // Those that print an error with its properties print nothing twice.
    expect(Object.keys(error)).not.toEqual(expect.arrayContaining(['expected', 'actual', 'showDiff']));
  });

  it('stands where the expectation was drawn', () => {
    const [first, second = ''] = (failing().stack ?? '').split(/\n(?= {4}at )/);
    expect(first).toBe(`DiagramMismatch: ${failing().message}`);
    expect(second).toContain('mismatch.test');
  });

  it('does not show more of a long value than somebody would read', () => {
    const lines = (changed: number): string =>
      Array.from({ length: 900 }, (_, index) => `line ${index === changed ? 'changed' : index}\n`).join('');
    const message = mismatchOf(({ cold, expectBody }) => {
      expectBody(cold('a', { a: lines(450) })).toBe('a', { a: lines(451) });
    });
    expect(message.split('\n').slice(8)).toEqual([
      '      line 0',
      '      ... 446 more lines',
      ...['      line 447', '      line 448', '      line 449'],
      ...['    - line 450', '      line changed', '    + line 451'],
      ...['      line 452', '      line 453', '      line 454'],
      '      ... 445 more lines',
    ]);
    const long = mismatchOf(({ cold, expectBody }) => {
      expectBody(cold('a', { a: `${'x'.repeat(5000)}y` })).toBe('a', { a: `${'x'.repeat(5000)}z` });
    });
    expect(long).toContain(`    - ...${'x'.repeat(64)}z\n    + ...${'x'.repeat(64)}y\n${' '.repeat(73)}^`);
    expect(long.length).toBeLessThan(600);
  });

  it('has a letter for each value that nobody named, and the same for the same', () => {
    const message = mismatchOf(({ cold, expectObservable }) => {
      expectObservable(cold('abcb|', { a: 1, b: 2, c: 3 })).toBe('a---|', { a: 1 });
    });
    expect(message).toContain('  expected  a---|\n  actual    aABA|\n             ^ 1 ms\n');
    expect(message).toMatch(/\n {2}actual A:\n\n {6}2\n\n {2}a {2}1\n {2}B {2}3$/);
  });
});
