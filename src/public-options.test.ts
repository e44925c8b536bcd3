/** Options of public functions: an unknown name, or a value of another kind, is an error that says what was expected. */
import { NEVER, of } from 'rxjs';
import {
  client,
  connect,
  connections,
  connectProxy,
  Context,
  h1,
  h2,
  type Info,
  listen,
  memoryPair,
  type MemoryFlow,
  run,
  serve,
  service,
  text,
  TLS_OPTIONS,
  tlsOver,
  tunnel,
} from './index.js';

const handler = () => text('ok');
const info: Info<MemoryFlow, string> = { alpn: () => undefined, peer: () => 'peer', injection: (flow) => flow };
const flow = (): MemoryFlow => memoryPair()[0];

/** Each public function, given options that a program in JavaScript might give. */
const FUNCTIONS: Readonly<Record<string, (options: never) => unknown>> = {
  serve: (options) => serve(options, handler),
  listen: (options) => listen(options),
  service: (options) => service(info, handler, options),
  connections: (options) => connections(info, options),
  tlsOver: (options) => tlsOver(flow(), options),
  connectProxy: (options) => connectProxy(options),
  'tls of serve': (options) => serve({ tls: options }, handler),
  'tls of listen': (options) => listen({ tls: options }),
  'a context of tls': (options) => listen({ tls: { contexts: { 'a.test': options } } }),
  'tls of client': (options) => client({ tls: options }),
  'tls of tlsOver': (options) => tlsOver(flow(), { tls: options }),
  TLS_OPTIONS: (options) => Context.EMPTY.add(TLS_OPTIONS, options),
  h1: (options) => h1(options),
  h2: (options) => h2(options),
  client: (options) => client(options),
  connect: (options) => connect(flow(), options),
  run: (options) => run(flow(), { url: 'http://a/' }, options),
  'a request': (options) => client().request('http://a/', options),
  'get()': (options) => client().get('http://a/', options),
  'text()': (options) => client().text('http://a/', options),
  'tunnel()': (options) => client().tunnel('http://a/', options),
  'a request of run': (options) => run(flow(), options),
  'a tunnel over a flow': (options) => tunnel(flow(), options),
};

const given =
  (name: string, options: unknown): (() => unknown) =>
  () =>
    FUNCTIONS[name]!(options as never);

/** The name of the error that `call` throws. */
function nameOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).name;
  }
  return 'none';
}

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
    ['tls of serve', 'requestCerts', 'requestCert'],
    ['tls of listen', 'certs', 'cert'],
    ['a context of tls', 'rejectUnauthorised', 'rejectUnauthorized'],
    ['tls of client', 'rejectUnauthorised', 'rejectUnauthorized'],
    ['tls of tlsOver', 'cas', 'ca'],
    ['TLS_OPTIONS', 'minversion', 'minVersion'],
    ['connect', 'pipelinig', 'pipelining'],
    ['run', 'Alpn', 'alpn'],
    ['a request', 'header', 'headers'],
    ['a request', 'redirect', 'redirects'],
    ['get()', 'signals', 'signal'],
    ['text()', 'limits', 'limit'],
    ['tunnel()', 'header', 'headers'],
    ['a request of run', 'methods', 'method'],
    ['a tunnel over a flow', 'uri', 'url'],
  ])('of %s is refused: %s, for %s', (name, wrong, meant) => {
    expect(given(name, { [wrong]: 1 })).toThrow(RangeError);
    expect(given(name, { [wrong]: 1 })).toThrow(`no option "${wrong}": did you mean "${meant}"?`);
  });

  it.each(Object.keys(FUNCTIONS))('of %s is refused, whatever it is like', (name) => {
    expect(given(name, { timeout: 5 })).toThrow(RangeError);
    expect(given(name, 'options')).toThrow(TypeError);
    expect(given(name, null)).toThrow(TypeError);
  });
});

