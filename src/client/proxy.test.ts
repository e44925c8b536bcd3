/** The option `proxy`: absolute form, tunnels, TLS and HTTP/2 to the proxy, credentials, refusals. The proxies are of node:http and node:http2. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { firstValueFrom, lastValueFrom, mergeMap, type Observable, of, throwError, toArray } from 'rxjs';
import { selfSigned } from '../../test/kits/certificate.js';
import { NodeProxy } from '../../test/kits/peers/node-proxy.js';
import { until } from '../../test/kits/units/both-protocols.js';
import { ClientError } from '../errors.js';
import { nodeTransports } from '../node/default-transports.js';
import { type Client, client } from './client.js';
import type { ClientOptions } from './client-options.js';
import { connectProxy } from './connect-proxy.js';
import { ProxyRefused } from './proxy-tunnel.js';

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;
const failure = (of: Observable<unknown>): Promise<unknown> =>
  lastValueFrom(of).then(
    () => 'no error',
    (error: unknown) => error,
  );

let certificate: { key: string; cert: string };
let plain: Server;
let secure: Http2SecureServer;
const clients: Client[] = [];
const proxies: NodeProxy[] = [];

beforeAll(async () => {
  certificate = await selfSigned();
  plain = createServer((request, response) => {
    const seen = JSON.stringify({
      url: request.url,
      host: request.headers.host,
      secret: request.headers['proxy-authorization'],
    });
    if (request.url === '/moved')
      response.writeHead(302, { location: `https://localhost:${portOf(secure)}/there` }).end();
    else if (request.method === 'POST') request.pipe(response);
    else response.end(seen);
  });
  plain.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n');
    socket.pipe(socket);
  });
  plain.listen(0, '127.0.0.1');
  secure = createSecureServer({ ...certificate, allowHTTP1: true }, (request, response) => {
    response.end(`secure ${request.url} ${request.httpVersion}`);
  }).listen(0, '127.0.0.1');
  await Promise.all([once(plain, 'listening'), once(secure, 'listening')]);
});
afterEach(() => {
  for (const each of clients.splice(0)) each.close();
  for (const each of proxies.splice(0)) each.stop();
});
afterAll(() => {
  plain.close();
  secure.close();
});

function made(options: ClientOptions): Client {
  const http = client({ retry: false, tls: { ca: certificate.cert }, ...options });
  clients.push(http);
  return http;
}

const KINDS = ['http', 'https over HTTP/1.1', 'https over HTTP/2'] as const;

async function proxyOf(kind: (typeof KINDS)[number]): Promise<NodeProxy> {
  const proxy = kind === 'http' ? await NodeProxy.h1() : await NodeProxy[kind.endsWith('2') ? 'h2' : 'h1'](certificate);
  proxies.push(proxy);
  return proxy;
}

/** The URL of `proxy`, and the certificate to verify it by. */
function optionsOf(proxy: NodeProxy, kind: string, credentials = ''): { url: string; tls?: { ca: string } } {
  const tls = kind === 'http' ? {} : { tls: { ca: certificate.cert } };
  return { url: `${kind.slice(0, kind === 'http' ? 4 : 5)}://${credentials}localhost:${proxy.port}`, ...tls };
}

