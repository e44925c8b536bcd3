/**
 * Incoming messages (RFC 9113 section 8.1): field blocks and content, on the streams that they belong to, become events.
 * A server's requests and a client's responses differ in how they begin; all that follows is the same.
 */
import { ProtocolError } from '../errors.js';
import { Fields } from '../http/fields.js';
import { INTERIM_RESPONSES, limitWords } from '../limits.js';
import { calmError, connectionError, streamError } from './errors.js';
import { malformed, readRequest, readResponse, readTrailers } from './header-validation.js';
import type { RequestSection, ResponseSection } from './header-validation.js';
import { HpackDecoder } from './hpack/decoder.js';
import type { Priority } from './priority.js';
import { FieldSectionCache } from './field-section-cache.js';
import type { ConnectionState } from './connection-state.js';
import { H2Stream } from './stream.js';
import { verdictOn } from './stream-state.js';
import type { StreamFrame } from './stream-state.js';
import { ReceiveWindow } from './flow-control-window.js';

export class MessageReceiving {
  private readonly connection: ConnectionState;
  private readonly decoder: HpackDecoder;
  private readonly requests: FieldSectionCache<RequestSection>;
  private readonly responses: FieldSectionCache<ResponseSection>;
  /** PRIORITY_UPDATE of streams that have not begun (RFC 9218 section 7). */
  private readonly foretold: Map<number, Priority>;

  constructor(connection: ConnectionState) {
    this.connection = connection;
    this.decoder = new HpackDecoder(connection.limits);
    this.requests = new FieldSectionCache();
    this.responses = new FieldSectionCache();
    this.foretold = new Map();
  }

  /** A whole field block of HEADERS. It is always decoded: the dynamic table has to stay in step. */
  headers(streamId: number, end: boolean, selfDependent: boolean, bytes: Uint8Array, from: number, to: number): void {
    const { connection } = this;
    const stream = connection.streams.get(streamId);
    if (stream === undefined) {
      const begins =
        connection.role === 'server' && connection.isPeers(streamId) && streamId > connection.lastPeerStream;
      if (begins) return this.begin(streamId, end, selfDependent, bytes, from, to);
      this.decoder.decode(bytes, from, to);
      // Of a client's streams none is begun by HEADERS from its peer: PUSH_PROMISE comes first.
      if (connection.stateOf(streamId) === 'idle')
        throw connectionError('PROTOCOL_ERROR', `HEADERS on stream ${streamId}`);
      // Each costs us its decoding, and has no other effect.
      if (!this.refuse(streamId, 'headers')) connection.talk();
      return;
    }
    if (stream.incoming === 'head' && stream.state !== 'idle') return this.response(stream, end, bytes, from, to);
    const list = this.decoder.decode(bytes, from, to);
    if (stream.state === 'idle') throw connectionError('PROTOCOL_ERROR', `HEADERS on stream ${streamId}`);
    this.refuse(streamId, 'headers');
    if (selfDependent) throw streamError('PROTOCOL_ERROR', 'a stream that depends on itself');
    this.trailers(stream, end, list);
  }

