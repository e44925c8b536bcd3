/** Every public function that takes options, called with options that a program in JavaScript might give. */
import { EMPTY } from 'rxjs';
import * as rxpaf from '../../../src/index.js';
import * as engine from '../../../src/engine/index.js';
import { responseTimeout } from '../../../src/middleware/index.js';
import * as sse from '../../../src/sse/index.js';
import * as ws from '../../../src/ws/index.js';
import * as testing from '../../../src/testing/index.js';

type Caller = (options: never) => unknown;

const { text } = rxpaf;
const handler = () => text('ok');
const info: rxpaf.Info<rxpaf.MemoryFlow, string> = {
  alpn: () => undefined,
  peer: () => 'peer',
  injection: (flow) => flow,
};
const flow = (): rxpaf.MemoryFlow => rxpaf.memoryPair()[0];
const client = () => rxpaf.client();
const URL = 'http://a/';
const engineEvents = {} as never;
const anyRequest = {} as unknown as rxpaf.HttpRequest;
const anyExchange = {} as rxpaf.Exchange;
const engineOptions = { scheme: 'http', limits: rxpaf.DEFAULT_LIMITS, date: () => undefined } as const;
const transport = rxpaf.memoryTransport({ next: () => undefined });

/** Calls `act` in a test, and throws the error that it throws, though a handler of the test may have caught it. */
function inTest(run: (words: testing.HttpTest, act: (call: () => unknown) => void) => void): void {
  let failure: { readonly error: unknown } | undefined;
  const act = (call: () => unknown): void => {
    try {
      call();
    } catch (error) {
      failure = { error };
    }
  };
  try {
    testing.httpTest((words) => {
      run(words, act);
      words.expectObservable(EMPTY).toBe('|');
    });
  } finally {
    // eslint-disable-next-line no-unsafe-finally -- the first error explains the others
    if (failure !== undefined) throw failure.error;
  }
}

const word = (use: (words: testing.HttpTest) => unknown): void => inTest((words, act) => act(() => use(words)));

/** Calls `act` with the exchange of a request. */
const exchanging = (
  alpn: rxpaf.Protocol,
  use: (exchange: rxpaf.Exchange<string>, act: (call: () => unknown) => void) => void,
): void =>
  inTest(({ flow, serve, h1, h2 }, act) => {
    const tunnel = h1.get('/', { upgrade: 'x', connection: 'upgrade' });
    const drawn = flow('(sa)|', {
      s: alpn === 'h2' ? h2.start() : '',
      a: alpn === 'h2' ? h2.connect(1, 'a:80') : tunnel,
    });
    serve(drawn, (_request, exchange) => (use(exchange, act), text('ok')), { alpn });
  });

const recorded: testing.RecordedConnection = testing.recordingOf([]);

