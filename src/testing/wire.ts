/** Bytes as a test writes them, and as a failure tells them. */
import { concat, utf8 } from '../bytes.js';
import { type Language } from './row.js';

/** Bytes that depend on the time: a Date field, say. */
export interface Timed {
  /** @param frame - ms since the test began. */
  at(frame: number): string | Uint8Array;
}

/** Bytes: text (UTF-8), bytes, what a builder made, or several of them in a row. */
export type Wire = string | Uint8Array | Timed | readonly Wire[];

/** The bytes of `wire`, at `frame`. */
export function bytesOf(wire: Wire, frame: number): Uint8Array {
  if (typeof wire === 'string') return utf8(wire);
  if (wire instanceof Uint8Array) return wire;
  if ('at' in wire && typeof wire.at === 'function' && !Array.isArray(wire)) {
    return bytesOf((wire as Timed).at(frame), frame);
  }
  return concat((wire as readonly Wire[]).map((part) => bytesOf(part, frame)));
}

/** Bytes in words: ASCII as it is, line ends and the rest escaped. */
export function tellBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0x0d) text += '\\r';
    else if (byte === 0x0a) text += '\\n';
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return text === '' ? '(no bytes)' : text;
}

/** Rows of bytes. */
export function byteLanguage(title: string, controls: string): Language<Wire, Uint8Array | string> {
  return {
    title,
    controls,
    matches: (expected, actual, frame) => Buffer.compare(bytesOf(expected, frame), bytesOf(actual, frame)) === 0,
    tellExpected: (expected, frame) => tellBytes(bytesOf(expected, frame)),
    tell: (actual) => tellBytes(bytesOf(actual, 0)),
  };
}
