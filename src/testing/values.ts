/** Rows of values that are no bytes: what is expected of one may be a part of it. */
import { isEqual } from './equal.js';
import { type Language } from './row.js';

/** A value in short, or some of its properties; those that are not named may be anything. */
export type Part<T> = string | { readonly [K in keyof T]?: T[K] | undefined };

/** Rows of values that are to be equal to the expected ones. Errors are compared by what can be seen of them. */
export function valueLanguage(title: string): Language<unknown, unknown> {
  return {
    title,
    controls: '|#',
    matches: (expected, actual) => isEqual(expected, actual),
    tellExpected: tell,
    tell: (actual) => tell(actual),
  };
}

/** Rows of objects: expected as `short` writes them, or by some of their properties. */
export function partLanguage<T extends object>(
  title: string,
  controls: string,
  short: (value: T) => string,
  all: readonly (keyof T & string)[],
): Language<Part<T>, T> {
  const tellPart = (of: Partial<Record<string, unknown>>, names: readonly string[]): string =>
    names.map((name) => `${name}: ${tell(of[name])}`).join(', ');
  return {
    title,
    controls,
    matches: (expected, actual) =>
      typeof expected === 'string'
        ? short(actual) === expected
        : Object.entries(expected).every(([name, value]) => isEqual(value, actual[name as keyof T])),
    tellExpected: (expected) => (typeof expected === 'string' ? expected : tellPart(expected, Object.keys(expected))),
    tell: (actual, beside) =>
      typeof beside === 'object'
        ? tellPart(actual, Object.keys(beside))
        : `${short(actual)} {${tellPart(actual, all)}}`,
  };
}

/** A value in words. */
export function tell(value: unknown): string {
  if (value instanceof Error) {
    const code = 'code' in value ? ` [${String(value.code)}]` : '';
    return `${value.name}${code}: ${value.message}`;
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
