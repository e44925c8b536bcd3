/**
 * A client that sends any frames, lawful or not, over a socket, and reports what came back: a conversation is a list of short lines. After
 * its frames it sends PINGs. Frames are handled in order, so once those are acknowledged, or the connection has ended, every response has
 * come. So the tests need no clock.
 */
import { connect, type Socket } from 'node:net';
import { FLAG, FRAME } from '../../../src/h2/frame/frame.js';
import { frame } from '../units/h2-frames.js';
import { Listener } from '../units/h2-engines.js';

export { FLAG, FRAME } from '../../../src/h2/frame/frame.js';
export { frame } from '../units/h2-frames.js';

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export const SETTING = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
  MAX_HEADER_LIST_SIZE: 6,
} as const;

export const END_HEADERS = FLAG.END_HEADERS;
/** A request without content. */
export const WHOLE = FLAG.END_HEADERS | FLAG.END_STREAM;

export type Lines = readonly (readonly [name: string, value: string])[];

export const GET: Lines = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'localhost'],
];
export const POST: Lines = [[':method', 'POST'], [':scheme', 'http'], [':path', '/echo'], GET[3]!];

/** A GET of `path`. */
export function get(path: string): Lines {
  return GET.map(([name, value]) => [name, name === ':path' ? path : value]);
}

/** A field block of literals without indexing (RFC 7541 section 6.2.2): it depends on nothing that came before. */
export function block(lines: Lines): Buffer {
  return Buffer.concat(lines.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const size = [0x7f];
  let left = bytes.length - 127;
  for (; left >= 128; left >>>= 7) size.push((left & 127) | 128);
  return Buffer.concat([Buffer.from([...size, left]), bytes]);
}

export function headers(stream: number, lines: Lines = GET, flags: number = WHOLE): Buffer {
  return frame(FRAME.HEADERS, flags, stream, block(lines));
}

export function continuation(stream: number, part: Uint8Array, flags: number = END_HEADERS): Buffer {
  return frame(FRAME.CONTINUATION, flags, stream, part);
}

export function data(stream: number, content: string | Uint8Array, flags: number = FLAG.END_STREAM): Buffer {
  return frame(FRAME.DATA, flags, stream, Buffer.from(content));
}

export function settings(...list: number[]): Buffer {
  const payload = Buffer.alloc(list.length * 3);
  for (let at = 0; at < list.length; at += 2) {
    payload.writeUInt16BE(list[at]!, at * 3);
    payload.writeUInt32BE(list[at + 1]!, at * 3 + 2);
  }
  return frame(FRAME.SETTINGS, 0, 0, payload);
}

export function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, index * 4));
  return bytes;
}

export function windowUpdate(stream: number, increment: number): Buffer {
  return frame(FRAME.WINDOW_UPDATE, 0, stream, uint32(increment));
}

export function rst(stream: number, code = 8): Buffer {
  return frame(FRAME.RST_STREAM, 0, stream, uint32(code));
}

export function priority(stream: number, dependency: number, weight = 15): Buffer {
  return frame(FRAME.PRIORITY, 0, stream, Buffer.concat([uint32(dependency), Buffer.from([weight])]));
}

export function ping(opaque: Buffer, flags = 0, stream = 0): Buffer {
  return frame(FRAME.PING, flags, stream, opaque);
}

const open = new Set<RawH2>();

// Whatever a test does: none of its connections outlives it.
afterEach(() => {
  for (const client of open) client.destroy();
});

export class RawH2 {
  private readonly listener = new Listener();
  private readonly came: string[] = [];
  private rest: Buffer = Buffer.alloc(0);
  private ended = false;
  private pings = 0;
  private wake: () => void = () => undefined;

  constructor(private readonly socket: Socket) {
    open.add(this);
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('end', () => socket.end());
    socket.on('error', () => this.tell('broken'));
    socket.on('close', () => {
      this.ended = true;
      this.tell('closed');
    });
  }

