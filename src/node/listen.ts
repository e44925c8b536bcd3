/**
 * Accepted connections as an Observable: TCP, TLS and unix sockets. TLS handshakes run concurrently, off the accept loop,
 * bounded in time; what fails there, or on accept, is emitted as a value, and the loop goes on.
 */
import { createServer, type ServerOpts, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { isObservable, Observable, type Subscriber, type TeardownLogic } from 'rxjs';
import { ListenError, ProtocolError, type ProtocolErrorCode, toError } from '../errors.js';
import { DescriptorWatch, isExhausted } from './descriptor-watch.js';
import { checkListenOptions, type ListenOptions } from './listen-options.js';
import { ListeningSocket } from './listening-socket.js';
import { TlsAcceptor } from './tls-acceptor.js';
import { checkListenTlsOptions, type ListenTlsOptions } from './tls-options.js';

/** A socket that `listen` accepted; a TLS one after its handshake. */
export type NodeSocket = Socket | TLSSocket;

/** The failure in place of a connection. */
export class ListenFailure {
  constructor(readonly error: ProtocolError) {}
}

/** The values of `listen`. */
export type Accepted = NodeSocket | ListenFailure;

/**
 * Accepts connections while it is subscribed to; unsubscribing stops accepting, ends the TLS handshakes that are under way, and keeps
 * the accepted connections.
 *
 * Errors: `ListenError` (`address-in-use`, ...) if it cannot listen.
 *
 * @throws RangeError or TypeError for an unknown option, a value of another kind, or options that do not go together.
 *
 * @example
 * ```ts
 * listen({ port: 8443, tls: { key, cert } }).pipe(service(nodeInfo, handler)).subscribe();
 * ```
 */
export function listen(options: ListenOptions): Observable<Accepted> {
  checkListenOptions(options);
  const { tls } = options;
  if (tls !== undefined && !isObservable(tls)) checkListenTlsOptions(tls);
  return new Observable((subscriber) => {
    if (tls === undefined) return accept(options, subscriber, undefined);
    if (isObservable(tls)) return acceptRenewed(tls, options, subscriber);
    const acceptor = acceptorOf(tls, subscriber);
    return acceptor && accept(options, subscriber, acceptor);
  });
}

// Two of the kernel's reads: with Node's own 16 KiB each chunk stops and starts the reading, at twice the CPU of an upload.
const HIGH_WATER = 128 * 1024;
/** ms of `tcpKeepAlive`. */
const KEEP_ALIVE = 60_000;

/** The first of the options begins it, the next ones renew them. */
function acceptRenewed(
  source: Observable<ListenTlsOptions>,
  options: ListenOptions,
  subscriber: Subscriber<Accepted>,
): TeardownLogic {
  let acceptor: TlsAcceptor | undefined;
  const unchanged = (what: string, cause: unknown): void => {
    const message = `${what}: ${toError(cause).message}. The TLS options before it stay in use`;
    fail(subscriber, 'tls-not-renewed', message, cause);
  };
  return source.subscribe({
    next: (next) => {
      if (acceptor === undefined) {
        acceptor = acceptorOf(next, subscriber);
        if (acceptor !== undefined) subscriber.add(accept(options, subscriber, acceptor));
        return;
      }
      try {
        acceptor.renew(next);
      } catch (cause) {
        unchanged('the renewed TLS options cannot be used', cause);
      }
    },
    error: (cause: unknown) => {
      if (acceptor !== undefined) return unchanged('the source of TLS options has failed and renews no more', cause);
      subscriber.error(listenFailed(`the source of TLS options failed: ${toError(cause).message}`, cause));
    },
    complete: () => {
      if (acceptor === undefined) subscriber.error(listenFailed('the source of TLS options completed without a value'));
    },
  });
}

/** TLS with the first options; if they cannot be used, nothing listens. */
function acceptorOf(options: ListenTlsOptions, subscriber: Subscriber<Accepted>): TlsAcceptor | undefined {
  try {
    return new TlsAcceptor(options, HIGH_WATER, {
      secured: (socket) => emit(socket, subscriber),
      failed: (error) => subscriber.next(new ListenFailure(error)),
    });
  } catch (cause) {
    subscriber.error(listenFailed(`the TLS options cannot be used: ${toError(cause).message}`, cause));
    return undefined;
  }
}

function listenFailed(message: string, cause?: unknown): ListenError {
  return new ListenError('listen-failed', message, cause);
}

function fail(subscriber: Subscriber<Accepted>, code: ProtocolErrorCode, message: string, cause?: unknown): void {
  subscriber.next(new ListenFailure(new ProtocolError(code, message, { scope: 'accept', initiator: 'local', cause })));
}

function emit(socket: NodeSocket, subscriber: Subscriber<Accepted>): void {
  // A handshake that was under way when accepting ended: its connection has no owner.
  if (subscriber.closed) return void socket.destroy();
  socket.allowHalfOpen = true;
  // RFC 9113 section 9.2.1: renegotiation is an error of the connection. HTTP/1.1 does not need it either, and it costs us more than the
  // client.
  if ('disableRenegotiation' in socket) socket.disableRenegotiation();
  subscriber.next(socket);
}

/** Emits the connections that come; those with TLS, after their handshakes. */
function accept(options: ListenOptions, subscriber: Subscriber<Accepted>, tls: TlsAcceptor | undefined): () => void {
  const server = createServer(socketOptions(options, tls === undefined));
  const descriptors = new DescriptorWatch((cause) => {
    const what = cause.code === 'EMFILE' ? 'the process has' : 'the system has';
    const todo = 'raise the limit (ulimit -n), or set maxConnections below it';
    fail(subscriber, 'accept-failed', `${what} no file descriptor left, and connections are refused: ${todo}`, cause);
  });
  const place = new ListeningSocket(server, options, tls === undefined ? 'http' : 'https', {
    listening: (address) => options.listening?.(address),
    failed: (error) => subscriber.error(error),
  });
  if (options.maxConnections !== undefined) server.maxConnections = options.maxConnections;
  server
    .on('connection', (socket) => (tls === undefined ? emit(socket, subscriber) : tls.accept(socket)))
    .on('drop', () => fail(subscriber, 'accept-failed', 'too many connections'))
    .on('error', (cause: NodeJS.ErrnoException) => {
      if (cause.syscall !== 'accept') place.onError(cause);
      else if (isExhausted(cause)) descriptors.exhausted(cause);
      // The next connection may be luckier.
      else fail(subscriber, 'accept-failed', `accept: ${cause.message}`, cause);
    });
  place.begin();
  return () => {
    place.end();
    descriptors.end();
    tls?.end();
  };
}

/** Half-open: a peer that has ended its side still gets its response. One that does so within a TLS handshake is gone. */
function socketOptions({ tcpKeepAlive = KEEP_ALIVE }: ListenOptions, allowHalfOpen: boolean): ServerOpts {
  const common = { allowHalfOpen, noDelay: true, highWaterMark: HIGH_WATER };
  return tcpKeepAlive === Infinity ? common : { ...common, keepAlive: true, keepAliveInitialDelay: tcpKeepAlive };
}
