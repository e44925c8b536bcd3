/** Words for the frame tests: frames as text, and a sink that writes down what it hears. */
import { FrameReader } from '../../../src/h2/frame/reader.js';
import type { FrameSink } from '../../../src/h2/frame/reader.js';

/** A frame, by hand: `flags` and `payload` as they are to be on the wire. */
export function frame(type: number, flags: number, streamId: number, payload: string | Uint8Array = ''): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload.replace(/\s/g, ''), 'hex') : payload;
  const header = Buffer.alloc(9);
  header.writeUIntBE(bytes.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(streamId, 5);
  return Buffer.concat([header, bytes]);
}

export interface Recorded {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  /** In hex; of DATA, all of its content. */
  readonly payload: string;
  /** Of DATA: its length as flow control counts it, and its padding. */
  readonly length?: number;
  readonly padding?: number;
}

/** The frames that a reader reports, with the pieces of each DATA frame put together. */
export class Recorder implements FrameSink {
  readonly frames: Recorded[] = [];
  private length = -1;
  private content = '';

  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    this.frames.push({ type, flags, streamId, payload: bytes.toString('hex', start, end) });
  }

  onDataFrame(_streamId: number, _flags: number, length: number): void {
    this.length = length;
    this.content = '';
  }

  onDataContent(_streamId: number, chunk: Buffer): void {
    if (chunk.length === 0) throw new Error('an empty piece of DATA');
    this.content += chunk.toString('hex');
  }

  onDataFrameEnd(streamId: number, flags: number, padding: number): void {
    this.frames.push({ type: 0, flags, streamId, payload: this.content, length: this.length, padding });
  }
}

/** The frames of `chunks`. */
export function framesOf(...chunks: readonly Uint8Array[]): Recorded[] {
  const recorder = new Recorder();
  const reader = new FrameReader(recorder, 0xff_ffff);
  for (const chunk of chunks) reader.receive(chunk);
  return recorder.frames;
}

/** `bytes` cut at `places`, of which any number may be anywhere. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [0, ...[...places].map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}
