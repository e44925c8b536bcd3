/** This project's HTTP/2 server engine as a reader: it sends no responses, and takes all content at once. */
import { Output } from '../../../src/bytes.js';
import type { ProtocolError } from '../../../src/errors.js';
import { createH2Server } from '../../../src/h2/index.js';
import type { H2Events } from '../../../src/h2/index.js';
import type { Fields } from '../../../src/http/fields.js';
import type { RequestHead } from '../../../src/http/head.js';
import { DEFAULT_LIMITS } from '../../../src/limits.js';
import { latin1Of } from '../h1/reading.js';
import { emptyOutcome, readErrors } from './outcome.js';
import type { Outcome, Request } from './outcome.js';

const OPTIONS = { scheme: 'http', limits: DEFAULT_LIMITS, date: () => undefined };

class Server implements H2Events<RequestHead> {
  readonly outcome = emptyOutcome();
  readonly engine = createH2Server(OPTIONS, this);

  onHead(stream: number, head: RequestHead, end: boolean): void {
    this.outcome.requests.set(stream, { fields: fieldsOf(head), body: '', trailers: [], ended: end });
  }

  onData(stream: number, chunk: Uint8Array): void {
    this.request(stream).body += latin1Of(chunk);
    this.engine.credit(stream, chunk.length);
  }

  onEnd(stream: number, trailers: Fields): void {
    const request = this.request(stream);
    request.trailers = trailers.lines;
    request.ended = true;
  }

  /** An error that could get a status is refused here: our engine would report it by the response. */
  onInvalid(stream: number, error: ProtocolError): void {
    this.outcome.resets.set(stream, `status ${error.status ?? 400}`);
    this.outcome.reasons.set(stream, error.message);
  }

  onInformational(): void {
    throw new Error('no client sends it');
  }

  onPush(): void {
    throw new Error('no client sends it');
  }

  onReset(stream: number, error: ProtocolError): void {
    this.outcome.reasons.set(stream, error.message);
  }

  onError(error: ProtocolError): void {
    this.outcome.reasons.set(0, error.message);
  }

  onFault(stream: number, error: ProtocolError): void {
    this.outcome.reasons.set(stream, error.message);
  }

  onGoaway(): void {
    // It changes nothing about what came.
  }

  onPriority(): void {
    // Nothing is sent.
  }

  onPong(): void {
    // Nothing was asked.
  }

  onWritable(): void {
    // Nothing is sent.
  }

  onSent(): void {
    // Nothing is sent.
  }

  private request(stream: number): Request {
    const request = this.outcome.requests.get(stream);
    if (request === undefined) throw new Error(`content of stream ${stream}, which has no head`);
    return request;
  }
}

/** As they are on the wire, in the order that `canonical` gives. */
function fieldsOf({ method, scheme, authority, path, protocol, headers }: RequestHead): string[] {
  const pseudo = [':method', method];
  if (method !== 'CONNECT' || protocol !== undefined) pseudo.push(':scheme', scheme, ':path', path);
  if (protocol !== undefined) pseudo.push(':protocol', protocol);
  return [...pseudo, ':authority', authority, ...headers.lines];
}

const output = new Output();

/** What our engine makes of all that a client sends, from its preface on. */
export function serve(pieces: readonly Uint8Array[]): Outcome {
  const { engine, outcome } = new Server();
  const sent: Buffer[] = [];
  for (const piece of [new Uint8Array(0), ...pieces]) {
    if (piece.length > 0) engine.receive(piece, 0);
    while (engine.hasOutput) {
      engine.pull(output, 65_536);
      sent.push(Buffer.from(output.toBytes()));
      output.clear();
    }
  }
  readErrors(outcome, Buffer.concat(sent));
  return outcome;
}
