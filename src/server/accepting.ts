/** Sockets in, the values of their connections out: the base of `service` and `connections`. */
import {
  Observable,
  type ObservableInput,
  type Observer,
  type OperatorFunction,
  ReplaySubject,
  type SchedulerLike,
  type Subscriber,
  takeUntil,
} from 'rxjs';
import { EndSubscriber } from '../demand/end-subscriber.js';
import { OperatorSubscriber } from '../demand/operator-subscriber.js';
import type { Info } from '../flow/socket-info.js';
import { booleanOrFunction, booleanValue, objectValue, type OptionTable } from '../option-checks.js';
import { type Limits, limitsWith } from '../limits.js';
import { AcceptedSocket, type Acceptor, type ProtocolChain } from './accepted-socket.js';
import { ServerConnection } from './connection.js';
import { ConnectionList } from './connection-list.js';
import type { FaultTarget } from './error-stream.js';
import { type ExchangeSink, ServiceSink } from './exchange-sink.js';
import { GracefulShutdown } from './graceful-shutdown.js';
import type { Handler } from './handler.js';
import type { ConnectionEvent, HttpConnection } from './http-connection.js';
import { isTrusted } from './chain-context.js';
import { ServerRuntime } from './server-runtime.js';

/** How connections are served. */
export interface ConnectionsOptions<Peer = unknown, T = never> {
  /** The limits that are not to be the default. */
  readonly limits?: Partial<Limits>;
  /** The clock of all time limits: `asyncScheduler` unless set. */
  readonly scheduler?: SchedulerLike;
  /**
   * When it emits, the graceful shutdown begins: no more connections, each exchange may end, within `drainTimeout`; then the result
   * completes. Unsubscribing is the abrupt form.
   */
  readonly stop?: ObservableInput<unknown>;
  /** The error stream. Without one, and without `handler.error`, errors of this side are printed with their stack. */
  readonly faults?: FaultTarget<Peer>;
  /** Chains of your own, by ALPN protocol id. Over TLS, offer their ids as well: `tls: { ALPNProtocols }`. */
  readonly protocols?: Readonly<Record<string, ProtocolChain<Peer, T>>>;
  /** Gets each connection as it opens, chooses its protocol, and closes: for example a Subject. */
  readonly connectionEvents?: Pick<Observer<ConnectionEvent<Peer>>, 'next'>;
  /**
   * Whether a request with `Upgrade: h2c` switches its cleartext connection to HTTP/2 (RFC 7540 section 3.2, deprecated by RFC 9113
   * section 3.1): true unless set. Set it to false after a proxy: one that passes `Upgrade` on would become a tunnel for requests
   * that it does not see.
   */
  readonly h2cUpgrade?: boolean;
  /**
   * Whether HTTP/2 clients may open tunnels by extended CONNECT (RFC 8441), such as WebSocket: false unless set. Browsers use HTTP/1.1
   * for `wss:` then.
   */
  readonly connectProtocol?: boolean;
  /**
   * Whether HTTP/1.1 clients may end their side and still wait for a response, for as long as `limits.writeTimeout`: false unless set. An
   * exchange whose client has ended its side is aborted after `limits.halfCloseTimeout` without a byte sent.
   */
  readonly halfClose?: boolean;
  /**
   * Whether the client is a proxy of your own: true, or a function of the peer. Only a trusted proxy may ask for `https:` (or any scheme
   * but `http:`) on a connection that is not secured, as HAProxy and Envoy do over HTTP/2. Other clients get 421 (RFC 9110 section 7.4).
   * False unless set.
   */
  readonly trustedProxy?: boolean | ((peer: Peer) => boolean);
}

/**
 * Serves sockets. With a handler, the result emits finished exchanges; without one, the connections.
 * @internal
 */
export function accepting<Socket, Peer, T, R>(
  info: Info<Socket, Peer>,
  options: ConnectionsOptions<Peer, T>,
  handler: Handler<Peer> | undefined,
): OperatorFunction<Socket, R> {
  const limits = limitsWith(options.limits);
  checkProtocols(options.protocols);
  return (sockets) =>
    new Observable((subscriber) => {
      const shutdown = new GracefulShutdown();
      const { stop } = options;
      let accepted = sockets;
      if (stop !== undefined) {
        // Connections outlive the end of the sockets, and so does the notifier that stops them.
        const stopped = new ReplaySubject<void>(1);
        subscriber.add(shutdown.stoppedBy(stop).subscribe(stopped));
        accepted = sockets.pipe(takeUntil(stopped));
      }
      // A subscriber of its own, so that the sockets are released at their end, which is not the end of the connections.
      accepted.subscribe(
        new EndSubscriber(new Accepting<Socket, Peer, T>(subscriber, info, limits, options, shutdown, handler)),
      );
    });
}

