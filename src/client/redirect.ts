/**
 * The target of a redirect (RFC 9110 section 15.4, and the HTTP-redirect fetch of the Fetch standard, which describes the practice of
 * browsers): a pure function. The client follows, counts, and gives up.
 */
import { type Content, isRepeatable as isRepeatableContent } from '../drive/content.js';
import { ClientError } from '../errors.js';
import type { Fields } from '../http/fields.js';
import { type TargetUrl, targetOf } from './target-url.js';

/** The facts about the redirected request that a redirect needs. */
export interface RedirectedRequest {
  readonly method: string;
  readonly target: TargetUrl;
  readonly headers: Fields;
}

/** The request that a response asks for in place of its own. */
export interface Redirect {
  readonly method: string;
  readonly target: TargetUrl;
  readonly headers: Fields;
  /** Whether the content goes along. It has to be sent a second time then: see `isRepeatable`. */
  readonly keepsContent: boolean;
}

/** RFC 9110 section 15.4; not 300, which leaves the choice to people, nor 304, nor those that are no longer used. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Fields that are meant for one origin, and that no other may see. */
const CREDENTIALS = ['authorization', 'cookie', 'cookie2', 'proxy-authorization', 'host'];

/** Fields that describe content, besides all that begin with `content-`, or its transfer (RFC 9110 section 15.4). */
const OF_CONTENT: ReadonlySet<string> = new Set([
  ...['digest', 'repr-digest', 'last-modified', 'expect', 'trailer', 'transfer-encoding'],
]);

/**
 * The request to send next, or undefined if `response` does not redirect: another status, or no `Location`.
 *
 * 301 and 302 make a GET of a POST, 303 of all but HEAD; without its content a request loses the fields that describe it. Another origin
 * does not get credentials, and a request that leaves TLS does not keep the `Referer` either. Fields that were left out do not come back
 * when a later redirect does.
 *
 * @throws ClientError `invalid-redirect` if `Location` is not a URL, or is several, has user information (RFC 9110 section 4.2.4), or
 * another scheme than `http` and `https`.
 */
export function redirectOf(
  response: { readonly status: number; readonly headers: Fields },
  request: RedirectedRequest,
): Redirect | undefined {
  if (!REDIRECTS.has(response.status)) return undefined;
  const locations = new Set(response.headers.getAll('location'));
  if (locations.size === 0) return undefined;
  if (locations.size > 1) throw new ClientError('invalid-redirect', 'the response redirects to several places');
  const [location] = locations;
  const target = targetAt(location!, request.target);
  const method = methodAfter(response.status, request.method);
  const keepsContent = method === request.method;
  const headers = keepsContent ? request.headers : withoutContent(request.headers);
  return { method, target, headers: headersFor(target, headers, request.target), keepsContent };
}

/** Whether `content` can be sent again: it is not used up by being sent. A function makes new content for each attempt. */
export function isRepeatable(content: Content | (() => Content) | undefined): boolean {
  switch (typeof content) {
    case 'undefined':
    case 'string':
    case 'function':
      return true;
    default:
      return isRepeatableContent(content);
  }
}

function targetAt(location: string, from: TargetUrl): TargetUrl {
  let target: TargetUrl;
  try {
    target = targetOf(new URL(ascii(location), from.url));
  } catch (cause) {
    throw new ClientError('invalid-redirect', 'the response redirects to an invalid http URL', { cause });
  }
  // RFC 9110 section 10.2.2.
  return target.fragment === '' && from.fragment !== '' ? { ...target, fragment: from.fragment } : target;
}

/**
 * Field values are bytes, one a character, and `Location` should have ASCII alone. Many servers put UTF-8 there, and clients take it for
 * that. Escaped byte by byte it is the same URL, and other encodings than UTF-8 reach the server unchanged as well.
 */
function ascii(location: string): string {
  return location.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

function methodAfter(status: number, method: string): string {
  const becomesGet = status === 303 ? method !== 'GET' && method !== 'HEAD' : status <= 302 && method === 'POST';
  return becomesGet ? 'GET' : method;
}

function withoutContent(headers: Fields): Fields {
  const names: string[] = [];
  for (const [name] of headers) if (name.startsWith('content-') || OF_CONTENT.has(name)) names.push(name);
  return headers.without(...names);
}

function headersFor(target: TargetUrl, headers: Fields, from: TargetUrl): Fields {
  if (target.origin === from.origin) return headers;
  // A cross-origin request in any case: the scheme is a part of the origin.
  const leavesTls = from.scheme === 'https' && target.scheme === 'http';
  return headers.without(...CREDENTIALS, ...(leavesTls ? ['referer'] : []));
}
