/** A proxy as the program names it: its address, its credentials, and how it is spoken to. */
import type { Transports } from '../flow/transports.js';
import { Fields, type FieldsInit } from '../http/fields.js';
import type { Protocol } from '../http/head.js';
import type { ClientTlsOptions } from '../node/context-keys.js';
import { clientTlsValue } from '../node/tls-options.js';
import { ClientError } from '../errors.js';
import {
  booleanValue,
  checkOptions,
  objectValue,
  type OptionTable,
  urlValue,
  protocolsValue,
} from '../option-checks.js';
import { parseTarget, type TargetUrl } from './target-url.js';

/** The address of the proxy, and the options for it. */
export interface ConnectProxyOptions {
  /** `http://host:port`, or `https://...` for a proxy over TLS. A user and a password in it are sent to the proxy as Basic credentials. */
  readonly url: string | URL;
  /** Sent to the proxy, with CONNECT and with requests in absolute form: `proxy-authorization`, for example. */
  readonly headers?: FieldsInit;
  /** The TLS options for the proxy itself. The connection inside the tunnel uses those of the client. */
  readonly tls?: ClientTlsOptions;
  /** The protocols that the proxy is offered: `h2`, `http/1.1` by ALPN. `['h2']` is prior knowledge on cleartext. */
  readonly protocols?: readonly Protocol[];
  /** The ways to the proxy: those of the client by default, or of Node. */
  readonly transports?: Transports;
}

/** The proxy of a client. */
export interface ProxyOptions extends ConnectProxyOptions {
  /** Whether `http` goes through a tunnel (CONNECT) too, and not in absolute form. `https` does in any case. */
  readonly tunnel?: boolean;
}

/** Selects the proxy for an origin: undefined for a direct connection. It is called for each request, and must be quick. */
export type ProxySelector = (origin: URL) => string | URL | ProxyOptions | undefined;

const CONNECT_PROXY: OptionTable<ConnectProxyOptions> = {
  url: urlValue,
  headers: objectValue,
  tls: clientTlsValue,
  protocols: protocolsValue,
  transports: objectValue,
};
/** @internal */
export const CONNECT_PROXY_OPTIONS = CONNECT_PROXY;
/** @internal */
export const PROXY_OPTIONS: OptionTable<ProxyOptions> = { ...CONNECT_PROXY, tunnel: booleanValue };

/**
 * The options of a proxy, checked.
 * @internal
 */
export interface ProxySettings {
  readonly target: TargetUrl;
  /** With the credentials of the URL. */
  readonly headers: Fields;
  readonly options: ConnectProxyOptions;
}

/**
 * @throws ClientError `invalid-request` for an invalid URL; RangeError or TypeError for an invalid option.
 * @internal
 */
export function proxySettings<T extends ConnectProxyOptions>(
  where: string,
  options: T,
  table: OptionTable<T>,
): ProxySettings {
  checkOptions(where, options, table);
  const url = proxyUrl(options.url);
  const given = Fields.from(options.headers);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const target = parseTarget(url);
  if (username === '' || given.has('proxy-authorization')) return { target, headers: given, options };
  const credentials = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
  return { target, headers: given.with('proxy-authorization', `Basic ${credentials}`), options };
}

/** A copy: the URL may be the program's. The message of an error has no part of it, because it may contain a password. */
function proxyUrl(given: string | URL): URL {
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw new ClientError('invalid-request', 'the URL of the proxy is invalid: expected http://host:port, or https://');
  }
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  throw new ClientError('invalid-request', `the URL of a proxy is http or https, not ${url.protocol}`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
