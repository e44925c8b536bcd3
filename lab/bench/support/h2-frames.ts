/** HTTP/2 frames (RFC 9113 section 4.1), as the floor and the loads write and read them. */

export const HEAD_SIZE = 9;

export const DATA = 0x0;
export const HEADERS = 0x1;
export const RST_STREAM = 0x3;
export const SETTINGS = 0x4;
export const PING = 0x6;
export const GOAWAY = 0x7;
export const WINDOW_UPDATE = 0x8;

export const END_STREAM = 0x1;
export const ACK = 0x1;
export const END_HEADERS = 0x4;

export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_SIZE + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, HEAD_SIZE);
  return bytes;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const MAX_WINDOW = 2 ** 31 - 1;

/** The beginning of a client that wants everything: no push, and the largest windows (RFC 9113 sections 3.4 and 6.9.1). */
export const connectionPreface: Buffer = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1'),
  frame(SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, 2, 0, 0, 0, 0, 0, 4]), uint32(MAX_WINDOW)])),
  frame(WINDOW_UPDATE, 0, 0, uint32(MAX_WINDOW - 65_535)),
]);

/** A literal without indexing, its name of the static table (RFC 7541 section 6.2.2); `value`: fewer than 127 bytes. */
function literal(name: number, value: string): Buffer {
  return Buffer.from([name, value.length, ...Buffer.from(value, 'latin1')]);
}

/** The field block of a request over cleartext TCP. */
export function requestBlock(method: 'GET' | 'POST', path: string, authority: string): Buffer {
  const indexed = Buffer.from([method === 'GET' ? 0x82 : 0x83, 0x86]);
  return Buffer.concat([indexed, literal(0x04, path), literal(0x01, authority)]);
}

export interface FrameHead {
  readonly length: number;
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
}

/** Reads frames; the payload of DATA is skipped, and reported as empty. */
export class FrameHeads {
  private rest: Buffer = Buffer.alloc(0);
  private skipping = 0;

  constructor(private readonly onFrame: (head: FrameHead, payload: Buffer) => void) {}

  receive(chunk: Buffer): void {
    let bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    while (true) {
      const skipped = Math.min(this.skipping, bytes.length);
      this.skipping -= skipped;
      bytes = bytes.subarray(skipped);
      if (bytes.length < HEAD_SIZE) break;
      const head: FrameHead = {
        length: bytes.readUIntBE(0, 3),
        type: bytes[3]!,
        flags: bytes[4]!,
        stream: bytes.readUInt32BE(5),
      };
      const isData = head.type === DATA;
      if (!isData && bytes.length < HEAD_SIZE + head.length) break;
      this.onFrame(head, isData ? EMPTY : bytes.subarray(HEAD_SIZE, HEAD_SIZE + head.length));
      this.skipping = head.length;
      bytes = bytes.subarray(HEAD_SIZE);
    }
    // A copy: the socket reads into the same buffer again.
    this.rest = Buffer.from(bytes);
  }
}

const EMPTY = Buffer.alloc(0);
