/**
 * A gateway and tunnels. By default it opens none; those that the program allows are joined with the upstream's, whatever protocol
 * either side speaks.
 *
 * ```
 * client   u-----a-----b---|   u = Upgrade, or CONNECT with :protocol
 *            \     \     \
 * gateway   -u-o-----a---b     o = 101 or 200, as each side has it
 *              \     \
 * origin   --u-o---a---b       an echo
 *
 * client   u-s                 s = 501: a CONNECT that is not allowed never reaches the origin
 * ```
 */
import { createHash } from 'node:crypto';
import {
  catchError,
  ignoreElements,
  map,
  mergeMap,
  type Observable,
  of,
  startWith,
  Subject,
  take,
  takeUntil,
  tap,
  timer,
  toArray,
} from 'rxjs';
import {
  type HttpRequest,
  type ForwardInit,
  type Protocol,
  type Service,
  text,
  TunnelRefused,
  type TunnelInit,
  type TunnelRequestInit,
  type TunnelResponse,
} from 'rxpaf';
import { httpTest, type HttpTest, type TestClient, type TestService } from 'rxpaf/testing';
import { drawnClient } from '../test/kits/marbles/client.js';

const URL = 'http://test/chat';
const SHORTLY = { duration: '20s' };
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
/** That of the key above (RFC 6455 section 1.3). */
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const WEBSOCKET: ForwardInit = { upgrade: ['WebSocket'] };

const acceptOf = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

/** What accepts a WebSocket: HTTP/1.1 wants to see its key. */
function switchFor({ headers }: HttpRequest): TunnelInit {
  const key = headers.get('sec-websocket-key');
  const handshake = key === undefined ? {} : { upgrade: 'websocket', 'sec-websocket-accept': acceptOf(key) };
  return { headers: { ...handshake, 'sec-websocket-protocol': 'echo' } };
}

/** A WebSocket server, as far as its handshake goes. It sends back the bytes that come. */
const origin: Service<string> = (request, exchange) => {
  return exchange.tunnel(switchFor(request)).pipe(
    tap((flow) => flow.subscribe(flow)),
    ignoreElements(),
  );
};

/** A gateway between two pairs: the connection to it, and its service. */
function gateway(
  { pair, serve, connect }: HttpTest,
  [front, behind]: readonly [Protocol, Protocol],
  init: ForwardInit = {},
  { handler = origin, stop }: { readonly handler?: Service<string>; readonly stop?: Observable<unknown> } = {},
): { readonly client: TestClient; readonly service: TestService } {
  const outside = pair({ latency: 1, alpn: front });
  const inside = pair({ latency: 1, alpn: behind });
  serve(inside.server, handler, { connectProtocol: true });
  const upstream = drawnClient([inside.client], { baseUrl: 'http://origin/', protocols: [behind], retry: false });
  const service = serve(outside.server, (request) => upstream.request(request, init), {
    connectProtocol: true,
    ...(stop === undefined ? {} : { stop }),
  });
  return { client: connect(outside.client), service };
}

/** Asks for a tunnel, on the protocol that the connection speaks. */
const tunnel = (client: TestClient, init: TunnelRequestInit): Observable<TunnelResponse> =>
  client.connection.pipe(
    take(1),
    mergeMap((connection) => connection.tunnel({ url: URL, ...init })),
  );

const webSocket = (client: TestClient, front: Protocol): Observable<TunnelResponse> =>
  tunnel(client, {
    protocol: 'websocket',
    headers: { 'sec-websocket-version': 13, ...(front === 'h2' ? {} : { 'sec-websocket-key': KEY }) },
  });

/** Writes `word`, ends 10 ms later, and reads to the end. */
const echoed =
  (word: string) =>
  ({ flow }: TunnelResponse): Observable<string> => {
    flow.next(Buffer.from(word));
    timer(10).subscribe(() => flow.complete());
    return flow.pipe(map((chunk) => Buffer.from(chunk).toString()));
  };

const PAIRS = [
  ['http/1.1', 'http/1.1'],
  ['http/1.1', 'h2'],
  ['h2', 'http/1.1'],
  ['h2', 'h2'],
] as const;

/** ms that the SETTINGS take, before an extended CONNECT may go out (RFC 8441 section 3). */
const settingsOf = (...protocols: readonly Protocol[]): string =>
  '-'.repeat(2 * protocols.filter((protocol) => protocol === 'h2').length);

const handshakeOf = ({ status, headers }: TunnelResponse): string =>
  `${status} ${headers.get('sec-websocket-protocol')} ${headers.get('sec-websocket-accept')}`;

