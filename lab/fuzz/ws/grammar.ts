/** The frames of a peer: valid, or with one rule broken here and there (RFC 6455 section 5, RFC 7692 section 7). */
import { constants, deflateRawSync } from 'node:zlib';
import type { Random } from '../random.js';
import { LIMITS, type Settings } from './settings.js';

interface FrameInit {
  readonly opcode: number;
  readonly fin: boolean;
  readonly rsv: number;
  readonly payload: Buffer;
}

const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** One in so many frames is broken in one way. */
const BROKEN_PERCENT = 4;

/** All the frames that a peer sends to `settings.role`. */
export class PeerFrames {
  private readonly frames: Buffer[] = [];
  /** What was compressed before. */
  private context: Buffer = Buffer.alloc(0);

  constructor(
    private readonly random: Random,
    private readonly settings: Settings,
  ) {}

  bytes(): Buffer {
    const { random } = this;
    for (let left = random.small(1, 10); left > 0; left--) {
      if (random.chance(25)) this.control();
      else this.message();
    }
    if (random.chance(50)) this.close();
    if (random.chance(10)) this.message();
    return Buffer.concat(this.frames);
  }

  /** How many frames there are. */
  get count(): number {
    return this.frames.length;
  }

  private message(): void {
    const { random } = this;
    const isText = random.chance(60);
    const content = isText ? this.text() : this.binary();
    const compresses = this.settings.deflate !== undefined && random.chance(70);
    const payload = compresses ? this.compressed(content) : content;
    const pieces = this.cut(payload);
    for (const [index, piece] of pieces.entries()) {
      if (index > 0 && random.chance(20)) this.control();
      const isLast = index === pieces.length - 1 && !random.chance(2);
      const opcode = index > 0 ? OPCODE.continuation : isText ? OPCODE.text : OPCODE.binary;
      this.frame({ opcode, fin: isLast, rsv: compresses && index === 0 ? 4 : 0, payload: piece });
    }
  }

  private control(): void {
    const { random } = this;
    const size = random.pick([0, 0, 1, 4, 124, 125, random.chance(5) ? 126 : 20]);
    this.frame({
      opcode: random.pick([OPCODE.ping, OPCODE.pong]),
      fin: !random.chance(2),
      rsv: 0,
      payload: this.octets(size),
    });
  }

  private close(): void {
    const { random } = this;
    const codes = [1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1011, 1014, 1015, 1016, 2999, 3000, 4999, 5000, 0];
    const code = Buffer.alloc(2);
    code.writeUInt16BE(random.chance(60) ? 1000 : random.pick(codes));
    const reason = random.chance(50) ? this.text().subarray(0, 123) : Buffer.alloc(0);
    const payload = random.pick([Buffer.alloc(0), code, Buffer.concat([code, reason]), Buffer.concat([code, reason])]);
    const shown = random.chance(3) ? payload.subarray(0, 1) : payload;
    this.frame({ opcode: OPCODE.close, fin: true, rsv: 0, payload: shown });
  }

  private octets(size: number): Buffer {
    return Buffer.from(Array.from({ length: size }, () => this.random.below(256)));
  }

  private size(): number {
    const { random } = this;
    const edge = random.pick([125, 126, 127, LIMITS.message - 1, LIMITS.message, LIMITS.message + 1]);
    return random.chance(12) ? edge : random.pick([0, 1, 2, 5, 20, 60, 200]);
  }

  private binary(): Buffer {
    const size = this.size();
    return this.random.chance(50) ? Buffer.alloc(size, this.random.below(256)) : this.octets(size);
  }

  /** Text of characters of one to four octets; sometimes with octets that no text has. */
  private text(): Buffer {
    const { random } = this;
    const parts: Buffer[] = [];
    for (let left = this.size(); left > 0;) {
      const character = Buffer.from(
        random.pick(['a', 'b', '\0', 'é', '\u07ff', '€', '\uffff', '\u{1f30d}', '\u{10ffff}']),
      );
      if (character.length > left) parts.push(Buffer.alloc(left, 'z'));
      else parts.push(character);
      left -= character.length;
    }
    const text = Buffer.concat(parts);
    if (!random.chance(8)) return text;
    const wrong = random.pick(['80', 'c0af', 'eda080', 'f4908080', 'f8', 'e282', 'ff', 'e0809f']);
    const at = random.below(text.length + 1);
    return Buffer.concat([text.subarray(0, at), Buffer.from(wrong, 'hex'), text.subarray(at)]);
  }

