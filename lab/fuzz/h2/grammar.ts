/** Frames of a client: mostly those of a lawful one, each now and then out of place, of another size, or with other flags. */
import type { Random } from '../random.js';
import { frame, PREFACE, TYPE } from './wire.js';

/** A field as a literal without indexing (RFC 7541 section 6.2.2): it does not depend on what came before. */
export function literal(name: string, value: string, first = 0x00): Buffer {
  const part = (text: string): Buffer =>
    Buffer.concat([Buffer.of(Math.min(text.length, 126)), Buffer.from(text.slice(0, 126), 'latin1')]);
  return Buffer.concat([Buffer.of(first), part(name), part(value)]);
}

const FIELDS: readonly (readonly [string, string])[] = [
  ...([
    ['x-a', 'b'],
    ['cookie', 'a=1'],
    ['cookie', 'b=2'],
    ['te', 'trailers'],
    ['accept', '*/*'],
    ['host', 'a'],
    ['x-b', ''],
  ] as const),
  ...([
    ['content-length', '5'],
    ['content-length', '0'],
    ['user-agent', 'fuzz'],
    ['priority', 'u=1, i'],
    ['x-c', '\x80\xff'],
  ] as const),
];
const ODD_FIELDS: readonly (readonly [string, string])[] = [
  ...([
    ['X-A', 'b'],
    ['connection', 'close'],
    ['te', 'gzip'],
    ['upgrade', 'h2c'],
    ['transfer-encoding', 'chunked'],
    ['', 'a'],
  ] as const),
  ...([
    ['x a', 'b'],
    ['x', ' a'],
    ['x', 'a '],
    ['x', 'a\0'],
    ['x', 'a\r\nb'],
    ['x:', 'a'],
    [':x', 'a'],
    [':path', '/'],
    ['x\0', 'a'],
  ] as const),
  ...([
    ['content-length', 'x'],
    ['content-length', '-1'],
    ['content-length', '5, 5'],
    ['host', 'b'],
    ['host', 'a@b'],
    ['keep-alive', 'x'],
  ] as const),
  ...([
    ['proxy-connection', 'x'],
    ['x\x80', 'a'],
    ['x', '\x7f'],
    ['content-length', ''],
    ['content-length', '18446744073709551616'],
  ] as const),
];

function pseudoFields(random: Random): (readonly [string, string])[] {
  const method = random.chance(95)
    ? random.pick(['GET', 'POST', 'POST', 'PUT', 'HEAD', 'OPTIONS'])
    : random.pick(['CONNECT', 'FOO', 'G T', '', 'get']);
  const list: (readonly [string, string])[] = [
    [':method', method],
    [':scheme', random.chance(96) ? random.pick(['http', 'https']) : random.pick(['', 'ftp', 'a b', 'HTTP'])],
    [
      ':path',
      random.chance(95)
        ? random.pick(['/', '/a?b', '/%20'])
        : random.pick(['', '*', 'a', '/ b', '/\0', '/\x80', '//', '/#']),
    ],
    [':authority', random.chance(95) ? 'a' : random.pick(['', 'a@b', 'a b', 'a:80', '[::1]', 'a/b', '\x80'])],
  ];
  if (random.chance(1)) list.push([':protocol', random.pick(['websocket', ''])]);
  if (random.chance(3)) list.splice(random.below(list.length), 1);
  if (random.chance(1)) list.push(random.pick(list));
  if (random.chance(5)) list.reverse();
  return method === 'CONNECT' && random.chance(70)
    ? [
        [':method', method],
        [':authority', 'a:1'],
      ]
    : list;
}

function fieldBlock(random: Random, trailers: boolean): Buffer {
  const fields = trailers && !random.chance(3) ? [] : pseudoFields(random);
  fields.push(...random.several(3, () => random.pick(random.chance(4) ? ODD_FIELDS : FIELDS)));
  if (random.chance(1)) fields.unshift(...fields.splice(1));
  const parts = fields.map(([name, value]) => literal(name, value, random.pick([0x00, 0x10, 0x40])));
  if (random.chance(2)) parts.splice(random.below(parts.length + 1), 0, Buffer.of(random.below(256)));
  return Buffer.concat(parts);
}

function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, index * 4));
  return bytes;
}

/** What a client knows of its connection. */
class Client {
  private last = -1;
  /** Streams whose content is not at its end. */
  private readonly open: number[] = [];

  constructor(private readonly random: Random) {}

  frames(): Buffer[] {
    const { random } = this;
    if (random.chance(2)) return [this.any()];
    switch (random.below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return this.headers(random.chance(90) ? this.next() : this.stream());
      case 5:
      case 6:
      case 7:
      case 8:
        return [this.data(this.openStream())];
      case 9:
        return [
          frame(
            TYPE.WINDOW_UPDATE,
            0,
            random.chance(40) ? 0 : this.stream(),
            this.sized(4, uint32(random.pick([1, 1000, 0, 0x7fff_ffff, 0x8000_0001]))),
          ),
        ];
      case 10:
        return [frame(TYPE.RST_STREAM, 0, this.stream(), this.sized(4, uint32(random.below(16))))];
      case 11:
        return [
          frame(
            TYPE.PRIORITY,
            0,
            this.stream(),
            this.sized(5, Buffer.concat([uint32(random.pick([0, 1, 3, 5])), Buffer.of(15)])),
          ),
        ];
      case 12:
        return [
          frame(
            TYPE.PING,
            random.chance(20) ? 1 : 0,
            random.chance(97) ? 0 : 1,
            this.sized(8, Buffer.from('abcdefgh')),
          ),
        ];
      case 13:
        return [this.settings()];
      case 14:
        return this.headers(this.openStream(), true);
      default:
        return [
          random.chance(60)
            ? frame(random.pick([0x0a, 0x20, 0xff]), random.below(256), this.stream(), Buffer.from('x'))
            : this.any(),
        ];
    }
  }

