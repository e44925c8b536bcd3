/** The keys of Node's transports, besides those that transports of any kind share. */
import type { LookupFunction } from 'node:net';
import { type Context, type DefaultedKey, key, type Key } from '../flow/context.js';
import { SCHEME } from '../flow/context-keys.js';
import { provided } from '../flow/endpoint-needs.js';
import { DEFAULT_LIMITS } from '../limits.js';
import { functionValue, objectValue, textsValue, textValue, timeOrForever } from '../option-checks.js';
import { type ClientTlsOptions, clientTlsValue } from './tls-options.js';

export type { ClientTlsOptions };

/** ALPN protocol ids, ours in order of preference (RFC 7301; RFC 9113 section 3.2). */
export const ALPN_PROTOCOLS: readonly string[] = ['h2', 'http/1.1'];

/**
 * The store of TLS sessions to be resumed, by the server's name and port: a `Map` will do. One store is for one set of TLS options: a
 * session that is resumed is as it was verified, and authenticated, when it began.
 */
export interface TlsSessions {
  get(server: string): Buffer | undefined;
  set(server: string, session: Buffer): unknown;
}

/** The TLS options. Certificates are verified unless `rejectUnauthorized` is false here. The environment does not change that. */
export const TLS_OPTIONS: Key<ClientTlsOptions> = key('TLS options', { check: clientTlsValue });

/** ALPN protocol ids to offer, in order of preference (RFC 7301): `h2`, `http/1.1` unless set. Without any, ALPN is not used. */
export const ALPN_OFFER: DefaultedKey<readonly string[]> = key('ALPN offer', {
  default: ALPN_PROTOCOLS,
  check: textsValue,
});

/** The name that the server is asked for, and verified by (SNI, RFC 6066 section 3): the host unless set. */
export const SERVERNAME: Key<string> = key('servername', { check: textValue });

/** TLS sessions of earlier connections: none is resumed unless set. */
export const TLS_SESSIONS: Key<TlsSessions> = key('TLS sessions', { check: objectValue });

/** ms for a TLS handshake; Infinity: for ever. Past it: `handshake-timeout`. */
export const HANDSHAKE_TIMEOUT: DefaultedKey<number> = key('handshake timeout', {
  default: DEFAULT_LIMITS.handshakeTimeout,
  check: timeOrForever,
});

/** A unix socket, to connect to in place of host and port. */
export const UNIX_PATH: Key<string> = key('unix path', { check: textValue });

/** The address of this machine to connect from. */
export const LOCAL_ADDRESS: Key<string> = key('local address', { check: textValue });

/** How names become addresses: `dns.lookup` unless set. */
export const LOOKUP: Key<LookupFunction> = key('lookup', { check: functionValue });

/**
 * Whether only a protected flow will do: the scheme decides, or without one the presence of TLS options.
 * @internal
 */
export function isProtected(context: Context): boolean {
  const scheme = context.get(SCHEME) ?? (context.has(TLS_OPTIONS) ? 'https' : 'http');
  return scheme === 'https';
}

/**
 * The condition of every transport here: no context has both a cleartext and a protected endpoint. So a failed handshake is never followed
 * by an attempt in cleartext.
 * @internal
 */
export const cleartext = provided('a cleartext scheme', (context) => !isProtected(context));
/** @internal */
export const tlsWanted = provided('scheme https or TLS options', isProtected);
