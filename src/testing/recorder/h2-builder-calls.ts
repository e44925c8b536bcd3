/** HTTP/2 frames as the builders that make them. Field blocks are made again, of fields without secrets and without a table. */
import { asBuffer, concat } from '../../bytes.js';
import { H2_ERROR_CODES, type H2ErrorCode } from '../../errors.js';
import { DEFAULT_MAX_FRAME_SIZE, FLAG, FRAME, readUint31, readUint32 } from '../../h2/frame/frame.js';
import { writeInteger } from '../../h2/hpack/integer.js';
import { h2, SETTINGS } from '../h2-builders.js';
import type { WireFrame } from './h2-frames.js';
import type { Redactor } from './redaction.js';
import { built, joined, type Part } from './source-code.js';

const SETTING_NAMES = new Map<number, string>(Object.entries(SETTINGS).map(([name, id]) => [id, name]));
const ERROR_NAMES = new Map<number, string>(Object.entries(H2_ERROR_CODES).map(([name, code]) => [code, name]));

/** The beginning of the connection. */
export const PREFACE: Part = { code: 'h2.preface', bytes: Buffer.from(h2.preface) };

/** The builder of a frame whose octets, from its header on, are `octets`. */
export function partOf(frame: WireFrame, octets: Uint8Array, redactor: Redactor): Part {
  if (frame.lines !== undefined) return fieldsPart(frame, redactor);
  const part = namedPart(frame);
  // A builder makes a well-formed frame: others are shown by their octets.
  if (part !== undefined && asBuffer(part.bytes).equals(octets)) return part;
  return built('h2.frame', h2.frame, frame.type, frame.flags, frame.stream, octets.subarray(9));
}

function namedPart({ type, flags, stream, payload, padding }: WireFrame): Part | undefined {
  const ack = (flags & FLAG.ACK) !== 0;
  const end = (flags & FLAG.END_STREAM) !== 0;
  switch (type) {
    case FRAME.DATA: {
      const options = { ...(end ? { end } : {}), ...(padding === undefined ? {} : { padding }) };
      return end || padding !== undefined
        ? built('h2.data', h2.data, stream, payload, options)
        : built('h2.data', h2.data, stream, payload);
    }
    case FRAME.SETTINGS:
      if (ack) return { code: 'h2.settingsAck', bytes: h2.settingsAck };
      return settingsPart(payload);
    case FRAME.WINDOW_UPDATE:
      if (payload.length !== 4) return undefined;
      return built('h2.windowUpdate', h2.windowUpdate, stream, readUint31(payload, 0));
    case FRAME.PING: {
      const text = payload.toString('latin1');
      if (!/^[\x20-\x7e]{8}$/.test(text)) return undefined;
      return ack ? built('h2.ping', h2.ping, text, { ack }) : built('h2.ping', h2.ping, text);
    }
    case FRAME.RST_STREAM:
    case FRAME.GOAWAY: {
      const goaway = type === FRAME.GOAWAY;
      const code = payload.length < (goaway ? 8 : 4) ? undefined : ERROR_NAMES.get(readUint32(payload, goaway ? 4 : 0));
      if (code === undefined) return undefined;
      if (!goaway) return built('h2.rst', h2.rst, stream, code as H2ErrorCode);
      return built('h2.goaway', h2.goaway, readUint31(payload, 0), code as H2ErrorCode, payload.toString('utf8', 8));
    }
    default:
      return undefined;
  }
}

function settingsPart(payload: Buffer): Part | undefined {
  const values: Record<string, number> = {};
  for (let at = 0; at + 6 <= payload.length; at += 6) {
    const name = SETTING_NAMES.get(payload.readUInt16BE(at));
    if (name === undefined) return undefined;
    values[name] = readUint32(payload, at + 2);
  }
  return built('h2.settings', h2.settings, values);
}

/** Octet 0x80: the field of index 0, which there is not (RFC 7541 section 6.1). */
const INVALID_BLOCK = Uint8Array.of(0x80);

