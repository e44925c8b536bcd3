/** The connections whose TLS handshake is under way: no other code has them, so no other code could end them. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

interface Pending {
  readonly socket: Socket;
  readonly forget: () => void;
}

export class TlsHandshakes {
  private readonly pending = new Map<string, Pending>();

  /** A socket was accepted. */
  begun(socket: Socket): void {
    const id = peerOf(socket);
    if (id === undefined) return;
    const forget = (): void => {
      if (this.pending.get(id)?.socket === socket) this.pending.delete(id);
    };
    this.pending.set(id, { socket, forget });
    socket.once('close', forget);
  }

  /** A connection that lives for hours is to have nothing of this. */
  done(secured: TLSSocket): void {
    const done = this.pending.get(peerOf(secured) ?? '');
    if (done === undefined) return;
    done.forget();
    done.socket.off('close', done.forget);
  }

  /** Closes them all. */
  end(): void {
    for (const { socket } of [...this.pending.values()]) socket.destroy();
  }
}

/**
 * The accepted socket and the TLS socket over it have this in common: Node gives out each of them without the other. A unix
 * socket has no such thing; its handshakes have their time, and no more.
 */
function peerOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : `${remoteAddress} ${remotePort}`;
}