  private next(): number {
    this.last += this.random.chance(95) ? 2 : 4;
    return this.last;
  }

  /** Any stream: one that was, mostly. */
  private stream(): number {
    const { random } = this;
    if (random.chance(4)) return random.pick([0, 2, 4, this.last + 2, 0x7fff_ffff]);
    return 1 + 2 * random.below(Math.max(1, (this.last + 1) / 2));
  }

  private openStream(): number {
    return this.open.length === 0 || this.random.chance(4) ? this.stream() : this.random.pick(this.open);
  }

  private ends(stream: number): number {
    const at = this.open.indexOf(stream);
    if (at >= 0) this.open.splice(at, 1);
    return 1;
  }

  private headers(stream: number, trailers = false): Buffer[] {
    const { random } = this;
    const end = trailers ? !random.chance(4) : random.chance(40);
    let flags = end ? this.ends(stream) : 0;
    if (!end && !trailers) this.open.push(stream);
    let block = fieldBlock(random, trailers);
    const cut = random.chance(10) ? random.below(block.length + 1) : block.length;
    const rest = block.subarray(cut);
    block = block.subarray(0, cut);
    if (random.chance(6)) {
      flags |= 0x20;
      block = Buffer.concat([uint32(random.pick([0, 1, 3, stream, 0x8000_0000])), Buffer.of(7), block]);
    }
    if (random.chance(6)) [flags, block] = this.padded(flags, block);
    if (cut > 0 && rest.length === 0) return [frame(TYPE.HEADERS, flags | 4, stream, block)];
    const frames = [frame(TYPE.HEADERS, flags, stream, block)];
    if (random.chance(3)) frames.push(...this.frames());
    const middle = random.below(rest.length + 1);
    if (random.chance(30)) {
      frames.push(
        frame(TYPE.CONTINUATION, 0, stream, rest.subarray(0, middle)),
        frame(TYPE.CONTINUATION, 4, stream, rest.subarray(middle)),
      );
    } else
      frames.push(
        frame(TYPE.CONTINUATION, random.chance(95) ? 4 : 0, random.chance(97) ? stream : this.stream(), rest),
      );
    return frames;
  }

  private data(stream: number): Buffer {
    const { random } = this;
    let flags = random.chance(40) ? this.ends(stream) : 0;
    let payload: Buffer = Buffer.alloc(random.pick([0, 1, 5, 5, 5, 100]), 'x');
    if (random.chance(10)) [flags, payload] = this.padded(flags, payload);
    return frame(TYPE.DATA, flags, stream, payload);
  }

  private padded(flags: number, payload: Buffer): [number, Buffer] {
    const size = this.random.pick([0, 1, 10]);
    const said = this.random.chance(90)
      ? size
      : this.random.pick([size + 1, payload.length + size, payload.length + size + 1, 255]);
    return [flags | 8, Buffer.concat([Buffer.of(Math.min(255, said)), payload, Buffer.alloc(size)])];
  }

  private settings(): Buffer {
    const { random } = this;
    if (random.chance(20)) return frame(TYPE.SETTINGS, 1, 0, random.chance(90) ? Buffer.alloc(0) : Buffer.alloc(6));
    const list = random.several(3, () => {
      const setting = Buffer.alloc(6);
      setting.writeUInt16BE(random.chance(97) ? random.pick([1, 2, 3, 4, 5, 6, 8, 9, 0x77]) : random.below(65_536), 0);
      setting.writeUInt32BE(random.pick([0, 1, 1, 0, 16_384, 65_535, 100_000, 4096]), 2);
      if (random.chance(4)) setting.writeUInt32BE(random.pick([0x7fff_ffff, 0x8000_0000, 2, 0x0100_0000]), 2);
      return setting;
    });
    return frame(TYPE.SETTINGS, 0, random.chance(98) ? 0 : 1, this.sized(0, Buffer.concat(list)));
  }

  /** Sometimes a byte more, or less. */
  private sized(_size: number, payload: Buffer): Buffer {
    if (!this.random.chance(3)) return payload;
    return this.random.chance(50) ? Buffer.concat([payload, Buffer.of(0)]) : payload.subarray(1);
  }

  private any(): Buffer {
    const { random } = this;
    const payload = Buffer.alloc(random.pick([0, 1, 4, 5, 8, 9, 30]), random.below(256));
    return frame(
      random.below(11),
      random.pick([0, 1, 4, 5, 8, 0x20, 0x2d, 0xff]),
      random.chance(50) ? 0 : this.stream(),
      payload,
    );
  }
}

/** All that a client sends on a connection. */
export function connection(random: Random): Buffer {
  const client = new Client(random);
  const frames = [PREFACE, frame(TYPE.SETTINGS, 0, 0), frame(TYPE.SETTINGS, 1, 0)];
  if (random.chance(2)) frames.splice(1 + random.below(2), 1);
  for (let left = random.small(1, 12); left > 0; left--) frames.push(...client.frames());
  return Buffer.concat(frames);
}
