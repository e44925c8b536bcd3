/** For tests: an engine whose events are written down, and bytes cut in every way they can come. */
import { Output } from '../../../src/bytes.js';
import type { ClientEngine, Engine, EngineEvents } from '../../../src/engine.js';
import type { Fields } from '../../../src/http/fields.js';
import { Fields as FieldList } from '../../../src/http/fields.js';
import type { RequestHead, ResponseHead } from '../../../src/http/head.js';
import { limitsWith } from '../../../src/limits.js';
import type { Limits } from '../../../src/limits.js';
import { createH1Client, createH1Server } from '../../../src/h1/index.js';

export const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';

/** Every way of cutting `bytes` in two, the whole, and byte by byte. */
export function everySplit(bytes: Uint8Array): Uint8Array[][] {
  const splits = [[bytes], Array.from(bytes, (_, index) => bytes.subarray(index, index + 1))];
  for (let cut = 1; cut < bytes.length; cut++) splits.push([bytes.subarray(0, cut), bytes.subarray(cut)]);
  return splits;
}

export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

type AnyHead = RequestHead | ResponseHead;

/** Events as they came, one string each; content that follows content is joined, since how it is cut says nothing. */
export class Recorder implements EngineEvents<AnyHead> {
  readonly log: string[] = [];
  readonly heads = new Map<number, AnyHead>();
  readonly content = new Map<number, Buffer[]>();
  react: Partial<EngineEvents<AnyHead>> = {};

  private note(stream: number, what: string): void {
    this.log.push(`${stream} ${what}`);
  }

  onHead(stream: number, head: AnyHead, end: boolean): void {
    this.heads.set(stream, head);
    const start =
      'status' in head ? head.status : `${head.method} ${head.scheme}://${head.authority} ${head.path} ${head.version}`;
    this.note(stream, `head ${start} ${JSON.stringify(head.headers.lines)}${end ? ' end' : ''}`);
    this.react.onHead?.(stream, head, end);
  }

  onInformational(stream: number, head: ResponseHead): void {
    this.note(stream, `informational ${head.status} ${JSON.stringify(head.headers.lines)}`);
    this.react.onInformational?.(stream, head);
  }

  onData(stream: number, chunk: Uint8Array): void {
    if (chunk.length === 0) throw new Error('empty data');
    const parts = this.content.get(stream) ?? [];
    this.content.set(stream, parts);
    parts.push(Buffer.from(chunk));
    const last = this.log.length - 1;
    const text = Buffer.from(chunk).toString('latin1');
    if (this.log[last]?.startsWith(`${stream} data `) === true) this.log[last] += text;
    else this.note(stream, `data ${text}`);
    this.react.onData?.(stream, chunk);
  }

  onEnd(stream: number, trailers: Fields): void {
    this.note(stream, `end ${JSON.stringify(trailers.lines)}`);
    this.react.onEnd?.(stream, trailers);
  }

  onWritable(stream: number): void {
    this.note(stream, 'writable');
    this.react.onWritable?.(stream);
  }

  onSent(stream: number): void {
    this.note(stream, 'sent');
    this.react.onSent?.(stream);
  }

  onReset(stream: number, error: Parameters<EngineEvents<AnyHead>['onReset']>[1]): void {
    this.note(stream, `reset ${error.code} ${error.initiator}`);
    this.react.onReset?.(stream, error);
  }

  onInvalid(stream: number, error: Parameters<EngineEvents<AnyHead>['onInvalid']>[1]): void {
    this.note(stream, `invalid ${error.status ?? 0} ${error.code}`);
    this.react.onInvalid?.(stream, error);
  }

  onError(error: Parameters<EngineEvents<AnyHead>['onError']>[0]): void {
    this.log.push(`error ${error.code}`);
    this.react.onError?.(error);
  }
}

/** What `engine` has to send. */
export function pulled(engine: Engine<never>): string {
  const output = new Output();
  while (engine.hasOutput) engine.pull(output, 65536);
  return Buffer.from(output.toBytes()).toString('latin1');
}

export interface Server {
  readonly engine: Engine<ResponseHead>;
  readonly recorder: Recorder;
  readonly log: string[];
  /** Feeds text, and gives what is then there to send. */
  readonly feed: (text: string) => string;
}

export function server(limits: Partial<Limits> = {}): Server {
  const recorder = new Recorder();
  const engine = createH1Server({ scheme: 'http', limits: limitsWith(limits), date: () => DATE }, recorder);
  return {
    engine,
    recorder,
    log: recorder.log,
    feed(text) {
      engine.receive(bytesOf(text), 0);
      return pulled(engine);
    },
  };
}

/** A server that responds to each request as soon as it is complete, and to each invalid one with its status. */
export function answering(limits: Partial<Limits> = {}): Server {
  const made = server(limits);
  const { engine, recorder } = made;
  const waiting = new Map<number, number>();
  const answer = (stream: number, status: number): void => {
    if (!engine.canSend(stream)) waiting.set(stream, status);
    else engine.sendMessage(stream, { status, headers: FieldList.EMPTY }, 'ok');
  };
  recorder.react = {
    onHead: (stream, _head, end) => end && answer(stream, 200),
    onData: (stream, chunk) => engine.credit(stream, chunk.length),
    onEnd: (stream) => answer(stream, 200),
    onInvalid: (stream, error) => answer(stream, error.status ?? 400),
    onWritable(stream) {
      const status = waiting.get(stream);
      if (status !== undefined) answer(stream, status);
    },
  };
  return made;
}

export interface Client {
  readonly engine: ClientEngine;
  readonly recorder: Recorder;
  readonly log: string[];
  readonly feed: (text: string) => string;
  /** Sends a request without content, and gives what goes out. */
  readonly request: (method: string, path?: string, headers?: Record<string, string>) => string;
}

export function client(pipelining?: number, limits: Partial<Limits> = {}): Client {
  const recorder = new Recorder();
  const engine = createH1Client(
    { scheme: 'http', limits: limitsWith(limits), date: () => undefined, pipelining },
    recorder,
  );
  return {
    engine,
    recorder,
    log: recorder.log,
    feed(text) {
      engine.receive(bytesOf(text), 0);
      return pulled(engine);
    },
    request(method, path = '/', headers = {}) {
      engine.sendMessage(engine.open(), requestHead(method, path, headers), '');
      return pulled(engine);
    },
  };
}

export function requestHead(method: string, path: string, headers: Record<string, string> = {}): RequestHead {
  return {
    method,
    scheme: 'http',
    authority: 'example.org',
    path,
    protocol: undefined,
    version: '1.1',
    headers: FieldList.from(headers),
  };
}
