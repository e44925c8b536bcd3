/**
 * WebSockets: messages both ways over a tunnel, with backpressure, time limits and an end.
 *
 * ```
 * client   -u--a-b---c-      u = the handshake, then messages, c = Close
 * handler  -s                accept() emits a socket; here it is an echo
 * wire     -o--a-b---(c|)    o = 101; the server ends the connection after both Close frames
 * credit   a message is credited when every stage has released it; until then the client is not read
 * ping     --30s--p--30s--!  a silent client is pinged, and cut off
 * ```
 */
import { delay, ignoreElements, map, Subject, switchMap, take, tap, timer } from 'rxjs';
import { consume, hold, type Service } from 'rxpaf';
import { accept, type AcceptOptions, type WebSocket, WebSocketError } from 'rxpaf/ws';
import { type HttpTest, httpTest, type Wire } from 'rxpaf/testing';

/** Does `act` with the socket of each request. */
const socketed =
  (act: (socket: WebSocket) => void, options?: AcceptOptions): Service<string> =>
  (request, exchange) =>
    accept(request, exchange, options).pipe(tap(act), ignoreElements());

const echo = socketed((socket) => void socket.subscribe(socket));
const O = 'HTTP/1.1 101';
/** No client is silent for so long that it is pinged. */
const SHORTLY = { duration: '1s' };

describe('messages', () => {
  it('come back from an echo, and the server ends the connection after Close', () =>
    httpTest(({ flow, serve, ws, expectWebSocket, expectServed, expectFaults }) => {
      const client = flow('      -u--a-b---c----|', {
        u: ws.upgrade('/'),
        a: ws.text('hello'),
        b: ws.binary('b'),
        c: ws.close(1000),
      });
      const service = serve(client, echo);
      expectWebSocket(client).toBe('-u--a-b---(c|)', { u: O, a: 'TEXT "hello"', b: 'BINARY 62', c: 'CLOSE 1000' });
      expectServed(service).toBe('  ---------------(s|)', { s: { status: 101, outcome: 'complete' } });
      expectFaults(service).toBe('');
    }));

  it('come back from an echo, however the frames are cut', () =>
    httpTest.everySplit(({ flow, serve, ws, expectWebSocket }) => {
      const text = [ws.text('h', { fin: false }), ws.ping('p'), ws.continuation('€')];
      const client = flow('      -u--a--b---c----|', {
        u: ws.upgrade('/'),
        a: ws.text('hello'),
        b: text,
        c: ws.close(3000, 'bye'),
      });
      serve(client, echo);
      expectWebSocket(client).toBe('-u--a--(pb)(c|)', {
        u: O,
        a: 'TEXT "hello"',
        p: 'PONG "p"',
        b: 'TEXT "h€"',
        c: 'CLOSE 3000',
      });
    }));

  it('go over HTTP/2 by extended CONNECT', () =>
    httpTest(({ flow, serve, h2, ws, expectFrames }) => {
      const values = {
        s: h2.start(),
        u: h2.connect(1, { path: '/', protocol: 'websocket' }, ws.headers),
        a: h2.data(1, Buffer.from(ws.text('a'))),
        c: h2.data(1, Buffer.from(ws.close(1000))),
        e: h2.data(1, '', { end: true }),
      };
      const client = flow('-(su)a--c--e', values);
      serve(client, echo, { alpn: 'h2', connectProtocol: true });
      expectFrames(client).toBe('-u---a--c', {
        u: 'HEADERS 1 200',
        a: { type: 'DATA', says: '"\\x81\\x01a"' },
        c: { type: 'DATA', says: '"\\x88\\x02\\x03\\xe8"', endStream: true },
      });
    }, SHORTLY));

  it('are paused until somebody subscribes', () =>
    httpTest(({ flow, serve, ws, expectObservable }) => {
      const client = flow('-u-a-b-----|', { u: ws.upgrade('/'), a: ws.text('a'), b: ws.text('b') });
      const log = new Subject<unknown>();
      expectObservable(log).toBe(
        '------(ab)-#',
        { a: 'a', b: 'b' },
        new WebSocketError('connection-reset', 'the peer ended the connection without a Close frame', 1006),
      );
      serve(
        client,
        socketed((socket) => timer(5).subscribe(() => socket.subscribe(log))),
      );
    }));
});

