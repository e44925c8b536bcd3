/**
 * Accepted connections as an Observable: TCP, TLS and unix sockets. TLS handshakes run concurrently, off the accept loop, bounded in time.
 * Errors there, or on accept, are emitted as values, and the loop goes on.
 */
import {
  anyValue,
  checkOptions,
  functionValue,
  integerOf,
  objectValue,
  type OptionTable,
  textValue,
} from '../option-checks.js';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Server as TlsServer, TLSSocket } from 'node:tls';
import { isObservable, noop, Observable, type Subscriber, type Unsubscribable } from 'rxjs';
import { ListenError, type ListenErrorCode, ProtocolError, toError } from '../errors.js';
import { type ListenTlsOptions, RenewableTlsServer } from './certificate-renewal.js';
import { serverHandshakeError, type TlsError } from './tls-errors.js';
import { TlsHandshakes } from './tls-handshakes.js';

/** A socket that `listen` accepted; a TLS one after its handshake. */
export type NodeSocket = Socket | TLSSocket;

/** The failure in place of a connection. */
export class ListenFailure {
  constructor(readonly error: ProtocolError) {}
}

/** The values of `listen`. */
export type Accepted = NodeSocket | ListenFailure;

/** Where a listener is reached. */
export interface ListenAddress {
  /** `http://host:port` or `https://host:port`; `unix:path` of a unix socket. */
  readonly url: string;
  readonly port: number | undefined;
  readonly path: string | undefined;
}

/** Where and how to listen. */
export interface ListenOptions {
  /** A port; 0, or none, is one that is free. */
  readonly port?: number;
  /** The address to listen on: all of them unless set. */
  readonly host?: string;
  /** A unix socket, in place of a port. */
  readonly path?: string;
  /** TLS. An Observable of options renews the certificate with each of its values, without a restart. */
  readonly tls?: ListenTlsOptions | Observable<ListenTlsOptions>;
  /** Connections that the kernel keeps for us to accept: 511 unless set. */
  readonly backlog?: number;
  /** Connections at once; those past it are closed, and emitted as failures. */
  readonly maxConnections?: number;
  /** Called once connections are accepted. */
  readonly listening?: (address: ListenAddress) => void;
}

/**
 * Accepts connections while it is subscribed to. Unsubscribing stops accepting, ends the TLS handshakes that are under way, and does not
 * close the accepted connections.
 *
 * Errors: `ListenError` (`address-in-use`, ...) if it cannot listen.
 *
 * @example
 * ```ts
 * listen({ port: 8443, tls: { key, cert } }).pipe(service(nodeInfo, handler)).subscribe();
 * ```
 */
export function listen(options: ListenOptions): Observable<Accepted> {
  checkOptions('listen', options, LISTEN_OPTIONS);
  return new Observable((subscriber) => {
    const { tls } = options;
    if (tls === undefined) return accept(createServer(SOCKETS), options, subscriber);
    if (!isObservable(tls)) return listenTls(tls, options, subscriber);
    let listening: Renewable | undefined;
    return tls.subscribe({
      // The first certificate begins it, the next ones renew it.
      next: (next) => {
        if (listening === undefined) subscriber.add((listening = listenTls(next, options, subscriber)));
        else listening.renew(next);
      },
      error: (error: unknown) => subscriber.error(error),
      complete: () => listening ?? subscriber.complete(),
    });
  });
}

/** The check of each option. A port is checked when it is listened on: it often comes from the environment. */
export const LISTEN_OPTIONS: OptionTable<ListenOptions> = {
  port: anyValue,
  host: textValue,
  path: textValue,
  tls: objectValue,
  backlog: integerOf(1),
  maxConnections: integerOf(1),
  listening: functionValue,
};

// Two of the kernel's reads: with Node's own 16 KiB each chunk stops and starts the reading, at twice the CPU of an upload.
const HIGH_WATER = 128 * 1024;
// Half-open: a peer that has ended its side still gets its response.
const SOCKETS = { allowHalfOpen: true, noDelay: true, highWaterMark: HIGH_WATER } as const;
interface Renewable extends Unsubscribable {
  renew(options: ListenTlsOptions): void;
}

