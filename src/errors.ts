/**
 * Errors, as values. Users branch on `code` (stable), never on `message`. A peer's errors are `ProtocolError`s; misuse by the program
 * itself is a `TypeError` or a `UsageError`.
 */

import type { ResponseHead } from './http/head.js';
import {
  anyValue,
  arrayValue,
  booleanValue,
  checkOften,
  integerBetween,
  objectValue,
  oneOf,
  stringValue,
  tableOf,
} from './option-checks.js';

/** Where a fault happened: the wider the scope, the more it ends. */
export type FaultScope = 'accept' | 'handshake' | 'connection' | 'exchange';

/** The side that broke the rules: the peer, or this side. */
export type Initiator = 'peer' | 'local';

/** HTTP/2 error codes by name (RFC 9113 section 7). */
export const H2_ERROR_CODES = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  SETTINGS_TIMEOUT: 0x4,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  CONNECT_ERROR: 0xa,
  ENHANCE_YOUR_CALM: 0xb,
  INADEQUATE_SECURITY: 0xc,
  HTTP_1_1_REQUIRED: 0xd,
} as const;

/** The name of an HTTP/2 error code (RFC 9113 section 7). */
export type H2ErrorCode = keyof typeof H2_ERROR_CODES;

/** Stable codes of errors of a peer (or of the transport below it), or of this side on the wire. */
export type ProtocolErrorCode =
  | 'malformed-request'
  | 'malformed-response'
  | 'malformed-body'
  | 'target-too-long'
  | 'header-section-too-large'
  | 'too-many-fields'
  | 'unsupported-version'
  | 'unsupported-transfer-coding'
  | 'expectation-failed'
  | 'content-too-large'
  | 'content-length-mismatch'
  | 'misdirected-request'
  | 'truncated'
  | 'head-timeout'
  | 'body-timeout'
  | 'reader-timeout'
  | 'write-timeout'
  | 'handshake-timeout'
  | 'handshake-failed'
  | 'accept-failed'
  | 'tls-not-renewed'
  | 'unknown-protocol'
  | 'connection-reset'
  | 'stream-reset'
  | 'protocol-error'
  | 'enhance-your-calm'
  | 'refused'
  | 'going-away'
  | 'closed'
  // Of a WebSocket.
  | 'invalid-data'
  | 'policy-violation'
  | 'message-too-big'
  | 'pong-timeout'
  | 'close-timeout';

/** Further properties of a {@link ProtocolError}, besides its code and message. */
export interface ProtocolErrorDetails {
  readonly scope?: FaultScope;
  readonly initiator?: Initiator;
  /** The status of the response to it, if one is possible (RFC 9110 section 15). */
  readonly status?: number;
  /** The HTTP/2 error code that it came with, or that it is sent as (RFC 9113 section 7). */
  readonly reason?: H2ErrorCode;
  readonly cause?: unknown;
}

/** Three digits (RFC 9110 section 15). */
const statusValue = integerBetween(100, 999);

const PROTOCOL_ERROR_DETAILS = tableOf<ProtocolErrorDetails>({
  scope: oneOf('accept', 'handshake', 'connection', 'exchange'),
  initiator: oneOf('local', 'peer'),
  status: statusValue,
  reason: stringValue,
  cause: anyValue,
});

/**
 * A rule of the wire was broken, or the transport failed.
 *
 * @example
 * ```ts
 * body.subscribe({ error: (error) => error instanceof ProtocolError && error.code === 'truncated' && retry() });
 * ```
 */
export class ProtocolError extends Error {
  override readonly name: string = 'ProtocolError';
  readonly code: ProtocolErrorCode;
  readonly scope: FaultScope;
  readonly initiator: Initiator;
  readonly status: number | undefined;
  readonly reason: H2ErrorCode | undefined;

