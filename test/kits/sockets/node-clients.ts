/** Node's own clients, `node:http`, `node:https` and `node:http2`, with one face: one connection each. */
import { once } from 'node:events';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';

/** A response whose head has come. */
export interface NodeResponse {
  readonly status: number;
  readonly body: Readable;
}

/** A request that is on its way. */
export interface NodeRequest {
  readonly body: Writable;
  readonly response: Promise<NodeResponse>;
  /** Gives the request up: RST_STREAM(CANCEL), or the end of the connection. */
  cancel(): void;
}

export interface NodeClient {
  request(method: string, path: string): NodeRequest;
  /** The protocol that TLS has negotiated; undefined in cleartext. Known once a response has come. */
  readonly alpnProtocol: string | undefined;
  /** Settles when the server has announced its end (`Connection: close`, GOAWAY) and the connection has closed. */
  readonly shutDown: Promise<void>;
  close(): void;
}

const ignore = (): void => undefined;

class Http1Client implements NodeClient {
  readonly shutDown: Promise<void>;
  private readonly agent: http.Agent;
  private readonly send: typeof http.request;
  private socket: Socket | undefined = undefined;
  private announced: () => void = ignore;

  constructor(private readonly url: string) {
    const options = { keepAlive: true, maxSockets: 1 };
    const isSecure = url.startsWith('https:');
    // `https` has no ALPN by default.
    this.agent = isSecure
      ? new https.Agent({ ...options, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
      : new http.Agent(options);
    this.send = isSecure ? https.request : http.request;
    this.shutDown = new Promise((resolve) => (this.announced = resolve));
  }

  get alpnProtocol(): string | undefined {
    return alpnOf(this.socket);
  }

  request(method: string, path: string): NodeRequest {
    const request = this.send(this.url + path, { method, agent: this.agent }).on('error', ignore);
    const response = once(request, 'response').then(([message]: http.IncomingMessage[]) => {
      const { socket, headers, statusCode } = message!;
      this.socket = socket;
      message!.on('error', ignore);
      if (headers.connection === 'close') {
        if (socket.closed) this.announced();
        else socket.once('close', () => this.announced());
      }
      return { status: statusCode!, body: message! };
    });
    response.catch(ignore);
    return { body: request, response, cancel: () => request.destroy() };
  }

  close(): void {
    this.agent.destroy();
  }
}

class Http2Client implements NodeClient {
  readonly shutDown: Promise<void>;
  private readonly session: http2.ClientHttp2Session;

  constructor(url: string) {
    this.session = http2.connect(url, { rejectUnauthorized: false }).on('error', ignore);
    this.shutDown = Promise.all([once(this.session, 'goaway'), once(this.session, 'close')]).then(ignore);
    this.shutDown.catch(ignore);
  }

  get alpnProtocol(): string | undefined {
    return alpnOf(this.session.socket);
  }

  request(method: string, path: string): NodeRequest {
    const isRead = method === 'GET';
    const stream = this.session
      .request({ ':method': method, ':path': path }, { endStream: isRead })
      .on('error', ignore);
    const response = once(stream, 'response').then(([headers]: http2.IncomingHttpHeaders[]) => ({
      status: Number(headers![':status']),
      body: stream,
    }));
    response.catch(ignore);
    return { body: stream, response, cancel: () => stream.close(http2.constants.NGHTTP2_CANCEL) };
  }

  close(): void {
    this.session.destroy();
  }
}

function alpnOf(socket: Socket | undefined): string | undefined {
  if (socket === undefined || !('alpnProtocol' in socket)) return undefined;
  return typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : undefined;
}

/** A client of one connection to `url`. */
export function nodeClient(protocol: 'http/1.1' | 'h2', url: string): NodeClient {
  return protocol === 'h2' ? new Http2Client(url) : new Http1Client(url);
}
