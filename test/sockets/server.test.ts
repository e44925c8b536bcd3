/** The server over real sockets, in a process of its own: its memory, the traces of clients that disconnect, and other peers. */
import { once } from 'node:events';
import { Agent, get, type IncomingMessage, request as httpRequest } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Client } from 'undici';
import { dial, exchange, ServerProcess } from '../kits/sockets/served-process.js';

const MiB = 1024 * 1024;
/** How many clients are killed: more of them by hand. */
const KILLS = Number(process.env['RXPAF_KILLS'] ?? 400);
/** Bytes of the upload and their rate; the whole gigabyte by hand. */
const UPLOAD = Number(process.env['RXPAF_UPLOAD'] ?? 128 * MiB);
const RATE = Number(process.env['RXPAF_RATE'] ?? 32 * MiB);
/** What the process may grow by: buffers of sockets and the unswept young generation, far from what is transferred. */
const GROWTH = 64 * MiB;

jest.setTimeout(Math.max(120_000, KILLS * 30, (UPLOAD / RATE) * 2000));
const onLinux = process.platform === 'linux' ? it : it.skip;

let server: ServerProcess;
beforeAll(async () => {
  server = await ServerProcess.start();
});
afterAll(() => server.stop());

async function textOf(answer: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('memory', () => {
  const megabyte = Buffer.alloc(MiB, 'u');

  function* upload(): Generator<Buffer> {
    for (let left = UPLOAD; left > 0; left -= megabyte.length) yield megabyte;
  }

  onLinux('an upload to a handler that reads slowly is not gathered', async () => {
    const { resident } = await server.report();
    const client = new Client(server.url, { bodyTimeout: 0, headersTimeout: 0 });
    const headers = { 'content-length': String(UPLOAD) };
    const { body } = await client.request({ path: `/slow/${RATE}`, method: 'POST', headers, body: upload() as never });
    expect(await body.text()).toBe(String(UPLOAD));
    await client.close();
    const { peak } = await server.report();
    if (process.env['RXPAF_UPLOAD'] !== undefined) console.log(`upload: +${(peak - resident) / MiB} MiB`);
    expect(peak - resident).toBeLessThan(GROWTH);
  });

  onLinux('a download to a client that stops reading is not made', async () => {
    const before = await server.report();
    const client = dial(server.plain);
    client.write('GET /bytes/9999999999 HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(client, 'readable');
    let made = -1;
    const stalled = await server.settles((report) => made === (made = report.made));
    expect(stalled.made - before.made).toBeLessThan(GROWTH);
    expect(stalled.peak - before.resident).toBeLessThan(GROWTH);
    expect(stalled.live).toBe(1);
    client.destroy();
    expect((await server.settles(({ live }) => live === 0)).live).toBe(0);
  });
});

/** Ways for a client to go; each is gone when it resolves. */
const DEATHS: Readonly<Record<string, () => Promise<void>>> = {
  'mid-head': () => killed('GET / HTTP/1.1\r\nHos', 'connect'),
  'mid-body, nobody reading': () =>
    killed('POST /never HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\nabc', 'connect'),
  'mid-body and mid-answer': () =>
    killed('POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\nabc', 'data'),
  'mid-body, in a chunk': () =>
    killed('POST /slow/1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc', 'connect'),
  // A client that has only ended its side would get it: only the write shows that it has gone.
  'waiting for the answer': () => killed('GET /late HTTP/1.1\r\nHost: a\r\n\r\n', 'connect'),
  'mid-answer, which comes now and then': () => killed('GET /ticks HTTP/1.1\r\nHost: a\r\n\r\n', 'data'),
  'mid-answer': () => killed('GET /bytes/99999999 HTTP/1.1\r\nHost: a\r\n\r\n', 'data'),
  pipelined: () => killed('GET /bytes/100000 HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(40), 'data'),
  idle: () => killed('GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'data'),
  'mid-handshake': () => killed(Buffer.from('1603010200010001fc0303', 'hex'), 'connect', () => dial(server.secure)),
  'mid-answer, TLS': () => killed('GET /bytes/99999999 HTTP/1.1\r\nHost: a\r\n\r\n', 'data', dialSecurely),
  'mid-answer, h2': async () => {
    const session = connectHttp2(`https://127.0.0.1:${server.secure}`, { rejectUnauthorized: false });
    session.on('error', () => undefined);
    const streams = ['/bytes/99999999', '/never', '/bytes/10'].map((path) => session.request({ ':path': path }));
    for (const stream of streams) stream.on('error', () => undefined);
    await once(streams[0]!, 'data');
    session.destroy();
  },
};

function dialSecurely(): Socket {
  return connectTls({ port: server.secure, host: '127.0.0.1', rejectUnauthorized: false }).on('error', () => undefined);
}

let deaths = 0;

/** Writes `wire`, waits for `event`, and goes: each second time with RST, else with FIN. */
async function killed(
  wire: string | Buffer,
  event: 'connect' | 'data',
  dialIt = (): Socket => dial(server.plain),
): Promise<void> {
  const socket = dialIt();
  const sent = new Promise<void>((resolve) => socket.write(wire, () => resolve()));
  await (event === 'data' ? once(socket, 'data') : sent);
  // A TLS socket cannot be reset.
  if (deaths++ % 2 === 0 || 'encrypted' in socket) socket.destroy();
  else socket.resetAndDestroy();
}

const rested = (report: { live: number; sockets: number }): boolean => report.live === 0 && report.sockets === 0;

describe(`${KILLS} clients that are killed leave no trace`, () => {
  const ways = Object.entries(DEATHS);

  onLinux.each(ways)('%s', async (_name, way) => {
    await exchange(server.plain, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const before = await server.settles(rested);
    for (let begun = 0; begun < KILLS / ways.length; begun += 20) await Promise.all(Array.from({ length: 20 }, way));
    const after = await server.settles(
      (report) => rested(report) && report.descriptors <= before.descriptors && report.timers <= before.timers,
    );
    expect(after).toMatchObject({ live: 0, sockets: 0 });
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
    expect(after.timers).toBeLessThanOrEqual(before.timers);
  });
});

describe('half-close', () => {
  it.each(['GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello'])(
    'a client that ends its side still gets the response: %j',
    async (wire) => {
      expect(await exchange(server.plain, wire, true)).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*hello/);
    },
  );
});

describe('an upload that nobody reads', () => {
  it.each([100, 1000, 20_000])('gets 404, which comes whole: %i KB that are sent before it is read', async (size) => {
    const socket = dial(server.plain);
    const errors: unknown[] = [];
    socket.on('error', (error) => errors.push(error));
    socket.write(`POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: ${size * 1000}\r\n\r\n`);
    // All of it is sent, or as much as possible before the client looks at the response.
    const written = new Promise((resolve) => socket.write(Buffer.alloc(size * 1000), resolve));
    await Promise.race([written, once(socket, 'close')]);
    let said = '';
    socket.setEncoding('latin1').on('data', (text: string) => (said += text));
    await new Promise<void>((resolve) => {
      const look = (): void => (said.endsWith('not found') ? resolve() : undefined);
      socket.on('data', look).on('close', () => resolve());
    });
    expect(said).toMatch(/^HTTP\/1.1 404 Not Found\r\n[^]*\r\n\r\nnot found$/);
    expect(errors).toEqual([]);
    socket.destroy();
  });
});

describe('other peers', () => {
  it('node:http keeps its connection alive', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number>();
    for (let turn = 0; turn < 5; turn++) {
      const [answer] = (await once(get(`${server.url}/`, { agent }), 'response')) as [IncomingMessage];
      ports.add(answer.socket.localPort!);
      expect(await textOf(answer)).toBe('hello');
    }
    expect(ports.size).toBe(1);
    agent.destroy();
  });

  it('node:http sends chunks and trailers, and gets trailers', async () => {
    const request = httpRequest(`${server.url}/trailers`, {
      method: 'POST',
      headers: { te: 'trailers', trailer: 'X-Digest' },
    });
    request.write('some ');
    request.write('content');
    request.addTrailers({ 'X-Digest': 'abc' });
    request.end();
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    expect(JSON.parse(await textOf(answer))).toEqual(['some content', { 'x-digest': 'abc' }]);
    expect(answer.trailers).toEqual({ 'x-sum': '42' });
  });

  it('undici pipelines', async () => {
    const client = new Client(server.url, { pipelining: 10 });
    const sizes = Array.from({ length: 50 }, (_, index) => (index * 7919) % 200_000);
    const got = await Promise.all(
      sizes.map(async (size) => {
        const { body } = await client.request({ path: `/bytes/${size}`, method: 'GET' });
        return (await body.arrayBuffer()).byteLength;
      }),
    );
    expect(got).toEqual(sizes);
    await client.close();
  });

  it('a client that waits for 100 (Continue) gets it', async () => {
    const request = httpRequest(`${server.url}/echo`, {
      method: 'POST',
      headers: { expect: '100-continue', 'content-length': 3 },
    });
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    request.flushHeaders();
    await once(request, 'continue');
    request.end('abc');
    const [answer] = await answered;
    expect(await textOf(answer)).toBe('abc');
  });

  it('HTTP/1.0 gets a response that ends with the connection', async () => {
    const answer = await exchange(server.plain, 'POST /echo HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello');
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\nhello$/);
    expect(answer).not.toMatch(/transfer-encoding/i);
  });
});
