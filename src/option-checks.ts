/** Options of public functions, checked at the call: a misspelled limit must not mean "no limit". */

/**
 * Checks that `options` of `where` are an object, with no other names than `names`.
 *
 * @throws TypeError if `options` is not an object; RangeError for an unknown name.
 */
export function checkNames(where: string, options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || (options as unknown) === null) throw notOptions(where, options);
  for (const name of Object.keys(options)) if (!names.includes(name)) throw unknownName(where, name, names);
}

function notOptions(where: string, options: unknown): TypeError {
  return new TypeError(`${where}: expected an object of options, got ${shown(options)}`);
}

/** The error for an option that does not exist. */
export function unknownName(where: string, name: string, names: readonly string[]): RangeError {
  return new RangeError(`${where} has no option ${JSON.stringify(name)}${didYouMean(name, names)}`);
}

/**
 * A number of at least `least`, and at most `most`; `Infinity` only if `most` is.
 *
 * @throws RangeError for anything else.
 */
export function checkNumber(name: string, value: number, least: number, most: number, expected: string): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new RangeError(`${name}: expected ${expected}, got ${shown(value)}`);
}

/**
 * Bytes, above zero; `Infinity` is as many as there are.
 *
 * @throws RangeError for anything else.
 */
export function checkBytes(name: string, value: number): number {
  return checkNumber(name, value, Number.MIN_VALUE, Infinity, 'bytes above zero');
}

/**
 * Whether an option is on.
 *
 * @throws TypeError if it is not a boolean.
 */
export function checkBoolean(name: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`${name}: expected true or false, got ${shown(value)}`);
}

/**
 * A function.
 *
 * @throws TypeError for anything else.
 */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw new TypeError(`${name}: expected a function, got ${shown(value)}`);
}

/** Looks at the value of an option that is set. */
export type OptionCheck = (name: string, value: unknown) => void;

/** A check for each option of `T`: an option without one does not compile. */
export type OptionTable<T> = Readonly<Record<keyof T, OptionCheck>>;

/**
 * Checks that `options` of `where` are an object, with no other names than those of `table`, and with values that pass. An option that is
 * undefined is not set.
 *
 * @throws TypeError if `options` is not an object, or has a value of another kind; RangeError for an unknown name, or a number out of its
 * range.
 */
export function checkOptions<T extends object>(where: string, options: T, table: OptionTable<T>): void {
  checkNames(where, options, Object.keys(table));
  for (const [name, value] of Object.entries(options) as [keyof T & string, unknown][]) {
    if (value !== undefined) table[name](name, value);
  }
}

/** A table of checks without a prototype, for `checkOften`: no other name is known. */
export type OftenTable = Readonly<Record<string, OptionCheck>>;

/** `table`, for `checkOften`. */
export function tableOf<T>(table: OptionTable<T>): OftenTable {
  return Object.assign(Object.create(null) as OftenTable, table);
}

/**
 * As `checkOptions`, without a list of the names that are given: for functions that are called for each request or response.
 *
 * @throws TypeError if `options` is not an object, or has a value of another kind; RangeError for an unknown name, or a number out of its
 * range.
 */
export function checkOften(where: string, options: object, table: OftenTable): void {
  if (typeof options !== 'object' || (options as unknown) === null) throw notOptions(where, options);
  for (const name in options) {
    const check = table[name];
    if (check === undefined) throw unknownName(where, name, Object.keys(table));
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined) check(name, value);
  }
}

/** Those of `options` that `table` knows. */
export function optionsOf<T extends object, K extends keyof T>(
  options: T,
  table: Readonly<Record<K, OptionCheck>>,
): Pick<T, K> {
  const known = Object.entries(options).filter(([name]) => Object.hasOwn(table, name));
  return Object.fromEntries(known) as Pick<T, K>;
}

/** An option that is checked by the code that uses it. */
export const anyValue: OptionCheck = () => undefined;

export const booleanValue: OptionCheck = (name, value) => void checkBoolean(name, value as boolean);

export const functionValue: OptionCheck = checkFunction;