  /** A whole field block of PUSH_PROMISE (RFC 9113 section 8.4): to clients only. */
  pushPromise(streamId: number, promised: number, bytes: Uint8Array): void {
    const { connection } = this;
    if (connection.isPeers(streamId) || !connection.isPeers(promised) || promised <= connection.lastPeerStream) {
      throw connectionError('PROTOCOL_ERROR', `PUSH_PROMISE of stream ${promised} on stream ${streamId}`);
    }
    connection.lastPeerStream = promised;
    // Most are declined, by an RST_STREAM each: no faster than work is done, nor more than the peer reads.
    if (!connection.talk()) return;
    if (!connection.abuse.allowsAnswer()) return connection.fail(calmError('too many pushes'));
    const list = this.decoder.decode(bytes);
    const state = connection.stateOf(streamId);
    if (state !== 'closed-reset-sent') this.refuse(streamId, 'push-promise');
    const stream = new H2Stream(promised, 'reserved-remote', 0);
    stream.outgoing = 'sent';
    connection.add(stream);
    // The parent is gone, or as many as are wanted are under way: the promise stands, and is declined.
    if (state === 'closed-reset-sent') return connection.reset(stream, 'CANCEL');
    if (connection.peerStreams > connection.limits.concurrentStreams) return connection.reset(stream, 'REFUSED_STREAM');
    try {
      if (this.decoder.overflow !== undefined) throw this.tooLarge();
      const { head } = readRequest(list, connection.scheme);
      // RFC 9113 section 8.4: a pushed request is safe, and has no content.
      if (head.method !== 'GET' && head.method !== 'HEAD')
        throw streamError('PROTOCOL_ERROR', `a pushed ${head.method}`);
      stream.headOnly = head.method === 'HEAD';
      stream.known = true;
      connection.events.onPush(streamId, promised, head);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      connection.streamFailed(promised, error);
    }
  }

  /**
   * A DATA frame of `length` octets, as flow control counts, begins on `streamId`. Returns the stream whose content it is; undefined if it
   * is to be discarded.
   */
  data(streamId: number, length: number): H2Stream | undefined {
    const { connection } = this;
    if (!connection.receive(length)) {
      throw connectionError('FLOW_CONTROL_ERROR', 'DATA past the window of the connection');
    }
    const stream = connection.streams.get(streamId);
    if (stream === undefined || verdictOn(stream.state, 'data') !== 'accept') {
      this.refuse(streamId, 'data');
      return undefined;
    }
    if (stream.incoming === 'head') throw malformed('malformed-response', 'content before a head');
    stream.receiveWindow ??= new ReceiveWindow(connection.initialReceiveWindow);
    if (stream.receiveWindow.receive(length)) return stream;
    throw streamError('FLOW_CONTROL_ERROR', `DATA past the window of stream ${streamId}`);
  }

  /** Content of a DATA frame on `stream`. */
  content(stream: H2Stream, chunk: Buffer): void {
    const { connection } = this;
    // A request is malformed as well if it is not read, or if its response has been sent already (RFC 9113 section 8.1.1).
    if (stream.toCome >= 0) {
      stream.toCome -= chunk.length;
      if (stream.toCome < 0) throw this.wrongLength();
    }
    if (stream.incoming === 'content') connection.events.onData(stream.id, chunk);
    // Content that is not read: the stream goes as far as its window (see `resetQuiet`).
    else stream.quietLooks = 0;
  }

  /** END_STREAM after content. */
  end(stream: H2Stream): void {
    const { connection } = this;
    const { incoming } = stream;
    if (stream.toCome > 0) throw this.tooShort();
    stream.incoming = 'ended';
    connection.advance(stream, 'receive-end');
    if (incoming === 'content') connection.events.onEnd(stream.id, Fields.EMPTY);
  }

  /** The client wants a response sooner or later than it announced (RFC 9218 section 7.1). */
  prioritize(streamId: number, priority: Priority): void {
    const { connection } = this;
    if (!connection.isPeers(streamId) && connection.stateOf(streamId) === 'idle') {
      throw connectionError('PROTOCOL_ERROR', `PRIORITY_UPDATE of stream ${streamId}`);
    }
    const stream = connection.streams.get(streamId);
    if (stream !== undefined) {
      connection.scheduler.reprioritize(stream, priority.urgency, priority.incremental);
      connection.events.onPriority(streamId, priority.urgency, priority.incremental);
    } else if (connection.isPeers(streamId) && streamId > connection.lastPeerStream) {
      // As many as may begin are remembered, and not more.
      if (this.foretold.size < connection.limits.concurrentStreams) this.foretold.set(streamId, priority);
    }
  }

