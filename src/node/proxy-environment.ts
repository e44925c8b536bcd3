/** The proxy that the environment names: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, as curl reads them. */
import { BlockList, isIP } from 'node:net';
import { ClientError } from '../errors.js';

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A function that selects the proxy of an origin by `http_proxy`, `https_proxy` and `no_proxy`, or the same in capitals, for the option
 * `proxy` of a client. The variables are read once.
 *
 * - The value of a proxy is a URL, or `host:port` for an `http` one.
 * - `NO_PROXY` is a list, by commas or spaces, of domains, addresses and ranges (`10.0.0.0/8`), each with a port or without. `*` is all.
 *   A domain includes its subdomains, and may begin with a dot.
 * - `HTTP_PROXY` in capitals is ignored in a CGI program (`REQUEST_METHOD` is set): there, a client of the server could set it.
 *
 * @throws ClientError `invalid-request` for a variable that does not contain the URL of an `http` or `https` proxy.
 *
 * @example
 * ```ts
 * client({ proxy: proxyFromEnvironment() }).get('https://example.com/');
 * ```
 */
export function proxyFromEnvironment(environment: Environment = process.env): (origin: URL) => string | undefined {
  const inCgi = environment['REQUEST_METHOD'] !== undefined;
  const http = proxyIn(environment, inCgi ? ['http_proxy'] : ['http_proxy', 'HTTP_PROXY']);
  const https = proxyIn(environment, ['https_proxy', 'HTTPS_PROXY']);
  if (http === undefined && https === undefined) return () => undefined;
  const excludes = exclusions(environment['no_proxy'] ?? environment['NO_PROXY'] ?? '');
  return (origin) => {
    const proxy = origin.protocol === 'https:' ? https : http;
    return proxy === undefined || excludes(origin) ? undefined : proxy;
  };
}

function proxyIn(environment: Environment, names: readonly string[]): string | undefined {
  const name = names.find((each) => environment[each] !== undefined);
  const value = name === undefined ? '' : environment[name]!.trim();
  if (value === '') return undefined;
  // The message has no part of the value, which may contain a password.
  const proxy = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (!URL.canParse(proxy))
    throw new ClientError('invalid-request', `${name!} is not the URL of a proxy: expected http://host:port`);
  const { protocol } = new URL(proxy);
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new ClientError('invalid-request', `${name!} names a proxy of ${protocol}: expected http: or https:`);
  return proxy;
}

/** Whether a URL is excluded. */
type Exclusion = (url: URL) => boolean;

function exclusions(list: string): Exclusion {
  const entries = list.split(/[\s,]+/).filter((entry) => entry !== '');
  const each = entries.map(exclusion);
  return (url) => each.some((excludes) => excludes(url));
}

function exclusion(entry: string): Exclusion {
  if (entry === '*') return () => true;
  const { host, port } = parts(entry.toLowerCase());
  const matches = hostMatcher(host);
  return (url) => (port === undefined || port === portOf(url)) && matches(hostOf(url));
}

/** The host of an entry, and its port if it has one. An address of IPv6 has brackets if a port follows. */
function parts(entry: string): { readonly host: string; readonly port: string | undefined } {
  const [, bracketed, host, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::([0-9]+))?$/.exec(entry) ?? [];
  return bracketed === undefined && host === undefined
    ? { host: entry, port: undefined }
    : { host: (bracketed ?? host)!, port };
}

function hostMatcher(host: string): (host: string) => boolean {
  const [address = '', length] = host.split('/');
  const version = isIP(address);
  if (version !== 0) {
    const family = version === 4 ? 'ipv4' : 'ipv6';
    const list = new BlockList();
    if (length === undefined) list.addAddress(address, family);
    else if (/^[0-9]{1,3}$/.test(length) && Number(length) <= (version === 4 ? 32 : 128))
      list.addSubnet(address, Number(length), family);
    return (tried) => isIP(tried) !== 0 && list.check(tried, isIP(tried) === 4 ? 'ipv4' : 'ipv6');
  }
  const domain = host.replace(/^\*?\.+/, '').replace(/\.$/, '');
  return (tried) => domain !== '' && isIP(tried) === 0 && (tried === domain || tried.endsWith(`.${domain}`));
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$|\.$/g, '').toLowerCase();
}

function portOf({ port, protocol }: URL): string {
  return port === '' ? (protocol === 'https:' ? '443' : '80') : port;
}
