/**
 * The state of reading: the bytes that came, and the head that is read from them. A connection has one while a part of a message is here,
 * and gives it back when all of it is read. Most connections are idle, and each would need 0.4 KB more (of 2.8 KB of heap in all).
 */
import type { HeadKind, HeadLimits } from './head-reader.js';
import { HeadReader } from './head-reader.js';
import { UnreadInput } from './unread-input.js';

export class ReadingBuffers {
  readonly input = new UnreadInput();
  readonly head: HeadReader;

  constructor(kind: HeadKind, limits: HeadLimits) {
    this.head = new HeadReader(kind, limits);
  }

  /** Whether the beginning of a message is here. */
  get begun(): boolean {
    return this.head.begun || this.input.hasPartialLine;
  }

  /** Whether it is as good as new. */
  get isUnused(): boolean {
    return this.input.isEmpty && !this.input.hasPartialLine && this.head.isUnused;
  }
}

/** One serves all connections that read whole messages: only one reads at a time. */
let spare: ReadingBuffers | undefined = undefined;

export function takeReadingBuffers(kind: HeadKind, limits: HeadLimits): ReadingBuffers {
  const buffers = spare;
  if (buffers === undefined) return new ReadingBuffers(kind, limits);
  spare = undefined;
  if (!buffers.head.isFor(kind, limits)) buffers.head.serve(kind, limits);
  return buffers;
}

/** Gives back buffers that are unused (`isUnused`). */
export function giveBackReadingBuffers(buffers: ReadingBuffers): void {
  // It is not to keep the last chunk.
  buffers.input.clear();
  spare = buffers;
}
