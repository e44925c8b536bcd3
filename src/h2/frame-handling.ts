/**
 * The receiving side of a connection: preface, frames, and the meaning of each type (RFC 9113 sections 3.4 and 6). Frames of messages go on
 * to `MessageReceiving`. An error that is thrown ends its stream or the connection, according to its scope.
 */
import { ProtocolError } from '../errors.js';
import { checkData } from './frame/data.js';
import { FLAG, FRAME, isKnownFrame } from './frame/frame.js';
import { parseGoaway } from './frame/goaway.js';
import { parseHeaders, parsePushPromise } from './frame/headers.js';
import { checkPing, writePing } from './frame/ping.js';
import { checkPriority, parsePriorityUpdate, priorityUpdateValue } from './frame/priority.js';
import { FrameReader } from './frame/reader.js';
import type { FrameSink } from './frame/reader.js';
import { parseRstStream } from './frame/rst-stream.js';
import { parseSettings, writeSettingsAck } from './frame/settings.js';
import type { SettingList } from './frame/settings.js';
import { parseWindowUpdate } from './frame/window-update.js';
import { PrefaceReader } from './connection-preface.js';
import { FieldBlock } from './field-block.js';
import { calmError, connectionError, streamError } from './errors.js';
import { MessageReceiving } from './message-receiving.js';
import { parsePriority } from './priority.js';
import { otherRole } from './roles.js';
import type { ConnectionState } from './connection-state.js';
import { SETTING } from './settings.js';
import type { H2Stream } from './stream.js';
import { DEFAULT_WINDOW, overflows } from './flow-control-window.js';

export class FrameHandling implements FrameSink {
  private readonly connection: ConnectionState;
  private readonly messages: MessageReceiving;
  private readonly reader: FrameReader;
  /** Whether the peer may push, or may still believe so: a push that it sent before it received our setting is not a violation. */
  takesPush: boolean;
  private readonly preface: PrefaceReader;
  /** Whether the peer's first SETTINGS has come, and whether it has acknowledged ours. */
  private settingsSeen: boolean;
  private settingsAcknowledged: boolean;
  private block: FieldBlock | undefined;
  /** The stream that the present DATA frame belongs to; undefined if its content is discarded. */
  private dataStream: H2Stream | undefined;
  private dataEmpty: boolean;

  constructor(connection: ConnectionState, takesPush: boolean) {
    this.connection = connection;
    this.messages = new MessageReceiving(connection);
    this.reader = new FrameReader(this);
    this.takesPush = takesPush;
    this.preface = new PrefaceReader(connection.role);
    this.settingsSeen = false;
    this.settingsAcknowledged = false;
    this.block = undefined;
    this.dataStream = undefined;
    this.dataEmpty = false;
  }

  /** The peer has not yet sent its preface and its SETTINGS. */
  get beginning(): boolean {
    return !this.settingsAcknowledged || !this.settingsSeen;
  }

  /** Whether nothing has come of a client. */
  get isUntouched(): boolean {
    return this.preface.isUntouched;
  }

  get settingsCame(): boolean {
    return this.settingsSeen;
  }

  /** A message head is cut off so far: nothing else can come before its rest. */
  get midHead(): boolean {
    return this.block !== undefined || this.reader.unfinished === FRAME.HEADERS;
  }

  receive(chunk: Uint8Array): void {
    try {
      const rest = this.preface.isComplete ? chunk : this.preface.read(chunk);
      if (rest.length > 0) this.reader.receive(rest);
    } catch (error) {
      this.caught(0, error);
    }
  }

