/** The connections of a TLS server whose handshake is under way: no other code has them, so no other code could end them. */
import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';

interface Pending {
  readonly socket: Socket;
  readonly forget: () => void;
}

export class TlsHandshakes {
  private readonly pending = new Map<string, Pending>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => this.begun(socket));
    server.on('secureConnection', (socket: TLSSocket) => this.done(socket));
  }

  /** Closes them all. */
  end(): void {
    for (const { socket } of [...this.pending.values()]) socket.destroy();
  }

  private begun(socket: Socket): void {
    const id = peerOf(socket);
    if (id === undefined) return;
    const forget = (): void => {
      if (this.pending.get(id)?.socket === socket) this.pending.delete(id);
    };
    this.pending.set(id, { socket, forget });
    socket.once('close', forget);
  }

  /** A connection that lives for hours is to have nothing of this. */
  private done(secured: TLSSocket): void {
    const done = this.pending.get(peerOf(secured) ?? '');
    if (done === undefined) return;
    done.forget();
    done.socket.off('close', done.forget);
  }
}

/**
 * The link between the accepted socket and the TLS socket over it: Node emits each of them without the other. A unix socket does not have
 * it; its handshakes have only their time limit.
 */
function peerOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : `${remoteAddress} ${remotePort}`;
}