  /** A connection on which nothing has been sent. */
  static async raw(port: number): Promise<RawH2> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RawH2(socket.setNoDelay());
  }

  /** A connection past the prefaces and settings of both sides; `list`: ours. */
  static async open(port: number, ...list: number[]): Promise<RawH2> {
    const client = await RawH2.raw(port);
    client.send(PREFACE, settings(...list), frame(FRAME.SETTINGS, FLAG.ACK, 0));
    await client.until((line) => line === 'SETTINGS ACK');
    return client;
  }

  send(...bytes: Uint8Array[]): this {
    this.socket.write(Buffer.concat(bytes));
    return this;
  }

  /** Says `frames`, and returns what came since, until all of them have been dealt with. */
  async ask(...frames: Uint8Array[]): Promise<string[]> {
    // The first acknowledgement may overtake content of its turn; the second, which is of a later turn, cannot.
    const came = await this.behindPing(...frames);
    return this.ended ? came : [...came, ...(await this.behindPing())];
  }

  private async behindPing(...frames: Uint8Array[]): Promise<string[]> {
    const opaque = uint32(0x72787061, ++this.pings);
    this.send(...frames, ping(opaque));
    const answered = `PING ACK ${opaque.toString('hex')}`;
    await this.sees((line) => line === answered);
    return this.take().filter((line) => line !== answered);
  }

  /** The lines since the last time, up to one that fulfils `condition`, or the end of the connection. */
  async until(condition: (line: string) => boolean): Promise<string[]> {
    await this.sees(condition);
    return this.take();
  }

  destroy(): void {
    open.delete(this);
    this.socket.destroy();
  }

  private async sees(condition: (line: string) => boolean): Promise<void> {
    while (!this.ended && !this.came.some(condition)) await new Promise<void>((resolve) => (this.wake = resolve));
  }

  private take(): string[] {
    return this.came.splice(0);
  }

  private receive(chunk: Buffer): void {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    for (;;) {
      const size = this.rest.length < 9 ? Infinity : 9 + this.rest.readUIntBE(0, 3);
      if (this.rest.length < size) return;
      for (const line of this.listener.lines(this.rest.subarray(0, size))) this.tell(line);
      this.rest = this.rest.subarray(size);
    }
  }

  private tell(line: string): void {
    this.came.push(line);
    this.wake();
  }
}

/**
 * The relevant lines of a response: `1 200` (a head), `1 "text"` or `1 (16384)` (content), `1 end`, `1 RST_STREAM CODE`, `GOAWAY CODE`,
 * `closed`.
 */
export function outcome(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const [name, stream, ...rest] = line.split(' ') as [string, string, ...string[]];
    switch (name) {
      case 'HEADERS':
      case 'DATA': {
        const end = rest[0] === 'END' ? [`${stream} end`] : [];
        const what = rest.slice(end.length);
        const status = /^:status=(\d+)$/.exec(what[0] ?? '');
        if (status !== null) return [`${stream} ${status[1]!}`, ...end];
        if (name === 'HEADERS') return [`${stream} ${what.join(' ')}`, ...end];
        const text = what.join(' ');
        return [...(text === '' ? [] : [`${stream} ${/^\(\d+\)$/.test(text) ? text : JSON.stringify(text)}`]), ...end];
      }
      case 'RST_STREAM':
        return [`${stream} RST_STREAM ${rest[0]!}`];
      case 'GOAWAY':
        return [`GOAWAY ${rest[0]!}`];
      case 'closed':
      case 'broken':
        return [name];
      default:
        return [];
    }
  });
}

/** Octets of content in `lines`. */
export function octets(lines: readonly string[]): number {
  let sum = 0;
  for (const line of lines) {
    const match = /^DATA \d+(?: END)?(?: (?:\((\d+)\)|(.*)))?$/.exec(line);
    if (match !== null) sum += match[1] === undefined ? (match[2] ?? '').length : Number(match[1]);
  }
  return sum;
}

/** The end of a connection at fault: GOAWAY says why, and it is closed (RFC 9113 section 5.4.1). */
export function broken(code: string): string[] {
  return [`GOAWAY ${code}`, 'closed'];
}
