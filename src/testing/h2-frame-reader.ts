/**
 * Written HTTP/2, frame by frame, in words: field blocks decoded with the dynamic table of their connection, numbers by their names. A
 * malformed frame is shown as well as possible: a test may be about it.
 */
import { concat } from '../bytes.js';
import { H2_ERROR_CODES } from '../errors.js';
import { FLAG, FRAME, FRAME_HEADER_SIZE, isKnownFrame, readUint31, readUint32 } from '../h2/frame/frame.js';
import { HpackDecoder } from '../h2/hpack/decoder.js';
import { PREFACE, SETTINGS } from './h2-builders.js';
import type { Happening, Recording } from './recorded-row.js';
import { visible } from './value-printer.js';

/** A frame that was written. */
export interface H2Frame {
  /** `HEADERS`, `DATA`..., or `0xfa`; `PREFACE` of a client; `HTTP/1.1` for the bytes before an upgrade. */
  readonly type: string;
  /** 0: the connection. */
  readonly stream: number;
  readonly endStream: boolean;
  /** Octets that flow control counts, or the payload's. */
  readonly length: number;
  /** The field lines of the block that this frame completes; where a name comes twice, its values with `, ` between them. */
  readonly fields: Readonly<Record<string, string>>;
  /** Its content, in short: that of DATA, an error code, an increment, `200`, `GET /path`... */
  readonly says: string;
}

/** A frame in one line, as `expectFrames` compares it: `HEADERS 1 200`, `DATA 1 "ok" END_STREAM`, `GOAWAY 0 NO_ERROR`. */
export function tellFrame({ type, stream, endStream, says }: H2Frame): string {
  const ofStream = stream > 0 || type === 'WINDOW_UPDATE' ? [String(stream)] : [];
  return [type, ...ofStream, ...(says === '' ? [] : [says]), ...(endStream ? ['END_STREAM'] : [])].join(' ');
}

/** A frame in one line, with all that it carries: `HEADERS 1 200 content-type: text/plain`, `DATA 1 "hel" (3 bytes)`. */
export function describeFrame(frame: H2Frame): string {
  const lines = Object.entries(frame.fields).filter(([name]) => !name.startsWith(':'));
  // Trailers already show their lines.
  const isHead = lines.length < Object.keys(frame.fields).length;
  const fields = isHead && lines.length > 0 ? ` ${tellLines(lines)}` : '';
  const size =
    frame.type === 'DATA' && !frame.says.startsWith('(')
      ? ` (${frame.length} ${frame.length === 1 ? 'byte' : 'bytes'})`
      : '';
  return tellFrame({ ...frame, says: visible(`${frame.says}${fields}${size}`) });
}

/** Content longer than this is shown by its length. */
const SHORT = 40;

const NO_LIMITS = { headerList: 1 << 30, headerFields: 1 << 20 };
const NAMES = new Map<number, string>(Object.entries(FRAME).map(([name, type]) => [type, name]));
const SETTING_NAMES = new Map<number, string>(Object.entries(SETTINGS).map(([name, id]) => [id, name]));
const ERROR_NAMES = new Map<number, string>(Object.entries(H2_ERROR_CODES).map(([name, code]) => [code, name]));
const PREFACE_BYTES = Buffer.from(PREFACE);

/** Whether `bytes` can only be HTTP/2: the preface, or whole frames. */
export function areFrames(bytes: Uint8Array): boolean {
  if (Buffer.compare(bytes.subarray(0, PREFACE_BYTES.length), PREFACE_BYTES) === 0) return true;
  let at = 0;
  while (at + FRAME_HEADER_SIZE <= bytes.length) {
    const size = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    if (!isKnownFrame(bytes[at + 3]!) || bytes[at + 5]! > 0x7f) return false;
    at += FRAME_HEADER_SIZE + size;
  }
  return at > 0 && at === bytes.length;
}

/** Reads one side of one connection. */
export class H2FrameReader {
  private readonly decoder = new HpackDecoder(NO_LIMITS);
  private rest: Uint8Array = new Uint8Array();
  private begun = false;
  /** Pieces of a field block that is not complete. */
  private block: Uint8Array[] = [];

  /** Bytes of a frame that is not complete. */
  get incomplete(): number {
    return this.rest.length;
  }