  constructor(code: ProtocolErrorCode, message: string, details: ProtocolErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    checkOften('ProtocolError', details, PROTOCOL_ERROR_DETAILS);
    this.code = code;
    this.scope = details.scope ?? 'exchange';
    this.initiator = details.initiator ?? 'peer';
    this.status = details.status;
    this.reason = details.reason;
  }
}

/**
 * A WebSocket did not end by its closing handshake: the peer broke a rule or a limit, did not respond, or was lost.
 *
 * @example
 * ```ts
 * socket.subscribe({ error: (error) => error instanceof WebSocketError && console.error(error.code, error.closeCode) });
 * ```
 */
export class WebSocketError extends ProtocolError {
  override readonly name = 'WebSocketError';

  constructor(
    code: ProtocolErrorCode,
    message: string,
    /** The code of the Close frame that reported it; 1006 if none could be sent (RFC 6455 section 7.4.1). */
    readonly closeCode: number,
    details: ProtocolErrorDetails = {},
  ) {
    super(code, message, details);
  }
}

/** Stable codes of a {@link BodyError}. */
export type BodyErrorCode = 'body-already-subscribed' | 'body-overflow' | 'body-too-large' | 'body-cancelled';

/** A Body was used against its rules, or grew past its limit. */
export class BodyError extends Error {
  override readonly name: string = 'BodyError';
  readonly code: BodyErrorCode;
  /** The status of the response to it, if it ends an exchange (RFC 9110 section 15). */
  readonly status: number | undefined;

  constructor(code: BodyErrorCode, message: string, status?: number) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** Further properties of an {@link HttpError}, besides its status and its message. */
export interface HttpErrorInit {
  /** Whether a client may read the message; unless set, that of a status below 500. */
  readonly expose?: boolean;
  readonly cause?: unknown;
}

const HTTP_ERROR_INIT = tableOf<HttpErrorInit>({ expose: booleanValue, cause: anyValue });

/**
 * An error that a handler throws to respond with its status. The message goes to the client if `expose` is set. The same holds for errors
 * of other libraries that have a `status` and an `expose`; other messages are not sent.
 *
 * @throws RangeError for a status that is not an integer from 400 to 599 (RFC 9110 section 15).
 *
 * @example
 * ```ts
 * const handler: Service = ({ path }) => {
 *   if (!rows.has(path)) throw new HttpError(404, 'no such row');
 *   return text(rows.get(path));
 * };
 * ```
 */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly expose: boolean;

  constructor(status: number, message: string, init: HttpErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    checkOften('HttpError', init, HTTP_ERROR_INIT);
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(`status: expected an integer from 400 to 599, got ${status}`);
    }
    this.status = status;
    this.expose = init.expose ?? status < 500;
  }
}

/** A second subscriber came to a unicast Subject: `share()` or `tee(n)` make several out of one. */
export class BodyAlreadySubscribed extends BodyError {
  override readonly name = 'BodyAlreadySubscribed';
  constructor() {
    super('body-already-subscribed', 'a body has one subscriber; tee(n) makes several bodies of one');
  }
}

/** A writer went on without waiting for `drained`, past the limit of waiting bytes. */
export class BodyOverflow extends BodyError {
  override readonly name = 'BodyOverflow';
  constructor(waiting: number, limit: number) {
    super('body-overflow', `${waiting} bytes wait to be read, past the limit of ${limit}: wait for \`drained\``);
  }
}

/** Stable codes of a {@link UsageError}. */
export type UsageErrorCode = 'not-one-to-one' | 'slow-subscriber';

/** The program used the library against its rules, in a way that shows only at run time. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  constructor(
    readonly code: UsageErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** Why a listener could not begin. */
export type ListenErrorCode = 'address-in-use' | 'address-not-available' | 'access-denied' | 'listen-failed';

/** A listener could not begin, or broke. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  constructor(
    readonly code: ListenErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** Stable codes of a {@link ClientError}. */
