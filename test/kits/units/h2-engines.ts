/**
 * Words for the engine tests: a peer that says any frames, lawful or not, and reads what comes back as lines of text; and
 * a log of the engine's events. So a test reads as the script of a connection.
 */
import { Output } from '../../../src/bytes.js';
import { H2_ERROR_CODES } from '../../../src/errors.js';
import type { H2ErrorCode } from '../../../src/errors.js';
import { Fields } from '../../../src/http/fields.js';
import type { RequestHead, ResponseHead } from '../../../src/http/head.js';
import { limitsWith } from '../../../src/limits.js';
import type { Limits } from '../../../src/limits.js';
import { FLAG, FRAME, readUint31, readUint32 } from '../../../src/h2/frame/frame.js';
import { frame, framesOf } from './h2-frames.js';
import type { Recorded } from './h2-frames.js';
import { HpackDecoder } from '../../../src/h2/hpack/decoder.js';
import { HpackEncoder } from '../../../src/h2/hpack/encoder.js';
import { encode, NO_LIMITS } from './hpack.js';
import { CONNECTION_PREFACE, createH2Client, createH2Server } from '../../../src/h2/index.js';
import type { H2ClientEngine, H2ClientOptions, H2Events, H2ServerEngine } from '../../../src/h2/index.js';
import type { SettingList } from '../../../src/h2/frame/settings.js';

export const DATE = 'Tue, 15 Nov 1994 08:12:31 GMT';

export function optionsWith(limits: Partial<Limits> = {}): H2ClientOptions {
  return { scheme: 'https', limits: limitsWith(limits), date: () => DATE };
}

type Name = keyof typeof FRAME;
const NAMES = Object.fromEntries(Object.entries(FRAME).map(([name, type]) => [type, name])) as Record<number, Name>;

function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, index * 4));
  return bytes;
}

export const GET = { ':method': 'GET', ':scheme': 'https', ':authority': 'example.com', ':path': '/' };
export const POST = { ...GET, ':method': 'POST' };

export type Lines = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

/** Frames as a peer says them. */
export class Speaker {
  readonly encoder = new HpackEncoder();

  block(lines: Lines): Buffer {
    return encode(this.encoder, Array.isArray(lines) ? (lines as [string, string][]) : Object.entries(lines));
  }

  /** HEADERS, whole, and the end of the stream unless `flags` say otherwise. */
  headers(stream: number, lines: Lines, flags: number = FLAG.END_STREAM): Buffer {
    return frame(FRAME.HEADERS, flags | FLAG.END_HEADERS, stream, this.block(lines));
  }

  data(stream: number, content: string | Uint8Array, flags = 0): Buffer {
    return frame(FRAME.DATA, flags, stream, Buffer.from(content));
  }

  settings(...list: number[]): Buffer {
    const payload = Buffer.alloc(list.length * 3);
    for (let at = 0; at < list.length; at += 2) {
      payload.writeUInt16BE(list[at]!, at * 3);
      payload.writeUInt32BE(list[at + 1]!, at * 3 + 2);
    }
    return frame(FRAME.SETTINGS, 0, 0, payload);
  }

  settingsAck(): Buffer {
    return frame(FRAME.SETTINGS, FLAG.ACK, 0);
  }

  windowUpdate(stream: number, increment: number): Buffer {
    return frame(FRAME.WINDOW_UPDATE, 0, stream, uint32(increment));
  }

  rst(stream: number, reason: H2ErrorCode = 'CANCEL'): Buffer {
    return frame(FRAME.RST_STREAM, 0, stream, uint32(H2_ERROR_CODES[reason]));
  }

  ping(opaque = '0102030405060708', flags = 0): Buffer {
    return frame(FRAME.PING, flags, 0, opaque);
  }

  goaway(last: number, reason: H2ErrorCode = 'NO_ERROR', debugData = ''): Buffer {
    return frame(FRAME.GOAWAY, 0, 0, Buffer.concat([uint32(last, H2_ERROR_CODES[reason]), Buffer.from(debugData)]));
  }

  priorityUpdate(stream: number, value: string): Buffer {
    return frame(FRAME.PRIORITY_UPDATE, 0, 0, Buffer.concat([uint32(stream), Buffer.from(value)]));
  }
}