  /** The frames that `bytes` complete. */
  read(bytes: Uint8Array): H2Frame[] {
    const frames: H2Frame[] = [];
    let rest = Buffer.from(concat([this.rest, bytes]));
    if (!this.begun) {
      const before = beforeFrames(rest);
      if (before !== undefined) frames.push(before);
      rest = rest.subarray(before?.length ?? 0);
    }
    this.begun = true;
    for (;;) {
      if (rest.length < FRAME_HEADER_SIZE) break;
      const size = FRAME_HEADER_SIZE + rest.readUIntBE(0, 3);
      if (rest.length < size) break;
      frames.push(this.frame(rest[3]!, rest[4]!, readUint31(rest, 5), rest.subarray(FRAME_HEADER_SIZE, size)));
      rest = rest.subarray(size);
    }
    this.rest = rest;
    return frames;
  }

  private frame(type: number, flags: number, stream: number, payload: Buffer): H2Frame {
    const { length } = payload;
    const message = type === FRAME.HEADERS || type === FRAME.DATA;
    const endStream = message && (flags & FLAG.END_STREAM) !== 0;
    const told = { type: NAMES.get(type) ?? `0x${type.toString(16)}`, stream, endStream, length };
    const content = unpadded(type, flags, payload);
    if (content === undefined) return { ...told, fields: {}, says: tellRaw(payload) };
    if (type !== FRAME.HEADERS && type !== FRAME.PUSH_PROMISE && type !== FRAME.CONTINUATION) {
      return { ...told, fields: {}, says: says(type, flags, content) };
    }
    const promised = type === FRAME.PUSH_PROMISE ? `${readUint31(content, 0)} ` : '';
    this.block.push(type === FRAME.PUSH_PROMISE ? content.subarray(4) : content);
    if ((flags & FLAG.END_HEADERS) === 0) return { ...told, fields: {}, says: `${promised}(more follows)` };
    const block = concat(this.block);
    this.block = [];
    try {
      const fields = this.fields(block);
      return { ...told, fields, says: `${promised}${tellFields(fields)}` };
    } catch {
      return { ...told, fields: {}, says: `${promised}(a field block that cannot be decoded: ${tellRaw(block)})` };
    }
  }

  private fields(block: Uint8Array): Record<string, string> {
    const lines = this.decoder.decode(block);
    const fields: Record<string, string> = {};
    for (let at = 0; at < lines.length; at += 2) {
      const name = lines[at]!;
      fields[name] = Object.hasOwn(fields, name) ? `${fields[name]!}, ${lines[at + 1]!}` : lines[at + 1]!;
    }
    return fields;
  }
}

/** The bytes before the first frame: a client's preface, or a response that upgrades. */
function beforeFrames(bytes: Buffer): H2Frame | undefined {
  const none = { stream: 0, endStream: false, fields: {} };
  if (Buffer.compare(bytes.subarray(0, PREFACE_BYTES.length), PREFACE_BYTES) === 0) {
    return { ...none, type: 'PREFACE', length: PREFACE_BYTES.length, says: '' };
  }
  if (bytes.toString('latin1', 0, 5) !== 'HTTP/') return undefined;
  const [type = '', ...rest] = bytes.toString('latin1', 0, bytes.indexOf('\r\n')).split(' ');
  return { ...none, type, length: bytes.indexOf('\r\n\r\n') + 4, says: rest.join(' ') };
}

/** A payload without its padding and its priority; undefined if it is too short for them. */
function unpadded(type: number, flags: number, payload: Buffer): Buffer | undefined {
  let [from, to] = [0, payload.length];
  if ((flags & FLAG.PADDED) !== 0 && (type <= FRAME.HEADERS || type === FRAME.PUSH_PROMISE)) {
    from = 1;
    to -= payload[0] ?? 1;
  }
  if (type === FRAME.HEADERS && (flags & FLAG.PRIORITY) !== 0) from += 5;
  const content = payload.subarray(from, Math.max(from, to));
  return to < from || content.length < (LEAST.get(type) ?? 0) ? undefined : content;
}

