/**
 * The opening handshake (RFC 6455 section 4, RFC 8441 section 5), as pure functions over heads of both protocols of HTTP. They make the
 * response of a server, and check the one that a client gets. The protocols differ in how a client asks, and in the key.
 */
import { Fields, isToken } from '../../http/fields.js';
import type { RequestHead } from '../../http/head.js';
import {
  acceptDeflate,
  agreedDeflate,
  type DeflateParameters,
  type DeflateWishes,
  PERMESSAGE_DEFLATE,
} from './deflate-offers.js';
import { parseExtensions, tokensOf } from './extension-offers.js';

/** The one version of the protocol (RFC 6455 section 4.1). */
const VERSION = '13';

/** A response that declines the handshake. */
export interface Refusal {
  readonly status: number;
  readonly headers: Fields;
  readonly message: string;
}

/** What a server makes of a handshake that it accepts. */
export interface ServerHandshake {
  /** The fields of the response, but for Sec-WebSocket-Accept. */
  readonly headers: Record<string, string>;
  /** Sec-WebSocket-Key; undefined on HTTP/2. */
  readonly key: string | undefined;
  readonly subprotocol: string | undefined;
  readonly deflate: DeflateParameters | undefined;
}

/** What a server offers. */
export interface ServerOffer {
  /** Chooses among the subprotocols that the client offers, in the client's order. */
  readonly choose: (offered: readonly string[]) => string | undefined;
  /** Undefined: without compression. */
  readonly deflate: DeflateWishes | undefined;
}

/** As much of a request as the handshake looks at. */
export type HandshakeRequest = Pick<RequestHead, 'method' | 'version' | 'protocol' | 'headers'>;

/** Whether `request` asks for a WebSocket at all, by either protocol: other requests are for other handlers. */
export function isWebSocketRequest({ method, version, protocol, headers }: HandshakeRequest): boolean {
  if (version === '2.0') return method === 'CONNECT' && protocol?.toLowerCase() === 'websocket';
  return method === 'GET' && tokensOf(headers.get('upgrade')).includes('websocket');
}

/** Reads the request of a handshake (RFC 6455 section 4.2). */
export function readHandshake(request: HandshakeRequest, offer: ServerOffer): ServerHandshake | Refusal {
  const { headers } = request;
  const refusal = request.version === '2.0' ? refusedOnH2(request) : refusedOnH1(request);
  if (refusal !== undefined) return refusal;
  const version = headers.get('sec-websocket-version');
  if (version === undefined || !/^\d+$/.test(version))
    return refused(400, 'Sec-WebSocket-Version is missing, or not one number', { 'sec-websocket-version': VERSION });
  // RFC 6455 section 4.4.
  if (version !== VERSION)
    return refused(426, 'this server speaks version 13 of the protocol', {
      'sec-websocket-version': VERSION,
      ...(request.version === '2.0' ? {} : UPGRADE),
    });
  const key = request.version === '2.0' ? undefined : headers.get('sec-websocket-key');
  if (request.version !== '2.0' && !isKey(key)) return refused(400, 'Sec-WebSocket-Key is not the Base64 of 16 bytes');
  const offered = subprotocolsOf(headers.get('sec-websocket-protocol'));
  if (offered === undefined) return refused(400, 'Sec-WebSocket-Protocol is not a list of different tokens');
  const extensions = parseExtensions(headers.get('sec-websocket-extensions') ?? '');
  if (extensions === undefined) return refused(400, 'Sec-WebSocket-Extensions is malformed');
  const subprotocol = offered.length === 0 ? undefined : offer.choose(offered);
  const accepted = offer.deflate === undefined ? undefined : acceptDeflate(extensions, offer.deflate);
  const response: Record<string, string> = request.version === '2.0' ? {} : { ...UPGRADE };
  if (subprotocol !== undefined) response['sec-websocket-protocol'] = subprotocol;
  if (accepted !== undefined) response['sec-websocket-extensions'] = accepted.response;
  return { headers: response, key, subprotocol, deflate: accepted?.parameters };
}

