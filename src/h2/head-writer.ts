/**
 * Message heads and trailers, as HEADERS and PUSH_PROMISE with the CONTINUATION that they need.
 *
 * Most responses of a server share their fields, and often all of their head but Date, which changes once a second. So the block of a head
 * is kept, by its `Fields`. If neither the head nor the dynamic table has changed, the next response costs a copy of some ten octets.
 */
import type { Fields } from '../http/fields.js';
import type { RequestHead } from '../http/head.js';
import { trailerLines } from '../http/trailers.js';
import { FLAG, FRAME, FRAME_HEADER_SIZE, writeUint32 } from './frame/frame.js';
import { finishFieldBlock, framingBound } from './frame/headers.js';
import type { FrameWriter } from './frame/writer.js';
import type { HpackEncoder } from './hpack/encoder.js';
import { prepare } from './prepared-fields.js';
import type { PreparedFields } from './prepared-fields.js';
import type { PeerSettings } from './settings.js';

/** Octets that pseudo-header fields, Content-Length and Date take at most, beside a request's own text. */
const OWN_FIELDS_BOUND = 256;

/** Heads that are kept: those of a program's usual responses. */
const MAX_KEPT = 32;

interface KeptHead {
  status: number;
  contentLength: number;
  date: string | undefined;
  generation: number;
  block: Uint8Array;
}

const statusTexts: (string | undefined)[] = [];

function statusText(status: number): string {
  return (statusTexts[status] ??= String(status));
}

export class HeadWriter {
  private readonly writer: FrameWriter;
  private readonly encoder: HpackEncoder;
  private readonly peer: PeerSettings;
  private readonly date: () => string | undefined;
  private readonly kept: Map<PreparedFields, KeptHead>;
  /** Where the frame that is being written begins. */
  private start: number;

  constructor(writer: FrameWriter, encoder: HpackEncoder, peer: PeerSettings, date: () => string | undefined) {
    this.writer = writer;
    this.encoder = encoder;
    this.peer = peer;
    this.date = date;
    this.kept = new Map();
    this.start = 0;
  }

  /** A response head. `contentLength`: -1 for none. */
  response(streamId: number, status: number, fields: PreparedFields, contentLength: number, end: boolean): void {
    const { writer, encoder } = this;
    const date = fields.hasDate || status < 200 ? undefined : this.date();
    this.begin(fields.bound + OWN_FIELDS_BOUND);
    encoder.begin(writer);
    const kept = fields.repeated ? this.kept.get(fields) : undefined;
    if (
      kept !== undefined &&
      kept.generation === encoder.generation &&
      kept.date === date &&
      kept.contentLength === contentLength &&
      kept.status === status
    ) {
      const { block } = kept;
      const { bytes, position } = writer;
      for (let index = 0; index < block.length; index++) bytes[position + index] = block[index]!;
      writer.position = position + block.length;
    } else {
      const from = writer.position;
      encoder.field(writer, ':status', statusText(status));
      this.fields(fields.lines, fields.secrets);
      if (contentLength >= 0) encoder.field(writer, 'content-length', String(contentLength));
      if (date !== undefined) encoder.field(writer, 'date', date);
      // A field that has just been indexed must not be indexed again. A field that may yet be indexed must not be sent in full for ever.
      if (fields.repeated && encoder.settled) this.keep(fields, status, contentLength, date, from);
    }
    this.finish(FRAME.HEADERS, end ? FLAG.END_STREAM : 0, streamId);
  }

  /** A request head (RFC 9113 section 8.3.1; CONNECT: section 8.5). `contentLength`: -1 for none. */
  request(streamId: number, head: RequestHead, fields: PreparedFields, contentLength: number, end: boolean): void {
    this.begin(fields.bound + requestBound(head));
    this.requestFields(head, fields, contentLength);
    this.finish(FRAME.HEADERS, end ? FLAG.END_STREAM : 0, streamId);
  }

  pushPromise(streamId: number, promised: number, head: RequestHead, fields: PreparedFields): void {
    this.begin(fields.bound + requestBound(head));
    writeUint32(this.writer, promised);
    this.requestFields(head, fields, -1);
    this.finish(FRAME.PUSH_PROMISE, 0, streamId);
  }

  trailers(streamId: number, trailers: Fields): void {
    const { lines, bound, secrets } = prepare(trailers);
    this.begin(bound);
    this.encoder.begin(this.writer);
    this.fields(trailerLines(lines), secrets);
    this.finish(FRAME.HEADERS, FLAG.END_STREAM, streamId);
  }

  private begin(bound: number): void {
    this.writer.reserve(bound + framingBound(bound, this.peer.maxFrameSize));
    this.start = this.writer.position;
    this.writer.position += FRAME_HEADER_SIZE;
  }

  private finish(type: number, flags: number, streamId: number): void {
    finishFieldBlock(this.writer, this.start, type, flags, streamId, this.peer.maxFrameSize);
  }

  private requestFields(head: RequestHead, fields: PreparedFields, contentLength: number): void {
    const { writer, encoder } = this;
    const tunnel = head.method === 'CONNECT' && head.protocol === undefined;
    encoder.begin(writer);
    encoder.field(writer, ':method', head.method);
    if (!tunnel) {
      encoder.field(writer, ':scheme', head.scheme);
      encoder.field(writer, ':path', head.path);
    }
    encoder.field(writer, ':authority', head.authority);
    if (head.protocol !== undefined) encoder.field(writer, ':protocol', head.protocol);
    this.fields(fields.lines, fields.secrets);
    if (contentLength >= 0) encoder.field(writer, 'content-length', String(contentLength));
  }

  private fields(lines: readonly string[], secrets: ReadonlySet<string> | undefined): void {
    if (secrets !== undefined) return this.markedFields(lines, secrets);
    for (let at = 0; at < lines.length; at += 2) this.encoder.field(this.writer, lines[at]!, lines[at + 1]!);
  }

  private markedFields(lines: readonly string[], secrets: ReadonlySet<string>): void {
    const { encoder, writer } = this;
    for (let at = 0; at < lines.length; at += 2) {
      const name = lines[at]!;
      if (secrets.has(name)) encoder.secret(writer, name, lines[at + 1]!);
      else encoder.field(writer, name, lines[at + 1]!);
    }
  }

  private keep(
    fields: PreparedFields,
    status: number,
    contentLength: number,
    date: string | undefined,
    from: number,
  ): void {
    if (this.kept.size >= MAX_KEPT && !this.kept.has(fields)) this.kept.clear();
    const block = Uint8Array.prototype.slice.call(this.writer.bytes, from, this.writer.position);
    this.kept.set(fields, { status, contentLength, date, generation: this.encoder.generation, block });
  }
}

function requestBound(head: RequestHead): number {
  const { method, scheme, path, authority, protocol } = head;
  const text = method.length + scheme.length + path.length + authority.length + (protocol?.length ?? 0);
  return text + OWN_FIELDS_BOUND;
}
