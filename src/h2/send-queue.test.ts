import fc from 'fast-check';
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

  it('goes out as it came in, whatever is written when', () => {
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
});