function fieldsPart({ flags, stream, lines }: WireFrame, redactor: Redactor): Part {
  const endStream = flags & FLAG.END_STREAM;
  if (lines === undefined || lines === 'invalid') {
    // A block that cannot be read cannot be redacted: another unreadable block stands for it.
    return built('h2.frame', h2.frame, FRAME.HEADERS, FLAG.END_HEADERS | endStream, stream, INVALID_BLOCK);
  }
  const fields: [string, string][] = [];
  for (let at = 0; at < lines.length; at += 2) {
    const name = lines[at]!;
    const value = redactor.value(name, lines[at + 1]!);
    const cookie = name === 'cookie' ? fields.find(([before]) => before === name) : undefined;
    // "These MUST be concatenated" (RFC 9113 section 8.2.3), and so may be here.
    if (cookie === undefined) fields.push([name, value]);
    else if (cookie[1] !== value) cookie[1] += `; ${value}`;
  }
  const record = Object.fromEntries(fields);
  const plain =
    Object.keys(record).length === fields.length &&
    fields.every(([name, value]) => !/^(\d+|__proto__)$/.test(name) && !/[^\t\x20-\x7e]/.test(name + value));
  const part = plain ? messagePart(stream, record, endStream !== 0) : undefined;
  if (part !== undefined && part.bytes.length <= DEFAULT_MAX_FRAME_SIZE + 9) return part;
  return blockPart(stream, endStream, concat(fields.flatMap(([name, value]) => literalField(name, value))));
}

function messagePart(stream: number, record: Record<string, string>, end: boolean): Part {
  const { ':method': method, ':path': path, ':scheme': scheme, ...fields } = record;
  const first = [':method', ':scheme', ':authority', ':path'];
  const usual = method !== undefined && path !== undefined && scheme !== undefined && ':authority' in record;
  const pseudo = Object.keys(record).filter((name) => name.startsWith(':'));
  // Their order among themselves does not matter; they must come first.
  const ordered = Object.keys(record).findIndex((name) => !name.startsWith(':'));
  if (usual && pseudo.length === first.length && (ordered < 0 || ordered >= pseudo.length)) {
    const others = scheme === 'http' ? fields : { ':scheme': scheme, ...fields };
    if (method === 'GET' && end) return built('h2.get', h2.get, stream, path, others);
    if (method === 'HEAD' && end) return built('h2.head', h2.head, stream, path, others);
    if (!end) return built('h2.requestHead', h2.requestHead, stream, method, path, others);
  }
  return end
    ? built('h2.headers', h2.headers, stream, record, { end })
    : built('h2.headers', h2.headers, stream, record);
}

/** A field block in as many frames as it takes. */
function blockPart(stream: number, endStream: number, block: Uint8Array): Part {
  const parts: Part[] = [];
  for (let from = 0; from === 0 || from < block.length; from += DEFAULT_MAX_FRAME_SIZE) {
    const last = from + DEFAULT_MAX_FRAME_SIZE >= block.length ? FLAG.END_HEADERS : 0;
    const piece = block.subarray(from, from + DEFAULT_MAX_FRAME_SIZE);
    const [type, flags] = from === 0 ? [FRAME.HEADERS, last | endStream] : [FRAME.CONTINUATION, last];
    parts.push(built('h2.frame', h2.frame, type, flags, stream, piece));
  }
  return joined(parts);
}

/** A literal field that is not indexed, its octets as they are (RFC 7541 section 6.2.2). */
function literalField(name: string, value: string): Uint8Array[] {
  const string = (text: string): Uint8Array => {
    const bytes = Buffer.from(text, 'latin1');
    const room = { bytes: Buffer.alloc(6), position: 0 };
    writeInteger(room, 0, 7, bytes.length);
    return concat([room.bytes.subarray(0, room.position), bytes]);
  };
  return [Uint8Array.of(0), string(name), string(value)];
}
