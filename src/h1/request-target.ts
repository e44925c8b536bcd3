/**
 * The four forms of a request target (RFC 9112 section 3.2) and the authority in it, or in Host. The method and the
 * first character decide which form it is: there is no guess, and a form that the method may not have is refused.
 */
import { isAuthority } from '../http/authority.js';

export interface RequestTarget {
  /** undefined if the target names none: the connection's own is meant (RFC 9112 section 3.3). */
  readonly scheme: string | undefined;
  /** undefined if the target names none: Host is meant. */
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
