/**
 * HTTP/1.1 on the wire, for diagrams: requests as a client sends them, responses as this server writes them, byte for byte.
 */
import { utf8 } from '../bytes.js';
import { Fields, type FieldsInit } from '../http/fields.js';
import { REASON_PHRASES } from '../http/status.js';
import type { Timed, Wire } from './byte-rows.js';

/** Header fields of a message on the wire, in the order they are given. */
type Headers = Readonly<Record<string, string | number>>;

function lines(headers: FieldsInit): string {
  return [...Fields.from(headers)].map(([name, value]) => `${name}: ${value}\r\n`).join('');
}

function sizeOf(body: string | Uint8Array): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length;
}

function bytesIn(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? utf8(body) : body;
}

/** A request's head, with `Host: test` unless the headers have one. */
function requestHead(method: string, target: string, headers: Headers = {}): string {
  const host = Object.keys(headers).some((name) => name.toLowerCase() === 'host') ? {} : { host: 'test' };
  return `${method} ${target} HTTP/1.1\r\n${lines({ ...host, ...headers })}\r\n`;
}

/** Fields that the server writes itself, after the program's. */
const LAST = ['content-length', 'transfer-encoding', 'connection', 'upgrade'];

/** A response's head, with the Date of the frame it is written at. */
function responseHead(status: number, headers: Headers = {}): Timed {
  const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  const ordered = [
    ...given.filter(([name]) => !LAST.includes(name)),
    ...LAST.flatMap((last) => given.filter(([name]) => name === last)),
  ];
  const start = `HTTP/1.1 ${status} ${REASON_PHRASES[status] ?? ''}\r\n`;
  return { at: (frame) => `${start}${lines(ordered)}date: ${dateAt(frame)}\r\n\r\n` };
}

/** The value of the Date field at `frame`: the epoch and the frame. */
function dateAt(frame: number): string {
  return new Date(Math.floor(frame / 1000) * 1000).toUTCString();
}

function requestOf(method: string, target: string, body?: string | Uint8Array, headers?: Headers): Wire {
  if (body === undefined) return requestHead(method, target, headers);
  return [requestHead(method, target, { ...headers, 'content-length': sizeOf(body) }), bytesIn(body)];
}

function chunk(content: string | Uint8Array): Wire {
  return [`${sizeOf(content).toString(16)}\r\n`, bytesIn(content), '\r\n'];
}

function lastChunk(trailers: Headers = {}): Wire {
  return `0\r\n${lines(trailers)}\r\n`;
}

/**
 * Builders of HTTP/1.1 bytes. Malformed bytes need no builder: a string is its bytes.
 *
 * @example
 * ```ts
 * const client = flow('-a--|', { a: h1.get('/') });
 * serve(client, () => text('ok'));
 * expectWire(client).toBe('-x--|', { x: h1.response(200, 'ok') });
 * ```
 */
export const h1 = Object.freeze({
  /**
   * A request without content.
   *
   * @example `h1.get('/path', { accept: 'text/plain' })`
   */
  get: (target: string, headers?: Headers): string => requestHead('GET', target, headers),
  /**
   * A request for the head only.
   *
   * @example `h1.head('/')`
   */
  head: (target: string, headers?: Headers): string => requestHead('HEAD', target, headers),
  /**
   * A request with content, and its Content-Length.
   *
   * @example `h1.post('/upload', 'content')`
   */
  post: (target: string, body: string | Uint8Array, headers?: Headers): Wire =>
    requestOf('POST', target, body, headers),
  /**
   * A whole request of any method, with its Content-Length if it has content.
   *
   * @example `h1.request('PUT', '/file', 'content', { 'if-match': '"1"' })`
   */
  request: requestOf,
  /**
   * A request's head, with exactly these fields: its content follows. `Host: test` unless the headers have one.
   *
   * @example `[h1.requestHead('POST', '/', { 'transfer-encoding': 'chunked' }), h1.chunked('a', 'b')]`
   */
  requestHead: (method: string, target: string, headers?: Headers): string => requestHead(method, target, headers),
  /**
   * A whole response: `text(body)`, unless the headers name a type. Content-Length, Connection and Date stand in the place where the server
   * writes them.
   *
   * @example `h1.response(404, 'no such row')`
   */
  response: (status: number, body: string | Uint8Array = '', headers: Headers = {}): Wire => {
    const typed =
      sizeOf(body) === 0 || 'content-type' in headers ? {} : { 'content-type': 'text/plain; charset=utf-8' };
    const length = status === 204 || status === 304 ? {} : { 'content-length': sizeOf(body) };
    return [responseHead(status, { ...typed, ...length, ...headers }), bytesIn(body)];
  },
  /**
   * A response's head, with exactly these fields and its Date: that of the frame it stands at. Its content follows.
   *
   * @example `[h1.responseHead(200, { 'content-length': 3 }), 'abc']`
   */
  responseHead: (status: number, headers?: Headers): Wire => responseHead(status, headers),
  /**
   * An interim response: no Date.
   *
   * @example `h1.interim(103, { link: '</style.css>; rel=preload' })`
   */
  interim: (status: number, headers: Headers = {}): Wire =>
    `HTTP/1.1 ${status} ${REASON_PHRASES[status] ?? ''}\r\n${lines(headers)}\r\n`,
  /**
   * One chunk of chunked content (RFC 9112 section 7.1).
   *
   * @example `h1.chunk('abc')` is `'3\\r\\nabc\\r\\n'`
   */
  chunk,
  /**
   * The end of chunked content, with the trailer section.
   *
   * @example `h1.lastChunk({ checksum: '1' })`
   */
  lastChunk,
  /**
   * Whole chunked content: a chunk for each piece, and its end.
   *
   * @example `[h1.responseHead(200, { 'transfer-encoding': 'chunked' }), h1.chunked('a', 'b')]`
   */
  chunked: (...pieces: readonly (string | Uint8Array)[]): Wire => [...pieces.map(chunk), lastChunk()],
});