export const CALLERS: Readonly<Record<string, Caller>> = {
  'rxpaf Body': (options) => new rxpaf.Body(options),
  ...Object.fromEntries(
    (['bytes', 'delete', 'get', 'head', 'json', 'options', 'request', 'text'] as const).map(
      (name): [string, Caller] => [`rxpaf Client#${name}`, (options) => client()[name](URL, options)],
    ),
  ),
  ...Object.fromEntries(
    (['patch', 'post', 'put'] as const).map((name): [string, Caller] => [
      `rxpaf Client#${name}`,
      (options) => client()[name](URL, undefined, options),
    ]),
  ),
  'rxpaf Client#tunnel': (options) => client().tunnel(URL, options),
  'rxpaf ClientError': (options) => new rxpaf.ClientError('closed', 'it is closed', options),
  'rxpaf ClientResponse#prioritize': (options) =>
    inTest(({ flow, connect, h1 }, act) => {
      const asked = connect(flow('-a', { a: h1.responseHead(200, { 'content-length': 5 }) }));
      asked.connection.subscribe((connection) =>
        connection.request({ url: URL }).subscribe((response) => act(() => response.prioritize(options))),
      );
    }),
  'rxpaf H1Exchange#tunnel': (options) =>
    exchanging('http/1.1', (exchange, act) => act(() => exchange.tunnel(options))),
  'rxpaf H2Exchange#push': (options) =>
    exchanging('h2', (exchange, act) => act(() => (exchange as rxpaf.H2Exchange).push(options, text('pushed')))),
  'rxpaf H2Exchange#tunnel': (options) => exchanging('h2', (exchange, act) => act(() => exchange.tunnel(options))),
  'rxpaf HttpError': (options) => new rxpaf.HttpError(404, 'no such row', options),
  'rxpaf ProtocolError': (options) => new rxpaf.ProtocolError('closed', 'it is closed', options),
  'rxpaf Transports#register': (options) => rxpaf.Transports.EMPTY.register(transport, options),
  'rxpaf bytes': (options) => rxpaf.bytes('', options),
  'rxpaf client': (options) => rxpaf.client(options),
  'rxpaf collect': (options) => rxpaf.collect(options),
  'rxpaf connect': (options) => rxpaf.connect(flow(), options),
  'rxpaf connectProxy': (options) => rxpaf.connectProxy({ url: URL, ...(options as object) }),
  'rxpaf connections': (options) => rxpaf.connections(info, options),
  'rxpaf consume': (options) => rxpaf.consume((value) => [value], options),
  'rxpaf empty': (options) => rxpaf.empty(options),
  'rxpaf fromPull': (options) => rxpaf.fromPull([], options),
  'rxpaf h1': (options) => rxpaf.h1(options),
  'rxpaf h2': (options) => rxpaf.h2(options),
  'rxpaf html': (options) => rxpaf.html('', options),
  'rxpaf json': (options) => rxpaf.json(1, options),
  'rxpaf key': (options) => rxpaf.key('name', options),
  'rxpaf limitsWith': (options) => rxpaf.limitsWith(options),
  'rxpaf listen': (options) => rxpaf.listen(options),
  'rxpaf memoryPair': (options) => rxpaf.memoryPair(options),
  'rxpaf memoryTransport': (options) => rxpaf.memoryTransport({ next: () => undefined }, options),
  'rxpaf nodeTransports.register': (options) => rxpaf.nodeTransports.register(transport, options),
  'rxpaf run': (options) => rxpaf.run(flow(), { url: URL }, options),
  'rxpaf serve': (options) => rxpaf.serve(options, handler),
  'rxpaf service': (options) => rxpaf.service(info, handler, options),
  'rxpaf tee': (options) => rxpaf.tee(2, options),
  'rxpaf text': (options) => rxpaf.text('', options),
  'rxpaf through': (options) => rxpaf.through(() => null as never, options),
  'rxpaf tlsOver': (options) => rxpaf.tlsOver(flow(), options),
  'rxpaf tunnel': (options) => rxpaf.tunnel(flow(), { url: URL }, options),
  'rxpaf wiretap': (options) => rxpaf.wiretap(() => undefined, options),
  'rxpaf/engine ProtocolError': (options) => new engine.ProtocolError('closed', 'it is closed', options),
  'rxpaf/engine createH1Client': (options) => engine.createH1Client(withEngine(options), engineEvents),
  'rxpaf/engine createH1Server': (options) => engine.createH1Server(withEngine(options), engineEvents),
  'rxpaf/engine createH2Client': (options) => engine.createH2Client(withEngine(options), engineEvents),
  'rxpaf/engine createH2Server': (options) => engine.createH2Server(withEngine(options), engineEvents),
  'rxpaf/engine limitsWith': (options) => engine.limitsWith(options),
  'rxpaf/middleware responseTimeout': (options) => responseTimeout(1, options),
  'rxpaf/sse EventLog': (options) => new sse.EventLog(options),
  'rxpaf/sse EventLog#add': (options) => new sse.EventLog().add(options),
  'rxpaf/sse eventSource': (options) => sse.eventSource(client(), URL, options),
  'rxpaf/sse eventText': (options) => sse.eventText(EMPTY, options),
  'rxpaf/sse events': (options) => sse.events(EMPTY, options),
  'rxpaf/sse formatEvent': (options) => sse.formatEvent(options),
  'rxpaf/sse parseEvents': (options) => sse.parseEvents(options),
  'rxpaf/testing HttpTest#call': (options) => word(({ call }) => call(handler, options)),
  'rxpaf/testing HttpTest#chain': (options) => word(({ chain, flow }) => chain(flow('-'), () => EMPTY, options)),
  'rxpaf/testing HttpTest#connect': (options) => word(({ connect, flow }) => connect(flow('-'), options)),
  'rxpaf/testing HttpTest#expectFrames': (options) =>
    word(({ expectFrames, flow }) => expectFrames(flow('-'), options)),
  'rxpaf/testing HttpTest#expectWire': (options) => word(({ expectWire, flow }) => expectWire(flow('-'), options)),
  'rxpaf/testing HttpTest#pair': (options) => word(({ pair }) => pair(options)),
  'rxpaf/testing HttpTest#request': (options) => word(({ request, flow }) => request(flow('-'), { url: URL }, options)),
  'rxpaf/testing HttpTest#serve': (options) => word(({ serve, flow }) => serve(flow('-'), handler, options)),
  'rxpaf/testing HttpTest#serveConnections': (options) =>
    word(({ serveConnections, flow }) => serveConnections(flow('-'), (connections) => connections, options)),
  'rxpaf/testing TestClient#request': (options) =>
    word(({ connect, flow }) => connect(flow('-')).request({ url: URL }, options)),
  'rxpaf/testing expectExchanges': (options) =>
    word((words) => testing.expectExchanges(words, words.flow('-'), handler, options)),
  'rxpaf/testing h2.continuation': (options) => testing.h2.continuation(1, Buffer.alloc(0), options),
  'rxpaf/testing h2.data': (options) => testing.h2.data(1, '', options),
  'rxpaf/testing h2.headers': (options) => testing.h2.headers(1, {}, options),
  'rxpaf/testing h2.ping': (options) => testing.h2.ping('12345678', options),
  'rxpaf/testing h2.priority': (options) => testing.h2.priority(1, options),
  'rxpaf/testing h2.responseHead': (options) => testing.h2.responseHead(1, 200, {}, options),
  'rxpaf/testing h2.settings': (options) => testing.h2.settings(options),
  'rxpaf/testing h2.settingsField': (options) => testing.h2.settingsField(options),
  'rxpaf/testing h2.start': (options) => testing.h2.start(options),
  'rxpaf/testing h2.startServer': (options) => testing.h2.startServer(options),
  'rxpaf/testing httpTest': (options) => testing.httpTest(() => undefined, options),
  'rxpaf/testing httpTest.everySplit': (options) => testing.httpTest.everySplit(() => undefined, options),
  'rxpaf/testing printTest': (options) => testing.printTest(recorded, options),
  'rxpaf/testing record': (options) => testing.record(flow(), options),
  'rxpaf/testing recordingOf': (options) => testing.recordingOf([], options),
  'rxpaf/testing replay': (options) => testing.replay(recorded, handler, options),
  'rxpaf/testing ws.binary': (options) => testing.ws.binary('', options),
  'rxpaf/testing ws.close': (options) => testing.ws.close(1000, '', options),
  'rxpaf/testing ws.continuation': (options) => testing.ws.continuation('', options),
  'rxpaf/testing ws.ping': (options) => testing.ws.ping('', options),
  'rxpaf/testing ws.pong': (options) => testing.ws.pong('', options),
  'rxpaf/testing ws.text': (options) => testing.ws.text('', options),
  'rxpaf/ws WebSocketError': (options) => new ws.WebSocketError('closed', 'it is closed', 1006, options),
  'rxpaf/ws accept': (options) => ws.accept(anyRequest, anyExchange, options),
  'rxpaf/ws webSocket': (options) => ws.webSocket(URL, options),
  'rxpaf/ws webSocketLimitsWith': (options) => ws.webSocketLimitsWith(options),
};

function withEngine(options: object): typeof engineOptions {
  return { ...engineOptions, ...options };
}

/** Options that have others around them. */
export const NESTED: Readonly<Record<string, Caller>> = {
  'a request of run': (options) => rxpaf.run(flow(), options),
  'a tunnel over a flow': (options) => rxpaf.tunnel(flow(), options),
  'tls of serve': (options) => rxpaf.serve({ tls: options }, handler),
  'tls of listen': (options) => rxpaf.listen({ tls: options }),
  'a context of tls': (options) => rxpaf.listen({ tls: { contexts: { 'a.test': options } } }),
  'tls of client': (options) => rxpaf.client({ tls: options }),
  'tls of tlsOver': (options) => rxpaf.tlsOver(flow(), { tls: options }),
  TLS_OPTIONS: (options) => rxpaf.Context.EMPTY.add(rxpaf.TLS_OPTIONS, options),
};

/** Calls the function `name` with `options`. */
export function given(name: string, options: unknown): () => unknown {
  return () => (CALLERS[name] ?? NESTED[name])!(options as never);
}
