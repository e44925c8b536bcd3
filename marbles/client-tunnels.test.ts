/**
 * A tunnel of the client's: one operation, by `Upgrade` or CONNECT on HTTP/1.1, by CONNECT or extended CONNECT on HTTP/2. From the response
 * on there are bytes in both directions, with credit, and they end as bytes do.
 *
 * ```
 * tunnel         ^--o              o = the response, with its flow
 * wire (h1)      x--hi--|          x = GET with Upgrade: echo; h, i = what is written; | = FIN
 * wire (h2)      x--hi--e          x = HEADERS CONNECT; h, i = DATA; e = END_STREAM
 * server         ---s---r|         s = 101, or 200; r = what comes back
 *
 * tunnel         ^--#              a response that opens no tunnel is an error, which has it
 * tunnel         ^-!               given up before the response: cancelled, as a request is
 *
 * flow           ---o- 600s -r     a tunnel may be silent for as long as it likes
 * flow           ---- 60s -!       one that nobody takes is aborted
 * ```
 */
import { catchError, EMPTY, filter, map, merge, mergeMap, type Observable, of, scan, take, timer } from 'rxjs';
import {
  ClientError,
  type ClientOptions,
  type Flow,
  type Protocol,
  retain,
  tunnel,
  TunnelRefused,
  type TunnelRequestInit,
  type TunnelResponse,
} from 'rxpaf';
import { type h1 as H1, type h2 as H2, httpTest, type TestClient, type Wire } from 'rxpaf/testing';
import { drawnClient, outcomeOf } from '../test/kits/marbles/client.js';

const ROOM = 'http://test/room';
const ECHO: TunnelRequestInit = { protocol: 'echo' };
const FAR: TunnelRequestInit = { authority: 'far:70' };
/** No connection is idle for so long that it would end. */
const SHORTLY = { duration: '20s' };
const ONCE: ClientOptions = { retry: false };
const H2_ONCE: ClientOptions = { retry: false, protocols: ['h2'] };

/** Takes the tunnel, writes `words`, and reads it; `end`: then ends the writing side. */
function through(tunnels: Observable<TunnelResponse>, words: readonly string[], end = false): Observable<string> {
  return tunnels.pipe(
    mergeMap(({ flow }) => {
      for (const word of words) flow.next(Buffer.from(word));
      if (end) flow.complete();
      return flow.pipe(map((chunk) => Buffer.from(chunk).toString()));
    }),
  );
}

/** How it failed, in a word. */
function failing(work: Observable<unknown>): Observable<string> {
  return work.pipe(
    mergeMap(() => EMPTY),
    catchError((error: unknown) => of(error instanceof ClientError ? error.code : String(error))),
  );
}

const on = (client: TestClient, url: string, init: TunnelRequestInit): Observable<TunnelResponse> =>
  client.connection.pipe(
    take(1),
    mergeMap((connection) => connection.tunnel({ url, ...init })),
  );

/** A tunnel on each protocol: what the client asks with, and the server accepts it with. */
interface Kind {
  readonly protocol: Protocol;
  readonly init: TunnelRequestInit;
  readonly options: ClientOptions;
  readonly accept: (h1: typeof H1, h2: typeof H2) => Wire;
}

/** What the server begins with. */
const begin = ({ protocol }: Kind, h2: typeof H2): Wire =>
  protocol === 'h2' ? h2.startServer({ ENABLE_CONNECT_PROTOCOL: 1 }) : '';

const KINDS: readonly Kind[] = [
  {
    protocol: 'http/1.1',
    init: ECHO,
    options: ONCE,
    accept: (h1) => h1.responseHead(101, { upgrade: 'echo', connection: 'upgrade' }),
  },
  { protocol: 'http/1.1', init: FAR, options: ONCE, accept: (h1) => h1.responseHead(200) },
  {
    protocol: 'h2',
    init: ECHO,
    options: H2_ONCE,
    accept: (_, h2) => h2.responseHead(1, 200),
  },
  {
    protocol: 'h2',
    init: FAR,
    options: H2_ONCE,
    accept: (_, h2) => h2.responseHead(1, 200),
  },
];

/** On HTTP/1.1. */
const ASKED = {
  upgrade: 'GET /room HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n',
  connect: 'CONNECT far:70 HTTP/1.1\r\nhost: far:70\r\n\r\n',
} as const;

const TITLED = KINDS.map((kind) => [kind.protocol, kind.init === ECHO ? 'a protocol' : 'CONNECT', kind] as const);

