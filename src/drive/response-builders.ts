/** The shortest way to each kind of response. */
import { Fields, type FieldsInit } from '../http/fields.js';
import { checkOften, numberValue, objectValue, tableOf } from '../option-checks.js';
import type { HttpResponse } from './response.js';
import { type Content, hasOwnType } from './content.js';

/** The options besides the content. */
export interface HttpResponseInit {
  /** 200 unless set. */
  readonly status?: number;
  readonly headers?: FieldsInit;
  readonly trailers?: HttpResponse['trailers'];
}

// One `Fields` for all responses of a kind: an engine serializes it once.
const TEXT = Fields.from({ 'content-type': 'text/plain; charset=utf-8' });
const HTML = Fields.from({ 'content-type': 'text/html; charset=utf-8' });
const JSON_TYPE = Fields.from({ 'content-type': 'application/json' });
const BYTES = Fields.from({ 'content-type': 'application/octet-stream' });

/** The range of a status is that of any response: it is checked as the response goes out. */
const OPTIONS = tableOf<HttpResponseInit>({ status: numberValue, headers: objectValue, trailers: objectValue });

function typed(type: Fields, body: Content, init: HttpResponseInit | undefined): HttpResponse {
  if (init !== undefined) checkOften('a response', init, OPTIONS);
  if (init === undefined) return { status: 200, headers: type, body, trailers: undefined };
  const headers = Fields.from(init.headers);
  return {
    status: init.status ?? 200,
    headers: headers.has('content-type') ? headers : Fields.ofLines([...type.lines, ...headers.lines], headers.secrets),
    body,
    trailers: init.trailers,
  };
}

/**
 * A response of plain text, UTF-8.
 *
 * @example
 * ```ts
 * text('no such row', { status: 404 });
 * ```
 */
export function text(content: string, init?: HttpResponseInit): HttpResponse {
  return typed(TEXT, content, init);
}

/** A response of HTML, UTF-8. */
export function html(content: string, init?: HttpResponseInit): HttpResponse {
  return typed(HTML, content, init);
}

/**
 * A response of JSON.
 *
 * @throws TypeError if `value` cannot be serialized.
 */
export function json(value: unknown, init?: HttpResponseInit): HttpResponse {
  const content = JSON.stringify(value) as string | undefined;
  if (content === undefined) throw new TypeError('the value has no JSON form');
  return typed(JSON_TYPE, content, init);
}

/**
 * A response of bytes: whole, or streamed with backpressure. Its type is that of the headers, or of the content (a Blob, a FormData), or
 * else `application/octet-stream`.
 */
export function bytes(content: Content, init?: HttpResponseInit): HttpResponse {
  return typed(hasOwnType(content) ? Fields.EMPTY : BYTES, content, init);
}

/**
 * Any response.
 *
 * @example
 * ```ts
 * response(206, { 'content-type': 'video/mp4' }, fromPull(file, { start, end }));
 * ```
 */
export function response(status: number, headers?: FieldsInit, body?: Content): HttpResponse {
  return { status, headers, body, trailers: undefined };
}

/** A response without content: 204 unless set. */
export function empty(init: HttpResponseInit = {}): HttpResponse {
  checkOften('a response', init, OPTIONS);
  return { status: init.status ?? 204, headers: init.headers, body: undefined, trailers: init.trailers };
}

/** Sends the client elsewhere: 302 unless set (RFC 9110 section 15.4). */
export function redirect(location: string | URL, status: 301 | 302 | 303 | 307 | 308 = 302): HttpResponse {
  return response(status, { location: String(location) });
}
