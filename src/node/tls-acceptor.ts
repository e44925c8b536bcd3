/**
 * TLS on accepted sockets. Handshakes run concurrently, bounded in time. New options are in force from the next connection on; the
 * connections and the handshakes that exist keep the ones that they began with.
 */
import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import { noop } from 'rxjs';
import { ProtocolError } from '../errors.js';
import { askedName } from './client-hello.js';
import { limitHosts } from './certificate-hosts.js';
import { closedError, serverHandshakeError, timeoutError, type TlsError } from './tls-errors.js';
import { TlsHandshakes } from './tls-handshakes.js';
import type { ListenTlsOptions } from './tls-options.js';
import { TlsRules } from './tls-rules.js';

/** The receiver of connections, and of what failed in place of one. */
export interface TlsAcceptance {
  secured(socket: TLSSocket): void;
  failed(error: ProtocolError): void;
}

/** A fatal alert, unrecognized_name (RFC 6066 section 3), in a record of its own. */
const UNRECOGNIZED_NAME = Buffer.of(21, 3, 3, 0, 2, 2, 112);

/** @internal */
export class TlsAcceptor {
  private rules: TlsRules;
  private readonly handshakes = new TlsHandshakes();

  /** @throws an error in words, if the options cannot be used. */
  constructor(
    options: ListenTlsOptions,
    private readonly highWaterMark: number,
    private readonly to: TlsAcceptance,
  ) {
    this.rules = this.rulesOf(options);
  }

  /**
   * Puts all of `options` in the place of those before.
   *
   * @throws an error in words, if they cannot be used: those before stay.
   */
  renew(options: ListenTlsOptions): void {
    this.rules = this.rulesOf(options);
  }

  /** Begins the handshake on a socket that was accepted. */
  accept(socket: Socket): void {
    const { rules } = this;
    this.handshakes.begun(socket);
    if (!rules.byName) return void rules.begin(socket, undefined);
    const failed = (error: ProtocolError): void => this.to.failed(error);
    readName(socket, rules.handshakeTimeout, { failed, read: (name) => this.beginNamed(rules, socket, name) });
  }

  /** Ends the handshakes that are under way. */
  end(): void {
    this.handshakes.end();
  }

  private beginNamed(rules: TlsRules, socket: Socket, name: string | undefined): void {
    if (rules.begin(socket, name)) return;
    socket.on('error', noop).end(UNRECOGNIZED_NAME, () => socket.destroy());
    const asked =
      name === undefined
        ? 'the client asks for no name, and only names have certificates: set key and cert'
        : 'the client asks for a name that has no certificate: add it to contexts, or set key and cert';
    const message = `the TLS handshake failed: ${asked}`;
    this.to.failed(new ProtocolError('handshake-failed', message, { scope: 'handshake' }));
  }

  private rulesOf(options: ListenTlsOptions): TlsRules {
    return new TlsRules(options, this.highWaterMark, (server, rules, context) => this.watch(server, rules, context));
  }

  private watch(server: Server, rules: TlsRules, context: string | undefined): void {
    server.on('secureConnection', (socket) => {
      this.handshakes.done(socket);
      if (rules.askForCertificates) limitHosts(socket, rules, context);
      this.to.secured(socket);
    });
    server.on('tlsClientError', (cause: TlsError, socket: TLSSocket) => {
      // If the handshake ran out of time, nobody else closes it.
      socket.destroy();
      this.to.failed(serverHandshakeError(cause, socket));
    });
  }
}

/** Reads the name that a client asks for, and gives all that was read back to the socket. */
function readName(
  socket: Socket,
  timeout: number,
  { read, failed }: { read: (name: string | undefined) => void; failed: (error: ProtocolError) => void },
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let needed = 1;
  let error: TlsError | undefined;
  const onReadable = (): void => {
    for (let chunk: Buffer | null; (chunk = socket.read() as Buffer | null) !== null; size += chunk.length)
      chunks.push(chunk);
    if (size < needed) return;
    const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    const asked = askedName(bytes);
    if (asked.needed !== undefined) {
      needed = asked.needed;
      chunks.splice(0, chunks.length, bytes);
      return;
    }
    stop();
    socket.unshift(bytes);
    read(asked.name);
  };
  const onError = (cause: TlsError): void => void (error = cause);
  const onClose = (): void => {
    stop();
    failed(closedError(error));
  };
  const timer = setTimeout(() => {
    stop();
    socket.destroy();
    failed(timeoutError());
  }, timeout);
  const stop = (): void => {
    clearTimeout(timer);
    socket.off('readable', onReadable).off('error', onError).off('close', onClose);
  };
  socket.on('readable', onReadable).on('error', onError).on('close', onClose);
}
