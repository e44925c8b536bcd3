import { fc } from '../../test/kits/properties.js';
import { Output } from '../bytes.js';
import { FrameWriter } from './frame/writer.js';
import { SendQueue } from './send-queue.js';

/** How many chunks wait. */
function waiting(queue: SendQueue): number {
  const { chunks, first } = queue as unknown as { chunks: unknown[]; first: number };
  return chunks.length - first;
}

describe('content that waits to be sent', () => {
  it('is few chunks, however small those are that it came in', () => {
    const queue = new SendQueue();
    const read = Buffer.alloc(64 * 1024, 'x');
    for (let at = 0; at < read.length; at++) queue.push(read.subarray(at, at + 1));
    expect(queue.size).toBe(read.length);
    expect(waiting(queue)).toBeLessThan(32);
  });

  it('keeps a few chunks, and large ones, as they are', () => {
    const queue = new SendQueue();
    const large = Buffer.alloc(2000, 'l');
    for (const chunk of ['a', 'b', 'c', 'd', 'e', 'f'].map((text) => Buffer.from(text))) queue.push(chunk);
    queue.push(large);
    queue.push(Buffer.from('g'));
    expect(waiting(queue)).toBe(7);
  });

  it('goes out in the order of its writes', () => {
    const step = fc.oneof(
      fc.record({ push: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(1024, 1025, 3000)) }),
      fc.record({ write: fc.integer({ min: 1, max: 6000 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new SendQueue();
        const writer = new FrameWriter();
        const output = new Output();
        const pushed: Buffer[] = [];
        let next = 0;
        for (const one of steps) {
          if ('push' in one) {
            const chunk = Buffer.from(Uint8Array.from({ length: one.push }, () => next++ % 251));
            pushed.push(Buffer.from(chunk));
            queue.push(chunk);
          } else queue.write(writer, Math.min(one.write, queue.size));
        }
        queue.write(writer, queue.size);
        writer.flush(output);
        expect(Buffer.compare(output.toBytes(), Buffer.concat(pushed))).toBe(0);
        expect([queue.size, waiting(queue)]).toEqual([0, 0]);
      }),
    );
  });

  /** The pieces that go out of a queue in which `chunks` waited, `size` octets at a time. */
  function written(chunks: readonly Buffer[], size: number): readonly (string | Uint8Array)[] {
    const queue = new SendQueue();
    const writer = new FrameWriter();
    const output = new Output();
    for (const chunk of chunks) queue.push(chunk);
    while (queue.size > 0) queue.write(writer, Math.min(size, queue.size));
    writer.flush(output);
    return output.pieces;
  }

  it('goes out uncopied where it is more than 1024 octets, whole or in parts', () => {
    const chunk = Buffer.alloc(2500, 'x');
    expect(written([chunk], 2500)[0]).toBe(chunk);
    const parts = written([chunk], 1250) as Buffer[];
    expect(parts.map(({ buffer, byteOffset, length }) => [buffer, byteOffset - chunk.byteOffset, length])).toEqual([
      [chunk.buffer, 0, 1250],
      [chunk.buffer, 1250, 1250],
    ]);
    expect(written([Buffer.alloc(1025)], 1025).length).toBe(1);
  });

  it('goes out copied, and in one piece, where it is up to 1024 octets', () => {
    // A slab of its own: where one ends, a piece does.
    new FrameWriter().reserve(60 * 1024);
    const chunks = [Buffer.alloc(1024, 'a'), Buffer.alloc(1, 'b'), Buffer.alloc(1024, 'c')];
    const [piece, ...more] = written(chunks, 3000) as Buffer[];
    expect(more).toEqual([]);
    expect(Buffer.concat(chunks).equals(piece!)).toBe(true);
    for (const chunk of chunks) expect(piece!.buffer).not.toBe(chunk.buffer);
  });

  it('is gone when it is cleared, however much of it was written', () => {
    const queue = new SendQueue();
    const writer = new FrameWriter();
    const output = new Output();
    for (const text of ['gone', 'gone too', 'and this']) queue.push(Buffer.from(text));
    queue.write(writer, 6);
    queue.clear();
    expect([queue.size, waiting(queue)]).toEqual([0, 0]);
    queue.push(Buffer.from('kept'));
    queue.write(writer, 4);
    writer.flush(output);
    expect(Buffer.from(output.toBytes()).toString()).toBe('gonegokept');
  });

  it('takes memory for what waits, not for all that ever came, and seldom moves a chunk', () => {
    const slots = (queue: SendQueue): number => (queue as unknown as { chunks: unknown[] }).chunks.length;
    const queue = new SendQueue();
    const writer = new FrameWriter();
    const output = new Output();
    const chunk = Buffer.alloc(1025);
    const slice = jest.spyOn(Array.prototype, 'slice');
    const steps = 1000;
    let most = 0;
    for (let step = 0; step < steps; step++) {
      queue.push(chunk);
      queue.push(chunk);
      queue.write(writer, chunk.length);
      writer.flush(output);
      output.clear();
      most = Math.max(most, slots(queue) - 2 * waiting(queue));
    }
    const moves = (): number =>
      slice.mock.results
        .map(({ value }) => value as unknown[])
        .filter(([first]) => first === chunk)
        .reduce((sum, { length }) => sum + length, 0);
    while (queue.size > 0) {
      queue.write(writer, chunk.length);
      most = Math.max(most, slots(queue) - 2 * waiting(queue));
    }
    const moved = moves();
    for (let index = 0; index < 60; index++) queue.push(chunk);
    while (queue.size > 0) queue.write(writer, chunk.length);
    const movedOfFew = moves() - moved;
    slice.mockRestore();
    expect(most).toBeLessThanOrEqual(64);
    expect(movedOfFew).toBe(0);
    expect(moved).toBeLessThanOrEqual(4 * steps);
    expect(slots(queue)).toBe(0);
  });
});
