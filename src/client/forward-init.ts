/** What a gateway changes of a request that it forwards, and the checks of it. */
import type { ObservableInput } from 'rxjs';
import { isAuthority, isTargetText } from '../http/authority.js';
import { type FieldsInit, isToken } from '../http/fields.js';
import {
  anyValue,
  booleanOrFunction,
  booleanValue,
  checkOptions,
  functionValue,
  integerOf,
  objectValue,
  oneOf,
  type OptionCheck,
  type OptionTable,
  tableOf,
} from '../option-checks.js';
import type { HttpRequestInit } from './request.js';
import { abortSignal, observer, priorityValue, timeValue } from './request-options.js';
import type { ClientResponse } from './response.js';

/** The client of a gateway, as far as the fields about it name it. */
export interface ForwardedPeer {
  /** Its IP address; undefined of a unix socket. */
  readonly address?: string | undefined;
}

/** The fields about the client of a gateway, for its upstream. */
export interface ForwardedInit<Peer extends ForwardedPeer = ForwardedPeer> {
  /** The client: `exchange.peer`. */
  readonly peer: Peer;
  /**
   * Whether the client is a proxy of your own, as in the options of a service: true, or a function of the peer. The fields of a trusted
   * proxy are kept, and its address is added. From any other client all `X-Forwarded-*`, `X-Real-IP` and `Forwarded` fields are
   * removed. False unless set.
   */
  readonly trustedProxy?: boolean | ((peer: NoInfer<Peer>) => boolean);
  /** `X-Forwarded-For`, `-Proto` and `-Host`, or `Forwarded` (RFC 7239), or both: `x-forwarded` unless set. */
  readonly fields?: 'x-forwarded' | 'forwarded' | 'both';
}

/**
 * The changes to a request that came in, as it goes on. A part without a change goes on as it came.
 *
 * @example
 * ```ts
 * serve({ port: 8080 }, (request, { peer }) =>
 *   upstream.request(request, { forwarded: { peer }, headers: { 'x-gateway': 'a' }, path: `/v2${request.path}` }),
 * ).subscribe();
 * ```
 */
export interface ForwardInit<Peer extends ForwardedPeer = ForwardedPeer> extends Pick<
  HttpRequestInit,
  | 'body'
  | 'json'
  | 'trailers'
  | 'priority'
  | 'signal'
  | 'headTimeout'
  | 'bodyTimeout'
  | 'uploadProgress'
  | 'downloadProgress'
> {
  /** Case-sensitive (RFC 9110 section 9.1). */
  readonly method?: string;
  /** Path and query, below the path of `baseUrl`. */
  readonly path?: string;
  /** Each field takes the place of those with its name; in an object, `undefined` removes it. */
  readonly headers?: FieldsInit;
  /** Host, or `:authority`: that of the upstream unless set. `true` keeps the client's; text is a host of your own. */
  readonly host?: boolean | string;
  /** Adds fields about the client. Without it, those of the request go on as they came: the client may have forged them. */
  readonly forwarded?: ForwardedInit<Peer>;
  /**
   * The protocols to which the client may switch, `['websocket']` say, by Upgrade or extended CONNECT: the tunnel is joined with that of
   * the upstream. `true` is any, but for h2c. Unless set, Upgrade is ignored, and an extended CONNECT gets 501.
   */
  readonly upgrade?: boolean | readonly string[];
  /** Whether CONNECT goes on, to an upstream that is a proxy: it gets 501 unless set. */
  readonly connect?: boolean;
  /** Whether interim responses go back to the client: true unless set. */
  readonly interim?: boolean;
  /** Redirects that are followed: none unless set. */
  readonly redirects?: number;
}

/** A forwarded request with a selector: see `SelectorInit`. */
export interface ForwardSelectorInit<T, Peer extends ForwardedPeer = ForwardedPeer> extends ForwardInit<Peer> {
  readonly selector: (response: ClientResponse) => ObservableInput<T>;
}

const checked =
  (expected: string, isLawful: (text: string) => boolean): OptionCheck =>
  (name, value) => {
    if (typeof value !== 'string' || !isLawful(value)) throw new TypeError(`${name}: expected ${expected}`);
  };

const hostText = checked('true, false or a host and a port', (text) => text !== '' && isAuthority(text));

/** @internal */
export const FORWARD_OPTIONS = tableOf<ForwardSelectorInit<unknown>>({
  method: (name, value) => {
    checked('a token', isToken)(name, value);
    if (value === 'CONNECT') throw new TypeError('method: a CONNECT is passed on as one, or not at all');
  },
  path: checked(
    'a path that begins with a slash, with visible ASCII characters and without a fragment',
    (text) => text.startsWith('/') && isTargetText(text),
  ),
  headers: objectValue,
  host: (name, value) => {
    if (typeof value !== 'boolean') hostText(name, value);
  },
  forwarded: (_name, value) => checkOptions('forwarded', value as ForwardedInit, FORWARDED_OPTIONS),
  upgrade: (name, value) => {
    if (Array.isArray(value)) for (const one of value) checked('names of protocols', isToken)(name, one);
    else booleanValue(name, value);
  },
  connect: booleanValue,
  body: anyValue,
  json: anyValue,
  trailers: objectValue,
  priority: priorityValue,
  interim: booleanValue,
  redirects: integerOf(0),
  signal: abortSignal,
  headTimeout: timeValue,
  bodyTimeout: timeValue,
  uploadProgress: observer,
  downloadProgress: observer,
  selector: functionValue,
});

const FORWARDED_OPTIONS: OptionTable<ForwardedInit> = {
  peer: objectValue,
  trustedProxy: booleanOrFunction,
  fields: oneOf('x-forwarded', 'forwarded', 'both'),
};
