/**
 * Connections in, finished exchanges out: the operator that everything else is for.
 */
import {
  catchError,
  finalize,
  from,
  mergeMap,
  Observable,
  type ObservableInput,
  of,
  type OperatorFunction,
  type SchedulerLike,
  take,
  takeUntil,
  tap,
} from 'rxjs';
import { alpn } from '../alpn/index.js';
import type { Protocol } from '../http/head.js';
import { type FaultScope, ProtocolError, toError } from '../errors.js';
import { type Limits, limitsWith } from '../limits.js';
import type { Served } from './exchange.js';
import { Dispatch } from './dispatch.js';
import type { Handler } from './handler.js';
import type { Flow } from '../flow/flow.js';
import type { Info } from '../flow/info.js';
import { Running } from './running.js';
import { ServerRuntime } from './runtime.js';
import { bounded, type Wait } from './wait.js';

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
  handler: Handler<Peer>,
  options: ServiceOptions = {},
): OperatorFunction<Socket, Served<Peer>> {
  const limits = limitsWith(options.limits);
  return (sockets) =>
    new Observable((subscriber) => {
      const runtime = new ServerRuntime(handler, limits, options.scheduler);
      const running = new Running();
      const accepted = options.stop === undefined ? sockets : sockets.pipe(takeUntil(running.stoppedBy(options.stop)));
      return accepted
        .pipe(
          mergeMap((socket) => serveSocket(socket, info, runtime, running)),
          finalize(() => runtime.stop()),
        )
        .subscribe(subscriber);
    });
}

/** One socket, from its acceptance to its end; it never errors. */
function serveSocket<Socket, Peer>(
  socket: Socket,
  info: Info<Socket, Peer>,
  runtime: ServerRuntime<Peer>,
  running: Running,
): Observable<Served<Peer>> {
  const failure = info.failure?.(socket);
  if (failure !== undefined) return reported(failure, runtime, undefined, failure.scope);
  let peer: Peer | undefined;
  let injected: Flow | undefined;
  let scope: FaultScope = 'handshake';
  try {
    const who = info.peer(socket);
    peer = who;
    const flow = info.injection(socket);
    injected = flow;
    const id = info.alpn(socket);
    const late = typeof id === 'object';
    if (!late) scope = 'connection';
    const ids = late ? from(id).pipe(take(1), bounded(runtime, running, HANDSHAKE)) : of(id);
    const dispatch = new Dispatch(ids, runtime, who, info.scheme?.(socket) ?? 'http', running);
    return dispatch.protocols.pipe(
      tap(() => (scope = 'connection')),
      alpn(flow, dispatch, bounded(runtime, running, SNIFFING)),
      catchError((error: unknown) => {
        flow.error();
        return reported(error, runtime, peer, scope);
      }),
    );
  } catch (error) {
    injected?.error();
    return reported(error, runtime, peer, 'connection');
  }
}

/** The fault of a socket that is not served. */
function reported<Peer>(
  error: unknown,
  runtime: ServerRuntime<Peer>,
  peer: Peer | undefined,
  scope: FaultScope,
): Observable<never> {
  return new Observable((subscriber) => {
    const cause = toError(error);
    const told =
      cause instanceof ProtocolError
        ? cause
        : new ProtocolError(scope === 'handshake' ? 'handshake-failed' : 'closed', cause.message, { scope, cause });
    runtime.report(told, { peer, protocol: undefined, request: undefined, answerer: undefined });
    subscriber.complete();
  });
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
