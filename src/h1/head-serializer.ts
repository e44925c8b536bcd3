/**
 * Outgoing heads as text. A `Fields` never changes, and most messages share theirs, so the text of its lines is kept with it. The lines
 * that the engine writes itself are left out.
 */
import type { Fields } from '../http/fields.js';
import { REASON_PHRASES } from '../http/status.js';
import { trailerLines } from '../http/trailers.js';
import { listHas, listOf, parseDecimal } from './character-tables.js';

/**
 * Fields that speak of one connection, or of the framing: the engine writes its own (RFC 9110 section 7.6.1, RFC 9112
 * section 6). Names as `Fields` has them, in lower case.
 */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'te', 'upgrade', 'content-length', 'host'],
]);

const NONE: readonly string[] = [];

/** The text of a `Fields`, made once. */
export class SerializedFields {
  /** The field lines, each with its CRLF. */
  readonly text: string;
  /** The value of Content-Length: undefined if there is no field, -1 if it is not one number. */
  readonly contentLength: number | undefined;
  /** `Connection: close` is there: the one option that is obeyed. */
  readonly close: boolean;
  readonly upgrade: string | undefined;
  /** If Connection names Upgrade: the other names in it (HTTP2-Settings), each after a comma. */
  readonly nominated: string;
  /** A request's `TE: trailers`: the client accepts trailer sections (RFC 9110 section 10.1.4). */
  readonly trailers: boolean;
  readonly hasDate: boolean;
  /** The status line and the text, of the last status that these fields went with. */
  status = 0;
  start = '';

  constructor(fields: Fields) {
    const { lines } = fields;
    const connection = fields.get('connection') ?? '';
    const named = connection === '' ? NONE : listOf(connection);
    const upgrades = named.includes('upgrade');
    let text = '';
    let nominated = '';
    let hasDate = false;
    for (let index = 0; index < lines.length; index += 2) {
      const name = lines[index]!;
      if (OWN_FIELDS.has(name)) continue;
      if (named.includes(name)) {
        // They belong to the connection that they came on (RFC 9110 section 7.6.1). An Upgrade, and its fields, are for the next server.
        if (!upgrades) continue;
        nominated += `, ${name}`;
      }
      hasDate ||= name === 'date';
      text += `${name}: ${lines[index + 1]!}\r\n`;
    }
    const lengths = new Set(fields.getAll('content-length'));
    this.text = text;
    this.contentLength = lengths.size === 0 ? undefined : lengths.size > 1 ? -1 : parseDecimal([...lengths][0]!);
    this.close = named.includes('close');
    this.upgrade = fields.get('upgrade');
    this.nominated = nominated;
    this.trailers = listHas(fields.get('te') ?? '', 'trailers');
    this.hasDate = hasDate;
  }
}

export function serializeFields(fields: Fields): SerializedFields {
  // The other protocol's engine may have kept its own there.
  if (fields.serialized instanceof SerializedFields) return fields.serialized;
  const serialized = new SerializedFields(fields);
  fields.serialized = serialized;
  return serialized;
}

const statusLines: (string | undefined)[] = [];

/** status-line CRLF (RFC 9112 section 4): the space after the code stays if there is no reason phrase. */
export function statusLine(status: number): string {
  return (statusLines[status] ??= `HTTP/1.1 ${status} ${REASON_PHRASES[status] ?? ''}\r\n`);
}

/** The status line and the field lines. */
export function responseStart(status: number, fields: SerializedFields): string {
  if (fields.status !== status) {
    fields.status = status;
    fields.start = statusLine(status) + fields.text;
  }
  return fields.start;
}

let lastDate: string | undefined;
let lastDateLine = '';

/** `Date: ...` of one second, which all of its responses share. */
export function dateLine(date: string | undefined): string {
  if (date !== lastDate) {
    lastDate = date;
    lastDateLine = date === undefined ? '' : `date: ${date}\r\n`;
  }
  return lastDateLine;
}

/** The end of chunked content: last-chunk, trailer section, CRLF (RFC 9112 section 7.1). */
export function lastChunk(trailers: Fields): string {
  if (trailers.lines.length === 0) return '0\r\n\r\n';
  const lines = trailerLines(trailers.lines);
  let text = '0\r\n';
  for (let index = 0; index < lines.length; index += 2) text += `${lines[index]!}: ${lines[index + 1]!}\r\n`;
  return `${text}\r\n`;
}

/** Whether the UTF-8 bytes of `text` are its characters, one for one. */
export function isAscii(text: string): boolean {
  if (text.length > 64) return Buffer.byteLength(text) === text.length;
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}
