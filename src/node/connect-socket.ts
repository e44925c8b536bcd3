/** Connected sockets, as Observables: unsubscribing while it connects destroys the socket; once emitted it is the subscriber's. */
import { type LookupFunction, type NetConnectOpts, Socket } from 'node:net';
import { Observable, type SchedulerLike } from 'rxjs';
import { ClientError } from '../errors.js';
import { within } from '../flow/first-value-timeout.js';

/** Where to connect to. */
export type Address = TcpAddress | UnixAddress;

export interface TcpAddress {
  /** A name, or an address; one of IPv6 may be in brackets, as a URL has it. */
  readonly host: string;
  readonly port: number;
  readonly localAddress: string | undefined;
  readonly lookup: LookupFunction | undefined;
}

export interface UnixAddress {
  readonly path: string;
}

/** How long it may take, and by which clock. */
export interface Patience {
  /** ms; Infinity: for ever. */
  readonly timeout: number;
  readonly scheduler: SchedulerLike;
}

// Half-open: a server that has ended its side can still be written to. The high-water mark is the one of `listen`.
const SOCKETS = {
  allowHalfOpen: true,
  noDelay: true,
  highWaterMark: 128 * 1024,
  // A server that vanishes without a word would keep a tunnel, or an endless response, for ever.
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
} as const;

/**
 * A connected socket. Addresses of a name are tried in turn, IPv6 and IPv4 alternating (RFC 8305), by Node.
 *
 * Errors: `ClientError`, `connect-failed` (of each address: `errors`) or `connect-timeout`.
 * @internal
 */
export function dial(address: Address, { timeout, scheduler }: Patience): Observable<Socket> {
  return connected(address).pipe(
    within(timeout, scheduler, () => {
      const message = `cannot connect to ${tell(address)}: no response within ${timeout} ms`;
      return new ClientError('connect-timeout', message, { retryable: true });
    }),
  );
}

function connected(address: Address): Observable<Socket> {
  return new Observable((subscriber) => {
    const failed = (cause: Error): void => {
      if (!subscriber.closed) subscriber.error(connectError(address, cause));
    };
    const socket = new Socket(SOCKETS);
    let emitted = false;
    // They stay when the attempt is given up: a socket that is being destroyed may still fail.
    socket.on('error', failed).once('connect', () => {
      emitted = true;
      subscriber.next(socket);
      subscriber.complete();
      socket.off('error', failed);
    });
    subscriber.add(() => {
      if (!emitted) socket.destroy();
    });
    try {
      socket.connect(optionsOf(address));
    } catch (cause) {
      // An invalid port, or local address.
      failed(cause as Error);
    }
  });
}

function optionsOf(address: Address): NetConnectOpts {
  if ('path' in address) return { path: address.path };
  const { host, port, localAddress, lookup } = address;
  return {
    host: withoutBrackets(host),
    port,
    autoSelectFamily: true,
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(lookup === undefined ? {} : { lookup }),
  };
}

/**
 * The host as a URL writes it, in the way of sockets.
 * @internal
 */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function tell(address: Address): string {
  return 'path' in address ? address.path : `${address.host}:${address.port}`;
}

/** Node's errors of several addresses are in `errors`, and its message is empty. */
function connectError(address: Address, cause: Error & { readonly errors?: readonly Error[] }): ClientError {
  const { errors = [] } = cause;
  const reason = cause.message || errors.map(({ message }) => message).join(', ');
  return new ClientError('connect-failed', `cannot connect to ${tell(address)}: ${reason}`, {
    retryable: true,
    errors,
    cause,
  });
}
