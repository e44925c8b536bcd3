/**
 * Connections in, finished exchanges out: the operator that everything else is for.
 */
import {
  Observable,
  type ObservableInput,
  type OperatorFunction,
  ReplaySubject,
  type SchedulerLike,
  type Subscriber,
  takeUntil,
} from 'rxjs';
import { EndSubscriber } from '../demand/end-subscriber.js';
import { OperatorSubscriber } from '../demand/operator-subscriber.js';
import type { Info } from '../flow/socket-info.js';
import { type Limits, limitsWith } from '../limits.js';
import type { Served } from './finished-exchange.js';
import type { Handler } from './handler.js';
import { ConnectionList } from './connection-list.js';
import { GracefulShutdown } from './graceful-shutdown.js';
import { ServerRuntime } from './error-stream.js';
import { type Acceptor, AcceptedSocket } from './accepted-socket.js';

/** How a service behaves. */
export interface ServiceOptions {
  /** The limits that are not to be the default. */
  readonly limits?: Partial<Limits>;
  /** The clock of all time limits: `asyncScheduler` unless set. */
  readonly scheduler?: SchedulerLike;
  /**
   * When it emits, the graceful end begins: no more connections, each exchange may end, within `drainTimeout`; then the result
   * completes. Unsubscribing is the abrupt form.
   */
  readonly stop?: ObservableInput<unknown>;
  /**
   * Whether a request with `Upgrade: h2c` switches its cleartext connection to HTTP/2 (RFC 7540 section 3.2, deprecated by RFC 9113
   * section 3.1): true unless set. Behind a proxy say false: one that passes `Upgrade` on would become a tunnel for requests that it
   * does not see.
   */
  readonly h2cUpgrade?: boolean;
}

/**
 * Serves HTTP on accepted sockets: each one's ALPN result selects the protocol, the handler answers the requests, and every
 * exchange that ends is emitted. Errors are values: none of them ends the stream; they go to `handler.error`.
 *
 * @throws RangeError for a limit that is none.
 *
 * @example
 * ```ts
 * listen({ port: 8080 })
 *   .pipe(service(nodeInfo, { request: (request) => text(`hello ${request.path}`) }))
 *   .subscribe((served) => console.log(served.status, served.request.path));
 * ```
 */
export function service<Socket, Peer>(
  info: Info<Socket, Peer>,
  handler: Handler<NoInfer<Peer>>,
  options: ServiceOptions = {},
): OperatorFunction<Socket, Served<Peer>> {
  const limits = limitsWith(options.limits);
  return (sockets) =>
    new Observable((subscriber) => {
      const running = new GracefulShutdown();
      const { stop } = options;
      let accepted = sockets;
      if (stop !== undefined) {
        // Connections outlive the end of the sockets, and so does what stops them.
        const stopped = new ReplaySubject<void>(1);
        subscriber.add(running.stoppedBy(stop).subscribe(stopped));
        accepted = sockets.pipe(takeUntil(stopped));
      }
      const runtime = new ServerRuntime(handler, limits, options.scheduler);
      // Of its own, so that the sockets are let go of at their end, which is not the end of the connections.
      accepted.subscribe(
        new EndSubscriber(new Accepting(subscriber, info, runtime, running, options.h2cUpgrade ?? true)),
      );
    });
}

/**
 * Merges what comes of each connection, as `mergeMap` would: a socket that is served never ends the others, nor the whole. Those
 * under way are on a roster, which forgets one of ten thousand as quickly as one of ten.
 */
class Accepting<Socket, Peer> extends OperatorSubscriber<Socket, Served<Peer>> implements Acceptor<Peer> {
  private readonly servings = new ConnectionList<AcceptedSocket<Peer>>();
  private sourceEnded = false;

  constructor(
    to: Subscriber<Served<Peer>>,
    private readonly info: Info<Socket, Peer>,
    readonly runtime: ServerRuntime<Peer>,
    readonly running: GracefulShutdown,
    readonly h2cUpgrade: boolean,
  ) {
    super(to);
  }

  served(served: Served<Peer>): void {
    this.to.next(served);
  }

  ended(serving: AcceptedSocket<Peer>): void {
    this.servings.delete(serving);
    this.completeIfDone();
  }

  protected override _next(socket: Socket): void {
    const begun = AcceptedSocket.of(socket, this.info, this);
    if (begun === undefined) return;
    this.servings.add(begun.serving);
    begun.served.subscribe(begun.serving);
  }

  protected override _complete(): void {
    this.sourceEnded = true;
    this.completeIfDone();
  }

  private completeIfDone(): void {
    if (!this.sourceEnded || this.servings.size > 0 || this.closed) return;
    this.to.complete();
    this.unsubscribe();
  }

  /** Unsubscribed, or all is over: what is still under way ends at once. */
  protected override onFinalize(): void {
    for (const serving of this.servings.all()) serving.unsubscribe();
    this.runtime.stop();
  }
}
