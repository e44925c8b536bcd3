/**
 * Faults: what went wrong, as values on one stream. None of them ends the stream of connections, and each appears once.
 * Where an answer is possible, whoever sees the fault may give it; when nobody has by the end of its delivery, the default
 * answer of its status goes out.
 */
import { UnsubscriptionError } from 'rxjs';
import type { Body } from '../body/body.js';
import { type Creditor, type Delivery, Lease } from '../demand/lease.js';
import { BodyError, ClientError, type FaultScope, type Initiator, ProtocolError, toError } from '../errors.js';
import type { FieldsInit } from '../http/fields.js';
import type { Protocol } from '../http/head.js';
import type { HttpRequest } from '../drive/request.js';

/**
 * - `bad-request`: the client broke a rule, or asked too much.
 * - `bad-gateway`: a server behind this one did.
 * - `internal-server-error`: the handler gave no lawful answer.
 * - `exception`: something was thrown, or the transport failed; see `cause`.
 */
export type FaultKind = 'bad-request' | 'bad-gateway' | 'internal-server-error' | 'exception';

/** One thing that went wrong. */
export interface ServerFault<Peer = unknown> {
  readonly kind: FaultKind;
  /** Stable: of a `ProtocolError`, `BodyError` or `ClientError` its code, else `exception`, `no-response`, `second-response`, `invalid-response`. */
  readonly code: string;
  readonly message: string;
  /** The status of the default answer. */
  readonly status: number;
  /** What it ends. */
  readonly scope: FaultScope;
  readonly initiator: Initiator;
  /** What was thrown, or the `ProtocolError` that tells it. */
  readonly cause: Error;
  readonly peer: Peer | undefined;
  readonly protocol: Protocol | undefined;
  /** The request, where there was one that could be understood. None where a connection took several along: see their `Served`. */
  readonly request: HttpRequest | undefined;
  /** Whether nobody has answered yet and an answer is possible. */
  readonly answerable: boolean;
  /**
   * Answers it: the status is the fault's, the content is to be written to the result.
   *
   * @throws TypeError where no answer is possible (see `answerable`).
   *
   * @example
   * ```ts
   * tap((fault) => fault.answerable && fault.respond({ 'content-type': 'text/plain' }).end(fault.message))
   * ```
   */
  respond(headers?: FieldsInit, status?: number): FaultBody;
}

/** The body of an answer to a fault. */
export type FaultBody = Body & {
  /** Writes `content`, and completes. */
  end(content?: string | Uint8Array): void;
};

/** Who can answer a fault. */
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
}

/** What kind of fault, with which code and default status, a failure is. */
interface Classification {
  readonly kind: FaultKind;
  readonly code: string;
  readonly status: number;
  readonly scope: FaultScope;
  readonly initiator: Initiator;
}

/** The handler gave no lawful answer. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError';
  constructor(
    readonly code: 'no-response' | 'second-response' | 'invalid-response',
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** Nobody said anything wrong: the bytes did not get through, or no longer. */
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
  if (cause instanceof ResponseError) {
    return { kind: 'internal-server-error', code: cause.code, status: 500, scope: 'exchange', initiator: 'local' };
  }
  const status = statusOf(cause);
  return {
    kind:
      status === 502 || status === 504 || cause instanceof ClientError
        ? 'bad-gateway'
        : status < 500
          ? 'bad-request'
          : 'exception',
    code: cause instanceof BodyError || cause instanceof ClientError ? cause.code : 'exception',
    status,
    scope: 'exchange',
    initiator: status < 500 ? 'peer' : 'local',
  };
}

/** The status that a thrown error asks for by a `status` of 400 to 599; 500 of any other. */
function statusOf(error: Error): number {
  const status = 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status <= 599 ? status : 500;
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
    this.scope = classified.scope;
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
    const { answerer } = this.origin;
    if (answerer === undefined || !answerer.answerable) throw new TypeError('this fault can no longer be answered');
    return answerer.answerFault(this, status, headers);
  }

  /** The lease of the fault: whoever retains it wants to answer later. */
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
