/** Bytes that wait: what is copied, and what is not. */
import { Joint } from './bytes.js';

describe('chunks that wait in a queue', () => {
  const read = (): Buffer => Buffer.from(new ArrayBuffer(64 * 1024));
  /** Whether each of `chunks` shares the memory of `buffer`. */
  const shares = (chunks: readonly Uint8Array[], buffer: Buffer): boolean[] =>
    chunks.map((chunk) => chunk.buffer === buffer.buffer);

  it('are not copied where they are most of what was read, in however many frames', () => {
    const joint = new Joint();
    const waiting: Uint8Array[] = [];
    const [one, two] = [read(), read()];
    for (let at = 0; at < 4; at++) joint.append(waiting, 0, one.subarray(at * 16_384, (at + 1) * 16_384));
    joint.append(waiting, 0, two.subarray(0, 16_384));
    expect(shares(waiting.slice(0, 4), one)).toEqual([true, true, true, true]);
    expect(shares(waiting.slice(4), two)).toEqual([true]);
  });

  it('are copied where they are a part of what was read, once the next read comes', () => {
    const joint = new Joint();
    const waiting: Uint8Array[] = [];
    const [one, two] = [read().fill('a'), read()];
    for (let at = 0; at < 2; at++) joint.append(waiting, 0, one.subarray(at * 16_384, (at + 1) * 16_384));
    expect(shares(waiting, one)).toEqual([true, true]);
    joint.append(waiting, 0, two.subarray(0, 2000));
    expect(shares(waiting.slice(0, 2), one)).toEqual([false, false]);
    expect(waiting.slice(0, 2).every((chunk) => chunk.buffer.byteLength === 16_384 && chunk[0] === 97)).toBe(true);
  });

  it('are copied before a small chunk as well, and not where they have been taken', () => {
    const joint = new Joint();
    const [one, two] = [read(), read()];
    const waiting: Uint8Array[] = [];
    joint.append(waiting, 0, one.subarray(0, 2000));
    joint.append(waiting, 0, one.subarray(2000, 4000));
    joint.append(waiting, 1, two.subarray(0, 10));
    expect(shares(waiting.slice(0, 2), one)).toEqual([true, false]);
    expect(shares(waiting.slice(2), two)).toEqual([false]);
  });
});