export const textValue: OptionCheck = (name, value) => {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name}: expected text, got ${shown(value)}`);
};

/** A string, which the code that uses it checks further. */
export const stringValue: OptionCheck = (name, value) => {
  if (typeof value !== 'string') throw new TypeError(`${name}: expected text, got ${shown(value)}`);
};

/** A number, which the code that uses it checks further. */
export const numberValue: OptionCheck = (name, value) => {
  if (typeof value !== 'number') throw new TypeError(`${name}: expected a number, got ${shown(value)}`);
};

/** A URL, or its text. */
export const urlValue: OptionCheck = (name, value) => {
  if (typeof value !== 'string' && !(value instanceof URL))
    throw new TypeError(`${name}: expected a URL, got ${shown(value)}`);
};

export const textsValue: OptionCheck = (name, value) => {
  if (!Array.isArray(value)) throw new TypeError(`${name}: expected a list of text, got ${shown(value)}`);
  for (const one of value) textValue(name, one);
};

export const objectValue: OptionCheck = (name, value) => {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null)
    throw new TypeError(`${name}: expected an object, got ${shown(value)}`);
};

export const arrayValue: OptionCheck = (name, value) => {
  if (!Array.isArray(value)) throw new TypeError(`${name}: expected an array, got ${shown(value)}`);
};

export const booleanOrFunction: OptionCheck = (name, value) => {
  if (typeof value !== 'boolean' && typeof value !== 'function')
    throw new TypeError(`${name}: expected true, false or a function, got ${shown(value)}`);
};

/** An integer of at least `least`. */
export function integerOf(least: number): OptionCheck {
  return (name, value) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least)
      throw new RangeError(`${name}: expected an integer of at least ${least}, got ${shown(value)}`);
  };
}

/** A number of at least `least`; `Infinity` is one. */
export function numberOf(least: number, expected: string): OptionCheck {
  return (name, value) => void checkNumber(name, value as number, least, Infinity, expected);
}

/** An integer from `least` to `most`. */
export function integerBetween(least: number, most: number): OptionCheck {
  return (name, value) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
      throw new RangeError(`${name}: expected an integer from ${least} to ${most}, got ${shown(value)}`);
  };
}

/** One of `values`. */
export function oneOf(...values: readonly string[]): OptionCheck {
  return (name, value) => {
    if (!values.includes(value as string))
      throw new RangeError(`${name}: expected ${values.join(' or ')}, got ${shown(value)}`);
  };
}

/** ms, above zero, that a timer can wait. */
export const timeValue: OptionCheck = (name, value) =>
  void checkNumber(name, value as number, Number.MIN_VALUE, LONGEST_TIMER, 'ms above zero, of less than 25 days');

/** The same, or `Infinity`: for ever. */
export const timeOrForever: OptionCheck = (name, value) =>
  void checkNumber(name, value as number, Number.MIN_VALUE, Infinity, 'ms above zero, or Infinity');

/** At least one of the protocols of HTTP. */
export const protocolsValue: OptionCheck = (name, value) => {
  if (!Array.isArray(value) || value.length === 0) throw new RangeError(`${name}: expected at least one`);
  for (const one of value) oneOf('h2', 'http/1.1')(name, one);
};

/** The longest time of a timer of Node, ms: a longer one fires at once. */
export const LONGEST_TIMER = 0x7fffffff;

/** `: did you mean "limit"?`, where a name among `names` is like `name`. */
export function didYouMean(name: string, names: readonly string[]): string {
  let best: string | undefined;
  let least = Math.min(3, name.length);
  for (const candidate of names) {
    const distance = distanceOf(name.toLowerCase(), candidate.toLowerCase());
    if (distance >= least) continue;
    best = candidate;
    least = distance;
  }
  return best === undefined ? '' : `: did you mean ${JSON.stringify(best)}?`;
}

/** The letters that have to be added, left out or changed to make `to` of `from`. */
function distanceOf(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++)
      next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1));
    row = next;
  }
  return row[to.length]!;
}

/** The wrong value of an option, in words. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
