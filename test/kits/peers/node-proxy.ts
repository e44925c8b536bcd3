/** Proxies of node:http and node:http2: requests in absolute form, and CONNECT, with a record of what they were asked for. */
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type ServerHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** One request to the proxy. */
export interface Asked {
  readonly method: string;
  /** The target as it came: a URL in absolute form, or `host:port`. */
  readonly target: string;
  readonly version: string;
  readonly headers: IncomingHttpHeaders;
}

type Certificate = { readonly key: string; readonly cert: string };

export class NodeProxy {
  readonly asked: Asked[] = [];
  /** Connections that were accepted. */
  connections = 0;
  /** A response in place of a tunnel, or of a request that is sent on. */
  refusal: { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string } | undefined;
  private readonly sockets = new Set<Duplex>();

  private constructor(private readonly server: Server | Http2SecureServer) {
    server.on('connection', (socket: Socket) => {
      this.connections++;
      this.keep(socket);
    });
  }

  /** A proxy over HTTP/1.1, over TLS with a certificate. */
  static async h1(certificate?: Certificate): Promise<NodeProxy> {
    const server = certificate === undefined ? createServer() : createTlsServer({ ...certificate });
    const proxy = new NodeProxy(server);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => proxy.onRequest(request, response));
    server.on('connect', (request: IncomingMessage, socket: Duplex) => proxy.onConnect(request, socket));
    return proxy.listen();
  }

  /** A proxy that speaks HTTP/2 by ALPN. */
  static async h2(certificate: Certificate): Promise<NodeProxy> {
    const server = createSecureServer({ ...certificate });
    const proxy = new NodeProxy(server);
    server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => proxy.onStream(stream, headers));
    return proxy.listen();
  }

  private async listen(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get targets(): string[] {
    return this.asked.map(({ method, target }) => `${method} ${target}`);
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  private keep<T extends Duplex>(socket: T): T {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => this.sockets.delete(socket));
    return socket;
  }

  private record(method: string, target: string, version: string, headers: IncomingHttpHeaders): void {
    this.asked.push({ method, target, version, headers });
  }

  private onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url = '', headers } = request;
    this.record(method, url, request.httpVersion, headers);
    if (this.refusal !== undefined) {
      const { status, headers: fields = {}, body = '' } = this.refusal;
      response.writeHead(status, fields).end(body);
      return;
    }
    const { 'proxy-authorization': _credentials, ...rest } = headers;
    const onward = httpRequest(url, { method, headers: rest, agent: false }, (came) => {
      const { connection: _connection, 'keep-alive': _alive, ...fields } = came.headers;
      response.writeHead(came.statusCode!, fields);
      came.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end('bad gateway'));
    request.pipe(onward);
  }

  private onConnect(request: IncomingMessage, socket: Duplex): void {
    const { method = '', url = '', headers } = request;
    this.record(method, url, request.httpVersion, headers);
    if (this.refusal !== undefined) {
      const { status, headers: fields = {}, body = '' } = this.refusal;
      const lines = Object.entries({ ...fields, 'content-length': body.length }).map((line) => line.join(': '));
      socket.end(`HTTP/1.1 ${status} refused\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
      return;
    }
    const { hostname, port } = new URL(`http://${url}`);
    const onward = this.keep(connect(Number(port === '' ? 80 : port), hostname));
    onward.once('connect', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    socket.on('error', () => onward.destroy()).on('close', () => onward.destroy());
  }

  private onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const { ':method': method = '', ':authority': authority = '', ':scheme': scheme, ':path': path } = headers;
    const url = `${String(scheme)}://${authority}${String(path)}`;
    this.record(method, method === 'CONNECT' ? authority : url, '2.0', headers);
    stream.on('error', () => undefined);
    if (this.refusal !== undefined) {
      const { status, headers: fields = {}, body = '' } = this.refusal;
      stream.respond({ ':status': status, ...fields });
      stream.end(body);
      return;
    }
    if (method === 'CONNECT') {
      const { hostname, port } = new URL(`http://${authority}`);
      const onward = this.keep(connect(Number(port === '' ? 80 : port), hostname));
      onward.once('connect', () => {
        stream.respond({ ':status': 200 });
        onward.pipe(stream).pipe(onward);
      });
      stream.on('close', () => onward.destroy());
      return;
    }
    const rest = Object.fromEntries(Object.entries(headers).filter(([name]) => !/^:|^proxy-/.test(name)));
    const onward = httpRequest(url, { method, headers: { ...rest, host: authority }, agent: false }, (came) => {
      const { connection: _connection, 'transfer-encoding': _coding, 'keep-alive': _alive, ...fields } = came.headers;
      stream.respond({ ':status': came.statusCode!, ...fields });
      came.pipe(stream);
    });
    stream.pipe(onward);
  }
}
