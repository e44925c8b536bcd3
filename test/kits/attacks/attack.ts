/**
 * A peer that means harm, over a real socket, and a watch over the attacked server. While an attack lasts, others are served, and the
 * server's memory stays where it was.
 */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { H2_ERROR_CODES } from '../../../src/errors.js';
import { type Example, start } from '../example.js';
import { FLAG, FRAME, frame, PREFACE, settings } from './raw-h2.js';
import { PATIENCE } from '../patience.js';

/** What a server may grow by in an attack, in bytes: far above what its collector lets lie about, far below what a leak takes. */
export const FLAT = 160 * 1024 * 1024;

/**
 * A write that is not taken while this many other connections are served, one every so many ms, will never be. The server had the time to
 * read, and has stopped reading.
 */
const OTHERS = 20;
const PAUSE = 75;

/** How an attack ended: by the server (`closed`), by its own bound (`done`), or held up until it gave up (`jammed`). */
export type Ending = 'closed' | 'done' | 'jammed';

const open = new Set<Attacker>();

// Whatever a test does: none of its connections outlives it.
afterEach(() => {
  for (const attacker of open) attacker.destroy();
});

export class Attacker {
  /** The code of the GOAWAY that came. */
  goaway: string | undefined = undefined;
  /** How many frames came, by type; and octets in all. */
  readonly came = new Map<number, number>();
  octets = 0;
  /** The first of what came, of HTTP/1.1. */
  text = '';
  closed = false;
  private rest: Buffer = Buffer.alloc(0);

  private constructor(
    readonly socket: Socket,
    private readonly port: number,
    private readonly h2: boolean,
  ) {
    open.add(this);
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.closed = true));
  }

  static async h1(port: number): Promise<Attacker> {
    return new Attacker(await dial(port), port, false);
  }

  /** An HTTP/2 connection with its preface and settings sent; `list`: the settings. */
  static async h2(port: number, ...list: number[]): Promise<Attacker> {
    const attacker = new Attacker(await dial(port), port, true);
    await attacker.write(Buffer.concat([PREFACE, settings(...list), frame(FRAME.SETTINGS, FLAG.ACK, 0)]));
    return attacker;
  }

  /** Whether the server has had enough, as far as this side has read. */
  isOver(): boolean {
    return this.closed || this.goaway !== undefined || this.socket.readableEnded || !this.socket.writable;
  }

  /** Stops reading; `readOn` begins again. */
  deafen(): this {
    this.socket.pause();
    return this;
  }

  readOn(): this {
    this.socket.resume();
    return this;
  }

  /** Returns how it went: `done` once the socket has room for more. */
  async write(bytes: Uint8Array | string): Promise<Ending> {
    const { socket } = this;
    if (this.isOver()) return 'closed';
    if (socket.write(bytes)) {
      // Without a turn of the event loop in between nothing is read.
      await new Promise((resolve) => setImmediate(resolve));
      return this.isOver() ? 'closed' : 'done';
    }
    const taken = [once(socket, 'drain').catch(ignore), once(socket, 'close').catch(ignore)];
    for (let other = 0; other < OTHERS; other++) {
      if (await within(PAUSE, ...taken)) return this.isOver() ? 'closed' : 'done';
      await servedAt(this.port);
    }
    return this.isOver() ? 'closed' : 'jammed';
  }

  /** Says `make(0)`, `make(1)`... a batch to a write, `count` of them unless the server has had enough before. */
  async flood(count: number, make: (index: number) => Uint8Array | string, batch = 200): Promise<Ending> {
    for (let index = 0; index < count; index += batch) {
      const parts = Array.from({ length: Math.min(batch, count - index) }, (_, at) => Buffer.from(make(index + at)));
      const ending = await this.write(Buffer.concat(parts));
      if (ending !== 'done') return ending;
    }
    return 'done';
  }

  /** Waits until the connection has ended; what the last words of the server were. */
  async end(): Promise<string> {
    this.readOn();
    if (!this.closed) await within(PATIENCE, once(this.socket, 'close'));
    return `${this.goaway ?? 'no GOAWAY'}, ${this.closed ? 'closed' : 'open'}`;
  }

  /** Whether the server still responds: it acknowledges a PING. */
  async alive(): Promise<boolean> {
    this.readOn();
    const before = this.count(FRAME.PING);
    this.socket.write(frame(FRAME.PING, 0, 0, 'ffffffffffffffff'));
    await this.until(() => this.count(FRAME.PING) > before);
    return this.count(FRAME.PING) > before;
  }

  /** Waits for `condition`, the end of the connection, or the end of patience. */
  async until(condition: () => boolean): Promise<void> {
    const begin = Date.now();
    while (!condition() && !this.closed && Date.now() - begin < PATIENCE) await pause(5);
  }

  /** Frames of `type` that came. */
  count(type: number): number {
    return this.came.get(type) ?? 0;
  }

  destroy(): void {
    open.delete(this);
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    this.octets += chunk.length;
    if (!this.h2) {
      if (this.text.length < 4096) this.text += chunk.toString('latin1');
      return;
    }
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    while (this.rest.length - at >= 9) {
      const end = at + 9 + this.rest.readUIntBE(at, 3);
      if (this.rest.length < end) break;
      const type = this.rest[at + 3]!;
      this.came.set(type, this.count(type) + 1);
      if (type === FRAME.GOAWAY) this.goaway = Object.keys(H2_ERROR_CODES)[this.rest.readUInt32BE(at + 13)];
      at = end;
    }
    this.rest = this.rest.subarray(at);
  }
}

