// The servers and other small examples, each as a process of its own.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get, type IncomingMessage, request as httpRequest } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Client } from 'undici';
import { ask, type Example, run, start, withCurl } from '../kits/example.js';

const GRACEFUL = { code: 0, signal: null };

/** Runs an example while `use` uses it, and shuts it down: it has to end with 0, with nothing else than `complaints` on its standard error. */
async function running(
  name: string,
  use: (url: string, example: Example) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
  complaints = /^$/,
): Promise<void> {
  const example = start(name, env);
  await use(await example.url(), example);
  expect(await example.stop()).toEqual(GRACEFUL);
  expect(example.complaints).toMatch(complaints);
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'examples-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('access-log', () => {
  withCurl('prints a line for each exchange, and periodic summaries', () =>
    running(
      'access-log',
      async (url, example) => {
        await ask(`${url}/`);
        await ask(`${url}/nothing`);
        await example.prints(/^127\.0\.0\.1 "GET \/" 200 6 \d+ms$/m);
        await example.prints(/^127\.0\.0\.1 "GET \/nothing" 404 10 \d+ms$/m);
        await example.prints(/^# \d exchanges?, 0 failed, the slowest took \d+ ms$/m);
      },
      { PERIOD: '50' },
    ),
  );
});

describe('faults', () => {
  withCurl('sends an error response after it has stored the fault', () =>
    running('faults', async (url, example) => {
      expect((await ask(`${url}/`)).body.toString()).toBe('no error\n');
      const problem = async (...args: string[]): Promise<unknown> => {
        const { status, headers, body } = await ask(...args);
        expect(headers['content-type']).toBe('application/problem+json');
        return { ...(JSON.parse(body.toString()) as object), status };
      };
      expect(await problem(`${url}/thrown`)).toEqual({
        title: 'exception',
        status: 500,
        detail: 'the server failed',
        instance: '/records/1',
      });
      expect(await problem(`${url}/teapot`)).toMatchObject({ status: 418, detail: 'I am short and stout' });
      expect(await problem('--data-binary', '@package-lock.json', `${url}/small`)).toMatchObject({
        status: 413,
        title: 'body-too-large',
      });
      expect(await problem('-H', 'Content-Length: x', `${url}/`)).toMatchObject({
        status: 400,
        title: 'malformed-request',
      });
      await example.prints(/^record 4: bad-request malformed-request /m);
    }),
  );
});

describe('upload', () => {
  it('stores the request body, at the pace of the disk', () =>
    running(
      'upload',
      async (url) => {
        const content = randomBytes(3_000_000);
        const client = new Client(url);
        const { statusCode, body } = await client.request({ path: '/stored', method: 'PUT', body: content });
        expect([statusCode, await body.text()]).toEqual([201, 'stored 3000000 bytes\n']);
        expect(readFileSync(join(folder, 'stored')).equals(content)).toBe(true);
        expect((await client.request({ path: '/../up', method: 'PUT', body: 'x' })).statusCode).toBe(404);
        await client.close();
      },
      { FOLDER: folder, DELAY: '1' },
    ));

  it('deletes the part of an upload that was cut off', () =>
    running(
      'upload',
      async (url, example) => {
        const { hostname, port } = new URL(url);
        const socket = connect(Number(port), hostname);
        socket.write('PUT /broken HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nthe beginning');
        while (!readdirSync(folder).some((name) => name.startsWith('broken'))) await new Promise(setImmediate);
        socket.destroy();
        await example.prints(/^PUT \/broken: 13 bytes, /m);
        while (readdirSync(folder).some((name) => name.startsWith('broken'))) await new Promise(setImmediate);
      },
      { FOLDER: folder },
    ));
});

describe('file', () => {
  withCurl('sends whole files and ranges', async () => {
    const content = randomBytes(1_000_000);
    writeFileSync(join(folder, 'file.bin'), content);
    await running(
      'file',
      async (url) => {
        const whole = await ask(`${url}/file.bin`);
        expect([whole.status, whole.body.equals(content)]).toEqual([200, true]);
        for (const [range, from, to] of [
          ['0-0', 0, 1],
          ['10-99999', 10, 100_000],
          ['999990-', 999_990, 1_000_000],
          ['-5', 999_995, 1_000_000],
          ['5-9999999', 5, 1_000_000],
        ] as const) {
          const { status, headers, body } = await ask('-H', `Range: bytes=${range}`, `${url}/file.bin`);
          expect([status, headers['content-range']]).toEqual([206, `bytes ${from}-${to - 1}/1000000`]);
          expect(body.equals(content.subarray(from, to))).toBe(true);
        }
        const refused = await ask('-H', 'Range: bytes=1000000-', `${url}/file.bin`);
        expect([refused.status, refused.headers['content-range']]).toEqual([416, 'bytes */1000000']);
        const head = await ask('--head', `${url}/file.bin`);
        expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '1000000', 0]);
        expect((await ask(`${url}/no-such-file`)).status).toBe(404);
        expect((await ask('--path-as-is', `${url}/../etc/passwd`)).status).toBe(404);
      },
      { FOLDER: folder },
    );
  });
});

