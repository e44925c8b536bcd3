/** Options of public functions: an unknown name, or a value of another kind, is an error that says what was expected. */
import { NEVER, type Observable, of } from 'rxjs';
import { CALLERS, given, NESTED } from '../test/kits/units/option-callers.js';
import { functionsWithOptions, type OptionKind } from '../test/kits/units/with-options.js';
import { Body, listen } from './index.js';

const FUNCTIONS = functionsWithOptions();

/** The name of the error that `call` throws. */
function nameOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).name;
  }
  return 'none';
}

it('each function that takes options is among those that are tried here', () => {
  expect(Object.keys(CALLERS).sort()).toEqual(Object.keys(FUNCTIONS).sort());
});

describe('an unknown name', () => {
  it.each([
    ['serve', 'prot', 'port'],
    ['serve', 'limit', 'limits'],
    ['serve', 'trustProxy', 'trustedProxy'],
    ['listen', 'hosts', 'host'],
    ['listen', 'maxConnection', 'maxConnections'],
    ['service', 'fault', 'faults'],
    ['connections', 'halfclose', 'halfClose'],
    ['h1', 'shceme', 'scheme'],
    ['h2', 'connectProtocols', 'connectProtocol'],
    ['client', 'baseURL', 'baseUrl'],
    ['client', 'redirect', 'redirects'],
    ['listen', 'reuseport', 'reusePort'],
    ['tlsOver', 'handshakeTimeOut', 'handshakeTimeout'],
    ['connectProxy', 'header', 'headers'],
    ['connect', 'pipelinig', 'pipelining'],
    ['run', 'Alpn', 'alpn'],
    ['Client#request', 'header', 'headers'],
    ['Client#request', 'redirect', 'redirects'],
    ['Client#get', 'signals', 'signal'],
    ['Client#text', 'limits', 'limit'],
    ['Client#tunnel', 'header', 'headers'],
    ['text', 'statuss', 'status'],
    ['HttpError', 'exposed', 'expose'],
    ['memoryPair', 'latencys', 'latency'],
    ['wiretap', 'snaps', 'snap'],
    ['ClientResponse#prioritize', 'incrementel', 'incremental'],
    ['H2Exchange#push', 'pathh', 'path'],
  ])('of %s is refused: %s, for %s', (name, wrong, meant) => {
    const call = given(`rxpaf ${name}`, { [wrong]: 1 });
    expect(call).toThrow(RangeError);
    expect(call).toThrow(`no option "${wrong}": did you mean "${meant}"?`);
  });

  it.each([
    ['a request of run', 'methods', 'method'],
    ['a tunnel over a flow', 'uri', 'url'],
    ['tls of serve', 'requestCerts', 'requestCert'],
    ['tls of listen', 'certs', 'cert'],
    ['a context of tls', 'rejectUnauthorised', 'rejectUnauthorized'],
    ['tls of client', 'rejectUnauthorised', 'rejectUnauthorized'],
    ['tls of tlsOver', 'cas', 'ca'],
    ['TLS_OPTIONS', 'minversion', 'minVersion'],
    ['rxpaf/testing HttpTest#serve', 'unsubscribed', 'unsubscribe'],
    ['rxpaf/testing h2.settings', 'ENABLE_PUSHED', 'ENABLE_PUSH'],
    ['rxpaf/engine createH1Client', 'pipelinig', 'pipelining'],
  ])('of %s is refused: %s, for %s', (name, wrong, meant) => {
    expect(given(name, { [wrong]: 1 })).toThrow(`no option "${wrong}": did you mean "${meant}"?`);
  });

  it.each([...Object.keys(CALLERS), ...Object.keys(NESTED)])('of %s is refused, in any case', (name) => {
    expect(given(name, { colour: 5 })).toThrow(RangeError);
    expect(given(name, { colour: 5 })).toThrow(/no (option|limit named) "colour"/);
  });

  it.each(Object.keys(NESTED).concat(['serve', 'listen', 'service', 'h1', 'client', 'run'].map((n) => `rxpaf ${n}`)))(
    'is not looked for in what is not an object: %s',
    (name) => {
      expect(given(name, 'options')).toThrow(TypeError);
      expect(given(name, null)).toThrow(TypeError);
    },
  );
});

