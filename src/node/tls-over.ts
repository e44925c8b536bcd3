/** A client's TLS handshake over an existing transport: a socket, or any flow (for example inside a tunnel). Sessions are resumed. */
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { asyncScheduler, defer, noop, Observable, type SchedulerLike } from 'rxjs';
import { ClientError } from '../errors.js';
import type { Context } from '../flow/context.js';
import { HOST, PORT, SCHEDULER } from '../flow/context-keys.js';
import { within } from '../flow/first-value-timeout.js';
import type { Flow } from '../flow/flow.js';
import {
  checkOptions,
  integerBetween,
  objectValue,
  type OptionTable,
  textsValue,
  textValue,
  timeOrForever,
} from '../option-checks.js';
import { withoutBrackets } from './connect-socket.js';
import {
  ALPN_OFFER,
  type ClientTlsOptions,
  HANDSHAKE_TIMEOUT,
  SERVERNAME,
  TLS_OPTIONS,
  TLS_SESSIONS,
  type TlsSessions,
} from './context-keys.js';
import { toDuplex } from './duplex-from-flow.js';
import { fromDuplex } from './flow-from-duplex.js';
import { clientHandshakeError } from './tls-errors.js';
import { clientTlsValue } from './tls-options.js';

/** The TLS server and the options for it. */
export interface TlsOverOptions {
  /** The host that it is for: its certificate has to be one of it, and it is asked for by name (SNI) unless it is an address. */
  readonly host?: string | undefined;
  /** Of the server: separates its TLS sessions from those of another one on the same host. */
  readonly port?: number | undefined;
  /** The name to ask for and to verify, in place of the host. */
  readonly servername?: string | undefined;
  /** ALPN protocol ids to offer, in order of preference (RFC 7301): `h2`, `http/1.1` unless set. Without any, ALPN is not used. */
  readonly alpn?: readonly string[] | undefined;
  /** All else. Certificates are verified, unless `rejectUnauthorized` is false here. */
  readonly tls?: ClientTlsOptions | undefined;
  /** Sessions to resume: none unless set. */
  readonly sessions?: TlsSessions | undefined;
  /** ms for the handshake: 10,000 unless set. */
  readonly handshakeTimeout?: number | undefined;
  /** The clock of the timeout. */
  readonly scheduler?: SchedulerLike | undefined;
}

/** The TLS options of a context: for {@link tlsOver}. */
export function tlsOptionsIn(context: Context): TlsOverOptions {
  return {
    host: context.get(HOST),
    port: context.get(PORT) ?? HTTPS_PORT,
    servername: context.get(SERVERNAME),
    alpn: context.get(ALPN_OFFER),
    tls: context.get(TLS_OPTIONS),
    sessions: context.get(TLS_SESSIONS),
    handshakeTimeout: context.get(HANDSHAKE_TIMEOUT),
    scheduler: context.get(SCHEDULER),
  };
}

export const HTTPS_PORT = 443;

/**
 * TLS inside `flow`, which is its own from then on: unsubscribing, or a failure, aborts it. Cold, but one flow serves one subscription.
 *
 * Errors: `handshake-failed`, `handshake-timeout`.
 *
 * @throws RangeError or TypeError for an unknown option, or a value of another kind.
 *
 * @example
 * ```ts
 * tunnel.pipe(switchMap((flow) => tlsOver(flow, { host: 'example.com', alpn: ['h2'] })));
 * ```
 */
export function tlsOver(flow: Flow, options: TlsOverOptions = {}): Observable<Flow> {
  checkOptions('tlsOver', options, TLS_OVER_OPTIONS);
  return defer(() => secured(toDuplex(flow), options));
}

const TLS_OVER_OPTIONS: OptionTable<TlsOverOptions> = {
  host: textValue,
  port: integerBetween(0, 65_535),
  servername: textValue,
  alpn: textsValue,
  tls: clientTlsValue,
  sessions: objectValue,
  handshakeTimeout: timeOrForever,
  scheduler: objectValue,
};

/** TLS over `below`, connected: the flow, once the handshake is done. */
export function secured(below: Duplex, options: TlsOverOptions): Observable<Flow> {
  const timeout = options.handshakeTimeout ?? HANDSHAKE_TIMEOUT.default;
  return handshaken(below, options).pipe(
    within(timeout, options.scheduler ?? asyncScheduler, () => {
      const message = `the TLS handshake with ${nameOf(options)} took more than ${timeout} ms`;
      return new ClientError('handshake-timeout', message, { retryable: true });
    }),
  );
}

function handshaken(below: Duplex, options: TlsOverOptions): Observable<Flow> {
  return new Observable((subscriber) => {
    const failed = (cause: Error): void => {
      // A socket that has failed once is closed, too.
      if (!subscriber.closed) subscriber.error(clientHandshakeError(nameOf(options), cause));
    };
    const closed = (): void => failed(new Error('the connection was closed'));
    let socket: TLSSocket;
    // For good: its failure is that of the TLS above it, which may be gone before.
    below.on('error', noop);
    try {
      socket = connect(connectOptions(below, options));
    } catch (cause) {
      below.destroy();
      return failed(cause as Error);
    }
    let emitted = false;
    socket
      .on('error', failed)
      .on('close', closed)
      .once('secureConnect', () => {
        emitted = true;
        keepSessions(socket, options);
        subscriber.next(fromDuplex(socket));
        subscriber.complete();
        socket.off('error', failed).off('close', closed);
      });
    return () => {
      if (!emitted) socket.destroy();
    };
  });
}

function nameOf({ servername, host }: TlsOverOptions): string {
  return servername ?? host ?? 'the server';
}

function connectOptions(below: Duplex, options: TlsOverOptions): ConnectionOptions {
  const { alpn = ALPN_OFFER.default, tls: chosen, sessions } = options;
  const host = withoutBrackets(options.host ?? 'localhost');
  // An address is not asked for by name, and a name not with the dot at its end (RFC 6066 section 3).
  const servername = options.servername ?? (isIP(host) === 0 ? host.replace(/\.$/, '') : '');
  const session = sessions?.get(sessionName(options));
  return {
    ...(session === undefined ? {} : { session }),
    ...chosen,
    socket: below,
    // Not connected to, but verified.
    host,
    servername,
    ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
    rejectUnauthorized: chosen?.rejectUnauthorized !== false,
  };
}

/** Those of verified servers: a resumed session is not verified again. */
function keepSessions(socket: TLSSocket, options: TlsOverOptions): void {
  const { sessions } = options;
  if (sessions === undefined || !socket.authorized) return;
  socket.on('session', (session: Buffer) => sessions.set(sessionName(options), session));
}

function sessionName(options: TlsOverOptions): string {
  return `${nameOf(options)}:${options.port ?? HTTPS_PORT}`;
}
