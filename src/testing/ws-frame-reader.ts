/** Written WebSocket frames in words, after the head of HTTP/1.1 that opened the WebSocket, if there is one. */
import { concat } from '../bytes.js';
import type { Happening, Recording } from './recorded-row.js';
import { visible } from './value-printer.js';

/** A frame that was written. */
export interface WsFrame {
  /** `TEXT`, `BINARY`, `CONTINUATION`, `CLOSE`, `PING`, `PONG`; `HTTP/1.1` for the head that opened the WebSocket. */
  readonly type: string;
  readonly fin: boolean;
  /** Whether RSV1 is set (RFC 7692). */
  readonly compressed: boolean;
  readonly masked: boolean;
  /** Octets of the payload. */
  readonly length: number;
  /** Its content, in short: text, octets in hexadecimal, a code and a reason, a status. */
  readonly says: string;
}

/** A frame in one line, as `expectWebSocket` compares it: `TEXT "hello"`, `CLOSE 1000`, `TEXT "hel" -fin`. */
export function tellWsFrame({ type, fin, compressed, says }: WsFrame): string {
  return [type, ...(says === '' ? [] : [says]), ...(fin ? [] : ['-fin']), ...(compressed ? ['compressed'] : [])].join(
    ' ',
  );
}

const TYPES: Readonly<Record<number, string>> = {
  0: 'CONTINUATION',
  1: 'TEXT',
  2: 'BINARY',
  8: 'CLOSE',
  9: 'PING',
  10: 'PONG',
};

/** Content longer than this is shown by its length. */
const SHORT = 40;

/** Reads one side of one connection. */
export class WsFrameReader {
  private rest: Buffer = Buffer.alloc(0);
  private begun = false;

  /** The frames that `bytes` complete. */
  read(bytes: Uint8Array): WsFrame[] {
    const frames: WsFrame[] = [];
    this.rest = Buffer.from(concat([this.rest, bytes]));
    if (!this.begun) {
      const head = headOf(this.rest);
      if (head !== undefined) {
        frames.push(head);
        this.rest = this.rest.subarray(head.length);
      }
      this.begun = true;
    }
    for (let frame = this.next(); frame !== undefined; frame = this.next()) frames.push(frame);
    return frames;
  }

  private next(): WsFrame | undefined {
    const { rest } = this;
    if (rest.length < 2) return undefined;
    const masked = (rest[1]! & 0x80) !== 0;
    const short = rest[1]! & 0x7f;
    const at = 2 + (short < 126 ? 0 : short === 126 ? 2 : 8);
    const from = at + (masked ? 4 : 0);
    if (rest.length < from) return undefined;
    const length = short < 126 ? short : short === 126 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
    if (rest.length < from + length) return undefined;
    const content = rest.subarray(from, from + length);
    const payload = masked ? Buffer.from(content.map((octet, index) => octet ^ rest[at + (index & 3)]!)) : content;
    this.rest = rest.subarray(from + length);
    const opcode = rest[0]! & 0x0f;
    const compressed = (rest[0]! & 0x40) !== 0;
    return {
      type: TYPES[opcode] ?? `OPCODE ${opcode}`,
      fin: (rest[0]! & 0x80) !== 0,
      compressed,
      masked,
      length,
      says: says(opcode, compressed, payload),
    };
  }
}

/** The head of a request or a response, which comes before the first frame. */
function headOf(bytes: Buffer): WsFrame | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  const [first = ''] = bytes.toString('latin1', 0, 200).split('\r\n', 1);
  if (end < 0 || !/^(HTTP\/1\.1 \d|[A-Z]+ \S+ HTTP\/1\.1$)/.test(first)) return undefined;
  const none = { fin: true, compressed: false, masked: false, length: end + 4 };
  const [, status] = /^HTTP\/1\.1 (\d+)/.exec(first) ?? [];
  return status === undefined ? { ...none, type: first, says: '' } : { ...none, type: 'HTTP/1.1', says: status };
}

function says(opcode: number, compressed: boolean, payload: Buffer): string {
  if (opcode === 8) {
    if (payload.length < 2) return '';
    const reason = payload.toString('utf8', 2);
    return `${payload.readUInt16BE(0)}${reason === '' ? '' : ` "${visible(reason)}"`}`;
  }
  if (payload.length > SHORT) return `(${payload.length} bytes)`;
  return opcode === 2 || compressed ? payload.toString('hex') : `"${visible(payload.toString('utf8'))}"`;
}

/** The frames of what was written, each at its time. */
export function wsFramesOf(wire: Recording<Uint8Array>): Recording<WsFrame> {
  return {
    get happenings() {
      const reader = new WsFrameReader();
      return wire.happenings.flatMap(({ frame, mark, value }): Happening<WsFrame>[] => {
        const frames = value === undefined ? [] : reader.read(value);
        const told = frames.map((one): Happening<WsFrame> => ({ frame, mark: undefined, value: one }));
        return mark === undefined ? told : [...told, { frame, mark, value: undefined }];
      });
    },
  };
}