describe('a value of another kind', () => {
  const times = [NaN, 0, -1, 'x', 2 ** 31, null];
  const counts = [NaN, 0, -1, 1.5, 'x', Infinity, null];
  const switches = [1, 'true', null, 0];
  const objects = [1, 'x', true, null];
  const texts = [1, '', null, true];
  it.each<[string, string, readonly unknown[]]>([
    ...['serve', 'listen'].flatMap((name): [string, string, readonly unknown[]][] => [
      [name, 'maxConnections', counts],
      [name, 'backlog', counts],
      [name, 'host', texts],
      [name, 'path', texts],
      [name, 'tls', objects],
      [name, 'listening', objects],
      [name, 'mode', [NaN, -1, 0o1000, '660', null]],
      [name, 'fd', [NaN, -1, 1.5, '3', null]],
      [name, 'reusePort', switches],
      [name, 'tcpKeepAlive', [NaN, 0, 999, -1, '60000', null]],
    ]),
    ...['serve', 'service', 'connections'].flatMap((name): [string, string, readonly unknown[]][] => [
      [name, 'limits', objects],
      [name, 'scheduler', objects],
      [name, 'stop', objects],
      [name, 'faults', objects],
      [name, 'protocols', objects],
      [name, 'connectionEvents', objects],
      [name, 'h2cUpgrade', switches],
      [name, 'connectProtocol', switches],
      [name, 'halfClose', switches],
      [name, 'trustedProxy', [1, 'x', null, {}]],
    ]),
    ...['h1', 'h2'].flatMap((name): [string, string, readonly unknown[]][] => [
      [name, 'scheme', ['ftp', 1, null]],
      [name, 'limits', objects],
      [name, 'scheduler', objects],
      [name, 'faults', objects],
      [name, 'connectProtocol', switches],
      [name, 'halfClose', switches],
      [name, 'trustedProxy', [1, 'x', null]],
    ]),
    ['client', 'headers', [1, 'x', true, null]],
    ['client', 'protocols', [[], ['h3'], 'h2', null]],
    ['client', 'middleware', [1, 'x', true, {}]],
    ['client', 'tls', objects],
    ['client', 'context', objects],
    ['client', 'transports', objects],
    ['client', 'connections', counts],
    ['client', 'pipelining', counts],
    ['client', 'queue', [NaN, -1, 1.5, 'x', null]],
    ['client', 'redirects', [NaN, -1, 1.5, 'x', null]],
    ['client', 'decompress', switches],
    ['client', 'connectTimeout', times],
    ['client', 'via', texts],
    ['client', 'random', objects],
    ['tls of listen', 'handshakeTimeout', [NaN, 0, -1, 'x', null]],
    ...['tls of serve', 'tls of listen', 'a context of tls', 'tls of client', 'tls of tlsOver', 'TLS_OPTIONS'].flatMap(
      (name): [string, string, readonly unknown[]][] => [
        [name, 'rejectUnauthorized', switches],
        [name, 'honorCipherOrder', switches],
        [name, 'ticketKeys', [1, 'x', Buffer.alloc(16), null]],
      ],
    ),
    ['tls of client', 'checkServerIdentity', objects],
    ['tlsOver', 'handshakeTimeout', [NaN, 0, -1, 'x', null]],
    ['tlsOver', 'host', texts],
    ['tlsOver', 'port', [NaN, -1, 65_536, '443', null]],
    ['tlsOver', 'alpn', ['h2', [1], {}, null]],
    ['tlsOver', 'sessions', objects],
    ['connectProxy', 'tls', objects],
    ['connectProxy', 'transports', objects],
    ['connect', 'pipelining', counts],
    ['connect', 'protocols', [[], ['h3'], 'h2', null]],
    ['connect', 'scheme', ['ftp', 1, null]],
    ['run', 'pipelining', counts],
    ['a request', 'headers', [1, 'x', true, null]],
    ['a request', 'redirects', [NaN, -1, 1.5, 'x', null]],
    ['a request', 'interim', switches],
    ['a request', 'signal', [1, 'x', null, {}]],
    ['a request', 'uploadProgress', [1, null, {}, () => 0]],
    ['get()', 'downloadProgress', [1, null, {}, () => 0]],
    ['text()', 'limit', [NaN, 0, -1, 'x', null]],
    ['tunnel()', 'headers', [1, 'x', true, null]],
    ['tunnel()', 'signal', [1, 'x', null, {}]],
    ['a request of run', 'priority', objects],
  ])('of %s is refused: %s', (name, option, values) => {
    for (const value of values) {
      expect(given(name, { [option]: value })).toThrow(/expected|object/);
      expect(['TypeError', 'RangeError']).toContain(nameOf(given(name, { [option]: value })));
    }
  });
});

describe('what is lawful', () => {
  it('is taken, and so is what is not set', () => {
    const faults = { next: () => undefined };
    expect(given('service', { limits: {}, stop: NEVER, faults: undefined, trustedProxy: () => true })).not.toThrow();
    expect(given('service', { stop: of(1), halfClose: true, h2cUpgrade: undefined })).not.toThrow();
    expect(given('client', { retry: false, redirects: 0, queue: 0, limits: { idleTimeout: 5 } })).not.toThrow();
    expect(given('serve', { port: 0, host: '127.0.0.1', maxConnections: 1, protocols: {} })).not.toThrow();
    expect(given('h2', { peer: 5, scheme: 'https', limits: {} })).not.toThrow();
    expect(given('connect', { alpn: undefined, protocols: ['h2'] })).not.toThrow();
    expect(faults.next()).toBeUndefined();
  });

  it.each([-1, 65_536, 1.5, NaN, '80'])('a port that is %p is a ListenError', async (port) => {
    const error = await new Promise((resolve) => {
      listen({ port: port as number }).subscribe({ error: resolve });
    });
    expect(error).toMatchObject({ name: 'ListenError', code: 'listen-failed' });
  });
});