/** The server under attack. */
export class Target {
  private server: Example | undefined = undefined;
  port = 0;
  private calm = 0;

  /** Starts `examples/first-steps/echo.ts` for the tests of a file, default limits and all. */
  static shared(): Target {
    const target = new Target();
    beforeAll(async () => {
      target.server = start('echo');
      target.port = Number(new URL(await target.server.url()).port);
      // The memory that the first requests need does not count as growth.
      for (let index = 0; index < 50; index++) await target.serves();
      target.calm = target.memory();
    });
    return target;
  }

  /** Resident memory in bytes; 0 if the system does not report it. */
  memory(): number {
    const file = `/proc/${this.server!.pid}/status`;
    if (!existsSync(file)) return 0;
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(file, 'latin1'))![1]) * 1024;
  }

  /** Asks on a new connection, as anybody would; the status line. */
  serves(): Promise<string> {
    return servedAt(this.port);
  }

  /**
   * Lets `attack` loose, and asks on new connections as long as it lasts.
   *
   * @throws unless each of them is served, and memory stays flat.
   */
  async under<Result>(attack: () => Promise<Result>): Promise<Result> {
    let lasting = true;
    const before = this.memory();
    const attacking = attack().finally(() => (lasting = false));
    attacking.catch(() => undefined);
    let most = 0;
    do {
      expect(await this.serves()).toBe('HTTP/1.1 200 OK');
      most = Math.max(most, this.memory());
      await pause(10);
    } while (lasting);
    const result = await attacking;
    most = Math.max(most, this.memory());
    if (process.env['TELL'] !== undefined)
      process.stderr.write(
        `${expect.getState().currentTestName!}: +${inMib(most - before)} MiB, since the start +${inMib(most - this.calm)} MiB\n`,
      );
    expect(most - this.calm).toBeLessThan(FLAT);
    return result;
  }
}

const inMib = (bytes: number): string => (bytes / 1048576).toFixed(0);

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The response on a new connection: its status line. */
async function servedAt(port: number): Promise<string> {
  const socket = await dial(port);
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString('latin1'))).on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  await within(PATIENCE, once(socket, 'close'));
  socket.destroy();
  return text.split('\r\n', 1)[0]!;
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  return socket.setNoDelay();
}

/** Whether one of `things` happens within `ms`. */
async function within(ms: number, ...things: readonly Promise<unknown>[]): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), ms)));
  const happened = await Promise.race([late, ...things.map((thing) => thing.then(() => true).catch(() => true))]);
  clearTimeout(timer);
  return happened;
}

function ignore(): void {
  // The close of a connection is its end.
}