describe('on HTTP/1.1', () => {
  it('asks for a protocol by Upgrade; bytes after 101 belong to the tunnel', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const server = flow('--s--b|', {
        s: [h1.responseHead(101, { upgrade: 'echo', connection: 'upgrade' }), 'hello'],
        b: 'bye',
      });
      const http = drawnClient([server], ONCE);
      expectObservable(through(http.tunnel(ROOM, ECHO), ['one', 'two'], true)).toBe('--h--b|', {
        h: 'hello',
        b: 'bye',
      });
      expectWire(server).toBe('x-(y|)', {
        x: 'GET /room HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n',
        y: 'onetwo',
      });
    }));

  it('asks for another host and port by CONNECT', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const server = flow('--s-b|', { s: h1.responseHead(200), b: 'bye' });
      const http = drawnClient([server], ONCE);
      expectObservable(through(http.tunnel('http://proxy:8080', FAR), ['hello'], true)).toBe('----b|', { b: 'bye' });
      expectWire(server).toBe('x-(y|)', { x: 'CONNECT far:70 HTTP/1.1\r\nhost: far:70\r\n\r\n', y: 'hello' });
    }));

  it('takes the connection out of the pool, which has room for another', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('--s', { s: h1.responseHead(101, { upgrade: 'echo', connection: 'upgrade' }) });
      const two = flow('-----a', { a: h1.response(204) });
      const http = drawnClient([one, two], { ...ONCE, connections: 1 });
      expectObservable(http.tunnel(ROOM, ECHO).pipe(map(({ flow: { ready } }) => ready))).toBe('--(o|)', { o: true });
      expectObservable(outcomeOf(http.get('http://test/')), '-^').toBe('-----(o|)', { o: '204' });
      expectWire(two).toBe('--x', { x: h1.get('/') });
    }, SHORTLY));
});

describe('on HTTP/2', () => {
  it('asks for a protocol by extended CONNECT, once the server has offered it; the stream is the tunnel', () =>
    httpTest(({ flow, h2, expectFrames, expectObservable }) => {
      const server = flow('--s--a-b', {
        s: h2.startServer({ ENABLE_CONNECT_PROTOCOL: 1 }),
        a: [h2.responseHead(1, 200), h2.data(1, 'hello')],
        b: h2.data(1, 'bye', { end: true }),
      });
      const http = drawnClient([server], H2_ONCE);
      expectObservable(through(http.tunnel(ROOM, ECHO), ['one', 'two'], true)).toBe('-----h-(b|)', {
        h: 'hello',
        b: 'bye',
      });
      expectFrames(server).toBe('--x--y', {
        x: {
          type: 'HEADERS',
          says: 'CONNECT /room',
          endStream: false,
          fields: {
            ':method': 'CONNECT',
            ':scheme': 'http',
            ':authority': 'test',
            ':path': '/room',
            ':protocol': 'echo',
          },
        },
        y: { type: 'DATA', stream: 1, length: 6, endStream: true },
      });
    }, SHORTLY));

  it('asks for a host and a port by CONNECT, at once', () =>
    httpTest(({ flow, h2, expectFrames, expectObservable }) => {
      const server = flow('--s--a', {
        s: h2.startServer(),
        a: [h2.responseHead(1, 200), h2.data(1, 'hi', { end: true })],
      });
      const http = drawnClient([server], H2_ONCE);
      expectObservable(through(http.tunnel('http://proxy:8080', FAR), [])).toBe('-----(h|)', { h: 'hi' });
      expectFrames(server).toBe('x', {
        x: { type: 'HEADERS', endStream: false, fields: { ':method': 'CONNECT', ':authority': 'far:70' } },
      });
    }, SHORTLY));

  it('is protocol-mismatch where the server has not offered extended CONNECT; nothing goes out', () =>
    httpTest(({ flow, h2, expectFrames, expectObservable }) => {
      const server = flow('--s', { s: h2.startServer() });
      expectObservable(failing(drawnClient([server], H2_ONCE).tunnel(ROOM, ECHO))).toBe('--(e|)', {
        e: 'protocol-mismatch',
      });
      expectFrames(server).toBe('');
    }, SHORTLY));

  it('leaves the connection to others: END_STREAM and RST_STREAM are of the stream', () =>
    httpTest(({ flow, connect, h2, expectFrames, expectObservable }) => {
      const server = flow('s--(ab)----r', {
        s: h2.startServer(),
        a: h2.responseHead(1, 200),
        b: h2.responseHead(3, 200),
        r: h2.rst(3, 'CONNECT_ERROR'),
      });
      const client = connect(server, { alpn: 'h2' });
      const aborted = on(client, 'http://far:70', {}).pipe(
        mergeMap(({ flow: ours }) => merge(ours, timer(3).pipe(mergeMap(() => (ours.error(), EMPTY))))),
      );
      expectObservable(failing(aborted)).toBe('------(e|)', {
        e: 'ProtocolError: the tunnel was aborted by this side',
      });
      expectObservable(failing(through(on(client, 'http://far:71', {}), []))).toBe('-----------(e|)', {
        e: 'protocol-error',
      });
      expectFrames(server).toBe('(xy)--r', {
        x: { stream: 1, fields: { ':method': 'CONNECT', ':authority': 'far:70' } },
        y: { stream: 3, fields: { ':method': 'CONNECT', ':authority': 'far:71' } },
        r: 'RST_STREAM 1 CANCEL',
      });
    }, SHORTLY));

  it('gives credit back as its reader takes what comes', () =>
    httpTest(({ flow, connect, h2, expectFrames, expectObservable }) => {
      const chunk = Buffer.alloc(64 * 1024);
      const server = flow('s--a-(bbb)', { s: h2.startServer(), a: h2.responseHead(1, 200), b: h2.data(1, chunk) });
      const client = connect(server, { alpn: 'h2' });
      const taken = on(client, 'http://far:70', {}).pipe(
        mergeMap(({ flow: tunnelled }) => tunnelled),
        mergeMap((bytes) => {
          const release = retain();
          return timer(10).pipe(map(() => (release?.(), bytes.length)));
        }),
        scan((total, size) => total + size, 0),
        filter((total) => total === 3 * chunk.length),
      );
      expectObservable(taken).toBe('---------------t', { t: 3 * chunk.length });
      expectFrames(server).toBe('x--------------w', {
        x: { type: 'HEADERS' },
        w: { type: 'WINDOW_UPDATE', stream: 1 },
      });
    }, SHORTLY));
});

