/**
 * The fault matrix over real sockets, of TLS handshakes that fail. The conditions of every cell are those of `fault-injection.test.ts`;
 * `fault-injection-tls.test.ts` has the faults after a good handshake.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { withCurl } from '../kits/example.js';
import { allOf } from '../kits/faults/fault-injection.js';
import { cells, faultServer, request, sent } from '../kits/faults/fault-words.js';
import { get, headers, PREFACE, settings } from '../kits/attacks/raw-h2.js';

const server = faultServer();

describe('TLS', () => {
  const toSecure = async (said: string | Uint8Array): Promise<void> => {
    const socket = await server.dial(server.secure);
    socket.write(said);
    await allOf(socket);
  };
  const H2 = Buffer.concat([PREFACE, settings(), headers(1, get('/never'))]);
  /** The beginning of a ClientHello. */
  const hello = Buffer.from('1603010200010001fc0303', 'hex');

  cells(server, [
    ['garbage in place of a handshake', () => toSecure(Buffer.alloc(64, 0xff)), '', 'handshake-failed'],
    ['cleartext HTTP/1.1 in place of a handshake', () => toSecure(request('GET /')), '', 'handshake-failed'],
    ['the preface of HTTP/2 in place of a handshake', () => toSecure(H2), '', 'handshake-failed'],
    ['an alert in place of a handshake', () => toSecure(Buffer.from('15030100020228', 'hex')), '', 'handshake-failed'],
    [
      'a reset within the handshake',
      async () => {
        const socket = await server.dial(server.secure);
        await sent(socket, hello);
        socket.resetAndDestroy();
      },
      '',
      'handshake-failed',
    ],
    [
      'an end within the handshake',
      async () => {
        const socket = await server.dial(server.secure);
        socket.end(hello);
        await allOf(socket);
      },
      '',
      'handshake-failed',
    ],
    ['silence within the handshake', () => toSecure(hello), '', 'handshake-timeout'],
  ]);

  withCurl('a certificate that the client refuses: handshake-failed', async () => {
    let status = 0;
    const told = await server.under(async () => {
      // Without `--insecure`.
      const child = execFile('curl', ['--silent', '--max-time', '10', `https://127.0.0.1:${server.secure}/`]);
      [status] = (await once(child, 'close')) as [number];
    });
    expect(status).toBe(60);
    expect(told).toEqual(['handshake-failed']);
  });
});
