/**
 * nghttp2 by way of a `node:http2` server: the oracle for frames and field blocks. A Duplex is given to the server as a connection. It is
 * not over at once, because node passes bytes on in later turns. So many connections are fed concurrently, each with a PING at its end.
 * Each is over when that is acknowledged, or the connection is.
 */
import * as http2 from 'node:http2';
import { Duplex } from 'node:stream';
import { latin1Of } from '../h1/reading.js';
import type { Outcome, Request } from './outcome.js';
import { emptyOutcome, readErrors, UNTOLD } from './outcome.js';
import { frame, TYPE } from './wire.js';

/** The acknowledgement of `LAST_PING`. */
const ANSWER = frame(TYPE.PING, 1, 0, Buffer.from('the end!'));

/** Turns of the event loop after which a silent connection is reported as it is. */
const PATIENCE = 200;

class Connection extends Duplex {
  output: Buffer = Buffer.alloc(0);
  ended = false;
  readonly outcome = emptyOutcome();

  constructor() {
    super({ emitClose: true });
    this.on('error', () => undefined);
    this.on('close', () => (this.ended = true));
  }

  override _read(): void {
    // Input is pushed.
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.output = Buffer.concat([this.output, chunk]);
    done();
  }

  override _final(done: () => void): void {
    this.ended = true;
    done();
  }

  get isOver(): boolean {
    return this.ended || this.output.includes(ANSWER);
  }
}

/** The connection that has just been given to a server. */
let latest: Connection | undefined;
const servers = new Map<number, http2.Http2Server>();

/** `headerTableSize`: SETTINGS_HEADER_TABLE_SIZE of the server. */
function serverWith(headerTableSize: number): http2.Http2Server {
  const known = servers.get(headerTableSize);
  if (known !== undefined) return known;
  const server = http2.createServer({
    settings: { headerTableSize, enableConnectProtocol: true, initialWindowSize: 262_144, maxConcurrentStreams: 128 },
    maxHeaderListPairs: 1 << 20,
    maxSessionInvalidFrames: 1e9,
    maxSessionRejectedStreams: 1e9,
  });
  server.on('session', (session) => {
    const connection = latest!;
    session.on('error', () => undefined);
    session.on('stream', (stream: http2.ServerHttp2Stream, _headers: unknown, flags: number, lines: unknown) => {
      tell(connection.outcome, stream, flags, lines as string[]);
    });
  });
  server.on('sessionError', () => undefined);
  servers.set(headerTableSize, server);
  return server;
}

function tell(outcome: Outcome, stream: http2.ServerHttp2Stream, flags: number, fields: string[]): void {
  const request: Request = { fields, body: '', trailers: [], ended: (flags & 1) !== 0 };
  outcome.requests.set(stream.id!, request);
  stream.on('error', () => undefined);
  stream.on('data', (chunk: Buffer) => (request.body += latin1Of(chunk)));
  stream.on(
    'trailers',
    (_trailers: unknown, _flags: unknown, lines: unknown) => (request.trailers = lines as string[]),
  );
  stream.on('end', () => (request.ended ||= !stream.aborted));
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What nghttp2 makes of each of `inputs`: all that a client sends, from its preface to `LAST_PING`. */
export async function serve(inputs: readonly Buffer[], headerTableSize = 4096): Promise<readonly Outcome[]> {
  const server = serverWith(headerTableSize);
  const fed = inputs.map((bytes) => {
    const connection = new Connection();
    latest = connection;
    server.emit('connection', connection);
    connection.push(bytes);
    return connection;
  });
  for (let turns = 0; turns < PATIENCE && !fed.every(({ isOver }) => isOver); turns++) await turn();
  // Content is reported a little later than it came.
  for (let turns = 0; turns < 6; turns++) await turn();
  for (const connection of fed) {
    readErrors(connection.outcome, connection.output);
    // It was ended, and node has not reported why.
    if (!connection.output.includes(ANSWER)) connection.outcome.connection ||= UNTOLD;
    connection.destroy();
  }
  return fed.map(({ outcome }) => outcome);
}
