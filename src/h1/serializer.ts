/**
 * Outgoing heads as text. A `Fields` never changes, and most messages share theirs, so what is made of one is kept with
 * it: the text of its lines, less those that are the engine's own matter.
 */
import type { Fields } from '../http/fields.js';
import { REASON_PHRASES } from '../http/status.js';
import { listHas, listOf, parseDecimal } from './chars.js';

/**
 * Fields that speak of one connection, or of the framing: the engine writes its own (RFC 9110 section 7.6.1, RFC 9112
 * section 6). Names as `Fields` has them, in lower case.
 */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'te', 'upgrade', 'content-length', 'host'],
]);

const NONE: readonly string[] = [];

/** What is made of a `Fields`, once. */
export class SerializedFields {
  /** The field lines, each with its CRLF. */
  readonly text: string;
  /** What Content-Length says: undefined where there is none, -1 where it is not one number. */
  readonly contentLength: number | undefined;
  /** `Connection: close` is there: the one option that is obeyed. */
  readonly close: boolean;
  readonly upgrade: string | undefined;
  /** Where Connection names Upgrade: what it names beside it (HTTP2-Settings), each behind a comma. */
  readonly nominated: string;
  /** A request's `TE: trailers`: whoever asks takes trailer sections (RFC 9110 section 10.1.4). */
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
        // It was meant for the connection that it came on (RFC 9110 section 7.6.1). An Upgrade, and what it brings, is for the next.
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

/** status-line CRLF (RFC 9112 section 4): the space behind the code stays where there is no reason phrase. */
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

/**
 * Fields that a trailer section must not have: those of framing, routing, authentication, request modifiers, response
 * control and the content's form, which are of no use, or of bad use, once the content has gone (RFC 9110 section 6.5.1).
 */
const NOT_IN_TRAILERS: ReadonlySet<string> = new Set([
  ...['transfer-encoding', 'content-length', 'trailer', 'host', 'connection', 'keep-alive', 'proxy-connection', 'te'],
  ...[
    'upgrade',
    'authorization',
    'proxy-authorization',
    'www-authenticate',
    'proxy-authenticate',
    'set-cookie',
    'cookie',
  ],
  ...['cache-control', 'expect', 'max-forwards', 'pragma', 'range', 'if-match', 'if-none-match', 'if-modified-since'],
  ...['if-unmodified-since', 'if-range', 'age', 'expires', 'date', 'location', 'retry-after', 'vary', 'warning'],
  ...['content-encoding', 'content-type', 'content-range', 'content-location', 'content-language'],
]);

/** Names and values in turn, less those that no trailer section may have. */
export function trailerLines(lines: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (let index = 0; index < lines.length; index += 2) {
    if (!NOT_IN_TRAILERS.has(lines[index]!)) kept.push(lines[index]!, lines[index + 1]!);
  }
  return kept.length === lines.length ? lines : kept;
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
