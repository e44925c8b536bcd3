/** Values in words: in lines, so that two of them can be put side by side, and in short, for a legend. */
import { Fields } from '../http/fields.js';

/** One line of a value. */
export interface Line {
  readonly text: string;
  /** How the line ends on the wire (`\r\n`), if it does: shown only if two lines do not differ otherwise. */
  readonly end?: string;
}

/** A value in words. */
export interface Telling {
  readonly lines: readonly Line[];
  /** In one line. */
  readonly short: string;
  /** Its further details, shown for a value that was not expected. */
  readonly details?: string | undefined;
}

/** Prints the values of one row, in their order: an HTTP/2 frame can depend on those before it. */
export interface Teller<V, Beside = unknown> {
  /** @param beside - the value that was expected in its place: it is printed in the same form. */
  tell(value: V, frame: number, beside?: Beside): Telling;
}

/** A value that is printed in one line. */
export function inOneLine(text: string, details?: string): Telling {
  return { lines: [{ text }], short: text, details };
}

/** `text`, no longer than `length`. */
export function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 4)} ...`;
}

/** Characters that would not be seen, or move the others about. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffd]/gu;

/** `text` with its invisible characters escaped. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (char) => {
    if (char === '\r') return '\\r';
    if (char === '\n') return '\\n';
    if (char === '\t') return '\\t';
    const code = char.codePointAt(0)!;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** A value in words. */
export function tell(value: unknown): string {
  if (value instanceof Error) {
    const code = 'code' in value ? ` [${String(value.code)}]` : '';
    return visible(`${value.name}${code}: ${value.message}`);
  }
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Fields) return JSON.stringify(Object.fromEntries(value));
  if (value instanceof Uint8Array) return `bytes ${JSON.stringify(Buffer.from(value).toString('latin1'))}`;
  if (typeof value === 'object' && value !== null) {
    try {
      return JSON.stringify(value);
    } catch {
      return `[${value.constructor.name}]`;
    }
  }
  return String(value);
}
