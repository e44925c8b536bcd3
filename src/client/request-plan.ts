/** The plan of a request, from the program's options to a request that can be sent: again, and elsewhere. */
import type { ObservableInput } from 'rxjs';
import { EMPTY_BODY } from '../drive/incoming-content.js';
import { HttpRequest } from '../drive/request.js';
import type { Content } from '../drive/content.js';
import { ClientError } from '../errors.js';
import { Fields, type FieldsInit } from '../http/fields.js';
import type { RequestHead } from '../http/head.js';
import { forwardedRequest } from './forwarded-message.js';
import { thrown } from './error-translation.js';
import type { ClientRequestInit } from './request.js';
import type { ClientSettings } from './client-options.js';
import { checkRequest, SERVICE_REQUEST_OPTIONS } from './request-options.js';
import type { ClientServiceRequest } from './middleware.js';
import {
  bodyOf,
  checkMethod,
  completed,
  contentOf,
  headersOf,
  type OutgoingRequest,
  tunnelTo,
  typedFor,
} from './outgoing-request.js';
import { type RequestWatch, watchOf } from './request-watch.js';
import type { Redirect } from './redirect.js';
import { parseTarget, type TargetUrl } from './target-url.js';

/** @internal */
export interface RequestPlan {
  readonly target: TargetUrl;
  /** The path of the request: the target's, unless the request is forwarded as it came. */
  readonly path: string;
  readonly method: string;
  readonly headers: Fields;
  readonly body: Content | (() => Content) | undefined;
  readonly trailers: ObservableInput<FieldsInit> | undefined;
  readonly protocol: string | undefined;
  readonly interim: boolean;
  readonly authority: string | undefined;
  readonly tunnel: boolean;
  readonly redirects: number | undefined;
  /** It came in from another client, which may repeat it: this side does not. */
  readonly forwarded: boolean;
  /** Whether content codings are this side's matter. */
  readonly decodes: boolean;
  readonly watch: RequestWatch | undefined;
}

/**
 * @throws ClientError `invalid-request`.
 * @internal
 */
export function planRequest(
  input: string | URL | HttpRequest,
  init: ClientRequestInit,
  settings: ClientSettings,
): RequestPlan {
  try {
    return input instanceof HttpRequest ? forwarding(input, init, settings) : asking(input, init, settings);
  } catch (error) {
    throw thrown(error);
  }
}

/**
 * The request as the middleware gets it.
 *
 * @throws ClientError `invalid-request`.
 * @internal
 */
export function serviceRequest(
  input: string | URL | HttpRequest,
  init: ClientRequestInit,
  settings: ClientSettings,
): ClientServiceRequest {
  const plan = planRequest(input, init, settings);
  const { target, method, headers, body, trailers, protocol, interim, redirects, authority, tunnel } = plan;
  const url = plan.forwarded ? urlOf(plan) : target.url + target.fragment;
  return {
    ...{ url, method, headers, body, trailers, protocol, interim, authority, tunnel },
    ...(redirects === undefined ? {} : { redirects }),
    ...plan.watch,
    ...(plan.forwarded ? { forwarded: input as HttpRequest } : {}),
  };
}

/**
 * The plan of the request that the middleware passed on.
 *
 * @throws ClientError `invalid-request`.
 * @internal
 */
export function planOfService(request: ClientServiceRequest, settings: ClientSettings): RequestPlan {
  try {
    checkRequest(request, SERVICE_REQUEST_OPTIONS);
    const { url, forwarded } = request;
    if (forwarded === undefined) return planned(url, request, headersOf(request), settings);
    const { method, body, trailers, protocol } = request;
    checkMethod(method);
    const plan = forwarding(forwarded, request, settings);
    // The path goes on as it came, unless the middleware changed the URL.
    const target = url === urlOf(plan) ? plan.target : parseTarget(url, settings.base);
    const path = url === urlOf(plan) ? plan.path : target.path;
    return { ...plan, target, path, method, headers: headersOf(request), body, trailers, protocol };
  } catch (error) {
    throw thrown(error);
  }
}

