/**
 * Windows: on HTTP/2, credit is demand (RFC 9113 sections 5.2 and 6.9).
 *
 * ```
 * upload, W = 8        client   a--b------|     4 bytes each
 *                      reader   ----o--o--      has taken one, then the other
 *                      frames   ----u-----|     WINDOW_UPDATE: half of W has been taken, not: has come
 *
 * download, window 2   handler  (ab|)           'ab' and 'cd'
 *                      frames   x---y----|      as much as the window is, and when it opens
 *                      client   ----w----|
 * ```
 */
import { concatMap, delay, ignoreElements, endWith, NEVER, of, type Observable, take, timer } from 'rxjs';
import { Body, bytes, consume, empty, fromPull, type HttpResponse, response, text } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';

const KIB = 1024;
/** A stream's window as the RFC has it before any SETTINGS: the least that a connection's can be. */
const DEFAULT = 65_535;

/** Responds when all of the content has been taken, each piece `ms` after the one before. */
const taking =
  (ms: number) =>
  ({ body }: { body: Body }): Observable<HttpResponse> =>
    body.pipe(
      consume(() => timer(ms), { concurrency: 1 }),
      ignoreElements(),
      endWith(empty()),
    );

describe('what a client sends', () => {
  it('is credited when it has been taken, not when it has come', () =>
    httpTest(({ flow, serve, h2, expectFrames }) => {
      const client = flow('(sa)-b------c-----|', {
        s: h2.start(),
        a: h2.requestHead(1, 'POST', '/'),
        b: h2.data(1, '1234'),
        c: h2.data(1, '5678', { end: true }),
      });
      serve(client, taking(3), { limits: { bodyWindow: 8 } });
      expectFrames(client).toBe('--------u------h--|', { u: 'WINDOW_UPDATE 1 4', h: 'HEADERS 1 204 END_STREAM' });
    }));

  it('is credited in halves of the window: not a frame for each piece', () =>
    httpTest(({ flow, serve, h2, expectFrames }) => {
      const client = flow('(sa)bbbbbbbb-|', {
        s: h2.start(),
        a: h2.requestHead(1, 'POST', '/'),
        b: h2.data(1, 'x'),
      });
      serve(client, ({ body }) => body.pipe(ignoreElements()), { limits: { bodyWindow: 8 } });
      expectFrames(client).toBe('-------u---u-|', { u: 'WINDOW_UPDATE 1 4' });
    }));

  it('is credited with its padding, which nobody has to take', () =>
    httpTest(({ flow, serve, h2, expectFrames }) => {
      const client = flow('(sa)-b-----|', {
        s: h2.start(),
        a: h2.requestHead(1, 'POST', '/'),
        b: h2.data(1, '1', { padding: 6 }),
      });
      serve(client, () => NEVER, { limits: { bodyWindow: 8 } });
      expectFrames(client).toBe('-----u-----|', { u: 'WINDOW_UPDATE 1 7' });
    }));

  it('waits for its reader, and so does its sender', () =>
    httpTest(({ flow, serve, h2, probe, expectFrames, expectBody }) => {
      const client = flow('(sa)bB--------c-|', {
        s: h2.start(),
        a: h2.requestHead(1, 'POST', '/'),
        b: h2.data(1, '1234'),
        B: h2.data(1, '5678'),
        c: h2.data(1, '9', { end: true }),
      });
      const upload = probe();
      const handler = ({ body }: { body: Body }): Observable<HttpResponse> =>
        timer(9).pipe(concatMap(() => body.pipe(upload, ignoreElements(), endWith(empty()))));
      serve(client, handler, { limits: { bodyWindow: 8 } });
      expectBody(upload).toBe('---------(ab)-(c|)', { a: '1234', b: '5678', c: '9' });
      expectFrames(client).toBe('---------(uu)-h-|', { u: 'WINDOW_UPDATE 1 4', h: 'HEADERS 1 204 END_STREAM' });
    }));

  it('past its window is an error of the stream', () =>
    httpTest(({ flow, serve, h2, probe, expectFrames, expectFaults, expectBody }) => {
      const client = flow('(sa)b--c-|', {
        s: h2.start(),
        a: h2.requestHead(1, 'POST', '/'),
        b: h2.data(1, '12345678'),
        c: h2.data(1, '9'),
      });
      const upload = probe();
      const service = serve(
        client,
        ({ body }) =>
          body.pipe(
            consume(() => NEVER),
            upload,
          ) as Observable<never>,
        {
          limits: { bodyWindow: 8 },
        },
      );
      expectBody(upload).toBe('    -------#');
      expectFrames(client).toBe('  -------r-|', { r: 'RST_STREAM 1 FLOW_CONTROL_ERROR' });
      expectFaults(service).toBe(' -------f', { f: { code: 'protocol-error', initiator: 'peer' } });
    }));

  it('past the window of the connection is an error of the connection', () =>
    httpTest(({ flow, serve, h2, expectFrames, expectFaults }) => {
      const client = flow('(sa)-|', {
        s: h2.start(),
        a: [
          h2.requestHead(1, 'POST', '/'),
          h2.requestHead(3, 'POST', '/'),
          h2.data(1, Buffer.alloc(DEFAULT)),
          h2.data(3, 'x'),
        ],
      });
      const service = serve(client, () => NEVER, { limits: { connectionWindow: 1 } });
      expectFrames(client).toBe('(g|)', { g: 'GOAWAY 3 FLOW_CONTROL_ERROR' });
      expectFaults(service).toBe('f', { f: { code: 'protocol-error', scope: 'connection' } });
    }));

  it('of one stream that nobody reads does not block another', () =>
    httpTest(({ flow, serve, h2, expectFrames }) => {
      const client = flow('(sab)c-|', {
        s: h2.start(),
        a: [h2.requestHead(1, 'POST', '/stalled'), h2.data(1, Buffer.alloc(64 * KIB))],
        b: h2.requestHead(3, 'POST', '/read'),
        c: h2.data(3, 'read', { end: true }),
      });
      const handler = ({ path, body }: { path: string; body: Body }): Observable<HttpResponse> =>
        path === '/read' ? body.pipe(ignoreElements(), endWith(empty())) : NEVER;
      serve(client, handler, { limits: { bodyWindow: 64 * KIB, connectionWindow: 256 * KIB } });
      expectFrames(client).toBe('-----h-|', { h: 'HEADERS 3 204 END_STREAM' });
    }));

  it('is credited to the connection where it is thrown away', () =>
    httpTest(({ flow, serve, h2, expectFrames }) => {
      const half = Buffer.alloc(32 * KIB);
      const client = flow('(sa)-b--|', {
        s: h2.start(),
        a: h2.requestHead(1, 'POST', '/'),
        b: h2.data(1, half),
      });
      serve(client, () => response(413), { limits: { bodyWindow: 64 * KIB, connectionWindow: 1 } });
      // Its stream stays open as far as its window: a reset right after a response makes some clients lose it.
      expectFrames(client).toBe('h----u--|', {
        h: 'HEADERS 1 413 END_STREAM',
        u: 'WINDOW_UPDATE 0 32768',
      });
    }));

  it('is discarded if its reader has unsubscribed in the middle: the response stands', () =>
    httpTest(({ flow, serve, h2, probe, expectFrames, expectBody, expectSubscriptions, expectFaults }) => {
      const client = flow('a-b-c---|', {
        a: [h2.start(), h2.requestHead(1, 'POST', '/')],
        b: h2.data(1, '12'),
        c: h2.data(1, '34', { end: true }),
      });
      const upload = probe();
      const service = serve(client, ({ body }) => {
        body.pipe(upload, take(1)).subscribe();
        return of(empty()).pipe(delay(6));
      });
      expectBody(upload).toBe('--b', { b: '12' });
      expectSubscriptions(upload).toBe('^-!');
      expectFrames(client).toBe('------h-|', { h: 'HEADERS 1 204 END_STREAM' });
      expectFaults(service).toBe('');
    }));

  it('is stopped after the response, if it is more than its window', () =>
    httpTest(({ flow, serve, h2, expectFrames, expectFaults }) => {
      const half = Buffer.alloc(32 * KIB);
      const client = flow('(sa)-b-c 500ms |', {
        s: h2.start(),
        a: h2.requestHead(1, 'POST', '/'),
        b: h2.data(1, half),
        c: h2.data(1, half),
      });
      const limits = { bodyWindow: 64 * KIB, connectionWindow: 64 * KIB };
      const service = serve(client, () => response(413), { limits });
      // Later than the last DATA, so that the client has read the response before.
      expectFrames(client).toBe('h----u-u 492ms r 7ms |', {
        h: 'HEADERS 1 413 END_STREAM',
        r: 'RST_STREAM 1 NO_ERROR',
        u: 'WINDOW_UPDATE 0 32768',
      });
      expectFaults(service).toBe('');
    }));
});

