/**
 * The sending half of a connection, the same in both roles. Messages go out in the order of their exchanges, whole or in parts. Their
 * content is sent by reference, and framed as their head states. If a message cannot keep the promise of its head, it is never made to look
 * whole (RFC 9112 section 8).
 */
import type { Output } from '../bytes.js';
import { utf8 } from '../bytes.js';
import type { EngineEvents, EngineState } from '../engine.js';
import { ProtocolError } from '../errors.js';
import type { Fields } from '../http/fields.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import { after } from './exchange-state.js';
import type { ExchangeState } from './exchange-state.js';
import { OutputQueue } from './output-queue.js';
import { isAscii, lastChunk } from './head-serializer.js';

/** Bytes that may wait to be pulled before writers are asked to wait, and before more requests are read. */
const HIGH_WATER = 64 * 1024;

/**
 * The exchanges in flight on an idle connection. All connections share this array: a change replaces the array `flight`, never its
 * contents.
 */
const NONE: ExchangeState[] = [];

export abstract class MessageSending<
  Incoming extends RequestHead | ResponseHead,
  Outgoing extends RequestHead | ResponseHead,
> {
  state: EngineState = 'open';
  torn = false;

  protected readonly events: EngineEvents<Incoming>;
  protected readonly outbox = new OutputQueue();
  /** Exchanges that are not over, in order; their numbers follow each other. */
  protected flight: ExchangeState[] = NONE;
  /** A head has been written that gives the connection to another protocol. */
  protected switching = false;
  /** Exchanges whose end waits to be pulled. */
  private unsent: number[] | undefined = undefined;

  constructor(events: EngineEvents<Incoming>) {
    this.events = events;
  }

  /**
   * An outgoing head as text, and how its content is framed, kept in `exchange`. `whole`: all of the content is there.
   *
   * @throws ProtocolError `content-length-mismatch` where it would be false.
   */
  protected abstract composeHead(
    exchange: ExchangeState,
    head: Outgoing,
    size: number | undefined,
    whole: boolean,
  ): string;

  /** Retires exchanges that are over. */
  protected abstract settle(): void;
  /** Reads while it may. */
  protected abstract run(): void;
  /** Ends the connection with all that is in flight. */
  protected abstract breakOff(exchange: ExchangeState | undefined, error: ProtocolError): void;
  /** The bytes from here on belong to another protocol. */
  protected abstract switchOver(): void;

  canSend(stream: number): boolean {
    const exchange = this.find(stream);
    return exchange !== undefined && exchange.outgoing !== 'complete' && this.isNext(exchange);
  }

  /** Whether all earlier outgoing messages are complete. */
  protected isNext(exchange: ExchangeState): boolean {
    const { flight } = this;
    const index = exchange.id - flight[0]!.id;
    return index === 0 || flight[index - 1]!.outgoing === 'complete';
  }

  /** The last of those in flight. */
  protected enlist(exchange: ExchangeState): void {
    // An array made of its first is as long as it, one that grew is 17 long.
    if (this.flight.length === 0) this.flight = [exchange];
    else this.flight.push(exchange);
  }

  /** The first of those in flight is over. */
  protected retire(): void {
    if (this.flight.length === 1) this.flight = NONE;
    else this.flight.shift();
  }

  protected find(stream: number): ExchangeState | undefined {
    const { flight } = this;
    return flight.length === 0 ? undefined : flight[stream - flight[0]!.id];
  }

  /** @throws TypeError if an earlier message is not complete. */
  private next(stream: number): ExchangeState | undefined {
    const exchange = this.find(stream);
    if (exchange !== undefined && !this.isNext(exchange)) {
      throw new TypeError('an earlier exchange has no response yet: wait until canSend()');
    }
    return exchange;
  }

  sendMessage(stream: number, head: Outgoing, content: string | Uint8Array): void {
    const exchange = this.next(stream);
    if (exchange === undefined) return;
    const sent = after(exchange.outgoing, 'message');
    const body = typeof content === 'string' && !isAscii(content) ? utf8(content) : content;
    const text = this.composeHead(exchange, head, body.length, true);
    exchange.outgoing = sent;
    if (exchange.framing === 'none') this.outbox.latin1(text);
    else if (typeof body === 'string') this.outbox.latin1(text + body);
    else {
      this.outbox.latin1(text);
      if (body.length > 0) this.outbox.bytes(body);
    }
    this.events.onSent(stream);
    this.settle();
  }

  sendHead(stream: number, head: Outgoing, contentLength: number | undefined): boolean {
    const exchange = this.next(stream);
    if (exchange === undefined) return false;
    const sent = after(exchange.outgoing, 'head');
    const text = this.composeHead(exchange, head, contentLength, false);
    exchange.outgoing = sent;
    this.outbox.beginMessage();
    this.outbox.latin1(text);
    if (exchange.framing !== 'none') return true;
    this.endOutgoing(exchange);
    return false;
  }

  sendData(stream: number, chunk: Uint8Array): boolean {
    const exchange = this.find(stream);
    if (exchange === undefined) return true;
    after(exchange.outgoing, 'data');
    const { outbox } = this;
    const size = chunk.length;
    if (size > 0) {
      if (exchange.framing === 'length') {
        if (size > exchange.promised) {
          // The bytes that were sent may already have the announced length: the message would look complete.
          this.mismatch(exchange, 'the content is longer than its Content-Length');
          return true;
        }
        exchange.promised -= size;
        outbox.part(chunk);
      } else if (exchange.framing === 'chunked') {
        outbox.latin1(`${size.toString(16)}\r\n`);
        outbox.part(chunk);
        outbox.latin1('\r\n');
      } else outbox.part(chunk);
      exchange.queued += size;
    }
    exchange.held = outbox.size > HIGH_WATER;
    return !exchange.held;
  }

  sendEnd(stream: number, trailers: Fields): boolean {
    const exchange = this.find(stream);
    if (exchange === undefined) return true;
    after(exchange.outgoing, 'end');
    const { framing } = exchange;
    if (framing === 'length' && exchange.promised > 0) {
      this.mismatch(exchange, 'the content is shorter than its Content-Length');
      return true;
    }
    if (framing === 'chunked') this.outbox.latin1(lastChunk(trailers));
    this.endOutgoing(exchange);
    return framing === 'chunked' || trailers.size === 0;
  }

  private endOutgoing(exchange: ExchangeState): void {
    exchange.outgoing = 'complete';
    exchange.held = false;
    this.outbox.endMessage();
    if (exchange.switches) {
      this.switching = true;
      this.switchOver();
    }
    if (this.outbox.size === 0) this.events.onSent(exchange.id);
    else (this.unsent ??= []).push(exchange.id);
    this.settle();
  }

  /** Text that is not a message of its own: an interim response. */
  protected sendText(text: string): void {
    this.outbox.latin1(text);
  }

  queued(stream: number): number {
    return this.find(stream)?.queued ?? 0;
  }

  get hasOutput(): boolean {
    return this.outbox.size > 0;
  }

  /** Whether so much waits to be pulled that no more should be provoked. */
  protected get isCongested(): boolean {
    return this.outbox.size >= HIGH_WATER;
  }

  pull(output: Output, _budget: number): void {
    if (this.outbox.size === 0) return;
    const congested = this.isCongested;
    this.outbox.moveTo(output);
    if (this.switching) this.state = 'upgraded';
    const writer = this.writer();
    if (writer !== undefined) writer.queued = 0;
    if (this.unsent !== undefined) {
      const sent = this.unsent;
      this.unsent = undefined;
      for (const id of sent) this.events.onSent(id);
    }
    if (writer?.held === true) {
      writer.held = false;
      this.events.onWritable(writer.id);
    }
    if (congested) this.run();
  }

  /** Reports nothing more about exchanges from `first` on, not even that their messages went out. */
  protected forgetSent(first: number): void {
    this.unsent = this.unsent?.filter((id) => id < first);
  }

  /** The exchange whose outgoing message is next, or under way. */
  private writer(): ExchangeState | undefined {
    for (const exchange of this.flight) if (exchange.outgoing !== 'complete') return exchange;
    return undefined;
  }

  /** The program's own content contradicts its head: the recipient must not take it for complete. */
  private mismatch(exchange: ExchangeState, message: string): void {
    this.breakOff(exchange, lengthMismatch(message));
  }
}

/** The content of a message does not have the length of its Content-Length. */
export function lengthMismatch(message: string): ProtocolError {
  return new ProtocolError('content-length-mismatch', message, { initiator: 'local', status: 500 });
}
