/**
 * Limits of size and number on HTTP/2 (docs/limits.md): each at the limit, and one past it.
 *
 * ```
 * limits   { concurrentStreams: 2 }
 *
 * client   (abc)------d---|    requests on streams 1, 3, 5; then on 7
 * handler  (ab)-------d        it sees two at once
 * frames   r------(hH)-i--|    r: RST_STREAM 5 REFUSED_STREAM; h, H, i: the answers
 * faults   f                   refused, once; the connection goes on
 *
 * limits   { resetBurst: 2 }
 *
 * client   (ab)-(AB)-c-C--     requests, and a RST_STREAM for each: three of them
 * frames   ------------(g|)    GOAWAY 5 ENHANCE_YOUR_CALM: the connection ends
 * ```
 *
 * A violation that costs one stream causes RST_STREAM or a response. One that costs more than a peer is worth causes GOAWAY.
 */
import { delay, endWith, ignoreElements, NEVER, of } from 'rxjs';
import { empty, type Handler, type Limits } from 'rxpaf';
import { h2, httpTest } from 'rxpaf/testing';

const START = h2.start();
const done: Handler['request'] = ({ body }) => body.pipe(ignoreElements(), endWith(empty()));
const never: Handler['request'] = () => NEVER;

/** The frames that the server writes for a client's bytes; unless `frames` has others, the connection ends when the client ends it. */
function written(
  bytes: readonly Uint8Array[],
  frames: string,
  values: Readonly<Record<string, string>>,
  handler: Handler['request'],
  limits: Partial<Limits> = {},
): void {
  httpTest(({ flow, serve, expectFrames }) => {
    const client = flow('(sa) 1s |', { s: START, a: bytes });
    serve(client, handler, { limits });
    expectFrames(client).toBe(frames.endsWith('|)') ? frames : `${frames} ${1004 - frames.length}ms |`, values);
  });
}

const odd = (count: number): number[] => Array.from({ length: count }, (_, index) => 2 * index + 1);
const times = (count: number, frame: Uint8Array): Uint8Array[] => Array.from({ length: count }, () => frame);

describe('headerList, 64 KiB as SETTINGS_MAX_HEADER_LIST_SIZE counts them (RFC 9113 section 6.5.2)', () => {
  // Each field line counts 32 more: 4 pseudo-header fields, and one more.
  const pseudo = ':methodGET:schemehttp:authoritytest:path/'.length + 4 * 32;
  // HEADERS and CONTINUATIONs, in frames of 16 KiB at most.
  const request = (size: number): Uint8Array[] => {
    const whole = h2.get(1, '/', { a: 'b'.repeat(size - pseudo - 32 - 1) });
    const block = whole.subarray(9);
    const parts = Array.from({ length: Math.ceil(block.length / 16_384) }, (_, index) =>
      block.subarray(index * 16_384, (index + 1) * 16_384),
    );
    return parts.map((part, index) => {
      const ends = index === parts.length - 1 ? 0x4 : 0;
      return index === 0 ? h2.frame(0x1, 0x1 | ends, 1, part) : h2.frame(0x9, ends, 1, part);
    });
  };

  it('at the limit is served', () => written(request(65_536), 'h', { h: 'HEADERS 1 204 END_STREAM' }, done));

  it('an octet past it is 431', () =>
    written(request(65_537), '(hd)', { h: 'HEADERS 1 431', d: 'DATA 1 (57 bytes) END_STREAM' }, done));
});

describe('headerFields, 128, pseudo-header fields among them', () => {
  const request = (count: number): Uint8Array =>
    h2.get(1, '/', Object.fromEntries(Array.from({ length: count - 4 }, (_, index) => [`a${index}`, 'b'])));

  it('at the limit are served', () => written([request(128)], 'h', { h: 'HEADERS 1 204 END_STREAM' }, done));

  it('one more is 431: none is dropped in silence', () =>
    written([request(129)], '(hd)', { h: 'HEADERS 1 431', d: 'DATA 1 (41 bytes) END_STREAM' }, done));
});

