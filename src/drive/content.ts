/** The kinds of content of a message, for both roles and both protocols, and the header fields that it brings. */
import { EMPTY, isObservable, type Observable, of } from 'rxjs';
import { fromPull, isBlob, type Pullable } from '../body/from-pull.js';
import { multipart } from '../body/multipart.js';
import { noContent } from '../body/type-name.js';
import type { Fields } from '../http/fields.js';

/**
 * The content of a message:
 *
 * - text (UTF-8), bytes (any view or `ArrayBuffer`), and a `URLSearchParams` are sent whole, with a Content-Length;
 * - a `Blob` and a `FormData` are streamed, with a Content-Length;
 * - an Observable (a Body too), an iterable, a Node `Readable`, a web `ReadableStream` and an open file are streamed.
 *
 * All that is streamed has backpressure. `URLSearchParams`, `FormData` and a `Blob` with a type have a Content-Type of their own.
 */
export type Content =
  | string
  | Uint8Array
  | ArrayBufferView
  | ArrayBuffer
  | SharedArrayBuffer
  | URLSearchParams
  | FormData
  | Observable<Uint8Array | string>
  | Pullable;

/** Content as the engines and the drive take it. */
export type PlainContent = string | Uint8Array | Observable<Uint8Array | string>;

/** Content of another kind, ready to be sent. */
export interface PreparedContent {
  readonly content: PlainContent;
  /** Bytes, if the content is streamed. */
  readonly length?: number;
  /** Its Content-Type. */
  readonly type?: string;
  /** Whether no other Content-Type can describe it: that of a form has the boundary. */
  readonly fixedType?: boolean;
}

/** Whether `content` can be sent as it is. */
export function isPlain(content: Content | undefined): content is PlainContent | undefined {
  return content === undefined || typeof content === 'string' || content instanceof Uint8Array || isObservable(content);
}

/** Whether `content` can be sent again: sending it does not use it up. */
export function isRepeatable(content: Content | undefined): boolean {
  if (content === undefined || typeof content === 'string' || Array.isArray(content)) return true;
  return ArrayBuffer.isView(content) || WEB_KINDS.has(tagOf(content)) || isBlob(content);
}

/** Whether `content` brings a Content-Type. */
export function hasOwnType(content: Content): boolean {
  if (isPlain(content) || ArrayBuffer.isView(content)) return false;
  const tag = tagOf(content);
  return tag === 'FormData' || tag === 'URLSearchParams' || (isBlob(content) && content.type !== '');
}

/** By their tags. */
const WEB_KINDS: ReadonlySet<string> = new Set(['ArrayBuffer', 'SharedArrayBuffer', 'URLSearchParams', 'FormData']);

/**
 * Content that is not plain, ready to be sent. A subscription to its stream reads it from the start, if it is repeatable.
 *
 * @throws TypeError for a value that cannot be sent.
 */
export function prepareContent(content: Content): PreparedContent {
  if (typeof content !== 'object' || (content as unknown) === null) throw noContent(content);
  if (ArrayBuffer.isView(content)) {
    return { content: new Uint8Array(content.buffer, content.byteOffset, content.byteLength) };
  }
  switch (tagOf(content)) {
    case 'ArrayBuffer':
    case 'SharedArrayBuffer':
      return { content: new Uint8Array(content as ArrayBuffer) };
    case 'URLSearchParams':
      return {
        content: (content as URLSearchParams).toString(),
        type: 'application/x-www-form-urlencoded;charset=UTF-8',
      };
    case 'FormData':
      return formContent(content as FormData);
    case 'Promise':
      throw noContent(content);
    default:
      return isBlob(content) ? blobContent(content) : { content: fromPull(content as Pullable) };
  }
}

/** By the tag, because a program may have several copies of a class: undici exports its own `FormData`. */
function tagOf(content: unknown): string {
  return Object.prototype.toString.call(content).slice(8, -1);
}

function blobContent(blob: Blob): PreparedContent {
  const { size: length, type } = blob;
  return { content: fromPull(blob), length, ...(type === '' ? {} : { type }) };
}

function formContent(form: FormData): PreparedContent {
  const { content, length, type } = multipart(form);
  return content instanceof Uint8Array
    ? { content, type, fixedType: true }
    : { content: fromPull(content), length, type, fixedType: true };
}

/** Plain content as a stream. */
export function sourceOf(content: PlainContent | undefined): Observable<Uint8Array | string> {
  if (content === undefined || content === '') return EMPTY;
  return typeof content === 'string' || content instanceof Uint8Array ? of(content) : content;
}

/** `headers` with the fields that describe `content`. Fields of the program come first, unless they cannot be right. */
export function withContentFields(
  headers: Fields,
  { length, type, fixedType }: PreparedContent,
  trailers: boolean,
): Fields {
  let described = headers;
  if (type !== undefined && (fixedType === true || !headers.has('content-type')))
    described = described.with('content-type', type);
  // On HTTP/1.1 a message with Content-Length has no trailers (RFC 9112 section 7.1.2).
  if (length !== undefined && !trailers && !headers.has('content-length'))
    described = described.with('content-length', length);
  return described;
}