describe.each(KINDS)('a proxy by %s', (kind) => {
  const version = kind.endsWith('2') ? '2.0' : '1.1';

  it('gets http in absolute form, over connections that are kept', async () => {
    const proxy = await proxyOf(kind);
    const http = made({ proxy: optionsOf(proxy, kind) });
    const origin = `http://127.0.0.1:${portOf(plain)}`;
    const replies = [];
    for (const path of ['/a?b', '/c']) replies.push(await lastValueFrom(http.json(origin + path)));
    expect(replies).toEqual(['/a?b', '/c'].map((url) => ({ url, host: `127.0.0.1:${portOf(plain)}` })));
    expect(proxy.targets).toEqual([`GET ${origin}/a?b`, `GET ${origin}/c`]);
    expect([proxy.asked[0]!.version, proxy.connections]).toEqual([version, 1]);
  });

  it('has one connection for requests to many origins', async () => {
    const proxy = await proxyOf(kind);
    const http = made({ proxy: optionsOf(proxy, kind) });
    for (const host of ['127.0.0.1', 'localhost']) {
      const response = await lastValueFrom(http.get(`http://${host}:${portOf(plain)}/`));
      expect(response.url).toBe(`http://${host}:${portOf(plain)}/`);
      await lastValueFrom(response.body.text());
    }
    expect(proxy.connections).toBe(1);
  });

  it('makes tunnels for https, each protocol inside', async () => {
    const proxy = await proxyOf(kind);
    const authority = `localhost:${portOf(secure)}`;
    for (const [protocols, inside] of [
      [['h2', 'http/1.1'], '2.0'],
      [['http/1.1'], '1.1'],
    ] as const) {
      const http = made({ proxy: optionsOf(proxy, kind), protocols });
      expect(await lastValueFrom(http.text(`https://${authority}/a`))).toBe(`secure /a ${inside}`);
      expect(await lastValueFrom(http.text(`https://${authority}/b`))).toBe(`secure /b ${inside}`);
    }
    expect(proxy.targets).toEqual([`CONNECT ${authority}`, `CONNECT ${authority}`]);
  });

  it('has the credentials of its URL, which nobody else gets', async () => {
    const proxy = await proxyOf(kind);
    const http = made({ proxy: optionsOf(proxy, kind, 'me%40home:s%3Acret@') });
    const basic = `Basic ${Buffer.from('me@home:s:cret').toString('base64')}`;
    expect(await lastValueFrom(http.json(`http://localhost:${portOf(plain)}/`))).not.toHaveProperty('secret');
    await lastValueFrom(http.text(`https://localhost:${portOf(secure)}/`));
    expect(proxy.asked.map(({ headers }) => headers['proxy-authorization'])).toEqual([basic, basic]);
  });

  it('has fields of the program, which come before the credentials of the URL', async () => {
    const proxy = await proxyOf(kind);
    const headers = { 'proxy-authorization': 'Bearer x', 'x-trace': '1' };
    const http = made({ proxy: { ...optionsOf(proxy, kind, 'me:secret@'), headers } });
    await lastValueFrom(http.text(`http://localhost:${portOf(plain)}/`));
    await lastValueFrom(http.text(`https://localhost:${portOf(secure)}/`));
    for (const asked of proxy.asked) expect(asked.headers).toMatchObject(headers);
  });

  it.each(['http', 'https'])(
    'that refuses a request for %s is one error, with status, fields and challenges',
    async (scheme) => {
      const proxy = await proxyOf(kind);
      proxy.refusal = {
        status: 407,
        headers: { 'proxy-authenticate': 'Negotiate, Basic realm="corp"', 'x-reason': 'none' },
        body: 'who are you?',
      };
      const http = made({ proxy: optionsOf(proxy, kind) });
      let content: Promise<string> | undefined;
      const error = await firstValueFrom(
        http
          .get(`${scheme}://localhost:${portOf(scheme === 'http' ? plain : secure)}/`)
          .pipe(mergeMap(() => of('no error'))),
      ).catch((thrown: unknown) => {
        return thrown;
      });
      expect(error).toBeInstanceOf(ProxyRefused);
      const refused = error as ProxyRefused;
      expect(refused).toMatchObject({ code: 'proxy-refused', responseStatus: 407, retryable: false });
      expect(refused.message).toContain('407');
      expect(refused.response.headers.get('x-reason')).toBe('none');
      expect(refused.challenges).toMatchObject([
        { scheme: 'negotiate' },
        { scheme: 'basic', parameters: { realm: 'corp' } },
      ]);
      expect(content).toBeUndefined();
      // The body, for a reader within the delivery of the error.
      await new Promise<void>((resolve) => {
        made({ proxy: optionsOf(proxy, kind) })
          .get(`${scheme}://localhost:${portOf(scheme === 'http' ? plain : secure)}/`)
          .subscribe({
            error: (thrown: ProxyRefused) => {
              content = lastValueFrom(thrown.response.body.text());
              resolve();
            },
          });
      });
      expect(await content).toBe('who are you?');
    },
  );

  it('that makes no tunnel is an error with its status, and does not lead to a direct connection', async () => {
    const proxy = await proxyOf(kind);
    proxy.refusal = { status: 503 };
    const http = made({ proxy: optionsOf(proxy, kind) });
    const error = await failure(http.get(`https://localhost:${portOf(secure)}/`));
    expect(error).toMatchObject({ code: 'proxy-refused', responseStatus: 503, challenges: [] });
  });

  it('that refuses content lets go of it', async () => {
    const proxy = await proxyOf(kind);
    proxy.refusal = { status: 407 };
    const http = made({ proxy: optionsOf(proxy, kind) });
    const error = await failure(http.post(`http://localhost:${portOf(plain)}/`, new Blob(['x'.repeat(1000)])));
    expect(error).toMatchObject({ code: 'proxy-refused' });
  });

  it('passes uploads on', async () => {
    const proxy = await proxyOf(kind);
    const http = made({ proxy: optionsOf(proxy, kind) });
    const content = Buffer.alloc(1_000_000, 'abc');
    const echoed = http
      .post(`http://localhost:${portOf(plain)}/`, [content])
      .pipe(mergeMap(({ body }) => body.bytes()));
    expect(Buffer.from(await lastValueFrom(echoed)).equals(content)).toBe(true);
  });

  it('has a tunnel for an upgrade', async () => {
    const proxy = await proxyOf(kind);
    const http = made({ proxy: optionsOf(proxy, kind) });
    const { flow } = await lastValueFrom(http.tunnel(`http://localhost:${portOf(plain)}/chat`, { protocol: 'echo' }));
    flow.next(Buffer.from('hello'));
    expect(Buffer.from(await firstValueFrom(flow)).toString()).toBe('hello');
    expect(proxy.targets).toEqual([`CONNECT localhost:${portOf(plain)}`]);
  });

  it('has tunnels for http too, if asked for', async () => {
    const proxy = await proxyOf(kind);
    const http = made({ proxy: { ...optionsOf(proxy, kind), tunnel: true } });
    await lastValueFrom(http.text(`http://localhost:${portOf(plain)}/`));
    expect(proxy.targets).toEqual([`CONNECT localhost:${portOf(plain)}`]);
  });

  it('follows redirects from absolute form into a tunnel', async () => {
    const proxy = await proxyOf(kind);
    const http = made({ proxy: optionsOf(proxy, kind) });
    expect(await lastValueFrom(http.text(`http://localhost:${portOf(plain)}/moved`))).toBe('secure /there 2.0');
    expect(proxy.targets).toEqual([
      ...[`GET http://localhost:${portOf(plain)}/moved`, `CONNECT localhost:${portOf(secure)}`],
    ]);
  });

  it('shares a connection among tunnels over HTTP/2, also as a transport', async () => {
    const proxy = await proxyOf(kind);
    const transports = nodeTransports.register(connectProxy(optionsOf(proxy, kind)), { priority: 1, exclusive: true });
    const http = made({ transports, protocols: ['http/1.1'] });
    const url = `https://localhost:${portOf(secure)}/`;
    const all = await lastValueFrom(
      of(1, 2, 3).pipe(
        mergeMap(() => http.text(url)),
        toArray(),
      ),
    );
    expect(all).toHaveLength(3);
    expect(proxy.targets).toHaveLength(3);
    expect(proxy.connections).toBe(kind === 'https over HTTP/2' ? 1 : 3);
  });

  it('has no connection any more when the client is closed', async () => {
    const proxy = await proxyOf(kind);
    const http = made({ proxy: optionsOf(proxy, kind) });
    await lastValueFrom(http.text(`http://localhost:${portOf(plain)}/`));
    await lastValueFrom(http.text(`https://localhost:${portOf(secure)}/`));
    const open = (): number => (proxy as unknown as { sockets: Set<unknown> }).sockets.size;
    expect(open()).toBeGreaterThan(0);
    http.close();
    await until(() => open() === 0);
  });

  it('has no idle connection any more when the client shuts down', async () => {
    const proxy = await proxyOf(kind);
    const http = made({ proxy: optionsOf(proxy, kind) });
    await lastValueFrom(http.text(`http://localhost:${portOf(plain)}/`));
    await lastValueFrom(http.text(`https://localhost:${portOf(secure)}/`));
    http.shutdown();
    await until(() => (proxy as unknown as { sockets: Set<unknown> }).sockets.size === 0);
  });
});

