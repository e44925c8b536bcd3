/**
 * The recorder: the bytes of a tapped flow become a diagram, which replays.
 *
 * ```
 * what the client did          --a-- 3s --b-- 200ms ------|
 *                                  \          \
 * what the server did          ----x-- 3s -----(200ms)-y---
 *
 * recorded, an idle time cut   a-----b 200ms -------|         a: h1.get('/')   b: h1.get('/slow')
 * ```
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { delay, map, of, timer, VirtualTimeScheduler } from 'rxjs';
import { bytes, type Handler, memoryPair, type HttpRequest, service, text } from 'rxpaf';
import {
  expectationOf,
  expectExchanges,
  h1,
  h2,
  httpTest,
  printTest,
  record,
  type RecordedConnection,
  type RecordOptions,
  replay,
  type Wire,
} from 'rxpaf/testing';
import { bytesOf } from '../src/testing/byte-rows.js';

const scheduledHandler =
  (scheduler?: VirtualTimeScheduler): Handler['request'] =>
  (request: HttpRequest) => {
    if (request.path.startsWith('/slow')) return of(text('at last')).pipe(delay(200, scheduler));
    if (request.method === 'POST') return bytes(request.body);
    return text(request.path.split('?', 1)[0]!, { headers: { 'set-cookie': 'session=secret' } });
  };
const handler = scheduledHandler();

/** What a client does, and when: it writes `what`, or it ends its side or resets the connection. */
type Step = readonly [at: number, what: Wire];

/** Serves a client that writes at these times; 'fin' and 'reset' are what they say. */
function recorded(script: readonly Step[], options: RecordOptions = {}): RecordedConnection {
  const scheduler = new VirtualTimeScheduler();
  const [server, client] = memoryPair();
  const recorder = record(server, { scheduler, ...options });
  of(server)
    .pipe(
      service(
        { alpn: () => undefined, peer: () => 'peer', injection: () => recorder.flow },
        { request: scheduledHandler(scheduler) },
        { scheduler },
      ),
    )
    .subscribe();
  client.subscribe({ error: () => undefined });
  for (const [at, what] of script) {
    scheduler.schedule(() => {
      if (what === 'fin') client.complete();
      else if (what === 'reset') client.error();
      else client.next(bytesOf(what, at));
    }, at);
  }
  scheduler.maxFrames = 30_000;
  scheduler.flush();
  return recorder.recording();
}

const codes = ({ values }: RecordedConnection): string[] => Object.values(values).map(({ code }) => code);

