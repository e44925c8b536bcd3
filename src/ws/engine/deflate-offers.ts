/**
 * What client and server agree on for permessage-deflate (RFC 7692 section 7.1): pure functions from offers to a response, and from a
 * response to what it means.
 */
import type { ExtensionOffer } from './extension-offers.js';

/** The name of the extension (RFC 7692 section 7). */
export const PERMESSAGE_DEFLATE = 'permessage-deflate';

/** What was agreed on. */
export interface DeflateParameters {
  /** Whether the server compresses each message by itself (RFC 7692 section 7.1.1.1). */
  readonly serverNoContextTakeover: boolean;
  /** Whether the client does (RFC 7692 section 7.1.1.2). */
  readonly clientNoContextTakeover: boolean;
  /** The LZ77 window of the server's compressor, as a power of two (RFC 7692 section 7.1.2.1). */
  readonly serverMaxWindowBits: number;
  /** That of the client's compressor (RFC 7692 section 7.1.2.2). */
  readonly clientMaxWindowBits: number;
}

/** What one side wants. */
export type DeflateWishes = Partial<DeflateParameters>;

/** The largest window of DEFLATE: 32 KiB. */
const LARGEST = 15;

/** One element, read; `clientMaxWindowBits` is `true` if the client only says that it can be limited. */
interface Read {
  serverNoContextTakeover: boolean;
  clientNoContextTakeover: boolean;
  serverMaxWindowBits: number | undefined;
  clientMaxWindowBits: number | true | undefined;
}

/** Reads the parameters; undefined for one that is unknown, that comes twice, or whose value may not be. */
function read({ parameters }: ExtensionOffer): Read | undefined {
  const result: Read = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: undefined,
    clientMaxWindowBits: undefined,
  };
  const seen = new Set<string>();
  for (const [name, value] of parameters) {
    if (seen.has(name)) return undefined;
    seen.add(name);
    if (name === 'server_no_context_takeover' || name === 'client_no_context_takeover') {
      if (value !== true) return undefined;
      result[name === 'server_no_context_takeover' ? 'serverNoContextTakeover' : 'clientNoContextTakeover'] = true;
    } else if (name === 'server_max_window_bits') {
      const bits = windowBits(value);
      if (bits === undefined) return undefined;
      result.serverMaxWindowBits = bits;
    } else if (name === 'client_max_window_bits') {
      const bits = value === true ? true : windowBits(value);
      if (bits === undefined) return undefined;
      result.clientMaxWindowBits = bits;
    } else return undefined;
  }
  return result;
}

/** An integer from 8 to 15 without leading zeros (RFC 7692 section 7.1.2). */
function windowBits(value: string | true): number | undefined {
  return value !== true && /^(?:[89]|1[0-5])$/.test(value) ? Number(value) : undefined;
}

/** The server's choice: the first offer that it can accept, and the response to it. */
export function acceptDeflate(
  offers: readonly ExtensionOffer[],
  wishes: DeflateWishes,
): { readonly parameters: DeflateParameters; readonly response: string } | undefined {
  for (const offer of offers) {
    if (offer.name !== PERMESSAGE_DEFLATE) continue;
    const offered = read(offer);
    const parameters = offered === undefined ? undefined : agreed(offered, wishes);
    if (offered === undefined || parameters === undefined) continue;
    return { parameters, response: responseTo(offered, parameters) };
  }
  return undefined;
}

function agreed(offered: Read, wishes: DeflateWishes): DeflateParameters | undefined {
  const wanted = wishes.clientMaxWindowBits ?? LARGEST;
  const { clientMaxWindowBits } = offered;
  // A client that does not name the parameter cannot be limited (RFC 7692 section 7.1.2.2).
  if (clientMaxWindowBits === undefined && wanted < LARGEST) return undefined;
  return {
    serverNoContextTakeover: offered.serverNoContextTakeover || wishes.serverNoContextTakeover === true,
    clientNoContextTakeover: offered.clientNoContextTakeover || wishes.clientNoContextTakeover === true,
    serverMaxWindowBits: Math.min(offered.serverMaxWindowBits ?? LARGEST, wishes.serverMaxWindowBits ?? LARGEST),
    clientMaxWindowBits: typeof clientMaxWindowBits === 'number' ? Math.min(clientMaxWindowBits, wanted) : wanted,
  };
}

function responseTo(offered: Read, parameters: DeflateParameters): string {
  return serialize({
    serverNoContextTakeover: parameters.serverNoContextTakeover,
    clientNoContextTakeover: parameters.clientNoContextTakeover,
    serverMaxWindowBits:
      offered.serverMaxWindowBits !== undefined || parameters.serverMaxWindowBits < LARGEST
        ? parameters.serverMaxWindowBits
        : undefined,
    clientMaxWindowBits:
      typeof offered.clientMaxWindowBits === 'number' || parameters.clientMaxWindowBits < LARGEST
        ? parameters.clientMaxWindowBits
        : undefined,
  });
}

function serialize({
  serverNoContextTakeover,
  clientNoContextTakeover,
  serverMaxWindowBits,
  clientMaxWindowBits,
}: Partial<Read>): string {
  const parts: string[] = [PERMESSAGE_DEFLATE];
  if (serverNoContextTakeover === true) parts.push('server_no_context_takeover');
  if (clientNoContextTakeover === true) parts.push('client_no_context_takeover');
  if (serverMaxWindowBits !== undefined) parts.push(`server_max_window_bits=${serverMaxWindowBits}`);
  if (clientMaxWindowBits === true) parts.push('client_max_window_bits');
  else if (clientMaxWindowBits !== undefined) parts.push(`client_max_window_bits=${clientMaxWindowBits}`);
  return parts.join('; ');
}

/** The client's offer. */
export function offerDeflate(wishes: DeflateWishes): string {
  const { clientMaxWindowBits = LARGEST } = wishes;
  return serialize({
    serverNoContextTakeover: wishes.serverNoContextTakeover === true,
    clientNoContextTakeover: wishes.clientNoContextTakeover === true,
    serverMaxWindowBits: wishes.serverMaxWindowBits,
    clientMaxWindowBits: clientMaxWindowBits < LARGEST ? clientMaxWindowBits : true,
  });
}

/** What the server's response to that offer means; undefined if it may not be (RFC 7692 section 7.1): the handshake fails then. */
export function agreedDeflate(response: ExtensionOffer, wishes: DeflateWishes): DeflateParameters | undefined {
  const answer = read(response);
  if (answer === undefined || answer.clientMaxWindowBits === true) return undefined;
  const { serverNoContextTakeover, clientNoContextTakeover } = answer;
  const serverMaxWindowBits = answer.serverMaxWindowBits ?? LARGEST;
  // The response has to have each parameter that was asked for.
  if (wishes.serverNoContextTakeover === true && !serverNoContextTakeover) return undefined;
  if (serverMaxWindowBits > (wishes.serverMaxWindowBits ?? LARGEST)) return undefined;
  const offered = wishes.clientMaxWindowBits ?? LARGEST;
  return {
    serverNoContextTakeover,
    clientNoContextTakeover: clientNoContextTakeover || wishes.clientNoContextTakeover === true,
    serverMaxWindowBits,
    clientMaxWindowBits: Math.min(answer.clientMaxWindowBits ?? LARGEST, offered),
  };
}
