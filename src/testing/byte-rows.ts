/** Bytes as a test writes them, and rows of them. */
import { concat, utf8 } from '../bytes.js';
import { ByteTeller, differenceOf } from './byte-printer.js';
import type { Language } from './expectations.js';
import { Unframer } from './chunk-normalizer.js';

/** Bytes that depend on the time, for example in a Date field. */
export interface Timed {
  /** @param frame - ms since the test began. */
  at(frame: number): string | Uint8Array;
}

/**
 * Bytes: text (UTF-8), bytes, the result of a builder, or several of them in a row.
 *
 * @example `[h1.requestHead('POST', '/', { 'content-length': 3 }), 'abc']`
 */
export type Wire = string | Uint8Array | Timed | readonly Wire[];

/** The bytes of `wire`, at `frame`. */
export function bytesOf(wire: Wire, frame: number): Uint8Array {
  if (typeof wire === 'string') return utf8(wire);
  if (wire instanceof Uint8Array) return wire;
  if (isTimed(wire)) return bytesOf(wire.at(frame), frame);
  return concat(wire.map((part) => bytesOf(part, frame)));
}

function isTimed(wire: Timed | readonly Wire[]): wire is Timed {
  return !Array.isArray(wire);
}

/** Rows of bytes. */
export function byteLanguage(
  title: string,
  controls: Readonly<Record<string, string>>,
): Language<Wire, Uint8Array | string> {
  return {
    title,
    controls,
    letter: (letter) => letter,
    matches: (expected, actual, frame) => Buffer.compare(bytesOf(expected, frame), bytesOf(actual, frame)) === 0,
    tellers: () => {
      const [expected, actual] = [new ByteTeller(), new ByteTeller()];
      return {
        expected: { tell: (value, frame) => expected.tell(bytesOf(value, frame)) },
        actual: { tell: (value, frame) => actual.tell(bytesOf(value, frame)) },
      };
    },
    difference: (expected, actual, frame) => differenceOf(bytesOf(expected, frame), bytesOf(actual, frame)),
    join: { expected: (values) => values, actual: (values) => concat(values.map((value) => bytesOf(value, 0))) },
    uncut: () => {
      const [expected, actual] = [new Unframer(), new Unframer()];
      return {
        expected: (value, frame) => expected.unframe(bytesOf(value, frame)),
        actual: (value) => actual.unframe(bytesOf(value, 0)),
      };
    },
  };
}
