/** The one grammar of request targets and authorities, for both protocols. */

/**
 * The characters of a request target: visible ASCII, less `#`, since no form of it has a fragment (RFC 9112 section 3.2). RFC 3986 wants
 * `|`, `^` or `{` encoded, but browsers and curl send them raw, and they cannot be misread.
 */
export const TARGET_CHAR: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) =>
  code > 0x20 && code < 0x7f && code !== 0x23 ? 1 : 0,
);

/** unreserved and sub-delims: a registered name, but for its percent-encoded parts (RFC 3986 section 3.2.2). */
export const REG_NAME_CHAR: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) =>
  /[A-Za-z0-9\-._~!$&'()*+,;=]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/** The value of a HEXDIG, 255 for any other character. */
export const HEX_VALUE: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? 255 : value;
});

/** Whether `path` has only characters that a request target may have. It may be empty. */
export function isTargetText(path: string): boolean {
  for (let index = 0; index < path.length; index++) {
    const code = path.charCodeAt(index);
    if (code > 0x7f || TARGET_CHAR[code] === 0) return false;
  }
  return true;
}

/**
 * Whether `text` is uri-host [ ":" port ] (RFC 9110 section 7.2), or empty, as Host may be. Userinfo is not allowed: "a recipient SHOULD
 * parse for userinfo and treat its presence as an error" (RFC 9110 section 4.2.4).
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

/** The ports that the schemes of HTTP have by default (RFC 9110 sections 4.2.1 and 4.2.2). */
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

/** Whether two authorities are those of one origin: hosts are compared in any case, and a default port may be left out. */
export function isSameAuthority(one: string, other: string, scheme: string): boolean {
  return one === other || normalized(one, scheme) === normalized(other, scheme);
}

function normalized(authority: string, scheme: string): string {
  const lower = authority.toLowerCase();
  const colon = lower.lastIndexOf(':');
  if (colon < 0 || lower.endsWith(']')) return lower;
  const port = lower.slice(colon + 1).replace(/^0+(?=\d)/, '');
  const host = lower.slice(0, colon);
  return port === '' || port === DEFAULT_PORTS[scheme.toLowerCase()] ? host : `${host}:${port}`;
}
