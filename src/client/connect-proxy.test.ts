/** Tunnels through a proxy that no one here wrote: `proxy-chain`. */
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { lastValueFrom, mergeMap, type Observable } from 'rxjs';
import { selfSigned } from '../../test/kits/certificate.js';
import { ClientError } from '../errors.js';
import { nodeTransports } from '../node/default-transports.js';
import { client, type Client } from './client.js';
import type { ClientOptions } from './client-options.js';
import { connectProxy } from './connect-proxy.js';
import type { ConnectProxyOptions } from './proxy-options.js';
import { ProxyProcess } from '../../test/kits/peers/proxy-chain.js';

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;
const failure = (of: Observable<unknown>): Promise<unknown> => lastValueFrom(of).catch((error: unknown) => error);

describe('a CONNECT proxy (RFC 9110 section 9.3.6)', () => {
  let plain: HttpServer;
  let secure: Http2SecureServer;
  let proxy: ProxyProcess;
  let ca: string;
  const clients: Client[] = [];

  beforeAll(async () => {
    const { key, cert } = await selfSigned();
    ca = cert;
    plain = createServer((request, response) => void response.end(`plain ${request.url}`)).listen(0, '127.0.0.1');
    secure = createSecureServer({ key, cert, allowHTTP1: true }, (request, response) => {
      response.end(`secure ${request.httpVersion}`);
    }).listen(0, '127.0.0.1');
    await Promise.all([once(plain, 'listening'), once(secure, 'listening')]);
    proxy = await ProxyProcess.start();
  });
  afterEach(() => {
    for (const each of clients.splice(0)) each.close();
    proxy.tunnels.length = 0;
  });
  afterAll(async () => {
    plain.close();
    secure.close();
    await proxy.stop();
  });

  const credentials = { 'proxy-authorization': `Basic ${Buffer.from('me:secret').toString('base64')}` };

  function through(options: Partial<ConnectProxyOptions> = {}, more: ClientOptions = {}): Client {
    const url = `http://127.0.0.1:${proxy.port}`;
    const way = connectProxy({ url, headers: credentials, ...options });
    const transports = nodeTransports.register(way, { priority: 1, exclusive: true });
    const made = client({ transports, retry: false, ...more });
    clients.push(made);
    return made;
  }

  it('tunnels cleartext, and keeps the tunnel for the next request', async () => {
    const http = through();
    const url = `http://127.0.0.1:${portOf(plain)}`;
    expect(await lastValueFrom(http.text(`${url}/a`))).toBe('plain /a');
    expect(await lastValueFrom(http.text(`${url}/b`))).toBe('plain /b');
    expect(proxy.tunnels).toEqual([`127.0.0.1:${portOf(plain)}`]);
  });

  it.each([
    [['h2', 'http/1.1'], '2.0'],
    [['http/1.1'], '1.1'],
  ] as const)('speaks TLS inside, and %j by ALPN', async (protocols, version) => {
    const http = through({}, { tls: { ca }, protocols });
    expect(await lastValueFrom(http.text(`https://localhost:${portOf(secure)}/`))).toBe(`secure ${version}`);
  });

  it('verifies the certificate of the origin, not that of the proxy', async () => {
    const error = await failure(through().text(`https://localhost:${portOf(secure)}/`));
    expect(error).toMatchObject({ code: 'handshake-failed' });
  });

  it('reports the response of a proxy that makes no tunnel', async () => {
    const error = await failure(through({ headers: {} }).text(`http://127.0.0.1:${portOf(plain)}/`));
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ code: 'proxy-refused', message: expect.stringContaining('407') as string });
  });

  it('does not go around a proxy that is not there', async () => {
    const error = await failure(through({ url: 'http://127.0.0.1:1' }).text(`http://127.0.0.1:${portOf(plain)}/`));
    expect(error).toMatchObject({ code: 'connect-failed' });
  });

  it('does not wait for ever for a proxy that says nothing', async () => {
    const silent = createTcpServer((socket) => void socket.resume().on('error', () => 0)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const http = through({ url: `http://127.0.0.1:${portOf(silent)}` }, { connectTimeout: 100 });
    expect(await failure(http.text(`http://127.0.0.1:${portOf(plain)}/`))).toMatchObject({ code: 'connect-timeout' });
    await new Promise((resolve) => silent.close(resolve));
  });

  it('lets go of a tunnel that nobody waits for any more', async () => {
    const silent = createTcpServer((socket) => void socket.resume().on('error', () => 0)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const connected = once(silent, 'connection') as Promise<[Socket]>;
    const http = through({ url: `http://127.0.0.1:${portOf(silent)}` });
    const waiting = http
      .get(`http://127.0.0.1:${portOf(plain)}/`)
      .pipe(mergeMap(({ body }) => body))
      .subscribe();
    const [socket] = await connected;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    waiting.unsubscribe();
    await closed;
    await new Promise((resolve) => silent.close(resolve));
  });

  it('refuses a URL that names no proxy', () => {
    expect(() => connectProxy({ url: 'ftp://localhost' })).toThrow(ClientError);
  });
});
