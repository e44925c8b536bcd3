/** A TLS server whose certificates can be renewed: each new handshake uses the newest, and existing connections do not change. */
import { createServer, type SecureContextOptions, type Server as TlsServer, type TlsOptions } from 'node:tls';
import { DEFAULT_LIMITS } from '../limits.js';
import { ALPN_PROTOCOLS } from './context-keys.js';
import { type NamedContexts, namedContexts } from './server-name-indication.js';

/** The TLS options of a listener: those of `tls.createServer`, and more. */
export interface ListenTlsOptions extends TlsOptions {
  /** Other certificates, by server name (SNI, RFC 6066 section 3); `*.` stands for one label. */
  readonly contexts?: Readonly<Record<string, SecureContextOptions>>;
}

// A peer that ends its side during the handshake is gone.
const HANDSHAKES = { allowHalfOpen: false, noDelay: true } as const;

/** The longest time that a timer of Node can wait, ms. */
const LONGEST = 0x7fffffff;

/** @internal */
export class RenewableTlsServer {
  readonly server: TlsServer;
  private names: NamedContexts;

  constructor(options: ListenTlsOptions, highWaterMark: number) {
    const { contexts, handshakeTimeout, ...rest } = options;
    this.names = namedContexts(contexts);
    this.server = createServer({
      ALPNProtocols: [...ALPN_PROTOCOLS],
      SNICallback: (name, done) => done(null, this.names(name)),
      handshakeTimeout: Math.min(handshakeTimeout ?? DEFAULT_LIMITS.handshakeTimeout, LONGEST),
      ...rest,
      ...HANDSHAKES,
      highWaterMark,
    } as TlsOptions);
  }

  /** Renews the certificates: all of them, or none if an option is invalid. */
  renew({ contexts, ...options }: ListenTlsOptions): void {
    const names = namedContexts(contexts);
    this.server.setSecureContext(options);
    this.names = names;
  }
}
