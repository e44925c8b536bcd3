/**
 * The rules of a TLS listener, as of one set of options: for each server name the certificate that is shown, and the rules for clients.
 * Each name has a TLS server of its own that listens nowhere and is given sockets. So every option of a name holds from the first byte on,
 * and no other name takes its tickets.
 *
 * With one server and a callback for the name, OpenSSL resumes a session before it looks at the name. A client that showed its certificate
 * at one name would be let in at another, which trusts other authorities (RFC 6066 section 3).
 */
import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type SecureContext, type Server, type TlsOptions } from 'node:tls';
import { DEFAULT_LIMITS } from '../limits.js';
import { LONGEST_TIMER } from '../option-checks.js';
import { ALPN_PROTOCOLS } from './context-keys.js';
import { checkCertificate, hasCertificate, inContextOf, ticketKeysFor } from './tls-context-options.js';
import { checkListenTlsOptions, type ListenTlsOptions } from './tls-options.js';

/** Makes the TLS server of a name known: its events are the same, whatever the name. */
export type TlsServerSetup = (server: Server, rules: TlsRules, context: string | undefined) => void;

// A peer that ends its side during the handshake is gone.
const HANDSHAKES = { allowHalfOpen: false, noDelay: true } as const;

/** @internal */
export class TlsRules {
  /** Whether clients are asked for certificates, at any of the names. */
  readonly askForCertificates: boolean;
  /** ms for a handshake. */
  readonly handshakeTimeout: number;
  /** Whether the name that a client asks for decides about its handshake. */
  readonly byName: boolean;
  private readonly named = new Map<string, Server>();
  /** For all other names, and for clients that ask for none. */
  private readonly unnamed: Server | undefined;

  /** @throws an error in words, if the options cannot be used. */
  constructor(
    options: ListenTlsOptions,
    private readonly highWaterMark: number,
    setup: TlsServerSetup,
  ) {
    checkListenTlsOptions(options);
    const { contexts = {}, ...base } = options;
    const names = Object.entries(contexts);
    this.askForCertificates = [base, ...Object.values(contexts)].some(({ requestCert }) => requestCert === true);
    this.handshakeTimeout = Math.min(base.handshakeTimeout ?? DEFAULT_LIMITS.handshakeTimeout, LONGEST_TIMER);
    this.byName = names.length > 0;
    for (const [name, context] of names) {
      const lower = name.toLowerCase();
      const server = this.serverFor(lower, inContextOf(base, context));
      this.named.set(lower, server);
      setup(server, this, lower);
    }
    // Without a certificate for all other names, only those of the contexts are served.
    if (this.byName && !hasCertificate(base)) return;
    this.unnamed = this.serverFor(undefined, base);
    setup(this.unnamed, this, undefined);
  }

  /** Gives `socket` to the TLS of `name`. Returns false if no certificate is for it. */
  begin(socket: Socket, name: string | undefined): boolean {
    const context = this.contextOf(name);
    const server = context === undefined ? this.unnamed : this.named.get(context);
    return server?.emit('connection', socket) ?? false;
  }

  /** The name of the context that has the rules of `name`; undefined is that of all other names. */
  contextOf(name: string | undefined): string | undefined {
    if (name === undefined || !this.byName) return undefined;
    const lower = name.toLowerCase().replace(/\.$/, '');
    if (this.named.has(lower)) return lower;
    const wildcard = lower.replace(/^[^.]*/, '*');
    return this.named.has(wildcard) ? wildcard : undefined;
  }

  private serverFor(context: string | undefined, options: TlsOptions): Server {
    checkCertificate(context === undefined ? 'tls' : `the TLS context of ${JSON.stringify(context)}`, options);
    const { ALPNCallback, ALPNProtocols, secureOptions, SNICallback, ticketKeys } = options;
    // A callback of the program chooses too late for a ticket: none is taken.
    const unsafe = SNICallback !== undefined && this.askForCertificates;
    return createServer({
      ...options,
      // Node takes one of them.
      ALPNProtocols: ALPNCallback === undefined ? (ALPNProtocols ?? [...ALPN_PROTOCOLS]) : undefined,
      SNICallback: SNICallback ?? (this.byName ? this.only(context) : undefined),
      secureOptions: unsafe ? (secureOptions ?? 0) | constants.SSL_OP_NO_TICKET : secureOptions,
      ticketKeys: ticketKeys === undefined ? undefined : ticketKeysFor(ticketKeys, context, options),
      handshakeTimeout: this.handshakeTimeout,
      ...HANDSHAKES,
      highWaterMark: this.highWaterMark,
    });
  }

  /** TLS has to read the same name as this side did. */
  private only(context: string | undefined): TlsOptions['SNICallback'] {
    return (name: string, done: (error: Error | null, context?: SecureContext) => void) =>
      done(this.contextOf(name) === context ? null : new Error('its ClientHello asks for two names'));
  }
}
