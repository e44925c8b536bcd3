/**
 * Common field names, found by a hash of their lower-case letters. The reader computes the hash while it checks the letters, so that a
 * known name costs no new string. Names that steer the engine carry their part in it.
 */
import { NAME_CHAR } from './character-tables.js';

/** The part that a field plays in reading a message. */
export type FieldPart = 'host' | 'content-length' | 'transfer-encoding' | 'connection' | 'expect' | 'upgrade';

export interface KnownField {
  readonly name: string;
  readonly part: FieldPart | undefined;
  /** The letters of `name`, as bytes: to be compared with bytes. */
  readonly letters: Uint8Array;
}

const PARTS: readonly FieldPart[] = ['host', 'content-length', 'transfer-encoding', 'connection', 'expect', 'upgrade'];

const NAMES = `
  accept accept-charset accept-encoding accept-language accept-ranges access-control-allow-credentials
  access-control-allow-headers access-control-allow-methods access-control-allow-origin access-control-expose-headers
  access-control-max-age access-control-request-headers access-control-request-method age allow alt-svc authorization
  cache-control cdn-cache-control cf-connecting-ip cf-ipcountry cf-ray cf-visitor connection content-disposition
  content-encoding content-language content-length content-location content-range content-security-policy content-type
  cookie date dnt early-data etag expect expires forwarded from grpc-timeout host http2-settings if-match
  if-modified-since if-none-match if-range if-unmodified-since keep-alive last-modified link location max-forwards origin
  permissions-policy pragma priority proxy-authenticate proxy-authorization proxy-connection range referer
  referrer-policy retry-after sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest sec-fetch-mode sec-fetch-site
  sec-fetch-user sec-gpc sec-websocket-accept sec-websocket-extensions sec-websocket-key sec-websocket-protocol
  sec-websocket-version server server-timing set-cookie strict-transport-security te trailer transfer-encoding tracestate
  traceparent upgrade upgrade-insecure-requests user-agent vary via www-authenticate x-api-key x-content-type-options
  x-correlation-id x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto x-frame-options x-powered-by
  x-real-ip x-request-id x-requested-with x-xss-protection`;

const SLOTS = 1024;

/** Hashes one more (lower-case) letter of a name. */
export function hashLetter(hash: number, letter: number): number {
  return (Math.imul(hash, 31) + letter) | 0;
}

const table: (KnownField | undefined)[] = Array.from<KnownField | undefined>({ length: SLOTS }).fill(undefined);
for (const name of NAMES.trim().split(/\s+/)) {
  let hash = 0;
  for (let index = 0; index < name.length; index++) hash = hashLetter(hash, name.charCodeAt(index));
  let slot = hash & (SLOTS - 1);
  while (table[slot] !== undefined) slot = (slot + 1) & (SLOTS - 1);
  table[slot] = { name, part: PARTS.find((part) => part === name), letters: Buffer.from(name) };
}

/** The known field that `bytes` name, in any case, from `start` to `end`; `hash` is that of its lower-case letters. */
export function knownField(bytes: Uint8Array, start: number, end: number, hash: number): KnownField | undefined {
  let slot = hash & (SLOTS - 1);
  for (let known = table[slot]; known !== undefined; known = table[slot]) {
    if (isNamed(known.letters, bytes, start, end)) return known;
    slot = (slot + 1) & (SLOTS - 1);
  }
  return undefined;
}

function isNamed(letters: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = letters;
  if (length !== end - start) return false;
  for (let index = 0; index < length; index++) {
    if (NAME_CHAR[bytes[start + index]!] !== letters[index]) return false;
  }
  return true;
}
