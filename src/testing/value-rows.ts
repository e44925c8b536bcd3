/** Rows of values other than bytes: an expected value may be a part of the actual one. */
import { Fields } from '../http/fields.js';
import type { Language } from './expectations.js';
import { codeOf, isEqual } from './equality.js';
import { inOneLine, shortened, tell, type Telling } from './value-printer.js';

/** A value in short, or some of its properties; those that are not named may be anything. */
export type Part<T> = string | { readonly [K in keyof T]?: Expected<T[K]> | undefined };

/** Of field lines, those that are named may be given as a record; of an error, its code. */
type Expected<V> = V extends Fields
  ? V | Readonly<Record<string, string | number | undefined>>
  : V extends Error
    ? V | string
    : V;

const ENDS = { '|': 'its end', '#': 'its error' };

/** Rows of values that are to be equal to the expected ones. Errors are compared by their visible properties. */
export function valueLanguage(title: string): Language<unknown, unknown> {
  const teller = { tell: (value: unknown) => inOneLine(tell(value)) };
  return {
    title,
    controls: ENDS,
    letter: (letter) => letter,
    matches: isEqual,
    tellers: () => ({ expected: teller, actual: teller }),
  };
}

/** Rows of sizes. */
export function sizeLanguage(title: string): Language<number, number> {
  const teller = { tell: (size: number) => inOneLine(size === 1 ? '1 byte' : `${size} bytes`) };
  return {
    title,
    controls: {},
    letter: (letter) => {
      const size = Number(letter);
      if (Number.isNaN(size)) throw new SyntaxError(`${title}: ${letter} is not a number of bytes, and has no value`);
      return size;
    },
    matches: (expected, actual) => expected === actual,
    tellers: () => ({ expected: teller, actual: teller }),
  };
}

/** Rows of objects: expected as `short` writes them, or by some of their properties. */
export function partLanguage<T extends object>(
  title: string,
  controls: Readonly<Record<string, string>>,
  short: (value: T) => string,
  all: readonly (T extends unknown ? keyof T & string : never)[],
): Language<Part<T>, T> {
  return {
    title,
    controls,
    matches: (expected, actual) =>
      typeof expected === 'string'
        ? short(actual) === expected
        : Object.entries(expected).every(([name, value]) => isPart(value, actual[name as keyof T])),
    tellers: () => ({
      expected: {
        tell: (expected) =>
          typeof expected === 'string' ? inOneLine(expected) : tellParts(expected, Object.keys(expected)),
      },
      actual: {
        tell: (actual, _frame, beside) => {
          const details = joinParts(
            actual,
            all.filter((name) => saysSomething((actual as Named)[name])),
          );
          if (typeof beside !== 'object') return inOneLine(short(actual), details);
          return { ...tellParts(actual, Object.keys(beside), beside), details };
        },
      },
    }),
  };
}

type Named = Partial<Record<string, unknown>>;

function isPart(expected: unknown, actual: unknown): boolean {
  if (actual instanceof Error && typeof expected === 'string') return codeOf(actual) === expected;
  if (!(actual instanceof Fields) || expected instanceof Fields) return isEqual(expected, actual);
  return Object.entries(expected ?? {}).every(([name, value]) => fieldOf(actual, name) === textOf(value));
}

function fieldOf(fields: Fields, name: string): string | undefined {
  return fields.get(name) ?? undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : (value as string | undefined);
}

/** Of field lines, those that `beside` names; of an error its code, where `beside` is one. */
function likewise(value: unknown, beside: unknown): unknown {
  if (value instanceof Error && typeof beside === 'string') return codeOf(value);
  if (!(value instanceof Fields) || typeof beside !== 'object' || beside === null || beside instanceof Fields)
    return value;
  return Object.fromEntries(Object.keys(beside).map((name) => [name, fieldOf(value, name)]));
}

function tellParts(of: Named, names: readonly string[], beside: Named = {}): Telling {
  return {
    lines: names.map((name) => ({ text: `${name}: ${tell(likewise(of[name], beside[name]))}` })),
    short: shortened(joinParts(of, names), 72),
  };
}

/** Whether a property is worth its room if all of them are printed. */
function saysSomething(value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value !== 'object' || value === null) return true;
  return value instanceof Fields || value instanceof Error || Object.keys(value).length > 0;
}

function joinParts(of: Named, names: readonly string[]): string {
  return `{ ${names.map((name) => `${name}: ${tell(of[name])}`).join(', ')} }`;
}