function errorName(code: number): string {
  return Object.keys(H2_ERROR_CODES)[code] ?? `error ${code}`;
}

/** Frames as a peer reads them, a line each. */
export class Listener {
  private readonly decoder = new HpackDecoder(NO_LIMITS);

  lines(bytes: Uint8Array): string[] {
    return framesOf(bytes).map((one) => this.line(one));
  }

  line({ type, flags, streamId, payload, length }: Recorded): string {
    const bytes = Buffer.from(payload, 'hex');
    const ack = (flags & FLAG.ACK) === 0 ? '' : ' ACK';
    const end = (flags & FLAG.END_STREAM) === 0 ? '' : ' END';
    const name = NAMES[type] ?? `frame ${type}`;
    switch (name) {
      case 'DATA':
        return `DATA ${streamId}${end} ${length! <= 40 ? bytes.toString() : `(${length!})`}`.trimEnd();
      case 'HEADERS':
        if ((flags & FLAG.END_HEADERS) === 0) return `HEADERS ${streamId}${end} (cut)`;
        return `HEADERS ${streamId}${end} ${this.fields(bytes)}`.trimEnd();
      case 'PUSH_PROMISE':
        return `PUSH_PROMISE ${streamId} ${readUint31(bytes, 0)} ${this.fields(bytes.subarray(4))}`;
      case 'SETTINGS':
        return `SETTINGS${ack}`;
      case 'PING':
        return `PING${ack} ${payload}`;
      case 'RST_STREAM':
        return `RST_STREAM ${streamId} ${errorName(readUint32(bytes, 0))}`;
      case 'GOAWAY':
        return `GOAWAY ${readUint31(bytes, 0)} ${errorName(readUint32(bytes, 4))}`;
      case 'WINDOW_UPDATE':
        return `WINDOW_UPDATE ${streamId} ${readUint31(bytes, 0)}`;
      case 'PRIORITY_UPDATE':
        return `PRIORITY_UPDATE ${readUint31(bytes, 0)} ${bytes.toString('latin1', 4)}`;
      default:
        return `${name} ${streamId}`;
    }
  }

  private fields(block: Uint8Array): string {
    const lines = this.decoder.decode(block);
    const pairs: string[] = [];
    for (let at = 0; at < lines.length; at += 2) pairs.push(`${lines[at]!}=${lines[at + 1]!}`);
    return pairs.join(' ');
  }
}

/** Events, a line each; a test may put its own response in their place. */
export class Log<Incoming extends RequestHead | ResponseHead> implements H2Events<Incoming> {
  readonly events: string[] = [];
  readonly heads: Incoming[] = [];
  readonly content: Uint8Array[] = [];
  answer: (stream: number, head: Incoming, end: boolean) => void = () => undefined;
  received: (stream: number, chunk: Uint8Array) => void = () => undefined;
  ended: (stream: number) => void = () => undefined;
  writable: (stream: number) => void = () => undefined;

  /** The events since the last time. */
  take(): string[] {
    return this.events.splice(0);
  }