describe.each(TITLED)('on %s, by %s', (_protocol, _name, kind) => {
  const { protocol, init, options, accept } = kind;

  it('is cold: nothing happens before it is subscribed to', () =>
    httpTest(({ flow, expectWire }) => {
      const server = flow('');
      drawnClient([server], options).tunnel(ROOM, init);
      expectWire(server).toBe('');
    }));

  it('is cancelled by unsubscribing before the response', () =>
    httpTest(({ flow, h2, expectWire, expectFrames, expectObservable }) => {
      const offer = h2.startServer({ ENABLE_CONNECT_PROTOCOL: 1 });
      const server = flow(protocol === 'h2' ? 's---' : '', { s: offer });
      expectObservable(drawnClient([server], options).tunnel(ROOM, init), '^--!').toBe('');
      if (protocol === 'h2') expectFrames(server).toBe('x--r', { x: { type: 'HEADERS' }, r: 'RST_STREAM 1 CANCEL' });
      else expectWire(server).toBe('x--!', { x: ASKED[init === ECHO ? 'upgrade' : 'connect'] });
    }, SHORTLY));

  it('may be silent for ten minutes', () =>
    httpTest(({ flow, h1, h2, expectObservable }) => {
      const word = protocol === 'h2' ? h2.data(1, 'hi', { end: true }) : 'hi';
      const server = flow('s-a 600s b|', { s: begin(kind, h2), a: accept(h1, h2), b: word });
      const http = drawnClient([server], options);
      const said = protocol === 'h2' ? '(h|)' : 'h|';
      expectObservable(through(http.tunnel(ROOM, init), [])).toBe(`--- 600s ${said}`, { h: 'hi' });
    }));

  it('that nobody takes is aborted after the time of a body', () =>
    httpTest(
      ({ flow, h1, h2, expectWire, expectFrames, expectObservable }) => {
        const server = flow('s-a', { s: begin(kind, h2), a: accept(h1, h2) });
        // The response is looked at, and its flow is not.
        const looked = drawnClient([server], options)
          .tunnel(ROOM, init)
          .pipe(map(({ status }) => status));
        expectObservable(looked).toBe('--(o|)', { o: init === ECHO && protocol !== 'h2' ? 101 : 200 });
        if (protocol === 'h2') {
          expectFrames(server).toBe('x- 60s r', { x: { type: 'HEADERS' }, r: 'RST_STREAM 1 CANCEL' });
        } else expectWire(server).toBe('x- 60s !', { x: ASKED[init === ECHO ? 'upgrade' : 'connect'] });
      },
      { duration: '80s' },
    ));

  it('that is taken late is the program’s until it ends it', () =>
    httpTest(
      ({ flow, h1, h2, expectObservable }) => {
        const server = flow('s-a', { s: begin(kind, h2), a: accept(h1, h2) });
        const flows = drawnClient([server], options)
          .tunnel(ROOM, init)
          .pipe(mergeMap((response) => timer(59_000).pipe(map(() => response.flow))));
        const states = flows.pipe(mergeMap((each: Flow) => timer(10_000).pipe(map(() => each.ready))));
        expectObservable(states).toBe('-- 69s (r|)', { r: true });
      },
      { duration: '80s' },
    ));

  it('whose response does not come is headers-timeout', () =>
    httpTest(({ flow, h2, expectObservable }) => {
      const server = flow(protocol === 'h2' ? 's' : '', { s: h2.startServer({ ENABLE_CONNECT_PROTOCOL: 1 }) });
      expectObservable(failing(drawnClient([server], options).tunnel(ROOM, init))).toBe('30s (e|)', {
        e: 'headers-timeout',
      });
    }));

  it('that the server does not open is an error with its response; the connection goes on', () =>
    httpTest(({ flow, h1, h2, expectObservable }) => {
      const server = flow('s--a--b', {
        s: protocol === 'h2' ? h2.startServer({ ENABLE_CONNECT_PROTOCOL: 1 }) : '',
        a: protocol === 'h2' ? h2.response(1, 403, 'not you') : h1.response(403, 'not you'),
        b: protocol === 'h2' ? h2.response(3, 204) : h1.response(204),
      });
      const http = drawnClient([server], options);
      const content = http
        .tunnel(ROOM, init)
        .pipe(
          catchError((error: unknown) =>
            error instanceof TunnelRefused
              ? error.response.body.text().pipe(map((words) => `${error.code} ${error.responseStatus} ${words}`))
              : of(String(error)),
          ),
        );
      expectObservable(content).toBe('---(r|)', { r: 'tunnel-refused 403 not you' });
      expectObservable(outcomeOf(http.get('http://test/')), '-----^').toBe('------(o|)', { o: '204' });
    }, SHORTLY));
});

