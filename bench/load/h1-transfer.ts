/** One HTTP/1.1 exchange with a large body, in either direction or both; its bytes are counted, not kept. */
import { connect, type Socket } from 'node:net';
import { pieceOf } from '../support/content.js';
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

const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n', 'latin1');

/** Counts the content of one response, whatever its framing. */
class ResponseCounter {
  /** Bytes of content; of a chunked one, with the chunk heads. */
  content = 0;
  private head = '';
  private length: number | undefined = undefined;
  private headDone = false;
  private tail: Buffer = Buffer.alloc(0);

  /** @returns whether the response is complete. */
  receive(chunk: Buffer): boolean {
    const content = this.headDone ? chunk : this.receiveHead(chunk);
    this.content += content.length;
    if (!this.headDone) return false;
    if (this.length !== undefined) return this.content >= this.length;
    const end = content.subarray(-LAST_CHUNK.length);
    // A copy: the socket reads into the same buffer again.
    this.tail = Buffer.concat([this.tail, end]).subarray(-LAST_CHUNK.length);
    return this.tail.equals(LAST_CHUNK);
  }

  private receiveHead(chunk: Buffer): Buffer {
    this.head += chunk.toString('latin1');
    const end = this.head.indexOf('\r\n\r\n');
    if (end < 0) return chunk.subarray(0, 0);
    const before = this.head.length - chunk.length;
    const head = this.head.slice(0, end).toLowerCase();
    if (!head.startsWith('http/1.1 200 ')) throw new Error(`the answer was ${head.slice(9, 40)}`);
    const length = /\r\ncontent-length: *(\d+)/.exec(head);
    if (length !== null) this.length = Number(length[1]);
    else if (!head.includes('transfer-encoding: chunked')) throw new Error('an answer without an end');
    this.headDone = true;
    return chunk.subarray(end + 4 - before);
  }
}

/** One transfer: reads and writes no faster than its pace. */
class Exchange {
  private readonly counter = new ResponseCounter();
  private readonly socket: Socket;
  private readonly pace: Pace;
  private received = 0;
  private sent = 0;
  private paused = false;

  constructor(
    private readonly transfer: Transfer,
    private readonly resolve: (content: number) => void,
    reject: (error: Error) => void,
  ) {
    const { port, path, upload, rate } = transfer;
    this.socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(READ),
        callback: (length, buffer) => this.receive((buffer as Buffer).subarray(0, length)),
      },
    });
    this.pace = new Pace(rate, () => this.goOn());
    this.socket.setTimeout(PATIENCE, () => this.socket.destroy(new Error('the transfer does not go on')));
    this.socket.on('error', reject);
    this.socket.on('close', () => {
      this.pace.stop();
      reject(new Error('the connection was closed before the end'));
    });
    const length = upload === undefined ? '' : `Content-Length: ${upload}\r\n`;
    const method = upload === undefined ? 'GET' : 'POST';
    this.socket.write(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${length}\r\n`, 'latin1');
  }

  /** @returns whether to read on. */
  private receive(chunk: Buffer): boolean {
    this.received += chunk.length;
    try {
      if (this.counter.receive(chunk)) {
        this.resolve(this.counter.content);
        this.socket.destroy();
      }
    } catch (error) {
      this.socket.destroy(error as Error);
    }
    this.paused = this.received >= this.pace.allowed();
    return !this.paused;
  }

  private goOn(): void {
    const allowed = this.pace.allowed();
    if (this.paused && this.received < allowed) {
      this.paused = false;
      this.socket.resume();
    }
    const until = Math.min(this.transfer.upload ?? 0, allowed);
    while (this.sent < until && !this.socket.writableNeedDrain) {
      const piece = pieceOf(this.transfer.upload! - this.sent);
      this.sent += piece.length;
      this.socket.write(piece);
    }
  }
}

/** @returns bytes of content that came back. */
export function transfer(transfer: Transfer): Promise<number> {
  return new Promise((resolve, reject) => new Exchange(transfer, resolve, reject));
}
