/** The options of TLS for one server name: its own, and all others from the options around it. */
import { createHmac } from 'node:crypto';
import type { TlsOptions } from 'node:tls';
import type { ListenTlsContext } from './tls-options.js';

/** The certificate, and what goes with it: a context that has one takes no part of another. */
const IDENTITY: readonly (keyof TlsOptions)[] = [
  'cert',
  'key',
  'pfx',
  'passphrase',
  'privateKeyEngine',
  'privateKeyIdentifier',
];

/** The options of `context`: those that it does not set are of `base`. */
export function inContextOf(base: TlsOptions, context: ListenTlsContext): TlsOptions {
  const merged: Record<string, unknown> = { ...base };
  if (hasIdentity(context)) for (const name of IDENTITY) merged[name] = undefined;
  // Node takes one of them.
  if (context.ALPNProtocols !== undefined) merged['ALPNCallback'] = undefined;
  if (context.ALPNCallback !== undefined) merged['ALPNProtocols'] = undefined;
  for (const [name, value] of Object.entries(context)) if (value !== undefined) merged[name] = value;
  return merged;
}

/** Whether a server with these options can show who it is. */
export function hasCertificate(options: TlsOptions): boolean {
  return hasIdentity(options) || options.pskCallback !== undefined || options.SNICallback !== undefined;
}

function hasIdentity({ cert, key, pfx }: TlsOptions): boolean {
  return isGiven(cert) || isGiven(key) || isGiven(pfx);
}

/**
 * Node makes a server without a certificate, or without its key, and refuses each handshake.
 *
 * @throws TypeError that names what is missing.
 */
export function checkCertificate(where: string, options: TlsOptions): void {
  const { cert, key, pfx, privateKeyIdentifier } = options;
  if (!hasCertificate(options)) throw new TypeError(`${where} has no certificate: set key and cert, or pfx`);
  if (isGiven(pfx)) return;
  const hasKey = isGiven(key) || isGiven(privateKeyIdentifier);
  if (isGiven(cert) && !hasKey) throw new TypeError(`${where} has a certificate without its key: set key`);
  if (isGiven(key) && !isGiven(cert)) throw new TypeError(`${where} has a key without its certificate: set cert`);
}

/** An empty file is not a certificate. */
function isGiven(value: unknown): boolean {
  if (typeof value === 'string' || Array.isArray(value)) return value.length > 0;
  if (ArrayBuffer.isView(value)) return value.byteLength > 0;
  return typeof value === 'object' && value !== null;
}

/** What decides about a handshake, besides the certificate that is shown: where one of them differs, no session goes from one to the other. */
const RULES: readonly (keyof TlsOptions)[] = [
  'allowPartialTrustChain',
  'ca',
  'ciphers',
  'crl',
  'ecdhCurve',
  'maxVersion',
  'minVersion',
  'rejectUnauthorized',
  'requestCert',
  'secureOptions',
  'secureProtocol',
  'sigalgs',
];

/**
 * The keys of the tickets for `name`: those that several processes share are the same where their rules are, and other ones for other names
 * and for other rules. So a renewal that trusts fewer authorities ends the sessions of before.
 */
export function ticketKeysFor(shared: Buffer, name: string | undefined, options: TlsOptions): Buffer {
  // As long as the keys that Node wants: 48 bytes.
  const hmac = createHmac('sha384', shared).update(`name:${name ?? ''};`);
  for (const rule of RULES) {
    if (options[rule] === undefined) continue;
    hmac.update(`${rule}:`);
    addTo(hmac, options[rule]);
  }
  return hmac.digest();
}

function addTo(hmac: ReturnType<typeof createHmac>, value: unknown): void {
  if (Array.isArray(value)) {
    hmac.update(`[${value.length}]`);
    for (const one of value) addTo(hmac, one);
    return;
  }
  const bytes = ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(String(value));
  hmac.update(`${bytes.length}:`).update(bytes);
}
