/**
 * Faults: errors, as values on one stream. None of them ends the stream of connections, and each appears once. If a response is possible,
 * any subscriber of the fault may give it. If there is no response by the end of its delivery, the default response of its status goes out.
 */
import { UnsubscriptionError } from 'rxjs';
import { Body } from '../body/body.js';
import { NO_BYTES, utf8 } from '../bytes.js';
import { type Creditor, type Delivery, Lease } from '../demand/lease.js';
import {
  BodyError,
  ClientError,
  type FaultScope,
  type Initiator,
  ProtocolError,
  toError,
  UsageError,
} from '../errors.js';
import type { FieldsInit } from '../http/fields.js';
import { REASON_PHRASES } from '../http/status.js';
import type { Protocol } from '../http/head.js';
import type { HttpRequest } from '../drive/request.js';

/**
 * - `bad-request`: the client broke a rule, or asked too much.
 * - `bad-gateway`: an upstream server did.
 * - `internal-server-error`: the handler gave no lawful response.
 * - `exception`: something was thrown, or the transport failed; see `cause`.
 */
export type FaultKind = 'bad-request' | 'bad-gateway' | 'internal-server-error' | 'exception';

/** One thing that went wrong. */
export interface ServerFault<Peer = unknown> {
  readonly kind: FaultKind;
  /** Stable: of a `ProtocolError`, `BodyError`, `ClientError` or `UsageError` its code, else `exception`, `no-response`, `second-response`, `invalid-response`. */
  readonly code: string;
  readonly message: string;
  /** The status of the default response. */
  readonly status: number;
  /** The scope of its effects. */
  readonly scope: FaultScope;
  readonly initiator: Initiator;
  /** The error that was thrown, or the `ProtocolError` that describes it. */
  readonly cause: Error;
  readonly peer: Peer | undefined;
  readonly protocol: Protocol | undefined;
  /** The request, if there was one that could be understood. undefined if a connection took several along: see their `Served`. */
  readonly request: HttpRequest | undefined;
  /** Whether it has no response yet and one is possible. */
  readonly answerable: boolean;
  /**
   * Responds to it: the status is the fault's, the content is to be written to the result. If no response is possible any more (see
   * `answerable`), nothing happens: the result is a cancelled Body.
   *
   * @example
   * ```ts
   * tap((fault) => fault.respond({ 'content-type': 'text/plain' }).end(fault.message))
   * ```
   */
  respond(headers?: FieldsInit, status?: number): FaultBody;
}

/** The body of a response to a fault. */
export type FaultBody = Body & {
  /** Writes `content`, and completes. */
  end(content?: string | Uint8Array): void;
};

/** How a client disconnects: it resets its stream or connection, or ends it before its request is whole. */
const DISCONNECTS: ReadonlySet<string> = new Set(['connection-reset', 'stream-reset', 'truncated']);

/** Whether `error` means that the client has disconnected, which is not a fault: its exchange is `aborted`. */
export function isDisconnect(error: unknown): boolean {
  return error instanceof ProtocolError && error.initiator === 'peer' && DISCONNECTS.has(error.code);
}

/** A body whose content is written to it. */
export function faultBody(): FaultBody {
  let written = false;
  const body: FaultBody & Promising = Object.assign(new Body(), {
    promised: undefined,
    next(chunk: Uint8Array): boolean {
      written = true;
      return Body.prototype.next.call(body, chunk);
    },
    end(content: string | Uint8Array = NO_BYTES): void {
      const bytes = typeof content === 'string' ? utf8(content) : content;
      if (!written) body.promised = bytes.length;
      if (bytes.length > 0) body.next(bytes);
      body.complete();
    },
  });
  return body;
}

interface Promising {
  /** How long all of the content is, in bytes, where it was given at once. */
  promised: number | undefined;
}

/** The length of content that was given at once to the body of a fault's response. */
export function promisedLength(content: unknown): number | undefined {
  return content instanceof Body ? (content as Body & Partial<Promising>).promised : undefined;
}

/** A body that will not be read: bytes that are written to it are discarded. */
function cancelledBody(): FaultBody {
  const body = faultBody();
  body.subscribe().unsubscribe();
  return body;
}

/** The exchange that can respond to a fault. */
export interface FaultAnswerer {
  readonly answerable: boolean;
  answerFault(fault: ServerFault, status: number, headers: FieldsInit | undefined): FaultBody;
  answerByDefault(fault: ServerFault): void;
}

/** Where a fault comes from. */
export interface FaultOrigin<Peer> {
  readonly peer: Peer | undefined;
  readonly protocol: Protocol | undefined;
  readonly request: HttpRequest | undefined;
  readonly answerer: FaultAnswerer | undefined;
  /** The scope of its effects, if the error does not have one. */
  readonly scope?: FaultScope;
}

/** A fault that concerns no socket. */
export const NOWHERE: FaultOrigin<never> = {
  peer: undefined,
  protocol: undefined,
  request: undefined,
  answerer: undefined,
};

/** The kind, the code and the default status of a failure. */
interface Classification {
  readonly kind: FaultKind;
  readonly code: string;
  readonly status: number;
  readonly scope: FaultScope;
  readonly initiator: Initiator;
}

/** The handler gave no lawful response. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError';
  constructor(
    readonly code: 'no-response' | 'second-response' | 'invalid-response' | 'trailers-not-sent',
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** A handler of faults failed: it threw, or its Observable did. */
export class FaultHandlerError extends Error {
  override readonly name = 'FaultHandlerError';
  readonly code = 'fault-handler-failed';

  constructor(cause: unknown) {
    super(`the handler of faults failed: ${toError(cause).message}`, { cause });
  }
}

