/** One accepted socket, from its acceptance to its end. */
import { from, type Observable, of, take } from 'rxjs';
import { type Chain, type ChainSelector, switchChains } from '../alpn/index.js';
import { EndSubscriber } from '../demand/end-subscriber.js';
import { type FaultScope, ProtocolError, toError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import type { ConnectionHosts, Info } from '../flow/socket-info.js';
import type { Protocol, RequestHead } from '../http/head.js';
import type { ChainContext } from './chain-context.js';
import { ServerConnection } from './connection.js';
import type { Listed } from './connection-list.js';
import type { ExchangeSink } from './exchange-sink.js';
import { ResponseError } from './faults.js';
import { DrainTime } from './drain-time.js';
import type { GracefulShutdown, Stoppable } from './graceful-shutdown.js';
import { h1Chain } from './h1-chain.js';
import { type H2cUpgrade, h2Chain } from './h2-chain.js';
import type { ConnectionEvent, HttpConnection } from './http-connection.js';
import { bounded, type Wait } from './negotiation-timeout.js';
import type { ServerRuntime } from './server-runtime.js';

/** The origin of a flow, for the chain of a protocol of your own. */
export interface FlowOrigin<Peer> {
  readonly peer: Peer;
  readonly scheme: 'http' | 'https';
}

/**
 * The chain of a protocol of your own, by the side of HTTP. When it completes, the flow's writing side is ended; when it fails, and when
 * the service is unsubscribed from, the flow is closed. On a graceful shutdown it has `limits.drainTimeout` to complete.
 */
export type ProtocolChain<Peer, T> = (flow: Flow, origin: FlowOrigin<Peer>) => ReturnType<Chain<T>>;

/** The source of the sockets, and the destination of their results. */
export interface Acceptor<Peer, T> {
  readonly runtime: ServerRuntime<Peer>;
  readonly shutdown: GracefulShutdown;
  readonly h2cUpgrade: boolean;
  readonly connectProtocol: boolean;
  readonly halfClose: boolean;
  isTrustedProxy(peer: Peer): boolean;
  readonly sink: ExchangeSink<Peer> | undefined;
  protocol(id: string): ProtocolChain<Peer, T> | undefined;
  emit(value: HttpConnection<Peer> | T): void;
  changed(
    type: ConnectionEvent['type'],
    peer: Peer,
    connection: HttpConnection<Peer> | undefined,
    detail: string | Error | undefined,
  ): void;
  ended(socket: AcceptedSocket<Peer, T>): void;
}

/**
 * Subscribes to the result of the flow's protocol, and is the argument of the chains: one object a connection, not an operator and a
 * closure for each of its parts. There are thousands, and most of them are idle.
 * @internal
 */
export class AcceptedSocket<Peer, T>
  extends EndSubscriber<HttpConnection<Peer> | T>
  implements ChainContext<Peer>, ChainSelector<HttpConnection<Peer> | T>, Listed
{
  place = 0;
  private upgrade: H2cUpgrade | undefined = undefined;
  /** A chain has the flow: it closes it, or hands it over. */
  private chosen = false;
  /** A chain of the program's runs. */
  private foreign = false;
  isLate = false;
  private scope: FaultScope = 'connection';
  private connection: ServerConnection<Peer> | undefined = undefined;

  private constructor(
    private readonly acceptor: Acceptor<Peer, T>,
    private readonly flow: Flow,
    readonly peer: Peer,
    readonly scheme: 'http' | 'https',
    readonly hosts: ConnectionHosts | undefined,
  ) {
    super();
  }

  /**
   * Begins to serve `socket`. An error here is a fault.
   *
   * @returns undefined if there is nothing to serve.
   */
  static of<Socket, Peer, T>(
    socket: Socket,
    info: Info<Socket, Peer>,
    acceptor: Acceptor<Peer, T>,
  ): { readonly accepted: AcceptedSocket<Peer, T>; readonly values: Observable<HttpConnection<Peer> | T> } | undefined {
    let peer: Peer | undefined;
    let flow: Flow | undefined;
    try {
      const failure = info.failure?.(socket);
      if (failure !== undefined) throw failure;
      flow = info.injection(socket);
      peer = info.peer(socket);
      const accepted = new AcceptedSocket(acceptor, flow, peer, info.scheme?.(socket) ?? 'http', info.hosts?.(socket));
      return { accepted, values: accepted.dispatch(info.alpn(socket)) };
    } catch (error) {
      flow?.error();
      report(acceptor.runtime, error, peer, 'connection');
      return undefined;
    }
  }

  get runtime(): ServerRuntime<Peer> {
    return this.acceptor.runtime;
  }

  get sink(): ExchangeSink<Peer> | undefined {
    return this.acceptor.sink;
  }

  get h2cUpgrade(): boolean {
    return this.acceptor.h2cUpgrade;
  }

  get isTrustedProxy(): boolean {
    return this.acceptor.isTrustedProxy(this.peer);
  }

  get halfClose(): boolean {
    return this.acceptor.halfClose;
  }

  get connectProtocol(): boolean {
    return this.acceptor.connectProtocol;
  }

  private dispatch(id: ReturnType<Info<unknown, Peer>['alpn']>): Observable<HttpConnection<Peer> | T> {
    const { runtime, acceptor } = this;
    const sniffing = switchChains(this.flow, this, bounded(runtime, acceptor.shutdown, SNIFFING));
    if (typeof id !== 'object') return of(id).pipe(sniffing);
    this.scope = 'handshake';
    return from(id).pipe(take(1), bounded(runtime, acceptor.shutdown, HANDSHAKE), sniffing);
  }

  /** The chain of a protocol id. */
  chainOf(id: string): Chain<HttpConnection<Peer> | T> | undefined {
    this.scope = 'connection';
    if (id === LATE) {
      this.isLate = true;
      return this.chainOf('http/1.1');
    }
    const own = this.acceptor.protocol(id);
    if (own !== undefined) return (flow) => this.runForeign(id, own, flow);
    if (id === 'http/1.1') return (flow) => this.runHttp(h1Chain(flow, this));
    if (id !== 'h2') return undefined;
    const { upgrade } = this;
    this.upgrade = undefined;
    return (flow) => this.runHttp(h2Chain(flow, this, upgrade));
  }

  private runHttp(chain: Observable<HttpConnection<Peer>>): Observable<HttpConnection<Peer>> {
    this.chosen = true;
    return chain;
  }

  /** A protocol of the program's: on a graceful shutdown it has the drain time to end. */
  private runForeign(id: string, chain: ProtocolChain<Peer, T>, flow: Flow): ReturnType<Chain<T>> {
    const values = chain(flow, this);
    this.chosen = true;
    this.foreign = true;
    this.acceptor.changed('protocol', this.peer, undefined, id);
    const drain = new DrainTime(this.runtime, () => {
      const words = 'the drain time is over: end your protocol when the service stops';
      this.error(new ProtocolError('going-away', words, { scope: 'connection', initiator: 'local' }));
    });
    this.acceptor.shutdown.add(drain);
    this.add(() => {
      drain.stop();
      this.acceptor.shutdown.delete(drain);
      if (this.foreign) flow.error();
    });
    return values;
  }

  register(connection: Stoppable): void {
    this.acceptor.shutdown.add(connection);
  }

  unregister(connection: Stoppable): void {
    this.acceptor.shutdown.delete(connection);
  }

  switchToH2(settings: string, head: RequestHead): void {
    this.upgrade = { settings, head };
    of('h2c').pipe(switchChains(this.flow, this)).subscribe(this);
  }

  // The values of the chains.

  protected override _next(value: HttpConnection<Peer> | T): void {
    if (value instanceof ServerConnection && this.connection !== value) {
      this.connection = value as ServerConnection<Peer>;
      this.acceptor.changed('protocol', this.peer, this.connection, this.connection.protocol);
    }
    this.acceptor.emit(value);
  }

  protected override _error(error: unknown): void {
    this.flow.error();
    // A peer that disconnected before its first request, for example a check whether the server is there.
    const left = this.scope === 'connection' && error instanceof ProtocolError && error.code === 'connection-reset';
    if (!left) report(this.runtime, error, this.peer, this.scope);
    this.end(toError(error));
  }

  protected override _complete(): void {
    if (this.foreign) {
      // Its written bytes go out.
      this.foreign = false;
      this.flow.complete();
    }
    if (this.chosen) this.end(this.connection?.endError);
    else this._error(new ProtocolError('handshake-failed', 'the handshake had no result', { scope: this.scope }));
  }

  /** A flow without a chain has no owner from here on. */
  override unsubscribe(): void {
    if (this.closed) return;
    super.unsubscribe();
    if (!this.chosen) this.flow.error();
  }

  /** The service is unsubscribed from. */
  abandon(): void {
    this.unsubscribe();
    this.end(this.connection?.endError);
  }

  private end(error: Error | undefined): void {
    this.unsubscribe();
    this.acceptor.changed('closed', this.peer, this.connection, error);
    this.acceptor.ended(this);
  }
}

/** The fault of a socket that is not served. */
function report<Peer>(runtime: ServerRuntime<Peer>, error: unknown, peer: Peer | undefined, scope: FaultScope): void {
  const cause = toError(error);
  const fault =
    cause instanceof ProtocolError || cause instanceof ResponseError || scope !== 'handshake'
      ? cause
      : new ProtocolError('handshake-failed', cause.message, { scope, cause });
  runtime.report(fault, { peer, protocol: undefined, request: undefined, answerer: undefined, scope });
}

const HANDSHAKE: Wait<string | undefined> = {
  limit: 'handshakeTimeout',
  onTimeout: (wait) =>
    wait.fail(new ProtocolError('handshake-timeout', 'the handshake took too long', { scope: 'handshake' })),
  onStop: (wait) =>
    wait.fail(new ProtocolError('going-away', 'the service stopped', { scope: 'handshake', initiator: 'local' })),
};

/** HTTP/1.1, once the time for the first bytes is over. */
const LATE = 'http/1.1, late' as Protocol;

const SNIFFING: Wait<Protocol> = {
  limit: 'headTimeout',
  onTimeout: (wait) => wait.settle(LATE),
  // h1 can make something of the bytes so far, or nothing; it ends the connection as it should be ended.
  onStop: (wait) => wait.settle('http/1.1'),
};