function listenTls(first: ListenTlsOptions, options: ListenOptions, subscriber: Subscriber<Accepted>): Renewable {
  let server: RenewableTlsServer;
  try {
    server = new RenewableTlsServer(first, HIGH_WATER);
  } catch (cause) {
    subscriber.error(new ListenError('listen-failed', `the TLS options are invalid: ${toError(cause).message}`, cause));
    return { renew: noop, unsubscribe: noop };
  }
  return {
    renew: (next) => {
      try {
        server.renew(next);
      } catch (cause) {
        const message = `the renewed TLS options are invalid: ${toError(cause).message}`;
        fail(
          subscriber,
          new ProtocolError('handshake-failed', message, { scope: 'accept', initiator: 'local', cause }),
        );
      }
    },
    unsubscribe: accept(server.server, options, subscriber),
  };
}

function fail(subscriber: Subscriber<Accepted>, error: ProtocolError): void {
  subscriber.next(new ListenFailure(error));
}

/** Emits the connections that `server` accepts. */
function accept(server: Server | TlsServer, options: ListenOptions, subscriber: Subscriber<Accepted>): () => void {
  const secure = 'setSecureContext' in server;
  const handshakes = secure ? new TlsHandshakes(server) : undefined;
  server.on(secure ? 'secureConnection' : 'connection', (socket: NodeSocket) => {
    // A handshake that was under way when accepting ended: its connection has no owner.
    if (subscriber.closed) return void socket.destroy();
    socket.allowHalfOpen = true;
    // RFC 9113 section 9.2.1: renegotiation is an error of the connection. HTTP/1.1 does not need it either, and it costs us more than the
    // client.
    if ('disableRenegotiation' in socket) socket.disableRenegotiation();
    subscriber.next(socket);
  });
  server.on('tlsClientError', (cause: TlsError, socket: TLSSocket) => {
    // After a timeout of the handshake, nothing else closes it.
    socket.destroy();
    fail(subscriber, serverHandshakeError(cause, socket));
  });
  server.on('drop', () =>
    fail(
      subscriber,
      new ProtocolError('accept-failed', 'too many connections', { scope: 'accept', initiator: 'local' }),
    ),
  );
  server.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.syscall !== 'accept') return subscriber.error(listenError(cause, options));
    // EMFILE and its kin: the next connection may be luckier.
    const details = { scope: 'accept', initiator: 'local', cause } as const;
    fail(subscriber, new ProtocolError('accept-failed', `accept: ${cause.message}`, details));
  });
  if (options.maxConnections !== undefined) server.maxConnections = options.maxConnections;
  const { port } = options;
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    subscriber.error(new ListenError('listen-failed', 'the port is not an integer from 0 to 65535'));
    return noop;
  }
  server.listen(
    {
      backlog: options.backlog ?? 511,
      ...(options.path === undefined ? { port: options.port ?? 0, host: options.host } : { path: options.path }),
    },
    () => {
      // It was unsubscribed while the name of the host was still being resolved.
      if (subscriber.closed) server.close();
      else options.listening?.(addressOf(server, secure));
    },
  );
  return () => {
    server.close();
    handshakes?.end();
  };
}

function addressOf(server: Server, secure: boolean): ListenAddress {
  const address = server.address() as AddressInfo | string;
  if (typeof address === 'string') return { url: `unix:${address}`, port: undefined, path: address };
  const { family, port } = address;
  const wildcard = address.address === '::' || address.address === '0.0.0.0';
  const host = wildcard ? 'localhost' : family === 'IPv6' ? `[${address.address}]` : address.address;
  return { url: `${secure ? 'https' : 'http'}://${host}:${port}`, port, path: undefined };
}

const CODES: Readonly<Record<string, readonly [ListenErrorCode, string]>> = {
  EADDRINUSE: ['address-in-use', 'is in use by another program'],
  EADDRNOTAVAIL: ['address-not-available', 'is not an address of this machine'],
  EACCES: ['access-denied', 'may not be listened on by this user'],
};

function listenError(cause: NodeJS.ErrnoException, options: ListenOptions): ListenError {
  const where = options.path ?? `port ${options.port ?? 0}${options.host === undefined ? '' : ` of ${options.host}`}`;
  const [code, what] =
    CODES[cause.code ?? ''] ?? (['listen-failed', `cannot be listened on: ${cause.message}`] as const);
  return new ListenError(code, `${where} ${what}`, cause);
}