describe('backpressure', () => {
  const MESSAGE = 'x'.repeat(30_000);

  it('stops reading while the messages of a window are not released', () =>
    httpTest(({ flow, serve, ws, expectCredit, expectObservable }) => {
      const u = ws.upgrade('/');
      const m = ws.text(MESSAGE);
      const client = flow('-u(mmmmm)-----------------', { u, m });
      const log = new Subject<string>();
      serve(
        client,
        socketed((socket) => {
          socket.pipe(consume((message) => timer(4).pipe(map(() => (message as string)[0]!)))).subscribe(log);
        }),
      );
      expectObservable(log).toBe('------m---m---m---m---m', { m: 'x' });
      // Three messages are more than the window. The last three are credited once less than a half of it is taken.
      expectCredit(client).toBe('-ud---------------r', { u: u.length, d: 2 * m.length, r: 3 * m.length });
    }, SHORTLY));

  it('keeps demand through hold()', () =>
    httpTest(({ flow, serve, ws, expectObservable }) => {
      const client = flow('-u(ab)-----', { u: ws.upgrade('/'), a: ws.text('a'), b: ws.text('b') });
      const unacked: number[] = [];
      const log = new Subject<unknown>();
      serve(
        client,
        socketed((socket) => {
          socket
            .pipe(
              hold(delay(3)),
              tap(() => unacked.push(socket.unacked)),
            )
            .subscribe(log);
        }),
      );
      expectObservable(log.pipe(map(() => [...unacked]))).toBe('-----(ab)', { a: [130], b: [130, 65] });
    }, SHORTLY));

  it('holds a delivery that writes to a socket whose peer does not read', () =>
    httpTest(({ flow, serve, ws, slowPeer, expectWebSocket, expectCredit }) => {
      const u = ws.upgrade('/');
      const m = ws.binary(MESSAGE);
      const client = flow('-u(mmmm)------------', { u, m }, slowPeer('-u-------a---b---c---d---e---f'));
      serve(client, echo);
      expectWebSocket(client).toBe('-um------(mmm)', { u: O, m: 'BINARY (30000 bytes)' });
      expectCredit(client).toBe('-um----------n', { u: u.length, m: m.length * 3, n: m.length });
    }, SHORTLY));

  it('returns false past the high-water mark, and drained emits', () =>
    httpTest(({ flow, serve, ws, slowPeer, expectObservable }) => {
      const client = flow('-u----------', { u: ws.upgrade('/') }, slowPeer('-u--------a'));
      const log = new Subject<unknown>();
      expectObservable(log).toBe('--(tf)----d', { t: true, f: false, d: 'drained' });
      serve(
        client,
        socketed((socket) => {
          timer(1).subscribe(() => {
            log.next(socket.ready);
            log.next(socket.next(MESSAGE));
            socket.drained.pipe(take(1)).subscribe(() => log.next('drained'));
          });
        }),
      );
    }, SHORTLY));

  it('aborts a socket that is written to without end', () =>
    httpTest(({ flow, serve, ws, slowPeer, expectWebSocket, expectFaults }) => {
      const client = flow('-u----------', { u: ws.upgrade('/') }, slowPeer('-u'));
      const service = serve(
        client,
        socketed((socket) => {
          socket.subscribe({ error: () => undefined });
          timer(1).subscribe(() => {
            for (let count = 0; count < 100; count++) socket.next(MESSAGE);
          });
        }),
      );
      expectWebSocket(client).toBe('-u(m!)', { u: O, m: 'TEXT (30000 bytes)' });
      expectFaults(service).toBe('--o', { o: 'body-overflow' });
    }, SHORTLY));
});

/** The flow of a client that opens a socket, and what the socket's end was. */
function ended(
  { flow, serve, ws, expectObservable }: HttpTest,
  diagram: string,
  values: Readonly<Record<string, Wire>>,
  act: (socket: WebSocket) => void,
  options: AcceptOptions = {},
) {
  const client = flow(diagram, { u: ws.upgrade('/'), ...values });
  const log = new Subject<unknown>();
  const service = serve(
    client,
    socketed((socket) => {
      socket.ended
        .pipe(map(({ code, reason, clean, error }) => ({ code, reason, clean, ...codeOf(error) })))
        .subscribe(log);
      act(socket);
    }, options),
  );
  return {
    client,
    service,
    log: { is: (row: string, end: object) => expectObservable(log.pipe(take(1))).toBe(row, { e: end }) },
  };
}

