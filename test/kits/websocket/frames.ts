/** Frames of WebSockets, lawful and not, and what came back in words. */
import { deflateRawSync, inflateRawSync, constants } from 'node:zlib';

export const OP = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** How a frame differs from a lawful one of a client. */
export interface FrameInit {
  readonly fin?: boolean;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  readonly rsv?: number;
  /** Four octets; `false`: not masked. */
  readonly mask?: readonly number[] | false;
  /** The form of the length: in 7 bits, or that and 2 or 8 octets. */
  readonly form?: 7 | 16 | 64;
  /** The length that the head has, if it is not that of the payload. */
  readonly length?: number | bigint;
}

const MASK = [0x37, 0xfa, 0x21, 0x3d];

/** One frame, as a client sends it unless `init` changes it. */
export function frame(opcode: number, payload: string | Uint8Array = '', init: FrameInit = {}): Buffer {
  const content = Buffer.from(payload as Uint8Array);
  const { fin = true, rsv = 0, mask = MASK, length = content.length } = init;
  const form = init.form ?? (content.length < 126 ? 7 : content.length < 65536 ? 16 : 64);
  const head = Buffer.alloc(form === 7 ? 2 : form === 16 ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (mask === false ? 0 : 0x80) | (form === 7 ? Number(length) : form === 16 ? 126 : 127);
  if (form === 16) head.writeUInt16BE(Number(length), 2);
  if (form === 64) head.writeBigUInt64BE(BigInt(length), 2);
  if (mask === false) return Buffer.concat([head, content]);
  return Buffer.concat([head, Buffer.from(mask), content.map((octet, index) => octet ^ mask[index % 4]!)]);
}

/** A Close frame, with a code and a reason or without. */
export function close(code?: number, reason: string | Uint8Array = ''): Buffer {
  if (code === undefined) return frame(OP.close);
  return frame(OP.close, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason as Uint8Array)]));
}

/** The payload of a compressed message (RFC 7692 section 7.2.1); `context`: what came before. */
export function deflated(content: string | Uint8Array, context?: Uint8Array): Buffer {
  const dictionary = context === undefined ? {} : { dictionary: context };
  return deflateRawSync(Buffer.from(content as Uint8Array), {
    finishFlush: constants.Z_SYNC_FLUSH,
    ...dictionary,
  }).subarray(0, -4);
}

/** Takes compression off messages in order, with their context. */
export class Inflater {
  private context = Buffer.alloc(0);

  constructor(private readonly takesOver: boolean) {}

  message(payload: Buffer): Buffer {
    const options = { finishFlush: constants.Z_SYNC_FLUSH };
    const data = Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]);
    const content = inflateRawSync(
      data,
      this.context.length === 0 ? options : { ...options, dictionary: this.context },
    );
    if (this.takesOver) this.context = Buffer.concat([this.context, content]).subarray(-32768);
    return content;
  }
}

/** One frame that came. */
export interface ReadFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly payload: Buffer;
}

/** The frames in `bytes`, and the rest of a frame that is not complete. */
export function readFrames(bytes: Buffer): { readonly frames: ReadFrame[]; readonly rest: Buffer } {
  const frames: ReadFrame[] = [];
  let at = 0;
  for (;;) {
    if (bytes.length - at < 2) break;
    const short = bytes[at + 1]! & 0x7f;
    const masked = (bytes[at + 1]! & 0x80) !== 0;
    const lengthSize = short < 126 ? 0 : short === 126 ? 2 : 8;
    const headSize = 2 + lengthSize + (masked ? 4 : 0);
    if (bytes.length - at < headSize) break;
    const length =
      lengthSize === 0 ? short : lengthSize === 2 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if (bytes.length - at < headSize + length) break;
    const mask = bytes.subarray(at + headSize - 4, at + headSize);
    const content = bytes.subarray(at + headSize, at + headSize + length);
    const payload = masked ? Buffer.from(content.map((octet, index) => octet ^ mask[index % 4]!)) : content;
    frames.push({
      fin: (bytes[at]! & 0x80) !== 0,
      rsv: (bytes[at]! >> 4) & 7,
      opcode: bytes[at]! & 15,
      masked,
      payload,
    });
    at += headSize + length;
  }
  return { frames, rest: bytes.subarray(at) };
}

const NAMES: Readonly<Record<number, string>> = {
  0: 'CONTINUATION',
  1: 'TEXT',
  2: 'BINARY',
  8: 'CLOSE',
  9: 'PING',
  10: 'PONG',
};

/** A frame in words: `TEXT "hello"`, `BINARY 010203`, `CLOSE 1002`. Long payloads by their length. */
export function told({ fin, rsv, opcode, payload }: ReadFrame, inflater?: Inflater): string {
  const name = NAMES[opcode] ?? `OPCODE ${opcode}`;
  const content = rsv === 4 && inflater !== undefined ? inflater.message(payload) : payload;
  const marks = `${fin ? '' : ' -fin'}${rsv === 0 ? '' : rsv === 4 ? ' deflated' : ` rsv ${rsv}`}`;
  if (opcode === OP.close) {
    if (content.length === 0) return 'CLOSE';
    const reason = content.toString('utf8', 2);
    return `CLOSE ${content.readUInt16BE(0)}${reason === '' ? '' : ` ${JSON.stringify(reason)}`}`;
  }
  const shown =
    content.length > 60
      ? `${content.length} bytes`
      : opcode === OP.binary
        ? content.toString('hex')
        : JSON.stringify(content.toString());
  return `${name}${marks} ${shown}`.trimEnd();
}
