// A small service: text, an echo, a download of any size, the request's headers as JSON, and a WebSocket.
// It is also the conformance target: the server that outside tools test. It has the default limits and no special cases.
//   PORT=8080 npm run --silent example echo
//   curl http://127.0.0.1:8080/                        GET or HEAD: a short text
//   curl -d 'some text' http://127.0.0.1:8080/echo     POST: the request body, streamed back as it arrives
//   curl http://127.0.0.1:8080/bytes/1000              GET or HEAD: that many bytes, streamed
//   curl http://127.0.0.1:8080/headers                 GET or HEAD: the received headers as JSON
//   ws://127.0.0.1:8080/ws                             a WebSocket that sends each message back, over HTTP/1.1 and HTTP/2
// TLS=1 serves the same over HTTPS with a new self-signed certificate (curl -k).
import { fromEvent, ignoreElements, merge, take, tap } from 'rxjs';
import { bytes, json, type HttpRequest, type HttpResponse, serve, type Service, text } from 'rxpaf';
import { accept } from 'rxpaf/ws';
import { generate } from 'selfsigned';

const { HOST = '127.0.0.1', PORT = '8080', TLS } = process.env;

// Ctrl-C or SIGTERM starts a graceful shutdown. A second signal ends the process immediately.
const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1));

async function selfSigned(): Promise<{ key: string; cert: string }> {
  const options = { algorithm: 'sha256', keyType: 'ec' } as const;
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], options);
  return { key, cert };
}

const CHUNK = Buffer.alloc(64 * 1024, 'rxpaf.  ');

/** `size` bytes in chunks. The server asks for the next chunk when the client has taken the last one. */
function* chunks(size: number): Generator<Uint8Array> {
  for (let left = size; left > 0; left -= CHUNK.length) yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
}

function route(request: HttpRequest): HttpResponse {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const path = request.path.split('?', 1)[0]!;
  if (path === '/' && isRead) {
    return text('rxpaf: HTTP as RxJS streams\n', { headers: { 'content-type': 'text/plain' } });
  }
  if (path === '/echo' && request.method === 'POST') {
    // A request body is an Observable, and so is a response body: the client's own pace limits both.
    const type = request.headers.get('content-type') ?? 'application/octet-stream';
    return bytes(request.body, { headers: { 'content-type': type } });
  }
  if (path === '/headers' && isRead) return json(request.headers);
  const sized = /^\/bytes\/(\d{1,10})$/.exec(path);
  if (sized !== null && isRead) {
    const size = Number(sized[1]);
    return bytes(chunks(size), { headers: { 'content-length': String(size) } });
  }
  return text('not found\n', { status: 404 });
}

const app: Service = (request, exchange) => {
  if (request.path.split('?', 1)[0] !== '/ws') return route(request);
  // A WebSocket is a Subject of messages: one that subscribes to itself is an echo, with backpressure.
  return accept(request, exchange, { protocols: ['echo'], deflate: { threshold: 0 } }).pipe(
    tap((socket) => socket.subscribe(socket)),
    ignoreElements(),
  );
};

serve(
  {
    host: HOST,
    port: Number(PORT),
    ...(TLS === '1' ? { tls: await selfSigned() } : {}),
    stop,
    connectProtocol: true,
    listening: ({ url }) => console.log(`listening on ${url}`),
  },
  app,
).subscribe({
  error: (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
});
