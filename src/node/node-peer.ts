/** The peer of a socket: its address, and the facts about the TLS below the connection. */
import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { NodeSocket } from './listen.js';

/** The facts about the TLS below a connection. */
export interface TlsDetails {
  /** For example `TLSv1.3`. */
  readonly protocol: string | null;
  /** The cipher suite, by its IETF name. */
  readonly cipher: string;
  /** The name that the client asked for (SNI, RFC 6066 section 3). */
  readonly servername: string | undefined;
  /** Whether the client's certificate was asked for, and is good. */
  readonly authorized: boolean;
  /** The client's certificate, where it showed one. */
  readonly certificate: PeerCertificate | undefined;
}

/** The peer at the other end of a socket. */
export class NodePeer {
  // Read at once: a closed socket no longer knows.
  readonly address: string | undefined;
  readonly port: number | undefined;
  private readonly socket: NodeSocket;

  constructor(socket: NodeSocket) {
    this.address = unmapped(socket.remoteAddress);
    this.port = socket.remotePort;
    this.socket = socket;
  }

  get family(): 'IPv4' | 'IPv6' | undefined {
    if (this.address === undefined) return undefined;
    return this.address.includes(':') ? 'IPv6' : 'IPv4';
  }

  /** The TLS below the connection; undefined on a cleartext one. */
  get tls(): TlsDetails | undefined {
    return isTls(this.socket) ? tlsDetails(this.socket) : undefined;
  }

  toString(): string {
    if (this.address === undefined) return 'unix';
    return this.family === 'IPv6' ? `[${this.address}]:${this.port}` : `${this.address}:${this.port}`;
  }
}

/** An IPv4 address in its own form: a socket that listens on both families shows it as one of IPv6 (RFC 4291 section 2.5.5.2). */
function unmapped(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') === true && address.includes('.') ? address.slice('::ffff:'.length) : address;
}

export function isTls(socket: NodeSocket): socket is TLSSocket {
  return 'encrypted' in socket;
}

function tlsDetails(socket: TLSSocket): TlsDetails {
  const certificate = socket.getPeerCertificate(false) as Partial<PeerCertificate> | null;
  const { servername } = socket as { servername?: string | false };
  return {
    protocol: socket.getProtocol(),
    cipher: (socket.getCipher() as { standardName?: string } | undefined)?.standardName ?? '',
    servername: servername === false ? undefined : servername,
    authorized: socket.authorized,
    certificate: certificate?.subject === undefined ? undefined : (certificate as PeerCertificate),
  };
}
