/**
 * The target of a request: a URL, taken apart once. A client asks for the same few URLs again and again, so the parts of a string are kept.
 * A URL that comes back costs only the look into a Map.
 */
import { ClientError } from '../errors.js';

/**
 * An `http` or `https` URL, and its parts as the connection and the message want them. They are shared: treat them as
 * constants.
 */
export interface TargetUrl {
  /** The URL, absolute and normalized, without fragment. */
  readonly url: string;
  readonly scheme: 'http' | 'https';
  /** `scheme://host:port`, the scheme's own port left out (RFC 9110 section 4.3.1): the key of a connection. */
  readonly origin: string;
  /** The value of `Host` and `:authority`: host and port, the scheme's own port left out. Never user information. */
  readonly authority: string;
  /** The host to connect to: a name in ASCII, or an address; that of IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Path and query, '/' where the URL has none. */
  readonly path: string;
  /** With its '#'; '' without a fragment. It is never sent, but redirects inherit it (RFC 9110 section 10.2.2). */
  readonly fragment: string;
}

/**
 * URLs that are remembered, absolute ones and those with a base each; past it all are forgotten, which is cheaper than to know
 * the oldest.
 */
const REMEMBERED = 512;

/** A longer string is not remembered: it hardly comes twice. */
const SHORT = 1024;

// Two, for one string of both could be either: a URL may contain anything.
const absolute = new Map<string, TargetUrl>();
const relative = new Map<string, TargetUrl>();

/**
 * The target of `url`, relative to `base` if it is relative.
 *
 * @throws ClientError `invalid-request` for an invalid URL, or one with another scheme than `http` and `https`. User information (RFC 9110
 * section 4.2.4) is refused too: the client does not silently make a header of a password in a URL.
 *
 * @example
 * ```ts
 * parseTarget('/a?b#c', new URL('https://example.com:443')).authority; // 'example.com'
 * ```
 */
export function parseTarget(url: string | URL, base?: URL): TargetUrl {
  const text = typeof url === 'string' ? url : url.href;
  const memory = base === undefined ? absolute : relative;
  // No URL has a line break in it once it is parsed.
  const key = base === undefined ? text : `${base.href}\n${text}`;
  const known = memory.get(key);
  if (known !== undefined) return known;
  const target = targetOf(parseUrl(text, base));
  if (key.length > SHORT) return target;
  if (memory.size >= REMEMBERED) memory.clear();
  memory.set(key, target);
  return target;
}

function parseUrl(text: string, base: URL | undefined): URL {
  try {
    return new URL(text, base);
  } catch (cause) {
    throw new ClientError('invalid-request', base === undefined ? 'not an absolute URL' : 'not a URL', { cause });
  }
}

/**
 * The target that a parsed URL is.
 *
 * @throws ClientError as `parseTarget`.
 * @internal
 */
export function targetOf(url: URL): TargetUrl {
  const { protocol, origin, hostname, port, href } = url;
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new ClientError('invalid-request', `a client of http and https, not of ${protocol}`);
  if (url.username !== '' || url.password !== '')
    throw new ClientError(
      'invalid-request',
      'the URL carries user information; send it as Authorization, if it is meant',
    );
  const hash = href.indexOf('#');
  const whole = hash < 0 ? href : href.slice(0, hash);
  const scheme = protocol === 'http:' ? 'http' : 'https';
  return {
    url: whole,
    scheme,
    origin,
    authority: origin.slice(protocol.length + 2),
    host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port: port === '' ? (scheme === 'http' ? 80 : 443) : Number(port),
    // Nothing else is left of a URL without user information; `search` would lose a '?' at its end.
    path: whole.slice(origin.length),
    fragment: hash < 0 ? '' : href.slice(hash),
  };
}
