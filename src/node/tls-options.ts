/** The options of TLS, of either side, by Node's names: an unknown one, or one that would have no effect, is refused in words. */
import type { ServerOpts } from 'node:net';
import type { ConnectionOptions, SecureContextOptions, TlsOptions } from 'node:tls';
import { isIP } from 'node:net';
import {
  anyValue,
  booleanValue,
  checkOptions,
  functionValue,
  objectValue,
  type OptionCheck,
  type OptionTable,
  timeOrForever,
} from '../option-checks.js';

/** Options of one server name. Those that it does not set are of the options around it. */
export interface ListenTlsContext
  extends SecureContextOptions, Pick<TlsOptions, 'requestCert' | 'rejectUnauthorized' | 'ALPNProtocols'> {}

/** How TLS is spoken: what `tls.createServer` takes, and more. */
export interface ListenTlsOptions extends Omit<TlsOptions, keyof ServerOpts | 'secureContext'> {
  /**
   * Other certificates, and other rules for clients, by server name (SNI, RFC 6066 section 3); `*.` stands for one label. A session is
   * resumed at the name that it began with, and at no other.
   */
  readonly contexts?: Readonly<Record<string, ListenTlsContext>>;
}

/**
 * The TLS options of `tls.connect`: `ca`, `cert` and `key` of a client certificate, `minVersion` and so on. The host, the server name and
 * the ALPN protocols are not among them: these are keys of their own.
 */
export type ClientTlsOptions = Omit<
  ConnectionOptions & { readonly requestOCSP?: boolean | undefined },
  | 'host'
  | 'port'
  | 'path'
  | 'socket'
  | 'servername'
  | 'ALPNProtocols'
  | 'lookup'
  | 'timeout'
  | 'enableTrace'
  | 'requestCert'
  | 'SNICallback'
  | 'allowHalfOpen'
  | 'highWaterMark'
>;

const ticketKeysValue: OptionCheck = (name, value) => {
  if (!ArrayBuffer.isView(value) || value.byteLength !== 48) throw new TypeError(`${name}: expected 48 bytes`);
};

/** Node looks at the values of most of them when the options are used. */
const SECURE_CONTEXT: OptionTable<SecureContextOptions> = {
  ALPNCallback: functionValue,
  allowPartialTrustChain: booleanValue,
  ca: anyValue,
  cert: anyValue,
  ciphers: anyValue,
  clientCertEngine: anyValue,
  crl: anyValue,
  dhparam: anyValue,
  ecdhCurve: anyValue,
  honorCipherOrder: booleanValue,
  key: anyValue,
  maxVersion: anyValue,
  minVersion: anyValue,
  passphrase: anyValue,
  pfx: anyValue,
  privateKeyEngine: anyValue,
  privateKeyIdentifier: anyValue,
  secureOptions: anyValue,
  secureProtocol: anyValue,
  sessionIdContext: anyValue,
  sessionTimeout: anyValue,
  sigalgs: anyValue,
  ticketKeys: ticketKeysValue,
};

/** An empty list would be obeyed as "no ALPN", and HTTP/2 be gone without a word. */
const protocolIds: OptionCheck = (name, value) => {
  if ((Array.isArray(value) && value.length > 0) || ArrayBuffer.isView(value)) return;
  throw new TypeError(`${name}: expected a list of at least one protocol id`);
};

const CONTEXT: OptionTable<ListenTlsContext> = {
  ...SECURE_CONTEXT,
  ALPNProtocols: protocolIds,
  requestCert: booleanValue,
  rejectUnauthorized: booleanValue,
};

const contextsValue: OptionCheck = (_name, value) => {
  objectValue('contexts', value);
  for (const [name, context] of Object.entries(value as Record<string, ListenTlsContext>)) {
    checkServerName(name);
    checkOptions(`the TLS context of ${JSON.stringify(name)}`, context, CONTEXT);
  }
};

const SERVER: OptionTable<ListenTlsOptions> = {
  ...CONTEXT,
  contexts: contextsValue,
  enableTrace: booleanValue,
  handshakeTimeout: timeOrForever,
  pskCallback: functionValue,
  pskIdentityHint: anyValue,
  SNICallback: functionValue,
};

const CLIENT: OptionTable<ClientTlsOptions> = {
  ...SECURE_CONTEXT,
  checkServerIdentity: functionValue,
  minDHSize: anyValue,
  pskCallback: functionValue,
  rejectUnauthorized: booleanValue,
  requestOCSP: booleanValue,
  secureContext: objectValue,
  session: anyValue,
};

/** No client asks for a name with a port, or for an address: such a context would never be used (RFC 6066 section 3). */
function checkServerName(name: string): void {
  if (isIP(name) !== 0) {
    throw new RangeError(`TLS contexts: ${JSON.stringify(name)} is an address, which clients do not ask for by name`);
  }
  if (/^(?:\*\.)?[\w-]+(?:\.[\w-]+)*$/.test(name)) return;
  const expected = 'expected a host name in ASCII, without scheme and port; only its first label may be "*"';
  throw new RangeError(`TLS contexts: ${expected}, got ${JSON.stringify(name)}`);
}

/**
 * Checks the names and the values of a server's options. Whether they are of use together shows only when they are used.
 *
 * @throws RangeError for an unknown name, TypeError for a value of another kind.
 */
export function checkListenTlsOptions(options: ListenTlsOptions): void {
  checkOptions('tls', options, SERVER);
  if (options.SNICallback !== undefined && options.contexts !== undefined) {
    throw new RangeError('tls: SNICallback and contexts both choose by name: set one of them');
  }
}

/** The same for a client's: throws RangeError and TypeError, too. */
export const clientTlsValue: OptionCheck = (_name, value) => checkOptions('tls', value as ClientTlsOptions, CLIENT);
