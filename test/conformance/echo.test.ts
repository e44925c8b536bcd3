// The conformance target, route by route.
import { createHash } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Client } from 'undici';
import { ask, curl, type Example, start, withCurl } from '../kits/example.js';

/** Writes `wire`, and `rest` when the output matches `cue`; gives all the output. */
function conversation(url: string, wire: string, cue: RegExp, rest: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let said = '';
    let answered = false;
    const socket = connect(Number(port), hostname, () => socket.write(wire, 'latin1'));
    socket.setEncoding('latin1').on('data', (text: string) => {
      said += text;
      if (answered || !cue.test(said)) return;
      answered = true;
      socket.write(rest, 'latin1');
    });
    socket.on('error', reject).on('end', () => resolve(said));
  });
}

/** Writes `wire`, and gives all that comes back. */
const raw = (url: string, wire: string): Promise<string> => conversation(url, wire, /^$/, '');

describe('echo', () => {
  let echo: Example;
  let url: string;
  beforeAll(async () => {
    echo = start('echo');
    url = await echo.url();
  });
  afterAll(async () => {
    expect(await echo.stop()).toEqual({ code: 0, signal: null });
    expect(echo.complaints).toBe('');
  });

  it('prints one line, and no other', async () => {
    await raw(url, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(echo.output).toBe(`listening on ${url}\n`);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  withCurl('GET and HEAD of /: a short text, with its length', async () => {
    const { status, headers, body } = await ask(`${url}/`);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/plain');
    expect(headers['content-length']).toBe(String(body.length));
    expect(body.length).toBeGreaterThan(0);
    const head = await ask('--head', `${url}/`);
    expect(head).toEqual({ ...head, status: 200, body: Buffer.alloc(0) });
    expect(head.headers['content-length']).toBe(headers['content-length']);
  });

  withCurl('POST /echo: the body, byte by byte, with a length or in chunks', async () => {
    const { stdout } = await curl('--data-binary', '@package-lock.json', `${url}/echo`);
    const { stdout: chunked } = await curl(
      '-X',
      'POST',
      '-T',
      'package-lock.json',
      '-H',
      'Transfer-Encoding: chunked',
      `${url}/echo`,
    );
    const { stdout: file } = await curl(`file://${process.cwd()}/package-lock.json`);
    expect(stdout.equals(file)).toBe(true);
    expect(chunked.equals(file)).toBe(true);
    expect((await ask('-X', 'POST', `${url}/echo`)).body).toHaveLength(0);
  });

  it('POST /echo streams: the first bytes come back before the rest is sent', async () => {
    const client = new Client(url);
    let feed: (chunk: string | null) => void = () => undefined;
    const body = new ReadableStream<string>({
      start(controller) {
        feed = (chunk) => (chunk === null ? controller.close() : controller.enqueue(chunk));
      },
    }).pipeThrough(new TextEncoderStream());
    feed('one');
    const answer = await client.request({ path: '/echo', method: 'POST', body: body as never });
    const chunks = answer.body[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
    expect(String((await chunks.next()).value)).toBe('one');
    feed('two');
    expect(String((await chunks.next()).value)).toBe('two');
    feed(null);
    expect((await chunks.next()).done).toBe(true);
    await client.close();
  });

  it.each([0, 1, 65_536, 65_537, 20_000_000])('GET /bytes/%i: as many bytes, and their length', async (size) => {
    const client = new Client(url);
    const { statusCode, headers, body } = await client.request({ path: `/bytes/${size}?a=b`, method: 'GET' });
    expect(statusCode).toBe(200);
    expect(headers['content-length']).toBe(String(size));
    expect((await body.arrayBuffer()).byteLength).toBe(size);
    const head = await client.request({ path: `/bytes/${size}`, method: 'HEAD' });
    expect(head.headers['content-length']).toBe(String(size));
    expect(await head.body.text()).toBe('');
    await client.close();
  });

  it('HEAD /bytes/9999999999: ten digits', async () => {
    const answer = await raw(url, 'HEAD /bytes/9999999999 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(answer).toMatch(/\r\ncontent-length: 9999999999\r\n/i);
    expect(answer).toMatch(/\r\n\r\n$/);
  });

  withCurl('GET /headers: what was received, as JSON', async () => {
    const { headers, body } = await ask('-H', 'X-One: 1', '-H', 'X-Two: 2', '-H', 'x-two: 3', `${url}/headers?x`);
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(body.toString())).toMatchObject({ 'x-one': '1', 'x-two': '2, 3', host: new URL(url).host });
    expect((await ask('--head', `${url}/headers`)).status).toBe(200);
  });

  it('POST /echo asks for the body that waits for 100 (Continue), before the head of the response that is made of it', async () => {
    const fields = 'Host: a\r\nConnection: close\r\nContent-Length: 3\r\nExpect: 100-continue';
    const said = await conversation(
      url,
      `POST /echo HTTP/1.1\r\n${fields}\r\n\r\n`,
      /^HTTP\/1.1 100 .*\r\n\r\n/,
      'abc',
    );
    expect(said).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n[^]*abc/);
  });

  it('routes an absolute-form target on its path (RFC 9112 section 3.2.2)', async () => {
    const answer = await raw(
      url,
      'GET http://elsewhere.test/bytes/3?q HTTP/1.1\r\nHost: elsewhere.test\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\n[^]{3}$/);
  });

  it.each([
    'GET /nothing',
    'POST /',
    'PUT /echo',
    'GET /echo',
    'GET /bytes/',
    'GET /bytes/12345678901',
    'GET /bytes/1x',
    'OPTIONS *',
    'DELETE /headers',
  ])('%s: 404', async (target) => {
    const answer = await raw(url, `${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 404 Not Found\r\n/);
  });

  it('responds with 404 at once, the request body unread', async () => {
    const { hostname, port } = new URL(url);
    const first = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest({
        host: hostname,
        port,
        path: '/no',
        method: 'POST',
        agent: new Agent(),
        headers: { 'content-length': 1e9 },
      });
      request.on('error', reject).on('response', (answer) => {
        resolve(answer.statusCode);
        request.on('error', () => undefined).destroy();
      });
      request.write('only the beginning');
    });
    expect(first).toBe(404);
  });
});

describe('TLS=1', () => {
  it.each(['echo', 'hello'])('%s speaks HTTP/1.1 to who chooses it by ALPN', async (name) => {
    const example = start(name, { TLS: '1' });
    const url = await example.url();
    expect(url).toMatch(/^https:/);
    const { hostname, port } = new URL(url);
    const said = await new Promise<string>((resolve, reject) => {
      let all = '';
      const socket = connectTls(
        { host: hostname, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] },
        () => {
          expect(socket.alpnProtocol).toBe('http/1.1');
          socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
        },
      );
      socket.setEncoding('latin1').on('data', (text: string) => (all += text));
      socket.on('error', reject).on('end', () => resolve(all));
    });
    expect(said).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(await example.stop()).toEqual({ code: 0, signal: null });
  });

  withCurl('a download and an upload over TLS are whole', async () => {
    const echo = start('echo', { TLS: '1' });
    const url = await echo.url();
    const sent = Buffer.alloc(3_000_000, 'some of all ');
    const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    const { body } = await ask(`${url}/bytes/3000000`);
    expect(body).toHaveLength(3_000_000);
    const client = new Client(url, { connect: { rejectUnauthorized: false } });
    const echoed = await client.request({ path: '/echo', method: 'POST', body: sent });
    expect(sha(Buffer.from(await echoed.body.arrayBuffer()))).toBe(sha(sent));
    await client.close();
    expect((await echo.stop()).code).toBe(0);
  });
});

describe('hello', () => {
  withCurl('says so', async () => {
    const hello = start('hello');
    const { status, headers, body } = await ask(`${await hello.url()}/`);
    expect([status, headers['content-type'], body.toString()]).toEqual([200, 'text/plain', 'Hello, World!']);
    expect(await hello.stop()).toEqual({ code: 0, signal: null });
  });

  it('says in one line that its port is taken, and ends with 1', async () => {
    const first = start('hello');
    const { port } = new URL(await first.url());
    const second = start('hello', { PORT: port });
    expect(await second.exit).toEqual({ code: 1, signal: null });
    expect(second.complaints).toBe(`port ${port} of 127.0.0.1 is in use by another program\n`);
    expect(second.output).toBe('');
  });
});