describe('a proxy', () => {
  it('is selected by a function, for each origin', async () => {
    const proxy = await proxyOf('http');
    const origins: string[] = [];
    const http = made({
      proxy: (origin) => {
        origins.push(origin.href);
        return origin.hostname === 'localhost' ? undefined : `http://127.0.0.1:${proxy.port}`;
      },
    });
    await lastValueFrom(http.text(`http://localhost:${portOf(plain)}/a`));
    await lastValueFrom(http.text(`http://127.0.0.1:${portOf(plain)}/b`));
    expect(proxy.targets).toEqual([`GET http://127.0.0.1:${portOf(plain)}/b`]);
    expect(new Set(origins)).toEqual(
      new Set([`http://localhost:${portOf(plain)}/`, `http://127.0.0.1:${portOf(plain)}/`]),
    );
  });

  it('whose selector fails is an error of the request', async () => {
    const http = made({
      proxy: () => {
        throw new Error('no way');
      },
    });
    for (const url of ['http://localhost/', 'https://localhost/'])
      expect(await failure(http.get(url))).toMatchObject({ code: 'exception', message: 'no way' });
  });

  it.each(['http', 'https'])('that is not there is not bypassed for %s', async (scheme) => {
    const port = portOf(scheme === 'http' ? plain : secure);
    const http = made({ proxy: 'http://127.0.0.1:1' });
    expect(await failure(http.get(`${scheme}://localhost:${port}/`))).toMatchObject({ code: 'connect-failed' });
  });

  it('verifies the certificate of the proxy by its own options', async () => {
    const proxy = await proxyOf('https over HTTP/1.1');
    const http = made({ proxy: `https://localhost:${proxy.port}` });
    expect(await failure(http.get('http://localhost/'))).toMatchObject({ code: 'handshake-failed' });
  });

  it('gets requests that are forwarded', async () => {
    const proxy = await proxyOf('http');
    const http = made({
      proxy: { url: `http://localhost:${proxy.port}` },
      baseUrl: `http://localhost:${portOf(plain)}`,
    });
    expect(await lastValueFrom(http.json('/forwarded'))).toMatchObject({ url: '/forwarded' });
    expect(proxy.targets).toEqual([`GET http://localhost:${portOf(plain)}/forwarded`]);
  });

  it('leaves a request retryable if it closed a kept connection', async () => {
    const proxy = await proxyOf('http');
    const http = made({ proxy: `http://localhost:${proxy.port}`, retry: { base: 0 } });
    const url = `http://localhost:${portOf(plain)}/`;
    await lastValueFrom(http.text(url));
    for (const socket of (proxy as unknown as { sockets: Set<{ destroy(): void }> }).sockets) socket.destroy();
    expect(await lastValueFrom(http.json(url))).toMatchObject({ url: '/' });
  });

  it.each([
    ['not a URL', 'http://:x'],
    ['a scheme of another kind', 'socks5://localhost'],
  ])('cannot be %s', (_, url) => {
    expect(() => client({ proxy: url })).toThrow(ClientError);
    expect(() => client({ proxy: { url } })).toThrow(ClientError);
    expect(() => connectProxy({ url })).toThrow(ClientError);
  });

  it('names no password in an error', () => {
    for (const url of ['http://me:secret@:x', 'socks5://me:secret@localhost']) {
      let message = '';
      try {
        client({ proxy: url });
      } catch (error) {
        message = (error as Error).message + inspect((error as Error).cause);
      }
      expect(message).not.toBe('');
      expect(message).not.toContain('secret');
    }
  });

  it('has checked options', () => {
    expect(() => client({ proxy: { url: 'http://a', header: {} } as never })).toThrow('did you mean "headers"?');
    expect(() => client({ proxy: 5 as never })).toThrow(TypeError);
    expect(() => connectProxy({ url: 'http://a', tunnel: true } as never)).toThrow(RangeError);
  });

  it('is not asked if the request fails before', async () => {
    const http = made({ proxy: 'http://127.0.0.1:1' });
    const body = throwError(() => new Error('unused'));
    expect(await failure(http.get('ftp://localhost/', { body }))).toMatchObject({ code: 'invalid-request' });
  });
});