const TIMES = [NaN, 0, -1, 'x', 2 ** 31, null];
const COUNTS = [NaN, 0, -1, 1.5, 'x', Infinity, null];
const FROM_ZERO = [NaN, -1, 1.5, 'x', null];
const BYTES = [NaN, 0, -1, 'x', null];
const SIZES = [NaN, -1, 'x', null];
const SWITCHES = [1, 'true', null, 0];
const OBJECTS = [1, 'x', true, null];
const TEXTS = [1, '', null, true];
const PROTOCOLS = [[], ['h3'], 'h2', null];
const SIGNALS = [1, 'x', null, {}];
const OBSERVERS = [1, null, {}, () => 0];

type Values = Readonly<Record<string, readonly unknown[]>>;

const LISTENING: Values = {
  maxConnections: COUNTS,
  backlog: COUNTS,
  host: TEXTS,
  path: TEXTS,
  tls: OBJECTS,
  mode: [NaN, -1, 0o1000, '660', null],
  fd: [NaN, -1, 1.5, '3', null],
  reusePort: SWITCHES,
  tcpKeepAlive: [NaN, 0, 999, -1, '60000', null],
};
const TLS: Values = {
  rejectUnauthorized: SWITCHES,
  honorCipherOrder: SWITCHES,
  ticketKeys: [1, 'x', Buffer.alloc(16), null],
};
const CHAIN: Values = {
  limits: OBJECTS,
  scheduler: OBJECTS,
  faults: OBJECTS,
  connectProtocol: SWITCHES,
  halfClose: SWITCHES,
  trustedProxy: [1, 'x', null, {}],
};
const ACCEPTING: Values = {
  ...CHAIN,
  stop: OBJECTS,
  protocols: OBJECTS,
  connectionEvents: OBJECTS,
  h2cUpgrade: SWITCHES,
};
const CHAINS: Values = { ...CHAIN, scheme: ['ftp', 1, null] };
const REQUEST: Values = {
  headTimeout: BYTES,
  bodyTimeout: BYTES,
  headers: OBJECTS,
  redirects: FROM_ZERO,
  interim: SWITCHES,
  signal: SIGNALS,
};
const ENGINE: Values = { limits: OBJECTS, date: OBJECTS };

