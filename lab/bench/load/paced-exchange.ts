/** One exchange with a large body, on a connection of its own: it reads and writes no faster than its pace, whatever the protocol. */
import { connect, type Socket } from 'node:net';
import { Pace } from './pace.js';

export interface Transfer {
  readonly port: number;
  readonly path: string;
  /** Bytes of the request's content; undefined: a GET. */
  readonly upload: number | undefined;
  /** Bytes a second, of each direction. */
  readonly rate: number;
}

/** ms without a byte after which the server is given up. */
const PATIENCE = 20_000;

/** Bytes of a read: larger ones leave the caches of a processor, smaller ones only make more of them. */
const READ = 256 * 1024;

export abstract class PacedExchange {
  protected readonly socket: Socket;
  /** Bytes of content that have been written. */
  protected sent = 0;
  private readonly pace: Pace;
  private received = 0;
  private paused = false;

  constructor(
    protected readonly transfer: Transfer,
    private readonly resolve: (content: number) => void,
    reject: (error: Error) => void,
  ) {
    this.socket = connect({
      port: transfer.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(READ),
        callback: (length, buffer) => this.receive((buffer as Buffer).subarray(0, length)),
      },
    });
    this.pace = new Pace(transfer.rate, () => this.goOn());
    this.socket.setTimeout(PATIENCE, () => this.socket.destroy(new Error('the transfer does not go on')));
    this.socket.on('error', reject);
    this.socket.on('close', () => {
      this.pace.stop();
      reject(new Error('the connection was closed before the end'));
    });
  }

  /** Takes the chunk; an error that it throws ends the exchange. */
  protected abstract take(chunk: Buffer): void;
  /** Writes content, until `sent` is `until`, as far as the socket takes it. */
  protected abstract sendTo(until: number): void;

  /** The response is complete: `content` bytes of it. */
  protected done(content: number): void {
    this.resolve(content);
    this.socket.destroy();
  }

  /** As the pace allows. */
  protected sendOn(): void {
    this.sendTo(Math.min(this.transfer.upload ?? 0, this.pace.allowed()));
  }

  /** @returns whether to read on. */
  private receive(chunk: Buffer): boolean {
    this.received += chunk.length;
    try {
      this.take(chunk);
    } catch (error) {
      this.socket.destroy(error as Error);
    }
    this.paused = this.received >= this.pace.allowed();
    return !this.paused;
  }

  private goOn(): void {
    if (this.paused && this.received < this.pace.allowed()) {
      this.paused = false;
      this.socket.resume();
    }
    this.sendOn();
  }
}