describe.each(PAIRS)('a gateway from %s to %s', (front, behind) => {
  const protocols = [front, behind] as const;
  const opens = front === 'h2' ? 200 : 101;
  const later = settingsOf(front, behind);

  it('passes a WebSocket: each side has its own handshake, and bytes go both ways to the end of both', () =>
    httpTest((words) => {
      const { client, service } = gateway(words, protocols, WEBSOCKET);
      const heard = webSocket(client, front).pipe(
        mergeMap((response) => echoed('hello')(response).pipe(startWith(handshakeOf(response)))),
      );
      words.expectObservable(heard).toBe(`${later}----s---h---------|`, {
        s: front === 'h2' ? '200 echo undefined' : `101 echo ${ACCEPT}`,
        h: 'hello',
      });
      words.expectServed(service).toBe(`${later}-----------------${front === 'h2' ? 's' : '(s|)'}`, {
        s: { status: opens, outcome: 'complete' },
      });
      words.expectFaults(service).toBe('');
    }, SHORTLY));

  it('passes CONNECT to an upstream that is a proxy, if the program allows it', () =>
    httpTest((words) => {
      const ends: string[] = [];
      const proxy: Service<string> = (request, exchange) => {
        ends.push(`${request.method} ${request.authority}`);
        return origin(request, exchange);
      };
      const { client, service } = gateway(words, protocols, { connect: true }, { handler: proxy });
      const heard = tunnel(client, { authority: 'far:70' }).pipe(mergeMap(echoed('hello')));
      words.expectObservable(heard).toBe('--------h---------|', { h: 'hello' });
      words.expectObservable(timer(30).pipe(mergeMap(() => ends))).toBe('30ms (e|)', { e: 'CONNECT far:70' });
      words.expectFaults(service).toBe('');
    }, SHORTLY));

  it('refuses CONNECT by default, before it reaches the upstream (RFC 9110 section 9.3.6)', () =>
    httpTest((words) => {
      let asked = 0;
      const { client, service } = gateway(words, protocols, WEBSOCKET, { handler: () => text(String(++asked)) });
      words.expectObservable(refused(tunnel(client, { authority: 'far:70' }))).toBe('--(r|)', { r: 501 });
      words.expectObservable(timer(20).pipe(map(() => asked))).toBe('20ms (n|)', { n: 0 });
      words.expectFaults(service).toBe('-f', { f: { code: 'tunnel-not-allowed', kind: 'bad-request', status: 501 } });
    }, SHORTLY));

  it('does not pass a protocol that the program does not name', () =>
    httpTest((words) => {
      const { client, service } = gateway(words, protocols, WEBSOCKET, {
        handler: ({ method, headers }) => text(`${method} ${headers.get('upgrade')}`),
      });
      // An Upgrade is ignored, which a server may do; a CONNECT cannot be.
      const asking = refused(tunnel(client, { protocol: 'chat' }));
      words.expectObservable(asking).toBe('----(r|)', { r: front === 'h2' ? 501 : 200 });
      words.expectFaults(service).toBe(front === 'h2' ? '---f' : '', {
        f: { code: 'tunnel-not-allowed', kind: 'bad-request' },
      });
    }, SHORTLY));

  it('passes the response of an upstream that opens no tunnel', () =>
    httpTest((words) => {
      const { client } = gateway(words, protocols, WEBSOCKET, {
        handler: () => text('not here', { status: 403, headers: { 'x-why': 'because' } }),
      });
      words.expectObservable(refused(webSocket(client, front))).toBe(`${later}----(r|)`, { r: 403 });
    }, SHORTLY));

  it.each(['the client', 'the upstream'] as const)('aborts one tunnel with the other: %s does', (breaker) =>
    httpTest((words) => {
      const ends = new Subject<string>();
      const handler: Service<string> = (request, exchange) =>
        exchange.tunnel(switchFor(request)).pipe(
          tap((flow) => {
            flow.subscribe({ error: () => ends.next('upstream') });
            if (breaker === 'the upstream') timer(10).subscribe(() => flow.error());
          }),
          ignoreElements(),
        );
      const { client, service } = gateway(words, protocols, WEBSOCKET, { handler });
      webSocket(client, front).subscribe(({ flow }) => {
        flow.subscribe({ error: () => ends.next('client') });
        if (breaker === 'the client') timer(10).subscribe(() => flow.error());
      });
      words.expectObservable(ends.pipe(takeUntil(timer(60)), toArray())).toBe('60ms (e|)', {
        e: breaker === 'the client' ? ['client', 'upstream'] : ['upstream', 'client'],
      });
      // A reset of a whole connection overtakes all else on its way, that of a stream does not.
      const overtakes = (breaker === 'the client' ? front : behind) === 'http/1.1';
      const before = breaker === 'the client' ? '--------------' : '------------';
      const diagram = `${later}${before}${overtakes ? '' : '-'}${front === 'h2' ? 's' : '(s|)'}`;
      words.expectServed(service).toBe(diagram, { s: 'aborted' });
      words.expectFaults(service).toBe('');
    }, SHORTLY),
  );

  it('ends its tunnels when the drain time of a graceful shutdown is over', () =>
    httpTest(
      (words) => {
        const ends = new Subject<string>();
        const { client, service } = gateway(words, protocols, WEBSOCKET, { stop: timer(20) });
        webSocket(client, front).subscribe(({ flow }) => flow.subscribe({ error: () => ends.next('aborted') }));
        words.expectObservable(ends.pipe(take(1))).toBe('20ms 30s (a|)', { a: 'aborted' });
        words.expectServed(service).toBe('20ms 30s (s|)', { s: 'aborted' });
      },
      { duration: '60s' },
    ));
});

