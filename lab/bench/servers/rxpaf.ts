/** The contestant of this project: any protocol, over TLS with TLS=1; STREAMS at once on a connection of HTTP/2. */
import { map, mergeMap, type Observable, of, reduce } from 'rxjs';
import {
  alpn,
  bytes,
  connections,
  Fields,
  h1,
  h2,
  type HttpRequest,
  type HttpResponse,
  listen,
  type ListenAddress,
  nodeInfo,
  serve,
  text,
} from 'rxpaf';
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

function request(request: HttpRequest): HttpResponse | Observable<HttpResponse> {
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
}

const tls = process.env['TLS'] === '1' ? { tls: await selfSigned() } : {};
const streams = process.env['STREAMS'];
const limits = streams === undefined ? {} : { limits: { concurrentStreams: Number(streams) } };
const listening = ({ port }: ListenAddress): void => ready(port!);
const address = { port: 0, host: '127.0.0.1', ...tls, listening };

/** Each level of the composition does the same work: the difference is its cost. */
const LEVELS: Readonly<Record<string, () => Observable<unknown>>> = {
  service: () => serve({ ...address, ...limits }, request),
  connections: () =>
    listen(address).pipe(
      connections(nodeInfo, limits),
      mergeMap((connection) => connection.exchanges),
      mergeMap((exchange) => exchange.respond(request(exchange.request))),
    ),
  dispatch: () =>
    listen(address).pipe(
      mergeMap((socket) => {
        const flow = nodeInfo.injection(socket);
        return of(flow.alpn).pipe(alpn(flow, { 'http/1.1': h1(limits), h2: h2(limits) }));
      }),
      mergeMap((connection) => connection.exchanges),
      mergeMap((exchange) => exchange.respond(request(exchange.request))),
    ),
};
LEVELS[process.env['LEVEL'] ?? 'service']!().subscribe();