/** The check of each option. */
export const CONNECTIONS_OPTIONS: OptionTable<ConnectionsOptions<never>> = {
  limits: objectValue,
  scheduler: objectValue,
  stop: objectValue,
  faults: objectValue,
  protocols: objectValue,
  connectionEvents: objectValue,
  h2cUpgrade: booleanValue,
  connectProtocol: booleanValue,
  halfClose: booleanValue,
  trustedProxy: booleanOrFunction,
};

function checkProtocols(protocols: Readonly<Record<string, unknown>> = {}): void {
  for (const [id, chain] of Object.entries(protocols)) {
    if (typeof chain !== 'function') throw new TypeError(`protocols: the chain of "${id}" is not a function`);
  }
}

/**
 * Merges the values of each connection, as `mergeMap` would: a socket never ends the others, nor the whole. Those under way are on a list,
 * which forgets one of ten thousand as quickly as one of ten.
 */
class Accepting<Socket, Peer, T> extends OperatorSubscriber<Socket, unknown> implements Acceptor<Peer, T> {
  readonly runtime: ServerRuntime<Peer>;
  readonly sink: ExchangeSink<Peer> | undefined;
  readonly h2cUpgrade: boolean;
  readonly connectProtocol: boolean;
  readonly halfClose: boolean;
  private readonly trustedProxy: boolean | ((peer: Peer) => boolean);
  private readonly open = new ConnectionList<AcceptedSocket<Peer, T>>();
  private readonly events: Pick<Observer<ConnectionEvent<Peer>>, 'next'> | undefined;
  private readonly protocols: Readonly<Record<string, ProtocolChain<Peer, T>>> | undefined;
  private accepted = 0;
  private sourceEnded = false;

  constructor(
    to: Subscriber<unknown>,
    private readonly info: Info<Socket, Peer>,
    limits: Limits,
    options: ConnectionsOptions<Peer, T>,
    readonly shutdown: GracefulShutdown,
    handler: Handler<Peer> | undefined,
  ) {
    super(to);
    this.runtime = new ServerRuntime(limits, options.scheduler, options.faults, handler?.error);
    this.sink =
      handler === undefined ? undefined : new ServiceSink<Peer>(handler.request, (served) => this.to.next(served));
    this.h2cUpgrade = options.h2cUpgrade ?? true;
    this.connectProtocol = options.connectProtocol ?? false;
    this.halfClose = options.halfClose ?? false;
    this.trustedProxy = options.trustedProxy ?? false;
    this.events = options.connectionEvents;
    this.protocols = options.protocols;
  }

  isTrustedProxy(peer: Peer): boolean {
    return isTrusted(this.trustedProxy, peer);
  }

  protocol(id: string): ProtocolChain<Peer, T> | undefined {
    const { protocols } = this;
    return protocols !== undefined && Object.hasOwn(protocols, id) ? protocols[id] : undefined;
  }

  emit(value: HttpConnection<Peer> | T): void {
    // A service that has the exchanges does not expose its connections.
    if (this.sink === undefined || !(value instanceof ServerConnection)) this.to.next(value);
  }

  changed(
    type: ConnectionEvent['type'],
    peer: Peer,
    connection: HttpConnection<Peer> | undefined,
    detail: string | Error | undefined,
  ): void {
    if (this.events === undefined) return;
    const counts = { peer, open: this.open.size - (type === 'closed' ? 1 : 0), accepted: this.accepted };
    if (type === 'opened') this.events.next({ type, ...counts });
    else if (type === 'protocol') this.events.next({ type, ...counts, connection, protocol: detail as string });
    else this.events.next({ type, ...counts, connection, error: detail as Error | undefined });
  }

  ended(socket: AcceptedSocket<Peer, T>): void {
    this.open.delete(socket);
    this.completeIfDone();
  }

  protected override _next(socket: Socket): void {
    const begun = AcceptedSocket.of(socket, this.info, this);
    if (begun === undefined) return;
    this.accepted++;
    this.open.add(begun.accepted);
    this.changed('opened', begun.accepted.peer, undefined, undefined);
    begun.values.subscribe(begun.accepted);
  }

  protected override _complete(): void {
    this.sourceEnded = true;
    this.completeIfDone();
  }

  private completeIfDone(): void {
    if (!this.sourceEnded || this.open.size > 0 || this.closed) return;
    this.to.complete();
    this.unsubscribe();
  }

  /** Unsubscribed, or all is over: open connections end at once. */
  protected override onFinalize(): void {
    for (const socket of this.open.all()) socket.abandon();
    this.runtime.stop();
  }
}
