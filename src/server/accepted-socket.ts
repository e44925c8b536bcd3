/** One accepted socket, from its acceptance to its end. */
import { from, type Observable, of, take } from 'rxjs';
import { alpn, type Chains } from '../alpn/index.js';
import { EndSubscriber } from '../demand/end-subscriber.js';
import { type FaultScope, ProtocolError, toError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import type { Info } from '../flow/socket-info.js';
import type { Protocol, RequestHead } from '../http/head.js';
import type { ChainContext } from './chain-context.js';
import type { Served } from './finished-exchange.js';
import { h1Chain } from './h1-chain.js';
import { type H2cUpgrade, h2Chain } from './h2-chain.js';
import type { Listed } from './connection-list.js';
import type { GracefulShutdown, Stoppable } from './graceful-shutdown.js';
import type { ServerRuntime } from './error-stream.js';
import { bounded, type Wait } from './negotiation-timeout.js';

/** Where the sockets come from, and where what comes of them goes. */
export interface Acceptor<Peer> {
  readonly runtime: ServerRuntime<Peer>;
  readonly running: GracefulShutdown;
  readonly h2cUpgrade: boolean;
  served(served: Served<Peer>): void;
  ended(serving: AcceptedSocket<Peer>): void;
}

/**
 * Subscribes to what the flow's protocol makes of it, and is what the chains get: one object a connection, not an operator and a
 * closure for each of its parts. There are thousands, and most of them are idle.
 * @internal
 */
export class AcceptedSocket<Peer>
  extends EndSubscriber<Served<Peer>>
  implements Chains<Served<Peer>>, ChainContext<Peer>, Listed
{
  readonly runtime: ServerRuntime<Peer>;
  place = 0;
  private upgrade: H2cUpgrade | undefined = undefined;
  /** A chain has the flow: it closes it, or hands it over. */
  private chosen = false;
  private scope: FaultScope = 'connection';

  private constructor(
    private readonly acceptor: Acceptor<Peer>,
    private readonly flow: Flow,
    readonly peer: Peer,
    readonly scheme: 'http' | 'https',
  ) {
    super();
    this.runtime = acceptor.runtime;
  }

  /**
   * Begins to serve `socket`. What fails here is a fault.
   *
   * @returns undefined where there is nothing to serve.
   */
  static of<Socket, Peer>(
    socket: Socket,
    info: Info<Socket, Peer>,
    acceptor: Acceptor<Peer>,
  ): { readonly serving: AcceptedSocket<Peer>; readonly served: Observable<Served<Peer>> } | undefined {
    let peer: Peer | undefined;
    let flow: Flow | undefined;
    try {
      const failure = info.failure?.(socket);
      if (failure !== undefined) throw failure;
      flow = info.injection(socket);
      peer = info.peer(socket);
      const serving = new AcceptedSocket(acceptor, flow, peer, info.scheme?.(socket) ?? 'http');
      return { serving, served: serving.dispatch(info.alpn(socket)) };
    } catch (error) {
      flow?.error();
      report(acceptor.runtime, error, peer, 'connection');
      return undefined;
    }
  }

  get h2cUpgrade(): boolean {
    return this.acceptor.h2cUpgrade;
  }

  private dispatch(id: ReturnType<Info<unknown, Peer>['alpn']>): Observable<Served<Peer>> {
    const { runtime, acceptor } = this;
    const sniffing = alpn(this.flow, this, bounded(runtime, acceptor.running, SNIFFING));
    if (typeof id !== 'object') return of(id).pipe(sniffing);
    this.scope = 'handshake';
    return from(id).pipe(take(1), bounded(runtime, acceptor.running, HANDSHAKE), sniffing);
  }

  // The chains.

  'http/1.1'(flow: Flow): Observable<Served<Peer>> {
    this.scope = 'connection';
    this.chosen = true;
    return h1Chain(flow, this);
  }

  h2(flow: Flow): Observable<Served<Peer>> {
    this.scope = 'connection';
    this.chosen = true;
    const { upgrade } = this;
    this.upgrade = undefined;
    return h2Chain(flow, this, upgrade);
  }

  register(connection: Stoppable): void {
    this.acceptor.running.add(connection);
  }

  unregister(connection: Stoppable): void {
    this.acceptor.running.delete(connection);
  }

  switchToH2(settings: string, head: RequestHead): void {
    this.upgrade = { settings, head };
    of('h2c').pipe(alpn(this.flow, this)).subscribe(this);
  }

  // What comes of them.

  protected override _next(served: Served<Peer>): void {
    this.acceptor.served(served);
  }

  protected override _error(error: unknown): void {
    this.flow.error();
    // A peer that left before it had asked for anything: a look whether somebody is there, say.
    const left = this.scope === 'connection' && error instanceof ProtocolError && error.code === 'connection-reset';
    if (!left) report(this.runtime, error, this.peer, this.scope);
    this.end();
  }

  protected override _complete(): void {
    if (this.chosen) this.end();
    else this._error(new ProtocolError('handshake-failed', 'the handshake had no result', { scope: this.scope }));
  }

  /** A flow that no chain has yet is in nobody's hands from here on. */
  override unsubscribe(): void {
    if (this.closed) return;
    super.unsubscribe();
    if (!this.chosen) this.flow.error();
  }

  private end(): void {
    this.unsubscribe();
    this.acceptor.ended(this);
  }
}

/** The fault of a socket that is not served. */
function report<Peer>(runtime: ServerRuntime<Peer>, error: unknown, peer: Peer | undefined, scope: FaultScope): void {
  const cause = toError(error);
  const told =
    cause instanceof ProtocolError
      ? cause
      : new ProtocolError(scope === 'handshake' ? 'handshake-failed' : 'closed', cause.message, { scope, cause });
  runtime.report(told, { peer, protocol: undefined, request: undefined, answerer: undefined });
}

const HANDSHAKE: Wait<string | undefined> = {
  limit: 'handshakeTimeout',
  error: () => new ProtocolError('handshake-timeout', 'the handshake took too long', { scope: 'handshake' }),
  onStop: (wait) =>
    wait.fail(new ProtocolError('going-away', 'the service stopped', { scope: 'handshake', initiator: 'local' })),
};

const SNIFFING: Wait<Protocol> = {
  limit: 'headTimeout',
  error: () => new ProtocolError('head-timeout', 'the connection says nothing', { scope: 'connection' }),
  // Of what has come, h1 can make something, or nothing; it ends the connection as it should be ended.
  onStop: (wait) => wait.settle('http/1.1'),
};
