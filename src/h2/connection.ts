/**
 * The HTTP/2 engine (RFC 9113), but for what only one of the two roles has: it puts together what the peer sends
 * (`Inbound`), what is sent (`Outbound`), and what both share (`Session`).
 */
import type { Output } from '../bytes.js';
import { NO_BYTES } from '../bytes.js';
import type { Awaiting, EngineState } from '../engine.js';
import { ProtocolError } from '../errors.js';
import type { H2ErrorCode } from '../errors.js';
import { Fields } from '../http/fields.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import { PING_SIZE, writePing } from './frame/ping.js';
import { writeSettings } from './frame/settings.js';
import { writeWindowUpdate } from './frame/window-update.js';
import type { H2Engine, H2Events, H2Options, SentGoaway, StreamPriority } from './engine-contract.js';
import { connectionError } from './errors.js';
import { CONNECTION_PREFACE, FrameHandling } from './frame-handling.js';
import { MessageSending } from './message-sending.js';
import { prepare } from './prepared-fields.js';
import type { Role } from './roles.js';
import { ConnectionState } from './connection-state.js';
import { localSettings } from './settings.js';
import { DEFAULT_WINDOW, MAX_WINDOW } from './flow-control-window.js';

/** Octets that may wait to be pulled before we stop to read: each thing that comes may add to them. */
const HIGH_WATER = 256 * 1024;

export abstract class H2Connection<
  Incoming extends RequestHead | ResponseHead,
  Outgoing extends RequestHead | ResponseHead,
