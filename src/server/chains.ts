/** The chains of HTTP, for a dispatch of your own: `alpn(flow, { 'http/1.1': h1(), h2: h2() })`. */
import type { Observable, SchedulerLike } from 'rxjs';
import type { Flow } from '../flow/flow.js';
import type { RequestHead } from '../http/head.js';
import { type Limits, limitsWith } from '../limits.js';
import {
  anyValue,
  booleanOrFunction,
  booleanValue,
  checkOptions,
  objectValue,
  oneOf,
  type OptionTable,
} from '../option-checks.js';
import { type ChainContext, isTrusted } from './chain-context.js';
import type { FaultTarget } from './error-stream.js';
import { h1Chain } from './h1-chain.js';
import { h2Chain } from './h2-chain.js';
import type { HttpConnection } from './http-connection.js';
import { ServerRuntime } from './server-runtime.js';

/** How a chain serves its flow. */
export interface ChainOptions<Peer = unknown> {
  /** The client, for `connection.peer`. */
  readonly peer?: Peer;
  /** `https` where the flow is secured: `http` unless set. */
  readonly scheme?: 'http' | 'https';
  readonly limits?: Partial<Limits>;
  readonly scheduler?: SchedulerLike;
  /** The error stream, which any number of chains share. */
  readonly faults?: FaultTarget<Peer>;
  /** Whether HTTP/2 clients may open tunnels by extended CONNECT (RFC 8441): false unless set. */
  readonly connectProtocol?: boolean;
  /**
   * Whether HTTP/1.1 clients may end their side and still wait for a response, for as long as `limits.writeTimeout`: false unless set. An
   * exchange whose client has ended its side is aborted after `limits.halfCloseTimeout` without a byte sent.
   */
  readonly halfClose?: boolean;
  /** Whether the client is a proxy of your own, which may ask for `https:` on a connection that is not secured: false unless set. */
  readonly trustedProxy?: boolean | ((peer: Peer) => boolean);
}

/**
 * The chain of HTTP/1.1: it emits the connection of a flow, and completes when that has closed; unsubscribing closes it.
 *
 * @throws RangeError for a limit that is out of its range.
 *
 * @example
 * ```ts
 * of('http/1.1').pipe(alpn(flow, { 'http/1.1': h1({ faults }), h2: h2({ faults }) })); // Observable<HttpConnection>
 * ```
 */
export function h1<Peer = undefined>(
  options: ChainOptions<Peer> = {},
): (flow: Flow) => Observable<HttpConnection<Peer>> {
  const runtime = runtimeOf(options);
  return (flow) => h1Chain(flow, new OwnContext(options, runtime));
}

/**
 * The chain of HTTP/2: as `h1`, for a flow that begins with the connection preface (RFC 9113 section 3.4).
 *
 * @throws RangeError for a limit that is out of its range.
 */
export function h2<Peer = undefined>(
  options: ChainOptions<Peer> = {},
): (flow: Flow) => Observable<HttpConnection<Peer>> {
  const runtime = runtimeOf(options);
  return (flow) => h2Chain(flow, new OwnContext(options, runtime), undefined);
}

/** The runtime that all connections of a chain without options share. */
let shared: ServerRuntime<unknown> | undefined;

/** A chain is made for each connection, if its options name the peer: the shared runtime is kept with the error stream. */
const ofFaults = new WeakMap<FaultTarget<never>, ServerRuntime<unknown>>();

const CHAIN_OPTIONS: OptionTable<ChainOptions<never>> = {
  peer: anyValue,
  scheme: oneOf('http', 'https'),
  limits: objectValue,
  scheduler: objectValue,
  faults: objectValue,
  connectProtocol: booleanValue,
  halfClose: booleanValue,
  trustedProxy: booleanOrFunction,
};

function runtimeOf<Peer>(options: ChainOptions<Peer>): ServerRuntime<Peer> {
  checkOptions('a chain', options, CHAIN_OPTIONS);
  const { limits, scheduler, faults } = options;
  const make = (): ServerRuntime<Peer> => new ServerRuntime(limitsWith(limits), scheduler, faults);
  if (limits !== undefined || scheduler !== undefined) return make();
  if (faults === undefined) return (shared ??= make() as ServerRuntime<unknown>) as ServerRuntime<Peer>;
  let runtime = ofFaults.get(faults);
  if (runtime === undefined) ofFaults.set(faults, (runtime = make() as ServerRuntime<unknown>));
  return runtime as ServerRuntime<Peer>;
}

/** The context of a chain that no service has. */
class OwnContext<Peer> implements ChainContext<Peer> {
  readonly sink = undefined;
  /** There is no dispatch that could switch. */
  readonly h2cUpgrade = false;
  readonly isLate = false;
  /** The program knows what it was connected for. */
  readonly hosts = undefined;

  constructor(
    private readonly options: ChainOptions<Peer>,
    readonly runtime: ServerRuntime<Peer>,
  ) {}

  get peer(): Peer {
    return this.options.peer as Peer;
  }

  get scheme(): 'http' | 'https' {
    return this.options.scheme ?? 'http';
  }

  get isTrustedProxy(): boolean {
    return isTrusted(this.options.trustedProxy ?? false, this.peer);
  }

  get halfClose(): boolean {
    return this.options.halfClose ?? false;
  }

  get connectProtocol(): boolean {
    return this.options.connectProtocol ?? false;
  }

  register(): void {
    // `connection.shutdown()` is the program's.
  }

  unregister(): void {
    // See above.
  }

  switchToH2(_settings: string, _head: RequestHead): void {
    // `h2cUpgrade` is false.
  }
}
