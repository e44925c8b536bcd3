/**
 * What a gateway says about its client: `X-Forwarded-For`, `-Proto` and `-Host`, and Forwarded (RFC 7239). Anybody can write these fields,
 * so those that came in are kept only if a proxy of the program's own sent them.
 */
import type { HttpRequest } from '../drive/request.js';
import { Fields } from '../http/fields.js';
import type { ForwardedInit, ForwardedPeer } from './forward-init.js';

/** `headers` of `request`, with what `init` says about its client. */
export function withForwardedFields<Peer extends ForwardedPeer>(
  headers: Fields,
  request: HttpRequest,
  { peer, trustedProxy = false, fields = 'x-forwarded' }: ForwardedInit<Peer>,
): Fields {
  const trusted = typeof trustedProxy === 'function' ? trustedProxy(peer) : trustedProxy;
  let result = trusted ? headers : withoutForged(headers);
  const { scheme, authority } = request;
  if (fields !== 'forwarded') {
    result = appended(result, 'x-forwarded-for', plainNode(peer.address));
    // That of the first proxy is the client's own.
    if (!result.has('x-forwarded-proto')) result = result.with('x-forwarded-proto', scheme);
    if (authority !== '' && !result.has('x-forwarded-host')) result = result.with('x-forwarded-host', authority);
  }
  if (fields === 'x-forwarded') return result;
  const host = authority === '' ? '' : `;host="${authority}"`;
  return appended(result, 'forwarded', `for=${quotedNode(peer.address)}${host};proto=${scheme}`);
}

/** A list field with one more member; its lines become one. */
function appended(headers: Fields, name: string, member: string): Fields {
  const before = headers.get(name);
  return headers.with(name, before === undefined || before === '' ? member : `${before}, ${member}`);
}

function withoutForged(headers: Fields): Fields {
  const { lines } = headers;
  const kept: string[] = [];
  for (let index = 0; index < lines.length; index += 2) {
    if (!isAboutClients(lines[index]!)) kept.push(lines[index]!, lines[index + 1]!);
  }
  return kept.length === lines.length ? headers : Fields.ofLines(kept, headers.secrets);
}

function isAboutClients(name: string): boolean {
  return name.startsWith('x-forwarded-') || name === 'forwarded' || name === 'x-real-ip';
}

/** An address without its zone, which means nothing on another machine; `unknown` without one, as of a unix socket. */
function plainNode(address: string | undefined): string {
  return address === undefined || address === '' ? 'unknown' : address.replace(/%.*$/, '');
}

/** A node of RFC 7239 section 6: an IPv6 address is in brackets, and so quoted. */
function quotedNode(address: string | undefined): string {
  const node = plainNode(address);
  return node.includes(':') ? `"[${node}]"` : node;
}
