/**
 * The floor of the HTTP/1.1 rows: sockets of `node:net`, and responses that were made before. It knows the requests, so it parses only the
 * first head of a connection: the rest is the cost of sockets.
 */
import { createServer, type Socket } from 'node:net';
import { bytesAsked, HELLO, PIECE } from '../support/content.js';
import { portOf, ready } from '../support/worker.js';

const DATE = new Date().toUTCString();
const head = (length: number): string =>
  `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${length}\r\ndate: ${DATE}\r\n\r\n`;

/** What is written at once of a large body: more than any server here collects. */
const LARGE = Buffer.concat([PIECE, PIECE, PIECE, PIECE]);

const hello = head(HELLO.length) + HELLO;
const hellos: string[] = [];
const hellosOf = (count: number): string => (hellos[count] ??= hello.repeat(count));

/** Requests are all alike: as many as their bytes say. */
function serveHello(socket: Socket, first: Buffer): void {
  const size = first.indexOf('\r\n\r\n') + 4;
  let waiting = 0;
  const onData = (chunk: Buffer): void => {
    waiting += chunk.length;
    const count = Math.floor(waiting / size);
    waiting -= count * size;
    if (count > 0) socket.write(hellosOf(count), 'latin1');
  };
  onData(first);
  socket.on('data', onData);
}

function serveBytes(socket: Socket, size: number): void {
  const begin = (): void => {
    let left = size;
    const fill = (): void => {
      while (left > 0) {
        const piece = left < LARGE.length ? LARGE.subarray(0, left) : LARGE;
        left -= piece.length;
        if (!socket.write(piece)) return;
      }
      socket.off('drain', fill);
    };
    socket.write(head(size), 'latin1');
    socket.on('drain', fill);
    fill();
  };
  begin();
  socket.on('data', begin);
}

/** Takes uploads of `length` bytes, in sequence, and sends them back or counts them. */
function serveUpload(socket: Socket, first: Buffer, length: number, echo: boolean): void {
  let left = 0;
  const count = String(length);
  const onData = (chunk: Buffer): void => {
    let content = chunk;
    if (left === 0) {
      content = chunk.subarray(chunk.indexOf('\r\n\r\n') + 4);
      left = length;
      if (echo) socket.write(head(length), 'latin1');
    }
    left -= content.length;
    if (echo && content.length > 0 && !socket.write(content)) socket.pause();
    if (left === 0 && !echo) socket.write(head(count.length) + count, 'latin1');
  };
  onData(first);
  socket.on('data', onData);
  socket.on('drain', () => socket.resume());
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.once('data', (first: Buffer) => {
    const [, path = '/'] = first.toString('latin1', 0, first.indexOf('\r\n')).split(' ');
    const size = bytesAsked(path);
    if (size !== undefined) return serveBytes(socket, size);
    if (path === '/') return serveHello(socket, first);
    const length = /content-length: (\d+)/i.exec(first.toString('latin1', 0, first.indexOf('\r\n\r\n')));
    serveUpload(socket, first, Number(length?.[1] ?? 0), path === '/echo');
  });
});
server.listen(0, '127.0.0.1', () => ready(portOf(server)));
