/**
 * The facts about a peer before there is a flow to it: an immutable map of typed keys (the context of OCaml's Mimic). A program adds a fact
 * under a key, and a transport names the keys that it needs. So a program can pass a value to a transport, and the code between the two
 * need not know of it.
 */
import { anyValue, checkOptions, functionValue, type OptionCheck } from '../option-checks.js';

declare const VALUE: unique symbol;

const KEY_OPTIONS = { default: anyValue, check: functionValue };

/** A key of a {@link Context}, for values of one type. Two keys of one name are two keys. */
export interface Key<T> {
  /** How it is called in errors. */
  readonly name: string;
  readonly default: T | undefined;
  /** Looks at a value that is added: throws for a wrong one. */
  readonly check: OptionCheck | undefined;
  /** Neither wider nor narrower: a key of strings takes strings and gives strings. Types only. */
  readonly [VALUE]?: (value: T) => T;
}

/** A key that has a value in every context. */
export interface DefaultedKey<T> extends Key<T> {
  readonly default: T;
}

/**
 * Makes a key.
 *
 * @param name - its name in errors.
 * @param options - `default`: the value in a context that has no other. `check`: is called with the name and each value that is added, and
 *   throws for a wrong one.
 *
 * @example
 * ```ts
 * const RETRIES = key('retries', { default: 3 });
 * Context.EMPTY.get(RETRIES); // 3
 * ```
 */
export function key<T>(name: string, options: { readonly default: T; readonly check?: OptionCheck }): DefaultedKey<T>;
export function key<T>(name: string, options?: { readonly check?: OptionCheck }): Key<T>;
export function key<T>(name: string, options: { readonly default?: T; readonly check?: OptionCheck } = {}): Key<T> {
  checkOptions('key', options, KEY_OPTIONS);
  return Object.freeze({ name, default: options.default, check: options.check });
}

/**
 * An immutable map of typed keys. Every change makes a new one.
 *
 * @example
 * ```ts
 * const local = Context.EMPTY.add(HOST, '127.0.0.1').add(PORT, 8080);
 * const other = local.replace(PORT, 8081); // `local` is as it was
 * ```
 */
export class Context {
  /** The context that nothing was added to. */
  static readonly EMPTY: Context = new Context(new Map());

  private constructor(private readonly values: ReadonlyMap<object, unknown>) {}

  /**
   * A context with `value` and the values that are here.
   *
   * @throws TypeError if there is one already: see {@link Context.replace}.
   */
  add<T>(key: Key<T>, value: NoInfer<T>): Context {
    if (this.has(key)) throw new TypeError(`the context has a value for "${key.name}" already: replace() it`);
    return this.replace(key, value);
  }

  /** The value that was added under `key`, or else its default. */
  get<T>(key: DefaultedKey<T>): T;
  get<T>(key: Key<T>): T | undefined;
  get<T>(key: Key<T>): T | undefined {
    // The value under a key was given with that very key: `replace` is the one way in.
    return this.has(key) ? (this.values.get(key) as T) : key.default;
  }

  /**
   * The value that was added under `key`, or else its default.
   *
   * @throws TypeError if there is neither.
   */
  require<T>(key: Key<T>): T {
    const value = this.get(key);
    if (value === undefined) throw new TypeError(`the context has no value for "${key.name}"`);
    return value;
  }

  /** Whether a value was added under `key`; a default does not count. */
  has(key: Omit<Key<unknown>, typeof VALUE>): boolean {
    return this.values.has(key);
  }

  /**
   * A context with `value` under `key`, whether or not there is one already.
   *
   * @throws TypeError for undefined, which {@link Context.get} returns for a key without a value; the error of the key's `check`.
   */
  replace<T>(key: Key<T>, value: NoInfer<T>): Context {
    if (value === undefined) throw new TypeError(`undefined is not a value for "${key.name}"`);
    key.check?.(key.name, value);
    return new Context(new Map(this.values).set(key, value));
  }

  /** A context with all that is here and in `other`: where both have a value, it is that of `other`. */
  merge(other: Context): Context {
    if (other.values.size === 0) return this;
    return new Context(new Map([...this.values, ...other.values]));
  }
}
