/**
 * llhttp, as strict as it is, by way of the client of `node:http`: the oracle for responses. The request goes into a Duplex that keeps
 * nothing. Input is emitted by hand, a turn later, when node has tied the parser to it. The content is taken when the parser pushes it.
 */
import * as http from 'node:http';
import { Duplex } from 'node:stream';
import { lowerNames } from './llhttp-server.js';
import { emptyReading, latin1Of } from './reading.js';
import type { Message, Reading } from './reading.js';

class Connection extends Duplex {
  override _read(): void {
    // Input is emitted by hand.
  }

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

interface Parsing {
  readonly reading: Reading;
  readonly connection: Connection;
  readonly bytes: Uint8Array;
}

function begin(method: string, bytes: Uint8Array): Parsing {
  const reading = emptyReading();
  const connection = new Connection();
  const upgrade = method === 'UPGRADE';
  const request = http.request({
    method: upgrade ? 'GET' : method,
    path: method === 'CONNECT' ? 'a:1' : '/',
    headers: { host: 'a:1', ...(upgrade ? { connection: 'upgrade', upgrade: 'other' } : {}) },
    createConnection: () => connection,
    insecureHTTPParser: false,
  });
  request.on('information', ({ statusCode, rawHeaders }) => {
    reading.messages.push({
      start: String(statusCode),
      fields: lowerNames(rawHeaders),
      body: '',
      trailers: [],
      complete: true,
    });
  });
  const told = (response: http.IncomingMessage): Message => {
    const start = String(response.statusCode);
    const message: Message = {
      start,
      fields: lowerNames(response.rawHeaders),
      body: '',
      trailers: [],
      complete: false,
    };
    reading.messages.push(message);
    return message;
  };
  request.on('response', (response) => {
    const message = told(response);
    response.push = (chunk: Uint8Array | null): boolean => {
      if (chunk === null) {
        message.complete = true;
        message.trailers = lowerNames(response.rawTrailers);
      } else message.body += latin1Of(chunk);
      return true;
    };
    response.on('error', () => undefined);
  });
  const switched = (response: http.IncomingMessage, _connection: Duplex, leftover: Buffer): void => {
    told(response).complete = true;
    reading.end = 'tunnel';
    reading.leftover = latin1Of(leftover);
  };
  request.on('upgrade', switched).on('connect', switched);
  request.on('error', (error: Error & { code?: string; reason?: string }) => {
    if (reading.end !== 'open') return;
    const truncated = error.code === 'ECONNRESET' || error.code === 'HPE_INVALID_EOF_STATE';
    reading.end = truncated ? 'truncated' : 'refused';
    reading.reason = `${error.code ?? ''}: ${error.reason ?? error.message}`;
  });
  request.end();
  return { reading, connection, bytes };
}

function feed({ connection, bytes, reading }: Parsing): void {
  if (bytes.length > 0) connection.emit('data', bytes);
  if (reading.end === 'open') connection.emit('end');
  connection.emit('close');
  // Node reports it by the response, and later.
  if (reading.end === 'open' && reading.messages.at(-1)?.complete === false) reading.end = 'truncated';
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** llhttp's reading of each of `inputs`, after which the connection ends: as the response to `method`. */
export async function readResponses(
  inputs: readonly { readonly method: string; readonly bytes: Uint8Array }[],
): Promise<readonly Reading[]> {
  const parsings = inputs.map(({ method, bytes }) => begin(method, bytes));
  await turn();
  for (const parsing of parsings) feed(parsing);
  // An error of the request may be reported later.
  await turn();
  return parsings.map(({ reading }) => reading);
}
