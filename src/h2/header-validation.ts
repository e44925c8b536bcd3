/**
 * A header list becomes a message head, if it is valid (RFC 9113 section 8). Pseudo-header fields come first, each once, and the required
 * ones are there. Field names are in lower case, and no field belongs to an HTTP/1.1 connection. Any error makes the message malformed,
 * which is an error of its stream (section 8.1.1).
 */
import { ProtocolError } from '../errors.js';
import type { ProtocolErrorCode } from '../errors.js';
import { isAuthority, isSameAuthority, isTargetText } from '../http/authority.js';
import { FIELD_CHAR, Fields, isToken, TCHAR } from '../http/fields.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import { trailerLines } from '../http/trailers.js';
import { parsePriority } from './priority.js';
import type { Priority } from './priority.js';

/** A request's head, and the facts that the engine needs. */
export interface RequestSection {
  readonly head: RequestHead;
  /** -1 without a Content-Length. */
  readonly contentLength: number;
  /** Whether the client waits for 100 (RFC 9110 section 10.1.1). */
  readonly expectsContinue: boolean;
  /** The value of the Priority field; undefined without one. */
  readonly priority: Priority | undefined;
}

export interface ResponseSection {
  readonly head: ResponseHead;
  readonly contentLength: number;
}

/** The message is malformed (RFC 9113 section 8.1.1). */
export function malformed(code: ProtocolErrorCode, message: string): ProtocolError {
  return new ProtocolError(code, message, { reason: 'PROTOCOL_ERROR', status: 400 });
}

const COLON = 0x3a;

/** Fields of an HTTP/1.1 connection, which no message has here (RFC 9113 section 8.2.2). */
export const CONNECTION_SPECIFIC: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** Characters of a field name: those of a token, in lower case (RFC 9113 section 8.2.1). */
const NAME_CHAR = Uint8Array.from(TCHAR, (member, code) => (code >= 0x41 && code <= 0x5a ? 0 : member));

/** Names that have been found good: they repeat, and so do their strings. Bounded, as peers choose them. */
const goodNames = new Set<string>();
const MAX_GOOD_NAMES = 512;

function isFieldName(name: string): boolean {
  if (goodNames.has(name)) return true;
  for (let index = 0; index < name.length; index++) if (NAME_CHAR[name.charCodeAt(index)] !== 1) return false;
  if (name === '') return false;
  if (goodNames.size < MAX_GOOD_NAMES && name.length <= 64) goodNames.add(name);
  return true;
}

/** No control characters, no whitespace around it (RFC 9113 section 8.2.1, RFC 9110 section 5.5). */
function isFieldContent(value: string): boolean {
  const { length } = value;
  if (length === 0) return true;
  for (let index = 0; index < length; index++) if (FIELD_CHAR[value.charCodeAt(index)] !== 1) return false;
  const first = value.charCodeAt(0);
  const last = value.charCodeAt(length - 1);
  return first !== 0x20 && first !== 0x09 && last !== 0x20 && last !== 0x09;
}

/** The digits of Content-Length (RFC 9110 section 8.6); NaN for anything else. */
export function parseContentLength(value: string): number {
  return /^[0-9]{1,15}$/.test(value) ? Number(value) : NaN;
}

/** The meaning of the regular fields of a list. One object for all: a list is done with before the next. */
const found = {
  lines: [] as string[],
  contentLength: -1,
  host: undefined as string | undefined,
  priority: undefined as string | undefined,
  expectsContinue: false,
};

