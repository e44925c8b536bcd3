/** The contestant of this project: any protocol, over TLS with TLS=1; STREAMS at once on a connection of HTTP/2. */
import { map, reduce } from 'rxjs';
import { bytes, Fields, type HttpRequest, type HttpResponse, serve, text } from 'rxpaf';
import { selfSigned } from '../../../test/kits/certificate.js';
import { bytesAsked, HELLO, pieceOf } from '../support/content.js';
import { ready } from '../support/worker.js';

const plain = Fields.from({ 'content-type': 'text/plain' });
const hello: HttpResponse = { status: 200, headers: plain, body: HELLO };

function* pieces(size: number): Generator<Uint8Array> {
  for (let left = size; left > 0;) {
    const piece = pieceOf(left);
    left -= piece.length;
    yield piece;
  }
}

const tls = process.env['TLS'] === '1' ? { tls: await selfSigned() } : {};
const streams = process.env['STREAMS'];
const limits = streams === undefined ? {} : { limits: { concurrentStreams: Number(streams) } };
serve(
  { port: 0, host: '127.0.0.1', ...tls, listening: ({ port }) => ready(port!) },
  {
    ...limits,
    request: (request: HttpRequest) => {
      const { path } = request;
      if (path === '/') return hello;
      const size = bytesAsked(path);
      if (size !== undefined) return bytes(pieces(size), { headers: { 'content-length': size } });
      if (path === '/echo') return bytes(request.body);
      if (path !== '/upload') return text('not found\n', { status: 404 });
      return request.body.pipe(
        reduce((count, chunk) => count + chunk.length, 0),
        map((count) => text(String(count))),
      );
    },
  },
).subscribe();
