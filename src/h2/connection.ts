/**
 * The HTTP/2 engine (RFC 9113), without the parts of a single role. It combines the receiving side (`FrameHandling`), the sending side
 * (`MessageSending`), and the state that both share (`ConnectionState`).
 */
import type { Output } from '../bytes.js';
import { NO_BYTES } from '../bytes.js';
import type { Awaiting, EngineState } from '../engine.js';
import { ProtocolError } from '../errors.js';
import type { H2ErrorCode } from '../errors.js';
import { Fields } from '../http/fields.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import { limitWords } from '../limits.js';
import { PING_SIZE, writePing } from './frame/ping.js';
import type { H2Engine, H2Events, H2Options, SentGoaway, StreamPriority } from './engine-contract.js';
import { connectionError } from './errors.js';
import { writeConnectionPreface } from './connection-preface.js';
import { FrameHandling } from './frame-handling.js';
import { MessageSending } from './message-sending.js';
import { prepare } from './prepared-fields.js';
import type { Role } from './roles.js';
import { ConnectionState } from './connection-state.js';

/** Octets that may wait to be pulled before we stop to read: each thing that comes may add to them. */
const HIGH_WATER = 256 * 1024;

export abstract class H2Connection<
  Incoming extends RequestHead | ResponseHead,
  Outgoing extends RequestHead | ResponseHead,
> implements H2Engine<Outgoing> {
  readonly protocol = 'h2' as const;
  /** Every message has its END_STREAM, so none is taken for whole without. */
  readonly torn = false;
  protected readonly connection: ConnectionState;
  protected readonly frameHandling: FrameHandling;
  protected readonly messageSending: MessageSending;

  constructor(
    role: Role,
    options: H2Options & { readonly connectProtocol?: boolean },
    events: H2Events<Incoming>,
    takesPush: boolean,
  ) {
    const connectProtocol = options.connectProtocol === true;
    const connection = new ConnectionState(role, options, events, connectProtocol);
    this.connection = connection;
    this.frameHandling = new FrameHandling(connection, takesPush);
    this.messageSending = new MessageSending(connection, options.date);
    writeConnectionPreface(connection, takesPush, connectProtocol);
  }

  get sentGoaway(): SentGoaway | undefined {
    return this.connection.sentGoaway;
  }

  get isShutDown(): boolean {
    return this.connection.isShutDown;
  }

  get state(): EngineState {
    return this.connection.state;
  }

  get awaiting(): Awaiting {
    const { frameHandling, connection } = this;
    if (frameHandling.beginning) return 'preface';
    if (frameHandling.midHead) return 'head';
    return connection.streams.size > connection.lingering ? 'exchange' : 'idle';
  }

  get wantsInput(): boolean {
    return this.connection.writer.size < HIGH_WATER;
  }

  get hasOutput(): boolean {
    return this.messageSending.hasOutput;
  }

  receive(chunk: Uint8Array, now: number): void {
    const { connection } = this;
    if (connection.state === 'closing') return;
    connection.now = now;
    this.frameHandling.receive(chunk);
  }

  /** HTTP/2 has no half-closed connection: without WINDOW_UPDATE, nothing can go on. */
  receiveEof(_now: number): void {
    const message = 'the peer has closed the connection';
    this.connection.end(new ProtocolError('connection-reset', message, { scope: 'connection' }));
  }

  credit(stream: number, size: number): void {
    const { connection } = this;
    if (connection.state !== 'closing') connection.credit(connection.streams.get(stream), size);
  }

  timeout(awaiting: Awaiting): void {
    const { connection, frameHandling } = this;
    if (awaiting !== this.awaiting) return;
    switch (awaiting) {
      case 'preface': {
        // A connection that was opened ahead and never used is not a fault: browsers do that.
        if (frameHandling.isUntouched) return connection.close();
        // RFC 9113 section 6.5.3, where it is the acknowledgement that is missing.
        const what = frameHandling.settingsCame ? 'SETTINGS are not acknowledged' : 'there is no connection preface';
        const message = `${what}: ${limitWords(connection.limits, 'settingsTimeout')}`;
        return connection.fail(connectionError('SETTINGS_TIMEOUT', message, 'head-timeout'));
      }
      case 'head': {
        const message = `a field block does not go on: ${limitWords(connection.limits, 'headTimeout')}`;
        return connection.fail(connectionError('PROTOCOL_ERROR', message, 'head-timeout'));
      }
      case 'idle':
        return connection.close();
      case 'exchange':
        // Each exchange has its own time limits.
        return;
    }
  }

  sendContinue(stream: number): void {
    this.messageSending.continue(stream, prepare(Fields.EMPTY));
  }

  sendInformational(stream: number, status: number, headers: Fields): void {
    // RFC 9113 section 8.6: there is no 101.
    if (this.connection.role === 'client' || status < 100 || status > 199 || status === 101) {
      throw new TypeError(`${status} is not the status of an interim response`);
    }
    this.messageSending.informational(stream, status, prepare(headers));
  }

  sendMessage(stream: number, head: Outgoing, content: string | Uint8Array): void {
    this.messageSending.message(stream, head, content);
  }

  sendHead(stream: number, head: Outgoing, contentLength: number | undefined): boolean {
    return this.messageSending.begin(stream, head, contentLength);
  }

  sendData(stream: number, chunk: Uint8Array): boolean {
    return this.messageSending.data(stream, chunk);
  }

  sendEnd(stream: number, trailers: Fields): boolean {
    this.messageSending.end(stream, trailers);
    return true;
  }

  queued(stream: number): number {
    return this.connection.streams.get(stream)?.queue?.size ?? 0;
  }

  abort(stream: number, reason: H2ErrorCode): void {
    const open = this.connection.streams.get(stream);
    // A stream may linger after GOAWAY, but sends nothing more.
    if (open === undefined || this.connection.state === 'closing') return;
    this.connection.forgetSent(stream);
    this.connection.reset(open, reason);
  }

  reset(stream: number, reason: H2ErrorCode): void {
    this.abort(stream, reason);
  }

  discard(stream: number): void {
    if (this.connection.state !== 'closing') this.messageSending.discard(stream);
  }

  /** Streams do not wait for each other. */
  canSend(stream: number): boolean {
    return this.connection.streams.get(stream)?.outgoing === 'head';
  }

  pull(output: Output, budget: number): void {
    this.messageSending.pull(output, budget);
  }

  shutdown(): void {
    this.connection.shutdown();
  }

  leftover(): Uint8Array {
    return NO_BYTES;
  }

  ping(opaque: Uint8Array): void {
    if (opaque.length !== PING_SIZE) throw new TypeError(`a PING carries ${PING_SIZE} octets, not ${opaque.length}`);
    if (this.connection.state !== 'closing') writePing(this.connection.writer, false, opaque);
  }

  priority(stream: number): StreamPriority | undefined {
    const open = this.connection.streams.get(stream);
    return open && { urgency: open.urgency, incremental: open.incremental };
  }

  prioritize(stream: number, urgency: number, incremental: boolean): void {
    checkUrgency(urgency);
    const open = this.connection.streams.get(stream);
    if (open !== undefined) this.connection.scheduler.reprioritize(open, urgency, incremental);
  }
}

/** @throws TypeError for an urgency that RFC 9218 section 4.1 does not know. */
export function checkUrgency(urgency: number): void {
  if (!Number.isInteger(urgency) || urgency < 0 || urgency > 7) throw new TypeError(`an urgency is 0 to 7: ${urgency}`);
}