describe('what is sent to a client', () => {
  it('goes as far as the window of its stream, and on when that opens', () =>
    httpTest(({ flow, serve, h2, expectFrames, expectServed }) => {
      const client = flow('(sa)-w---w-|', {
        s: h2.start({ INITIAL_WINDOW_SIZE: 2 }),
        a: h2.get(1, '/'),
        w: h2.windowUpdate(1, 2),
      });
      const service = serve(client, () => response(200, {}, '12345'));
      expectFrames(client).toBe('(hd)-e---f-|', {
        h: { fields: { ':status': '200', 'content-length': '5', date: 'Thu, 01 Jan 1970 00:00:00 GMT' } },
        d: 'DATA 1 "12"',
        e: 'DATA 1 "34"',
        f: 'DATA 1 "5" END_STREAM',
      });
      expectServed(service).toBe('---------s-|', { s: { sent: 5, duration: 9 } });
    }));

  it('goes as far as the window of the connection, whose credit is all streams’', () =>
    httpTest(({ flow, serve, h2, expectFrames }) => {
      const client = flow('(sa)---b-w-|', {
        s: h2.start({ INITIAL_WINDOW_SIZE: 1 << 20 }),
        a: h2.get(1, `/${DEFAULT}`),
        b: h2.get(3, '/2'),
        w: h2.windowUpdate(0, 2),
      });
      serve(client, ({ path }) => response(200, {}, Buffer.alloc(Number(path.slice(1)), 'x')));
      expectFrames(client).toBe('(hdddz)H-e-|', {
        h: 'HEADERS 1 200',
        d: 'DATA 1 (16384 bytes)',
        z: 'DATA 1 (16383 bytes) END_STREAM',
        H: 'HEADERS 3 200',
        e: 'DATA 3 "xx" END_STREAM',
      });
    }));

  it('of one stream without a window does not block another', () =>
    httpTest(({ flow, serve, h2, expectFrames }) => {
      const client = flow('(sabw)-v-|', {
        s: h2.start({ INITIAL_WINDOW_SIZE: 0 }),
        a: h2.get(1, '/'),
        b: h2.get(3, '/'),
        w: h2.windowUpdate(3, 2),
        v: h2.windowUpdate(1, 2),
      });
      serve(client, () => response(200, {}, 'ok'));
      expectFrames(client).toBe('(hHe)--d-|', {
        h: 'HEADERS 1 200',
        H: 'HEADERS 3 200',
        e: 'DATA 3 "ok" END_STREAM',
        d: 'DATA 1 "ok" END_STREAM',
      });
    }));

  it('waits in its source while the window is shut', () =>
    httpTest(({ flow, serve, h2, probe, expectFrames, expectBody, expectCredit }) => {
      const piece = Buffer.alloc(64 * KIB, 'x');
      const client = flow('(sa)---w-----v-------------|', {
        s: h2.start({ INITIAL_WINDOW_SIZE: 0 }),
        a: h2.get(1, '/'),
        w: h2.windowUpdate(1, 1),
        v: [h2.windowUpdate(1, 1 << 20), h2.windowUpdate(0, 1 << 20)],
      });
      const content = probe();
      serve(client, () => bytes(fromPull([piece, piece, piece]).pipe(content)));
      expectBody(content).toBe('a------b-----(c|)', { a: piece, b: piece, c: piece });
      expectCredit(content).toBe('-------a-----b', { a: 64 * KIB, b: 128 * KIB });
      expectFrames(client).toBe('h------d-----(eeeeeeeeeeez)|', {
        h: 'HEADERS 1 200',
        d: 'DATA 1 "x"',
        e: 'DATA 1 (16384 bytes)',
        z: 'DATA 1 (16383 bytes) END_STREAM',
      });
    }));

  it('loses nothing where it ended before the window opened', () =>
    httpTest(({ flow, serve, h2, cold, expectFrames, expectSubscriptions }) => {
      const client = flow('(sa)---w----|', {
        s: h2.start({ INITIAL_WINDOW_SIZE: 0 }),
        a: h2.get(1, '/'),
        w: h2.windowUpdate(1, 9),
      });
      const content = cold('-b-c|');
      serve(client, () => bytes(content, { trailers: of({ checksum: '1' }) }));
      expectSubscriptions(content).toBe('^---!');
      expectFrames(client).toBe('-h-----(dt)-|', {
        h: 'HEADERS 1 200',
        d: 'DATA 1 "bc"',
        t: 'HEADERS 1 checksum: 1 END_STREAM',
      });
    }));

  it('is held while SETTINGS have made the window negative, until it is above zero again', () =>
    httpTest(({ flow, serve, h2, expectFrames }) => {
      const client = flow('(sa)-n--w--v-|', {
        s: h2.start({ INITIAL_WINDOW_SIZE: 4 }),
        a: h2.get(1, '/'),
        n: h2.settings({ INITIAL_WINDOW_SIZE: 1 }),
        w: h2.windowUpdate(1, 3),
        v: h2.windowUpdate(1, 2),
      });
      serve(client, () => response(200, {}, '123456'));
      expectFrames(client).toBe('(hd)-k-----e-|', {
        h: 'HEADERS 1 200',
        d: 'DATA 1 "1234"',
        k: 'SETTINGS ACK',
        e: 'DATA 1 "56" END_STREAM',
      });
    }));

  it('goes on where SETTINGS make the windows larger', () =>
    httpTest(({ flow, serve, h2, expectFrames }) => {
      const client = flow('(sa)-n----|', {
        s: h2.start({ INITIAL_WINDOW_SIZE: 1 }),
        a: h2.get(1, '/'),
        n: h2.settings({ INITIAL_WINDOW_SIZE: 3 }),
      });
      serve(client, () => response(200, {}, '123'));
      expectFrames(client).toBe('(hd)-(ke)-|', {
        h: 'HEADERS 1 200',
        d: 'DATA 1 "1"',
        k: 'SETTINGS ACK',
        e: 'DATA 1 "23" END_STREAM',
      });
    }));

  it('takes a window past 2^31-1 for an error of its stream', () =>
    httpTest(({ flow, serve, h2, expectFrames, expectFaults }) => {
      const client = flow('(sa)-w-|', { s: h2.start(), a: h2.get(1, '/'), w: h2.windowUpdate(1, 0x7fff_ffff) });
      const service = serve(client, () => of(text('late')).pipe(delay(9)));
      expectFrames(client).toBe('  -----r-|', { r: 'RST_STREAM 1 FLOW_CONTROL_ERROR' });
      expectFaults(service).toBe(' -----f', { f: { code: 'protocol-error', scope: 'exchange' } });
    }));
});

