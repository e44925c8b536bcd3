/** A request on its way out: its head as the engines need it, and the source of its content. */
import type { ObservableInput } from 'rxjs';
import { HttpRequest } from '../drive/request.js';
import { type Content, isPlain, type PlainContent, prepareContent, withContentFields } from '../drive/content.js';
import { ClientError } from '../errors.js';
import { Fields, type FieldsInit, isToken } from '../http/fields.js';
import type { RequestHead } from '../http/head.js';
import { thrown } from './error-translation.js';
import type { ClientRequest, HttpRequestInit, RequestPriority } from './request.js';
import { priorityValue } from './request-options.js';
import { contentLength, observedContent, type RequestWatch, watchOf } from './request-watch.js';
import { parseTarget, type TargetUrl } from './target-url.js';

/** ms that a server has for 100 (Continue) before the content goes out unasked (RFC 9110 section 10.1.1). */
export const CONTINUE_WAIT = 1000;

/** @internal */
export interface OutgoingRequest {
  readonly head: RequestHead;
  readonly content: PlainContent | undefined;
  readonly trailers: ObservableInput<FieldsInit> | undefined;
  /** Whether interim responses are wanted. */
  readonly interim: boolean;
  /** Whether the program asks for a tunnel, by any means of the protocol. */
  readonly tunnel: boolean;
  /** Whether it came in from another client, and is passed on. */
  readonly forwarded: boolean;
  readonly watch: RequestWatch | undefined;
}

/**
 * `request` as it goes out on a connection.
 *
 * @throws ClientError `invalid-request`.
 */
export function outgoingRequest(request: ClientRequest): OutgoingRequest {
  try {
    const { method = 'GET' } = request;
    checkMethod(method);
    const forwarded = request instanceof HttpRequest;
    const body = forwarded ? request.body : bodyOf(request);
    const headers = forwarded ? request.headers : typedFor(request, headersOf(request));
    return completed(headOf(request, method, headers), contentOf(body), {
      trailers: request.trailers,
      interim: !forwarded && request.interim === true,
      tunnel: !forwarded && request.tunnel === true,
      forwarded,
      watch: forwarded ? undefined : watchOf(request),
    });
  } catch (error) {
    throw thrown(error);
  }
}

/**
 * A request whose content is made, for one attempt.
 *
 * @throws TypeError for a body that cannot be sent.
 */
export function completed(
  given: RequestHead,
  body: Content | undefined,
  { trailers, interim, tunnel, forwarded, watch }: Omit<OutgoingRequest, 'head' | 'content'>,
): OutgoingRequest {
  let head = given;
  let content: PlainContent | undefined;
  if (isPlain(body)) content = body;
  else {
    const prepared = prepareContent(body);
    content = prepared.content;
    head = withHeaders(head, withContentFields(head.headers, prepared, trailers !== undefined));
  }
  if (watch?.uploadProgress !== undefined && content !== undefined) {
    const whole = typeof content === 'string' ? Buffer.byteLength(content) : (content as { length?: number }).length;
    if (whole !== undefined)
      head = withHeaders(head, withContentFields(head.headers, { content, length: whole }, trailers !== undefined));
    content = observedContent(content, whole ?? contentLength(head.headers), watch.uploadProgress);
  }
  // Member by member: an object that is made by spreading is slow to make, and each request has one.
  return { head, content, trailers, interim, tunnel, forwarded, watch };
}

function withHeaders(head: RequestHead, headers: Fields): RequestHead {
  return headers === head.headers ? head : { ...head, headers };
}

/**
 * The body of a request: its `json`, if it has one, as text.
 *
 * @throws TypeError for `json` together with `body`, or a value without a JSON form.
 */
export function bodyOf({ json, body }: HttpRequestInit): HttpRequestInit['body'] {
  if (json === undefined) return body;
  if (body !== undefined) throw new TypeError('a request has either `json` or `body`: leave one of them out');
  const text = JSON.stringify(json) as string | undefined;
  if (text === undefined) throw new TypeError('json: the value has no JSON form');
  return text;
}

/** `headers`, with the type of the `json` of the request. */
export function typedFor({ json }: HttpRequestInit, headers: Fields): Fields {
  return json === undefined || headers.has('content-type') ? headers : headers.with('content-type', 'application/json');
}