describe('gzip', () => {
  withCurl('decodes the request body and encodes the response body', () =>
    running('gzip', async (url) => {
      const content = Buffer.from('some words, again and again\n'.repeat(100_000));
      const zipped = join(folder, 'words.gz');
      writeFileSync(zipped, gzipSync(content));
      const sent = ['-H', 'Content-Encoding: gzip', '--data-binary', `@${zipped}`];
      const plain = await ask(...sent, `${url}/`);
      expect(plain.headers['content-encoding']).toBeUndefined();
      expect(plain.body.equals(content)).toBe(true);
      const encoded = await ask(...sent, '-H', 'Accept-Encoding: br, gzip', `${url}/`);
      expect(encoded.headers['content-encoding']).toBe('gzip');
      expect(encoded.body.length).toBeLessThan(content.length / 10);
      expect(gunzipSync(encoded.body).equals(content)).toBe(true);
      const unwanted = await ask('--data-binary', 'abc', '-H', 'Accept-Encoding: gzip;q=0', `${url}/`);
      expect(unwanted.body.toString()).toBe('abc');
      expect((await ask(`${url}/`)).status).toBe(405);
    }),
  );
});

describe('upgrade', () => {
  it('echoes after 101', () =>
    running('upgrade', async (url) => {
      const request = httpRequest(url, { headers: { connection: 'upgrade', upgrade: 'echo' } }).end();
      const [answer, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Socket];
      expect([answer.statusCode, answer.headers.upgrade]).toEqual([101, 'echo']);
      const sent = randomBytes(500_000);
      socket.end(sent);
      const chunks: Buffer[] = [];
      for await (const chunk of socket) chunks.push(chunk as Buffer);
      expect(Buffer.concat(chunks).equals(sent)).toBe(true);
    }));

  withCurl('tunnels after CONNECT', async () => {
    const upstream = createServer((_request, response) => response.end('from far away')).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    const { port } = upstream.address() as AddressInfo;
    const use = async (url: string): Promise<void> => {
      const { stdout } = await run('curl', ['-s', '-p', '-x', url, `http://127.0.0.1:${port}/`]);
      expect(stdout.toString()).toBe('from far away');
      upstream.close();
      upstream.closeAllConnections();
      await once(upstream, 'close');
      const { stdout: status } = await run('curl', [
        ...['-s', '-p', '-x', url, '-w', '%{http_connect}', `http://127.0.0.1:${port}/`],
      ]);
      expect(status.toString()).toBe('502');
    };
    // A fault that no handler sees is printed, once.
    await running('upgrade', use, {}, /^rxpaf: bad-gateway \(exception\): Error: cannot connect\n(?![^]*rxpaf:)/);
  });
});

describe('chat', () => {
  withCurl('sends a message to all listeners', () =>
    running('chat', async (url) => {
      const listeners = await Promise.all(
        [1, 2].map(async () => ((await once(get(url), 'response')) as [IncomingMessage])[0]),
      );
      const heard = listeners.map(async (listener) => {
        let text = '';
        for await (const chunk of listener) if ((text += String(chunk)).includes('data')) return text;
        return text;
      });
      expect((await ask('-d', 'hello\nall', `${url}/`)).status).toBe(204);
      expect(await Promise.all(heard)).toEqual([
        ': welcome\n\ndata: hello\ndata: all\n\n',
        ': welcome\n\ndata: hello\ndata: all\n\n',
      ]);
    }),
  );
});

describe('memory', () => {
  it('serves a request without a socket', async () => {
    const example = start('memory');
    expect(await example.exit).toEqual(GRACEFUL);
    expect(example.output).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\n\/hello for this process\n$/);
    expect(example.complaints).toBe('served /hello with status 200\n');
  });
});

describe('rotate-certificate', () => {
  it('uses a new certificate for new connections after SIGHUP, and keeps the open connections', () =>
    running('rotate-certificate', async (url, example) => {
      const { hostname, port } = new URL(url);
      const dial = async (): Promise<[socket: ReturnType<typeof connectTls>, fingerprint: string]> => {
        const socket = connectTls({
          host: hostname,
          port: Number(port),
          rejectUnauthorized: false,
          ALPNProtocols: ['http/1.1'],
        });
        await once(socket, 'secureConnect');
        return [socket, createHash('sha256').update(socket.getPeerCertificate().raw).digest('hex')];
      };
      const [old, before] = await dial();
      example.signal('SIGHUP');
      await example.prints(/^certificate renewed \(PID \d+\)$/m);
      const [fresh, after] = await dial();
      expect(after).not.toBe(before);
      for (const socket of [old, fresh]) {
        socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
        let said = '';
        for await (const chunk of socket) said += String(chunk);
        expect(said).toMatch(/hello over TLS\n$/);
      }
    }));
});
