/**
 * Whose turn it is (RFC 9218 section 10): DATA of several streams, on one connection.
 *
 * ```
 * client   (ab)--w-----|     a = GET a download      b = GET something small
 * frames   (xy)--(aBaaA)     a frame of the one, all of the other: who asks for little does not wait for who asks for much
 * ```
 *
 * To draw that, all of them are let go at once: the window of the connection is shut until `w` opens it.
 */
import { bytes, type Handler, type Priority, text } from 'rxpaf';
import { h2, httpTest } from 'rxpaf/testing';

const FRAME = 16_384;
const DEFAULT_WINDOW = 65_535;

/** Uses the window of the connection up: stream 1 asks for it, and has it. */
const FULL = [h2.start({ INITIAL_WINDOW_SIZE: 1 << 20 }), h2.get(1, `/${DEFAULT_WINDOW}`)];
const OPEN = h2.windowUpdate(0, 1 << 20);
const SPENT = { h: 'HEADERS 1 200', p: 'DATA 1 (16384 bytes)', q: 'DATA 1 (16383 bytes) END_STREAM' };
const HEADS = { x: 'HEADERS 3 200', y: 'HEADERS 5 200', z: 'HEADERS 7 200' };
/** Frames of stream 3, 5 and 7; capitals end it. */
const DATA = Object.fromEntries(
  (['a', 'b', 'c'] as const).flatMap((letter, index) => [
    [letter, `DATA ${3 + 2 * index} (16384 bytes)`],
    [letter.toUpperCase(), `DATA ${3 + 2 * index} (16384 bytes) END_STREAM`],
  ]),
);
const FRAMES = { ...SPENT, ...HEADS, ...DATA };

/** `/3` is as many frames of content; `/65535` as many bytes. */
const download: Handler['request'] = ({ path }) => {
  const size = Number(path.slice(1));
  return bytes(Buffer.alloc(size < 100 ? size * FRAME : size));
};

/** What the frames are, where all that `requests` ask for waits for the window at once. */
function order(expected: string, requests: readonly Uint8Array[], handler = download): void {
  httpTest(({ flow, serve, expectFrames }) => {
    const client = flow('(sr) 20ms w 50ms |', { s: FULL, r: requests, w: OPEN });
    serve(client, handler);
    const heads = 'xyz'.slice(0, requests.filter((bytes) => bytes[3] === 1).length);
    // A group is as wide as it is drawn: 24 ms from the beginning on, the window opens.
    const before = `(hpppq${heads})`;
    expectFrames(client).toBe(
      `${before}${'-'.repeat(24 - before.length)}(${expected})${'-'.repeat(49 - expected.length)}|`,
      {
        ...FRAMES,
      },
    );
  });
}

describe('streams of one urgency', () => {
  it('that say nothing take turns, a frame each', () =>
    order('abcabcABC', [h2.get(3, '/3'), h2.get(5, '/3'), h2.get(7, '/3')]));

  it('that are incremental take turns', () =>
    order('ababAB', [h2.get(3, '/3', { priority: 'i' }), h2.get(5, '/3', { priority: 'i' })]));

  it('that are not go one after the other: parts of them are useless', () =>
    order('aaAbbB', [h2.get(3, '/3', { priority: 'u=3' }), h2.get(5, '/3', { priority: 'u=3' })]));

  it('of both kinds alternate: neither starves', () =>
    order('acacACbbB', [
      h2.get(3, '/3', { priority: 'u=3' }),
      h2.get(5, '/3', { priority: 'u=3' }),
      h2.get(7, '/3', { priority: 'u=3, i' }),
    ]));

  it('let a small response through: it does not wait for the end of a download', () =>
    order('aBaaaA', [h2.get(3, '/5'), h2.get(5, '/1')]));
});

describe('urgency', () => {
  it('goes first', () =>
    order('ccCbbBaaA', [
      h2.get(3, '/3', { priority: 'u=7' }),
      h2.get(5, '/3', { priority: 'u=3' }),
      h2.get(7, '/3', { priority: 'u=0' }),
    ]));

  it('goes before taking turns', () =>
    order('bbBaaA', [h2.get(3, '/3', { priority: 'u=4, i' }), h2.get(5, '/3', { priority: 'u=2, i' })]));

  it('is changed by PRIORITY_UPDATE', () =>
    order('bbBaaA', [
      h2.get(3, '/3', { priority: 'u=1' }),
      h2.get(5, '/3', { priority: 'u=2' }),
      h2.priorityUpdate(5, 'u=0'),
    ]));

  it('is known from PRIORITY_UPDATE before the request that it is of', () =>
    order('bbBaaA', [h2.priorityUpdate(5, 'u=0'), h2.get(3, '/3', { priority: 'u=1' }), h2.get(5, '/3')]));

  it('is changed by the handler, who may know better', () =>
    order(
      'bbBaaA',
      [h2.get(3, '/3', { priority: 'u=1' }), h2.get(5, '/3', { priority: 'u=7' })],
      (request, exchange) => {
        if (exchange.protocol === 'h2' && exchange.streamId === 5)
          exchange.prioritize({ urgency: 0, incremental: false });
        return download(request, exchange);
      },
    ));
});

describe('a response', () => {
  it('that is short overtakes a download that waits for the client to take it', () =>
    httpTest(({ flow, serve, slowPeer, expectFrames }) => {
      const values = { s: h2.start({ INITIAL_WINDOW_SIZE: 1 << 20 }), w: OPEN, a: h2.get(1, '/9'), b: h2.get(3, '/') };
      const client = flow('(swa)b-----------------|', values, slowPeer('t---------t-------t-t'));
      serve(client, (request, exchange) => (request.path === '/' ? text('ok') : download(request, exchange)));
      expectFrames(client).toBe('(hdddd)---(Hedddd)E----|', {
        h: 'HEADERS 1 200',
        d: 'DATA 1 (16384 bytes)',
        H: 'HEADERS 3 200',
        e: 'DATA 3 "ok" END_STREAM',
        E: 'DATA 1 (16384 bytes) END_STREAM',
      });
    }));

  it('has its urgency in the exchange', () =>
    httpTest(({ flow, serve, expectFrames }) => {
      const requests = [h2.get(1, '/', { priority: 'u=1' }), h2.get(3, '/', { priority: 'u=6, i' }), h2.get(5, '/')];
      const client = flow('(sa)----|', { s: h2.start(), a: requests });
      serve(client, (_request, exchange) => text(exchange.protocol === 'h2' ? told(exchange.priority) : ''));
      expectFrames(client).toBe('(habcde)|', {
        h: 'HEADERS 1 200',
        a: 'DATA 1 "u=1" END_STREAM',
        b: 'HEADERS 3 200',
        c: 'DATA 3 "u=6, i" END_STREAM',
        d: 'HEADERS 5 200',
        // A client that announces no priority takes turns.
        e: 'DATA 5 "u=3, i" END_STREAM',
      });
    }));
});

function told({ urgency, incremental }: Priority): string {
  return `u=${urgency}${incremental ? ', i' : ''}`;
}
