/** The errors of TLS, in words: what the peer did, and where to look. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { ProtocolError } from '../errors.js';
import { dial, endAll, listens, opened } from '../../test/kits/units/listening.js';
import {
  authority,
  certificate,
  closed,
  helloOf,
  type Pem,
  secured,
  until,
} from '../../test/kits/units/node-sockets.js';
import { fromDuplex } from './flow-from-duplex.js';
import { brokenTlsReason, serverHandshakeError } from './tls-errors.js';
import type { ListenTlsOptions } from './tls-options.js';

let pem: Pem;
let ca: Pem;
beforeAll(async () => {
  [pem, ca] = await Promise.all([certificate('a.test'), authority('clients')]);
});

afterEach(endAll);

/** The failure of the one handshake that `attempt` makes. */
async function failureOf(tls: ListenTlsOptions, attempt: (port: number) => unknown): Promise<ProtocolError> {
  const server = listens({ port: 0, tls });
  await attempt(await server.port);
  await until(() => server.failures.length === 1);
  expect(server.sockets).toEqual([]);
  const [{ error }] = server.failures as [{ error: ProtocolError }];
  expect(error).toMatchObject({ scope: 'handshake', initiator: 'peer' });
  return error;
}

const write =
  (bytes: string | Buffer) =>
  (port: number): Socket => {
    const socket = dial(port);
    socket.write(bytes);
    return socket;
  };

const handshake =
  (options: ConnectionOptions) =>
  (port: number): void => {
    secured({ port, ...options }).then(
      (socket) => void opened.push(socket.resume()),
      () => undefined,
    );
  };

/** A client that says `alert` (RFC 8446 section 6) to what the server shows it. */
const refuse =
  (alert: number) =>
  async (port: number): Promise<void> => {
    const socket = write(await helloOf({ servername: 'a.test', maxVersion: 'TLSv1.2' }))(port);
    await once(socket, 'data');
    socket.write(Buffer.of(21, 3, 3, 0, 2, 2, alert));
  };

