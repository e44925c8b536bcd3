/** A peer of a WebSocket that means harm, over either protocol of HTTP: it sends much, and reads only on request. */
import type { Duplex } from 'node:stream';
import { PATIENCE } from '../patience.js';
import { Inflater, readFrames, told } from '../websocket/frames.js';
import { openH1, openH2, type RawSocket } from '../websocket/raw-client.js';
import { type Ending, pause, type Target } from './attack.js';

/** A write that is not taken while this many other connections are served, one every so many ms, will never be. */
const OTHERS = 20;
const PAUSE = 75;

const open = new Set<WebSocketAttacker>();

// Whatever a test does: none of its connections outlives it.
afterEach(() => {
  for (const attacker of open) attacker.destroy();
});

export class WebSocketAttacker {
  /** Frames that came, in words, while it reads. */
  readonly words: string[] = [];
  private isEnded = false;
  private rest: Buffer;
  private readonly inflater: Inflater;

  private constructor(
    private readonly raw: RawSocket,
    private readonly target: Target,
  ) {
    open.add(this);
    this.rest = raw.rest;
    this.inflater = new Inflater(!(raw.extensions ?? '').includes('server_no_context_takeover'));
    const { stream } = raw;
    stream.on('error', () => undefined);
    for (const event of ['end', 'close'] as const) stream.on(event, () => (this.isEnded = true));
  }

  static async open(protocol: 'http/1.1' | 'h2', target: Target, extensions?: string): Promise<WebSocketAttacker> {
    const raw = await (protocol === 'h2' ? openH2 : openH1)(target.port, extensions);
    return new WebSocketAttacker(raw, target);
  }

  get ended(): boolean {
    return this.isEnded;
  }

  /** Reads from here on. */
  listen(): this {
    this.raw.stream.on('data', (chunk: Buffer) => this.receive(chunk));
    return this;
  }

  /** Sends `make(0)`, `make(1)`... a batch to a write: `count` of them, unless the server ends it or takes no more. */
  async flood(count: number, make: (index: number) => Buffer, batch = 500): Promise<Ending> {
    for (let index = 0; index < count; index += batch) {
      const frames = Array.from({ length: Math.min(batch, count - index) }, (_, at) => make(index + at));
      const ending = await this.write(Buffer.concat(frames));
      if (ending !== 'done') return ending;
    }
    return 'done';
  }

  async write(bytes: Buffer): Promise<Ending> {
    const { stream } = this.raw;
    if (this.isOver()) return 'closed';
    if (stream.write(bytes)) {
      await new Promise((resolve) => setImmediate(resolve));
      return this.isOver() ? 'closed' : 'done';
    }
    const taken = firstOf(stream, ['drain', 'close', 'end']);
    for (let other = 0; other < OTHERS; other++) {
      const first = await Promise.race([taken, pause(PAUSE)]);
      if (first === 'taken') return this.isOver() ? 'closed' : 'done';
      await this.target.serves();
    }
    return this.isOver() ? 'closed' : 'jammed';
  }

  /** Waits for `condition`, the end of the connection, or the end of patience. */
  async until(condition: () => boolean): Promise<void> {
    const begin = Date.now();
    while (!condition() && !this.ended && Date.now() - begin < PATIENCE) await pause(5);
  }

  /** The last frame that came before the server ended the connection. */
  async end(): Promise<string | undefined> {
    await this.until(() => false);
    return this.words.at(-1);
  }

  destroy(): void {
    open.delete(this);
    this.raw.close();
  }

  private isOver(): boolean {
    return this.ended || !this.raw.stream.writable;
  }

  private receive(chunk: Buffer): void {
    const { frames, rest } = readFrames(this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]));
    this.rest = rest;
    for (const frame of frames) this.words.push(told(frame, this.inflater));
  }
}

/** Resolves with the first of these events. */
function firstOf(stream: Duplex, events: readonly string[]): Promise<'taken'> {
  return new Promise((resolve) => {
    const came = (): void => {
      for (const event of events) stream.off(event, came);
      resolve('taken');
    };
    for (const event of events) stream.on(event, came);
  });
}