/** The URL of a forwarded request. */
function urlOf({ target, path }: RequestPlan): string {
  return target.origin + (path.startsWith('/') ? path : '/');
}

function asking(url: string | URL, init: ClientRequestInit, settings: ClientSettings): RequestPlan {
  return planned(url, init, withDefaults(init, settings), settings);
}

function planned(url: string | URL, init: ClientRequestInit, given: Fields, settings: ClientSettings): RequestPlan {
  const body = bodyOf(init);
  const headers = typedFor(init, given);
  const { method = 'GET', trailers, protocol, interim = false, redirects, authority, tunnel = false } = init;
  checkMethod(method);
  const target = parseTarget(url, settings.base);
  const decodes = headers.get('accept-encoding') === settings.headers.get('accept-encoding');
  // Member by member: an object that is made by spreading is slow to make and to read, and each request has one.
  return {
    target,
    path: target.path,
    method,
    headers,
    body,
    trailers,
    protocol,
    interim,
    redirects,
    authority,
    tunnel,
    forwarded: false,
    decodes,
    watch: watchOf(init),
  };
}

/** A request that came in goes on unchanged, except for its hop-by-hop fields (RFC 9110 section 7.6). */
function forwarding(request: HttpRequest, init: ClientRequestInit, { upstream, via }: ClientSettings): RequestPlan {
  const { method, path, version, protocol, body, trailers } = request;
  const headers = forwardedRequest(request.headers, { method, protocol: version, name: via })?.without('host');
  if (headers === undefined) throw new ClientError('invalid-request', 'Max-Forwards is 0: it goes no further');
  const target = upstream ?? parseTarget(`${request.scheme}://${request.authority}`);
  // By concatenation: to resolve `//b` against a base would make another host of it.
  const prefix = target.path === '/' || path === '*' ? '' : target.path.replace(/\/$/, '');
  const empty = body === EMPTY_BODY;
  return {
    target,
    path: prefix + path,
    method,
    headers,
    body: empty ? undefined : body,
    trailers: empty ? undefined : trailers,
    protocol,
    interim: true,
    redirects: 0,
    authority: undefined,
    tunnel: false,
    forwarded: true,
    decodes: false,
    watch: watchOf(init),
  };
}

function withDefaults(init: ClientRequestInit, { headers: defaults, decompress }: ClientSettings): Fields {
  if (init.headers === undefined && init.priority === undefined) return defaults;
  let fields = headersOf(init);
  if (defaults.size === 0) return fields;
  if (fields.size === 0) return defaults;
  // A part of coded content cannot be decoded: the program decides on the codings of a range (as in Fetch).
  if (decompress && fields.has('range') && !fields.has('accept-encoding')) {
    fields = fields.with('accept-encoding', 'identity');
  }
  const names = new Set(fields.lines.filter((_, index) => index % 2 === 0));
  const lines = [...fields.lines];
  for (const [name, value] of defaults) if (!names.has(name)) lines.push(name, value);
  return Fields.ofLines(lines);
}

/**
 * The request of one attempt.
 *
 * @throws ClientError `invalid-request`, or the error of making the content.
 * @internal
 */
export function outgoingRequestOf(plan: RequestPlan): OutgoingRequest {
  try {
    return completed(headOf(plan), contentOf(plan.body), plan);
  } catch (error) {
    throw thrown(error);
  }
}

function headOf({ target, path, method, protocol, headers, authority: end }: RequestPlan): RequestHead {
  const { scheme } = target;
  if (method === 'CONNECT' && protocol === undefined) {
    return { method, scheme, authority: end ?? tunnelTo(target), path: '', protocol, version: '1.1', headers };
  }
  // A Host of the program's own is the target, over the connection of the URL (RFC 9110 section 7.2).
  const authority = headers.get('host') ?? target.authority;
  return { method, scheme, authority, path, protocol, version: '1.1', headers };
}

/** The plan in place of `plan`. */
export function redirected(plan: RequestPlan, { method, target, headers, keepsContent }: Redirect): RequestPlan {
  const next = { ...plan, method, target, path: target.path, headers };
  return keepsContent ? next : { ...next, body: undefined, trailers: undefined };
}
