/**
 * Accepted connections as an Observable: TCP, TLS and unix sockets. TLS handshakes run beside each other, off the accept loop,
 * bounded in time; what fails there, or on accept, is emitted as a value, and the loop goes on.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import {
  createServer as createTlsServer,
  type SecureContextOptions,
  type Server as TlsServer,
  type TLSSocket,
  type TlsOptions,
} from 'node:tls';
import { isObservable, Observable, type Subscriber, type Subscription } from 'rxjs';
import { ListenError, type ListenErrorCode, ProtocolError } from '../errors.js';
import { DEFAULT_LIMITS } from '../limits.js';

/** A socket that `listen` accepted; a TLS one after its handshake. */
export type NodeSocket = Socket | TLSSocket;

/** What failed in place of a connection. */
export class ListenFailure {
  constructor(readonly error: ProtocolError) {}
}

/** What `listen` emits. */
export type Accepted = NodeSocket | ListenFailure;

/** How TLS is spoken: what `tls.createServer` takes, and more. */
export interface ListenTlsOptions extends TlsOptions {
  /** Other certificates, by server name (SNI, RFC 6066 section 3; `*.` is a wildcard). */
  readonly contexts?: Readonly<Record<string, SecureContextOptions>>;
}

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

/** ALPN protocol ids, ours in order of preference (RFC 7301; RFC 9113 section 3.2). */
export const ALPN_PROTOCOLS: readonly string[] = ['http/1.1'];

/**
 * Accepts connections while it is subscribed to; unsubscribing stops accepting, and leaves the accepted ones alone.
 *
 * Errors: `ListenError` (`address-in-use`, ...) where it cannot listen.
 *
 * @example
 * ```ts
 * listen({ port: 8443, tls: { key, cert } }).pipe(service(nodeInfo, handler)).subscribe();
 * ```
 */
export function listen(options: ListenOptions): Observable<Accepted> {
  return new Observable((subscriber) => {
    const { tls } = options;
    if (tls === undefined) return accept(createServer(SOCKETS), options, subscriber);
    if (!isObservable(tls)) return accept(tlsServer(tls), options, subscriber);
    // The first certificate begins it, the next ones renew it.
    let server: TlsServer | undefined;
    const renewals: Subscription = tls.subscribe({
      next: (next) => {
        if (server !== undefined) return server.setSecureContext(next);
        server = tlsServer(next);
        subscriber.add(accept(server, options, subscriber));
      },
      error: (error: unknown) => subscriber.error(error),
    });
    return renewals;
  });
}

// Half-open: a peer that has ended its side still gets its answer.
const SOCKETS = { allowHalfOpen: true, noDelay: true } as const;

function tlsServer({ contexts, ...options }: ListenTlsOptions): TlsServer {
  const server = createTlsServer({
    ALPNProtocols: [...ALPN_PROTOCOLS],
    handshakeTimeout: DEFAULT_LIMITS.handshakeTimeout,
    ...options,
    ...SOCKETS,
  } as TlsOptions);
  for (const [name, context] of Object.entries(contexts ?? {})) server.addContext(name, context);
  return server;
}

/** Emits what `server` accepts. */
function accept(server: Server | TlsServer, options: ListenOptions, subscriber: Subscriber<Accepted>): () => void {
  const secure = 'setSecureContext' in server;
  const failed = (error: ProtocolError): void => subscriber.next(new ListenFailure(error));
  server.on(secure ? 'secureConnection' : 'connection', (socket: NodeSocket) => subscriber.next(socket));
  server.on('tlsClientError', (cause: Error, socket: TLSSocket) => {
    // Where the handshake ran out of time, nobody else closes it.
    socket.destroy();
    failed(new ProtocolError('handshake-failed', `the TLS handshake failed: ${cause.message}`, { scope: 'handshake', cause }));
  });
  server.on('drop', () =>
    failed(new ProtocolError('accept-failed', 'too many connections', { scope: 'accept', initiator: 'local' })),
  );
  server.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.syscall !== 'accept') return subscriber.error(listenError(cause, options));
    // EMFILE and its kin: the next connection may be luckier.
    failed(new ProtocolError('accept-failed', `accept: ${cause.message}`, { scope: 'accept', initiator: 'local', cause }));
  });
  if (options.maxConnections !== undefined) server.maxConnections = options.maxConnections;
  server.listen(
    {
      backlog: options.backlog ?? 511,
      ...(options.path === undefined ? { port: options.port ?? 0, host: options.host } : { path: options.path }),
    },
    () => options.listening?.(addressOf(server, secure)),
  );
  return () => server.close();
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
  EADDRNOTAVAIL: ['address-not-available', 'is no address of this machine'],
  EACCES: ['access-denied', 'may not be listened on by this user'],
};

function listenError(cause: NodeJS.ErrnoException, options: ListenOptions): ListenError {
  const where = options.path ?? `port ${options.port ?? 0}${options.host === undefined ? '' : ` of ${options.host}`}`;
  const [code, what] = CODES[cause.code ?? ''] ?? (['listen-failed', `cannot be listened on: ${cause.message}`] as const);
  return new ListenError(code, `${where} ${what}`, cause);
}