  /**
   * The RFC's rule for a frame on a stream in its state.
   *
   * @returns whether to take the frame; false to discard it.
   */
  refuse(streamId: number, frame: StreamFrame): boolean {
    const state = this.connection.stateOf(streamId);
    switch (verdictOn(state, frame)) {
      case 'accept':
        return true;
      case 'ignore':
        return false;
      case 'stream-closed':
        throw streamError('STREAM_CLOSED', `${frame} on stream ${streamId}, which is ${state}`);
      case 'connection-closed':
        throw connectionError('STREAM_CLOSED', `${frame} on stream ${streamId}, which is ${state}`);
      case 'protocol-error':
        throw connectionError('PROTOCOL_ERROR', `${frame} on stream ${streamId}, which is ${state}`);
    }
  }

  /** A client begins a stream. */
  private begin(
    streamId: number,
    end: boolean,
    selfDependent: boolean,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): void {
    const { connection } = this;
    connection.lastPeerStream = streamId;
    const section = this.requestSection(bytes, from, to);
    if (!connection.accepts(streamId)) {
      connection.closed.remember(streamId, 'closed-reset-sent');
      return;
    }
    if (connection.peerStreams >= connection.limits.concurrentStreams) {
      throw streamError('REFUSED_STREAM', 'more streams than are allowed at once', 'refused');
    }
    if (selfDependent) throw streamError('PROTOCOL_ERROR', 'a stream that depends on itself');
    const stream = new H2Stream(streamId, end ? 'half-closed-remote' : 'open', connection.peer.initialWindowSize);
    stream.known = true;
    if (section === undefined) return this.invalid(stream, this.tooLarge());
    const { head, contentLength } = section;
    if (head.path.length > connection.limits.requestTarget) {
      const message = `a target of ${head.path.length} octets: ${limitWords(connection.limits, 'requestTarget')}`;
      return this.invalid(stream, new ProtocolError('target-too-long', message, { status: 414 }));
    }
    if (end && contentLength > 0) throw this.wrongLength();
    stream.toCome = contentLength;
    stream.incoming = end ? 'ended' : 'content';
    stream.headOnly = head.method === 'HEAD';
    stream.connect = head.method === 'CONNECT';
    stream.expectsContinue = section.expectsContinue && !end;
    if (section.priority !== undefined || this.foretold.size > 0) this.applyPriority(stream, section.priority);
    connection.add(stream);
    connection.abuse.worked();
    connection.events.onHead(streamId, head, end);
  }

  /** The head cannot be understood, but its sender can get a response. The bytes after it are discarded. */
  private invalid(stream: H2Stream, error: ProtocolError): void {
    stream.incoming = 'discarded';
    this.connection.add(stream);
    this.connection.events.onInvalid(stream.id, error);
  }

  private applyPriority(stream: H2Stream, ofRequest: Priority | undefined): void {
    // RFC 9218 section 8: PRIORITY_UPDATE is the later word, even if it came first.
    const priority = this.foretold.get(stream.id) ?? ofRequest;
    if (priority === undefined) return;
    this.foretold.delete(stream.id);
    stream.urgency = priority.urgency;
    stream.incremental = priority.incremental;
  }

  /** A response of a server, final or interim. */
  private response(stream: H2Stream, end: boolean, bytes: Uint8Array, from: number, to: number): void {
    const { connection } = this;
    const section = this.responseSection(bytes, from, to);
    connection.advance(stream, 'receive-headers');
    const { head, contentLength } = section;
    if (head.status < 200) {
      if (end) throw malformed('malformed-response', 'an interim response that ends');
      if (++stream.informationals > INTERIM_RESPONSES)
        throw malformed('malformed-response', 'too many interim responses');
      if (connection.talk()) connection.events.onInformational(stream.id, head);
      return;
    }
    const { status } = head;
    const empty = stream.headOnly || status === 204 || status === 304;
    stream.toCome = empty ? 0 : stream.connect && status < 300 ? -1 : contentLength;
    if (end && stream.toCome > 0) throw this.tooShort();
    stream.incoming = end ? 'ended' : 'content';
    if (end) connection.advance(stream, 'receive-end');
    connection.abuse.worked();
    connection.events.onHead(stream.id, head, end);
  }

