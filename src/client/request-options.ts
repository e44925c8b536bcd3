/** The options of one request, checked at the call. */
import {
  anyValue,
  booleanValue,
  checkBytes,
  checkNumber,
  checkOften,
  checkOptions,
  functionValue,
  integerOf,
  numberValue,
  objectValue,
  type OftenTable,
  type OptionCheck,
  type OptionTable,
  stringValue,
  tableOf,
} from '../option-checks.js';
import type { ClientServiceRequest } from './middleware.js';
import type {
  ClientRequest,
  ClientRequestInit,
  HttpRequestInit,
  RequestPriority,
  TunnelRequest,
  TunnelRequestInit,
} from './request.js';

/** @internal */
export const abortSignal: OptionCheck = (name, value) => {
  if (typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value) return;
  throw new TypeError(`${name}: expected an AbortSignal`);
};

/** @internal */
export const observer: OptionCheck = (name, value) => {
  if (typeof value === 'object' && value !== null && 'next' in value && typeof value.next === 'function') return;
  throw new TypeError(`${name}: expected a Subject, or another observer with \`next\``);
};

const bytesValue: OptionCheck = (name, value) => void checkBytes(name, value as number);

/** @internal */
export const timeValue: OptionCheck = (name, value) =>
  void checkNumber(name, value as number, Number.MIN_VALUE, Infinity, 'ms above zero');

/** The range of an urgency is looked at as it is sent, too. */
const PRIORITY: OptionTable<RequestPriority> = { urgency: numberValue, incremental: booleanValue };

/** @internal */
export const priorityValue: OptionCheck = (_name, value) =>
  checkOptions('a priority', value as RequestPriority, PRIORITY);

/** The text of a method, a header field and a body are looked at as they are sent: their errors are those of the request. */
const EXCHANGE: OptionTable<HttpRequestInit> = {
  method: stringValue,
  headers: objectValue,
  body: anyValue,
  json: anyValue,
  trailers: objectValue,
  protocol: stringValue,
  authority: stringValue,
  tunnel: booleanValue,
  priority: priorityValue,
  interim: booleanValue,
  signal: abortSignal,
  headTimeout: timeValue,
  bodyTimeout: timeValue,
  uploadProgress: observer,
  downloadProgress: observer,
};

const REQUEST: OptionTable<ClientRequestInit> = { ...EXCHANGE, redirects: integerOf(0) };

/** @internal */
export const REQUEST_OPTIONS = tableOf<ClientRequestInit & { selector: unknown }>({
  ...REQUEST,
  selector: functionValue,
});
/** @internal */
export const CONTENT_OPTIONS = tableOf<ClientRequestInit & { limit: unknown }>({ ...REQUEST, limit: bytesValue });
/** @internal */
export const CONNECTION_REQUEST_OPTIONS = tableOf<ClientRequest>({ ...EXCHANGE, url: anyValue });
/** @internal */
export const SERVICE_REQUEST_OPTIONS = tableOf<ClientServiceRequest>({
  ...REQUEST,
  url: anyValue,
  forwarded: anyValue,
});

const TUNNEL: OptionTable<TunnelRequestInit> = {
  protocol: stringValue,
  authority: stringValue,
  headers: objectValue,
  signal: abortSignal,
};
/** @internal */
export const TUNNEL_OPTIONS = tableOf<TunnelRequest>({ ...TUNNEL, url: anyValue });

/**
 * Checks the options of one request.
 *
 * @throws TypeError for a value of another type; RangeError for an unknown name, or a number out of its range.
 * @internal
 */
export function checkRequest(init: object, table: OftenTable): void {
  checkOften('a request', init, table);
}

/**
 * `init` with another method.
 *
 * @throws TypeError if it is not an object: to spread text would make an option of each character.
 * @internal
 */
export function withMethod(method: string, init: ClientRequestInit = {}): ClientRequestInit {
  checkObject(init);
  if (init.method !== undefined) stringValue('method', init.method);
  return { ...init, method };
}

/**
 * `init` with another method, and with `body` if there is one: the content may be an option, too.
 * @internal
 */
export function withContent(
  method: string,
  body: ClientRequestInit['body'],
  init: ClientRequestInit | undefined,
): ClientRequestInit {
  const made = withMethod(method, init);
  return body === undefined ? made : { ...made, body };
}

function checkObject(init: unknown): void {
  if (typeof init !== 'object' || init === null) throw new TypeError('a request: expected an object of options');
}