describe('a recorded connection, drawn', () => {
  it('keeps the time in which somebody waited, and shortens the other', () => {
    const { diagram } = recorded([
      [2, h1.get('/')],
      [3000, h1.get('/slow')],
      [3400, 'fin'],
    ]);
    //                a: GET /, answered at once; 3 s of nothing; b: GET /slow, answered 200 ms later; nothing; FIN
    expect(diagram).toBe('a----b 204ms |');
  });

  it('has one letter for what came twice, and # for a reset', () => {
    const { diagram, values } = recorded([
      [0, h1.get('/')],
      [2, h1.get('/')],
      [4, 'reset'],
    ]);
    expect([diagram, Object.keys(values)]).toEqual(['a-a-#', ['a']]);
  });

  it('has builders where a message is whole, and text where it is not', () => {
    const connection = recorded([
      [0, h1.get('/', { accept: '*/*' })],
      [2, h1.post('/echo', 'hello')],
      [4, [h1.requestHead('POST', '/echo', { 'transfer-encoding': 'chunked' }), h1.chunk('in ')]],
      [5, [h1.chunk('pieces'), h1.lastChunk()]],
      [7, 'GET / HTTP/1.0\r\n\r\n'],
    ]);
    expect(codes(connection)).toEqual([
      "h1.get('/', { host: 'test', accept: '*/*' })",
      "h1.post('/echo', 'hello', { host: 'test' })",
      "[h1.requestHead('POST', '/echo', { host: 'test', 'transfer-encoding': 'chunked' }), '3\\r\\nin \\r\\n']",
      "'6\\r\\npieces\\r\\n0\\r\\n\\r\\n'",
      "'GET / HTTP/1.0\\r\\n\\r\\n'",
    ]);
  });

  it('takes a head that came in pieces for one that came with its last', () => {
    const connection = recorded([
      [0, 'GET / HT'],
      [2, 'TP/1.1\r\nHost: test\r'],
      [4, '\n\r\n'],
      [6, 'fin'],
    ]);
    expect([connection.diagram, codes(connection)]).toEqual(['a-|', ["h1.get('/', { host: 'test' })"]]);
  });

  it('has a frame each of HTTP/2, however they were cut', () => {
    const sent = bytesOf([h2.start(), h2.get(1, '/'), h2.data(1, 'late'), h2.ping('12345678')], 0);
    const connection = recorded([
      [0, sent.subarray(0, 30)],
      [1, sent.subarray(30, 90)],
      [2, sent.subarray(90)],
    ]);
    expect(codes(connection)).toEqual([
      'h2.preface',
      '[h2.settings({}), h2.settingsAck]',
      "[h2.get(1, '/', { ':authority': 'test' }), h2.data(1, 'late'), h2.ping('12345678')]",
    ]);
  });

  it('makes field blocks again that no builder makes: names twice, and octets that are not ASCII', () => {
    const twice = h2.frame(1, 5, 1, h2.headers(1, { ':method': 'GET', ':scheme': 'http', ':path': '/' }).subarray(9));
    const connection = recorded([
      [0, h2.start()],
      [
        1,
        [
          h2.headers(
            1,
            { ':method': 'GET', ':scheme': 'http', ':authority': 'a', ':path': '/', name: 'é' },
            { end: true },
          ),
          twice,
        ],
      ],
    ]);
    expect(replay(connection, handler).map(expectationOf)).toEqual(connection.exchanges.map(expectationOf));
    expect(codes(connection)[1]).toMatch(/^\[h2\.frame\(1, 5, 1, Buffer/);
  });
});

describe('a recorded connection, replayed', () => {
  const hello: Record<string, readonly Step[]> = {
    'HTTP/1.1': [
      [0, [h1.get('/a'), h1.head('/b'), h1.post('/c', 'body')]],
      [9, h1.get('/slow')],
      [400, 'fin'],
    ],
    'HTTP/2': [
      [0, [h2.start(), h2.get(1, '/a'), h2.head(3, '/b'), h2.post(5, '/c', 'body'), h2.get(7, '/slow')]],
      [400, 'fin'],
    ],
    'a request that nobody understands': [[0, 'GET / HTTP/1.1\r\nno field\r\n\r\n']],
    'a stream that is reset while it is waited for': [
      [0, [h2.start(), h2.get(1, '/slow'), h2.get(3, '/a')]],
      [50, h2.rst(1, 'CANCEL')],
      [400, 'fin'],
    ],
    'a connection that is reset while it is waited for': [
      [0, h1.get('/slow')],
      [50, 'reset'],
    ],
  };

  it.each(Object.entries(hello))('has the same exchanges: %s', (_, script) => {
    const connection = recorded(script);
    expect(connection.exchanges.length).toBeGreaterThan(0);
    expect(replay(connection, handler)).toEqual(connection.exchanges);
  });

  it('has others where the handler is another one', () => {
    const connection = recorded(hello['HTTP/2']!);
    expect(replay(connection, () => text('changed')).map(({ body }) => Buffer.from(body).toString())).toEqual([
      'changed',
      '',
      'changed',
      'changed',
    ]);
  });

  it('fails as a test that says which exchange is another one', () => {
    expect(() =>
      httpTest((words) => {
        const client = words.flow('a-b', { a: h1.get('/a'), b: h1.get('/b') });
        expectExchanges(words, client, ({ path }) => text(path)).toBe([
          { request: 'GET /a', status: 200, body: '/a' },
          { request: 'GET /b', status: 200, body: '/c' },
        ]);
      }),
    ).toThrow(/"body":"\/c"[^]*"body":"\/b"/);
  });

  it('waits for what a handler takes its time for', () =>
    httpTest((words) => {
      const client = words.flow('a 20s |', { a: h1.get('/') });
      const slow = () => timer(20_000).pipe(map(() => text('ok')));
      expectExchanges(words, client, slow).toBe([{ request: 'GET /', status: 200, body: 'ok' }]);
    }));
});

describe('secrets', () => {
  const secrets = {
    authorization: 'Basic c2VjcmV0',
    cookie: 'a=secret',
    'proxy-authorization': 'secret',
    'x-key': 'secret',
  };

  it.each<[string, Wire]>([
    ['HTTP/1.1', h1.get('/?token=secret&page=2', secrets)],
    ['HTTP/2', [h2.start(), h2.get(1, '/?token=secret&page=2', secrets)]],
    [
      'HTTP/1.0',
      'GET /?token=secret HTTP/1.0\r\nCookie : secret\r\nAuthorization:\r\n secret\r\nX-Key: secret\r\n\r\n',
    ],
    ['a head that never ended', 'GET /?token=secret HTTP/1.1\r\nX-Key: secret\r\nCOOKIE: a=sec'],
  ])('are in no recording of %s, if they are configured', (_, request) => {
    const redact = {
      query: ['token'],
      fields: ['authorization', 'cookie', 'proxy-authorization', 'set-cookie', 'x-key'],
    };
    const connection = recorded([[0, request]], { redact });
    const all =
      printTest(connection) +
      JSON.stringify(connection.exchanges) +
      bytesOf(
        Object.values(connection.values).map(({ bytes: value }) => value),
        0,
      ).toString();
    expect(all.replace('secrets redacted', '')).not.toMatch(/sec|c2VjcmV0/);
    expect(all).toContain('REDACTED');
  });

  it('are credentials and cookies by default', () => {
    const [exchange] = recorded([[0, h1.get('/?token=secret', secrets)]]).exchanges;
    expect(exchange).toMatchObject({
      target: '/?token=secret',
      requestHeaders: {
        authorization: 'REDACTED',
        cookie: 'REDACTED',
        'proxy-authorization': 'REDACTED',
        'x-key': 'secret',
      },
      responseHeaders: { 'set-cookie': 'REDACTED' },
    });
    const [shown] = recorded([[0, h1.get('/', secrets)]], { redact: false }).exchanges;
    expect(shown?.requestHeaders).toMatchObject(secrets);
  });
});

describe('the bounds of a recording', () => {
  it('end it if more passes than is kept: exchanges that were complete are replayed', () => {
    const connection = recorded(
      [
        [0, h1.post('/', 'x'.repeat(100))],
        [2, h1.post('/', 'y'.repeat(5000))],
        [4, h1.get('/a')],
        [6, 'fin'],
      ],
      { limit: 1000 },
    );
    expect([connection.truncated, connection.exchanges.map(({ outcome }) => outcome)]).toEqual([
      true,
      ['complete', 'open'],
    ]);
    expect(printTest(connection)).toContain('More passed than was kept');
    expect(replay(connection, handler).map(expectationOf)[0]).toEqual(expectationOf(connection.exchanges[0]!));
  });

  it('hold 200 MB off: a stream through a recorder takes no memory', () => {
    const [server, client] = memoryPair();
    const recorder = record(server, { limit: 1_000_000 });
    recorder.flow.subscribe(recorder.flow);
    client.subscribe({});
    const before = heap();
    let most = 0;
    for (let sent = 0; sent < 200_000_000; sent += 65_536) {
      // Each by itself: a view that was kept would keep its bytes.
      client.next(Buffer.alloc(65_536, 'x'));
      if (sent % (65_536 * 300) === 0) most = Math.max(most, heap() - before);
    }
    expect(recorder.recording().truncated).toBe(true);
    expect(most).toBeLessThan(50_000_000);
  });
});

const collect = ((): (() => void) => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

/** Bytes in use, Buffers and all, with the garbage gone. */
function heap(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