/** For each function, values that its options cannot have. */
const WRONG: Readonly<Record<string, Values>> = {
  'rxpaf serve': { ...LISTENING, ...ACCEPTING },
  'rxpaf listen': { ...LISTENING, listening: OBJECTS },
  'rxpaf service': ACCEPTING,
  'rxpaf connections': ACCEPTING,
  'rxpaf h1': CHAINS,
  'rxpaf h2': CHAINS,
  'rxpaf client': {
    headers: OBJECTS,
    protocols: PROTOCOLS,
    middleware: [1, 'x', true, {}],
    tls: OBJECTS,
    context: OBJECTS,
    transports: OBJECTS,
    connections: COUNTS,
    h2Connections: COUNTS,
    pipelining: COUNTS,
    queue: FROM_ZERO,
    redirects: FROM_ZERO,
    decompress: SWITCHES,
    connectTimeout: TIMES,
    via: TEXTS,
    random: OBJECTS,
  },
  'rxpaf connect': { pipelining: COUNTS, protocols: PROTOCOLS, scheme: ['ftp', 1, null] },
  'rxpaf run': { pipelining: COUNTS },
  'rxpaf Client#request': { ...REQUEST, uploadProgress: OBSERVERS },
  'rxpaf Client#get': { ...REQUEST, downloadProgress: OBSERVERS },
  'rxpaf Client#text': { limit: BYTES },
  'rxpaf Client#tunnel': { headers: OBJECTS, signal: SIGNALS },
  'rxpaf ClientResponse#prioritize': { incremental: SWITCHES.filter((value) => value !== null) },
  'rxpaf connectProxy': { headers: OBJECTS, tls: OBJECTS, transports: OBJECTS },
  'rxpaf Body': { window: BYTES.slice(0, -1), limit: BYTES.slice(0, -1) },
  'rxpaf collect': { limit: SIZES.slice(0, -1) },
  'rxpaf consume': { concurrency: BYTES.slice(0, -1) },
  'rxpaf fromPull': { window: BYTES, start: SIZES, end: SIZES },
  'rxpaf tee': { window: BYTES.slice(0, -1) },
  'rxpaf through': { flush: SWITCHES.filter((value) => value !== null) },
  'rxpaf HttpError': { expose: SWITCHES.filter((value) => value !== null) },
  'rxpaf memoryPair': { latency: SIZES, fragment: BYTES, capacity: BYTES, scheduler: OBJECTS },
  'rxpaf memoryTransport': { latency: SIZES, name: TEXTS, when: OBJECTS },
  'rxpaf Transports#register': { priority: [NaN, 'x', null], exclusive: SWITCHES },
  'rxpaf wiretap': { snap: SIZES, limit: SIZES, scheduler: OBJECTS },
  'rxpaf tlsOver': {
    tls: OBJECTS,
    alpn: ['h2', [1], {}, null],
    scheduler: OBJECTS,
    sessions: OBJECTS,
    host: TEXTS,
    port: [NaN, -1, 65_536, '443', null],
    handshakeTimeout: BYTES,
  },
  'rxpaf/engine createH1Server': ENGINE,
  'rxpaf/engine createH1Client': { ...ENGINE, pipelining: COUNTS },
  'rxpaf/engine createH2Server': { ...ENGINE, connectProtocol: SWITCHES },
  'rxpaf/engine createH2Client': { ...ENGINE, push: SWITCHES },
  'rxpaf/middleware responseTimeout': { response: OBJECTS, scheduler: OBJECTS },
  'rxpaf/testing HttpTest#call': { alpn: ['h3', 1, null], headers: OBJECTS, tunnel: OBJECTS },
  'rxpaf/testing HttpTest#chain': { unsubscribe: [1, null] },
  'rxpaf/testing HttpTest#expectWire': { coalesce: SWITCHES },
  'rxpaf/testing HttpTest#expectFrames': { beginning: SWITCHES },
  'rxpaf/testing HttpTest#pair': { latency: SIZES, alpn: TEXTS },
  'rxpaf/testing HttpTest#serve': { ...ACCEPTING, scheme: ['ftp', 1, null], unsubscribe: [1, null] },
  'rxpaf/testing TestClient#request': { subscription: [1, null], read: [true, 1, 'x', null] },
  'rxpaf/testing httpTest': { duration: [NaN, -1, null, true] },
  'rxpaf/testing printTest': { runner: TEXTS, handler: TEXTS, title: TEXTS },
  'rxpaf/testing record': { limit: SIZES, idle: SIZES, redact: [1, 'x', true, null], ended: OBJECTS },
  'rxpaf/testing recordingOf': { truncated: SWITCHES, redact: [{ fields: 'cookie' }, { colour: 1 }] },
  'rxpaf/testing replay': { ...ACCEPTING, scheme: ['ftp', 1, null] },
  'rxpaf/ws webSocket': {
    http: OBJECTS,
    protocols: ['chat', ['a b'], ['a', 'a'], null],
    deflate: [1, 'x', null],
    headers: OBJECTS,
    limits: OBJECTS,
  },
  'rxpaf/ws accept': { limits: OBJECTS, deflate: [1, 'x', null] },
  'a request of run': { priority: OBJECTS },
  'tls of listen': { ...TLS, handshakeTimeout: BYTES },
  'tls of client': { ...TLS, checkServerIdentity: OBJECTS },
  ...Object.fromEntries(
    ['tls of serve', 'a context of tls', 'tls of tlsOver', 'TLS_OPTIONS'].map((name) => [name, TLS]),
  ),
};

describe('a value of another kind', () => {
  const cases = Object.entries(WRONG).flatMap(([name, options]) =>
    Object.entries(options).map(([option, values]) => [name, option, values] as const),
  );
  it.each(cases)('of %s is refused: %s', (name, option, values) => {
    for (const value of values) {
      const call = given(name, { [option]: value });
      expect(call).toThrow(/expected|object|no option/);
      expect(['TypeError', 'RangeError']).toContain(nameOf(call));
    }
  });

  it.each(['text', 'json', 'bytes'] as const)('is refused as the limit of %s()', (name) => {
    for (const limit of SIZES.slice(0, -1)) expect(() => new Body()[name](limit as number)).toThrow(RangeError);
  });
});

