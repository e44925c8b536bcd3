/** The peer of the HTTP/2 rows: `node:http2`, by its stream API, which is the shorter way; over TLS with TLS=1; STREAMS at once on a connection. */
import { createSecureServer, createServer, type ServerHttp2Stream } from 'node:http2';
import { pipeline } from 'node:stream';
import { selfSigned } from '../../../test/kits/certificate.js';
import { bytesAsked, HELLO, readableOf } from '../support/content.js';
import { portOf, ready } from '../support/worker.js';

const ignore = (): void => undefined;

function onStream(stream: ServerHttp2Stream, path: string): void {
  stream.on('error', ignore);
  const size = bytesAsked(path);
  if (path === '/') {
    stream.respond({ ':status': 200, 'content-type': 'text/plain', 'content-length': HELLO.length });
    stream.end(HELLO);
  } else if (size !== undefined) {
    stream.respond({ ':status': 200, 'content-type': 'application/octet-stream', 'content-length': size });
    pipeline(readableOf(size), stream, ignore);
  } else if (path === '/echo') {
    stream.respond({ ':status': 200, 'content-type': 'application/octet-stream' });
    pipeline(stream, stream, ignore);
  } else if (path === '/upload') {
    let count = 0;
    stream.on('data', (chunk: Buffer) => (count += chunk.length));
    stream.on('end', () => {
      stream.respond({ ':status': 200, 'content-type': 'text/plain' });
      stream.end(String(count));
    });
  } else {
    stream.respond({ ':status': 404 }, { endStream: true });
  }
}

// The windows of rxpaf, so that both wait for their clients equally often.
const settings = { initialWindowSize: 256 * 1024, maxConcurrentStreams: Number(process.env['STREAMS'] ?? 128) };
// MB, for the streams of a session: with its default of 10 it refuses some of ten thousand.
const maxSessionMemory = 1000;
const server =
  process.env['TLS'] === '1'
    ? createSecureServer({ ...(await selfSigned()), settings, maxSessionMemory })
    : createServer({ settings, maxSessionMemory });
server.on('session', (session) => session.setLocalWindowSize(1024 * 1024));
server.on('stream', (stream: ServerHttp2Stream, headers: Record<string, string>) =>
  onStream(stream, headers[':path'] ?? ''),
);
server.listen(0, '127.0.0.1', () => ready(portOf(server)));