/** What a response that switches, or asks to, has on HTTP/1.1. */
const UPGRADE = { upgrade: 'websocket', connection: 'Upgrade' } as const;

function refusedOnH1({ method, version, headers }: HandshakeRequest): Refusal | undefined {
  if (method !== 'GET') return refused(405, 'a WebSocket is opened by GET', { allow: 'GET' });
  const isUpgrade = tokensOf(headers.get('upgrade')).includes('websocket');
  if (!isUpgrade) return refused(426, 'this resource is a WebSocket: send Upgrade: websocket', { ...UPGRADE });
  if (version !== '1.1') return refused(400, 'a WebSocket is opened by a request of HTTP/1.1');
  if (!tokensOf(headers.get('connection')).includes('upgrade'))
    return refused(400, 'Connection does not name Upgrade (RFC 9110 section 7.8)');
  const length = headers.get('content-length');
  if (headers.has('transfer-encoding') || (length !== undefined && Number(length) !== 0))
    return refused(400, 'the request of a handshake has no content');
  return undefined;
}

function refusedOnH2({ method, protocol }: HandshakeRequest): Refusal | undefined {
  if (method !== 'CONNECT')
    return refused(405, 'on HTTP/2, a WebSocket is opened by extended CONNECT (RFC 8441)', { allow: 'CONNECT' });
  if (protocol?.toLowerCase() === 'websocket') return undefined;
  return refused(501, 'the :protocol of this CONNECT is not websocket');
}

/** RFC 6455 section 4.1: 16 bytes in Base64. */
function isKey(key: string | undefined): key is string {
  return key !== undefined && /^[+/0-9A-Za-z]{21}[AQgw]==$/.test(key);
}

/** The subprotocols, in order; undefined unless they are different tokens (RFC 6455 section 4.1). */
function subprotocolsOf(value: string | undefined): string[] | undefined {
  if (value === undefined) return [];
  const names = value.split(',').map((name) => name.trim());
  if (names.some((name) => !isToken(name)) || new Set(names).size < names.length) return undefined;
  return names;
}

function refused(status: number, message: string, headers: Record<string, string> = {}): Refusal {
  return { status, message, headers: Fields.from(headers) };
}

/** What a client asked for. */
export interface ClientOffer {
  readonly subprotocols: readonly string[];
  readonly deflate: DeflateWishes | undefined;
  /** The Sec-WebSocket-Accept that its key asks for. */
  readonly accept: string;
}

/** What a server agreed to. */
export interface ClientHandshake {
  readonly subprotocol: string;
  readonly deflate: DeflateParameters | undefined;
}

/** Reads the response (RFC 6455 section 4.1): what was agreed on, or why the handshake fails. */
export function readHandshakeResponse(isH2: boolean, headers: Fields, offer: ClientOffer): ClientHandshake | string {
  if (!isH2) {
    if (headers.get('upgrade')?.toLowerCase() !== 'websocket') return 'the response has no Upgrade: websocket';
    if (!tokensOf(headers.get('connection')).includes('upgrade'))
      return 'Connection of the response does not name Upgrade';
    if (headers.get('sec-websocket-accept') !== offer.accept) return 'Sec-WebSocket-Accept does not match the key';
  }
  const subprotocol = headers.get('sec-websocket-protocol');
  if (subprotocol !== undefined && !offer.subprotocols.includes(subprotocol))
    return 'the server chose a subprotocol that was not offered';
  const extensions = parseExtensions(headers.get('sec-websocket-extensions') ?? '');
  if (extensions === undefined) return 'Sec-WebSocket-Extensions of the response is malformed';
  const [extension, another] = extensions;
  if (extension === undefined) return { subprotocol: subprotocol ?? '', deflate: undefined };
  if (another !== undefined || extension.name !== PERMESSAGE_DEFLATE || offer.deflate === undefined)
    return 'the server chose an extension that was not offered';
  const deflate = agreedDeflate(extension, offer.deflate);
  if (deflate === undefined) return 'the server chose parameters of permessage-deflate that do not match the offer';
  return { subprotocol: subprotocol ?? '', deflate };
}
