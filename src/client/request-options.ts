/** The options of one request, checked at the call. */
import {
  anyValue,
  booleanValue,
  checkBytes,
  functionValue,
  integerOf,
  objectValue,
  type OptionCheck,
  type OptionTable,
  unknownName,
} from '../option-checks.js';
import type { ClientServiceRequest } from './middleware.js';
import type { ClientRequest, ClientRequestInit, HttpRequestInit, TunnelRequest, TunnelRequestInit } from './request.js';

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

/** A method, a header field and a body are looked at as they are sent: their errors are those of the request. */
const EXCHANGE: OptionTable<HttpRequestInit> = {
  method: anyValue,
  headers: objectValue,
  body: anyValue,
  json: anyValue,
  trailers: objectValue,
  protocol: anyValue,
  authority: anyValue,
  tunnel: booleanValue,
  priority: objectValue,
  interim: booleanValue,
  signal: abortSignal,
  uploadProgress: observer,
  downloadProgress: observer,
};

const REQUEST: OptionTable<ClientRequestInit> = { ...EXCHANGE, redirects: integerOf(0) };

/** Of any kind of request. */
export type Table = Readonly<Record<string, OptionCheck>>;

/**
 * Without a prototype: no name is known that is not in the table.
 * @internal
 */
export function tableOf<T>(table: OptionTable<T>): Table {
  return Object.assign(Object.create(null) as Table, table);
}

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
  protocol: anyValue,
  authority: anyValue,
  headers: objectValue,
  signal: abortSignal,
};
/** @internal */
export const TUNNEL_OPTIONS = tableOf<TunnelRequest>({ ...TUNNEL, url: anyValue });

/**
 * Checks the options of one request. It makes no list of their names, because each request is checked.
 *
 * @throws TypeError for a value of another type; RangeError for an unknown name, or a number out of its range.
 * @internal
 */
export function checkRequest(init: object, table: Table): void {
  checkObject(init);
  for (const name in init) {
    const check = table[name];
    if (check === undefined) throw unknownName('a request', name, Object.keys(table));
    const value = (init as Record<string, unknown>)[name];
    if (value !== undefined) check(name, value);
  }
}

/**
 * `init` with another method.
 *
 * @throws TypeError if it is not an object: to spread text would make an option of each character.
 * @internal
 */
export function withMethod(method: string, init: ClientRequestInit = {}): ClientRequestInit {
  checkObject(init);
  return { ...init, method };
}

function checkObject(init: unknown): void {
  if (typeof init !== 'object' || init === null) throw new TypeError('a request: expected an object of options');
}