describe('is sent again', () => {
  it('only where the server has certainly not acted on it', () =>
    httpTest(({ flow, h2, expectObservable, expectFrames }) => {
      const server = flow('s--r 98ms -a', {
        s: h2.startServer({ ENABLE_CONNECT_PROTOCOL: 1 }),
        r: h2.rst(1, 'REFUSED_STREAM'),
        a: h2.responseHead(3, 200),
      });
      const http = drawnClient([server], { protocols: ['h2'] });
      expectObservable(through(http.tunnel(ROOM, ECHO), []), '^ 110ms !').toBe('');
      expectFrames(server).toBe('x 101ms y', {
        x: { stream: 1, says: 'CONNECT /room' },
        y: { stream: 3, says: 'CONNECT /room' },
      });
    }, SHORTLY));

  it('and not after a response, whatever its status', () =>
    httpTest(({ flow, h1, expectObservable, expectWire }) => {
      const server = flow('--a', { a: h1.response(503, '') });
      expectObservable(failing(drawnClient([server]).tunnel(ROOM, ECHO))).toBe('--(e|)', { e: 'tunnel-refused' });
      expectWire(server).toBe('x', {
        x: 'GET /room HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n',
      });
    }, SHORTLY));

  it('nor redirected', () =>
    httpTest(({ flow, h1, expectObservable }) => {
      const server = flow('--a', { a: h1.response(307, '', { location: '/elsewhere' }) });
      expectObservable(failing(drawnClient([server], ONCE).tunnel(ROOM, ECHO))).toBe('--(e|)', { e: 'tunnel-refused' });
    }, SHORTLY));
});

describe('over a flow of one’s own', () => {
  it.each([
    ['http/1.1', '--s-b|', '---- b|'],
    ['h2', '--s-b', '----(b|)'],
  ] as const)('`tunnel` is to `run` what it is to the others: on %s', (alpn, drawn, said) =>
    httpTest(({ flow, h1, h2, expectObservable }) => {
      const server = flow(
        drawn,
        alpn === 'h2'
          ? { s: [h2.startServer(), h2.responseHead(1, 200)], b: h2.data(1, 'bye', { end: true }) }
          : { s: h1.responseHead(200), b: 'bye' },
      );
      expectObservable(through(tunnel(server, { url: 'http://far:70' }, { alpn }), ['hi'], true)).toBe(
        said.replace(' ', ''),
        { b: 'bye' },
      );
    }, SHORTLY),
  );
});

describe('bad input', () => {
  it.each(['two words', '', 'a,b'])('a protocol that is not a token, %j, is invalid-request', (protocol) =>
    httpTest(({ expectObservable }) => {
      expectObservable(failing(drawnClient([]).tunnel(ROOM, { protocol }))).toBe('(e|)', { e: 'invalid-request' });
    }),
  );
});
