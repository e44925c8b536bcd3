/**
 * HTTP/2 as it was written, frame by frame, in words: field blocks decoded with the dynamic table of their connection, numbers
 * by their names.
 */
import { concat } from '../bytes.js';
import { H2_ERROR_CODES } from '../errors.js';
import { FLAG, FRAME, FRAME_HEADER_SIZE, readUint31, readUint32 } from '../h2/frame/frame.js';
import { HpackDecoder } from '../h2/hpack/decoder.js';
import { SETTINGS } from './h2.js';
import type { Happening, Recording } from './row.js';
import { tellBytes } from './wire.js';

/** A frame that was written. */
export interface H2Frame {
  /** `HEADERS`, `DATA`..., or `0xfa`; `HTTP/1.1` for what stands before an upgrade. */
  readonly type: string;
  /** 0: the connection. */
  readonly stream: number;
  readonly endStream: boolean;
  /** Octets that flow control counts, or the payload's. */
  readonly length: number;
  /** Of HEADERS and PUSH_PROMISE: the field lines; where a name comes twice, its values with `, ` between them. */
  readonly fields: Readonly<Record<string, string>>;
  /** What it says, in short: content of DATA, an error code, an increment, `200`, `GET /path`... */
  readonly says: string;
}

/** A frame in one line, as `expectFrames` compares it: `HEADERS 1 200`, `DATA 1 "ok" END_STREAM`, `GOAWAY 0 NO_ERROR`. */
export function tellFrame({ type, stream, endStream, says }: H2Frame): string {
  const ofStream = stream > 0 || type === 'WINDOW_UPDATE' ? [String(stream)] : [];
  return [type, ...ofStream, ...(says === '' ? [] : [says]), ...(endStream ? ['END_STREAM'] : [])].join(' ');
}

/** Content longer than this is told by its length. */
const SHORT = 40;

const NO_LIMITS = { headerList: 1 << 30, headerFields: 1 << 20 };
const NAMES = new Map<number, string>(Object.entries(FRAME).map(([name, type]) => [type, name]));
const SETTING_NAMES = new Map<number, string>(Object.entries(SETTINGS).map(([name, id]) => [id, name]));
const ERROR_NAMES = new Map<number, string>(Object.entries(H2_ERROR_CODES).map(([name, code]) => [code, name]));

/** Reads one side of one connection. */
class H2FrameReader {
  private readonly decoder = new HpackDecoder(NO_LIMITS);
  private rest: Uint8Array = new Uint8Array();
  private begun = false;

  /** The frames that `bytes` complete. */
  read(bytes: Uint8Array): H2Frame[] {
    const frames: H2Frame[] = [];
    let rest = Buffer.from(concat([this.rest, bytes]));
    if (!this.begun && rest.subarray(0, 5).toString('latin1') === 'HTTP/') {
      const end = rest.indexOf('\r\n\r\n');
      const startLine = rest.toString('latin1', 0, rest.indexOf('\r\n'));
      const [type = '', ...says] = startLine.split(' ');
      frames.push({ type, stream: 0, endStream: false, length: end + 4, fields: {}, says: says.join(' ') });
      rest = rest.subarray(end + 4);
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

  private frame(number: number, flags: number, stream: number, payload: Buffer): H2Frame {
    const type = NAMES.get(number) ?? `0x${number.toString(16)}`;
    const message = number === FRAME.HEADERS || number === FRAME.DATA;
    const endStream = message && (flags & FLAG.END_STREAM) !== 0;
    const promised = number === FRAME.PUSH_PROMISE ? 4 : 0;
    const fields =
      number === FRAME.HEADERS || number === FRAME.PUSH_PROMISE ? this.fields(payload.subarray(promised)) : {};
    return { type, stream, endStream, length: payload.length, fields, says: says(number, flags, payload, fields) };
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

function says(type: number, flags: number, payload: Buffer, fields: Readonly<Record<string, string>>): string {
  const ack = (flags & FLAG.ACK) === 0 ? '' : 'ACK';
  switch (type) {
    case FRAME.DATA:
      return payload.length > SHORT
        ? `(${payload.length} bytes)`
        : `"${payload.length === 0 ? '' : tellBytes(payload)}"`;
    case FRAME.HEADERS:
      return tellFields(fields);
    case FRAME.PUSH_PROMISE:
      return `${readUint31(payload, 0)} ${tellFields(fields)}`;
    case FRAME.RST_STREAM:
      return errorName(payload, 0);
    case FRAME.GOAWAY:
      return `${readUint31(payload, 0)} ${errorName(payload, 4)}`;
    case FRAME.WINDOW_UPDATE:
      return String(readUint31(payload, 0));
    case FRAME.PING:
      return `${ack} ${tellBytes(payload)}`.trimStart();
    case FRAME.SETTINGS:
      return ack === '' ? tellSettings(payload) : ack;
    default:
      return payload.length === 0 ? '' : tellBytes(payload);
  }
}

/** A head by its start; trailers, which have no pseudo-header fields, by their lines. */
function tellFields(fields: Readonly<Record<string, string>>): string {
  const { ':status': status, ':method': method, ':path': path } = fields;
  if (status !== undefined) return status;
  if (method !== undefined) return `${method} ${path ?? ''}`.trimEnd();
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
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
 * Without what every server says before its first answer: its SETTINGS, the window of the connection right behind them, and that
 * it has the peer's SETTINGS.
 */
function withoutBeginning(happenings: readonly Happening<H2Frame>[]): Happening<H2Frame>[] {
  const first = happenings.findIndex(({ value }) => value?.type === 'SETTINGS' && value.says !== 'ACK');
  const ack = happenings.findIndex(({ value }) => value?.type === 'SETTINGS' && value.says === 'ACK');
  const next = happenings[first + 1]?.value;
  const window = first >= 0 && next?.type === 'WINDOW_UPDATE' && next.stream === 0 ? first + 1 : -1;
  return happenings.filter((_, index) => index !== first && index !== window && index !== ack);
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