const codeOf = (error: Error | undefined): object => (error instanceof WebSocketError ? { error: error.code } : {});
const read = (socket: WebSocket): void => void socket.subscribe({ error: () => undefined });

describe('the end', () => {
  it('is clean after both Close frames, with the code and reason of the peer', () =>
    httpTest((words) => {
      const { client, log } = ended(words, '-u--c--|', { c: words.ws.close(4000, 'bye') }, read);
      words.expectWebSocket(client).toBe('  -u--(c|)', { u: O, c: 'CLOSE 4000' });
      log.is('----(e|)', { code: 4000, reason: 'bye', clean: true });
    }));

  it('begins with close(), complete() and an unsubscription', () =>
    httpTest((words) => {
      const acts: ((socket: WebSocket) => void)[] = [
        (socket) => socket.close(3001, 'over'),
        (socket) => socket.complete(),
        (socket) => socket.subscribe().unsubscribe(),
      ];
      const closes = ['CLOSE 3001 "over"', 'CLOSE 1000', 'CLOSE 1000'];
      acts.forEach((act, index) => {
        const { client } = ended(words, '-u----c-|', { c: words.ws.close(1000) }, (socket) =>
          timer(2).subscribe(() => act(socket)),
        );
        words.expectWebSocket(client).toBe('     -u-c--|', { u: O, c: closes[index]! });
      });
    }));

  it('still brings the messages of a peer that has not closed', () =>
    httpTest((words) => {
      const seen: unknown[] = [];
      const { log } = ended(words, '-u--a-c-|', { a: words.ws.text('late'), c: words.ws.close(1000) }, (socket) => {
        socket.subscribe((message) => seen.push(message));
        socket.close(1000);
      });
      log.is('------(e|)', { code: 1000, reason: '', clean: true });
      words.expectObservable(timer(10).pipe(map(() => [...seen]))).toBe('----------(s|)', { s: ['late'] });
    }));

  it('is abrupt without a Close frame, and not a fault', () =>
    httpTest((words) => {
      const { client, service, log } = ended(words, '-u--|', {}, read);
      words.expectWebSocket(client).toBe('   -u--|', { u: O });
      log.is('----(e|)', { code: 1006, reason: '', clean: false, error: 'connection-reset' });
      words.expectFaults(service).toBe('');
      words.expectServed(service).toBe('     ----(s|)', { s: { outcome: 'aborted' } });
    }));

  it('reports a frame that breaks a rule, after the connection has ended, as a fault of the client', () =>
    httpTest((words) => {
      const { client, service, log } = ended(words, '-u--a-----|', { a: words.ws.text('a', { from: 'server' }) }, read);
      words.expectWebSocket(client).toBe('         -u--(c|)', { u: O, c: 'CLOSE 1002' });
      log.is('----------(e|)', { code: 1002, reason: '', clean: false, error: 'protocol-error' });
      words
        .expectFaults(service)
        .toBe('           ----------f', { f: { code: 'protocol-error', kind: 'bad-request' } });
    }));

  it('is an abort with error()', () =>
    httpTest((words) => {
      const { client, log } = ended(words, '-u-------', {}, (socket) => {
        read(socket);
        timer(3).subscribe(() => socket.error(undefined));
      });
      words.expectWebSocket(client).toBe('-u--!', { u: O });
      log.is('----(e|)', { code: 1006, reason: '', clean: false, error: 'closed' });
    }));
});

