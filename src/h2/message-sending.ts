/**
 * The sending side of a connection. Messages go out as HEADERS and DATA (RFC 9113 section 8.1), within the windows of their streams and of
 * the connection. The scheduler gives their order.
 *
 * Heads and control frames are written at once, and go out with the next `pull`. A whole message with short content that fits into the
 * windows is written at once, too. Other content waits by reference until its turn.
 */
import type { Output } from '../bytes.js';
import { utf8 } from '../bytes.js';
import { ProtocolError } from '../errors.js';
import type { Fields } from '../http/fields.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import { writeDataHeader } from './frame/data.js';
import { DEFAULT_MAX_FRAME_SIZE, FRAME_HEADER_SIZE } from './frame/frame.js';
import { HeadWriter } from './head-writer.js';
import { prepare } from './prepared-fields.js';
import type { PreparedFields } from './prepared-fields.js';
import { SendQueue } from './send-queue.js';
import type { ConnectionState } from './connection-state.js';
import type { H2Stream } from './stream.js';

/** Octets of a stream's content that may wait before its writer is asked to. */
const HIGH_WATER = 64 * 1024;

/** Whole contents up to this size are copied after their head: one piece, one write. */
const SHORT_CONTENT = 4 * 1024;

/** From this much output that is not pulled yet, short contents wait for their turn as others do. */
const UNPULLED = 64 * 1024;

/** The error of a message of our own. */
const FALSE_LENGTH = 'the content is not as long as Content-Length says';

const CONTINUE = 100;

/** Statuses of responses that have none (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5). */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 205, 304]);

/** RFC 9110 section 8.6: methods whose request announces that it has no content. */
const MEANS_CONTENT: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

export class MessageSending {
  private readonly connection: ConnectionState;
  private readonly heads: HeadWriter;

  constructor(connection: ConnectionState, date: () => string | undefined) {
    this.connection = connection;
    this.heads = new HeadWriter(connection.writer, connection.encoder, connection.peer, date);
  }

  get hasOutput(): boolean {
    const { connection } = this;
    if (connection.writer.size > 0 || connection.sent.length > 0) return true;
    if (connection.receiveWindow.isDue && connection.state !== 'closing') return true;
    return connection.sendWindow > 0 && !connection.scheduler.empty;
  }

  /** An interim response (RFC 9110 section 15.2), while there is time for one. */
  informational(streamId: number, status: number, fields: PreparedFields): void {
    const stream = this.connection.streams.get(streamId);
    if (stream?.outgoing !== 'head') return;
    if (status === CONTINUE) stream.expectsContinue = false;
    this.connection.advance(stream, 'send-headers');
    this.heads.response(streamId, status, fields, -1, false);
  }

  /** Sends 100 for `Expect: 100-continue`, once. */
  continue(streamId: number, fields: PreparedFields): void {
    if (this.connection.streams.get(streamId)?.expectsContinue === true) this.informational(streamId, CONTINUE, fields);
  }

  /** A whole message. */
  message(streamId: number, head: RequestHead | ResponseHead, content: string | Uint8Array): void {
    const stream = this.connection.streams.get(streamId);
    if (stream?.outgoing !== 'head') return;
    const length = typeof content === 'string' ? textLength(content) : content.length;
    const explicit = length > 0 || ('status' in head ? !stream.headOnly : MEANS_CONTENT.has(head.method));
    const follows = this.head(stream, head, explicit ? length : undefined, length === 0);
    if (!follows || length === 0) return;
    stream.outgoing = 'ending';
    const { connection } = this;
    if (
      length <= SHORT_CONTENT &&
      length <= stream.sendWindow &&
      length <= connection.sendWindow &&
      connection.writer.size < UNPULLED
    ) {
      this.short(stream, content, length);
    } else this.enqueue(stream, typeof content === 'string' ? utf8(content) : content);
  }

  /** The head of a message whose content follows. Returns whether any may. */
  begin(streamId: number, head: RequestHead | ResponseHead, contentLength: number | undefined): boolean {
    const stream = this.connection.streams.get(streamId);
    if (stream?.outgoing !== 'head') return false;
    return this.head(stream, head, contentLength, false);
  }

  /** Content, by reference. Returns whether more is welcome at once. */
  data(streamId: number, chunk: Uint8Array): boolean {
    const stream = this.connection.streams.get(streamId);
    if (stream?.outgoing !== 'content' || chunk.length === 0) return true;
    if (stream.toGo >= 0) {
      stream.toGo -= chunk.length;
      if (stream.toGo < 0) {
        this.breakOff(stream);
        return true;
      }
    }
    this.enqueue(stream, chunk);
    stream.waited = stream.queue!.size >= HIGH_WATER;
    return !stream.waited;
  }

  end(streamId: number, trailers: Fields): void {
    const stream = this.connection.streams.get(streamId);
    if (stream?.outgoing !== 'content') return;
    if (stream.toGo > 0) return this.breakOff(stream);
    stream.outgoing = 'ending';
    stream.trailers = trailers.size > 0 ? trailers : undefined;
    if (stream.queue !== undefined && stream.queue.size > 0) return;
    if (stream.trailers === undefined) writeDataHeader(this.connection.writer, streamId, 0, true);
    this.finish(stream);
  }

  /** The peer may stop sending: its content is not read (RFC 9113 section 8.1). */
  discard(streamId: number): void {
    const stream = this.connection.streams.get(streamId);
    if (stream === undefined) return;
    if (stream.incoming === 'content' || stream.incoming === 'head') stream.incoming = 'discarded';
    this.stopDiscarded(stream);
  }

  /** PUSH_PROMISE on an open stream, of the response that follows on `promised`. */
  promise(streamId: number, promised: number, head: RequestHead): void {
    this.heads.pushPromise(streamId, promised, head, prepare(head.headers));
  }

