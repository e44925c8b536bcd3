/**
 * Both roles of an HTTP/1.1 connection share this half: it reads messages in order, with their content under a window, and ends the
 * connection. `MessageSending` writes messages. A role decides the meaning of a head (`headComplete`), when the next may be read
 * (`mayReadHead`), how a head is written (`composeHead`), and where errors of the peer are reported.
 *
 * Events may call back into the engine, and do. So there are two loops, and each is entered once: `run` reads while it may, `settle`
 * retires exchanges while they are over. A call from within an event changes the state of those loops, and returns: ten thousand pipelined
 * requests with immediate responses use no more stack than one.
 */
import { NO_BYTES } from '../bytes.js';
import type { Awaiting, Engine, EngineEvents } from '../engine.js';
import { ProtocolError } from '../errors.js';
import type { H2ErrorCode } from '../errors.js';
import { Fields } from '../http/fields.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import { trailerLines } from '../http/trailers.js';
import type { Limits } from '../limits.js';
import { ChunkedReader } from './chunked-reader.js';
import type { ExchangeState } from './exchange-state.js';
import type { ReadFailure } from './read-failure.js';
import { failure } from './read-failure.js';
import type { HeadKind, HeadReader } from './head-reader.js';
import type { UnreadInput } from './unread-input.js';
import { giveBackReadingBuffers, takeReadingBuffers } from './reading-buffers.js';
import type { ReadingBuffers } from './reading-buffers.js';
import type { MessageBodyLength } from './message-body-length.js';
import { MessageSending } from './message-sending.js';

export interface H1Options {
  readonly scheme: 'http' | 'https';
  readonly limits: Limits;
  /** The value of the Date field, asked for with each response; undefined: no Date (RFC 9110 section 6.6.1). */
  readonly date: () => string | undefined;
}

/** The meaning of incoming bytes. `ignored` ones come after the last message that is understood. */
type Reading = 'head' | 'length' | 'chunked' | 'close-delimited' | 'ignored' | 'switched';

export abstract class H1Connection<
  Incoming extends RequestHead | ResponseHead,
  Outgoing extends RequestHead | ResponseHead,
