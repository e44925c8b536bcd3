/**
 * Field lines (RFC 9110 section 5): an immutable, ordered list of names and values, names in lower case.
 * A header section, a trailer section, of a request or of a response: all are `Fields`.
 */

/** The input of `Fields`. A value of several strings is several field lines; undefined means that the field is absent. */
export type FieldsInit =
  | Fields
  | Readonly<Record<string, string | number | readonly string[] | undefined>>
  | Iterable<readonly [name: string, value: string]>;

/** token (RFC 9110 section 5.6.2), by character code. */
export const TCHAR: Uint8Array = tableOf((code) => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(code)));

/** field-vchar, SP and HTAB (RFC 9110 section 5.5), by character code. */
export const FIELD_CHAR: Uint8Array = tableOf((code) => code === 0x09 || (code >= 0x20 && code !== 0x7f));

function tableOf(member: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (member(code) ? 1 : 0));
}

/** Whether `text` is a token (RFC 9110 section 5.6.2). */
export function isToken(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 255 || TCHAR[code] === 0) return false;
  }
  return text.length > 0;
}

const NOT_FIELD_VALUE = /[^\t\x20-\x7e\x80-\xff]|^[\t ]|[\t ]$/;

/** Whether `text` is a field value: no control characters, no whitespace around it (RFC 9110 section 5.5). */
export function isFieldValue(text: string): boolean {
  return !NOT_FIELD_VALUE.test(text);
}

const lowerCaseNames = new Map<string, string>();

/** `name` in lower case, checked. Names repeat, so a bounded table remembers them. */
function fieldName(name: string): string {
  const known = lowerCaseNames.get(name);
  if (known !== undefined) return known;
  if (!isToken(name)) throw new TypeError(`invalid field name: ${JSON.stringify(name)}`);
  const lower = name.toLowerCase();
  if (lowerCaseNames.size < 512 && name.length <= 64) lowerCaseNames.set(name, lower);
  return lower;
}

function fieldValue(name: string, value: unknown): string {
  const text = typeof value === 'string' ? value : String(value);
  if (!isFieldValue(text))
    throw new TypeError(`invalid value of field ${name}: it has control characters, or whitespace around it`);
  return text;
}

export class Fields implements Iterable<readonly [name: string, value: string]> {
  /** No field lines. */
  static readonly EMPTY: Fields = new Fields([]);

  /**
   * Names and values in turn, names in lower case.
   * @internal
   */
  readonly lines: readonly string[];
  /**
   * The text that an engine made of these lines, kept: they cannot change, and most responses share theirs.
   * @internal
   */
  serialized: unknown;
  /**
   * The same for the other protocol: responses of one program go out by both.
   * @internal
   */
  prepared: unknown;
  /**
   * The names, in lower case, whose values HPACK never indexes.
   * @internal
   */
  secrets: ReadonlySet<string> | undefined;

  private constructor(lines: readonly string[], secrets?: ReadonlySet<string>) {
    this.lines = lines;
    this.secrets = secrets;
    this.serialized = undefined;
    this.prepared = undefined;
  }

  /**
   * Fields of `init`, checked.
   *
   * @throws TypeError for a name that is not a token, or a value with control characters (RFC 9110 section 5): no
   * response can be split.
   *
   * @example
   * ```ts
   * Fields.from({ 'Content-Type': 'text/plain', 'Set-Cookie': ['a=1', 'b=2'] }).get('content-type'); // 'text/plain'
   * ```
   */
  static from(init: FieldsInit | undefined): Fields {
    if (init === undefined) return Fields.EMPTY;
    if (init instanceof Fields) return init;
    const lines: string[] = [];
    if (isPairs(init)) {
      for (const [name, value] of init) lines.push(fieldName(name), fieldValue(name, value));
      return new Fields(lines);
    }
    for (const name of Object.keys(init)) {
      const value = init[name];
      if (value === undefined) continue;
      const lower = fieldName(name);
      if (typeof value === 'object') for (const one of value) lines.push(lower, fieldValue(name, one));
      else lines.push(lower, fieldValue(name, value));
    }
    return lines.length === 0 ? Fields.EMPTY : new Fields(lines);
  }

  /**
   * Fields of lines that the parser has checked: names in lower case, in turn with their values.
   * @internal
   */
  static ofLines(lines: readonly string[], secrets?: ReadonlySet<string>): Fields {
    return lines.length === 0 ? Fields.EMPTY : new Fields(lines, secrets);
  }

  /** How many field lines there are. */
  get size(): number {
    return this.lines.length / 2;
  }

  /** The value of a field; of several lines, joined by ", " (RFC 9110 section 5.3). `name` in any case. */
  get(name: string): string | undefined {
    const { lines } = this;
    const wanted = lines.length === 0 ? name : name.toLowerCase();
    let value: string | undefined;
    for (let index = 0; index < lines.length; index += 2) {
      if (lines[index] !== wanted) continue;
      const line = lines[index + 1]!;
      value = value === undefined ? line : `${value}${wanted === 'cookie' ? '; ' : ', '}${line}`;
    }
    return value;
  }

  /** The values of a field, a line each, as `Set-Cookie` needs them (RFC 9110 section 5.3). */
  getAll(name: string): string[] {
    const wanted = name.toLowerCase();
    const values: string[] = [];
    for (let index = 0; index < this.lines.length; index += 2) {
      if (this.lines[index] === wanted) values.push(this.lines[index + 1]!);
    }
    return values;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** These fields with `name` set to `value`, in place of any lines it had. */
  with(name: string, value: string | number | readonly string[]): Fields {
    return new Fields([...this.without(name).lines, ...Fields.from({ [name]: value }).lines], this.secrets);
  }

  /**
   * These fields, with the values of `names` marked as sensitive. On HTTP/2 they are sent as never-indexed literals, by proxies too
   * (RFC 7541 section 7.1.3). So their length and their repetition reveal nothing. `authorization`, `proxy-authorization`, `set-cookie`
   * and short cookies always are. A mark of a received field is kept when it is forwarded.
   *
   * @example
   * ```ts
   * text('ok', { headers: Fields.from({ 'x-api-key': key }).sensitive('x-api-key') });
   * ```
   */
  sensitive(...names: readonly string[]): Fields {
    const secrets = new Set(this.secrets);
    for (const name of names) secrets.add(name.toLowerCase());
    return Fields.ofLines(this.lines, secrets);
  }

  /** These fields without `names`. */
  without(...names: readonly string[]): Fields {
    const unwanted = new Set(names.map((name) => name.toLowerCase()));
    const kept: string[] = [];
    for (let index = 0; index < this.lines.length; index += 2) {
      if (!unwanted.has(this.lines[index]!)) kept.push(this.lines[index]!, this.lines[index + 1]!);
    }
    return kept.length === this.lines.length ? this : Fields.ofLines(kept, this.secrets);
  }

  /** The fields as a plain object, several lines joined. */
  toObject(): Record<string, string> {
    const result: Record<string, string> = Object.create(null) as Record<string, string>;
    for (let index = 0; index < this.lines.length; index += 2) {
      const name = this.lines[index]!;
      if (!(name in result)) result[name] = this.get(name)!;
    }
    return result;
  }

  toJSON(): Record<string, string> {
    return this.toObject();
  }

  *[Symbol.iterator](): IterableIterator<readonly [name: string, value: string]> {
    for (let index = 0; index < this.lines.length; index += 2) yield [this.lines[index]!, this.lines[index + 1]!];
  }
}

function isPairs(init: object): init is Iterable<readonly [string, string]> {
  return Symbol.iterator in init;
}