> implements H2Engine<Outgoing> {
  readonly protocol = 'h2' as const;
  /** Every message has its END_STREAM, so none is taken for whole without. */
  readonly torn = false;
  protected readonly session: ConnectionState;
  protected readonly inbound: FrameHandling;
  protected readonly outbound: MessageSending;

  constructor(
    role: Role,
    options: H2Options & { readonly connectProtocol?: boolean },
    events: H2Events<Incoming>,
    takesPush: boolean,
  ) {
    const session = new ConnectionState(role, options, events);
    this.session = session;
    this.inbound = new FrameHandling(session, takesPush);
    this.outbound = new MessageSending(session, options.date);
    this.sendPreface(takesPush, options.connectProtocol === true);
  }

  get sentGoaway(): SentGoaway | undefined {
    return this.session.sentGoaway;
  }

  get state(): EngineState {
    return this.session.state;
  }

  get awaiting(): Awaiting {
    const { inbound, session } = this;
    if (inbound.beginning) return 'preface';
    if (inbound.midHead) return 'head';
    return session.streams.size > session.lingering ? 'exchange' : 'idle';
  }

  get wantsInput(): boolean {
    return this.session.writer.size < HIGH_WATER;
  }

  get hasOutput(): boolean {
    return this.outbound.hasOutput;
  }

  receive(chunk: Uint8Array, now: number): void {
    const { session } = this;
    if (session.state === 'closing') return;
    session.now = now;
    this.inbound.receive(chunk);
  }

  /** Nobody shuts one direction of HTTP/2: without WINDOW_UPDATE, nothing can go on. */
  receiveEof(_now: number): void {
    const message = 'the peer has closed the connection';
    this.session.end(new ProtocolError('connection-reset', message, { scope: 'connection' }));
  }

  credit(stream: number, size: number): void {
    const { session } = this;
    if (session.state !== 'closing') session.credit(session.streams.get(stream), size);
  }

  timeout(awaiting: Awaiting): void {
    const { session, inbound } = this;
    if (awaiting !== this.awaiting) return;
    switch (awaiting) {
      case 'preface': {
        // RFC 9113 section 6.5.3, where it is the acknowledgement that is missing.
        const message = inbound.settingsCame ? 'SETTINGS are not acknowledged' : 'there is no connection preface';
        return session.fail(connectionError('SETTINGS_TIMEOUT', message, 'head-timeout'));
      }
      case 'head':
        return session.fail(connectionError('PROTOCOL_ERROR', 'a field block does not go on', 'head-timeout'));
      case 'idle':
        return session.close();
      case 'exchange':
        // Each exchange has its own time limits.
        return;
    }
  }

  sendContinue(stream: number): void {
    this.outbound.continue(stream, prepare(Fields.EMPTY));
  }

  sendInformational(stream: number, status: number, headers: Fields): void {
    // RFC 9113 section 8.6: there is no 101.
    if (this.session.role === 'client' || status < 100 || status > 199 || status === 101) {
      throw new TypeError(`${status} is not the status of an interim response`);
    }
    this.outbound.informational(stream, status, prepare(headers));
  }

  sendMessage(stream: number, head: Outgoing, content: string | Uint8Array): void {
    this.outbound.message(stream, head, content);
  }

  sendHead(stream: number, head: Outgoing, contentLength: number | undefined): boolean {
    return this.outbound.begin(stream, head, contentLength);
  }

  sendData(stream: number, chunk: Uint8Array): boolean {
    return this.outbound.data(stream, chunk);
  }

  sendEnd(stream: number, trailers: Fields): void {
    this.outbound.end(stream, trailers);
  }

  queued(stream: number): number {
    return this.session.streams.get(stream)?.queue?.size ?? 0;
  }

  abort(stream: number, reason: H2ErrorCode): void {
    const open = this.session.streams.get(stream);
    // A stream may linger behind GOAWAY: nothing is sent there any more.
    if (open === undefined || this.session.state === 'closing') return;
    this.session.forgetSent(stream);
    this.session.reset(open, reason);
  }

  reset(stream: number, reason: H2ErrorCode): void {
    this.abort(stream, reason);
  }

  discard(stream: number): void {
    if (this.session.state !== 'closing') this.outbound.discard(stream);
  }

  /** Streams do not wait for each other. */
  canSend(stream: number): boolean {
    return this.session.streams.get(stream)?.outgoing === 'head';
  }

  pull(output: Output, budget: number): void {
    this.outbound.pull(output, budget);
  }

  shutdown(): void {
    this.session.shutdown();
  }

  leftover(): Uint8Array {
    return NO_BYTES;
  }

  ping(opaque: Uint8Array): void {
    if (opaque.length !== PING_SIZE) throw new TypeError(`a PING carries ${PING_SIZE} octets, not ${opaque.length}`);
    if (this.session.state !== 'closing') writePing(this.session.writer, false, opaque);
  }

  priority(stream: number): StreamPriority | undefined {
    const open = this.session.streams.get(stream);
    return open && { urgency: open.urgency, incremental: open.incremental };
  }

  prioritize(stream: number, urgency: number, incremental: boolean): void {
    checkUrgency(urgency);
    const open = this.session.streams.get(stream);
    if (open !== undefined) this.session.scheduler.reprioritize(open, urgency, incremental);
  }

  /** What each side begins with (RFC 9113 section 3.4), and as much of a window as it gives. */
  private sendPreface(takesPush: boolean, connectProtocol: boolean): void {
    const { role, limits, writer } = this.session;
    if (role === 'client') {
      writer.reserve(CONNECTION_PREFACE.length);
      writer.position += CONNECTION_PREFACE.copy(writer.bytes, writer.position);
    }
    writeSettings(writer, localSettings(role, limits, takesPush, connectProtocol));
    const more = Math.min(limits.connectionWindow, MAX_WINDOW) - DEFAULT_WINDOW;
    if (more > 0) writeWindowUpdate(writer, 0, more);
  }
}

/** @throws TypeError for an urgency that RFC 9218 section 4.1 does not know. */
export function checkUrgency(urgency: number): void {
  if (!Number.isInteger(urgency) || urgency < 0 || urgency > 7) throw new TypeError(`an urgency is 0 to 7: ${urgency}`);
}
