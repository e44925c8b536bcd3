/** This project's HTTP/1.1 engines as readers: every message gets its response, or is requested, at once. */
import { Output } from '../../../src/bytes.js';
import type { Engine, EngineEvents } from '../../../src/engine.js';
import type { ProtocolError } from '../../../src/errors.js';
import { createH1Client, createH1Server } from '../../../src/h1/index.js';
import { Fields } from '../../../src/http/fields.js';
import type { RequestHead, ResponseHead } from '../../../src/http/head.js';
import { DEFAULT_LIMITS } from '../../../src/limits.js';
import { emptyReading, latin1Of } from './reading.js';
import type { Message, Reading } from './reading.js';

/** Pieces of one input, as they are fed. */
export type Pieces = readonly Uint8Array[];

const OPTIONS = { scheme: 'http', limits: DEFAULT_LIMITS, date: () => undefined } as const;

/** Writes down what comes in. */
abstract class Reader<Head extends RequestHead | ResponseHead> implements EngineEvents<Head> {
  readonly reading = emptyReading();
  protected message: Message | undefined = undefined;

  protected begin(start: string, fields: readonly string[], complete: boolean): void {
    this.message = { start, fields, body: '', trailers: [], complete };
    this.reading.messages.push(this.message);
  }

  abstract onHead(stream: number, head: Head, end: boolean): void;
  protected abstract credit(stream: number, size: number): void;
  protected abstract ended(stream: number): void;

  onInformational(_stream: number, head: ResponseHead): void {
    this.begin(String(head.status), head.headers.lines, true);
  }

  onData(stream: number, chunk: Uint8Array): void {
    if (this.message !== undefined) this.message.body += latin1Of(chunk);
    this.credit(stream, chunk.length);
  }

  onEnd(stream: number, trailers: Fields): void {
    if (this.message !== undefined) {
      this.message.trailers = trailers.lines;
      this.message.complete = true;
    }
    this.ended(stream);
  }

  onWritable(): void {
    // Nothing that is sent here is long.
  }

  onSent(): void {
    // Nobody waits for it.
  }

  onReset(_stream: number, error: ProtocolError): void {
    this.refuse(error);
  }

  onInvalid(_stream: number, error: ProtocolError): void {
    this.refuse(error);
  }

  onError(error: ProtocolError): void {
    this.refuse(error);
  }

  private refuse(error: ProtocolError): void {
    if (this.reading.end !== 'open') return;
    // `closed`: no response came at all.
    this.reading.end = error.code === 'truncated' || error.code === 'closed' ? 'truncated' : 'refused';
    this.reading.reason = error.message;
  }
}

class ServerReader extends Reader<RequestHead> {
  readonly engine: Engine<ResponseHead> = createH1Server(OPTIONS, this);

  onHead(stream: number, head: RequestHead, end: boolean): void {
    this.begin(`${head.method} ${targetOf(head)} ${head.version}`, head.headers.lines, end);
    if (end) this.answer(stream, statusFor(head));
  }

  protected credit(stream: number, size: number): void {
    this.engine.credit(stream, size);
  }

  protected ended(stream: number): void {
    this.answer(stream, 200);
  }

  private answer(stream: number, status: 101 | 200 | 'tunnel'): void {
    const response: ResponseHead = { status: status === 101 ? 101 : 200, headers: Fields.EMPTY };
    if (status === 200) this.engine.sendMessage(stream, response, '');
    else this.engine.sendHead(stream, response, undefined);
  }
}

/** CONNECT, and requests for another protocol, are granted. */
function statusFor({ method, version, headers }: RequestHead): 101 | 200 | 'tunnel' {
  if (method === 'CONNECT') return 'tunnel';
  const options = (headers.get('connection') ?? '').toLowerCase().split(/[\t ]*,[\t ]*/);
  return version === '1.1' && headers.has('upgrade') && options.includes('upgrade') ? 101 : 200;
}

/** Of absolute-form, the parts: the reader does not decide how a missing path is reported. */
function targetOf({ method, authority, path }: RequestHead): string {
  return method === 'CONNECT' ? authority : path;
}

class ClientReader extends Reader<ResponseHead> {
  readonly engine = createH1Client(OPTIONS, this);

  constructor(method: string) {
    super();
    const upgrade = method === 'UPGRADE';
    const headers = Fields.from(upgrade ? { upgrade: 'other' } : {});
    this.engine.sendMessage(
      this.engine.open(),
      {
        method: upgrade ? 'GET' : method,
        ...{ scheme: 'http', authority: 'a:1', path: '/', protocol: undefined, version: '1.1', headers },
      },
      '',
    );
  }

  onHead(_stream: number, head: ResponseHead, end: boolean): void {
    this.begin(String(head.status), head.headers.lines, end);
  }

  protected credit(stream: number, size: number): void {
    this.engine.credit(stream, size);
  }

  protected ended(): void {
    // One request, one response.
  }
}

const output = new Output();

function flush(engine: Engine<never>): void {
  while (engine.hasOutput) {
    engine.pull(output, 65_536);
    output.clear();
  }
}

function feed(engine: Engine<never>, reading: Reading, pieces: Pieces): Reading {
  flush(engine);
  for (const piece of pieces) {
    engine.receive(piece, 0);
    flush(engine);
  }
  if (engine.state === 'upgraded') {
    reading.end = 'tunnel';
    reading.leftover = latin1Of(engine.leftover());
  } else engine.receiveEof(0);
  return reading;
}

export function readRequests(pieces: Pieces): Reading {
  const { engine, reading } = new ServerReader();
  return feed(engine, reading, pieces);
}

/** `method`: of the request of the response; UPGRADE for a GET that asks for another protocol. */
export function readResponses(method: string, pieces: Pieces): Reading {
  const { engine, reading } = new ClientReader(method);
  return feed(engine, reading, pieces);
}