/** Checks the fields of `list` from `from` on, and gathers their meaning in `found`. */
function readFields(list: readonly string[], from: number, code: ProtocolErrorCode): void {
  const lines: string[] = [];
  let cookies = -1;
  found.lines = lines;
  found.contentLength = -1;
  found.host = undefined;
  found.priority = undefined;
  found.expectsContinue = false;
  for (let index = from; index < list.length; index += 2) {
    const name = list[index]!;
    const value = list[index + 1]!;
    if (name.charCodeAt(0) === COLON) throw malformed(code, `pseudo-header field ${name} out of place`);
    if (!isFieldName(name)) throw malformed(code, 'a field name that is not a token in lower case');
    if (!isFieldContent(value)) throw malformed(code, `a value of ${name} that no field may have`);
    switch (name) {
      case 'connection':
      case 'keep-alive':
      case 'proxy-connection':
      case 'transfer-encoding':
      case 'upgrade':
        throw malformed(code, `connection-specific field ${name}`);
      case 'te':
        // RFC 9113 section 8.2.2: TE may be "trailers", and nothing else.
        if (value.toLowerCase() !== 'trailers') throw malformed(code, 'a value of te other than trailers');
        break;
      case 'content-length': {
        const length = parseContentLength(value);
        if (Number.isNaN(length)) throw malformed(code, 'Content-Length is not a number');
        // A repeated number is rejected, although a recipient may "replace that invalid field value" (RFC 9110 section 8.6). On HTTP/1.1
        // recipients differ, and a relayed message must not depend on its reader.
        if (found.contentLength >= 0) throw malformed(code, 'Content-Length more than once');
        found.contentLength = length;
        break;
      }
      case 'host':
        if (found.host !== undefined) throw malformed(code, 'two Host fields');
        found.host = value;
        break;
      case 'cookie':
        // RFC 9113 section 8.2.3: a cookie may come in crumbs, for the sake of HPACK.
        if (cookies >= 0) {
          lines[cookies] = `${lines[cookies]!}; ${value}`;
          continue;
        }
        cookies = lines.length + 1;
        break;
      case 'priority':
        found.priority = found.priority === undefined ? value : `${found.priority}, ${value}`;
        break;
      case 'expect':
        found.expectsContinue = value.toLowerCase() === '100-continue';
        break;
    }
    lines.push(name, value);
  }
}

/** The authority that was last found good: on a connection it seldom changes. */
let goodAuthority = '';

const CONNECT_AUTHORITY = /[^:]:0*[1-9][0-9]*$/;
const SCHEME = /^[a-z][a-z0-9+.-]*$/i;

const BAD_REQUEST = 'malformed-request';

/**
 * The request that `list` is (RFC 9113 section 8.3.1). `scheme`: of the connection, for CONNECT, which has none.
 *
 * @throws ProtocolError malformed-request.
 */
export function readRequest(list: readonly string[], scheme: string): RequestSection {
  let method: string | undefined;
  let target: string | undefined;
  let path: string | undefined;
  let authority: string | undefined;
  let protocol: string | undefined;
  let index = 0;
  for (; index < list.length && list[index]!.charCodeAt(0) === COLON; index += 2) {
    const name = list[index]!;
    const value = list[index + 1]!;
    let before: string | undefined;
    if (name === ':method') [before, method] = [method, value];
    else if (name === ':scheme') [before, target] = [target, value];
    else if (name === ':path') [before, path] = [path, value];
    else if (name === ':authority') [before, authority] = [authority, value];
    else if (name === ':protocol') [before, protocol] = [protocol, value];
    else throw malformed(BAD_REQUEST, `unknown pseudo-header field ${name}`);
    if (before !== undefined) throw malformed(BAD_REQUEST, `${name} twice`);
  }
  readFields(list, index, BAD_REQUEST);
  if (method !== 'GET' && (method === undefined || !isToken(method)))
    throw malformed(BAD_REQUEST, ':method is missing, or no token');
  const named = authorityOf(authority, target ?? scheme);
  if (method === 'CONNECT' && protocol === undefined) {
    checkConnect(named, target, path);
  } else {
    if (protocol !== undefined) checkExtendedConnect(method, protocol, authority);
    checkTarget(method, target, path, named);
  }
  return {
    head: {
      method,
      scheme: target ?? scheme,
      authority: named,
      path: path ?? '',
      protocol,
      version: '2.0',
      headers: Fields.ofLines(found.lines),
    },
    contentLength: found.contentLength,
    expectsContinue: found.expectsContinue,
    priority: found.priority === undefined ? undefined : parsePriority(found.priority),
  };
}