  pull(output: Output, budget: number): void {
    const { connection } = this;
    const { writer, scheduler } = connection;
    connection.announceWindow();
    writer.flush(output);
    while (!connection.holdsContent && connection.sendWindow > 0 && output.size + writer.size < budget) {
      const stream = scheduler.next();
      if (stream === undefined) break;
      this.frame(stream);
    }
    writer.flush(output);
    connection.abuse.sent();
    connection.tellSent();
  }

  /** Writes a head, with END_STREAM if nothing follows. Returns whether content may follow. */
  private head(
    stream: H2Stream,
    head: RequestHead | ResponseHead,
    length: number | undefined,
    whole: boolean,
  ): boolean {
    const fields = prepare(head.headers);
    const declared = fields.contentLength;
    const response = 'status' in head;
    if (response && (head.status < 200 || head.status > 599 || !Number.isInteger(head.status))) {
      throw new TypeError(`${head.status} is not the status of a final response: it is an integer from 200 to 599`);
    }
    const none = response && (stream.headOnly || WITHOUT_CONTENT.has(head.status));
    // NaN, or another length than that of the content. A response without content may state the length that it would have.
    if (declared !== declared || (declared >= 0 && length !== undefined && declared !== length && !none)) {
      const which = response ? 'response' : 'request';
      throw lengthMismatch(`the Content-Length of a ${which} is not that of its content`);
    }
    const end = none || whole;
    // RFC 9110 section 8.6: no Content-Length in 204, nor in 2xx to CONNECT.
    const bare = response && (head.status === 204 || (stream.connect && head.status < 300));
    const contentLength = bare
      ? -1
      : response && head.status === 205
        ? 0
        : declared >= 0
          ? declared
          : response && head.status === 304
            ? -1
            : (length ?? -1);
    stream.toGo = bare ? -1 : contentLength;
    stream.outgoing = end ? 'ending' : 'content';
    stream.expectsContinue = false;
    this.connection.advance(stream, 'send-headers');
    if (response && fields.close) this.connection.shutdown();
    if (response) this.heads.response(stream.id, head.status, fields, contentLength, end);
    else this.heads.request(stream.id, head, fields, contentLength, end);
    if (end) this.finish(stream);
    return !end;
  }

  /** A short content, whole, after its head. */
  private short(stream: H2Stream, content: string | Uint8Array, length: number): void {
    const { connection } = this;
    const { writer } = connection;
    writer.reserve(FRAME_HEADER_SIZE + length);
    writeDataHeader(writer, stream.id, length, true);
    const { bytes, position } = writer;
    if (typeof content !== 'string') bytes.set(content, position);
    else if (length === content.length && length <= 64) {
      for (let index = 0; index < length; index++) bytes[position + index] = content.charCodeAt(index);
    } else bytes.write(content, position, 'utf8');
    writer.position = position + length;
    stream.sendWindow -= length;
    connection.sendWindow -= length;
    this.finish(stream);
  }

  private enqueue(stream: H2Stream, chunk: Uint8Array): void {
    (stream.queue ??= new SendQueue()).push(chunk);
    if (stream.sendWindow > 0) this.connection.scheduler.add(stream);
  }

  /** One DATA frame of `stream`, which has content and a window for it, as the connection has. */
  private frame(stream: H2Stream): void {
    const { connection } = this;
    const queue = stream.queue!;
    const size = Math.min(queue.size, stream.sendWindow, connection.sendWindow, DEFAULT_MAX_FRAME_SIZE);
    const last = size === queue.size;
    const end = last && stream.outgoing === 'ending' && stream.trailers === undefined;
    writeDataHeader(connection.writer, stream.id, size, end);
    queue.write(connection.writer, size);
    stream.sendWindow -= size;
    connection.sendWindow -= size;
    if (last || stream.sendWindow <= 0) connection.scheduler.remove(stream);
    if (last) connection.abuse.worked();
    else connection.abuse.carried(size);
    if (last && stream.outgoing === 'ending') return this.finish(stream);
    if (queue.size < HIGH_WATER && (stream.waited || last)) {
      stream.waited = false;
      if (stream.outgoing === 'content') connection.events.onWritable(stream.id);
    }
  }

  /** All of a message has been written, but for its trailers. */
  private finish(stream: H2Stream): void {
    const { connection } = this;
    if (stream.trailers !== undefined) this.heads.trailers(stream.id, stream.trailers);
    stream.outgoing = 'sent';
    connection.sent.push(stream.id);
    connection.advance(stream, 'send-end');
    this.stopDiscarded(stream);
  }

  /** Once our message is out, the peer need not send content that is discarded. */
  private stopDiscarded(stream: H2Stream): void {
    const { connection } = this;
    if (stream.incoming !== 'discarded' || stream.outgoing !== 'sent' || !connection.streams.has(stream.id)) return;
    if (connection.role === 'client') connection.reset(stream, 'CANCEL');
    else connection.linger(stream);
  }

  /** Our own message is false: better none than one that looks complete (RFC 9113 section 8.1.1). */
  private breakOff(stream: H2Stream): void {
    const { connection } = this;
    connection.reset(stream, 'INTERNAL_ERROR');
    connection.events.onReset(stream.id, lengthMismatch(FALSE_LENGTH));
  }
}

function lengthMismatch(message: string): ProtocolError {
  const details = { initiator: 'local', reason: 'INTERNAL_ERROR', status: 500 } as const;
  return new ProtocolError('content-length-mismatch', message, details);
}

/** Octets of `text` in UTF-8. Short text is looked at here: that is cheaper than to ask. */
function textLength(text: string): number {
  if (text.length > 64) return Buffer.byteLength(text);
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) return Buffer.byteLength(text);
  }
  return text.length;
}
