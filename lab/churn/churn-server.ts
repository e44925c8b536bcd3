/** A server of Node that is there to be killed: it downloads, echoes, swallows and waits, and on SIGTERM ends as servers should. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as http2 from 'node:http2';

/** ms that exchanges under way have at a graceful end. */
const GRACE = 500;

type Answer = ServerResponse | http2.Http2ServerResponse;

function answer(request: IncomingMessage | http2.Http2ServerRequest, response: Answer): void {
  request.on('error', () => undefined);
  const [, kind, size = '0'] = request.url!.split('/');
  const content = Buffer.alloc(Number(size), 'x');
  if (kind === 'bytes') response.end(content);
  else if (kind === 'slow') setTimeout(() => response.end(content), 20);
  else if (kind === 'echo') request.pipe(response as ServerResponse);
  else request.resume().on('end', () => response.end(content));
}

/** Serves `protocol` on `port`: prints the port once it accepts. */
export function serveChurn(protocol: string, port: number): void {
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = protocol === 'h2' ? http2.createServer(answer) : createServer(answer);
  server.on('session', (session: http2.ServerHttp2Session) => {
    sessions.add(session.on('error', () => undefined));
    session.on('close', () => sessions.delete(session));
  });
  server.listen(port, '127.0.0.1', () => console.log((server.address() as { readonly port: number }).port));
  process.once('SIGTERM', () => {
    server.close(() => process.exit());
    // GOAWAY; of HTTP/1.1 Node closes what is idle.
    for (const session of sessions) session.close();
    setTimeout(() => process.exit(), GRACE);
  });
  // The process that started it has gone.
  process.stdin.resume().on('end', () => process.exit());
}
