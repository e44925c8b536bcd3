/** A request on its way out: its head as the engines want it, and what its content is made of. */
import type { ObservableInput } from 'rxjs';
import { type Content, Request } from '../drive/message.js';
import { ClientError } from '../errors.js';
import { Fields, type FieldsInit, isToken } from '../http/fields.js';
import type { RequestHead } from '../http/head.js';
import { thrown } from './failure.js';
import type { ClientRequest, RequestInit, RequestPriority } from './message.js';
import { parseTarget, type Target } from './target.js';

/** @internal */
export interface Outbound {
  readonly head: RequestHead;
  readonly content: Content | undefined;
  readonly trailers: ObservableInput<FieldsInit> | undefined;
  /** Whether interim responses are wanted. */
  readonly interim: boolean;
}

/**
 * `request` as it goes out on a connection.
 *
 * @throws ClientError `invalid-request`.
 */
export function outbound(request: ClientRequest): Outbound {
  try {
    const { method = 'GET', protocol } = request;
    checkMethod(method);
    return {
      head: { ...addressOf(request, method), method, protocol, version: '1.1', headers: headersOf(request) },
      content: contentOf(request),
      trailers: request.trailers,
      interim: request.interim ?? false,
    };
  } catch (error) {
    throw thrown(error);
  }
}

/** Whose, and which resource: of a request that came in, just as it came. */
function addressOf(request: ClientRequest, method: string): Pick<RequestHead, 'scheme' | 'authority' | 'path'> {
  if (request instanceof Request) return request;
  const target = parseTarget(request.url, undefined);
  return method === 'CONNECT' && request.protocol === undefined ? tunnel(target) : target;
}

/** The authority form names a port in any case (RFC 9110 section 9.3.6). */
export function tunnel({ scheme, host, port }: Target): Pick<RequestHead, 'scheme' | 'authority' | 'path'> {
  return { scheme, authority: `${host.includes(':') ? `[${host}]` : host}:${port}`, path: '' };
}

/** What a request is for, as a URL: just the server, of a CONNECT. */
export function urlOf({ scheme, authority, path }: Pick<RequestHead, 'scheme' | 'authority' | 'path'>): string {
  return `${scheme}://${authority}${path}`;
}

/** The header section of `init`, over `defaults`. */
export function headersOf({ headers, priority }: RequestInit): Fields {
  const fields = Fields.from(headers);
  return priority === undefined || fields.has('priority')
    ? fields
    : fields.with('priority', serializePriority(priority));
}

/** The Priority field's value (RFC 9218 section 4). @throws TypeError for an urgency that there is not. */
export function serializePriority({ urgency = 3, incremental = false }: RequestPriority): string {
  if (!Number.isInteger(urgency) || urgency < 0 || urgency > 7) throw new TypeError(`an urgency is 0 to 7: ${urgency}`);
  return incremental ? `u=${urgency}, i` : `u=${urgency}`;
}

/** The content of one attempt. */
export function contentOf({ body }: RequestInit): Content | undefined {
  return typeof body === 'function' ? body() : body;
}

export function checkMethod(method: string): void {
  if (!isToken(method)) throw new ClientError('invalid-request', `invalid method: ${JSON.stringify(method)}`);
}

/** A server's word to wait for before the content goes out (RFC 9110 section 10.1.1). */
export function expectsContinue(headers: Fields): boolean {
  return headers.lines.length > 0 && headers.get('expect')?.toLowerCase() === '100-continue';
}
