/** For tests of a server: what it is asked, with little in it, and the heads of its responses. */
import { Fields, type FieldsInit } from '../../../src/http/fields.js';
import type { ResponseHead } from '../../../src/http/head.js';
import { server, type Server } from './h1-engines.js';

export const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
export const HEAD = 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n';
export const GET_10 = 'GET / HTTP/1.0\r\n\r\n';
export const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n';

/** The head of a response. */
export function response(status: number, headers: FieldsInit = {}): ResponseHead {
  return { status, headers: Fields.from(headers) };
}

/** A server that has read `request`. */
export function asked(request: string): Server {
  const made = server();
  made.feed(request);
  return made;
}