/** Octets that a frame has at least. */
const LEAST = new Map<number, number>([
  [FRAME.PRIORITY, 5],
  [FRAME.RST_STREAM, 4],
  [FRAME.PUSH_PROMISE, 4],
  [FRAME.GOAWAY, 8],
  [FRAME.WINDOW_UPDATE, 4],
  [FRAME.PRIORITY_UPDATE, 4],
]);

function says(type: number, flags: number, payload: Buffer): string {
  const ack = (flags & FLAG.ACK) === 0 ? '' : 'ACK';
  switch (type) {
    case FRAME.DATA:
      return payload.length > SHORT ? `(${payload.length} bytes)` : `"${tellRaw(payload)}"`;
    case FRAME.PRIORITY:
      return `after ${readUint31(payload, 0)}, weight ${payload[4]! + 1}`;
    case FRAME.RST_STREAM:
      return errorName(payload, 0);
    case FRAME.GOAWAY:
      return `${readUint31(payload, 0)} ${errorName(payload, 4)}`;
    case FRAME.WINDOW_UPDATE:
      return String(readUint31(payload, 0));
    case FRAME.PING:
      return `${ack} ${tellRaw(payload)}`.trimStart();
    case FRAME.SETTINGS:
      return ack !== '' || payload.length % 6 !== 0 ? `${ack} ${tellRaw(payload)}`.trim() : tellSettings(payload);
    case FRAME.PRIORITY_UPDATE:
      return `${readUint31(payload, 0)} ${tellRaw(payload.subarray(4))}`;
    default:
      return tellRaw(payload);
  }
}

/** Octets of which nothing is known: ASCII as it is, the rest escaped. */
function tellRaw(bytes: Uint8Array): string {
  return visible(Buffer.from(bytes).toString('latin1')).replace(
    /[^ -~]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16)}`,
  );
}

/** A head by its start; trailers, which have no pseudo-header fields, by their lines. */
function tellFields(fields: Readonly<Record<string, string>>): string {
  const { ':status': status, ':method': method, ':path': path } = fields;
  if (status !== undefined) return status;
  if (method !== undefined) return `${method} ${path ?? ''}`.trimEnd();
  return tellLines(Object.entries(fields));
}

function tellLines(lines: readonly (readonly [string, string])[]): string {
  return lines.map(([name, value]) => `${name}: ${value}`).join(', ');
}

function tellSettings(payload: Buffer): string {
  const told: string[] = [];
  for (let at = 0; at < payload.length; at += 6) {
    const setting = payload.readUInt16BE(at);
    told.push(`${SETTING_NAMES.get(setting) ?? setting}=${readUint32(payload, at + 2)}`);
  }
  return told.join(' ');
}

function errorName(payload: Uint8Array, at: number): string {
  const code = readUint32(payload, at);
  return ERROR_NAMES.get(code) ?? `0x${code.toString(16)}`;
}

/**
 * Leaves out the bytes that every side sends before its first message. They are a client's preface, SETTINGS, the window of the connection
 * right after it, and the acknowledgement of the peer's SETTINGS.
 */
function withoutBeginning(happenings: readonly Happening<H2Frame>[]): Happening<H2Frame>[] {
  const first = happenings.findIndex(({ value }) => value?.type === 'SETTINGS' && value.says !== 'ACK');
  const ack = happenings.findIndex(({ value }) => value?.type === 'SETTINGS' && value.says === 'ACK');
  const next = happenings[first + 1]?.value;
  const window = first >= 0 && next?.type === 'WINDOW_UPDATE' && next.stream === 0 ? first + 1 : -1;
  return happenings.filter(
    ({ value }, index) => index !== first && index !== window && index !== ack && value?.type !== 'PREFACE',
  );
}

/** The frames of a wire, each at the time it was written. They are read when they are looked at. */
export function framesOf(wire: Recording<Uint8Array>, beginning: boolean): Recording<H2Frame> {
  return {
    get happenings() {
      const reader = new H2FrameReader();
      const frames = wire.happenings.flatMap(({ frame, mark, value }): Happening<H2Frame>[] => {
        if (mark !== undefined || value === undefined) return [{ frame, mark, value: undefined }];
        return reader.read(value).map((one) => ({ frame, mark: undefined, value: one }));
      });
      return beginning ? frames : withoutBeginning(frames);
    },
  };
}
