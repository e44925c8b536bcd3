/**
 * The frames that wait to go out, in order. Once many bytes wait, pongs overtake them, whole frames between whole frames. A peer that pings
 * and does not read gets pongs to its latest pings only (RFC 6455 section 5.5.3), so that they take bounded memory.
 */
import type { Output } from '../../bytes.js';
import { frameSize, type OutgoingFrame } from './frame-writer.js';

/** Past as many bytes that wait, a pong does not wait for them. */
const LONG_QUEUE = 32 * 1024;

/** @internal */
export class OutgoingFrames {
  private waiting: (OutgoingFrame | undefined)[] = [];
  private from = 0;
  /** Pongs among those that wait. */
  private pongsInOrder = 0;
  /** Pongs that go first. */
  private pongFrames: OutgoingFrame[] = [];
  /** Bytes that wait. */
  size = 0;

  constructor(private readonly mostPongs: number) {}

  get pongs(): number {
    return this.pongsInOrder + this.pongFrames.length;
  }

  push(frame: OutgoingFrame): void {
    this.waiting.push(frame);
    this.size += frameSize(frame);
  }

  pong(frame: OutgoingFrame): void {
    if (this.size < LONG_QUEUE && this.pongFrames.length === 0 && this.pongsInOrder < this.mostPongs) {
      this.pongsInOrder++;
      return this.push(frame);
    }
    if (this.pongFrames.length >= this.mostPongs) this.size -= frameSize(this.pongFrames.shift()!);
    this.pongFrames.push(frame);
    this.size += frameSize(frame);
  }

  clear(): void {
    this.waiting = [];
    this.pongFrames = [];
    this.pongsInOrder = 0;
    this.from = 0;
    this.size = 0;
  }

  pull(output: Output, budget: number): void {
    const before = output.size;
    if (this.pongFrames.length > 0) {
      for (const frame of this.pongFrames) add(output, frame);
      this.pongFrames = [];
    }
    const { waiting } = this;
    let { from } = this;
    while (from < waiting.length && output.size < budget) {
      add(output, waiting[from]!);
      waiting[from++] = undefined;
    }
    if (from === waiting.length) {
      waiting.length = 0;
      from = 0;
      this.pongsInOrder = 0;
    }
    this.from = from;
    this.size -= output.size - before;
  }
}

function add(output: Output, frame: OutgoingFrame): void {
  if (typeof frame === 'string') output.latin1(frame);
  else if (Buffer.isBuffer(frame)) output.bytes(frame);
  else {
    output.bytes(frame.head);
    output.bytes(frame.payload);
  }
}
