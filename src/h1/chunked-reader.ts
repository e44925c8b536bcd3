/**
 * Reads the chunked transfer coding (RFC 9112 section 7.1), all but its trailer section, which is field lines and so the
 * head reader's. A state machine by byte: the data between is not its matter, and is never copied.
 *
 * chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF; extensions are checked and forgotten, as section 7.1.1 asks, and
 * their bytes counted, since a sender could make them outweigh the content.
 */
import { HEX_VALUE } from '../http/authority.js';
import { BACKSLASH, CR, DQUOTE, HTAB, LF, SEMICOLON, SP } from './character-tables.js';
import { FIELD_CHAR, TCHAR } from '../http/fields.js';
import { failure } from './read-failure.js';
import type { ReadFailure } from './read-failure.js';

/** The part that the next byte belongs to. `data` and `trailers` are read by others. */
export type ChunkedState =
  | 'size'
  | 'more-size'
  | 'extension-or-space'
  | 'extension-name'
  | 'extension'
  | 'quoted-string'
  | 'quoted-pair'
  | 'size-lf'
  | 'data'
  | 'data-cr'
  | 'data-lf'
  | 'trailers'
  | 'invalid';

/** Digits of a chunk size, leading zeros included: sixteen are 2^64, which cannot be counted exactly. */
const LONGEST_SIZE = 16;

export class ChunkedReader {
  state: ChunkedState = 'size';
  failure: ReadFailure | undefined = undefined;
  /** Bytes of data that the chunk being read still has. */
  remaining = 0;
  /** Bytes of extensions so far, of all chunks. */
  overhead = 0;

  private readonly limit: number;
  private digits = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Whether it wants more framing: neither data nor trailers come next. */
  isReading(): boolean {
    return this.state !== 'data' && this.state !== 'trailers' && this.state !== 'invalid';
  }

  begin(): void {
    this.state = 'size';
    this.failure = undefined;
    this.remaining = 0;
    this.overhead = 0;
    this.digits = 0;
  }

  /** `size` bytes of the chunk's data have been taken. */
  taken(size: number): void {
    this.remaining -= size;
    if (this.remaining === 0) this.state = 'data-cr';
  }

  /** Reads from `start` to `end` up to data, the trailer section or an error. @returns the position where it stopped. */
  read(bytes: Uint8Array, start: number, end: number): number {
    let position = start;
    while (position < end && this.isReading()) this.step(bytes[position++]!);
    return position;
  }

  private step(code: number): void {
    switch (this.state) {
      case 'size':
      case 'more-size':
        return this.size(code);
      case 'extension-or-space':
        // BWS is part of the extension that follows it: section 7.1 has no place for it without one.
        if (code === SEMICOLON) this.state = 'extension-name';
        else if (code !== SP && code !== HTAB) return this.invalid('a space after the chunk size');
        return this.count();
      case 'extension-name':
        // chunk-ext-name is a token, and so not empty (section 7.1.1).
        if (TCHAR[code] === 1) this.state = 'extension';
        else if (code !== SP && code !== HTAB) return this.invalid('a chunk extension without a name');
        return this.count();
      case 'extension':
        if (code === CR) this.state = 'size-lf';
        else if (FIELD_CHAR[code] === 0) return this.invalid('a control character in a chunk extension');
        else {
          if (code === DQUOTE) this.state = 'quoted-string';
          else if (code === SEMICOLON) this.state = 'extension-name';
          this.count();
        }
        return;
      case 'quoted-string':
      case 'quoted-pair':
        if (FIELD_CHAR[code] === 0) return this.invalid('a control character in a chunk extension');
        if (this.state === 'quoted-pair') this.state = 'quoted-string';
        else if (code === BACKSLASH) this.state = 'quoted-pair';
        else if (code === DQUOTE) this.state = 'extension';
        return this.count();
      case 'size-lf':
        if (code !== LF) return this.invalid('a bare CR after the chunk size');
        this.digits = 0;
        this.state = this.remaining === 0 ? 'trailers' : 'data';
        return;
      case 'data-cr':
        if (code !== CR) return this.invalid('a chunk is longer than its size');
        this.state = 'data-lf';
        return;
      case 'data-lf':
        if (code !== LF) return this.invalid('a chunk is longer than its size');
        this.state = 'size';
        return;
      default:
        return;
    }
  }

  /** chunk-size = 1*HEXDIG. */
  private size(code: number): void {
    const digit = HEX_VALUE[code]!;
    if (digit !== 255) {
      this.state = 'more-size';
      this.remaining = this.remaining * 16 + digit;
      if (++this.digits > LONGEST_SIZE || this.remaining > Number.MAX_SAFE_INTEGER) {
        // "Recipients MUST anticipate potentially large hexadecimal numerals and prevent parsing errors due to integer
        // conversion overflows" (RFC 9112 section 7.1).
        this.invalid('a chunk size is too great');
      }
    } else if (this.state === 'size') this.invalid('no chunk size');
    else if (code === CR) this.state = 'size-lf';
    else if (code === SEMICOLON || code === SP || code === HTAB) {
      this.state = code === SEMICOLON ? 'extension-name' : 'extension-or-space';
      this.count();
    } else this.invalid('no chunk size');
  }

  private count(): void {
    if (++this.overhead > this.limit)
      this.invalid(`chunk extensions are too many bytes: chunkOverhead is ${this.limit}`);
  }

  private invalid(message: string): void {
    this.state = 'invalid';
    this.failure = failure('malformed-body', 400, message);
  }
}