function headOf(request: ClientRequest, method: string, headers: Fields): RequestHead {
  const { protocol } = request;
  if (request instanceof HttpRequest) {
    // Just as it came.
    const { scheme, authority, path } = request;
    return { method, scheme, authority, path, protocol, version: '1.1', headers };
  }
  const target = parseTarget(request.url);
  const { scheme, path } = target;
  if (method === 'CONNECT' && protocol === undefined) {
    const authority = request.authority ?? tunnelTo(target);
    return { method, scheme, authority, path: '', protocol, version: '1.1', headers };
  }
  const authority = headers.get('host') ?? target.authority;
  return { method, scheme, authority, path, protocol, version: '1.1', headers };
}

/** Where a tunnel ends: the authority form names a port in any case (RFC 9110 section 9.3.6). */
export function tunnelTo({ host, port }: TargetUrl): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * A tunnel as HTTP/1.1 asks for it: by `Upgrade`, where it is not that of CONNECT (RFC 8441 section 5 has the other direction).
 */
export function upgradeRequest(request: OutgoingRequest): OutgoingRequest {
  const { head, content, trailers, interim, forwarded, watch } = request;
  const { protocol } = head;
  if (protocol === undefined) return request;
  const headers = head.headers.with('upgrade', protocol);
  const upgrading = { ...head, method: 'GET', protocol: undefined, headers };
  return { head: upgrading, content, trailers, interim, tunnel: true, forwarded, watch };
}

/** `request` for a proxy that sends it on: it has the absolute form, and the fields for the proxy. */
export function absoluteForm(request: OutgoingRequest, fields: Fields): OutgoingRequest {
  const { head } = request;
  const headers =
    fields.size === 0 ? head.headers : Fields.ofLines([...head.headers.lines, ...fields.lines], head.headers.secrets);
  return { ...request, head: { ...head, headers, absolute: true } };
}

/** A tunnel as HTTP/2 asks for it: without the key of a WebSocket, which only HTTP/1.1 needs (RFC 8441 section 5). */
export function extendedConnectRequest(request: OutgoingRequest): OutgoingRequest {
  const { head } = request;
  if (!head.headers.has('sec-websocket-key')) return request;
  return { ...request, head: { ...head, headers: head.headers.without('sec-websocket-key') } };
}

/** A request without any option. */
export const NO_INIT: HttpRequestInit = {};

/** The target of a request, as a URL: just the server, of a CONNECT. */
export function urlOf({ scheme, authority, path }: Pick<RequestHead, 'scheme' | 'authority' | 'path'>): string {
  return `${scheme}://${authority}${path}`;
}

/** The header section of `init`, over `defaults`. */
export function headersOf({ headers, priority }: HttpRequestInit): Fields {
  const fields = Fields.from(headers);
  return priority === undefined || fields.has('priority')
    ? fields
    : fields.with('priority', serializePriority(priority));
}

/** @throws TypeError for an invalid value, an urgency that is not an integer from 0 to 7 too; RangeError for an unknown name. */
export function checkPriority(priority: RequestPriority): void {
  priorityValue('priority', priority);
  const { urgency = 3 } = priority;
  if (!Number.isInteger(urgency) || urgency < 0 || urgency > 7) throw new TypeError(`an urgency is 0 to 7: ${urgency}`);
}

/** The Priority field's value (RFC 9218 section 4). @throws as `checkPriority`. */
export function serializePriority(priority: RequestPriority): string {
  checkPriority(priority);
  const { urgency = 3, incremental = false } = priority;
  return incremental ? `u=${urgency}, i` : `u=${urgency}`;
}

/** The content of one attempt. */
export function contentOf(body: HttpRequestInit['body']): Content | undefined {
  return typeof body === 'function' ? body() : body;
}

export function checkMethod(method: string): void {
  if (!isToken(method)) throw new ClientError('invalid-request', 'the method is not a token (RFC 9110 section 9.1)');
}

/** A server's word to wait for before the content goes out (RFC 9110 section 10.1.1). */
export function expectsContinue(headers: Fields): boolean {
  return headers.lines.length > 0 && headers.get('expect')?.toLowerCase() === '100-continue';
}

/**
 * Trailers of the program's own are sent on HTTP/1.1, or the request is not. Those of a request that is forwarded may be left out.
 *
 * @throws TypeError for trailers together with Content-Length, which leaves no place for them.
 */
export function checkTrailers({ head, trailers, forwarded }: OutgoingRequest): void {
  if (trailers === undefined || forwarded || !head.headers.has('content-length')) return;
  throw new TypeError('a request with Content-Length has no trailers on HTTP/1.1: leave one of them out');
}