  private compressed(content: Buffer): Buffer {
    const { random, settings } = this;
    const deflate = settings.deflate!;
    const isServers = settings.role === 'client';
    const alone = isServers ? deflate.serverNoContextTakeover : deflate.clientNoContextTakeover;
    // A larger window than was agreed on, sometimes.
    const agreed = isServers ? deflate.serverMaxWindowBits : deflate.clientMaxWindowBits;
    const windowBits = random.chance(3) ? 15 : agreed;
    const dictionary = alone ? Buffer.alloc(0) : this.context.subarray(-(2 ** windowBits));
    const options = {
      windowBits,
      level: random.pick([0, 1, 6, 9]),
      strategy: random.chance(10) ? constants.Z_FIXED : constants.Z_DEFAULT_STRATEGY,
      ...(dictionary.length > 0 ? { dictionary } : {}),
    };
    this.context = Buffer.concat([this.context, content]).subarray(-32768);
    // A final block ends the data: an octet of zeros follows it (RFC 7692 section 7.2.3.4).
    if (random.chance(4)) return Buffer.concat([deflateRawSync(content, options), Buffer.alloc(1)]);
    const data = deflateRawSync(content, { ...options, finishFlush: constants.Z_SYNC_FLUSH });
    const sent = data.subarray(0, data.length - 4);
    if (random.chance(4)) return this.spoiled(sent);
    return sent;
  }

  private spoiled(data: Buffer): Buffer {
    const { random } = this;
    if (data.length === 0 || random.chance(30)) return data.subarray(0, random.below(data.length + 1));
    const spoiled = Buffer.from(data);
    spoiled[random.below(data.length)]! ^= 1 << random.below(8);
    return spoiled;
  }

  /** In one frame, or in several. */
  private cut(payload: Buffer): Buffer[] {
    const { random } = this;
    if (random.chance(55)) return [payload];
    const pieces: Buffer[] = [];
    const count = random.chance(5) ? LIMITS.fragments + random.below(3) - 1 : random.small(2, 6);
    let at = 0;
    for (let index = 1; index < count; index++) {
      const to = Math.min(payload.length, at + random.below(Math.ceil((2 * payload.length) / count) + 1));
      pieces.push(payload.subarray(at, to));
      at = to;
    }
    return [...pieces, payload.subarray(at)];
  }

  private frame({ opcode, fin, rsv, payload }: FrameInit): void {
    const { random } = this;
    const breaks = random.chance(BROKEN_PERCENT) ? random.below(8) : -1;
    const masks = (this.settings.role === 'server') !== (breaks === 0);
    const length = breaks === 1 ? payload.length + random.below(5) : payload.length;
    const longer = breaks === 2 ? random.pick([126, 127]) : 0;
    const head = Buffer.alloc(2);
    const first = breaks === 3 ? random.below(16) : opcode;
    const reserved = breaks === 4 ? random.below(8) : rsv;
    head[0] = ((breaks === 5 ? !fin : fin) ? 0x80 : 0) | (reserved << 4) | first;
    const form = Math.max(length < 126 ? length : length < 65_536 ? 126 : 127, longer);
    head[1] = (masks ? 0x80 : 0) | form;
    const parts: Buffer[] = [head];
    if (form === 126) parts.push(Buffer.from([length >> 8, length & 0xff]));
    if (form === 127) parts.push(this.longLength(length, breaks === 6));
    const mask = random.chance(10) ? Buffer.alloc(4) : this.octets(4);
    if (masks) parts.push(mask);
    parts.push(masks ? Buffer.from(payload.map((octet, index) => octet ^ mask[index % 4]!)) : payload);
    this.frames.push(Buffer.concat(parts));
  }

  private longLength(length: number, isHuge: boolean): Buffer {
    const octets = Buffer.alloc(8);
    octets.writeBigUInt64BE(BigInt(length));
    if (isHuge) octets[0] = this.random.pick([0x00, 0x40, 0x80]);
    if (isHuge) octets[1] = this.random.below(256);
    return octets;
  }
}