  /** SETTINGS that came otherwise than as a frame (RFC 7540 section 3.2.1). */
  apply(list: SettingList): void {
    const { connection } = this;
    const { peer } = connection;
    const windowBefore = peer.initialWindowSize;
    for (let index = 0; index < list.length; index += 2) {
      const setting = list[index]!;
      peer.apply(otherRole(connection.role), setting, list[index + 1]!);
      // Each value counts, even one that another in the same frame replaces (RFC 7541 section 4.2).
      if (setting === SETTING.HEADER_TABLE_SIZE) connection.encoder.setTableLimit(peer.headerTableSize);
    }
    if (peer.initialWindowSize !== windowBefore) this.widenAll(peer.initialWindowSize - windowBefore);
  }

  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    if (this.connection.state === 'closing') return;
    try {
      this.checkOrder(type, flags);
      this.frame(type, flags, streamId, bytes, start, end);
    } catch (error) {
      this.caught(streamId, error);
    }
  }

  onDataFrame(streamId: number, _flags: number, length: number): void {
    this.dataStream = undefined;
    this.dataEmpty = true;
    if (this.connection.state === 'closing') return;
    try {
      this.checkOrder(FRAME.DATA, 0);
      checkData(streamId);
      this.dataStream = this.messages.data(streamId, length);
    } catch (error) {
      this.caught(streamId, error);
    }
  }

  onDataContent(streamId: number, chunk: Buffer): void {
    const { connection, dataStream } = this;
    if (connection.state === 'closing') return;
    if (this.dataEmpty) {
      this.dataEmpty = false;
      connection.abuse.worked();
    }
    if (dataStream === undefined) return;
    try {
      this.messages.content(dataStream, chunk);
    } catch (error) {
      this.dataStream = undefined;
      this.caught(streamId, error);
    }
  }

  onDataFrameEnd(streamId: number, flags: number, padding: number): void {
    const { connection, dataStream } = this;
    if (connection.state === 'closing') return;
    if (padding > 0) connection.credit(dataStream, padding);
    this.dataStream = undefined;
    const ends = (flags & FLAG.END_STREAM) !== 0;
    if (this.dataEmpty && !ends && !connection.abuse.allowsEmpty()) return this.calm('DATA frames without content');
    // Earlier content may have closed the stream from this side.
    if (!ends || dataStream === undefined || !connection.streams.has(streamId)) return;
    try {
      this.messages.end(dataStream);
    } catch (error) {
      this.caught(streamId, error);
    }
  }

  /** Which frames are allowed now: SETTINGS first (section 3.4), and no other frame within a field block (section 4.3). */
  private checkOrder(type: number, flags: number): void {
    if (!this.settingsSeen && (type !== FRAME.SETTINGS || (flags & FLAG.ACK) !== 0)) {
      throw connectionError('PROTOCOL_ERROR', 'the first frame is not SETTINGS');
    }
    if (this.block !== undefined && type !== FRAME.CONTINUATION) {
      throw connectionError('PROTOCOL_ERROR', 'a frame within a field block');
    }
  }

  private frame(type: number, flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    switch (type) {
      case FRAME.HEADERS:
        return this.headers(flags, streamId, bytes, start, end);
      case FRAME.CONTINUATION:
        return this.continuation(flags, streamId, bytes, start, end);
      case FRAME.WINDOW_UPDATE:
        return this.windowUpdate(streamId, parseWindowUpdate(streamId, bytes, start, end));
      case FRAME.RST_STREAM:
        return this.rstStream(streamId, bytes, start, end);
      case FRAME.SETTINGS:
        return this.settings(parseSettings(flags, streamId, bytes, start, end));
      case FRAME.PING:
        return this.ping(flags, streamId, bytes, start, end);
      case FRAME.GOAWAY: {
        const goaway = parseGoaway(streamId, bytes, start, end);
        if (this.connection.talk()) this.connection.peerGoaway(goaway);
        return;
      }
      case FRAME.PRIORITY:
        if (this.connection.talk()) checkPriority(streamId, bytes, start, end);
        return;
      case FRAME.PRIORITY_UPDATE:
        return this.priorityUpdate(streamId, bytes, start, end);
      case FRAME.PUSH_PROMISE:
        return this.pushPromise(flags, streamId, bytes, start, end);
    }
    if (!isKnownFrame(type)) this.connection.talk();
  }

  private headers(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    const fragment = parseHeaders(flags, streamId, bytes, start, end);
    const endStream = (flags & FLAG.END_STREAM) !== 0;
    // RFC 9113 section 5.3.1 keeps this one rule of the priorities of RFC 7540.
    const selfDependent = fragment.dependency === streamId;
    if ((flags & FLAG.END_HEADERS) !== 0) {
      this.messages.headers(streamId, endStream, selfDependent, bytes, fragment.start, fragment.end);
    } else this.beginBlock(streamId, 0, endStream, selfDependent, bytes.subarray(fragment.start, fragment.end));
  }

  private pushPromise(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    if (!this.takesPush) throw connectionError('PROTOCOL_ERROR', 'PUSH_PROMISE to a peer that takes none');
    const { promised, start: from, end: to } = parsePushPromise(flags, streamId, bytes, start, end);
    const fragment = bytes.subarray(from, to);
    if ((flags & FLAG.END_HEADERS) !== 0) this.messages.pushPromise(streamId, promised, fragment);
    else this.beginBlock(streamId, promised, false, false, fragment);
  }

  private beginBlock(
    streamId: number,
    promised: number,
    endStream: boolean,
    selfDependent: boolean,
    fragment: Buffer,
  ): void {
    const { continuationFrames } = this.connection.limits;
    this.block = new FieldBlock(streamId, promised, endStream, selfDependent, continuationFrames);
    this.continue(this.block, streamId, 0, fragment);
  }

  private continuation(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    if (this.block === undefined) throw connectionError('PROTOCOL_ERROR', 'CONTINUATION of nothing');
    this.continue(this.block, streamId, flags, bytes.subarray(start, end));
  }

  private continue(block: FieldBlock, streamId: number, flags: number, fragment: Buffer): void {
    block.append(streamId, fragment);
    if ((flags & FLAG.END_HEADERS) === 0) {
      if (fragment.length === 0 && !this.connection.abuse.allowsEmpty()) this.calm('empty field block fragments');
      return;
    }
    this.block = undefined;
    const whole = block.whole();
    if (block.promised > 0) return this.messages.pushPromise(streamId, block.promised, whole);
    this.messages.headers(streamId, block.endStream, block.selfDependent, whole, 0, whole.length);
  }

  private windowUpdate(streamId: number, increment: number): void {
    const { connection } = this;
    if (!connection.talk()) return;
    if (streamId === 0) {
      if (overflows(connection.sendWindow, increment)) {
        throw connectionError('FLOW_CONTROL_ERROR', 'the window of the connection is past 2^31-1');
      }
      connection.sendWindow += increment;
      return;
    }
    if (!this.messages.refuse(streamId, 'window-update')) return;
    const stream = connection.streams.get(streamId)!;
    if (overflows(stream.sendWindow, increment)) {
      throw streamError('FLOW_CONTROL_ERROR', `the window of stream ${streamId} is past 2^31-1`);
    }
    stream.sendWindow += increment;
    if (stream.sendWindow > 0 && stream.queue !== undefined && stream.queue.size > 0) connection.scheduler.add(stream);
  }

  private rstStream(streamId: number, bytes: Buffer, start: number, end: number): void {
    const reason = parseRstStream(streamId, bytes, start, end);
    const { connection } = this;
    if (!this.messages.refuse(streamId, 'reset')) {
      connection.talk();
      return;
    }
    const stream = connection.streams.get(streamId)!;
    // Work without a result counts (CVE-2023-44487); a response that is complete is a result.
    if (stream.outgoing !== 'sent' && !connection.abuse.allowsReset(connection.now)) return this.calm('resets');
    connection.remove(stream, 'closed-reset-received');
    const error = new ProtocolError('stream-reset', `the peer has reset the stream: ${reason}`, { reason });
    if (!stream.lingers) connection.tellReset(streamId, error);
  }

  private settings(list: SettingList | undefined): void {
    const { connection } = this;
    if (list === undefined) return this.acknowledged();
    this.settingsSeen = true;
    this.connection.holdsContent = false;
    if (!connection.talk()) return;
    this.apply(list);
    writeSettingsAck(connection.writer);
    if (!connection.abuse.allowsAnswer()) this.calm('SETTINGS');
  }

  /** The peer has our settings. Only for a window smaller than the RFC's does the time matter (section 6.9.2). */
  private acknowledged(): void {
    const { connection } = this;
    if (this.settingsAcknowledged) return;
    this.settingsAcknowledged = true;
    const { bodyWindow } = connection.limits;
    if (bodyWindow >= DEFAULT_WINDOW) return;
    connection.initialReceiveWindow = bodyWindow;
    for (const stream of connection.streams.all()) {
      stream.receiveWindow?.resize(bodyWindow);
      // Credit that was too little to announce may be enough for a smaller window: the peer's may be below zero by now.
      connection.credit(stream, 0);
    }
  }

  /** INITIAL_WINDOW_SIZE changed: so do the windows of all streams, and may become negative (section 6.9.2). */
  private widenAll(difference: number): void {
    const { connection } = this;
    for (const stream of connection.streams.all()) {
      if (overflows(stream.sendWindow, difference)) {
        throw connectionError('FLOW_CONTROL_ERROR', `the window of stream ${stream.id} is past 2^31-1`);
      }
      stream.sendWindow += difference;
      if (stream.queue === undefined || stream.queue.size === 0) continue;
      if (stream.sendWindow > 0) connection.scheduler.add(stream);
      else connection.scheduler.remove(stream);
    }
  }

  private ping(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    checkPing(streamId, start, end);
    const { connection } = this;
    if (!this.connection.talk()) return;
    if ((flags & FLAG.ACK) === 0) {
      writePing(connection.writer, true, bytes, start);
      if (!connection.abuse.allowsAnswer()) this.calm('PINGs');
    } else if (!connection.shutdownPonged(bytes, start)) connection.events.onPong(bytes.subarray(start, end));
  }

  private priorityUpdate(streamId: number, bytes: Buffer, start: number, end: number): void {
    const prioritized = parsePriorityUpdate(streamId, bytes, start, end);
    // RFC 9218 section 7.1: only clients send it.
    if (this.connection.role === 'client') throw connectionError('PROTOCOL_ERROR', 'PRIORITY_UPDATE of a server');
    if (!this.connection.talk()) return;
    this.messages.prioritize(prioritized, parsePriority(priorityUpdateValue(bytes, start, end)));
  }

  private calm(what: string): void {
    this.connection.fail(calmError(`too many ${what}`));
  }

  /** An error of a stream ends that stream, any other the connection. An error that a callback of the program throws goes on. */
  private caught(streamId: number, error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error;
    if (error.scope === 'exchange' && streamId !== 0) this.connection.streamFailed(streamId, error);
    else this.connection.fail(error);
    if (this.connection.state === 'closing') this.reader.stop();
  }
}
