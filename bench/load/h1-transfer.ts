/** One HTTP/1.1 exchange with a large body, in either direction or both; its bytes are counted, not kept. */
import { connect, type Socket } from 'node:net';
import { pieceOf } from '../support/content.js';

export interface Transfer {
  readonly port: number;
  readonly path: string;
  /** Bytes of the request's content; undefined: a GET. */
  readonly upload: number | undefined;
}

/** ms without a byte after which the server is given up. */
const PATIENCE = 20_000;

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

/** Writes the content, waiting where the socket asks for it. */
function upload(socket: Socket, size: number): void {
  let left = size;
  const fill = (): void => {
    while (left > 0) {
      const piece = pieceOf(left);
      left -= piece.length;
      if (!socket.write(piece)) return;
    }
    socket.off('drain', fill);
  };
  socket.on('drain', fill);
  fill();
}

/** @returns bytes of content that came back. */
export function transfer({ port, path, upload: size }: Transfer): Promise<number> {
  return new Promise((resolve, reject) => {
    const counter = new ResponseCounter();
    const socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(256 * 1024),
        callback: (length, buffer) => {
          try {
            if (counter.receive((buffer as Buffer).subarray(0, length))) {
              resolve(counter.content);
              socket.destroy();
            }
          } catch (error) {
            socket.destroy(error as Error);
          }
          return true;
        },
      },
    });
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error('the transfer does not go on')));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection was closed before the end')));
    socket.on('connect', () => {
      const length = size === undefined ? '' : `Content-Length: ${size}\r\n`;
      const method = size === undefined ? 'GET' : 'POST';
      socket.write(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${length}\r\n`, 'latin1');
      if (size !== undefined) upload(socket, size);
    });
  });
}