describe('a relay', () => {
  it('credits its sender as fast as its own reader takes: nothing else has to be wired', () =>
    httpTest(({ flow, serve, h2, probe, expectCredit, expectFrames }) => {
      const piece = Buffer.alloc(64 * KIB, 'x');
      const client = flow('(sa)b-------w-------|', {
        s: h2.start({ INITIAL_WINDOW_SIZE: 0 }),
        a: h2.requestHead(1, 'POST', '/'),
        b: h2.data(1, piece),
        w: h2.windowUpdate(1, 64 * KIB),
      });
      const upload = probe();
      serve(client, ({ body }) => bytes(body.pipe(upload)), { limits: { bodyWindow: 128 * KIB } });
      expectCredit(upload).toBe('----a-------b', { a: 48 * KIB, b: 16 * KIB });
      expectFrames(client).toBe('----h-------(duddz)-|', {
        h: 'HEADERS 1 200',
        d: 'DATA 1 (16384 bytes)',
        // The window of the connection is one octet less.
        z: 'DATA 1 (16383 bytes)',
        u: 'WINDOW_UPDATE 1 65536',
      });
    }));
});

describe('content that waits', () => {
  it('has the write time again with each octet that a window lets out', () =>
    httpTest(({ flow, serve, h2, expectFrames, expectFaults }) => {
      const client = flow('(sa) 46s w 49s w 10s |', {
        s: h2.start({ INITIAL_WINDOW_SIZE: 2 }),
        a: h2.get(1, '/'),
        w: h2.windowUpdate(1, 2),
      });
      const service = serve(client, () => text('abcdef'));
      expectFrames(client).toBe('(ha) 46s b 49s c 10s |', {
        h: 'HEADERS 1 200',
        a: 'DATA 1 "ab"',
        b: 'DATA 1 "cd"',
        c: 'DATA 1 "ef" END_STREAM',
      });
      expectFaults(service).toBe('');
    }));

  it('is not more than so much: a source that does not wait is stopped', () =>
    httpTest(({ flow, serve, h1, slowPeer, expectFaults, expectServed, expectSubscriptions, cold }) => {
      const client = flow('a', { a: h1.get('/') }, slowPeer('-'));
      const blind = cold('x'.repeat(40), { x: Buffer.alloc(64 * KIB) });
      const service = serve(client, () => bytes(blind));
      expectSubscriptions(blind).toBe('^----------------!');
      expectFaults(service).toBe('-----------------f', { f: { code: 'body-overflow', kind: 'exception' } });
      expectServed(service).toBe('17ms s 59999ms |', { s: 'aborted' });
    }));
});