/** The value of :authority or Host, which must not differ (RFC 9113 section 8.3.1); '' without both. */
function authorityOf(authority: string | undefined, scheme: string): string {
  const { host } = found;
  const named = authority ?? host ?? '';
  if (named !== goodAuthority || named === '') {
    // No userinfo, no path: a proxy connects to this address.
    const lawful = named === '' ? authority === undefined : !named.startsWith(':') && isAuthority(named);
    if (!lawful) throw malformed(BAD_REQUEST, ':authority, or Host, is not a host and a port');
    goodAuthority = named;
  }
  if (authority !== undefined && host !== undefined && !isSameAuthority(host, authority, scheme)) {
    throw malformed(BAD_REQUEST, 'Host differs from :authority');
  }
  return named;
}

/** RFC 9113 section 8.5: CONNECT names a host and a port, and nothing else. */
function checkConnect(authority: string, scheme: string | undefined, path: string | undefined): void {
  if (scheme !== undefined || path !== undefined) throw malformed(BAD_REQUEST, 'CONNECT with :scheme or :path');
  if (!CONNECT_AUTHORITY.test(authority)) throw malformed(BAD_REQUEST, 'CONNECT without host and port');
}

/** RFC 8441 section 4: :protocol goes with CONNECT, which then has :scheme, :path and :authority. */
function checkExtendedConnect(method: string, protocol: string, authority: string | undefined): void {
  if (method !== 'CONNECT') throw malformed(BAD_REQUEST, ':protocol without CONNECT');
  if (!isToken(protocol)) throw malformed(BAD_REQUEST, ':protocol is not a token');
  if (authority === undefined) throw malformed(BAD_REQUEST, 'extended CONNECT without :authority');
}

function checkTarget(method: string, scheme: string | undefined, path: string | undefined, authority: string): void {
  // "The scheme and host are case-insensitive" (RFC 9110 section 4.2.3): HTTP is http, and its rules are not evaded so.
  const web = scheme === 'https' || scheme === 'http' || (scheme !== undefined && /^https?$/i.test(scheme));
  if (!web && (scheme === undefined || !SCHEME.test(scheme)))
    throw malformed(BAD_REQUEST, ':scheme is missing, or none');
  if (path === undefined || path === '' || !isTargetText(path)) {
    throw malformed(BAD_REQUEST, ':path is missing, empty, or has a character that no URI has');
  }
  if (!web) return;
  if (!path.startsWith('/') && !(path === '*' && method === 'OPTIONS'))
    throw malformed(BAD_REQUEST, ':path is not a path');
  // RFC 9110 section 4.2.1: these schemes have an authority, and it is not empty.
  if (authority === '') throw malformed(BAD_REQUEST, 'neither :authority nor Host');
}

const BAD_RESPONSE = 'malformed-response';

/**
 * The response that `list` is (RFC 9113 section 8.3.2).
 *
 * @throws ProtocolError malformed-response.
 */
export function readResponse(list: readonly string[]): ResponseSection {
  const status = list[0] === ':status' ? list[1]! : '';
  // RFC 9113 section 8.6: there is no 101.
  if (!/^[1-9][0-9][0-9]$/.test(status) || status === '101')
    throw malformed(BAD_RESPONSE, 'the value of :status is not a status');
  readFields(list, 2, BAD_RESPONSE);
  return { head: { status: Number(status), headers: Fields.ofLines(found.lines) }, contentLength: found.contentLength };
}

/**
 * The trailer section that `list` is (RFC 9113 section 8.1): no pseudo-header fields. Fields that no trailer section may have are left out,
 * as on HTTP/1.1.
 *
 * @throws ProtocolError malformed, with `code`.
 */
export function readTrailers(list: readonly string[], code: ProtocolErrorCode): Fields {
  readFields(list, 0, code);
  return Fields.ofLines(trailerLines(found.lines));
}