export type ClientErrorCode =
  // An error that was thrown on this side: by the request's body, or below the protocols; see `cause`.
  | 'exception'
  // The response cannot be understood.
  | 'malformed-response'
  | 'invalid-response-body-length'
  | 'protocol-error'
  | 'truncated'
  | 'header-section-too-large'
  // The connection could not be made.
  | 'connect-failed'
  | 'connect-timeout'
  | 'handshake-failed'
  | 'handshake-timeout'
  | 'unknown-protocol'
  | 'protocol-mismatch'
  | 'proxy-refused'
  | 'tunnel-refused'
  | 'tunnel-not-allowed'
  | 'no-transport'
  // The server is too slow.
  | 'headers-timeout'
  | 'body-timeout'
  | 'write-timeout'
  // This side is.
  | 'reader-timeout'
  // The connection ended, or the server declined.
  | 'connection-reset'
  | 'closed'
  | 'refused'
  // The program ended the request, by its AbortSignal.
  | 'aborted'
  // Requests that the client does not send.
  | 'invalid-request'
  | 'invalid-middleware'
  | 'queue-full'
  | 'queue-timeout'
  | 'too-many-redirects'
  | 'invalid-redirect'
  | 'unsupported-content-coding'
  | 'bad-status'
  | 'body-too-large'
  | 'body-not-repeatable';

/** Further properties of a {@link ClientError}, besides its code and message. */
export interface ClientErrorDetails {
  /** Whether the server has certainly not acted on the request: it can be sent again, with any method. */
  readonly retryable?: boolean;
  /** The HTTP/2 error code that it came with, or that it was sent as (RFC 9113 section 7). */
  readonly reason?: H2ErrorCode | undefined;
  /** Of a connection that could not be made: the error of each endpoint, in the order in which they were tried. */
  readonly errors?: readonly Error[];
  /** The head of the response, if it has come. */
  readonly response?: ResponseHead | undefined;
  /** The status of a gateway's response, if the upstream did not fail: 400 for a request that cannot be forwarded, say. */
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

const CLIENT_ERROR_DETAILS = tableOf<ClientErrorDetails>({
  retryable: booleanValue,
  reason: stringValue,
  errors: arrayValue,
  response: objectValue,
  status: statusValue,
  cause: anyValue,
});

/** The status of a gateway for an error with `code`. */
function statusOf(code: ClientErrorCode): number {
  if (code === 'tunnel-not-allowed') return 501;
  if (code.startsWith('queue-')) return 503;
  return code.endsWith('-timeout') ? 504 : 502;
}

/**
 * A request did not come to its response, or the response not to its end.
 *
 * @example
 * ```ts
 * client().get('https://example.com/').subscribe({
 *   error: (error) => error instanceof ClientError && error.code === 'connect-failed' && tryTheOther(),
 * });
 * ```
 */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ClientErrorCode;
  /**
   * Whether the server has certainly not acted on the request, so that it can be sent again, with any method. It was refused
   * (REFUSED_STREAM, or above the last stream of a GOAWAY), never sent, or sent on a used connection that the server closed without any
   * response.
   */
  readonly retryable: boolean;
  readonly reason: H2ErrorCode | undefined;
  readonly errors: readonly Error[];
  /** The status and the fields of the response (RFC 9110 section 15), if they had come: of a body that fails, and of `bad-status`. */
  readonly response: ResponseHead | undefined;
  /**
   * The status of a gateway's response (RFC 9110 section 15.6). If the upstream failed: 504 for what took too long, 503 where too many
   * wait, else 502. If the client's request cannot be forwarded: 400, 501, or the status of its content's error.
   */
  readonly status: number;

  constructor(code: ClientErrorCode, message: string, details: ClientErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    checkOften('ClientError', details, CLIENT_ERROR_DETAILS);
    this.code = code;
    this.retryable = details.retryable ?? false;
    this.reason = details.reason;
    this.errors = details.errors ?? [];
    this.response = details.response;
    this.status = details.status ?? statusOf(code);
  }

  /** The status of `response`. */
  get responseStatus(): number | undefined {
    return this.response?.status;
  }
}

/** A thrown value as an Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}
