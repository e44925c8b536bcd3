/**
 * The hosts that the requests of a TLS connection may name, if clients are asked for certificates. The rules that let the client in are for
 * them, and the certificate that it was shown covers them. A client that reuses its connection for another host would avoid the rules of
 * that host (RFC 9113 section 9.1.1, RFC 9110 section 7.4).
 */
import { isIP } from 'node:net';
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { TlsRules } from './tls-rules.js';

const HOSTS = Symbol('rxpaf.hosts');

type WithHosts = object & { [HOSTS]?: CertificateHosts };

/** @internal */
export class CertificateHosts {
  /** Read for the first request: undefined until then, and if the server has none. */
  private certificate: X509Certificate | undefined = undefined;
  private looked = false;
  private last: string | undefined = undefined;
  private lastCovered = false;

  constructor(
    private readonly socket: TLSSocket,
    private readonly rules: TlsRules,
    private readonly context: string | undefined,
  ) {}

  /** Whether a request for `authority` belongs on this connection. */
  covers(authority: string): boolean {
    if (authority !== this.last) {
      this.last = authority;
      this.lastCovered = this.isFor(hostOf(authority));
    }
    return this.lastCovered;
  }

  private isFor(host: string): boolean {
    if (this.rules.contextOf(host) !== this.context) return false;
    if (!this.looked) {
      // It no longer knows its certificate, and has no use for a response.
      if (this.socket.destroyed) return false;
      this.looked = true;
      this.certificate = this.socket.getX509Certificate();
    }
    const { certificate } = this;
    // A pre-shared key shows no certificate, and so no names.
    if (certificate === undefined) return true;
    const names = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host);
    return names !== undefined;
  }
}

/** The host as a certificate has it: without port, brackets, and the dot at its end. */
function hostOf(authority: string): string {
  const host = authority.replace(/:\d*$/, '');
  return host.startsWith('[') ? host.slice(1, -1) : host.replace(/\.$/, '');
}

/** Has `socket` serve only the hosts of `context`. */
export function limitHosts(socket: TLSSocket, rules: TlsRules, context: string | undefined): void {
  (socket as WithHosts)[HOSTS] = new CertificateHosts(socket, rules, context);
}

/** The hosts of a socket; undefined if it may be asked for any. */
export function hostsOf(socket: object): CertificateHosts | undefined {
  return (socket as WithHosts)[HOSTS];
}