describe('concurrentStreams, 128', () => {
  const requests = (count: number): Uint8Array[] => odd(count).map((stream) => h2.get(stream, '/'));

  it('at the limit are all with the handler', () => written(requests(128), '', {}, never));

  it('one more is REFUSED_STREAM, and safe to try again', () =>
    written(requests(129), 'r', { r: 'RST_STREAM 257 REFUSED_STREAM' }, never));

  it('goes on with the next when one of them is over', () =>
    httpTest(({ flow, serve, expectFrames, expectRequests, expectFaults }) => {
      const client = flow('(sabc)--d----|', {
        s: START,
        a: h2.get(1, '/1'),
        b: h2.get(3, '/3'),
        c: h2.get(5, '/5'),
        d: h2.get(7, '/7'),
      });
      const service = serve(client, () => of(empty()).pipe(delay(4)), { limits: { concurrentStreams: 2 } });
      expectRequests(service).toBe('(ab)----d', { a: 'GET /1', b: 'GET /3', d: 'GET /7' });
      expectFrames(client).toBe('r---(hH)----i|', {
        r: 'RST_STREAM 5 REFUSED_STREAM',
        h: 'HEADERS 1 204 END_STREAM',
        H: 'HEADERS 3 204 END_STREAM',
        i: 'HEADERS 7 204 END_STREAM',
      });
      expectFaults(service).toBe('f', { f: { code: 'refused', scope: 'exchange', initiator: 'peer' } });
    }));
});

describe('bodyWindow, 64 KiB here: the window of a stream', () => {
  const upload = (size: number): Uint8Array[] => [h2.requestHead(1, 'POST', '/'), h2.data(1, Buffer.alloc(size))];
  const limits = { bodyWindow: 65_536, connectionWindow: 131_072 };

  it('at the limit waits for its reader; the connection has its credit back', () =>
    written(upload(65_536), 'u', { u: 'WINDOW_UPDATE 0 65536' }, never, limits));

  it('an octet past it is FLOW_CONTROL_ERROR, of the stream; the connection has its credit back', () =>
    written(
      upload(65_537),
      '(ru)',
      { r: 'RST_STREAM 1 FLOW_CONTROL_ERROR', u: 'WINDOW_UPDATE 0 65537' },
      never,
      limits,
    ));
});

describe('connectionWindow, 128 KiB here: under way on all streams together', () => {
  const limits = { bodyWindow: 131_072, connectionWindow: 131_072 };
  const uploads = (size: number): Uint8Array[] => [
    h2.requestHead(1, 'POST', '/'),
    h2.requestHead(3, 'POST', '/'),
    h2.data(1, Buffer.alloc(65_536)),
    h2.data(3, Buffer.alloc(size)),
  ];

  it('at the limit opens again, whether or not a reader takes the content', () =>
    written(uploads(65_536), 'u', { u: 'WINDOW_UPDATE 0 131072' }, never, limits));

  it('an octet past it, at once, is FLOW_CONTROL_ERROR, of the connection', () =>
    written(uploads(65_537), '(g|)', { g: 'GOAWAY 3 FLOW_CONTROL_ERROR' }, never, limits));
});

describe('resetBurst, 1000, and resetRate, 33 a second', () => {
  const resets = (count: number): Uint8Array[] =>
    odd(count).flatMap((stream) => [h2.get(stream, '/'), h2.rst(stream, 'CANCEL')]);

  it('a burst at the limit is borne', () => written(resets(1000), '', {}, never));

  it('one more is ENHANCE_YOUR_CALM', () =>
    written(resets(1001), '(g|)', { g: 'GOAWAY 2001 ENHANCE_YOUR_CALM' }, never));

  it('counts what the peer makes us reset: streams that are malformed (CVE-2025-8671)', () => {
    const malformed = (stream: number): Uint8Array => h2.headers(stream, { ':method': 'GET' }, { end: true });
    written(
      [malformed(1), malformed(3), malformed(5)],
      '(rRg|)',
      { r: 'RST_STREAM 1 PROTOCOL_ERROR', R: 'RST_STREAM 3 PROTOCOL_ERROR', g: 'GOAWAY 5 ENHANCE_YOUR_CALM' },
      never,
      { resetBurst: 2 },
    );
  });

  it('does not count a stream whose response has been sent: that work had a result', () =>
    written(
      odd(3).flatMap((stream) => [h2.post(stream, '/', ''), h2.rst(stream, 'CANCEL')]),
      '(hij)',
      { h: 'HEADERS 1 204 END_STREAM', i: 'HEADERS 3 204 END_STREAM', j: 'HEADERS 5 204 END_STREAM' },
      done,
      { resetBurst: 2 },
    ));

  it('after a burst, a second allows for as many as the rate', () =>
    httpTest(({ flow, serve, expectFrames }) => {
      const reset = (stream: number): Uint8Array[] => [h2.get(stream, '/'), h2.rst(stream, 'CANCEL')];
      const values = { s: START, a: reset(1), b: reset(3), c: reset(5), d: reset(7) };
      const limits = { resetBurst: 2, resetRate: 1 };
      const patient = flow('(sab) 995ms c 999ms d 1s |', values);
      const hasty = flow('  (sab) 995ms c 998ms d-|', values);
      serve([patient, hasty], never, { limits });
      expectFrames(patient).toBe('3001ms |');
      expectFrames(hasty).toBe('  1999ms (g|)', { g: 'GOAWAY 7 ENHANCE_YOUR_CALM' });
    }));
});

