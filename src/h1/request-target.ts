/**
 * The four forms of a request target (RFC 9112 section 3.2) and the authority in it, or in Host. The method and the
 * first character decide which form it is: there is no guess, and a form that the method may not have is refused.
 */
import { HEX_VALUE, REG_NAME_CHAR } from './character-tables.js';

export interface RequestTarget {
  /** undefined where the target names none: the connection's own is meant (RFC 9112 section 3.3). */
  readonly scheme: string | undefined;
  /** undefined where the target names none: Host is meant. */
  readonly authority: string | undefined;
  readonly path: string;
}

const ASTERISK: RequestTarget = { scheme: undefined, authority: undefined, path: '*' };

/** `target` taken apart, but for the commonest form, that begins with a slash and is all path. */
export function parseRequestTarget(method: string, target: string): RequestTarget | undefined {
  // authority-form is CONNECT's, and CONNECT has no other (RFC 9112 section 3.2.3).
  if (method === 'CONNECT') {
    const port = /:(\d+)$/.exec(target)?.[1];
    if (port === undefined || Number(port) === 0 || target.startsWith(':') || !isAuthority(target)) return undefined;
    return { scheme: undefined, authority: target, path: '' };
  }
  if (target.startsWith('/')) return { scheme: undefined, authority: undefined, path: target };
  if (target === '*') return method === 'OPTIONS' ? ASTERISK : undefined;
  return parseAbsoluteForm(method, target);
}

const ABSOLUTE_FORM = /^([A-Za-z][A-Za-z0-9+\-.]*):\/\/([^/?]*)([^?]*)(\?.*)?$/;

/** absolute-form (RFC 9112 section 3.2.2). A server must take it, though only clients of proxies send it. */
function parseAbsoluteForm(method: string, target: string): RequestTarget | undefined {
  const parts = ABSOLUTE_FORM.exec(target);
  if (parts === null) return undefined;
  const [, scheme = '', authority = '', path = '', query = ''] = parts;
  // "A sender MUST NOT generate an 'http' URI with an empty host identifier. A recipient that processes such a URI
  // reference MUST reject it as invalid." (RFC 9110 section 4.2.1). isAuthority knows no userinfo (section 4.2.4).
  if (authority === '' || authority.startsWith(':') || !isAuthority(authority)) return undefined;
  // Without path and query, OPTIONS asks about the server as a whole (RFC 9112 section 3.2.4).
  const whole = method === 'OPTIONS' && path === '' && query === '' ? '*' : (path === '' ? '/' : path) + query;
  return { scheme: scheme.toLowerCase(), authority, path: whole };
}

/**
 * Whether `text` is uri-host [ ":" port ] (RFC 9110 section 7.2), or empty, as Host may be. Userinfo is none: "a
 * recipient SHOULD parse for userinfo and treat its presence as an error" (RFC 9110 section 4.2.4).
 */
export function isAuthority(text: string): boolean {
  const { length } = text;
  if (length > 0 && text.charCodeAt(0) === 0x5b) return isLiteralAuthority(text);
  let index = 0;
  while (index < length) {
    const code = text.charCodeAt(index);
    if (code === 0x25) {
      if (index + 2 >= length) return false;
      if (HEX_VALUE[text.charCodeAt(index + 1)] === 255 || HEX_VALUE[text.charCodeAt(index + 2)] === 255) return false;
      index += 3;
    } else if (REG_NAME_CHAR[code] === 1) index++;
    else break;
  }
  return index === length || isPort(text, index);
}

/** Whether `text` has ":" and a port from `index` to its end: *DIGIT, and a number that a port can have. */
function isPort(text: string, index: number): boolean {
  if (text.charCodeAt(index) !== 0x3a || text.length - index > 6) return false;
  let port = 0;
  for (let at = index + 1; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
  }
  return port <= 65535;
}

/** IP-literal (RFC 3986 section 3.2.2) and a port. */
function isLiteralAuthority(text: string): boolean {
  const end = text.indexOf(']');
  if (end < 0) return false;
  const literal = text.slice(1, end);
  if (!isIPv6(literal) && !/^v[0-9a-f]+\.[\w\-.~!$&'()*+,;=:]+$/i.test(literal)) return false;
  return end === text.length - 1 || isPort(text, end + 1);
}

/** IPv6address (RFC 3986 section 3.2.2): eight groups, of which one run of zeros may be left out. */
function isIPv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  let groups = 0;
  for (const [index, half] of halves.entries()) {
    const parts = half === '' ? [] : half.split(':');
    for (const [at, part] of parts.entries()) {
      const last = index === halves.length - 1 && at === parts.length - 1;
      if (/^[0-9a-f]{1,4}$/i.test(part)) groups += 1;
      else if (last && isIPv4(part)) groups += 2;
      else return false;
    }
  }
  return halves.length === 2 ? groups <= 7 : groups === 8;
}

function isIPv4(text: string): boolean {
  const octets = text.split('.');
  return octets.length === 4 && octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255);
}
