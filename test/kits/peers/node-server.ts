/** The servers of Node, on a free port each, ended after the tests. */
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import * as http2 from 'node:http2';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer, type Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';

/** What is listened for. */
export interface Listening<S> {
  readonly server: S;
  readonly port: number;
  readonly url: string;
  /** Connections that were accepted. */
  readonly sockets: readonly Socket[];
}

export async function listening<S extends TcpServer>(
  server: S,
  scheme = 'http',
  host = '127.0.0.1',
): Promise<Listening<S>> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => sockets.push(socket.on('error', () => undefined)));
  await new Promise<void>((done) => server.listen(0, host, done));
  const { port } = server.address() as AddressInfo;
  ended.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((done) => server.close(() => done()));
  });
  const name = host.includes(':') ? `[${host}]` : host;
  return { server, port, sockets, url: `${scheme}://${name}:${port}` };
}

const ended: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(ended.splice(0).map((end) => end()));
});

/** Waits until `socket` has closed, however. */
export function closing(socket: Socket): Promise<void> {
  return new Promise((done) => socket.once('close', () => done()));
}

/** node:http. */
export function httpServer(listener: RequestListener, options: ServerOptions = {}): Promise<Listening<Server>> {
  return listening(createServer(options, listener));
}

/** node:https. */
export function httpsServer(options: TlsOptions, listener: RequestListener): Promise<Listening<SecureServer>> {
  return listening(createSecureServer(options, listener), 'https');
}

/** node:http on the loopback of IPv6. */
export function httpServerV6(listener: RequestListener): Promise<Listening<Server>> {
  return listening(createServer(listener), 'http', '::1');
}

export type Streams = (
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
  server: http2.Http2Server,
) => void;

/** node:http2, in cleartext: one call a stream. Its sessions are at hand to be misused. */
export async function http2Server(
  onStream: Streams,
  options: http2.ServerOptions = {},
): Promise<Listening<http2.Http2Server> & { readonly sessions: readonly http2.ServerHttp2Session[] }> {
  const server = http2.createServer(options);
  const sessions: http2.ServerHttp2Session[] = [];
  server.on('session', (session) => sessions.push(session.on('error', () => undefined)));
  server.on('sessionError', () => undefined);
  server.on('stream', (stream: http2.ServerHttp2Stream, headers) =>
    onStream(
      stream.on('error', () => undefined),
      headers,
      server,
    ),
  );
  return { ...(await listening(server)), sessions };
}

/** node:http2 over TLS. */
export function http2SecureServer(
  options: http2.SecureServerOptions,
  listener: (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => void,
): Promise<Listening<http2.Http2SecureServer>> {
  return listening(http2.createSecureServer(options, listener), 'https');
}

/** A server that sends exactly the given bytes: to be wrong as no library is. */
export function rawServer(onSocket: (socket: Socket) => void): Promise<Listening<TcpServer>> {
  return listening(createTcpServer(onSocket));
}

/** Responds to each request head (or part of one) on a connection with the next of `answers`; undefined is silence. */
export function sayingServer(...answers: readonly (string | undefined)[]): Promise<Listening<TcpServer>> {
  return rawServer((socket) => {
    let next = 0;
    let head = '';
    socket.on('data', (chunk) => {
      head += chunk.toString('latin1');
      for (let end = head.indexOf('\r\n\r\n'); end >= 0; end = head.indexOf('\r\n\r\n')) {
        head = head.slice(end + 4);
        const answer = answers[next++];
        if (answer !== undefined) socket.write(answer, 'latin1');
      }
    });
  });
}