/** One value of each kind. */
const ONE_OF_EACH: readonly (readonly [OptionKind | 'symbol', unknown])[] = [
  ['bigint', 5n],
  ['boolean', true],
  ['function', () => 0],
  ['null', null],
  ['number', 5],
  ['object', {}],
  ['string', 'x'],
  ['symbol', Symbol('x')],
];

/** Values that no option of these kinds can have. */
function foreignTo(kinds: readonly OptionKind[]): unknown[] {
  if (kinds.includes('any')) return [];
  const foreign = ONE_OF_EACH.filter(([kind]) => kind === 'symbol' || !kinds.includes(kind))
    .filter(([kind]) => kind !== 'function' || !kinds.includes('object'))
    .map(([, value]) => value);
  return kinds.includes('number') ? [...foreign, NaN] : foreign;
}

/** The error of an option that is looked at on subscription, or undefined. */
function laterError(name: string, option: string): string | undefined {
  if (option === 'body' && name.includes('Client#')) return 'ClientError';
  return option === 'port' && /(listen|serve)$/.test(name) ? 'ListenError' : undefined;
}

/** The error of `call`, or of the Observable that it returns if `later`. */
function errorOf(call: () => unknown, later: boolean): Error {
  let error: unknown;
  try {
    const made = call();
    if (later) (made as Observable<unknown>).subscribe({ error: (failure: unknown) => (error = failure) });
  } catch (thrown) {
    error = thrown;
  }
  return error as Error;
}

/** A status that is a number is looked at as the response goes out: a handler's is the fault `invalid-response`. */
const isOfResponse = (option: string, value: unknown): boolean => option === 'status' && Number.isNaN(value);

describe('a value that the type of the option excludes', () => {
  it.each(Object.entries(FUNCTIONS))('is refused, whichever option of %s it is', (name, options) => {
    for (const [option, kinds] of Object.entries(options)) {
      const later = laterError(name, option);
      for (const value of foreignTo(kinds).filter((one) => !isOfResponse(option, one))) {
        const error = errorOf(given(name, { [option]: value }), later !== undefined);
        expect([option, value, error]).toEqual([option, value, expect.any(Error)]);
        expect(later === undefined ? ['TypeError', 'RangeError'] : [later]).toContain(error.name);
        expect(error.message).toMatch(option === 'body' ? 'the content is' : option);
      }
    }
  });
});

describe('what is lawful', () => {
  it.each([
    ['rxpaf service', { limits: {}, stop: NEVER, faults: undefined, trustedProxy: () => true }],
    ['rxpaf service', { stop: of(1), halfClose: true, h2cUpgrade: undefined }],
    ['rxpaf client', { retry: false, redirects: 0, queue: 0, limits: { idleTimeout: 5 } }],
    ['rxpaf serve', { port: 0, host: '127.0.0.1', maxConnections: 1, protocols: {} }],
    ['rxpaf h2', { peer: 5, scheme: 'https', limits: {} }],
    ['rxpaf connect', { alpn: undefined, protocols: ['h2'] }],
    ['rxpaf text', { status: 404, headers: { a: 'b' }, trailers: undefined }],
    ['rxpaf HttpError', { expose: true, cause: new Error('why') }],
    ['rxpaf memoryTransport', { name: 'near', latency: 0, fragment: 1, when: () => true }],
    ['rxpaf wiretap', { snap: 0, limit: Infinity }],
    ['rxpaf/testing h2.settings', [[0xfafa, 1]]],
    ['rxpaf/testing record', { redact: { fields: [], query: true, placeholder: '' }, idle: 0 }],
  ])('is taken by %s, and so is an option that is not set', (name, options) => {
    expect(given(name, options)).not.toThrow();
  });

  it.each([-1, 65_536, 1.5, NaN, '80'])('a port that is %p is a ListenError', async (port) => {
    const error = await new Promise((resolve) => {
      listen({ port: port as number }).subscribe({ error: resolve });
    });
    expect(error).toMatchObject({ name: 'ListenError', code: 'listen-failed' });
  });
});
