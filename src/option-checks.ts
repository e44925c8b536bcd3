/** Options of public functions, checked where they come in: a limit with a typing error is not to be no limit. */

/**
 * Checks that `options` of `where` are an object, with no other names than `names`.
 *
 * @throws TypeError for what is no object; RangeError for an unknown name.
 */
export function checkNames(where: string, options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || (options as unknown) === null)
    throw new TypeError(`${where}: expected an object of options, got ${shown(options)}`);
  for (const name of Object.keys(options))
    if (!names.includes(name))
      throw new RangeError(`${where} has no option ${JSON.stringify(name)}${didYouMean(name, names)}`);
}

/**
 * A number of at least `least`, and at most `most`; `Infinity` only where `most` is.
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
 * @throws TypeError for what is no boolean.
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

/** What came in the place of an option, in words. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
