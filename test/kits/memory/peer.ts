/** A peer that cuts its content as a test wants it: HTTP/1.1 or HTTP/2, client or server, over a flow of reads of any size. */
import { Flow } from '../../../src/flow/flow.js';
import type { Protocol } from '../../../src/http/head.js';
import { frame } from '../units/h2-frames.js';

/** How a peer sends its content. */
export interface Cut {
  /** Sizes of the pieces, over and over: of DATA frames, chunks, or reads. */
  readonly sizes: readonly number[];
  /** Bytes of one read of the socket; pieces come in as few reads as they fit in. */
  readonly read: number;
  /** HTTP/1.1: Content-Length, and not chunks. */
  readonly whole: boolean;
  /** HTTP/2: padding of each frame. */
  readonly padding: number;
  /** HTTP/2: bytes on another stream after each piece. */
  readonly bulk: number;
}

/** The flow that a connection runs on; it is given bytes only while it reads. */
export class Wire extends Flow {
  reads = false;
  /** Gets the bytes that are sent to the peer. */
  receive: (bytes: Buffer) => void = () => undefined;
  /** Bytes that the peer still takes, before the writer has to wait. */
  room = Infinity;
  private sent = 0;

  override get progress(): number {
    return this.sent;
  }

  override get alpn(): string {
    return this.protocol;
  }

  constructor(private readonly protocol: Protocol) {
    super();
  }

  arrive(chunk: Buffer): void {
    this.push(chunk);
  }

  protected send(pieces: readonly (string | Uint8Array)[]): boolean {
    for (const piece of pieces) {
      this.room -= piece.length;
      this.sent += piece.length;
      this.receive(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : Buffer.from(piece));
    }
    return this.room > 0;
  }

  protected read(on: boolean): void {
    this.reads = on;
  }

  complete(): void {
    this.unwritable();
  }

  error(error?: unknown): void {
    this.unwritable();
    this.breakOff(error);
  }
}

/** A letter: content is made of it. */
const LETTER = 0x78;
const DATA = 0;
const RST_STREAM = 3;
const SETTINGS = 4;
const GOAWAY = 7;
const WINDOW_UPDATE = 8;

export abstract class Peer {
  /** Bytes of content that were sent. */
  sent = 0;
  /** Why the connection was ended, if it was: no peer here does anything wrong. */
  refused: string | undefined = undefined;
  private unsent: Buffer[] = [];
  private unsentSize = 0;
  private turn = 0;

  constructor(
    readonly wire: Wire,
    protected readonly cut: Cut,
  ) {
    wire.receive = (bytes) => this.receive(bytes);
  }

  /** The head of the message under test, and what comes before it. */
  abstract begin(role: 'client' | 'server'): void;

  /** Sends pieces until `most` bytes of content are out, or the other side lets it send no more. */
  send(most: number): void {
    const end = this.sent + most;
    while (this.sent < end && this.wire.reads) {
      const size = this.cut.sizes[this.turn++ % this.cut.sizes.length]!;
      if (!this.mayCarry(size)) {
        this.turn--;
        break;
      }
      this.carry(size);
      this.sent += size;
    }
    this.flush();
  }

  /** Whether a piece may be sent now. */
  protected abstract mayCarry(size: number): boolean;
  protected abstract carry(size: number): void;
  protected receive(_bytes: Buffer): void {
    // HTTP/1.1 has nothing to hear.
  }

  protected write(bytes: Buffer): void {
    this.unsent.push(bytes);
    this.unsentSize += bytes.length;
    if (this.unsentSize >= this.cut.read) this.flush();
  }

  /** What was written arrives, in reads of their own memory, as those of a socket are. */
  protected flush(): void {
    const all = Buffer.concat(this.unsent);
    this.unsent = [];
    this.unsentSize = 0;
    for (let from = 0; from < all.length; from += this.cut.read) {
      const part = all.subarray(from, from + this.cut.read);
      const read = Buffer.allocUnsafeSlow(part.length);
      read.set(part);
      this.wire.arrive(read);
    }
  }
}

export class H1Peer extends Peer {
  begin(role: 'client' | 'server'): void {
    const framing = this.cut.whole ? 'Content-Length: 1000000000' : 'Transfer-Encoding: chunked';
    const start = role === 'client' ? 'POST / HTTP/1.1\r\nHost: a' : 'HTTP/1.1 200 OK';
    this.write(Buffer.from(`${start}\r\n${framing}\r\n\r\n`));
    this.flush();
  }