describe('a gateway whose upstream has no extended CONNECT on HTTP/2', () => {
  /** A gateway to an upstream with these connections, one after the other. */
  const upstreamOf = (words: HttpTest, protocols: readonly Protocol[], offered: readonly Protocol[]): TestClient => {
    const outside = words.pair({ latency: 1, alpn: 'http/1.1' });
    const inside = protocols.map((alpn) => words.pair({ latency: 1, alpn }));
    words.serve(
      inside.map(({ server }) => server),
      origin,
    );
    const http = drawnClient(
      inside.map(({ client }) => client),
      { baseUrl: 'http://origin/', protocols: offered, retry: false },
    );
    words.serve(outside.server, (request) => http.request(request, WEBSOCKET));
    return words.connect(outside.client);
  };

  it('asks it by Upgrade on a connection of HTTP/1.1', () =>
    httpTest((words) => {
      const client = upstreamOf(words, ['h2', 'http/1.1'], ['h2', 'http/1.1']);
      const heard = webSocket(client, 'http/1.1').pipe(mergeMap(echoed('hello')));
      words.expectObservable(heard).toBe('----------h---------|', { h: 'hello' });
    }, SHORTLY));

  it('is 502 if the client speaks only HTTP/2', () =>
    httpTest((words) => {
      const client = upstreamOf(words, ['h2'], ['h2']);
      words.expectObservable(refused(webSocket(client, 'http/1.1'))).toBe('----(r|)', { r: 502 });
    }, SHORTLY));
});

describe('an upstream that switches to another protocol than the one asked for', () => {
  const wrong = (init: TunnelInit, front: Protocol) =>
    httpTest((words) => {
      const handler: Service<string> = (_request, exchange) => exchange.tunnel(init).pipe(ignoreElements());
      const { client, service } = gateway(words, [front, 'http/1.1'], WEBSOCKET, { handler });
      words.expectObservable(refused(webSocket(client, front))).toBe(`${settingsOf(front)}----(r|)`, { r: 502 });
      words.expectFaults(service).toBe(`${settingsOf(front)}---f`, {
        f: { code: 'malformed-response', kind: 'bad-gateway', initiator: 'peer' },
      });
    }, SHORTLY);

  it.each(['http/1.1', 'h2'] as const)('is 502, of a client of %s', (front) =>
    wrong({ headers: { upgrade: 'chat' } }, front),
  );

  it('is 502 with a wrong Sec-WebSocket-Accept', () =>
    wrong({ headers: { upgrade: 'websocket', 'sec-websocket-accept': ACCEPT } }, 'h2'));

  it('is 502 of a client of HTTP/2, to which 200 would open the tunnel', () =>
    httpTest((words) => {
      const { client, service } = gateway(words, ['h2', 'http/1.1'], WEBSOCKET, { handler: () => text('a page') });
      words.expectObservable(refused(webSocket(client, 'h2'))).toBe('------(r|)', { r: 502 });
      words.expectFaults(service).toBe('-----f', { f: { code: 'tunnel-refused', kind: 'bad-gateway' } });
    }, SHORTLY));
});

/** The status of the response that declines. */
const refused = (tunnels: Observable<TunnelResponse>): Observable<number | string> =>
  tunnels.pipe(
    map(({ status }) => `opened by ${status}`),
    catchError((error: unknown) => of(error instanceof TunnelRefused ? error.response.status : String(error))),
  );
