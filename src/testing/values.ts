/** Rows of values that are no bytes: what is expected of one may be a part of it. */
import type { Language } from './expectations.js';
import { isEqual } from './equal.js';
import { inOneLine, shortened, type Telling, visible } from './telling.js';

/** A value in short, or some of its properties; those that are not named may be anything. */
export type Part<T> = string | { readonly [K in keyof T]?: T[K] | undefined };

const ENDS = { '|': 'its end', '#': 'its error' };

/** Rows of values that are to be equal to the expected ones. Errors are compared by what can be seen of them. */
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
      if (Number.isNaN(size)) throw new SyntaxError(`${title}: ${letter} is no number of bytes, and has no value`);
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
  all: readonly (keyof T & string)[],
): Language<Part<T>, T> {
  return {
    title,
    controls,
    matches: (expected, actual) =>
      typeof expected === 'string'
        ? short(actual) === expected
        : Object.entries(expected).every(([name, value]) => isEqual(value, actual[name as keyof T])),
    tellers: () => ({
      expected: {
        tell: (expected) =>
          typeof expected === 'string' ? inOneLine(expected) : tellParts(expected, Object.keys(expected)),
      },
      actual: {
        tell: (actual, _frame, beside) => {
          const details = joinParts(actual, all);
          if (typeof beside !== 'object') return inOneLine(short(actual), details);
          return { ...tellParts(actual, Object.keys(beside)), details };
        },
      },
    }),
  };
}

type Named = Partial<Record<string, unknown>>;

function tellParts(of: Named, names: readonly string[]): Telling {
  return {
    lines: names.map((name) => ({ text: `${name}: ${tell(of[name])}` })),
    short: shortened(joinParts(of, names), 72),
  };
}

function joinParts(of: Named, names: readonly string[]): string {
  return `{ ${names.map((name) => `${name}: ${tell(of[name])}`).join(', ')} }`;
}

/** A value in words. */
export function tell(value: unknown): string {
  if (value instanceof Error) {
    const code = 'code' in value ? ` [${String(value.code)}]` : '';
    return visible(`${value.name}${code}: ${value.message}`);
  }
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Uint8Array) return `bytes ${JSON.stringify(Buffer.from(value).toString('latin1'))}`;
  if (typeof value === 'object' && value !== null) {
    try {
      return JSON.stringify(value);
    } catch {
      return `[${value.constructor.name}]`;
    }
  }
  return String(value);
}
