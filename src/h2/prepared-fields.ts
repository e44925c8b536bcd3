/** Fields as they go into an HTTP/2 message: prepared once for each `Fields`, and kept by it. */
import type { Fields } from '../http/fields.js';
import { CONNECTION_SPECIFIC, parseContentLength } from './header-validation.js';
import { encodedBound } from './hpack/encoder.js';

export class PreparedFields {
  /** Names and values in turn, without fields of an HTTP/1.1 connection, and without Content-Length. */
  readonly lines: readonly string[];
  /** -1 if the fields have none, NaN if its value is not a number. */
  readonly contentLength: number;
  readonly hasDate: boolean;
  /** `Connection: close` is there: a server ends its connection gracefully. */
  readonly close: boolean;
  /** Octets that `lines` take at most, encoded. */
  readonly bound: number;
  /** The names whose values are never indexed, besides those of HPACK's own. */
  readonly secrets: ReadonlySet<string> | undefined;
  /** Whether they were sent before: only then is it worth keeping their encoding. */
  repeated: boolean;

  constructor(fields: Fields) {
    const lines: string[] = [];
    // RFC 9113 section 8.2.2: fields that Connection names do not go beyond it either.
    const named =
      fields
        .get('connection')
        ?.toLowerCase()
        .split(/[\t ,]+/) ?? [];
    let contentLength = -1;
    let hasDate = false;
    for (let index = 0; index < fields.lines.length; index += 2) {
      const name = fields.lines[index]!;
      const value = fields.lines[index + 1]!;
      if (CONNECTION_SPECIFIC.has(name) || named.includes(name) || name === 'host') continue;
      if (name === 'te' && value.toLowerCase() !== 'trailers') continue;
      if (name === 'content-length') {
        const length = parseContentLength(value);
        contentLength = contentLength === -1 || contentLength === length ? length : NaN;
        continue;
      }
      if (name === 'date') hasDate = true;
      lines.push(name, value);
    }
    this.lines = lines;
    this.contentLength = contentLength;
    this.hasDate = hasDate;
    this.close = named.includes('close');
    this.bound = encodedBound(lines);
    this.secrets = fields.secrets;
    this.repeated = false;
  }
}

/** `fields`, prepared. */
export function prepare(fields: Fields): PreparedFields {
  const known = fields.prepared;
  if (known instanceof PreparedFields) {
    known.repeated = true;
    return known;
  }
  const prepared = new PreparedFields(fields);
  fields.prepared = prepared;
  return prepared;
}
