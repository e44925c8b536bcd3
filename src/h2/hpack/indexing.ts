/**
 * Which fields the encoder puts into the dynamic table (RFC 7541 section 7.1.3 lists those that must not go there).
 *
 * Secrets that are short enough to be guessed from sizes are never indexed, not by proxies either. Any other field is indexed when it is
 * the first of its name, or when its value was the last one sent without an index. So `server`, `content-type` and a `date` of one second
 * are indexed. A path, an etag or a request id that always differs costs the table only one entry. No list of names could know a program's
 * own fields.
 */
import { STATIC_NAME_INDEX, STATIC_VALUE_INDEX } from './static-table.js';

const SECRET: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'set-cookie']);

/** A cookie shorter than this can be guessed bit by bit: the bound that nghttp2 and Chrome draw. */
const GUESSABLE_COOKIE = 20;

/** Whether a field must go as a never-indexed literal (RFC 7541 section 7.1.3). */
export function isSensitive(name: string, value: string): boolean {
  return SECRET.has(name) || (name === 'cookie' && value.length < GUESSABLE_COOKIE);
}

/** The state of a field name in an encoder. */
export class NameRecord {
  readonly name: string;
  /** Whether the encoder keeps this record; it keeps a bounded number. */
  readonly known: boolean;
  /** Its lowest index in the static table; 0 if it has none. */
  readonly staticIndex: number;
  /** The static table's whole entries of this name. */
  readonly staticValues: ReadonlyMap<string, number> | undefined;
  /** Whether its values may have to go never indexed. */
  readonly guarded: boolean;
  /** Its entries in the dynamic table, the oldest first: value and number in turn. */
  readonly values: string[];
  readonly numbers: number[];
  /** The value that was last sent without an index. */
  lastLiteral: string | undefined;
  /** Whether a value was ever indexed. */
  seen: boolean;

  constructor(name: string, known: boolean) {
    this.name = name;
    this.known = known;
    this.staticIndex = STATIC_NAME_INDEX.get(name) ?? 0;
    this.staticValues = STATIC_VALUE_INDEX.get(name);
    this.guarded = SECRET.has(name) || name === 'cookie';
    this.values = [];
    this.numbers = [];
    this.lastLiteral = undefined;
    this.seen = false;
  }

  /** Whether `value`, which has no index, is to get one. */
  repeats(value: string): boolean {
    if (!this.seen || this.lastLiteral === value) {
      this.seen = true;
      return true;
    }
    this.lastLiteral = value;
    return false;
  }
}
