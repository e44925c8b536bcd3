/**
 * Records the events of an engine, and checks the contract of src/engine.ts. Content is never empty, and comes only after a head and before
 * an end. A stream that is over has no more events. Each end is reported once.
 */
import type { ProtocolError } from '../../../src/errors.js';
import type { H2Events } from '../../../src/h2/index.js';
import type { Fields } from '../../../src/http/fields.js';
import type { RequestHead, ResponseHead } from '../../../src/http/head.js';
import { latin1Of } from '../h1/reading.js';
import { Broken } from './subject.js';

export interface Told {
  readonly id: number;
  /** How far the peer's message is. */
  incoming: 'awaited' | 'content' | 'ended';
  /** How far ours is. */
  outgoing: 'awaited' | 'content' | 'given' | 'sent';
  /** Bytes reported, and not given back. */
  uncredited: number;
  /** It was reset, or given up: nothing of it may follow. */
  over: boolean;
}

export class Ledger implements H2Events<RequestHead | ResponseHead> {
  readonly lines: string[] = [];
  readonly streams = new Map<number, Told>();
  /** The stream whose content the last line is; -1 where it is something else. */
  private dataOf = -1;

  /** `reacts`: the application's reaction to an event. */
  constructor(private readonly reacts: (what: 'head' | 'data' | 'end', stream: Told, size: number) => void) {}

  /** A stream that this side has begun. */
  opened(id: number): Told {
    if (this.streams.has(id)) throw new Broken('open() gives a stream that there is', id);
    const stream: Told = { id, incoming: 'awaited', outgoing: 'awaited', uncredited: 0, over: false };
    this.streams.set(id, stream);
    return stream;
  }

  onHead(id: number, head: RequestHead | ResponseHead, end: boolean): void {
    const stream = this.streams.get(id) ?? this.opened(id);
    this.watch(stream, 'onHead', stream.incoming === 'awaited');
    stream.incoming = end ? 'ended' : 'content';
    const start =
      'status' in head
        ? `${head.status}`
        : `${head.method} ${head.scheme} ${head.authority} ${head.path} ${head.protocol ?? ''} ${head.version}`;
    this.write(`head ${id}: ${start} ${JSON.stringify(head.headers.lines)}${end ? ' end' : ''}`);
    this.reacts('head', stream, 0);
  }

  onInformational(id: number, head: ResponseHead): void {
    const stream = this.known(id, 'onInformational');
    this.watch(stream, 'onInformational', stream.incoming === 'awaited');
    this.write(`interim ${id}: ${head.status} ${JSON.stringify(head.headers.lines)}`);
  }

  onData(id: number, chunk: Uint8Array): void {
    const stream = this.known(id, 'onData');
    this.watch(stream, 'onData', stream.incoming === 'content' && chunk.length > 0);
    stream.uncredited += chunk.length;
    // Content is the same however it is cut.
    if (this.dataOf === id) this.lines.push(`${this.lines.pop()!}${latin1Of(chunk)}`);
    else this.write(`data ${id}: ${latin1Of(chunk)}`);
    this.dataOf = id;
    this.reacts('data', stream, chunk.length);
  }

  onEnd(id: number, trailers: Fields): void {
    const stream = this.known(id, 'onEnd');
    this.watch(stream, 'onEnd', stream.incoming === 'content');
    stream.incoming = 'ended';
    this.write(`end ${id}: ${JSON.stringify(trailers.lines)}`);
    this.reacts('end', stream, 0);
  }

  onWritable(id: number): void {
    this.watch(this.known(id, 'onWritable'), 'onWritable', true);
    this.write(`writable ${id}`);
  }

  onSent(id: number): void {
    const stream = this.known(id, 'onSent');
    this.watch(stream, 'onSent', stream.outgoing === 'given');
    stream.outgoing = 'sent';
    this.write(`sent ${id}`);
  }

  onReset(id: number, error: ProtocolError): void {
    const stream = this.known(id, 'onReset');
    this.watch(stream, 'onReset', true);
    stream.over = true;
    this.write(`reset ${id}: ${tell(error)}`);
  }

  onInvalid(id: number, error: ProtocolError): void {
    const stream = this.streams.get(id) ?? this.opened(id);
    this.watch(stream, 'onInvalid', stream.incoming !== 'ended' && error.status !== undefined);
    stream.incoming = 'ended';
    this.write(`invalid ${id}: ${tell(error)}`);
    this.reacts('end', stream, 0);
  }

  onError(error: ProtocolError): void {
    for (const { over, id, incoming, outgoing } of this.streams.values()) {
      const done = incoming === 'ended' && (outgoing === 'sent' || outgoing === 'given');
      if (!over && !done) throw new Broken('an error of the connection leaves a stream that is not reset', id);
    }
    this.write(`error: ${tell(error)}`);
  }

  onFault(id: number, error: ProtocolError): void {
    this.write(`fault ${id}: ${tell(error)}`);
  }

  onGoaway(last: number, reason: string): void {
    this.write(`goaway: ${last} ${reason}`);
  }

  onPush(parent: number, promised: number, head: RequestHead): void {
    const stream = this.opened(promised);
    stream.outgoing = 'sent';
    this.write(`push ${parent}: ${promised} ${head.method} ${head.path} ${JSON.stringify(head.headers.lines)}`);
  }

  onPriority(id: number, urgency: number, incremental: boolean): void {
    this.write(`priority ${id}: ${urgency} ${incremental}`);
  }

  onPong(opaque: Uint8Array): void {
    this.write(`pong: ${latin1Of(opaque)}`);
  }

  private write(line: string): void {
    this.dataOf = -1;
    this.lines.push(line);
  }

  private known(id: number, event: string): Told {
    const stream = this.streams.get(id);
    if (stream === undefined) throw new Broken(`${event} of a stream that nobody has heard of`, id);
    return stream;
  }

  private watch(stream: Told, event: string, may: boolean): void {
    if (stream.over) throw new Broken(`${event} of a stream that is over`, [...this.lines]);
    if (!may) {
      const { incoming, outgoing } = stream;
      throw new Broken(`${event} where the peer's message is ${incoming}, and ours ${outgoing}`, [...this.lines]);
    }
  }
}

function tell({ code, message, scope, initiator, status, reason }: ProtocolError): string {
  return `${code} ${scope} ${initiator} ${status ?? '-'} ${reason ?? '-'} ${message}`;
}
