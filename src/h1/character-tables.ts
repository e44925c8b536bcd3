/**
 * The alphabets of HTTP/1.1 as 256-entry tables, and bytes as latin1 text: the base of every reader here. A table look-up is one load and
 * no branch, and a latin1 character is exactly the byte that came.
 */
import { TCHAR } from '../http/fields.js';

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const DQUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const BACKSLASH = 0x5c;
export const DEL = 0x7f;

/** tchar (RFC 9110 section 5.6.2): the lower-case code of each, 0 for any other character. */
export const NAME_CHAR: Uint8Array = TCHAR.map((member, code) =>
  member === 0 ? 0 : code >= 0x41 && code <= 0x5a ? code | 0x20 : code,
);

/** A Buffer's own latin1 decoder: node has it on every Buffer, and `toString('latin1')` ends in it. */
interface Latin1Buffer extends Buffer {
  latin1Slice(start: number, end: number): string;
}

/** `bytes` from `start` to `end` as text, a character for each byte. */
export function latin1(bytes: Buffer, start: number, end: number): string {
  return (bytes as Latin1Buffer).latin1Slice(start, end);
}

/**
 * `text` as a decimal number of bytes: 1*DIGIT (RFC 9110 section 8.6), no sign, no space.
 *
 * @returns -1 if `text` is not a number, or is too great to be counted exactly.
 */
export function parseDecimal(text: string): number {
  if (text.length === 0 || text.length > 32) return -1;
  let value = 0;
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : -1;
}

/** Whether `list` (RFC 9110 section 5.6.1) has `token` (in lower case), in any case. */
export function listHas(list: string, token: string): boolean {
  if (list.length < token.length || list === token) return list === token;
  if (!list.includes(',')) return list.length === token.length && list.toLowerCase() === token;
  return listOf(list).includes(token);
}

/** The elements of `list` (RFC 9110 section 5.6.1), in lower case. */
export function listOf(list: string): string[] {
  return list.split(',').map((element) => trimOws(element).toLowerCase());
}

/** Without the OWS around it. Not `trim()`: that takes NBSP for space as well, and so would read `chunked\xa0` as `chunked`. */
function trimOws(text: string): string {
  return text.replace(/^[\t ]+|[\t ]+$/g, '');
}
