// The client, asked to get along with nghttpd: HTTP/2 by the library that most others are measured by.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromPull, type H2ClientConnection, type ServerPush } from 'rxpaf';
import { firstValueFrom } from 'rxjs';
import { authority, certificate, type Pem } from '../kits/units/node-sockets.js';
import { nghttpd, nghttpdTls } from '../kits/peers/nghttpd.js';
import { becomes, clientOf, connected, failureOf, scratch, sha, told, whole } from '../kits/peers/peer.js';
import { describeWith } from '../kits/shared-target.js';

const large = Buffer.alloc(3_000_000, 'content that is large ');
const PRIOR = { protocols: ['h2'] } as const;

describeWith('nghttpd', 'nghttpd', () => {
  const directory = scratch();
  const put = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(directory, name), content);
    return join(directory, name);
  };
  beforeAll(() => {
    put('large.bin', large);
    put('small.txt', 'small');
  });

  it.each<[string, string[]]>([
    ['as it is', []],
    ['with padding', ['--padding=200']],
    ['with few streams', ['--max-concurrent-streams=2']],
    ['without a dynamic table', ['--header-table-size=0', '--encoder-header-table-size=0']],
    ['with a small one', ['--header-table-size=64', '--encoder-header-table-size=64']],
    ['without Content-Length', ['--no-content-length']],
    ['without priorities', ['--no-rfc7540-pri']],
  ])('%s: downloads, many at once', async (_, options) => {
    const url = await nghttpd(directory, ...options);
    const http = clientOf({ ...PRIOR, baseUrl: url });
    expect(await told(http.get('/small.txt'))).toEqual([200, 'small']);
    const [head, nothing] = await whole(http.head('/large.bin'));
    expect([head.status, nothing.length]).toEqual([200, 0]);
    const all = await Promise.all(Array.from({ length: 20 }, () => whole(http.get('/large.bin'))));
    expect(new Set(all.map(([, content]) => sha(content)))).toEqual(new Set([sha(large)]));
    expect((await told(http.get('/nowhere')))[0]).toBe(404);
  });

  it.each<[string, string[]]>([
    ['as it is', []],
    ['with small windows', ['--window-bits=11', '--connection-window-bits=16']],
    ['with tiny ones', ['--window-bits=7', '--connection-window-bits=16']],
    ['with few streams', ['--max-concurrent-streams=2']],
  ])('%s: echoes uploads', async (_, options) => {
    const url = await nghttpd(directory, '--echo-upload', ...options);
    const http = clientOf({ ...PRIOR, baseUrl: url });
    // How many streams there may be is known with the server's SETTINGS.
    await told(http.get('/small.txt'));
    const some = large.subarray(0, 500_000);
    const contents = [some, some.toString(), fromPull([some]), [some.subarray(0, 1000), some.subarray(1000)]];
    const all = await Promise.all(contents.map((content) => whole(http.post('/echo', content))));
    expect(all.map(([, echoed]) => sha(echoed))).toEqual(all.map(() => sha(some)));
  });

  it('responds before the upload is complete, and the response is whole', async () => {
    const url = await nghttpd(directory, '--early-response');
    const http = clientOf({ ...PRIOR, baseUrl: url });
    for (const size of [1000, 3_000_000]) {
      expect(await told(http.post('/small.txt', fromPull([large.subarray(0, size)])))).toEqual([200, 'small']);
    }
  });

  it('sends trailers', async () => {
    const url = await nghttpd(directory, '--trailer=x-sum: 42');
    const [response] = await whole(clientOf(PRIOR).get(`${url}/small.txt`));
    expect((await firstValueFrom(response.trailers)).get('x-sum')).toBe('42');
  });

  it('gzips what went wrong, and that is taken off', async () => {
    const url = await nghttpd(directory, '--error-gzip');
    const [status, content] = await told(clientOf(PRIOR).get(`${url}/nowhere`));
    expect([status, content]).toEqual([404, expect.stringContaining('404')]);
  });

  it('pushes, while pushes are subscribed to (RFC 9113 section 8.4)', async () => {
    const url = await nghttpd(directory, '--push=/small.txt=/large.bin');
    const { connection } = await connected<H2ClientConnection>(url, { alpn: 'h2' });
    expect(await told(connection.request({ url: `${url}/small.txt` }))).toEqual([200, 'small']);
    const pushed: [ServerPush['request'], string][] = [];
    connection.pushes.subscribe(({ request, response }) => {
      void whole(response).then(([, content]) => pushed.push([request, sha(content)]));
    });
    await firstValueFrom(connection.ping());
    expect(await told(connection.request({ url: `${url}/small.txt` }))).toEqual([200, 'small']);
    await becomes(() => pushed.length > 0);
    expect(pushed).toEqual([[expect.objectContaining({ method: 'GET', url: `${url}/large.bin` }), sha(large)]]);
    await becomes(() => connection.exchangesOpen === 0);
  });

  it('unsubscribing, early and late, keeps the connection for others', async () => {
    const url = await nghttpd(directory);
    const { connection } = await connected<H2ClientConnection>(url, { alpn: 'h2' });
    for (let round = 0; round < 5; round++) {
      for (let count = 0; count < 20; count++)
        connection
          .request({ url: `${url}/large.bin` })
          .subscribe()
          .unsubscribe();
      const responses = await Promise.all(
        Array.from({ length: 20 }, () => firstValueFrom(connection.request({ url: `${url}/large.bin` }))),
      );
      for (const response of responses) response.discard();
      expect(await told(connection.request({ url: `${url}/small.txt` }))).toEqual([200, 'small']);
    }
    await becomes(() => connection.exchangesOpen === 0);
  });

  describe('over TLS', () => {
    let ca: Pem;
    let files: [key: string, cert: string];
    beforeAll(async () => {
      ca = await authority('a test authority');
      const { key, cert } = await certificate('localhost', ca);
      files = [put('server.key', key), put('server.pem', cert)];
    });

    it('is found by ALPN, and verified', async () => {
      const url = await nghttpdTls(directory, ...files);
      const [response, content] = await whole(clientOf({ tls: { ca: ca.cert } }).get(`${url}/large.bin`));
      expect([response.protocol, sha(content)]).toEqual(['h2', sha(large)]);
      expect((await failureOf(clientOf({ tls: {} }).get(url))).code).toBe('handshake-failed');
    });

    it('does not speak HTTP/1.1: a typed error to who offers nothing else', async () => {
      const url = await nghttpdTls(directory, ...files);
      const failure = await failureOf(clientOf({ protocols: ['http/1.1'] }).get(`${url}/small.txt`));
      expect(['handshake-failed', 'closed', 'connection-reset']).toContain(failure.code);
    });

    it('asks for a client certificate', async () => {
      const url = await nghttpdTls(directory, ...files, '--verify-client');
      const shown = await certificate('a client', ca);
      const tls = { rejectUnauthorized: false, ...shown };
      expect(await told(clientOf({ tls }).get(`${url}/small.txt`))).toEqual([200, 'small']);
      const without = await failureOf(clientOf().get(`${url}/small.txt`));
      expect(['handshake-failed', 'connection-reset', 'closed', 'protocol-error']).toContain(without.code);
    });
  });
});
