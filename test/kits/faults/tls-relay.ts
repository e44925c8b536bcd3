/**
 * A relay of octets between a client of TLS and the server. Neither of them knows of it, and it can send what neither would, or break off.
 * A socket under TLS cannot do that: TLS reads from it, so the socket never sees its end.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';

export class Relay {
  private constructor(
    /** To the client, by the relay. */
    private readonly near: Socket,
    /** To the server. */
    private readonly far: Socket,
    /** The client, which has not shaken hands yet. */
    readonly client: TLSSocket,
  ) {}

  /** A client of TLS that reaches `port` by a relay. */
  static async to(port: number, options: ConnectionOptions): Promise<Relay> {
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address() as { readonly port: number };
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = connectTls({ port: address.port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const [near] = await accepted;
    server.close();
    // Node reports a TLS error after the handshake, and leaves it to us to close the connection.
    for (const socket of [near, far, client]) socket.on('error', () => socket.destroy());
    near.pipe(far);
    far.pipe(near);
    // A connection that is cut off on one side is cut off on the other.
    far.on('close', () => near.destroy());
    near.on('close', () => far.destroy());
    return new Relay(near, far, client);
  }

  /** The same, after a good handshake. */
  static async secured(port: number, options: ConnectionOptions): Promise<Relay> {
    const relay = await Relay.to(port, options);
    await once(relay.client, 'secureConnect');
    return relay;
  }

  /** Says `octets` to the server, between two records of the client. */
  toServer(octets: Uint8Array): void {
    this.far.write(octets);
  }

  /** Says `octets` to the client, in place of all that the server would say from here. */
  toClient(octets: Uint8Array): void {
    this.far.unpipe(this.near).resume();
    this.near.write(octets);
  }

  /** RST, to the server. */
  reset(): void {
    this.far.resetAndDestroy();
  }

  /** FIN to the server, which TLS has not announced (close_notify); what the server says goes on. */
  fin(): void {
    this.near.unpipe(this.far).resume();
    this.far.end();
  }

  /** Ends all of it. */
  cut(): void {
    for (const socket of [this.client, this.near, this.far]) socket.destroy();
  }
}