  protected mayCarry(): boolean {
    return this.wire.reads;
  }

  protected carry(size: number): void {
    const content = Buffer.alloc(size, LETTER);
    if (this.cut.whole) return this.write(content);
    this.write(Buffer.concat([Buffer.from(`${size.toString(16)}\r\n`), content, Buffer.from('\r\n')]));
  }
}

/** A field line that is not indexed (RFC 7541 section 6.2.2). */
function line(name: string, value: string): Buffer {
  const text = (part: string): Buffer => Buffer.concat([Buffer.from([part.length]), Buffer.from(part)]);
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

export class H2Peer extends Peer {
  private readonly windows = new Map<number, number>([
    [0, 65_535],
    [1, 65_535],
    [3, 65_535],
  ]);
  private initial = 65_535;
  private heard: Buffer = Buffer.alloc(0);

  begin(role: 'client' | 'server'): void {
    const preface = role === 'client' ? Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n') : Buffer.alloc(0);
    const head = (path: string): Buffer =>
      role === 'server'
        ? line(':status', '200')
        : Buffer.concat([
            line(':method', 'POST'),
            line(':scheme', 'http'),
            line(':authority', 'a'),
            line(':path', path),
          ]);
    this.write(Buffer.concat([preface, frame(SETTINGS, 0, 0), frame(SETTINGS, 1, 0)]));
    this.write(Buffer.concat([frame(1, 4, 1, head('/')), frame(1, 4, 3, head('/bulk'))]));
    this.flush();
  }

  protected mayCarry(size: number): boolean {
    const { bulk } = this.cut;
    if (this.allowed(size, bulk)) return true;
    // The window may come with what was not yet sent.
    this.flush();
    return this.allowed(size, bulk);
  }

  private allowed(size: number, bulk: number): boolean {
    const whole = size + this.overhead(size);
    if (this.windows.get(1)! < whole || this.windows.get(0)! < whole + bulk) return false;
    return this.windows.get(3)! >= bulk;
  }

  private overhead(size: number): number {
    return this.cut.padding === 0 ? 0 : Math.ceil(size / 16_000) * (this.cut.padding + 1);
  }

  protected carry(size: number): void {
    this.data(1, size, this.cut.padding);
    if (this.cut.bulk > 0) this.data(3, this.cut.bulk, 0);
  }

  private data(stream: number, size: number, padding: number): void {
    for (let left = size; left > 0; left -= 16_000) {
      const content = Buffer.alloc(Math.min(left, 16_000), LETTER);
      const padded = Buffer.concat([Buffer.from([padding]), content, Buffer.alloc(padding)]);
      const payload = padding === 0 ? content : padded;
      for (const id of [0, stream]) this.windows.set(id, this.windows.get(id)! - payload.length);
      this.write(frame(DATA, padding === 0 ? 0 : 8, stream, payload));
    }
  }

  protected override receive(bytes: Buffer): void {
    this.heard = Buffer.concat([this.heard, bytes]);
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
    if (this.heard.toString('latin1', 0, preface.length) === preface) this.heard = this.heard.subarray(preface.length);
    for (;;) {
      if (this.heard.length < 9) return;
      const size = this.heard.readUIntBE(0, 3);
      if (this.heard.length < 9 + size) return;
      const payload = this.heard.subarray(9, 9 + size);
      this.hear(this.heard[3]!, this.heard[4]!, this.heard.readUInt32BE(5), payload);
      this.heard = Buffer.from(this.heard.subarray(9 + size));
    }
  }

  private hear(type: number, flags: number, stream: number, payload: Buffer): void {
    if (type === WINDOW_UPDATE) this.windows.set(stream, (this.windows.get(stream) ?? 0) + payload.readUInt32BE(0));
    // A reader that has enough: nothing more is sent.
    if (type === RST_STREAM && stream === 1) this.windows.set(1, -1);
    if (type === GOAWAY) this.refused = payload.subarray(8).toString();
    if (type !== SETTINGS || (flags & 1) !== 0) return;
    for (let at = 0; at < payload.length; at += 6) {
      if (payload.readUInt16BE(at) !== 4) continue;
      const value = payload.readUInt32BE(at + 2);
      for (const id of [1, 3]) this.windows.set(id, this.windows.get(id)! + value - this.initial);
      this.initial = value;
    }
  }
}