describe('queuedControlFrames, 3 here: responses that a peer asks for and does not take', () => {
  const limits = { queuedControlFrames: 3 };
  const PING = h2.ping('are you?');
  const pongs = { p: 'PING ACK are you?' };
  const settings = { s: { type: 'SETTINGS' }, w: 'WINDOW_UPDATE 0 983041', k: 'SETTINGS ACK' };

  it('at the limit wait, and go out when it takes them', () =>
    httpTest(({ flow, serve, slowPeer, expectFrames }) => {
      const client = flow('s-(ab)--------|', { s: START, a: PING, b: PING }, slowPeer('---------t----t'));
      serve(client, never, { alpn: 'h2', limits });
      // Our SETTINGS are not taken before: the acknowledgement of theirs, which is the first of three, waits for them.
      expectFrames(client, { beginning: true }).toBe('(sw)-----(kpp)|', { ...settings, ...pongs });
    }));

  it('one more is ENHANCE_YOUR_CALM', () =>
    httpTest(({ flow, serve, slowPeer, expectFrames, expectFaults }) => {
      const client = flow('s-(abc)-------|', { s: START, a: PING, b: PING, c: PING }, slowPeer('---------t----t'));
      const service = serve(client, never, { alpn: 'h2', limits });
      expectFaults(service).toBe('--f', { f: { code: 'enhance-your-calm', scope: 'connection' } });
      expectFrames(client, { beginning: true }).toBe('(sw)-----(kpppg|)', {
        ...settings,
        ...pongs,
        g: 'GOAWAY 0 ENHANCE_YOUR_CALM',
      });
    }));
});

describe('emptyFrames, 100 in a row', () => {
  const upload = (count: number): Uint8Array[] => [h2.requestHead(1, 'POST', '/'), ...times(count, h2.data(1, ''))];

  it('at the limit are borne', () =>
    written([...upload(100), h2.data(1, 'x', { end: true })], 'h', { h: 'HEADERS 1 204 END_STREAM' }, done));

  it('one more is ENHANCE_YOUR_CALM', () => written(upload(101), '(g|)', { g: 'GOAWAY 1 ENHANCE_YOUR_CALM' }, done));

  it('start again after one that carries something', () =>
    written([...upload(100), h2.data(1, 'x'), ...times(100, h2.data(1, ''))], '', {}, done));
});

describe('continuationFrames, 8 a field block', () => {
  /** A request in HEADERS and `count` CONTINUATIONs. */
  const request = (count: number): Uint8Array[] => {
    const block = h2.get(1, '/').subarray(9);
    const rest = Array.from({ length: count }, (_, index) => {
      const last = index === count - 1;
      return h2.frame(0x9, last ? 0x4 : 0, 1, last ? block.subarray(count) : block.subarray(index + 1, index + 2));
    });
    return [h2.frame(0x1, 0x1, 1, block.subarray(0, 1)), ...rest];
  };

  it('at the limit are one field block', () => written(request(8), 'h', { h: 'HEADERS 1 204 END_STREAM' }, done));

  it('one more is ENHANCE_YOUR_CALM', () => written(request(9), '(g|)', { g: 'GOAWAY 0 ENHANCE_YOUR_CALM' }, done));
});
