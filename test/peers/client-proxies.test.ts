/** The client through proxies of other people: tinyproxy, squid in cleartext and over TLS, nghttpx over HTTP/2. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type Client, type ClientOptions, ProxyRefused, type ProxyOptions } from 'rxpaf';
import { lastValueFrom, mergeMap, of, type Observable, toArray } from 'rxjs';
import { selfSigned } from '../kits/certificate.js';
import { clientOf, scratch } from '../kits/peers/peer.js';
import { nghttpx, type Running, squid, tinyproxy } from '../kits/peers/proxy-servers.js';
import { describeWith } from '../kits/shared-target.js';

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;
const failure = (of: Observable<unknown>): Promise<unknown> =>
  lastValueFrom(of).then(
    () => 'no error',
    (error: unknown) => error,
  );

let pem: { key: string; cert: string };
let plain: Server;
let secure: Http2SecureServer;
const running: Running[] = [];

const started = async (proxy: Promise<Running>): Promise<readonly number[]> => {
  running.push(await proxy);
  return running.at(-1)!.ports;
};

beforeAll(async () => {
  pem = await selfSigned();
  plain = createServer((request, response) => {
    if (request.method === 'POST') request.pipe(response);
    else response.end(JSON.stringify({ url: request.url, via: request.headers.via !== undefined }));
  }).listen(0, '127.0.0.1');
  secure = createSecureServer({ ...pem, allowHTTP1: true }, (request, response) => {
    if (request.method === 'POST') request.pipe(response);
    else response.end(`secure ${request.httpVersion}`);
  }).listen(0, '127.0.0.1');
  await Promise.all([once(plain, 'listening'), once(secure, 'listening')]);
});
afterAll(async () => {
  for (const { peer } of running) await peer.stop();
  plain.close();
  secure.close();
});

const through = (proxy: string | ProxyOptions, more: ClientOptions = {}): Client =>
  // tinyproxy closes each connection, without a word: the next request is sent again.
  clientOf({ proxy, tls: { ca: pem.cert }, retry: { base: 0 }, ...more });

/** What every proxy does. */
function common(proxy: () => string | ProxyOptions): void {
  it('sends http on in absolute form, and says so', async () => {
    const http = through(proxy());
    for (const path of ['/a', '/b']) {
      const seen = await lastValueFrom(http.json(`http://localhost:${portOf(plain)}${path}`));
      expect(seen).toEqual({ url: path, via: true });
    }
  });

  it.each([
    [['h2', 'http/1.1'], '2.0'],
    [['http/1.1'], '1.1'],
  ] as const)('makes a tunnel for https, and %j inside', async (protocols, version) => {
    const http = through(proxy(), { protocols });
    const url = `https://localhost:${portOf(secure)}/`;
    const all = await lastValueFrom(
      of(1, 2, 3, 4).pipe(
        mergeMap(() => http.text(url)),
        toArray(),
      ),
    );
    expect(all).toEqual(Array.from({ length: 4 }, () => `secure ${version}`));
  });

  it.each(['http', 'https'])('passes a large upload on, and its echo, by %s', async (scheme) => {
    const http = through(proxy());
    const content = Buffer.alloc(3_000_000, 'abcdefg');
    const url = `${scheme}://localhost:${portOf(scheme === 'http' ? plain : secure)}/`;
    const echo = http.post(url, new Blob([content])).pipe(mergeMap(({ body }) => body.bytes()));
    expect(Buffer.from(await lastValueFrom(echo)).equals(content)).toBe(true);
  });
}

describeWith('tinyproxy', 'tinyproxy, with credentials', () => {
  const directory = scratch();
  let port = 0;
  beforeAll(async () => ([port = 0] = await started(tinyproxy(directory))));

  common(() => `http://me:secret@localhost:${port}`);

  it.each(['http', 'https'])('refuses others for %s, and names its challenge', async (scheme) => {
    const url = `${scheme}://localhost:${portOf(scheme === 'http' ? plain : secure)}/`;
    const error = await failure(through(`http://localhost:${port}`).get(url));
    expect(error).toBeInstanceOf(ProxyRefused);
    expect(error).toMatchObject({ code: 'proxy-refused', responseStatus: 407, challenges: [{ scheme: 'basic' }] });
  });
});

describeWith('squid', 'squid', () => {
  const directory = scratch();
  let ports: readonly number[] = [];
  beforeAll(async () => (ports = await started(squid(directory, pem))));

  describe('in cleartext', () => {
    common(() => `http://localhost:${ports[0]!}`);
  });

  describe('over TLS', () => {
    common(() => ({ url: `https://localhost:${ports[1]!}`, tls: { ca: pem.cert } }));
  });

  it('reports that a tunnel is forbidden', async () => {
    const error = await failure(through(`http://localhost:${ports[0]!}`).get('https://refused.test/'));
    expect(error).toMatchObject({ code: 'proxy-refused', responseStatus: 403 });
    expect((error as ProxyRefused).response.headers.get('x-squid-error')).toContain('ERR_ACCESS_DENIED');
  });

  it('has its own response to a request in absolute form that is forbidden', async () => {
    const response = await lastValueFrom(through(`http://localhost:${ports[0]!}`).get('http://refused.test/'));
    expect(response.status).toBe(403);
    response.discard();
  });
});

describeWith('nghttpx', 'nghttpx, over HTTP/2', () => {
  const directory = scratch();
  let port = 0;
  beforeAll(async () => {
    const [backend] = await started(squid(directory, pem));
    [port = 0] = await started(nghttpx(directory, pem, backend!));
  });
  const proxy = (): ProxyOptions => ({ url: `https://localhost:${port}`, tls: { ca: pem.cert } });

  common(proxy);

  it('has been spoken to by HTTP/2', () => {
    const [{ peer }] = running.slice(-1) as [Running];
    expect(peer.output).toMatch(/HTTP\/2/);
  });

  it('falls back to HTTP/1.1 if no other protocol is offered', async () => {
    const http = through({ ...proxy(), protocols: ['http/1.1'] });
    expect(await lastValueFrom(http.json(`http://localhost:${portOf(plain)}/x`))).toMatchObject({ url: '/x' });
  });
});
