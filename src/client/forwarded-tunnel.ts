/**
 * The tunnel that a request asks for which came in, as a gateway passes it on. A plan asks for it by CONNECT, with a `protocol` unless it
 * is a plain one. The connection makes an Upgrade of it on HTTP/1.1. So a WebSocket passes between any two protocols (RFC 8441 section 5):
 *
 * | client           | plan                        | upstream                                |
 * | ---------------- | --------------------------- | --------------------------------------- |
 * | Upgrade, h1      | CONNECT and the protocol    | Upgrade on h1, extended CONNECT on h2   |
 * | extended CONNECT | CONNECT and the protocol    | Upgrade on h1, extended CONNECT on h2   |
 * | CONNECT          | CONNECT                     | CONNECT                                 |
 */
import { EMPTY_BODY } from '../drive/incoming-content.js';
import type { HttpRequest } from '../drive/request.js';
import { ClientError } from '../errors.js';
import { type Fields, isToken } from '../http/fields.js';
import type { ResponseHead } from '../http/head.js';
import { acceptOf, keyOf } from '../node/websocket-secrets.js';
import type { ForwardInit } from './forward-init.js';
import type { ClientResponse } from './response.js';

/** How the client asked for the tunnel. */
export type TunnelKind = 'connect' | 'upgrade' | 'extended-connect';

/** A tunnel that is passed on. */
export interface ForwardedTunnel {
  readonly kind: TunnelKind;
  /** The protocol to switch to; none of a plain CONNECT. */
  readonly protocol: string | undefined;
}

const KEY = 'sec-websocket-key';
const ACCEPT = 'sec-websocket-accept';

/**
 * The tunnel that `request` asks for, if `init` allows it. An Upgrade that is not allowed is ignored, as a server may (RFC 9110 section 7.8).
 *
 * @throws ClientError `tunnel-not-allowed` (501) for a CONNECT that is not allowed, which cannot be ignored.
 */
export function tunnelOf(request: HttpRequest, init: ForwardInit): ForwardedTunnel | undefined {
  const { method, protocol } = request;
  if (method !== 'CONNECT') {
    if (init.upgrade === undefined || init.upgrade === false) return undefined;
    const offered = offeredProtocols(request).find((one) => isAllowed(one, init.upgrade));
    return offered === undefined ? undefined : { kind: 'upgrade', protocol: offered };
  }
  if (protocol === undefined) {
    if (init.connect !== true) throw notAllowed('CONNECT is not passed on: set `connect` if the upstream is a proxy');
    return { kind: 'connect', protocol };
  }
  if (isAllowed(protocol, init.upgrade)) return { kind: 'extended-connect', protocol };
  throw notAllowed('the protocol of an extended CONNECT is not passed on: name it in `upgrade`');
}

/** "Not Implemented" is what an unknown `:protocol` gets (RFC 9220 section 3), and a method without any resource (RFC 9110 section 15.6.2). */
function notAllowed(words: string): ClientError {
  return new ClientError('tunnel-not-allowed', words);
}

/** A tunnel of h2c is not passed on: nobody would see the requests inside (RFC 9113 section 3.1 deprecated it). */
function isAllowed(protocol: string, allowed: ForwardInit['upgrade']): boolean {
  const name = protocol.toLowerCase();
  if (typeof allowed !== 'object') return allowed === true && name !== 'h2c';
  return allowed.some((one) => one.toLowerCase() === name);
}

/** The protocols of Upgrade, which only HTTP/1.1 has; Connection has to name it (RFC 9110 section 7.8). */
function offeredProtocols({ version, method, headers, body }: HttpRequest): readonly string[] {
  const upgrade = headers.get('upgrade');
  if (upgrade === undefined || version !== '1.1' || method !== 'GET' || body !== EMPTY_BODY) return [];
  if (!members(headers.get('connection') ?? '').includes('upgrade')) return [];
  return upgrade.split(/[\t ]*,[\t ]*/).filter(isToken);
}

function members(list: string): readonly string[] {
  return list.toLowerCase().split(/[\t ]*,[\t ]*/);
}

/** The fields of the request as the tunnel needs them: HTTP/1.1 wants a key for a WebSocket, and an extended CONNECT has none. */
export function tunnelFields(headers: Fields, { kind, protocol }: ForwardedTunnel, random: () => number): Fields {
  return kind === 'extended-connect' && isWebSocket(protocol) ? headers.with(KEY, keyOf(random)) : headers;
}

/**
 * The response that opened the tunnel, or did not, as the client of the gateway gets it. Its fields are those of `forwarded`.
 *
 * @param sent - the header section of the request that went to the upstream.
 * @throws ClientError if the client would take it for something else: `tunnel-refused`, `malformed-response`.
 */
export function tunnelResponse(
  { kind, protocol }: ForwardedTunnel,
  response: ClientResponse,
  forwarded: Fields,
  sent: Fields,
): ResponseHead {
  const { status } = response;
  const opened = response.offered !== undefined;
  if (!opened) {
    if (kind === 'upgrade' || status >= 300) return { status, headers: forwarded };
    const words = `the upstream responded with ${status}, and opened no tunnel`;
    throw new ClientError('tunnel-refused', words, { response: { status, headers: response.headers } });
  }
  // Neither is of a response that opens a tunnel (RFC 9110 sections 6.4.1 and 9.3.6).
  const headers = forwarded.without('content-length', ACCEPT);
  if (kind === 'connect') return { status, headers };
  const accepted = acceptedBy(response, protocol!, sent);
  if (kind === 'extended-connect') return { status: 200, headers };
  const upgrade = headers.with('upgrade', protocol!);
  return { status: 101, headers: accepted === undefined ? upgrade : upgrade.with(ACCEPT, accepted) };
}

/** Checks a switch as the client of it, and gives the Sec-WebSocket-Accept. */
function acceptedBy({ protocol: spoken, headers }: ClientResponse, protocol: string, sent: Fields): string | undefined {
  const key = isWebSocket(protocol) ? sent.get(KEY) : undefined;
  const accept = key === undefined ? undefined : acceptOf(key);
  if (spoken === 'h2') return accept;
  const switched = headers.get('upgrade')?.toLowerCase();
  if (switched !== protocol.toLowerCase() || (accept !== undefined && headers.get(ACCEPT) !== accept)) {
    throw new ClientError('malformed-response', 'the upstream switched to another protocol than the one asked for');
  }
  return headers.get(ACCEPT);
}

function isWebSocket(protocol: string | undefined): boolean {
  return protocol?.toLowerCase() === 'websocket';
}
