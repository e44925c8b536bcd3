/** The content that all servers of a benchmark serve: the same bytes, made the same way. */

import { Readable } from 'node:stream';

export const HELLO = 'Hello, World!';

/** Bytes of a piece of a large body. */
export const PIECE_SIZE = 64 * 1024;
export const PIECE: Buffer = Buffer.alloc(PIECE_SIZE, 'rxpaf.  ');

/** The piece that comes next where `left` bytes are to follow. */
export function pieceOf(left: number): Buffer {
  return left < PIECE_SIZE ? PIECE.subarray(0, left) : PIECE;
}

/** The size that `/bytes/N` asks for; undefined of another path. */
export function bytesAsked(path: string): number | undefined {
  const sized = /^\/bytes\/(\d{1,15})$/.exec(path);
  return sized === null ? undefined : Number(sized[1]);
}

/** `size` bytes as a stream of Node, by the plainest of its ways: no generator, no promise a piece. */
export function readableOf(size: number): Readable {
  let left = size;
  return new Readable({
    highWaterMark: PIECE_SIZE,
    read() {
      const piece = pieceOf(left);
      left -= piece.length;
      this.push(piece.length === 0 ? null : piece);
    },
  });
}
