/** The plan of a request, from the program's options to a request that can be sent: again, and elsewhere. */
import type { ObservableInput } from 'rxjs';
import { EMPTY_BODY } from '../drive/incoming-content.js';
import { HttpRequest } from '../drive/request.js';
import type { Content } from '../drive/content.js';
import { ClientError } from '../errors.js';
import { Fields, type FieldsInit } from '../http/fields.js';
import { isTargetText } from '../http/authority.js';
import type { RequestHead } from '../http/head.js';
import type { ForwardInit } from './forward-init.js';
import { withForwardedFields } from './forwarded-fields.js';
import { forwardedRequest } from './forwarded-message.js';
import { type ForwardedTunnel, tunnelFields, tunnelOf } from './forwarded-tunnel.js';
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
  NO_INIT,
  type OutgoingRequest,
  serializePriority,
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
  /** It came in from another client, which may repeat it: this side repeats it only if that is safe. */
  readonly forwarded: boolean;
  /** The tunnel that a forwarded request asks for, and gets. */
  readonly passesOn: ForwardedTunnel | undefined;
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
  init: ClientRequestInit | ForwardInit,
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
  init: ClientRequestInit | ForwardInit,
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
    const { method, body, trailers, protocol, interim = true, redirects = 0, authority, tunnel = false } = request;
    checkMethod(method);
    // The path goes on as it came, unless the middleware changed the URL.
    const target = parseTarget(url, settings.base);
    const path = forwarded.path === '*' && target.path === '/' ? '*' : rawPath(url, target);
    return {
      ...{ target, path, method, headers: headersOf(request), body, trailers, protocol, interim, redirects },
      ...{ authority, tunnel, forwarded: true, decodes: false },
      // It has been looked at already whether the tunnel is allowed.
      passesOn: tunnel
        ? tunnelOf(forwarded, { upgrade: protocol === undefined ? true : [protocol], connect: true })
        : undefined,
      watch: watchOf(request),
    };
  } catch (error) {
    throw thrown(error);
  }
}

/** The path of `url` as it is written, which a URL would normalize. */
function rawPath(url: string, { origin, path }: TargetUrl): string {
  const written = url.startsWith(`${origin}/`) ? url.slice(origin.length) : '';
  return written !== '' && isTargetText(written) ? written : path;
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
    passesOn: undefined,
    decodes,
    watch: watchOf(init),
  };
}

/**
 * A request that came in goes on unchanged, except for its hop-by-hop fields (RFC 9110 section 7.6), and for the changes of `init`. A
 * request that cannot go on is its client's fault: 400.
 */
function forwarding(request: HttpRequest, init: ForwardInit, settings: ClientSettings): RequestPlan {
  const { upstream, via } = settings;
  const { method, version, body } = request;
  const tunnel = tunnelOf(request, init);
  const headers = forwardedRequest(request.headers, { method, protocol: version, name: via })?.without('host');
  // This server is the last one then, and implements neither OPTIONS nor TRACE (RFC 9110 section 7.6.2).
  if (headers === undefined) throw unforwardable('Max-Forwards is 0: it goes no further', 501);
  const target = upstream ?? originOf(request);
  const path = init.path ?? request.path;
  // By concatenation: to resolve `//b` against a base would make another host of it.
  const prefix = target.path === '/' || path === '*' ? '' : target.path.replace(/\/$/, '');
  const empty = body === EMPTY_BODY;
  const plan: RequestPlan = {
    target,
    path: prefix + path,
    method,
    headers,
    body: empty ? undefined : body,
    trailers: empty ? undefined : request.trailers,
    protocol: undefined,
    interim: true,
    redirects: 0,
    authority: undefined,
    tunnel: false,
    forwarded: true,
    passesOn: undefined,
    decodes: false,
    watch: watchOf(init),
  };
  const changed = init === NO_INIT ? plan : changedBy(init, plan, request);
  return tunnel === undefined ? changed : passingOn(tunnel, changed, request, settings);
}

/** Where a request goes whose client names no upstream: to where its own client wanted it. */
function originOf({ scheme, authority }: HttpRequest): TargetUrl {
  try {
    return parseTarget(`${scheme}://${authority}`);
  } catch {
    throw unforwardable('the request names no server of http or https that it could be forwarded to', 400);
  }
}

function unforwardable(words: string, status: number): ClientError {
  return new ClientError('invalid-request', words, { status });
}

/** `plan` with the changes of the program. */
function changedBy(init: ForwardInit, plan: RequestPlan, request: HttpRequest): RequestPlan {
  const { method = plan.method, host, forwarded, interim = true, redirects = 0, trailers } = init;
  const body = bodyOf(init);
  let { headers } = plan;
  if (forwarded !== undefined) headers = withForwardedFields(headers, request, forwarded);
  // The length is that of the content that came.
  if (body !== undefined) headers = headers.without('content-length');
  if (host === true && request.authority !== '') headers = headers.with('host', request.authority);
  else if (typeof host === 'string') headers = headers.with('host', host);
  headers = typedFor(init, mergedFields(headers, init.headers));
  if (init.priority !== undefined) headers = headers.with('priority', serializePriority(init.priority));
  const content = body === undefined ? { body: plan.body, trailers: trailers ?? plan.trailers } : { body, trailers };
  return { ...plan, ...content, method, headers, interim, redirects };
}

/** `fields`, each name of `init` in place of what it had: nothing, where an object has undefined. */
function mergedFields(fields: Fields, init: FieldsInit | undefined): Fields {
  if (init === undefined) return fields;
  const added = Fields.from(init);
  const names = Symbol.iterator in init ? [] : Object.keys(init);
  for (let index = 0; index < added.lines.length; index += 2) names.push(added.lines[index]!);
  return Fields.ofLines([...fields.without(...names).lines, ...added.lines], secretsOf(fields, added));
}

/** `plan` as a request for the tunnel of its client. The content goes through the tunnel. */
function passingOn(
  tunnel: ForwardedTunnel,
  plan: RequestPlan,
  { authority }: HttpRequest,
  { upstream, random }: ClientSettings,
): RequestPlan {
  const { protocol, kind } = tunnel;
  if (kind === 'connect' && upstream === undefined) {
    throw new TypeError('connect: a CONNECT goes on to a proxy, so the client needs its `baseUrl`');
  }
  return {
    ...plan,
    ...{ method: 'CONNECT', headers: tunnelFields(plan.headers, tunnel, random), body: undefined, trailers: undefined },
    ...{
      protocol,
      authority: kind === 'connect' ? authority : undefined,
      tunnel: true,
      passesOn: tunnel,
      redirects: 0,
    },
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
  return Fields.ofLines(lines, secretsOf(fields, defaults));
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

function secretsOf({ secrets }: Fields, other: Fields): ReadonlySet<string> | undefined {
  if (secrets === undefined || other.secrets === undefined) return secrets ?? other.secrets;
  return new Set([...secrets, ...other.secrets]);
}