/** Neither side broke a rule: the bytes did not get through, or no longer. */
const OF_THE_TRANSPORT: ReadonlySet<string> = new Set([
  ...['accept-failed', 'handshake-failed', 'connection-reset', 'write-timeout', 'going-away', 'closed'],
]);

function classify(cause: Error): Classification {
  if (cause instanceof ProtocolError) {
    const { code, scope, initiator } = cause;
    const status = cause.status ?? (initiator === 'peer' ? 400 : 500);
    if (OF_THE_TRANSPORT.has(code)) return { kind: 'exception', code, scope, initiator, status };
    return { kind: initiator === 'local' ? 'internal-server-error' : 'bad-request', code, scope, initiator, status };
  }
  if (cause instanceof FaultHandlerError) {
    return { kind: 'exception', code: cause.code, status: 500, scope: 'connection', initiator: 'local' };
  }
  if (cause instanceof ResponseError) {
    return { kind: 'internal-server-error', code: cause.code, status: 500, scope: 'exchange', initiator: 'local' };
  }
  const status = statusOf(cause);
  if (cause instanceof ClientError) return ofClientError(cause, status);
  return {
    kind: status === 502 || status === 504 ? 'bad-gateway' : status < 500 ? 'bad-request' : 'exception',
    code: cause instanceof BodyError || cause instanceof UsageError ? cause.code : 'exception',
    status,
    scope: 'exchange',
    initiator: status < 500 ? 'peer' : 'local',
  };
}

/** Of a request to an upstream: the upstream failed, or this side; or the request that came in cannot go on. */
function ofClientError({ code }: ClientError, status: number): Classification {
  if (!OF_A_GATEWAY.has(status)) return { kind: 'bad-request', code, status, scope: 'exchange', initiator: 'peer' };
  const initiator = OF_THIS_SIDE.has(code) ? 'local' : 'peer';
  return { kind: 'bad-gateway', code, status, scope: 'exchange', initiator };
}

/** Bad Gateway, Service Unavailable, Gateway Timeout (RFC 9110 section 15.6). */
const OF_A_GATEWAY: ReadonlySet<number> = new Set([502, 503, 504]);

/** Errors of a client that no server brought about. */
const OF_THIS_SIDE: ReadonlySet<string> = new Set([
  ...['exception', 'invalid-request', 'invalid-middleware', 'invalid-redirect', 'body-not-repeatable'],
  ...['no-transport', 'queue-full', 'queue-timeout', 'reader-timeout'],
]);

/** The status that a thrown error asks for by a `status` of 400 to 599; 500 of any other. */
function statusOf(error: Error): number {
  const status = 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status <= 599 ? status : 500;
}

/**
 * The text about a fault that a client may read. A message that was written for the program stays with it: `expose` marks one that is meant
 * for clients, as it does on the errors of `HttpError` and http-errors.
 */
export function publicReason({ status, kind, cause, message }: ServerFault): string {
  const exposed =
    (status < 500 && (cause instanceof ProtocolError || cause instanceof BodyError)) ||
    ('expose' in cause && cause.expose === true);
  if (exposed) return message;
  return status < 500 || kind === 'bad-request' ? (REASON_PHRASES[status] ?? 'Error') : kind;
}

/** The error of a teardown, where it is the only one: RxJS gathers them. */
function ofTeardown(thrown: unknown): unknown {
  return thrown instanceof UnsubscriptionError && thrown.errors.length === 1 ? thrown.errors[0] : thrown;
}

/** @internal */
export class Fault<Peer> implements ServerFault<Peer>, Delivery, Creditor {
  readonly kind: FaultKind;
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly scope: FaultScope;
  readonly initiator: Initiator;
  readonly cause: Error;
  private leased: Lease | undefined = undefined;

  constructor(
    thrown: unknown,
    private readonly origin: FaultOrigin<Peer>,
  ) {
    this.cause = toError(ofTeardown(thrown));
    const classified = classify(this.cause);
    this.kind = classified.kind;
    this.code = classified.code;
    this.status = classified.status;
    this.scope = this.cause instanceof ProtocolError ? classified.scope : (origin.scope ?? classified.scope);
    this.initiator = classified.initiator;
    this.message = this.cause.message;
  }

  get peer(): Peer | undefined {
    return this.origin.peer;
  }

  get protocol(): Protocol | undefined {
    return this.origin.protocol;
  }

  get request(): HttpRequest | undefined {
    return this.origin.request;
  }

  get answerable(): boolean {
    return this.origin.answerer?.answerable ?? false;
  }

  respond(headers?: FieldsInit, status = this.status): FaultBody {
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new RangeError(`a fault is responded to with a status from 200 to 599, not with ${status}`);
    }
    const { answerer } = this.origin;
    return answerer?.answerable === true ? answerer.answerFault(this, status, headers) : cancelledBody();
  }

  /** The lease of the fault: code that retains it wants to respond later. */
  lease(): Lease {
    return (this.leased ??= new Lease(this, 0));
  }

  creditBack(): void {
    if (this.answerable) this.origin.answerer?.answerByDefault(this);
  }

  /** The delivery is over. */
  delivered(): void {
    if (this.leased === undefined) this.creditBack();
    else this.leased.release();
  }
}

/** Codes of normal ends: the service stopped, a connection closed. */
const QUIET: ReadonlySet<string> = new Set(['going-away', 'closed']);

/** Without a handler of faults, a mistake of this side is printed with its stack: a bug is never silent. */
export function printFault({ kind, code, cause }: Fault<unknown>): void {
  if (kind === 'bad-request' || QUIET.has(code)) return;
  if (cause instanceof ProtocolError && cause.initiator === 'peer') return;
  console.error(`rxpaf: ${kind} (${code}):`, cause);
}