  /** HEADERS after content (RFC 9113 section 8.1): they end the message. */
  private trailers(stream: H2Stream, end: boolean, list: readonly string[]): void {
    const { connection } = this;
    const code = connection.role === 'server' ? 'malformed-request' : 'malformed-response';
    if (!end) throw malformed(code, 'a second head, or trailers that do not end the message');
    const { incoming } = stream;
    if (this.decoder.overflow !== undefined) {
      if (incoming === 'content') return this.oversizedTrailers(stream);
      return connection.advance(stream, 'receive-end');
    }
    if (stream.toCome > 0) throw this.tooShort();
    const trailers = readTrailers(list, code);
    this.keepSecrets(trailers);
    if (incoming === 'content') stream.incoming = 'ended';
    connection.advance(stream, 'receive-end');
    if (incoming === 'content') connection.events.onEnd(stream.id, trailers);
  }

  private oversizedTrailers(stream: H2Stream): void {
    const error = this.tooLarge();
    if (this.connection.role === 'client' || stream.outgoing !== 'head') throw error;
    stream.incoming = 'discarded';
    this.connection.advance(stream, 'receive-end');
    this.connection.events.onInvalid(stream.id, error);
  }

  /** Undefined for one that is too large. */
  private requestSection(bytes: Uint8Array, from: number, to: number): RequestSection | undefined {
    const { decoder } = this;
    const { generation } = decoder;
    const known = this.requests.find(generation, bytes, from, to);
    if (known !== undefined) return known;
    const list = decoder.decode(bytes, from, to);
    if (decoder.overflow !== undefined) return undefined;
    const section = readRequest(list, this.connection.scheme);
    this.keepSecrets(section.head.headers);
    // RFC 8441 section 3: without the setting, :protocol is a pseudo-header field that is not defined.
    if (section.head.protocol !== undefined && !this.connection.connectProtocol)
      throw malformed('malformed-request', 'an extended CONNECT, which is not served here: see `connectProtocol`');
    if (decoder.generation === generation) this.requests.keep(generation, bytes, from, to, section);
    return section;
  }

  private responseSection(bytes: Uint8Array, from: number, to: number): ResponseSection {
    const { decoder } = this;
    const { generation } = decoder;
    const known = this.responses.find(generation, bytes, from, to);
    if (known !== undefined) return known;
    const list = decoder.decode(bytes, from, to);
    if (decoder.overflow !== undefined) throw this.tooLarge();
    const section = readResponse(list);
    this.keepSecrets(section.head.headers);
    if (decoder.generation === generation) this.responses.keep(generation, bytes, from, to, section);
    return section;
  }

  /** An intermediary must not index a value that came never indexed (RFC 7541 section 6.2.3). */
  private keepSecrets(fields: Fields): void {
    const { secrets } = this.decoder;
    if (secrets !== undefined && fields.size > 0) fields.secrets = secrets;
  }

  private tooLarge(): ProtocolError {
    const { overflow } = this.decoder;
    const code = overflow === 'fields' ? 'too-many-fields' : 'header-section-too-large';
    const { limits } = this.connection;
    const what =
      overflow === 'fields'
        ? `too many fields: ${limitWords(limits, 'headerFields')}`
        : `fields of ${this.decoder.listSize} octets, or more: ${limitWords(limits, 'headerList')}`;
    return new ProtocolError(code, what, { status: 431, reason: 'ENHANCE_YOUR_CALM' });
  }

  /** A response that ends early has the same code on HTTP/1.1, where only the end of the connection can cut it. */
  private tooShort(): ProtocolError {
    if (this.connection.role === 'server') return this.wrongLength();
    return malformed('truncated', 'the content is shorter than Content-Length says');
  }

  /** Content-Length and DATA differ: the message is malformed (RFC 9113 section 8.1.1). */
  private wrongLength(): ProtocolError {
    return malformed('content-length-mismatch', 'the content is not as long as Content-Length says');
  }
}