describe('time', () => {
  it('pings a silent client, and aborts one that does not respond', () =>
    httpTest((words) => {
      const { client, service, log } = ended(words, '-u----', {}, read);
      words.expectWebSocket(client).toBe('   -u 29999ms p 29999ms !', { u: O, p: 'PING ""' });
      log.is('- 60s (e|)', { code: 1006, reason: '', clean: false, error: 'pong-timeout' });
      words.expectFaults(service).toBe('- 60s f', { f: 'pong-timeout' });
    }));

  it('does not ping a client that sends, and takes any byte as a sign of life', () =>
    httpTest((words) => {
      const { client } = ended(words, '-u 20s a 30s p', { a: words.ws.text('a'), p: words.ws.pong() }, read, {
        limits: { pongTimeout: 10_000 },
      });
      words.expectWebSocket(client).toBe('-u 50s p 29999ms -p 9998ms -!', { u: O, p: 'PING ""' });
    }));

  it('closes an idle socket', () =>
    httpTest((words) => {
      const { client } = ended(words, '-u-a 9s -c-|', { a: words.ws.text('a'), c: words.ws.close(1001) }, read, {
        limits: { idleTimeout: 5000 },
      });
      words.expectWebSocket(client).toBe('-u- 5s c 3999ms --|', { u: O, c: 'CLOSE 1001' });
    }));

  it('aborts a client that does not complete the closing handshake', () =>
    httpTest((words) => {
      const { client, log } = ended(words, '-u----a', { a: words.ws.text('a') }, (socket) => {
        read(socket);
        timer(2).subscribe(() => socket.close(1000));
      });
      words.expectWebSocket(client).toBe('-u-c 9999ms !', { u: O, c: 'CLOSE 1000' });
      log.is('--- 10s (e|)', { code: 1006, reason: '', clean: false, error: 'close-timeout' });
    }));

  it('aborts a client that completes the handshake, and does not end the connection', () =>
    httpTest((words) => {
      const { client, log, service } = ended(words, '-u-c', { c: words.ws.close(1000) }, read);
      words.expectWebSocket(client).toBe('-u-(c|) 9996ms !', { u: O, c: 'CLOSE 1000' });
      log.is('---(e|)', { code: 1000, reason: '', clean: true });
      words.expectFaults(service).toBe('');
    }));

  it.each([
    ['takes nothing', '-u', '-um 7999ms !', '-- 8s f'],
    ['stops taking', '-u 2s -a', '-um 2s (mm) 7996ms !', '--- 10s f'],
  ])('aborts a client that %s', (_, taking, expected, fault) =>
    httpTest(({ flow, serve, ws, slowPeer, expectWebSocket, expectFaults }) => {
      const client = flow('-u----', { u: ws.upgrade('/') }, slowPeer(taking));
      const service = serve(
        client,
        socketed(
          (socket) => {
            read(socket);
            timer(1).subscribe(() => [1, 2, 3].forEach(() => socket.next(Buffer.alloc(30_000))));
          },
          { limits: { writeTimeout: 8000 } },
        ),
      );
      expectWebSocket(client).toBe(expected, { u: O, m: 'BINARY (30000 bytes)' });
      expectFaults(service).toBe(fault, { f: 'write-timeout' });
    }),
  );

  it('closes with 1001 on a graceful shutdown', () =>
    httpTest(({ flow, serve, ws, expectWebSocket, expectServed, cold }) => {
      const client = flow('-u-----c--|', { u: ws.upgrade('/'), c: ws.close(1001) });
      const service = serve(client, echo, { stop: cold('----s') });
      expectWebSocket(client).toBe('-u--s--|', { u: O, s: 'CLOSE 1001' });
      expectServed(service).toBe('----------(s|)', { s: { outcome: 'complete' } });
    }));
});

it('a chat delivers to each member', () =>
  httpTest(({ flow, serve, ws, expectWebSocket }) => {
    const messages = new Subject<string>();
    const one = flow('-u---a----', { u: ws.upgrade('/'), a: ws.text('hi') });
    const two = flow('--u----b--', { u: ws.upgrade('/'), b: ws.text('ho') });
    serve([one, two], (request, exchange) =>
      accept(request, exchange).pipe(
        switchMap((socket) => {
          messages.subscribe((message) => socket.next(message));
          return socket.pipe(tap((message) => messages.next(message as string)));
        }),
        ignoreElements(),
      ),
    );
    const values = { u: O, a: 'TEXT "hi"', b: 'TEXT "ho"' };
    expectWebSocket(one).toBe('-u---a-b', values);
    expectWebSocket(two).toBe('--u--a-b', values);
  }, SHORTLY));