>
  extends MessageSending<Incoming, Outgoing>
  implements Engine<Outgoing>
{
  readonly protocol = 'http/1.1' as const;

  protected readonly limits: Limits;
  protected reading: Reading = 'head';
  protected lastId = 0;
  protected eof = false;
  /** The graceful end has begun, and no response has announced it: the next request is still read. */
  protected awaitsLast = false;

  private readonly headKind: HeadKind;
  /** Taken with the first byte of a message, given back when all that came is read. */
  private buffers: ReadingBuffers | undefined = undefined;
  /** Made with the first message that needs it. */
  private chunks: ChunkedReader | undefined = undefined;
  /** The exchange whose content is being read. */
  private reader: ExchangeState | undefined = undefined;
  /** Delivered content waits for credit. */
  private paused = false;
  private running = false;
  private settling = false;

  constructor(headKind: HeadKind, limits: Limits, events: EngineEvents<Incoming>) {
    super(events);
    this.headKind = headKind;
    this.limits = limits;
  }

  abstract get awaiting(): Awaiting;
  abstract timeout(awaiting: Awaiting): void;
  abstract sendContinue(stream: number): void;
  abstract sendInformational(stream: number, status: number, headers: Fields): void;

  /** Whether another message is to be read after the present one. */
  protected abstract readonly readsOn: boolean;
  /** Whether a head may be read now. */
  protected abstract mayReadHead(): boolean;
  /** Goes on with work that waited for exchanges to end. */
  protected abstract resume(): void;
  /** `head` has read a whole head. */
  protected abstract headComplete(): void;
  /** The head cannot be read, and no other will be. */
  protected abstract headInvalid(failure: ReadFailure): void;
  /** The content of this exchange ends here, in an error. */
  protected abstract contentInvalid(exchange: ExchangeState, failure: ReadFailure): void;
  /** The error of the exchanges after the one that closes the connection. */
  protected behindClose(): ProtocolError {
    return closed();
  }

  /** The peer sends no more, and its input has been read; no content is open. */
  protected abstract headEof(): void;

  // Reading

  private get reads(): ReadingBuffers {
    return (this.buffers ??= takeReadingBuffers(this.headKind, this.limits));
  }

  protected get input(): UnreadInput {
    return this.reads.input;
  }

  protected get head(): HeadReader {
    return this.reads.head;
  }

  /** Whether bytes wait to be read. */
  protected get hasInput(): boolean {
    return this.buffers?.input.isEmpty === false;
  }

  /** Whether the beginning of a message has been read. */
  protected get begun(): boolean {
    return this.buffers?.begun === true;
  }

  get wantsInput(): boolean {
    switch (this.reading) {
      case 'head':
        return !this.hasInput || this.mayReadHead();
      case 'ignored':
        return true;
      case 'switched':
        return false;
      default:
        return !this.paused;
    }
  }

  receive(chunk: Uint8Array, _now: number): void {
    this.input.push(chunk);
    this.run();
  }

  receiveEof(_now: number): void {
    this.eof = true;
    this.run();
  }

  /** Reads while it may. */
  protected run(): void {
    if (this.running) return;
    this.running = true;
    try {
      for (;;) {
        this.resume();
        if (this.reading === 'switched') break;
        if (this.reading === 'ignored') this.buffers?.input.clear();
        if (this.buffers?.input.fill() !== true) {
          if (this.eof) this.takeEof();
          break;
        } else if (this.reading === 'head') {
          if (!this.mayReadHead()) break;
          this.readHead();
        } else {
          if (this.paused) break;
          this.readContent();
        }
      }
      if (this.buffers?.isUnused === true) this.giveBack();
    } finally {
      this.running = false;
    }
  }

  private giveBack(): void {
    const buffers = this.buffers!;
    this.buffers = undefined;
    giveBackReadingBuffers(buffers);
  }

  private readHead(): void {
    this.input.readHead(this.head);
    if (this.head.state === 'complete') this.headComplete();
    else if (this.head.failure !== undefined) this.headInvalid(this.head.failure);
  }

  private readContent(): void {
    const { reader, input } = this;
    if (reader === undefined) return;
    if (this.reading === 'chunked') return this.readChunked(reader, this.chunks!);
    if (this.reading === 'close-delimited') return this.deliver(reader, input.take(Infinity));
    const chunk = input.take(reader.remaining);
    reader.remaining -= chunk.length;
    this.deliver(reader, chunk);
    if (reader.remaining === 0) this.endIncoming(reader, Fields.EMPTY);
  }

  private readChunked(reader: ExchangeState, chunks: ChunkedReader): void {
    const { input } = this;
    if (chunks.state === 'data') {
      const chunk = input.take(chunks.remaining);
      chunks.taken(chunk.length);
      return this.deliver(reader, chunk);
    }
    if (chunks.isReading()) {
      input.position = chunks.read(input.bytes, input.position, input.bytes.length);
      if (chunks.failure !== undefined) this.contentInvalid(reader, chunks.failure);
      else if (!chunks.isReading()) this.head.begin('trailers', this.limits.chunkOverhead - chunks.overhead);
      return;
    }
    input.readHead(this.head);
    if (this.head.failure !== undefined) this.contentInvalid(reader, this.head.failure);
    else if (!this.head.isReading()) this.endIncoming(reader, Fields.ofLines(trailerLines(this.head.lines)));
  }

  private deliver(reader: ExchangeState, chunk: Uint8Array): void {
    reader.continueExpected = false;
    if (reader.discarding) {
      reader.discarded += chunk.length;
      if (reader.discarded > this.limits.discardedBody) this.giveUpReading(reader);
      return;
    }
    reader.uncredited += chunk.length;
    if (reader.uncredited >= this.limits.bodyWindow) this.paused = true;
    this.events.onData(reader.id, chunk);
  }

  /** Begins the content of `exchange`, whose head has just been read. */
  protected beginContent(exchange: ExchangeState, length: MessageBodyLength): void {
    this.reader = exchange;
    exchange.incoming = 'content';
    if (length.kind === 'length') exchange.remaining = length.length;
    else if (length.kind === 'chunked') {
      this.chunks ??= new ChunkedReader(this.limits.chunkOverhead);
      this.chunks.begin();
    }
    this.reading = length.kind === 'none' || length.kind === 'invalid' ? 'ignored' : length.kind;
  }

  /** Makes ready for the next head, if there is to be one. */
  protected awaitHead(): void {
    this.buffers?.head.begin(this.headKind);
    this.reading = this.readsOn ? 'head' : 'ignored';
  }

  private endIncoming(reader: ExchangeState, trailers: Fields): void {
    // The last data may have ended the exchange.
    if (this.reader !== reader) return;
    this.stopContent(reader);
    this.awaitHead();
    if (!reader.discarding) this.events.onEnd(reader.id, trailers);
    this.settle();
  }

  /** No more is read of this exchange's content. */
  protected stopContent(reader: ExchangeState): void {
    reader.incoming = 'complete';
    this.reader = undefined;
    this.paused = false;
  }

  /** The rest of this content is not worth reading: the connection ends with the response. */
  private giveUpReading(reader: ExchangeState): void {
    this.stopContent(reader);
    reader.close = true;
    this.reading = 'ignored';
    this.settle();
  }

  /** All that came has been read, and no more comes. */
  private takeEof(): void {
    const { reader } = this;
    // The part of a line that is kept may be wrong already: that error is more exact than an end of input.
    const { buffers } = this;
    if (buffers?.input.hasPartialLine === true) buffers.input.tryLine(buffers.head);
    const wrong = buffers?.head.failure;
    if (reader !== undefined) {
      if (this.reading === 'close-delimited') this.endIncoming(reader, Fields.EMPTY);
      else this.contentInvalid(reader, wrong ?? failure('truncated', 400, 'the connection ended within the content'));
    } else if (this.reading === 'head') {
      if (wrong !== undefined) this.headInvalid(wrong);
      else this.headEof();
    } else if (this.flight.length === 0) this.close();
  }

  credit(stream: number, size: number): void {
    const exchange = this.find(stream);
    if (exchange === undefined) return;
    exchange.uncredited = Math.max(0, exchange.uncredited - size);
    if (!this.paused || exchange !== this.reader || exchange.uncredited > this.limits.bodyWindow / 2) return;
    this.paused = false;
    this.run();
  }

  discard(stream: number): void {
    const exchange = this.find(stream);
    if (exchange === undefined || exchange !== this.reader || exchange.discarding) return;
    exchange.discarding = true;
    exchange.uncredited = 0;
    this.paused = false;
    // A reader of close-delimited content has no connection to save.
    const endless = this.reading === 'close-delimited' || exchange.remaining > this.limits.discardedBody;
    if (endless || (exchange.close && exchange.outgoing === 'complete')) this.giveUpReading(exchange);
    this.run();
  }

  // The end

  /** Retires exchanges that are over, and lets the next ones send. */
  protected settle(): void {
    if (this.settling) return;
    this.settling = true;
    try {
      for (;;) {
        const first = this.flight[0];
        // The response ends the connection, and the rest of the content is discarded: do not wait for it.
        if (first?.outgoing === 'complete' && first.close && first.discarding && first === this.reader) {
          this.stopContent(first);
        }
        if (first?.incoming !== 'complete' || first.outgoing !== 'complete') break;
        this.retire();
        if (first.close && !this.switching) this.breakOff(undefined, this.behindClose());
        const next = this.flight[0];
        if (next?.outgoing === 'awaited') this.events.onWritable(next.id);
      }
    } finally {
      this.settling = false;
    }
    if (this.flight.length === 0 && this.state === 'draining' && !this.awaitsLast && !this.switching) this.close();
    this.run();
  }

  /** Nothing more is read, and nothing begun. */
  protected close(): void {
    if (this.state === 'upgraded') return;
    this.state = 'closing';
    this.awaitsLast = false;
    this.reading = 'ignored';
    this.reader = undefined;
    this.paused = false;
    this.buffers?.input.clear();
  }

  /** Ends the connection with the exchanges in flight: `exchange` for `error`, the others with it. */
  protected breakOff(exchange: ExchangeState | undefined, error: ProtocolError): void {
    this.close();
    this.outbox.dropMessage();
    const { flight } = this;
    this.flight = [];
    if (flight.length > 0) this.forgetSent(flight[0]!.id);
    for (const each of flight) {
      this.tear(each);
      this.events.onReset(each.id, each === exchange || exchange === undefined ? error : closed());
    }
  }

  /** A message that only the end of the connection delimits must not look complete. */
  private tear(exchange: ExchangeState): void {
    if (exchange.framing === 'close-delimited' && exchange.outgoing === 'content') this.torn = true;
  }

  abort(stream: number, _reason: H2ErrorCode): void {
    const exchange = this.find(stream);
    if (exchange === undefined) return;
    this.forgetSent(this.flight[0]!.id);
    this.flight = this.flight.filter((each) => each !== exchange);
    this.tear(exchange);
    this.breakOff(undefined, closed());
  }

  shutdown(): void {
    if (this.state !== 'open') return;
    this.state = 'draining';
    if (this.reading === 'head' && !this.readsOn) this.reading = 'ignored';
    if (this.flight.length === 0) this.close();
  }

  protected switchOver(): void {
    this.reading = 'switched';
    this.state = 'draining';
  }

  leftover(): Uint8Array {
    return this.reading === 'switched' && this.hasInput ? this.input.takeAll() : NO_BYTES;
  }
}

/** Of an exchange that ends because its connection does. */
export function closed(): ProtocolError {
  return new ProtocolError('closed', 'the connection ended before this exchange', {
    scope: 'connection',
    initiator: 'local',
  });
}
