/** Values as the TypeScript that makes them, for printed tests. */
import { asBuffer, concat } from '../../bytes.js';
import { bytesOf, type Wire } from '../byte-rows.js';

/** Bytes, and the expression that makes them: one value of a diagram, or a part of one. */
export interface Part {
  readonly code: string;
  readonly bytes: Uint8Array;
}

/** The result of a builder for `parameters`, and its call. */
export function built<P extends readonly unknown[]>(
  name: string,
  build: (...parameters: P) => Wire,
  ...parameters: P
): Part {
  return { code: `${name}(${parameters.map(source).join(', ')})`, bytes: bytesOf(build(...parameters), 0) };
}

/** Bytes as they are. */
export function literal(bytes: Uint8Array): Part {
  return { code: source(bytes), bytes };
}

/** Parts in a row. */
export function joined(parts: readonly Part[]): Part {
  if (parts.length === 1) return parts[0]!;
  return { code: `[${parts.map(({ code }) => code).join(', ')}]`, bytes: concat(parts.map(({ bytes }) => bytes)) };
}

const PLAIN_NAME = /^[A-Za-z_$][\w$]*$/;

/** The expression whose value is `value`. */
export function source(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (value instanceof Uint8Array) return bytesSource(asBuffer(value));
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  if (entries.length === 0) return '{}';
  return `{ ${entries.map(([name, one]) => `${PLAIN_NAME.test(name) ? name : quoted(name)}: ${source(one)}`).join(', ')} }`;
}

/** Characters that would be invisible in a source file, or end a line of it, are escaped. */
// eslint-disable-next-line no-control-regex -- these are what is looked for
const UNSEEN = /[\u0000-\u001f\u007f-\u00a0\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/g;

export function quoted(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('\r', '\\r')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replace(UNSEEN, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return escaped.includes("'") && !escaped.includes('"') ? `"${escaped}"` : `'${escaped.replaceAll("'", "\\'")}'`;
}

/** Text as text; a run of one byte by its length; other bytes in hexadecimal, or in base64 if they are many. */
function bytesSource(bytes: Buffer): string {
  const [first = 0] = bytes;
  if (bytes.length > 64 && bytes.every((byte) => byte === first)) return `Buffer.alloc(${bytes.length}, ${first})`;
  const text = textIn(bytes);
  if (text !== undefined) return quoted(text);
  return bytes.length <= 64
    ? `Buffer.from('${bytes.toString('hex')}', 'hex')`
    : `Buffer.from('${bytes.toString('base64')}', 'base64')`;
}

/** UTF-8 that can be read: nothing in it but text and line ends. */
export function textIn(bytes: Uint8Array): string | undefined {
  const text = asBuffer(bytes).toString('utf8');
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd\ufeff]/.test(text)) return undefined;
  return asBuffer(bytes).equals(Buffer.from(text)) ? text : undefined;
}
