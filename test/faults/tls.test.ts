/**
 * The fault matrix after a good TLS handshake: faults between two records, and cuts within the octets. They run on HTTP/1.1 and HTTP/2,
 * while a request comes, waits, or gets its response. The look at the rest is that of `fault-injection.test.ts`.
 */
import { once } from 'node:events';
import type { ConnectionOptions } from 'node:tls';
import { allOf, FaultServer } from '../kits/faults/fault-injection.js';
import { request } from '../kits/faults/fault-words.js';
import { data, frame, FRAME, get, headers, POST, PREFACE, settings } from '../kits/attacks/raw-h2.js';
import { Relay } from '../kits/faults/tls-relay.js';

const server = new FaultServer();
let relay: Relay | undefined;
beforeAll(() => server.start());
afterEach(() => {
  relay?.cut();
  relay = undefined;
});
afterAll(() => server.stop());

type Version = 'HTTP/1.1' | 'HTTP/2';
const VERSIONS: readonly Version[] = ['HTTP/1.1', 'HTTP/2'];
const ALPN: Readonly<Record<Version, string>> = { 'HTTP/1.1': 'http/1.1', 'HTTP/2': 'h2' };

const h2 = (...frames: readonly Uint8Array[]): Buffer =>
  Buffer.concat([PREFACE, settings(), frame(FRAME.SETTINGS, 1, 0), ...frames]);
const UPLOAD = [...POST.filter(([name]) => name !== ':path'), [':path', '/size'] as const];

/** What is under way when it happens. */
const MOMENTS: Readonly<Record<string, Readonly<Record<Version, string | Uint8Array>>>> = {
  'within a request': {
    'HTTP/1.1': `${request('POST /size', 'Content-Length: 9')}abc`,
    'HTTP/2': h2(headers(1, UPLOAD, 4), data(1, 'abc', 0)),
  },
  'while a request waits': {
    'HTTP/1.1': request('GET /never'),
    'HTTP/2': h2(...[1, 3, 5].map((stream) => headers(stream, get('/never')))),
  },
  'within an answer': {
    'HTTP/1.1': request('GET /bytes/500000000'),
    'HTTP/2': h2(headers(1, get('/bytes/500000000'))),
  },
};

/** A relay to the server that has passed on `said`, as far as can be observed. */
async function under(version: Version, said: string | Uint8Array, options: ConnectionOptions = {}): Promise<Relay> {
  relay = await Relay.secured(server.secure, { ALPNProtocols: [ALPN[version]], ...options });
  relay.client.write(said);
  await server.turns();
  return relay;
}

/** What has the form of a record of 64 octets, and was never encrypted; and more of the same. */
const spoiled = (size = 64): Buffer => Buffer.concat([Buffer.of(23, 3, 3, 0, 64), Buffer.alloc(size, 0xff)]);

/** Faults of TLS itself, at any state of the exchange. */
const ACCIDENTS: Readonly<Record<string, (relay: Relay) => void>> = {
  'a record that nobody has encrypted': (to) => to.toServer(spoiled()),
  'octets that are no record': (to) => to.toServer(Buffer.alloc(64, 0xff)),
  'cleartext HTTP': (to) => to.toServer(Buffer.from(request('GET /good'))),
  'an alert in cleartext': (to) => to.toServer(Buffer.of(21, 3, 3, 0, 2, 2, 40)),
  // It cannot read that, and says so: bad_record_mac. More than a record, for one may be cut in the middle.
  'a fatal alert of the client': (to) => to.toClient(spoiled(40_000)),
  'a reset': (to) => to.reset(),
};

describe.each(VERSIONS)('%s', (version) => {
  /** The records of exchanges under way: a connection that breaks is not a fault. */
  const aborted = (when: string): string[] => {
    const count = version === 'HTTP/2' && when === 'while a request waits' ? 3 : 1;
    return Array<string>(count).fill('aborted connection-reset');
  };
  const cells = Object.keys(ACCIDENTS).flatMap((what) => Object.keys(MOMENTS).map((when) => [what, when] as const));

  it.each(cells)('%s, %s: aborted, by connection-reset', async (what, when) => {
    const told = await server.under(async () => {
      const between = await under(version, MOMENTS[when]![version]);
      ACCIDENTS[what]!(between);
      await allOf(between.client);
    });
    expect(told).toEqual(aborted(when));
  });

  it('no protocol in common (RFC 7301 section 3.2): handshake-failed, and the client gets an alert', async () => {
    const told = await server.under(async () => {
      relay = await Relay.to(server.secure, { ALPNProtocols: [`${ALPN[version]}-not`] });
      const [error] = (await once(relay.client, 'error')) as [NodeJS.ErrnoException];
      expect(error.code).toBe('ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL');
    });
    expect(told).toEqual(['handshake-failed']);
  });

  it('renegotiation, within TLS 1.2 (RFC 9113 section 9.2.1): aborted, by connection-reset', async () => {
    const told = await server.under(async () => {
      const { client } = await under(version, MOMENTS['while a request waits']![version], { maxVersion: 'TLSv1.2' });
      client.renegotiate({ rejectUnauthorized: false }, () => undefined);
      await allOf(client);
    });
    expect(told).toEqual(aborted('while a request waits'));
  });
});

describe('an end that TLS has not announced (close_notify, RFC 8446 section 6.1)', () => {
  const RESET = 'aborted connection-reset';
  it.each<[version: Version, when: string, said: string | Uint8Array, gets: RegExp, ...told: string[]]>([
    ['HTTP/1.1', 'within a request', MOMENTS['within a request']!['HTTP/1.1'], /^HTTP\/1.1 400 /, 'complete truncated'],
    ['HTTP/1.1', 'while a request waits', request('GET /slow'), /^HTTP\/1.1 200 [^]*slow$/],
    ['HTTP/1.1', 'within an answer', request('GET /bytes/20000000'), /^HTTP\/1.1 200 [^]*x\r\n0\r\n\r\n$/],
    ['HTTP/2', 'within a request', MOMENTS['within a request']!['HTTP/2'], /^/, RESET],
    ['HTTP/2', 'while a request waits', MOMENTS['while a request waits']!['HTTP/2'], /^/, RESET, RESET, RESET],
    ['HTTP/2', 'within an answer', MOMENTS['within an answer']!['HTTP/2'], /^/, RESET],
  ])('%s, %s', async (version, _when, said, gets, ...expected) => {
    const told = await server.under(async () => {
      const between = await under(version, said);
      between.fin();
      expect(await allOf(between.client)).toMatch(gets);
    });
    expect(told).toEqual(expected);
  });
});