  onHead(stream: number, head: Incoming, end: boolean): void {
    const what = 'status' in head ? String(head.status) : `${head.method} ${head.path}`;
    this.events.push(`head ${stream} ${what}${end ? ' end' : ''}`);
    this.heads.push(head);
    this.answer(stream, head, end);
  }
  onInformational(stream: number, head: ResponseHead): void {
    this.events.push(`informational ${stream} ${head.status}`);
  }
  onData(stream: number, chunk: Uint8Array): void {
    this.events.push(`data ${stream} ${chunk.length}`);
    this.content.push(chunk);
    this.received(stream, chunk);
  }
  onEnd(stream: number, trailers: Fields): void {
    this.events.push(`end ${stream} ${trailers.lines.join(' ')}`.trimEnd());
    this.ended(stream);
  }
  onWritable(stream: number): void {
    this.events.push(`writable ${stream}`);
    this.writable(stream);
  }
  onSent(stream: number): void {
    this.events.push(`sent ${stream}`);
  }
  onReset(stream: number, error: Error & { code: string; reason: string | undefined; initiator: string }): void {
    this.events.push(`reset ${stream} ${error.initiator} ${error.code} ${error.reason ?? ''}`.trimEnd());
  }
  onInvalid(stream: number, error: Error & { code: string; status: number | undefined }): void {
    this.events.push(`invalid ${stream} ${error.status ?? ''} ${error.code}`);
  }
  onError(error: Error & { code: string; reason: string | undefined }): void {
    this.events.push(`error ${error.code} ${error.reason ?? ''}`);
  }
  onFault(stream: number, error: Error & { code: string; reason: string | undefined }): void {
    this.events.push(`fault ${stream} ${error.code} ${error.reason ?? ''}`);
  }
  onGoaway(lastStream: number, reason: string, debugData: string): void {
    this.events.push(`goaway ${lastStream} ${reason} ${debugData}`.trimEnd());
  }
  onPush(stream: number, promised: number, head: RequestHead): void {
    this.events.push(`push ${stream} ${promised} ${head.method} ${head.path}`);
  }
  onPriority(stream: number, urgency: number, incremental: boolean): void {
    this.events.push(`priority ${stream} u=${urgency} i=${incremental}`);
  }
  onPong(opaque: Uint8Array): void {
    this.events.push(`pong ${Buffer.from(opaque).toString('hex')}`);
  }
}

/** All that an engine has to send. */
export function pulled(engine: H2ServerEngine | H2ClientEngine, budget = 1 << 30): Buffer {
  const output = new Output();
  engine.pull(output, budget);
  return Buffer.from(output.toBytes());
}

/** A server engine and a client that says what it likes. */
export class ServerScript extends Speaker {
  readonly log = new Log<RequestHead>();
  readonly engine: H2ServerEngine;
  private readonly listener = new Listener();
  now = 0;

  /** `start`: past the preface and the settings of both sides. */
  constructor(limits: Partial<Limits> = {}, start: SettingList | 'raw' = [], connectProtocol = false) {
    super();
    this.engine = createH2Server({ ...optionsWith(limits), connectProtocol }, this.log);
    if (start === 'raw') return;
    this.send(CONNECTION_PREFACE, this.settings(...start), this.settingsAck());
    this.reply();
  }

  send(...frames: Uint8Array[]): this {
    this.engine.receive(Buffer.concat(frames), this.now);
    return this;
  }

  /** The output since the last call, a line each. */
  reply(budget?: number): string[] {
    return this.listener.lines(pulled(this.engine, budget));
  }

  /** What comes back to `frames`. */
  ask(...frames: Uint8Array[]): string[] {
    return this.send(...frames).reply();
  }

  /** Responds to every request at once, as short as can be. */
  answering(content = 'hello', status = 200): this {
    this.log.answer = (stream) => this.engine.sendMessage(stream, responseHead(status), content);
    return this;
  }
}

/** A client engine and a server that says what it likes. */
export class ClientScript extends Speaker {
  readonly log = new Log<ResponseHead>();
  readonly engine: H2ClientEngine;
  private readonly listener = new Listener();

  constructor(options: Partial<H2ClientOptions> = {}, settings: SettingList = []) {
    super();
    this.engine = createH2Client({ ...optionsWith(), ...options }, this.log);
    const preface = pulled(this.engine).subarray(CONNECTION_PREFACE.length);
    this.listener.lines(preface);
    this.send(this.settings(...settings), this.settingsAck());
    this.reply();
  }

  send(...frames: Uint8Array[]): this {
    this.engine.receive(Buffer.concat(frames), 0);
    return this;
  }

  reply(): string[] {
    return this.listener.lines(pulled(this.engine));
  }

  ask(...frames: Uint8Array[]): string[] {
    return this.send(...frames).reply();
  }

  /** Begins an exchange without content. */
  get(path = '/', method = 'GET'): number {
    const stream = this.engine.open();
    this.engine.sendMessage(stream, requestHead(path, method), '');
    return stream;
  }
}

export function responseHead(status = 200, lines: Record<string, string | string[]> = {}): ResponseHead {
  return { status, headers: Fields.from(lines) };
}

export function requestHead(path = '/', method = 'GET', lines: Record<string, string> = {}): RequestHead {
  const headers = Fields.from(lines);
  return { method, scheme: 'https', authority: 'example.com', path, protocol: undefined, version: '2.0', headers };
}