/** With and without `contexts`, where the name is read before the handshake begins. */
describe.each<[string, ListenTlsOptions]>([
  ['one certificate', {}],
  ['contexts', { contexts: { 'b.test': {} } }],
])('a handshake that fails, with %s', (_what, more) => {
  const THE_CLIENT = 'the TLS handshake failed: the client';
  it.each<[string, () => ListenTlsOptions, (port: number) => unknown, string]>([
    [
      'HTTP in cleartext',
      () => pem,
      write('GET / HTTP/1.1\r\n\r\n'),
      `${THE_CLIENT} sent HTTP in cleartext to a port that speaks TLS`,
    ],
    [
      'the preface of HTTP/2',
      () => pem,
      write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      `${THE_CLIENT} sent something else than TLS`,
    ],
    [
      'CONNECT in cleartext',
      () => pem,
      write('CONNECT a:1 HTTP/1.1\r\n\r\n'),
      `${THE_CLIENT} sent a CONNECT request in cleartext`,
    ],
    ['another protocol', () => pem, write('SSH-2.0-OpenSSH_9.2\r\n'), `${THE_CLIENT} sent something else than TLS`],
    ['an alert first', () => pem, write(Buffer.of(21, 3, 1, 0, 2, 2, 40)), `${THE_CLIENT} `],
    [
      'an older version',
      () => ({ ...pem, minVersion: 'TLSv1.3' }),
      handshake({ maxVersion: 'TLSv1.2' }),
      `${THE_CLIENT} speaks no version of TLS that is allowed here`,
    ],
    [
      'no cipher suite in common',
      () => ({ ...pem, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }),
      handshake({ ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' }),
      'the TLS handshake failed: no cipher suite in common',
    ],
    [
      'no protocol in common',
      () => pem,
      handshake({ ALPNProtocols: ['spdy/3'] }),
      `${THE_CLIENT} offers no protocol by ALPN that is served here`,
    ],
    [
      'no certificate',
      () => ({ ...pem, requestCert: true, ca: ca.cert }),
      handshake({}),
      `${THE_CLIENT} showed no certificate, and requestCert asks for one`,
    ],
    [
      'an unknown authority (alert 48)',
      () => pem,
      refuse(48),
      `${THE_CLIENT} does not trust the authority of this server's certificate`,
    ],
    [
      'a certificate that it refuses (alert 42)',
      () => pem,
      refuse(42),
      `${THE_CLIENT} refuses this server's certificate`,
    ],
    [
      'an expired certificate (alert 45)',
      () => pem,
      refuse(45),
      `${THE_CLIENT} refuses this server's certificate: to the client, it has expired`,
    ],
    [
      'a revoked certificate (alert 44)',
      () => pem,
      refuse(44),
      `${THE_CLIENT} refuses this server's certificate: it was revoked`,
    ],
    [
      'an unknown problem (alert 46)',
      () => pem,
      refuse(46),
      `${THE_CLIENT} refuses this server's certificate, such as by`,
    ],
    ['a handshake that is cancelled (alert 90)', () => pem, refuse(90), `${THE_CLIENT} cancelled the handshake`],
    [
      'an end before it began',
      () => pem,
      (port) => dial(port).end(),
      `${THE_CLIENT} closed the connection before the end of the handshake`,
    ],
    [
      'an end within it',
      () => pem,
      async (port) => {
        const hello = await helloOf({ servername: 'a.test' });
        dial(port).end(hello.subarray(0, 100));
      },
      `${THE_CLIENT} closed the connection before the end of the handshake`,
    ],
    [
      'an end after the ClientHello',
      () => pem,
      async (port) => {
        const socket = write(await helloOf({ servername: 'a.test' }))(port);
        await once(socket, 'data');
        socket.end();
      },
      `${THE_CLIENT} closed the connection before the end of the handshake`,
    ],
  ])('%s', async (_wrong, tls, attempt, words) => {
    const { code, message } = await failureOf({ ...tls(), ...more }, attempt);
    expect(code).toBe('handshake-failed');
    expect(message.slice(0, words.length)).toBe(words);
    // The place in the sources of OpenSSL helps nobody.
    expect(message).not.toMatch(/\.c:\d+|deps\/openssl/);
  });

  it("a client's certificate of an unknown authority, an expired one, one that is not valid yet", async () => {
    const past = { notBeforeDate: new Date(2001, 0, 1), notAfterDate: new Date(2002, 0, 1) };
    const future = {
      notBeforeDate: new Date(Date.now() + 86_400_000),
      notAfterDate: new Date(Date.now() + 2 * 86_400_000),
    };
    const clients = await Promise.all([
      certificate('mallory'),
      certificate('alice', ca, past),
      certificate('alice', ca, future),
    ]);
    const messages: string[] = [];
    for (const client of clients) {
      const tls = { ...pem, requestCert: true, ca: ca.cert, ...more };
      messages.push((await failureOf(tls, handshake(client))).message);
      endAll();
    }
    const refused = "the TLS handshake failed: the client's certificate is refused";
    expect(messages).toEqual([
      `${refused}, it is signed by itself, and not among the trusted ones (DEPTH_ZERO_SELF_SIGNED_CERT)`,
      `${refused}, it has expired (CERT_HAS_EXPIRED)`,
      `${refused}, it is not valid yet (CERT_NOT_YET_VALID)`,
    ]);
  });

  it('a handshake that takes too long', async () => {
    const { code, message } = await failureOf({ ...pem, ...more, handshakeTimeout: 50 }, (port) => closed(dial(port)));
    expect(code).toBe('handshake-timeout');
    expect(message).toBe('the TLS handshake took longer than limits.handshakeTimeout');
  });
});

describe('an error without words of its own', () => {
  it('is the reason that OpenSSL gives', () => {
    const cause = Object.assign(new Error('1234:error:0A0:SSL routines::odd:../ssl/odd.c:1:'), {
      code: 'ERR_SSL_ODD',
      reason: 'odd',
    });
    expect(serverHandshakeError(cause, {}).message).toBe('the TLS handshake failed: odd');
    expect(brokenTlsReason(cause)).toBe('TLS failed: odd');
    expect(brokenTlsReason(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))).toBe(
      'read ECONNRESET',
    );
  });
});

describe('an error of TLS after the handshake', () => {
  it('is the error of the flow, in words', async () => {
    const server = listens({ port: 0, tls: pem });
    const raw = dial(await server.port);
    await once(raw, 'connect');
    const client = await secured({ socket: raw });
    opened.push(client);
    await until(() => server.sockets.length === 1);
    const failed = new Promise<unknown>((resolve) => fromDuplex(server.sockets[0]!).subscribe({ error: resolve }));
    // Below TLS: what has the form of a record, and was never encrypted.
    raw.write(Buffer.concat([Buffer.of(23, 3, 3, 0, 64), Buffer.alloc(64, 0xff)]));
    await expect(failed).resolves.toMatchObject({
      code: 'connection-reset',
      message: 'the peer sent a record that cannot be decrypted (decryption failed or bad record mac)',
    });
  });
});
