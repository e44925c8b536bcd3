/** One HTTP/1.1 exchange with a large body, in either direction or both; its bytes are counted, not kept. */
import { pieceOf } from '../support/content.js';
import { PacedExchange, type Transfer } from './paced-exchange.js';

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
    if (!head.startsWith('http/1.1 200 ')) throw new Error(`the response was ${head.slice(9, 40)}`);
    const length = /\r\ncontent-length: *(\d+)/.exec(head);
    if (length !== null) this.length = Number(length[1]);
    else if (!head.includes('transfer-encoding: chunked')) throw new Error('a response without an end');
    this.headDone = true;
    return chunk.subarray(end + 4 - before);
  }
}

class Exchange extends PacedExchange {
  private readonly counter = new ResponseCounter();

  constructor(transfer: Transfer, resolve: (content: number) => void, reject: (error: Error) => void) {
    super(transfer, resolve, reject);
    const { port, path, upload } = transfer;
    const length = upload === undefined ? '' : `Content-Length: ${upload}\r\n`;
    const method = upload === undefined ? 'GET' : 'POST';
    this.socket.write(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${length}\r\n`, 'latin1');
  }

  protected take(chunk: Buffer): void {
    if (this.counter.receive(chunk)) this.done(this.counter.content);
  }

  protected sendTo(until: number): void {
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
