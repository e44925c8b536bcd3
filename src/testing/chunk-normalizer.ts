/**
 * A wire without the framing that depends on how content was cut. Chunks that follow each other (RFC 9112 section 7.1) become one, and so
 * do DATA frames of one stream (RFC 9113 section 6.1). Two sides that send the same content are then equal.
 */
import { concat, utf8 } from '../bytes.js';
import { FLAG, FRAME, FRAME_HEADER_SIZE, readUint31 } from '../h2/frame/frame.js';
import { areFrames } from './h2-frame-reader.js';
import type { Recording } from './recorded-row.js';

const HEAD_END = '\r\n\r\n';
const CHUNK = /^([0-9a-f]+)\r\n/i;

/** One side of one connection. It leaves bytes that it does not understand unchanged. */
export class Unframer {
  /** Whether chunks come next. */
  private chunked = false;
  /** Bytes of content that come next, with a Content-Length. */
  private content = 0;

  /** The next bytes of the wire. */
  unframe(bytes: Uint8Array): Uint8Array {
    return areFrames(bytes) ? joinData(Buffer.from(bytes)) : concat([...this.messages(Buffer.from(bytes))]);
  }

  private *messages(bytes: Buffer): Generator<Uint8Array> {
    let rest = bytes;
    while (rest.length > 0) {
      let size: number;
      if (this.chunked) {
        const { content, length } = chunks(rest);
        if (content.length > 0) yield concat([utf8(`${content.length.toString(16)}\r\n`), content, utf8('\r\n')]);
        const last = rest.indexOf(HEAD_END, length);
        this.chunked = last < 0;
        rest = rest.subarray(length);
        size = last < 0 ? rest.length : last - length + HEAD_END.length;
      } else if (this.content > 0) {
        size = Math.min(this.content, rest.length);
        this.content -= size;
      } else {
        const end = rest.indexOf(HEAD_END);
        size = end < 0 ? rest.length : end + HEAD_END.length;
        this.begin(rest.toString('latin1', 0, size));
      }
      if (size > 0) yield rest.subarray(0, size);
      rest = rest.subarray(size);
    }
  }

  private begin(head: string): void {
    this.chunked = /\r\ntransfer-encoding: *chunked\r\n/i.test(head);
    this.content = Number(/\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1] ?? 0);
  }
}

/** `wire`, without it. It is read when it is looked at. */
export function unframed(wire: Recording<Uint8Array>): Recording<Uint8Array> {
  return {
    get happenings() {
      const unframer = new Unframer();
      return wire.happenings.map((happening) =>
        happening.value === undefined ? happening : { ...happening, value: unframer.unframe(happening.value) },
      );
    },
  };
}

/** The whole chunks that `bytes` begin with: their content, and their length. */
function chunks(bytes: Buffer): { readonly content: Uint8Array; readonly length: number } {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const line = CHUNK.exec(bytes.toString('latin1', length, length + 16));
    const size = line === null ? 0 : Number.parseInt(line[1]!, 16);
    const begin = length + (line?.[0].length ?? 0);
    if (size === 0 || begin + size + 2 > bytes.length) return { content: Buffer.concat(pieces), length };
    pieces.push(bytes.subarray(begin, begin + size));
    length = begin + size + 2;
  }
}

function joinData(bytes: Buffer): Uint8Array {
  const frames: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    // The preface of a client is not a frame, and cannot be joined.
    if (bytes.toString('latin1', at, at + 3) === 'PRI') return bytes;
    const size = FRAME_HEADER_SIZE + bytes.readUIntBE(at, 3);
    const frame = Buffer.from(bytes.subarray(at, at + size));
    const last = frames.at(-1);
    if (last !== undefined && continues(last, frame)) frames[frames.length - 1] = joinFrames(last, frame);
    else frames.push(frame);
    at += size;
  }
  return concat(frames);
}

/** Whether both are DATA of one stream, without padding. */
function continues(before: Buffer, frame: Buffer): boolean {
  const plain = (one: Buffer): boolean => one[3] === FRAME.DATA && (one[4]! & FLAG.PADDED) === 0;
  return plain(before) && plain(frame) && readUint31(before, 5) === readUint31(frame, 5);
}

function joinFrames(before: Buffer, frame: Buffer): Buffer {
  const joint = Buffer.concat([before, frame.subarray(FRAME_HEADER_SIZE)]);
  joint.writeUIntBE(joint.length - FRAME_HEADER_SIZE, 0, 3);
  joint[4] = before[4]! | frame[4]!;
  return joint;
}
