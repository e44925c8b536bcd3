/**
 * The header section of a message as an intermediary sends it on (RFC 9110 section 7.6). A gateway adds further fields about its client,
 * such as `Forwarded`, to the result: `Connection` could have named those that were there before.
 */
import { Fields, isToken } from '../http/fields.js';
import type { HttpVersion, Protocol } from '../http/head.js';

/** The facts about a message that forwarding needs. */
export interface ForwardOptions {
  /** How it came in. */
  readonly protocol: HttpVersion | Protocol;
  /** The name of this intermediary in `Via` (RFC 9110 section 7.6.3): a token, or `host:port`; `rxpaf` unless set. */
  readonly name?: string | undefined;
}

/** The facts about a request that forwarding needs. */
export interface ForwardRequestOptions extends ForwardOptions {
  readonly method: string;
}

/**
 * Fields between two neighbours, and no further.
 *
 * Proxy-Authorization, Proxy-Authenticate and Proxy-Authentication-Info are as well. A proxy may relay them "if that is the mechanism by
 * which the proxies cooperatively authenticate" (RFC 9110 section 11.7), which is not configured here. To a gateway they mean nothing: the
 * clients in front of it do not know of a proxy.
 */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade', 'http2-settings'],
  ...['proxy-authorization', 'proxy-authenticate', 'proxy-authentication-info'],
]);

const DEFAULT_NAME = 'rxpaf';

/** The received protocol: the name is left out if it is HTTP. */
const VERSIONS: { readonly [protocol in HttpVersion | Protocol]: string } = {
  '1.0': '1.0',
  '1.1': '1.1',
  '2.0': '2',
  'http/1.1': '1.1',
  h2: '2',
};

/**
 * The header section of a request as it goes on to the next server. It is undefined if `Max-Forwards` of a TRACE or OPTIONS has come to 0:
 * this server must respond then (RFC 9110 section 7.6.2).
 *
 * @throws RangeError for a `name` that `Via` cannot have.
 *
 * @example
 * ```ts
 * const headers = forwardedRequest(request.headers, { method: request.method, protocol: request.version });
 * ```
 */
export function forwardedRequest(headers: Fields, options: ForwardRequestOptions): Fields | undefined {
  const counts = options.method === 'TRACE' || options.method === 'OPTIONS';
  const left = counts ? headers.get('max-forwards') : undefined;
  // A value that is not a number sets no limit, and goes on unchanged.
  if (left === undefined || !/^[0-9]+$/.test(left))
    return Fields.ofLines(forwardedLines(headers, options), headers.secrets);
  // As many digits as a number has exactly: more servers there are not.
  const forwards = Math.min(Number(left), Number.MAX_SAFE_INTEGER);
  if (forwards === 0) return undefined;
  return Fields.ofLines(forwardedLines(headers.with('max-forwards', forwards - 1), options), headers.secrets);
}

/**
 * The header section of a response as it goes back to the client.
 *
 * @throws RangeError for a `name` that `Via` cannot have.
 */
export function forwardedResponse(headers: Fields, options: ForwardOptions): Fields {
  return Fields.ofLines(forwardedLines(headers, options), headers.secrets);
}

/** One pass, for there is hardly ever anything to leave out. */
function forwardedLines(headers: Fields, options: ForwardOptions): readonly string[] {
  const { lines } = headers;
  const nominated = nominatedBy(headers);
  const kept: string[] = [];
  let trailers = false;
  for (let index = 0; index < lines.length; index += 2) {
    const name = lines[index]!;
    const value = lines[index + 1]!;
    if (HOP_BY_HOP.has(name)) trailers ||= name === 'te' && members(value).includes('trailers');
    else if (nominated?.includes(name) !== true) kept.push(name, value);
  }
  // The rest of TE belongs to this connection; that the client accepts trailers is true beyond it (RFC 9110 section 10.1.4).
  if (trailers) kept.push('te', 'trailers');
  kept.push('via', via(options));
  return kept;
}

/** The fields that `Connection` names, undefined if it names none. */
function nominatedBy(headers: Fields): readonly string[] | undefined {
  const connection = headers.get('connection');
  return connection === undefined || connection === 'keep-alive' || connection === 'close'
    ? undefined
    : members(connection);
}

/** The members of a list, in lower case (RFC 9110 section 5.6.1). */
function members(list: string): readonly string[] {
  return list.toLowerCase().split(/[\t ]*,[\t ]*/);
}

function via({ protocol, name = DEFAULT_NAME }: ForwardOptions): string {
  // The lines are not checked when they are put together, so a name must not be able to add others.
  if (name !== DEFAULT_NAME && !isReceivedBy(name)) throw new RangeError(`no name for Via: ${JSON.stringify(name)}`);
  return `${VERSIONS[protocol]} ${name}`;
}

/** received-by (RFC 9110 section 7.6.3): a pseudonym, which a registered host is too, and a port. */
function isReceivedBy(name: string): boolean {
  const [pseudonym, port, ...rest] = name.split(':');
  return rest.length === 0 && isToken(pseudonym!) && (port === undefined || /^[0-9]{1,5}$/.test(port));
}
