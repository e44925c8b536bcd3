/**
 * A `FormData` as `multipart/form-data` (RFC 7578, and the encoding of the HTML standard, which browsers send). Its length is known before
 * a byte of a file is read. A form without files is made at once. Files are read as the parts before them have been taken.
 */
import { concat, utf8 } from '../bytes.js';

/** A form, ready to be sent. */
export interface Multipart {
  /** The Content-Type, with the boundary. */
  readonly type: string;
  /** Bytes of the whole. */
  readonly length: number;
  /** All of it at once, if the form has no file; otherwise each iteration reads the files. */
  readonly content: Uint8Array | AsyncIterable<Uint8Array>;
}

/** Encodes `form`. */
export function multipart(form: FormData, boundary = randomBoundary()): Multipart {
  const parts: (Uint8Array | Blob)[] = [];
  let length = 0;
  let files = false;
  const add = (part: Uint8Array | Blob): void => {
    parts.push(part);
    length += part instanceof Uint8Array ? part.length : part.size;
  };
  for (const [name, value] of form) {
    const begin = `--${boundary}\r\ncontent-disposition: form-data; name="${escaped(withCrlf(name))}"`;
    if (typeof value === 'string') {
      add(utf8(`${begin}\r\n\r\n${withCrlf(value)}\r\n`));
      continue;
    }
    const type = value.type === '' || /[\r\n]/.test(value.type) ? 'application/octet-stream' : value.type;
    add(utf8(`${begin}; filename="${escaped(value.name)}"\r\ncontent-type: ${type}\r\n\r\n`));
    add(value);
    add(CRLF);
    files = true;
  }
  add(utf8(`--${boundary}--\r\n`));
  const content = files ? { [Symbol.asyncIterator]: () => partsOf(parts) } : concat(parts as Uint8Array[]);
  return { type: `multipart/form-data; boundary=${boundary}`, length, content };
}

const CRLF = utf8('\r\n');

async function* partsOf(parts: readonly (Uint8Array | Blob)[]): AsyncGenerator<Uint8Array, void> {
  for (const part of parts) {
    if (part instanceof Uint8Array) yield part;
    else yield* part.stream();
  }
}

/** It must not occur in the content, and must be impossible to guess: a value that contains it would end its part. */
function randomBoundary(): string {
  return `rxpaf-${Buffer.from(crypto.getRandomValues(new Uint8Array(18))).toString('base64url')}`;
}

/** The HTML standard: each line of a text field ends in CRLF. */
function withCrlf(text: string): string {
  return text.replace(/\r\n?|\n/g, '\r\n');
}

/** The HTML standard: these three characters of a name would end it. */
function escaped(name: string): string {
  return name.replace(/[\r\n"]/g, (character) => (character === '"' ? '%22' : character === '\r' ? '%0D' : '%0A'));
}
