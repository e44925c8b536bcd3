/**
 * Streams without a reader, beside one that is read, on one HTTP/2 connection with node:http2. Of the 128 permitted streams 127 stall, each
 * with a full window; the last one transfers 16 MiB.
 */
import { get } from 'node:http';
import * as http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type Body, client, consume, type ListenAddress, serve, text } from 'rxpaf';
import { becomes } from '../kits/peers/peer.js';
import { firstValueFrom, lastValueFrom, map, mergeMap, NEVER, range, reduce, type Subscription, toArray } from 'rxjs';

const STALLED = 127;
const LARGE = 16 * 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024, 'x');

/** Writes `size` octets as the stream takes them; more than any window for those that stall. */
function write(stream: http2.Http2Stream, size: number): void {
  let left = size;
  const more = (): void => {
    while (left > 0) {
      left -= PIECE.length;
      if (!stream.write(PIECE)) return void stream.once('drain', more);
    }
    stream.end();
  };
  more();
}

it('a server: 127 uploads without a reader do not hold up the last one', async () => {
  let stalled = 0;
  const serving: Subscription[] = [];
  const address = await new Promise<ListenAddress>((listening) => {
    const handler = ({ path, body }: { path: string; body: Body }) => {
      if (path === '/stalled') {
        stalled++;
        return NEVER;
      }
      return body.pipe(
        reduce((sum, chunk) => sum + chunk.length, 0),
        map((sum) => text(`${sum} bytes, ${stalled} stalled`)),
      );
    };
    serving.push(serve({ host: '127.0.0.1', port: 0, listening }, handler).subscribe());
  });
  const session = http2.connect(`http://127.0.0.1:${address.port!}`);
  try {
    await new Promise((done) => session.once('remoteSettings', done));
    const post = (path: string): http2.ClientHttp2Stream => {
      const stream = session.request({ ':method': 'POST', ':path': path }, { endStream: false });
      stream.on('error', () => undefined);
      return stream;
    };
    for (let index = 0; index < STALLED; index++) write(post('/stalled'), 1024 * 1024);
    const last = post('/read');
    write(last, LARGE);
    last.setEncoding('utf8');
    expect((await last.toArray()).join('')).toBe(`${LARGE} bytes, ${STALLED} stalled`);
  } finally {
    session.destroy();
    serving.forEach((one) => one.unsubscribe());
  }
});

it('a client: 127 responses without a reader do not hold up the last one', async () => {
  // 127 streams, with what each has written and not sent, are more than the default of 10 MB.
  const server = http2.createServer({ maxSessionMemory: 1000 });
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on('session', (session: http2.ServerHttp2Session) => sessions.add(session));
  server.on('stream', (stream: http2.ServerHttp2Stream, headers) => {
    stream.on('error', () => undefined);
    stream.respond({ ':status': 200 });
    write(stream, headers[':path'] === '/read' ? LARGE : 1024 * 1024);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const http = client({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    protocols: ['h2'],
    retry: false,
  });
  try {
    const unread = range(0, STALLED).pipe(
      mergeMap(() => http.get('/stalled')),
      toArray(),
    );
    const responses = await lastValueFrom(unread);
    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: STALLED }, () => 200));
    let octets = 0;
    const { body } = await firstValueFrom(http.get('/read'));
    await lastValueFrom(body.pipe(consume((chunk) => [void (octets += chunk.length)])), { defaultValue: undefined });
    expect(octets).toBe(LARGE);
    expect(sessions.size).toBe(1);
  } finally {
    http.close();
    for (const session of sessions) session.destroy();
    server.close();
  }
});

it('a gateway: 200 clients that disconnect in the middle of a download leave the upstream connection whole', async () => {
  const server = http2.createServer({ maxSessionMemory: 1000 });
  const sessions = new Set<http2.ServerHttp2Session>();
  const open = new Set<http2.ServerHttp2Stream>();
  server.on('session', (session: http2.ServerHttp2Session) => sessions.add(session));
  server.on('stream', (stream: http2.ServerHttp2Stream, headers) => {
    open.add(stream);
    stream.on('error', () => undefined).on('close', () => open.delete(stream));
    stream.respond({ ':status': 200 });
    write(stream, headers[':path'] === '/read' ? LARGE : Infinity);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const upstream = client({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    protocols: ['h2'],
    retry: false,
  });
  const serving: Subscription[] = [];
  const { port } = await new Promise<ListenAddress>((listening) => {
    serving.push(
      serve(
        { host: '127.0.0.1', port: 0, listening },
        {
          request: (request) => upstream.request(request),
          // A client that has left needs no response.
          error: (faults) => faults,
        },
      ).subscribe(),
    );
  });
  const download = (path: string, leaves: boolean): Promise<number> =>
    new Promise((done, failed) => {
      let octets = 0;
      const asked = get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
        response.on('data', (chunk: Buffer) => {
          octets += chunk.length;
          if (leaves) asked.destroy();
        });
        response.on('end', () => done(octets));
        response.on('error', () => undefined);
      });
      asked.on('error', (error) => (leaves ? undefined : failed(error)));
      asked.on('close', () => done(octets));
    });
  try {
    for (let round = 0; round < 10; round++)
      await Promise.all(Array.from({ length: 20 }, () => download('/endless', true)));
    expect(await download('/read', false)).toBe(LARGE);
    expect(sessions.size).toBe(1);
    await becomes(() => open.size === 0, 'every stream has ended');
  } finally {
    upstream.close();
    serving.forEach((one) => one.unsubscribe());
    for (const session of sessions) session.destroy();
    server.close();
  }
});
