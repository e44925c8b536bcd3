/**
 * Streams without a reader, beside one that is read, on one HTTP/2 connection with node:http2. Of the 128 permitted streams 127 stall, each
 * with a full window; the last one transfers 16 MiB.
 */
import * as http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type Body, client, consume, type ListenAddress, serve, text } from 'rxpaf';
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
  const server = http2.createServer();
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
