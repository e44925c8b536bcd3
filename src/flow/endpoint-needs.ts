/**
 * The needs of an endpoint: keys of the context that it requires, may have, or has a value of its own for (Mimic's `fold`). They are a
 * record, so that a transport which does not apply can report what it misses.
 */
import type { Context, Key } from './context.js';

/** The endpoints that a context makes; `missing` explains an empty result. */
export interface Endpoints<Endpoint> {
  (context: Context): Iterable<Endpoint>;
  /** The needs that are not met, in words. */
  missing?(context: Context): readonly string[];
}

/** One of the things that an endpoint is made of. */
export interface Need<T> {
  /** How it is called in errors. */
  readonly name: string;
  /** Whether the context has it. */
  isMet(context: Context): boolean;
  /** Its value, where it is met. */
  valueIn(context: Context): T;
}

/** The needs, by the name that the endpoint has for each. */
export type Needs = Readonly<Record<string, Need<unknown>>>;

/** The values of needs that are met. */
export type Met<Needed extends Needs> = {
  readonly [Name in keyof Needed]: Needed[Name] extends Need<infer T> ? T : never;
};

/** Needs a value under `key`, its default included: without one there is no endpoint. */
export function required<T>(key: Key<T>): Need<T> {
  return {
    name: key.name,
    isMet: (context) => context.get(key) !== undefined,
    valueIn: (context) => context.require(key),
  };
}

/** Takes the value under `key`, or undefined. */
export function optional<T>(key: Key<T>): Need<T | undefined> {
  return { name: key.name, isMet: () => true, valueIn: (context) => context.get(key) };
}

/** Takes the value under `key`, or else `value`. */
export function defaulted<T>(key: Key<T>, value: NoInfer<T>): Need<T> {
  return { name: key.name, isMet: () => true, valueIn: (context) => context.get(key) ?? value };
}

/** Needs a context of which `holds` is true; `name` describes the condition. */
export function provided(name: string, holds: (context: Context) => boolean): Need<true> {
  return { name, isMet: holds, valueIn: () => true };
}

/**
 * The one endpoint of a context that has all of `record`, and none of another context: the values, by their names.
 *
 * @example
 * ```ts
 * needs({ host: required(HOST), port: defaulted(PORT, 80), name: optional(SERVERNAME) });
 * // of { readonly host: string; readonly port: number; readonly name: string | undefined }
 * ```
 */
export function needs<Needed extends Needs>(record: Needed): Endpoints<Met<Needed>>;
/**
 * The one endpoint of a context that has all of `record`, and none of another context.
 *
 * @param project - makes the endpoint of the values. If it returns undefined, there is no endpoint.
 *
 * @example
 * ```ts
 * needs({ host: required(HOST), port: defaulted(PORT, 80) }, ({ host, port }) => `${host}:${port}`);
 * ```
 */
export function needs<Needed extends Needs, Endpoint>(
  record: Needed,
  project: (met: Met<Needed>) => Endpoint | undefined,
): Endpoints<Endpoint>;
export function needs<Needed extends Needs, Endpoint>(
  record: Needed,
  project?: (met: Met<Needed>) => Endpoint | undefined,
): Endpoints<Endpoint | Met<Needed>> {
  const all = Object.values(record);
  const endpoints = (context: Context): Iterable<Endpoint | Met<Needed>> => {
    if (!all.every((need) => need.isMet(context))) return [];
    const values = Object.entries(record).map(([name, need]) => [name, need.valueIn(context)]);
    // The keys are those of the record, and the values those of its needs.
    const met = Object.fromEntries(values) as Met<Needed>;
    if (project === undefined) return [met];
    const endpoint = project(met);
    return endpoint === undefined ? [] : [endpoint];
  };
  const missing = (context: Context): readonly string[] =>
    all.filter((need) => !need.isMet(context)).map(({ name }) => name);
  return Object.assign(endpoints, { missing });
}
