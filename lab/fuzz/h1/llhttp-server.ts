/**
 * llhttp, as strict as it is, by way of a `node:http` server: the oracle for requests. It needs no socket and no turn of the event loop. A
 * Duplex is given to the server as a connection, its events are emitted by hand, and the request's own class takes the content when the
 * parser pushes it. All of `readRequests` is over when it returns.
 */
import * as http from 'node:http';
import { Duplex } from 'node:stream';
import { emptyReading, latin1Of } from './reading.js';
import type { Message, Reading } from './reading.js';

/** A connection on which nothing goes out. */
class Connection extends Duplex {
  override _read(): void {
    // Input is emitted by hand.
  }

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

/** The reading of the connection that is being fed: there is never more than one. */
let reading = emptyReading();

class Request extends http.IncomingMessage {
  private readonly message: Message = { start: '', fields: [], body: '', trailers: [], complete: false };

  /** The parser pushes content, and null after the last of it. */
  override push(chunk: Uint8Array | null): boolean {
    if (chunk === null) {
      this.message.complete = true;
      this.message.trailers = lowerNames(this.rawTrailers);
    } else this.message.body += latin1Of(chunk);
    return true;
  }

  override destroy(): this {
    return this;
  }

  told(): void {
    const { message } = this;
    const head = { start: `${this.method!} ${pathOf(this.method!, this.url!)} ${this.httpVersion}` };
    reading.messages.push(Object.assign(message, head, { fields: lowerNames(this.rawHeaders) }));
  }
}

export function lowerNames(lines: readonly string[]): string[] {
  return lines.map((text, index) => (index % 2 === 0 ? text.toLowerCase() : text));
}

const ABSOLUTE_FORM = /^[a-z][a-z0-9+.-]*:\/\/[^/?]*([^]*)$/i;

/** The path of an absolute-form target, as our engine reports it (RFC 9112 section 3.2.4); any other target unchanged. */
function pathOf(method: string, target: string): string {
  const path = method === 'CONNECT' ? undefined : ABSOLUTE_FORM.exec(target)?.[1];
  if (path === undefined) return target;
  if (path === '') return method === 'OPTIONS' ? '*' : '/';
  return path.startsWith('?') ? `/${path}` : path;
}

/** Node's checks beyond its parser are switched off, or noted like any other request: Host and Expect. */
const server = http.createServer({
  IncomingMessage: Request,
  insecureHTTPParser: false,
  requireHostHeader: false,
  keepAliveTimeout: 0,
});
const told = (request: http.IncomingMessage): void => {
  if (request instanceof Request) request.told();
};
server.on('request', told).on('checkContinue', told).on('checkExpectation', told);
const switched = (request: http.IncomingMessage, _connection: Duplex, leftover: Buffer): void => {
  told(request);
  reading.end = 'tunnel';
  reading.leftover = latin1Of(leftover);
};
server.on('connect', switched).on('upgrade', switched);
server.on('clientError', (error: Error & { code?: string; reason?: string }) => {
  if (reading.end !== 'open') return;
  reading.end = error.code === 'HPE_INVALID_EOF_STATE' ? 'truncated' : 'refused';
  reading.reason = `${error.code ?? ''}: ${error.reason ?? error.message}`;
});

/** llhttp's reading of `bytes`, after which the connection ends. */
export function readRequests(bytes: Uint8Array): Reading {
  const made = emptyReading();
  reading = made;
  const connection = new Connection();
  server.emit('connection', connection);
  if (bytes.length > 0) connection.emit('data', bytes);
  if (made.end === 'open') connection.emit('end');
  // The server gives the parser back.
  connection.emit('close');
  return made;
}
